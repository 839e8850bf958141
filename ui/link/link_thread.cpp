#include "ui/link/link_thread.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

#include "base/result.hpp"
#include "ui/link/connection.hpp"
#include "ui/link/dial.hpp"

namespace pim::ui {
namespace {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;

ConnectFailure failure_of(int error, std::string const& path) {
  ConnectFailure failure{ConnectFailure::Kind::other, path + ": " + std::generic_category().message(error)};
  if (error == ECONNREFUSED || error == ENOENT || error == ENOTDIR) failure.kind = ConnectFailure::Kind::absent;
  if (error == EACCES) failure.kind = ConnectFailure::Kind::denied;
  return failure;
}

/// A Unix socket connects at once or fails at once: EAGAIN says that the daemon has no room for callers.
Result<int, ConnectFailure> open_socket(std::string const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail_with(failure_of(ENAMETOOLONG, path));
  std::memcpy(address.sun_path, path.data(), path.size());
  auto const fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_with(failure_of(errno, path));
  if (::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) return fd;
  auto const error = errno;
  ::close(fd);
  return fail_with(failure_of(error, path));
}

}  // namespace

Now read_clocks() {
  timespec boot{}, wall{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  ::clock_gettime(CLOCK_REALTIME, &wall);
  auto const of = [](timespec const& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
  };
  return {Time(of(boot)), WallTime(of(wall))};
}

class LinkThread::Driver {
 public:
  explicit Driver(Options options)
      : options_(std::move(options)),
        connection_(options_.sockets, options_.client),
        socket_(io_),
        timer_(io_),
        thread_([this] { run(); }) {}

  ~Driver() {
    asio::post(io_, [this] { io_.stop(); });
    thread_.join();
    delete mailbox_.exchange(nullptr);
  }

  std::shared_ptr<Snapshot const> latest() {
    std::unique_ptr<Handle> const handle(mailbox_.exchange(nullptr, std::memory_order_acq_rel));
    return handle ? std::move(*handle) : nullptr;
  }

  void request(std::vector<Action> actions) {
    asio::post(io_, [this, actions = std::move(actions)] {
      for (auto const& action : actions) connection_.on_action(action, read_clocks());
      flush();
    });
  }

 private:
  using Handle = std::shared_ptr<Snapshot const>;

  void run() {
    auto const keep_running = asio::make_work_guard(io_);
    connection_.start(read_clocks());
    flush();
    io_.run();
  }

  /// Does everything the connection wants, then waits for the next thing to happen.
  void flush() {
    if (connection_.take_close()) close();
    while (auto const path = connection_.take_connect()) connect(*path);
    write();
    publish();
    arm();
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
    socket_ = stream_protocol::socket(io_);
    ++generation_;
    outgoing_.clear();
    is_writing_ = false;
  }

  void connect(std::string const& path) {
    close();
    auto const fd = open_socket(path);
    if (!fd) return connection_.on_connect_failed(fd.error(), read_clocks());
    socket_.assign(stream_protocol(), *fd);
    if (!link::is_trusted_server(*fd, path)) {
      close();
      return connection_.on_connect_failed(
          {ConnectFailure::Kind::denied, path + ": it belongs to a user who is not trusted"}, read_clocks());
    }
    connection_.on_connected(read_clocks());
    read();
  }

  void read() {
    socket_.async_read_some(asio::buffer(incoming_),
                            [this, generation = generation_](error_code error, std::size_t size) {
                              if (generation != generation_) return;
                              if (error) {
                                connection_.on_closed(read_clocks());
                              } else {
                                connection_.on_bytes({incoming_.data(), size}, read_clocks());
                                read();
                              }
                              flush();
                            });
  }

  void write() {
    if (is_writing_) return;
    outgoing_ = connection_.take_outgoing();
    if (outgoing_.empty()) return;
    is_writing_ = true;
    asio::async_write(socket_, asio::buffer(outgoing_),
                      [this, generation = generation_](error_code error, std::size_t) {
                        if (generation != generation_) return;
                        is_writing_ = false;
                        if (!error) return write();  // what breaks is seen by the read
                      });
  }

  void publish() {
    auto snapshot = connection_.take_snapshot();
    if (!snapshot) return;
    delete mailbox_.exchange(new Handle(std::move(snapshot)), std::memory_order_acq_rel);
    if (options_.wake) options_.wake();
  }

  void arm() {
    auto const deadline = connection_.next_deadline();
    if (deadline == armed_) return;
    armed_ = deadline;
    timer_.cancel();
    if (deadline == never) return;
    timer_.expires_after(std::max(Duration{}, deadline - read_clocks().boot));
    timer_.async_wait([this](error_code error) {
      if (error) return;
      armed_ = never;
      connection_.on_deadline(read_clocks());
      flush();
    });
  }

  Options options_;
  Connection connection_;
  std::atomic<Handle*> mailbox_{nullptr};  ///< one snapshot on its way; whoever takes it out owns it
  asio::io_context io_{1};
  stream_protocol::socket socket_;
  asio::steady_timer timer_;
  Time armed_ = never;
  std::array<char, 65536> incoming_;
  std::string outgoing_;
  bool is_writing_ = false;
  std::uint64_t generation_ = 0;  ///< of the socket: completions of a closed one are ignored
  std::thread thread_;
};

LinkThread::LinkThread(Options options) : driver_(std::make_unique<Driver>(std::move(options))) {}
LinkThread::~LinkThread() = default;
std::shared_ptr<Snapshot const> LinkThread::latest() { return driver_->latest(); }
void LinkThread::request(std::vector<Action> actions) { driver_->request(std::move(actions)); }

}  // namespace pim::ui
