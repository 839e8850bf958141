#include "rpc/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <mutex>

#include "rpc/connection.hpp"
#include "rpc/socket.hpp"

namespace pim::rpc {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

/// Room for the clients beside everything else that the daemon holds open.
void raise_descriptor_limit(std::size_t clients) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  auto const wanted = std::min<rlim_t>(limit.rlim_max, 2 * clients + 256);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

class Server::Impl : public Connection::Owner {
 public:
  Impl(ServerOptions options, Backend& backend)
      : options_(std::move(options)),
        gate_(std::make_shared<Gate>()),
        hub_(backend, {options_.daemon_name, options_.features},
             [gate = gate_](std::function<void()> run) { gate->post(std::move(run)); }) {
    gate_->open(io_);
  }

  ~Impl() override {
    gate_->close();
    remove_path();
  }

  Result<std::string> listen() {
    auto listening = listen_at_first(protocol::socket_candidates(options_.where), options_.group);
    if (!listening) return fail_with(listening.error());
    listening_ = std::move(listening).value();
    raise_descriptor_limit(options_.max_clients);
    error_code failed;
    acceptor_.assign(asio::local::stream_protocol(), listening_.socket.release(), failed);
    if (failed) return fail("no RPC socket: " + failed.message());
    accept();
    return listening_.path;
  }

  void run() { io_.run(); }

  void stop() {
    asio::post(io_, [this] {
      if (std::exchange(is_stopping_, true)) return;
      error_code ignored;
      acceptor_.close(ignored);
      second_timer_.cancel();
      remove_path();
      for (auto const& connection : std::list(connections_)) connection->close_after_output();
      accept_timer_.expires_after(500ms);
      accept_timer_.async_wait([this](error_code) { io_.stop(); });
      stop_when_alone();
    });
  }

  void deliver(std::vector<Delta> deltas) {
    asio::post(io_, [this, batch = std::move(deltas)] {
      hub_.apply(batch);
      watch_seconds();
    });
  }

  void post(std::function<void()> work) { asio::post(io_, std::move(work)); }

  void on_closed(Connection& connection) override {
    // Later: the connection is still on the stack.
    asio::post(io_, [this, gone = connection.weak_from_this()] {
      if (auto const closed = gone.lock()) connections_.remove(closed);
      watch_seconds();
      stop_when_alone();
    });
  }

  void on_activity() override { watch_seconds(); }

 private:
  /// Lets replies come from any thread, also after the server is gone.
  class Gate {
   public:
    void open(asio::io_context& io) {
      std::lock_guard const guard(mutex_);
      io_ = &io;
    }
    void post(std::function<void()> run) {
      std::lock_guard const guard(mutex_);
      if (io_ != nullptr) asio::post(*io_, std::move(run));
    }
    void close() {
      std::lock_guard const guard(mutex_);
      io_ = nullptr;
    }

   private:
    std::mutex mutex_;
    asio::io_context* io_ = nullptr;
  };

  void accept() {
    acceptor_.async_accept([this](error_code failed, Connection::Socket socket) {
      if (is_stopping_) return;
      if (!failed) {
        on_client(std::move(socket));
        return accept();
      }
      // Out of descriptors or memory: the waiting client stays in the backlog.
      accept_timer_.expires_after(100ms);
      accept_timer_.async_wait([this](error_code cancelled) {
        if (!cancelled && !is_stopping_) accept();
      });
    });
  }

  void on_client(Connection::Socket socket) {
    if (!may_call(socket.native_handle(), listening_.group))
      return turn_away(socket, "this daemon answers its own user and root only");
    if (connections_.size() >= options_.max_clients && !make_room()) return turn_away(socket, "too many clients");
    ConnectionLimits limits;
    limits.line = options_.line_time;
    limits.unread = options_.unread_time;
    connections_.push_back(std::make_shared<Connection>(std::move(socket), hub_, limits, *this));
    connections_.back()->start();
  }

  /// Best effort: a client that cannot take one line at once is not waited for.
  static void turn_away(Connection::Socket& socket, std::string why) {
    auto const line =
        protocol::make_answer({}, protocol::make_error(protocol::errors::invalid_request, std::move(why))) + "\n";
    (void)::send(socket.native_handle(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  /// The oldest client that never said hello gives way.
  bool make_room() {
    auto const idle = std::ranges::find_if(connections_, [](auto const& connection) {
      return !connection->has_said_hello() && !connection->is_closing();
    });
    if (idle == connections_.end()) return false;
    auto leaving = std::move(*idle);
    connections_.erase(idle);
    leaving->close_after_output("another client needs the place; say rpc.hello soon after connecting");
    return true;
  }

  void watch_seconds() {
    if (is_second_running_ || is_stopping_ || !hub_.wants_seconds()) return;
    is_second_running_ = true;
    auto const begun = std::chrono::steady_clock::now();
    second_timer_.expires_at(begun + 1s);
    second_timer_.async_wait([this, begun](error_code cancelled) {
      is_second_running_ = false;
      if (cancelled) return;
      auto const now = std::chrono::steady_clock::now();
      auto const wall = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
      hub_.on_second(wall, std::chrono::duration_cast<std::chrono::milliseconds>(now - begun));
      watch_seconds();
    });
  }

  void stop_when_alone() {
    if (is_stopping_ && connections_.empty()) io_.stop();
  }

  void remove_path() {
    if (listening_.path.empty()) return;
    ::unlink(listening_.path.c_str());  // ours: the lock is held
    listening_.path.clear();
  }

  // hub_ goes last but for options_: handlers that die with io_ hold sessions, which take leave of it.
  ServerOptions options_;
  std::shared_ptr<Gate> gate_;
  Hub hub_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  ListeningSocket listening_;
  asio::local::stream_protocol::acceptor acceptor_{io_};
  asio::steady_timer accept_timer_{io_};
  asio::steady_timer second_timer_{io_};
  std::list<std::shared_ptr<Connection>> connections_;  ///< oldest first
  bool is_second_running_ = false;
  bool is_stopping_ = false;
};

Server::Server(ServerOptions options, Backend& backend) : impl_(std::make_unique<Impl>(std::move(options), backend)) {}
Server::~Server() = default;
Result<std::string> Server::listen() { return impl_->listen(); }
void Server::run() { impl_->run(); }
void Server::stop() { impl_->stop(); }
void Server::post(std::function<void()> work) { impl_->post(std::move(work)); }
void Server::deliver(std::vector<Delta> deltas) { impl_->deliver(std::move(deltas)); }

}  // namespace pim::rpc
