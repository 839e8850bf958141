// One netlink conversation: a request and its acknowledgement, a dump, or a multicast subscription. On
// libmnl, with extended acknowledgements, so that an error carries the kernel's own words.
#pragma once

#include <linux/netlink.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct mnl_socket;

namespace pim::linux_edge {

struct NetlinkError {
  int code = 0;  ///< errno
  std::string text;
};

/// One request being written. Attributes that would not fit abort: requests are made by pim alone.
class Message {
 public:
  explicit Message(std::uint16_t type, std::uint16_t flags = 0);
  /// What the kernel sent, word for word, as a request of another type: how a dumped route is deleted.
  Message(nlmsghdr const& received, std::uint16_t type);

  /// The family's fixed header, behind nlmsghdr; zeroed.
  template <class Header>
  Header& header() {
    static_assert(std::is_trivially_copyable_v<Header>);
    return *static_cast<Header*>(put_header(sizeof(Header)));
  }
  Message& put(std::uint16_t attribute, Bytes value);
  Message& put_u8(std::uint16_t attribute, std::uint8_t value);
  Message& put_u32(std::uint16_t attribute, std::uint32_t value);
  Message& put_text(std::uint16_t attribute, std::string_view value);
  /// Everything put inside `fill` becomes the nest's content.
  Message& nest(std::uint16_t attribute, std::function<void(Message&)> const& fill);

  [[nodiscard]] nlmsghdr* head() { return reinterpret_cast<nlmsghdr*>(buffer_.data()); }
  [[nodiscard]] Bytes bytes() const;

 private:
  void* put_header(std::size_t size);
  alignas(8) std::array<std::uint8_t, 2048> buffer_{};
};

/// The attributes of one message or nest, by type; absent ones are empty.
class Attributes {
 public:
  /// `payload` starts at the first attribute. A truncated tail is ignored.
  explicit Attributes(Bytes payload);
  [[nodiscard]] bool has(std::uint16_t type) const { return !find(type).empty(); }
  [[nodiscard]] Bytes find(std::uint16_t type) const;
  [[nodiscard]] std::uint32_t u32(std::uint16_t type, std::uint32_t otherwise = 0) const;
  [[nodiscard]] std::uint8_t u8(std::uint16_t type, std::uint8_t otherwise = 0) const;
  [[nodiscard]] std::string_view text(std::uint16_t type) const;

 private:
  Bytes payload_;
};

/// What follows nlmsghdr and the family's header of `header_size` bytes.
[[nodiscard]] Bytes attributes_of(nlmsghdr const& message, std::size_t header_size);

/// The family's header of a received message, or zeroes when it is too short.
template <class Header>
[[nodiscard]] Header header_of(nlmsghdr const& message) {
  Header header{};
  if (message.nlmsg_len >= sizeof(nlmsghdr) + sizeof(Header))
    std::memcpy(&header, reinterpret_cast<std::uint8_t const*>(&message) + sizeof(nlmsghdr), sizeof(Header));
  return header;
}

class NetlinkSocket {
 public:
  /// `bus`: NETLINK_ROUTE or NETLINK_NETFILTER. `groups` subscribes to multicast groups by number.
  [[nodiscard]] static Result<NetlinkSocket> open(int bus, std::vector<unsigned> const& groups = {});

  using OnMessage = std::function<void(nlmsghdr const&)>;

  /// Sends and waits for the acknowledgement; what the kernel answers before it goes to `on_message`.
  [[nodiscard]] Result<void, NetlinkError> request(Message message, OnMessage const& on_message = {});
  /// Sends a batch laid end to end and waits for its first error, or for the acknowledgement of the message
  /// that asks for one.
  [[nodiscard]] Result<void, NetlinkError> request_batch(std::vector<Message> messages,
                                                         OnMessage const& on_message = {});
  /// Sends a dump request; begins again when the kernel says that the dump was interrupted by a change.
  [[nodiscard]] Result<void, NetlinkError> dump(Message message, OnMessage const& on_message);
  /// Takes what multicast has brought, without waiting. False when messages were lost.
  [[nodiscard]] bool drain(OnMessage const& on_message);

  [[nodiscard]] int fd() const;

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit NetlinkSocket(mnl_socket* socket) : socket_(socket) {}
  [[nodiscard]] Result<void, NetlinkError> receive(std::uint32_t sequence, OnMessage const& on_message,
                                                   bool& is_interrupted);
  std::unique_ptr<mnl_socket, Close> socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace pim::linux_edge
