// The RPC server: a Unix stream socket on a thread of its own. The owner calls listen(), gives run() a thread,
// feeds deliver() from anywhere and ends it with stop().
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/result.hpp"
#include "protocol/socket_path.hpp"
#include "rpc/backend.hpp"
#include "rpc/model.hpp"

namespace pim::rpc {

struct ServerOptions {
  protocol::SocketEnvironment where;
  std::optional<std::string> group;  ///< opens the socket to a group
  std::string daemon_name;           ///< "pim-daemon 0.1.0"
  std::vector<std::string> features;
  std::size_t max_clients = 1024;
  std::chrono::milliseconds line_time{10'000};
  std::chrono::milliseconds unread_time{30'000};
};

class Server {
 public:
  /// `backend` is called on the RPC thread and outlives the server.
  Server(ServerOptions options, Backend& backend);
  ~Server();
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;

  /// Takes the socket's path; gives it back, or one line that says what to do.
  [[nodiscard]] Result<std::string> listen();

  /// Serves until stop(); on the thread that calls it.
  void run();

  /// From any thread: removes the path, lets written answers leave for at most half a second, ends run().
  void stop();

  /// From any thread, never waits: applies one batch whole, then tells subscribers.
  void deliver(std::vector<Delta> deltas);

  /// From any thread: runs `work` on the RPC thread, in order with what deliver() brings.
  void post(std::function<void()> work);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pim::rpc
