#include "linux/netlink.hpp"

#include <doctest/doctest.h>
#include <linux/rtnetlink.h>

#include "linux/rtnl.hpp"

using namespace pim;
using namespace pim::linux_edge;

TEST_CASE("attributes read back as they were put, nested ones too") {
  Message message{RTM_NEWROUTE};
  message.header<rtmsg>().rtm_family = 2;
  message.put_u32(RTA_TABLE, 5200).put_u8(RTA_PREF, 1).put_text(RTA_METRICS, "text");
  message.nest(RTA_ENCAP, [](Message& inner) { inner.put_u32(1, 7); });
  Attributes const attributes{attributes_of(*message.head(), sizeof(rtmsg))};
  CHECK(header_of<rtmsg>(*message.head()).rtm_family == 2);
  CHECK(attributes.u32(RTA_TABLE) == 5200);
  CHECK(attributes.u8(RTA_PREF) == 1);
  CHECK(attributes.text(RTA_METRICS) == "text");
  CHECK(Attributes{attributes.find(RTA_ENCAP)}.u32(1) == 7);
  CHECK_FALSE(attributes.has(RTA_OIF));
  CHECK(attributes.u32(RTA_OIF, 9) == 9);
}

TEST_CASE("attributes that lie about their length are not followed") {
  for (std::uint16_t length = 0; length < 40; ++length) {
    alignas(8) std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &length, 2);
    bytes[2] = 1;
    Attributes const attributes{bytes};
    auto const found = attributes.find(1);
    CHECK(found.size() <= 12);
    CHECK(attributes.find(77).empty());
  }
  CHECK(Attributes{Bytes{}}.find(1).empty());
}

TEST_CASE("an address attribute has four or sixteen bytes") {
  std::array<std::uint8_t, 17> const bytes{};
  for (std::size_t size = 0; size <= bytes.size(); ++size)
    CHECK(address_in(Bytes{bytes}.first(size)).has_value() == (size == 4 || size == 16));
}

TEST_CASE("an error of the kernel carries its own words") {
  auto socket = NetlinkSocket::open(NETLINK_ROUTE);
  REQUIRE(socket.ok());
  Message message{RTM_GETLINK};
  message.header<ifinfomsg>().ifi_index = 0x7ffffff0;
  auto const done = socket->request(std::move(message));
  REQUIRE_FALSE(done.ok());
  CHECK(done.error().code == ENODEV);
}
