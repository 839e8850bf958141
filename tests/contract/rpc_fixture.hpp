// A real server on a real socket in a folder of its own, with a backend that the test plays, and a client
// that reads and writes bytes.
#pragma once

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include "protocol/codec.hpp"
#include "protocol/envelope.hpp"
#include "rpc/server.hpp"

namespace pim::test {

namespace json = boost::json;
using namespace std::chrono_literals;

/// Answers from its own thread of control: the test's.
class FakeBackend : public rpc::Backend {
 public:
  void submit(rpc::Command command, rpc::Reply reply) override {
    std::lock_guard const guard(mutex_);
    calls_.emplace_back(std::move(command), std::move(reply));
  }
  void refresh_counters(rpc::Model&) override {}

  std::pair<rpc::Command, rpc::Reply> wait_for_call() {
    for (int i = 0; i < 500; ++i, std::this_thread::sleep_for(10ms)) {
      std::lock_guard const guard(mutex_);
      if (calls_.empty()) continue;
      auto call = std::move(calls_.front());
      calls_.erase(calls_.begin());
      return call;
    }
    FAIL("no command came");
    return {};
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<rpc::Command, rpc::Reply>> calls_;
};

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/pim-contract-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  std::string path;
};

struct RunningServer {
  Folder folder;
  FakeBackend backend;
  std::string path = folder.path + "/pim.sock";
  std::unique_ptr<rpc::Server> server;
  std::thread thread;

  explicit RunningServer(rpc::ServerOptions options = {}) {
    options.where = {path, {}, {}, ::geteuid()};
    options.daemon_name = "pim-daemon test";
    options.features = {"seq", "snapshot"};
    server = std::make_unique<rpc::Server>(std::move(options), backend);
    auto const listening = server->listen();
    REQUIRE_MESSAGE(listening.ok(), (listening ? "" : listening.error().message));
    thread = std::thread([this] { server->run(); });
    server->deliver({protocol::Status{}});
  }
  ~RunningServer() {
    server->stop();
    thread.join();
  }
};

class Client {
 public:
  explicit Client(std::string const& path, bool with_hello = true)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    is_connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (!with_hello) return;
    REQUIRE(ask(R"("rpc.hello","params":{"client":"test","rpc_version":1})").as_object().contains("result"));
  }
  ~Client() { ::close(fd_); }
  Client(Client const&) = delete;
  Client& operator=(Client const&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto const size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }
  /// As much as the kernel takes at once.
  void send_some(std::string_view bytes) { (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT); }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  /// The next line, or nothing at the end of the stream or after `patience`.
  std::optional<std::string> line(std::chrono::milliseconds patience = 5000ms) {
    auto const until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      if (auto const end = buffer_.find('\n'); end != std::string::npos) {
        auto line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (left <= 0ms || !receive(left)) return std::nullopt;
    }
  }
  json::value read() {
    auto const text = line();
    REQUIRE(text.has_value());
    return json::parse(*text);
  }
  json::value ask(std::string const& call) {
    send(R"({"jsonrpc":"2.0","id":1,"method":)" + call + "}\n");
    return read();
  }
  std::int64_t code(std::string const& call) {
    auto const answer = ask(call);
    auto const* error = answer.as_object().if_contains("error");
    return error != nullptr ? error->at("code").as_int64() : 0;
  }
  /// True when the daemon closed the connection within `patience`; what was still to read is dropped.
  bool is_cut(std::chrono::milliseconds patience = 5000ms) {
    auto const until = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < until)
      if (!receive(std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())))
        return is_at_end_;
    return false;
  }
  /// The same without reading anything.
  bool is_hung_up(std::chrono::milliseconds patience) {
    pollfd waiting{fd_, 0, 0};
    return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1 && (waiting.revents & POLLHUP) != 0;
  }
  bool is_connected = false;

 private:
  bool receive(std::chrono::milliseconds patience) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return false;
    std::array<char, 65536> bytes{};
    auto const size = ::recv(fd_, bytes.data(), bytes.size(), 0);
    is_at_end_ = size <= 0;
    if (size > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return size > 0;
  }

  int fd_;
  std::string buffer_;
  bool is_at_end_ = false;
};

}  // namespace pim::test
