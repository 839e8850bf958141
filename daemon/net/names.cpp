#include "net/names.hpp"

#include <ares.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "net/socket_address.hpp"

namespace pim::net {

namespace asio = boost::asio;

struct NameResolver::State {
  State(asio::io_context& context, NameOptions const& settings, OnResolved callback)
      : io(context), options(settings), on_resolved(std::move(callback)) {}

  asio::io_context& io;
  NameOptions options;
  OnResolved on_resolved;
  std::string servers;  ///< as c-ares writes them
  std::map<std::string, std::shared_ptr<Lookup>> running;
  std::deque<std::string> waiting;
  bool is_closed = false;
};

/// One name on a channel of its own, so that it uses the servers of the moment and dies alone.
class NameResolver::Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  Lookup(std::shared_ptr<State> state, std::string host)
      : state_(std::move(state)), host_(std::move(host)), retry_(state_->io), limit_(state_->io) {}
  ~Lookup() { close(); }

  void start() {
    if (!open_channel()) return finish();
    auto const self = shared_from_this();
    limit_.expires_after(state_->options.limit);
    limit_.async_wait([self](boost::system::error_code error) {
      if (!error) self->finish();
    });
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_flags = ARES_AI_NOSORT;
    ares_getaddrinfo(channel_, host_.c_str(), nullptr, &hints, &Lookup::on_answer, this);
    settle();
  }

  /// Ends it without an answer to anyone.
  void close() {
    // The channel's own callbacks come once more while it is destroyed: they find `closing_`.
    closing_ = true;
    if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
    for (auto& [fd, socket] : sockets_) socket.descriptor.release();
    sockets_.clear();
    retry_.cancel();
    limit_.cancel();
  }

 private:
  struct Socket {
    asio::posix::stream_descriptor descriptor;
    bool wants_read = false, wants_write = false;
    bool reading = false, writing = false;  ///< a wait is under way
  };

  bool open_channel() {
    ares_options options{};
    options.timeout = static_cast<int>(state_->options.first_try.count());
    options.tries = 3;
    options.sock_state_cb = &Lookup::on_socket_state;
    options.sock_state_cb_data = this;
    if (ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) !=
        ARES_SUCCESS) {
      channel_ = nullptr;
      return false;
    }
    ares_set_socket_callback(channel_, &Lookup::on_socket, &state_->options);
    return state_->servers.empty() || ares_set_servers_ports_csv(channel_, state_->servers.c_str()) == ARES_SUCCESS;
  }

  static int on_socket(ares_socket_t fd, int, void* data) {
    auto const mark = static_cast<int>(static_cast<NameOptions*>(data)->mark);
    // Without the capability there is no block that the mark would have to pass.
    if (mark != 0) ::setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark);
    return ARES_SUCCESS;
  }

  static void on_socket_state(void* data, ares_socket_t fd, int readable, int writable) {
    auto& self = *static_cast<Lookup*>(data);
    auto found = self.sockets_.find(fd);
    if (readable == 0 && writable == 0) {
      // c-ares closes the descriptor next: asio has to let go of it before.
      if (found != self.sockets_.end()) {
        found->second.descriptor.release();
        self.sockets_.erase(found);
      }
      return;
    }
    if (found == self.sockets_.end())
      found = self.sockets_.emplace(fd, Socket{asio::posix::stream_descriptor{self.state_->io, fd}}).first;
    found->second.wants_read = readable != 0;
    found->second.wants_write = writable != 0;
  }

  static void on_answer(void* data, int status, int, ares_addrinfo* result) {
    auto& self = *static_cast<Lookup*>(data);
    if (status == ARES_SUCCESS && result != nullptr) self.keep(*result);
    if (result != nullptr) ares_freeaddrinfo(result);
    self.answered_ = true;
  }

  void keep(ares_addrinfo const& result) {
    for (auto const* node = result.nodes; node != nullptr; node = node->ai_next) {
      SocketAddress address{};
      std::memcpy(&address, node->ai_addr, std::min<std::size_t>(node->ai_addrlen, sizeof address));
      auto const endpoint = to_endpoint(address);
      if (!endpoint || addresses_.size() >= max_addresses) continue;
      if (std::ranges::find(addresses_, endpoint->ip) == addresses_.end()) addresses_.push_back(endpoint->ip);
    }
  }

  /// After every call into c-ares: done, or waits for what it wants next.
  void settle() {
    if (closing_) return;
    if (answered_) return finish();
    for (auto& [fd, socket] : sockets_) wait_for(fd, socket);
    timeval longest{}, next{};
    longest.tv_sec = 1;
    auto const* const wait = ares_timeout(channel_, &longest, &next);
    retry_.expires_after(std::chrono::seconds{wait->tv_sec} + std::chrono::microseconds{wait->tv_usec});
    retry_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
  }

  void wait_for(int fd, Socket& socket) {
    using Wait = asio::posix::stream_descriptor;
    if (socket.wants_read && !std::exchange(socket.reading, true))
      socket.descriptor.async_wait(Wait::wait_read, [self = shared_from_this(), fd](boost::system::error_code error) {
        if (!error) self->on_ready(fd, &Socket::reading, true);
      });
    if (socket.wants_write && !std::exchange(socket.writing, true))
      socket.descriptor.async_wait(Wait::wait_write, [self = shared_from_this(), fd](boost::system::error_code error) {
        if (!error) self->on_ready(fd, &Socket::writing, false);
      });
  }

  void on_ready(int fd, bool Socket::* waiting, bool read) {
    auto const found = sockets_.find(fd);
    if (found == sockets_.end()) return;
    found->second.*waiting = false;
    process(read ? fd : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : fd);
  }

  void process(ares_socket_t read, ares_socket_t write) {
    if (closing_) return;
    ares_process_fd(channel_, read, write);
    settle();
  }

  void finish() {
    if (closing_) return;
    auto const self = shared_from_this();
    close();
    // Posted: whoever called resolve() is not to be called back from within it.
    asio::post(state_->io, [self] {
      auto const state = self->state_;
      if (state->is_closed) return;
      state->running.erase(self->host_);
      state->on_resolved(self->host_, std::move(self->addresses_));
      if (state->waiting.empty() || state->running.size() >= max_running) return;
      auto host = std::move(state->waiting.front());
      state->waiting.pop_front();
      begin(state, std::move(host));
    });
  }

 public:
  static void begin(std::shared_ptr<State> const& state, std::string host) {
    auto const lookup = std::make_shared<Lookup>(state, host);
    state->running.emplace(std::move(host), lookup);
    lookup->start();
  }

 private:
  std::shared_ptr<State> state_;
  std::string host_;
  asio::steady_timer retry_, limit_;
  ares_channel channel_ = nullptr;
  std::map<int, Socket> sockets_;
  std::vector<IpAddress> addresses_;
  bool answered_ = false, closing_ = false;
};

NameResolver::NameResolver(asio::io_context& io, NameOptions options, OnResolved on_resolved)
    : state_(std::make_shared<State>(io, options, std::move(on_resolved))) {}

NameResolver::~NameResolver() {
  state_->is_closed = true;
  state_->waiting.clear();
  for (auto const running = std::exchange(state_->running, {}); auto const& [host, lookup] : running) lookup->close();
}

void NameResolver::set_servers(std::vector<Endpoint> servers) {
  state_->servers.clear();
  for (auto const& server : servers) state_->servers += (state_->servers.empty() ? "" : ",") + to_string(server);
}

void NameResolver::resolve(std::string host) {
  auto const answer = [this](std::string name, std::vector<IpAddress> addresses) {
    asio::post(state_->io, [state = state_, name = std::move(name), addresses = std::move(addresses)]() mutable {
      if (!state->is_closed) state->on_resolved(name, std::move(addresses));
    });
  };
  if (auto const number = parse_ip(host)) return answer(std::move(host), {*number});
  if (state_->running.contains(host) || std::ranges::find(state_->waiting, host) != state_->waiting.end()) return;
  if (state_->running.size() < max_running) return Lookup::begin(state_, std::move(host));
  if (state_->waiting.size() < max_waiting) {
    state_->waiting.push_back(std::move(host));
    return;
  }
  answer(std::move(host), {});
}

}  // namespace pim::net
