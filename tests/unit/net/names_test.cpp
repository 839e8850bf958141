#include "net/names.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <doctest/doctest.h>

#include <map>
#include <optional>

using namespace pim;
using namespace pim::net;
namespace asio = boost::asio;

namespace {

/// Answers A and AAAA questions on the loopback from two addresses, or as a test says.
class DnsServer {
 public:
  explicit DnsServer(asio::io_context& io) : socket_(io, {asio::ip::address_v4::loopback(), 0}) { receive(); }
  [[nodiscard]] Endpoint endpoint() const { return {*parse_ip("127.0.0.1"), socket_.local_endpoint().port(), 0}; }

  int ignore = 0;  ///< so many questions get no answer
  bool knows_v4 = true, knows_v6 = true;
  int asked = 0;

 private:
  void receive() {
    socket_.async_receive_from(asio::buffer(question_), from_,
                               [this](boost::system::error_code error, std::size_t size) {
                                 if (error) return;
                                 ++asked;
                                 if (--ignore < 0) answer(Bytes{question_}.first(size));
                                 receive();
                               });
  }
  void answer(Bytes question) {
    std::size_t end = 12;
    while (question[end] != 0) end += question[end] + 1u;
    auto const type = question[end + 2];
    bool const v6 = type == 28, known = v6 ? knows_v6 : knows_v4;
    Buffer reply(question.begin(), question.begin() + static_cast<std::ptrdiff_t>(end + 5));
    reply[2] = 0x81;
    reply[3] = static_cast<std::uint8_t>(0x80 | (knows_v4 || knows_v6 ? 0 : 3));
    reply[7] = known ? 1 : 0;
    std::fill(reply.begin() + 8, reply.begin() + 12, std::uint8_t{0});
    if (known) {
      auto const address = *parse_ip(v6 ? "2001:db8::7" : "192.0.2.7");
      Writer writer{reply};
      writer.u16(0xc00c).u16(type).u16(1).u32(60).u16(static_cast<std::uint16_t>(address.size())).bytes(address.view());
    }
    socket_.send_to(asio::buffer(reply), from_);
  }

  asio::ip::udp::socket socket_;
  asio::ip::udp::endpoint from_;
  std::array<std::uint8_t, 512> question_;
};

struct Fixture {
  asio::io_context io;
  DnsServer server{io};
  std::map<std::string, std::vector<IpAddress>> resolved;
  std::size_t answers = 0, wanted = 1;
  NameResolver names{
      io,
      {.mark = 0x77, .first_try = std::chrono::milliseconds{30}, .limit = std::chrono::milliseconds{1'500}},
      [this](std::string const& host, std::vector<IpAddress> addresses) {
        resolved[host] = std::move(addresses);
        if (++answers == wanted) io.stop();
      }};
  Fixture() { names.set_servers({server.endpoint()}); }
  void run() { io.run_for(std::chrono::seconds{5}); }
};

std::vector<IpAddress> sorted(std::vector<IpAddress> addresses) {
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

}  // namespace

TEST_CASE("a_name_resolves_to_its_addresses_of_both_families") {
  Fixture test;
  test.names.resolve("gateway.example.");
  CHECK(test.answers == 0);
  test.run();
  REQUIRE(test.answers == 1);
  CHECK(sorted(test.resolved["gateway.example."]) == sorted({*parse_ip("192.0.2.7"), *parse_ip("2001:db8::7")}));
}

TEST_CASE("one_family_is_enough") {
  Fixture test;
  test.server.knows_v6 = false;
  test.names.resolve("gateway.example.");
  test.run();
  CHECK(test.resolved["gateway.example."] == std::vector{*parse_ip("192.0.2.7")});
}

TEST_CASE("an_unanswered_question_is_asked_again") {
  Fixture test;
  test.server.ignore = 2;
  test.names.resolve("gateway.example.");
  test.run();
  CHECK(test.resolved["gateway.example."].size() == 2);
  CHECK(test.server.asked > 2);
}

TEST_CASE("a_silent_server_ends_within_the_limit_and_an_unknown_name_at_once") {
  Fixture test;
  test.server.ignore = 1'000;
  test.names.resolve("gateway.example.");
  auto const before = std::chrono::steady_clock::now();
  test.run();
  CHECK(test.answers == 1);
  CHECK(test.resolved["gateway.example."].empty());
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds{4});

  Fixture unknown;
  unknown.server.knows_v4 = unknown.server.knows_v6 = false;
  unknown.names.resolve("nowhere.example.");
  unknown.run();
  CHECK(unknown.answers == 1);
  CHECK(unknown.resolved["nowhere.example."].empty());
}

TEST_CASE("a_name_asked_for_twice_is_looked_up_once_and_numbers_need_no_server") {
  Fixture test;
  test.wanted = 2;
  test.names.resolve("gateway.example.");
  test.names.resolve("gateway.example.");
  test.names.resolve("192.0.2.99");
  test.run();
  CHECK(test.answers == 2);
  CHECK(test.server.asked == 2);
  CHECK(test.resolved["192.0.2.99"] == std::vector{*parse_ip("192.0.2.99")});
}

TEST_CASE("more_names_than_run_at_once_wait_and_what_is_beyond_does_not_resolve") {
  Fixture test;
  auto const all = NameResolver::max_running + NameResolver::max_waiting;
  test.wanted = all + 5;
  for (std::size_t i = 0; i < all + 5; ++i) test.names.resolve("n" + std::to_string(i) + ".example.");
  test.run();
  CHECK(test.answers == all + 5);
  CHECK(test.resolved["n" + std::to_string(all - 1) + ".example."].size() == 2);
  CHECK(test.resolved["n" + std::to_string(all) + ".example."].empty());
}

TEST_CASE("a_resolver_that_goes_away_during_a_lookup_leaves_nothing_behind") {
  asio::io_context io;
  DnsServer server{io};
  server.ignore = 1'000;
  bool called = false;
  {
    NameResolver names{io, {}, [&](auto const&, auto const&) { called = true; }};
    names.set_servers({server.endpoint()});
    for (int i = 0; i < 40; ++i) names.resolve("n" + std::to_string(i) + ".example.");
    io.run_for(std::chrono::milliseconds{50});
  }
  io.run_for(std::chrono::milliseconds{50});
  CHECK_FALSE(called);
}
