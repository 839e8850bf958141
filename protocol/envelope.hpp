// One line of the conversation as JSON-RPC 2.0 frames it, for both ends. Parameters go by name only.
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/codec.hpp"
#include "protocol/contract.hpp"

namespace pim::protocol {

inline constexpr std::size_t max_line = std::size_t{1} << 20;
inline constexpr std::size_t max_batch = 64;

/// The id as JSON text, to be given back exactly: a number, a string or null.
struct RequestId {
  std::string text = "null";
};

/// A call that is well-formed; its method may not exist and its params may not fit.
struct Request {
  RequestId id;
  bool wants_answer = true;  ///< false for a notification: it is carried out and never answered
  std::string method;
  boost::json::value params;  ///< an object, or null when there are none
};

struct BadRequest {
  RequestId id;
  RpcError error;
  bool wants_answer = true;
};

struct RequestLine {
  bool is_batch = false;
  std::vector<std::variant<Request, BadRequest>> calls;  ///< never more than max_batch
};

/// Total: whatever the bytes are, the answer says what to do with them.
[[nodiscard]] RequestLine parse_request_line(std::string_view line);

struct Response {
  RequestId id;
  std::variant<RpcError, boost::json::value> outcome;
};

struct Notification {
  std::string method;
  boost::json::value params;
};

/// What a client reads: an answer, a notification, or the reason why the line is neither.
[[nodiscard]] std::variant<Response, Notification, DecodeError> parse_reply_line(std::string_view line);

/// Lines without their newline. `result` and `params` are JSON text.
[[nodiscard]] std::string make_request(RequestId const& id, std::string_view method, std::string_view params);
[[nodiscard]] std::string make_answer(RequestId const& id, std::string_view result);
[[nodiscard]] std::string make_answer(RequestId const& id, RpcError const& error);
[[nodiscard]] std::string make_batch(std::vector<std::string> const& answers);

/// A notification in two parts, so that all subscribers share the first: `opening` + seq + "}}".
[[nodiscard]] std::string make_event_opening(std::string_view event_method, std::string_view event);

[[nodiscard]] RpcError make_error(ErrorCode const& code, std::string message);

}  // namespace pim::protocol
