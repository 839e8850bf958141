// The contract as values: what the documents are written from. Only one unit walks the types.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <span>
#include <string_view>
#include <vector>

#include "protocol/contract.hpp"

namespace pim::protocol {

struct MethodOutline {
  std::string_view name;
  std::string_view help;
  boost::json::object params;  ///< JSON Schema of the object
  boost::json::value result;   ///< JSON Schema
  std::span<ErrorCode const> own_errors;
};

struct TopicOutline {
  std::string_view event_method;
  std::string_view help;
  std::string_view subscribe;
  std::string_view unsubscribe;
  boost::json::value event;     ///< JSON Schema
  boost::json::value snapshot;  ///< JSON Schema
};

struct Outline {
  std::vector<MethodOutline> methods;
  std::vector<TopicOutline> topics;
  boost::json::object types;  ///< JSON Schema by name, in the order in which they are first met
};

[[nodiscard]] Outline outline_of_contract();

/// Whether a value of that object's schema must have that member.
[[nodiscard]] bool is_required(boost::json::object const& schema, std::string_view name);

}  // namespace pim::protocol
