#include "app/rpc_errors.hpp"

#include "protocol/codec.hpp"

namespace pim::app {
namespace {

namespace errors = protocol::errors;

protocol::ErrorCode const& code_of(control::Refusal refusal) {
  switch (refusal) {
    case control::Refusal::not_ready: return errors::not_ready;
    case control::Refusal::invalid_parameter: return errors::invalid_params;
    case control::Refusal::peer_not_found: return errors::peer_not_found;
    case control::Refusal::peer_exists: return errors::peer_already_exists;
    case control::Refusal::invalid_address: return errors::invalid_peer_address;
    case control::Refusal::ambiguous_id: return errors::ambiguous_id;
    case control::Refusal::route_failed: return errors::route_failed;
    case control::Refusal::preflight_failed: return errors::preflight_failed;
    case control::Refusal::gateway_unsupported: return errors::gateway_not_supported;
    case control::Refusal::identity_mismatch: return errors::identity_mismatch;
    case control::Refusal::internal: return errors::internal_error;
  }
  return errors::internal_error;
}

template <class Data>
protocol::RawJson raw(Data const& data) {
  return protocol::RawJson{protocol::to_json(data)};
}

}  // namespace

protocol::RpcError make_error(protocol::ErrorCode const& error, std::string message) {
  return {error.code, std::move(message), std::nullopt};
}

protocol::RpcError invalid_params(std::string path, std::string message) {
  auto const text = path.empty() ? message : path + ": " + message;
  return {errors::invalid_params.code, text, raw(protocol::InvalidParamsData{std::move(path), std::move(message)})};
}

protocol::RpcError unexpected_answer() {
  return make_error(errors::internal_error, "the daemon's parts disagree about an answer");
}

protocol::RpcError to_error(control::Refused const& refused, std::string const& parameter) {
  auto error = make_error(code_of(refused.why), refused.message);
  if (refused.why == control::Refusal::ambiguous_id) {
    protocol::AmbiguousIdData data;
    for (auto const& id : refused.candidates) data.matches.push_back(to_string(id));
    error.data = raw(data);
  } else if (refused.why == control::Refusal::invalid_parameter) {
    error.data = raw(protocol::InvalidParamsData{parameter, refused.message});
  }
  return error;
}

protocol::RpcError to_error(linux_edge::Preflight const& preflight) {
  protocol::PreflightFailedData data;
  std::string message = "this device cannot share its internet now";
  for (auto const& check : preflight.checks) {
    if (check.ok || !check.is_required) continue;
    data.checks.push_back(to_check(check));
    message += (data.checks.size() == 1 ? ": " : "; ") + check.detail;
  }
  return {errors::preflight_failed.code, std::move(message), raw(data)};
}

protocol::PreflightCheck to_check(linux_edge::PreflightCheck const& check) {
  protocol::PreflightCheck result;
  result.name = check.name;
  result.ok = check.ok;
  result.detail = check.detail;
  if (!check.fix.empty()) result.fix = check.fix;
  return result;
}

}  // namespace pim::app
