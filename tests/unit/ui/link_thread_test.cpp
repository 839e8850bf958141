#include "ui/link/link_thread.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <thread>

#include "fixtures.hpp"
#include "protocol/codec.hpp"

using namespace pim;
using namespace pim::ui;
using namespace pim::ui::test;

namespace {

/// A folder of its own that is gone afterwards.
struct Folder {
  std::string path = std::filesystem::temp_directory_path() / ("pim-link-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string answer_to(std::string const& method) {
  auto const subscribed = [](std::string const& state) {
    return R"({"subscription_id":"s","seq":1,"snapshot":)" + state + "}";
  };
  if (method == "rpc.hello") return R"({"daemon":"pim-daemon 1","rpc_version":1,"features":[]})";
  if (method == "status.subscribe") return subscribed(protocol::to_json(status()));
  if (method == "peers.subscribe") return subscribed("[]");
  if (method == "gateway.subscribe") return subscribed(protocol::to_json(protocol::GatewayStatus{}));
  if (method == "logs.subscribe") return subscribed(R"({"lines":[]})");
  if (method == "route.table") return protocol::to_json(protocol::RouteTable{});
  return R"({"on":true,"via_gateway_id":null})";
}

/// Serves one window after another until it is destroyed; hang_up() ends the conversation under way.
class Server {
 public:
  explicit Server(std::string const& path) : listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 4) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    is_ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    hang_up();
    thread_.join();
    ::close(listener_);
  }
  Server(Server const&) = delete;
  Server& operator=(Server const&) = delete;

  void hang_up() {
    if (auto const fd = client_.load(); fd >= 0) ::shutdown(fd, SHUT_RDWR);
  }
  [[nodiscard]] unsigned switched() const { return switched_; }

 private:
  void serve() {
    while (!is_ending_) {
      auto const fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      client_ = fd;
      if (!is_ending_) converse(fd);
      client_ = -1;
      ::close(fd);
    }
  }
  void converse(int fd) {
    std::string text;
    char bytes[4096];
    for (ssize_t size = 0; (size = ::read(fd, bytes, sizeof bytes)) > 0;) {
      text.append(bytes, static_cast<std::size_t>(size));
      for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
        auto const request = boost::json::parse(text.substr(0, end));
        text.erase(0, end + 1);
        auto const method = std::string(request.at("method").as_string());
        if (method == "route.set_split_default") ++switched_;
        auto const line = R"({"jsonrpc":"2.0","id":)" + boost::json::serialize(request.at("id")) + R"(,"result":)" +
                          answer_to(method) + "}\n";
        if (::send(fd, line.data(), line.size(), MSG_NOSIGNAL) < 0) return;
      }
    }
  }

  int listener_;
  std::atomic<int> client_{-1};
  std::atomic<bool> is_ending_{false};
  std::atomic<unsigned> switched_{0};
  std::thread thread_;
};

LinkThread::Options options_for(std::string const& path, std::function<void()> wake = {}) {
  return {{path}, "pim-dashboard test", std::move(wake)};
}

/// The first snapshot that fits, or the last one seen after five seconds.
template <class Question>
std::shared_ptr<Snapshot const> wait_for(LinkThread& link, Question question) {
  std::shared_ptr<Snapshot const> seen;
  for (auto i = 0; i < 500; ++i) {
    if (auto next = link.latest()) seen = std::move(next);
    if (seen && question(*seen)) break;
    std::this_thread::sleep_for(10ms);
  }
  return seen;
}

}  // namespace

TEST_CASE("without a daemon the link says so and goes on trying") {
  Folder const folder;
  std::atomic<int> wakes = 0;
  LinkThread link(options_for(folder.path + "/none.sock", [&] { ++wakes; }));
  auto const seen = wait_for(link, [](Snapshot const& s) { return s.link.attempt >= 2; });
  REQUIRE(seen);
  CHECK(seen->link.state == LinkState::lost);
  CHECK(wakes >= 2);
}

TEST_CASE("the link comes online, carries the switch, and comes back after a hang-up") {
  Folder const folder;
  Server server(folder.path + "/pim.sock");
  LinkThread link(options_for(folder.path + "/pim.sock"));
  REQUIRE(wait_for(link, [](Snapshot const& s) { return s.is_live(); })->is_live());
  link.request({action::ToggleRoute{}, action::ConfirmRoute{}});
  CHECK(wait_for(link, [](Snapshot const& s) { return s.route.phase == RoutePhase::pending_on; })->route.is_pending());
  for (auto i = 0; i < 500 && server.switched() == 0; ++i) std::this_thread::sleep_for(10ms);
  CHECK(server.switched() == 1);
  server.hang_up();
  CHECK(wait_for(link, [](Snapshot const& s) { return s.link.state == LinkState::lost; })->link.state ==
        LinkState::lost);
  CHECK(wait_for(link, [](Snapshot const& s) { return s.is_live(); })->is_live());
}

TEST_CASE("a path that is too long for a socket is an error, not a crash") {
  LinkThread link(options_for("/" + std::string(200, 'x')));
  auto const seen = wait_for(link, [](Snapshot const& s) { return s.link.state == LinkState::lost; });
  CHECK(seen->link.detail.find("pim cannot be reached") == 0);
}

TEST_CASE("a link may end at any moment") {
  Folder const folder;
  Server server(folder.path + "/pim.sock");
  for (auto i = 0; i < 20; ++i) {
    LinkThread link(options_for(folder.path + "/pim.sock"));
    if (i % 2 == 0) link.request({action::RetryNow{}});
    std::this_thread::sleep_for(std::chrono::microseconds(i * 150));
  }
}
