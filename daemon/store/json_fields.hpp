// Strict reading of JSON objects into values: every field is asked for by name, and done() is false when one
// was missing, of the wrong kind or unknown. Private to this room's .cpp files.
#pragma once

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace pim::store {

bool read(boost::json::value const& json, bool& out);
bool read(boost::json::value const& json, std::string& out);
bool read(boost::json::value const& json, std::uint64_t& out);
bool read(boost::json::value const& json, std::uint32_t& out);
bool read(boost::json::value const& json, std::uint16_t& out);
bool read(boost::json::value const& json, std::uint8_t& out);
bool read(boost::json::value const& json, WallTime& out);  // nanoseconds since 1970
bool read(boost::json::value const& json, NodeId& out);
bool read(boost::json::value const& json, PublicKey& out);
bool read(boost::json::value const& json, IpAddress& out);
bool read(boost::json::value const& json, Endpoint& out);

/// The reader of everything above; other types pass one of their own.
struct ReadKnown {
  template <class T>
  bool operator()(boost::json::value const& json, T& out) const {
    return read(json, out);
  }
};

class Fields {
 public:
  explicit Fields(boost::json::value const& json) : object_(json.if_object()) {}

  template <class T, class Read = ReadKnown>
  Fields& required(std::string_view name, T& out, Read read_value = {}) {
    auto const* const json = take(name);
    if (json == nullptr || !read_value(*json, out)) ok_ = false;
    return *this;
  }
  template <class T, class Read = ReadKnown>
  Fields& optional(std::string_view name, std::optional<T>& out, Read read_value = {}) {
    if (object_ == nullptr || !object_->contains(name)) return *this;
    return required(name, out.emplace(), read_value);
  }
  template <class T, class Read = ReadKnown>
  Fields& list(std::string_view name, std::vector<T>& out, Read read_value = {}) {
    return required(name, out, [&](boost::json::value const& json, std::vector<T>& items) {
      auto const* const array = json.if_array();
      if (array == nullptr) return false;
      for (auto const& item : *array)
        if (!read_value(item, items.emplace_back())) return false;
      return true;
    });
  }

  [[nodiscard]] bool done() const { return ok_ && object_ != nullptr && taken_ == object_->size(); }

 private:
  boost::json::value const* take(std::string_view name) {
    auto const* const json = object_ != nullptr ? object_->if_contains(name) : nullptr;
    if (json != nullptr) ++taken_;
    return json;
  }

  boost::json::object const* object_;
  std::size_t taken_ = 0;
  bool ok_ = true;
};

/// Nothing when `text` is not JSON.
[[nodiscard]] std::optional<boost::json::value> parse_json(std::string_view text);

[[nodiscard]] std::int64_t to_nanoseconds(WallTime time);
template <class T>
[[nodiscard]] boost::json::array strings(std::vector<T> const& items) {
  boost::json::array array;
  for (auto const& item : items) array.emplace_back(to_string(item));
  return array;
}

}  // namespace pim::store
