#include "linux/netlink.hpp"

#include <libmnl/libmnl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <system_error>

#include "base/assert.hpp"

namespace pim::linux_edge {
namespace {

// The kernel fills dumps in pieces of at most 32 KiB.
constexpr std::size_t receive_size = 65536;
// A burst of route changes must not overflow a monitor while the host thread is busy.
constexpr int monitor_buffer = 1 << 20;
constexpr int answer_timeout_s = 5;
constexpr int dump_attempts = 8;

NetlinkError error_of(int code, std::string_view detail = {}) {
  auto text = std::generic_category().message(code);
  if (!detail.empty()) text += " (" + std::string{detail} + ")";
  return {code, std::move(text)};
}

// With NETLINK_CAP_ACK only the header of the request is echoed in front of the extended part.
NetlinkError error_in(nlmsghdr const& message, int code) {
  Attributes const extended{attributes_of(message, sizeof(nlmsgerr))};
  return error_of(code, message.nlmsg_flags & NLM_F_ACK_TLVS ? extended.text(NLMSGERR_ATTR_MSG) : std::string_view{});
}

template <class Handle>
void for_each_message(std::uint8_t const* data, std::size_t size, Handle const& handle) {
  auto const* message = reinterpret_cast<nlmsghdr const*>(data);
  for (int left = static_cast<int>(size); mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
    if (!handle(*message)) return;
}

void set_option(int fd, int level, int option, int value) {
  // Options that an older kernel lacks only cost detail.
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags) {
  auto* const head = mnl_nlmsg_put_header(buffer_.data());
  head->nlmsg_type = type;
  head->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

Message::Message(nlmsghdr const& received, std::uint16_t type) {
  PIM_ASSERT(received.nlmsg_len <= buffer_.size());
  std::memcpy(buffer_.data(), &received, received.nlmsg_len);
  head()->nlmsg_type = type;
  head()->nlmsg_flags = NLM_F_REQUEST;
  head()->nlmsg_pid = 0;
}

void* Message::put_header(std::size_t size) { return mnl_nlmsg_put_extra_header(head(), size); }

Message& Message::put(std::uint16_t attribute, Bytes value) {
  PIM_ASSERT(mnl_attr_put_check(head(), buffer_.size(), attribute, value.size(), value.data()));
  return *this;
}

Message& Message::put_u8(std::uint16_t attribute, std::uint8_t value) { return put(attribute, {&value, 1}); }

Message& Message::put_u32(std::uint16_t attribute, std::uint32_t value) {
  return put(attribute, {reinterpret_cast<std::uint8_t const*>(&value), sizeof value});
}

Message& Message::put_text(std::uint16_t attribute, std::string_view value) {
  std::string const terminated{value};
  return put(attribute, {reinterpret_cast<std::uint8_t const*>(terminated.c_str()), terminated.size() + 1});
}

Message& Message::nest(std::uint16_t attribute, std::function<void(Message&)> const& fill) {
  auto* const start = mnl_attr_nest_start_check(head(), buffer_.size(), attribute);
  PIM_ASSERT(start != nullptr);
  fill(*this);
  mnl_attr_nest_end(head(), start);
  return *this;
}

Bytes Message::bytes() const { return {buffer_.data(), reinterpret_cast<nlmsghdr const*>(buffer_.data())->nlmsg_len}; }

Attributes::Attributes(Bytes payload) : payload_(payload) {}

Bytes Attributes::find(std::uint16_t type) const {
  auto const* attribute = reinterpret_cast<nlattr const*>(payload_.data());
  for (auto left = static_cast<int>(payload_.size()); mnl_attr_ok(attribute, left);) {
    if (mnl_attr_get_type(attribute) == type)
      return {static_cast<std::uint8_t const*>(mnl_attr_get_payload(attribute)), mnl_attr_get_payload_len(attribute)};
    left -= MNL_ALIGN(attribute->nla_len);
    attribute = mnl_attr_next(attribute);
  }
  return {};
}

std::uint32_t Attributes::u32(std::uint16_t type, std::uint32_t otherwise) const {
  auto const field = find(type);
  if (field.size() < sizeof(std::uint32_t)) return otherwise;
  std::uint32_t value = 0;
  std::memcpy(&value, field.data(), sizeof value);
  return value;
}

std::uint8_t Attributes::u8(std::uint16_t type, std::uint8_t otherwise) const {
  auto const field = find(type);
  return field.empty() ? otherwise : field.front();
}

std::string_view Attributes::text(std::uint16_t type) const {
  auto const field = find(type);
  std::string_view const text{reinterpret_cast<char const*>(field.data()), field.size()};
  return text.substr(0, text.find('\0'));
}

Bytes attributes_of(nlmsghdr const& message, std::size_t header_size) {
  auto const begin = sizeof(nlmsghdr) + MNL_ALIGN(header_size);
  if (message.nlmsg_len < begin) return {};
  return {reinterpret_cast<std::uint8_t const*>(&message) + begin, message.nlmsg_len - begin};
}

void NetlinkSocket::Close::operator()(mnl_socket* socket) const { mnl_socket_close(socket); }

Result<NetlinkSocket> NetlinkSocket::open(int bus, std::vector<unsigned> const& groups) {
  NetlinkSocket socket{mnl_socket_open2(bus, SOCK_CLOEXEC)};
  if (!socket.socket_ || mnl_socket_bind(socket.socket_.get(), 0, MNL_SOCKET_AUTOPID) < 0)
    return fail("netlink is not available: " + std::generic_category().message(errno));
  auto const fd = socket.fd();
  set_option(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  set_option(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  set_option(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  timeval const timeout{.tv_sec = answer_timeout_s, .tv_usec = 0};
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
  if (!groups.empty()) set_option(fd, SOL_SOCKET, SO_RCVBUF, monitor_buffer);
  for (auto const group : groups)
    if (::setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
      return fail("netlink group " + std::to_string(group) +
                  " cannot be joined: " + std::generic_category().message(errno));
  return socket;
}

int NetlinkSocket::fd() const { return mnl_socket_get_fd(socket_.get()); }

Result<void, NetlinkError> NetlinkSocket::request(Message message, OnMessage const& on_message) {
  message.head()->nlmsg_flags |= NLM_F_ACK;
  return request_batch({std::move(message)}, on_message);
}

Result<void, NetlinkError> NetlinkSocket::request_batch(std::vector<Message> messages, OnMessage const& on_message) {
  Buffer buffer;
  std::uint32_t awaited = 0;
  for (auto& message : messages) {
    message.head()->nlmsg_seq = ++sequence_;
    if (message.head()->nlmsg_flags & NLM_F_ACK) awaited = sequence_;
    auto const bytes = message.bytes();
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  }
  if (mnl_socket_sendto(socket_.get(), buffer.data(), buffer.size()) < 0) return fail_with(error_of(errno));
  bool is_interrupted = false;
  return receive(awaited, on_message ? on_message : [](nlmsghdr const&) {}, is_interrupted);
}

Result<void, NetlinkError> NetlinkSocket::dump(Message message, OnMessage const& on_message) {
  message.head()->nlmsg_flags |= NLM_F_DUMP;
  for (int attempt = 0; attempt < dump_attempts; ++attempt) {
    message.head()->nlmsg_seq = ++sequence_;
    if (mnl_socket_sendto(socket_.get(), message.head(), message.head()->nlmsg_len) < 0)
      return fail_with(error_of(errno));
    // Collected first: an interrupted dump is thrown away whole.
    std::vector<Buffer> collected;
    bool is_interrupted = false;
    auto received = receive(
        sequence_,
        [&](nlmsghdr const& part) {
          auto const* bytes = reinterpret_cast<std::uint8_t const*>(&part);
          collected.emplace_back(bytes, bytes + part.nlmsg_len);
        },
        is_interrupted);
    if (!received) return received;
    if (is_interrupted) continue;
    for (auto const& part : collected) on_message(*reinterpret_cast<nlmsghdr const*>(part.data()));
    return {};
  }
  return fail_with(error_of(EAGAIN, "the table keeps changing"));
}

Result<void, NetlinkError> NetlinkSocket::receive(std::uint32_t sequence, OnMessage const& on_message,
                                                  bool& is_interrupted) {
  Buffer buffer(receive_size);
  for (;;) {
    auto const size = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_with(error_of(errno));
    std::optional<Result<void, NetlinkError>> end;
    for_each_message(buffer.data(), static_cast<std::size_t>(size), [&](nlmsghdr const& message) {
      if (message.nlmsg_flags & NLM_F_DUMP_INTR) is_interrupted = true;
      if (message.nlmsg_type == NLMSG_ERROR) {
        auto const code = -header_of<nlmsgerr>(message).error;
        if (code != 0)
          end = Result<void, NetlinkError>{fail_with(error_in(message, code))};
        else if (message.nlmsg_seq == sequence)
          end.emplace();
      } else if (message.nlmsg_seq == sequence && message.nlmsg_type == NLMSG_DONE) {
        auto const code = -header_of<int>(message);
        end = code > 0 ? Result<void, NetlinkError>{fail_with(error_of(code))} : Result<void, NetlinkError>{};
      } else if (message.nlmsg_seq == sequence) {
        on_message(message);
      }
      return !end;
    });
    if (end) return *end;
  }
}

bool NetlinkSocket::drain(OnMessage const& on_message) {
  Buffer buffer(receive_size);
  bool is_complete = true;
  for (;;) {
    auto const size = ::recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == ENOBUFS) {
      is_complete = false;
      continue;
    }
    if (size < 0) return is_complete;
    for_each_message(buffer.data(), static_cast<std::size_t>(size), [&](nlmsghdr const& message) {
      on_message(message);
      return true;
    });
  }
}

}  // namespace pim::linux_edge
