// What the RPC room asks of the rest of the daemon: carry out a command, refresh counters.
#pragma once

#include <boost/mp11/algorithm.hpp>

#include <functional>

#include "protocol/contract.hpp"

namespace pim::rpc {

class Model;

namespace detail {
namespace mp11 = boost::mp11;
template <class Method>
using IsCommand = mp11::mp_bool<Method::kind == protocol::Kind::command>;
template <class Method>
using ParamsOf = typename Method::Params;
template <class Method>
using ResultOf = typename Method::Result;
using CommandMethods = mp11::mp_copy_if<protocol::Methods, IsCommand>;
}  // namespace detail

/// The parameters of one method that changes something; each such method has a type of its own.
using Command =
    boost::mp11::mp_rename<boost::mp11::mp_transform<detail::ParamsOf, detail::CommandMethods>, std::variant>;
static_assert(boost::mp11::mp_is_set<Command>::value, "two command methods share a parameter type");

/// The method's own result type, or the error. Another method's type is answered as an internal error.
using Outcome = boost::mp11::mp_rename<
    boost::mp11::mp_push_front<
        boost::mp11::mp_unique<boost::mp11::mp_transform<detail::ResultOf, detail::CommandMethods>>,
        protocol::RpcError>,
    std::variant>;

/// Called once, from any thread. One that is dropped uncalled answers with an internal error.
using Reply = std::function<void(Outcome)>;

class Backend {
 public:
  virtual ~Backend() = default;

  /// On the RPC thread; must not wait. The answer may come at any later time, and only after the deltas
  /// that the command caused were delivered. Ids in commands may be unique prefixes of 8 or more digits.
  virtual void submit(Command command, Reply reply) = 0;

  /// On the RPC thread, when somebody asks or a sample is due: brings uptime, ages, counters and drops up to
  /// date in `model`. Must not wait.
  virtual void refresh_counters(Model& model) = 0;
};

}  // namespace pim::rpc
