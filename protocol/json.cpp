#include "protocol/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <cstdint>

namespace pim::protocol {
namespace {

namespace json = boost::json;

// Builds the document and counts the keys it was given; a document that holds fewer members than keys
// were read had one of them twice.
class Builder {
 public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;
  using Code = json::error_code;

  Builder() { stack_.reset(); }
  json::value release() { return stack_.release(); }
  [[nodiscard]] std::size_t keys() const { return keys_; }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t size, Code&) {
    stack_.push_object(size);
    return true;
  }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t size, Code&) {
    stack_.push_array(size);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, Code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, Code&) {
    ++keys_;
    stack_.push_key(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, Code&) {
    stack_.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, Code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, Code&) {
    stack_.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, Code&) {
    stack_.push_uint64(value);
    return true;
  }
  bool on_double(double value, json::string_view, Code&) {
    stack_.push_double(value);
    return true;
  }
  bool on_bool(bool value, Code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(Code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, Code&) { return true; }
  bool on_comment(json::string_view, Code&) { return true; }

 private:
  json::value_stack stack_;
  std::size_t keys_ = 0;
};

std::size_t count_members(json::value const& value) {  // recursion is bounded by max_depth
  std::size_t count = 0;
  if (auto const* object = value.if_object()) {
    count += object->size();
    for (auto const& member : *object) count += count_members(member.value());
  } else if (auto const* array = value.if_array()) {
    for (auto const& element : *array) count += count_members(element);
  }
  return count;
}

}  // namespace

std::variant<json::value, JsonError> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = max_depth;
  json::basic_parser<Builder> parser(options);
  json::error_code code;
  auto const used = parser.write_some(false, text.data(), text.size(), code);
  if (code == json::error::too_deep)
    return JsonError{JsonFault::too_deep, "nested deeper than " + std::to_string(max_depth) + " levels"};
  if (code) return JsonError{JsonFault::syntax, "not JSON at byte " + std::to_string(used) + ": " + code.message()};
  if (used != text.size())
    return JsonError{JsonFault::syntax, "not JSON at byte " + std::to_string(used) + ": more than one document"};
  auto const keys = parser.handler().keys();
  auto document = parser.handler().release();
  if (count_members(document) != keys) return JsonError{JsonFault::duplicate_key, "a key stands twice in one object"};
  return document;
}

}  // namespace pim::protocol
