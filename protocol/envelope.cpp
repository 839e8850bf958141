#include "protocol/envelope.hpp"

#include <boost/json/serialize.hpp>

#include "protocol/json.hpp"

namespace pim::protocol {
namespace {

namespace json = boost::json;

bool is_id(json::value const& id) { return id.is_null() || id.is_string() || id.is_int64() || id.is_uint64(); }

RequestId id_of(json::object const& call) {
  auto const* id = call.if_contains("id");
  return id != nullptr && is_id(*id) ? RequestId{json::serialize(*id)} : RequestId{};
}

BadRequest bad(RequestId id, std::string message) {
  return {std::move(id), make_error(errors::invalid_request, std::move(message)), true};
}

bool is_known_key(std::string_view key) {
  return key == "jsonrpc" || key == "id" || key == "method" || key == "params";
}

std::variant<Request, BadRequest> parse_call(json::value& value) {
  auto* call = value.if_object();
  if (call == nullptr) return bad({}, "a request is an object");
  auto id = id_of(*call);
  auto const* version = call->if_contains("jsonrpc");
  if (version == nullptr || !version->is_string() || version->get_string() != "2.0")
    return bad(std::move(id), "jsonrpc is not \"2.0\"");
  auto const* given_id = call->if_contains("id");
  if (given_id != nullptr && !is_id(*given_id)) return bad({}, "an id is an integer, a string or null");
  auto const* method = call->if_contains("method");
  if (method == nullptr || !method->is_string()) return bad(std::move(id), "method is not a string");
  for (auto const& member : *call)
    if (!is_known_key({member.key().data(), member.key().size()}))
      return bad(std::move(id), "unknown member " + std::string(member.key()));
  Request request{std::move(id), given_id != nullptr, std::string(method->get_string()), {}};
  if (auto* params = call->if_contains("params")) {
    if (params->is_array())
      return BadRequest{request.id, make_error(errors::invalid_params, "params go by name"), request.wants_answer};
    if (!params->is_object() && !params->is_null()) return bad(std::move(request.id), "params is not an object");
    request.params = std::move(*params);
  }
  return request;
}

RequestLine single(std::variant<Request, BadRequest> call) {
  RequestLine line;
  line.calls.push_back(std::move(call));
  return line;
}

}  // namespace

RequestLine parse_request_line(std::string_view text) {
  auto parsed = parse_json(text);
  if (auto const* error = std::get_if<JsonError>(&parsed)) {
    auto const& code = error->fault == JsonFault::syntax ? errors::parse_error : errors::invalid_request;
    return single(BadRequest{{}, make_error(code, error->message)});
  }
  auto& document = std::get<json::value>(parsed);
  auto* batch = document.if_array();
  if (batch == nullptr) return single(parse_call(document));
  if (batch->empty()) return single(bad({}, "a batch of nothing"));
  if (batch->size() > max_batch)
    return single(bad({}, "a batch of more than " + std::to_string(max_batch) + " requests"));
  RequestLine line;
  line.is_batch = true;
  for (auto& call : *batch) line.calls.push_back(parse_call(call));
  return line;
}

std::variant<Response, Notification, DecodeError> parse_reply_line(std::string_view text) {
  auto parsed = parse_json(text);
  if (auto const* error = std::get_if<JsonError>(&parsed)) return DecodeError{"", error->message};
  auto* object = std::get<json::value>(parsed).if_object();
  if (object == nullptr) return DecodeError{"", "not an object"};
  if (auto* method = object->if_contains("method")) {
    if (!method->is_string()) return DecodeError{"/method", "not a string"};
    auto* params = object->if_contains("params");
    return Notification{std::string(method->get_string()), params != nullptr ? std::move(*params) : json::value{}};
  }
  auto id = id_of(*object);
  if (auto* result = object->if_contains("result")) return Response{std::move(id), std::move(*result)};
  auto const* error = object->if_contains("error");
  if (error == nullptr) return DecodeError{"", "neither result nor error nor method"};
  RpcError decoded;
  if (auto fault = decode(*error, decoded, UnknownFields::ignore)) return std::move(*fault);
  return Response{std::move(id), std::move(decoded)};
}

std::string make_request(RequestId const& id, std::string_view method, std::string_view params) {
  std::string line = R"({"jsonrpc":"2.0","id":)" + id.text + R"(,"method":)";
  encode_string(method, line);
  return line.append(R"(,"params":)").append(params).append("}");
}

std::string make_answer(RequestId const& id, std::string_view result) {
  std::string line = R"({"jsonrpc":"2.0","id":)" + id.text + R"(,"result":)";
  return line.append(result).append("}");
}

std::string make_answer(RequestId const& id, RpcError const& error) {
  return R"({"jsonrpc":"2.0","id":)" + id.text + R"(,"error":)" + to_json(error) + "}";
}

std::string make_batch(std::vector<std::string> const& answers) {
  std::string line;
  for (auto const& answer : answers) line.append(line.empty() ? "[" : ",").append(answer);
  return line + "]";
}

std::string make_event_opening(std::string_view event_method, std::string_view event) {
  std::string line = R"({"jsonrpc":"2.0","method":)";
  encode_string(event_method, line);
  line.append(R"(,"params":)").append(event.substr(0, event.size() - 1));
  return line.append(R"(,"seq":)");
}

RpcError make_error(ErrorCode const& code, std::string message) { return {code.code, std::move(message), {}}; }

}  // namespace pim::protocol
