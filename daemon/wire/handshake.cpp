#include "wire/handshake.hpp"

namespace pim::wire {
namespace {

constexpr std::size_t macs_size = 32;
constexpr std::uint32_t relayed_bit = 0x80000000;  // in front of the nanoseconds

Writer begin(Buffer& out, Kind kind, std::size_t size) {
  out.reserve(size);
  Writer writer(out);
  writer.u8(static_cast<std::uint8_t>(kind)).zeroes(prefix_size - 1);
  return writer;
}

}  // namespace

std::optional<Initiation> parse_initiation(Bytes datagram) {
  if (peek(datagram) != Kind::initiation) return std::nullopt;
  Reader reader(datagram.subspan(prefix_size));
  Initiation frame;
  frame.sender.value = reader.u32();
  frame.noise = reader.take(initiation_noise_size);
  return frame;
}

std::optional<Response> parse_response(Bytes datagram) {
  if (peek(datagram) != Kind::response) return std::nullopt;
  Reader reader(datagram.subspan(prefix_size));
  Response frame;
  frame.sender.value = reader.u32();
  frame.receiver.value = reader.u32();
  frame.noise = reader.take(response_noise_size);
  return frame;
}

std::optional<CookieReply> parse_cookie_reply(Bytes datagram) {
  if (peek(datagram) != Kind::cookie_reply) return std::nullopt;
  Reader reader(datagram.subspan(prefix_size));
  CookieReply frame;
  frame.receiver.value = reader.u32();
  frame.salt = reader.take(cookie_salt_size);
  frame.sealed = reader.take(sealed_cookie_size);
  return frame;
}

Buffer make_initiation(Initiation const& frame) {
  PIM_ASSERT(frame.noise.size() == initiation_noise_size);
  Buffer out;
  begin(out, Kind::initiation, initiation_size).u32(frame.sender.value).bytes(frame.noise).zeroes(macs_size);
  return out;
}

Buffer make_response(Response const& frame) {
  PIM_ASSERT(frame.noise.size() == response_noise_size);
  Buffer out;
  begin(out, Kind::response, response_size)
      .u32(frame.sender.value)
      .u32(frame.receiver.value)
      .bytes(frame.noise)
      .zeroes(macs_size);
  return out;
}

Buffer make_cookie_reply(CookieReply const& frame) {
  PIM_ASSERT(frame.salt.size() == cookie_salt_size && frame.sealed.size() == sealed_cookie_size);
  Buffer out;
  begin(out, Kind::cookie_reply, cookie_reply_size).u32(frame.receiver.value).bytes(frame.salt).bytes(frame.sealed);
  return out;
}

std::array<std::uint8_t, greeting_size> to_bytes(Greeting const& greeting) {
  std::array<std::uint8_t, greeting_size> out;
  store_be(out.data(), greeting.timestamp.seconds);
  store_be(out.data() + 8, greeting.timestamp.nanoseconds | (greeting.is_relayed ? relayed_bit : 0));
  store_be(out.data() + 12, greeting.boot_epoch.value);
  return out;
}

std::optional<Greeting> parse_greeting(Bytes payload) {
  Reader reader(payload);
  Greeting greeting;
  greeting.timestamp.seconds = reader.u64();
  auto const nanoseconds = reader.u32();
  greeting.timestamp.nanoseconds = nanoseconds & ~relayed_bit;
  greeting.is_relayed = (nanoseconds & relayed_bit) != 0;
  greeting.boot_epoch.value = reader.u64();
  if (!reader.done() || greeting.timestamp.nanoseconds >= 1'000'000'000) return std::nullopt;
  return greeting;
}

std::array<std::uint8_t, reply_payload_size> to_bytes(BootEpoch epoch) {
  std::array<std::uint8_t, reply_payload_size> out;
  store_be(out.data(), epoch.value);
  return out;
}

std::optional<BootEpoch> parse_boot_epoch(Bytes payload) {
  if (payload.size() != reply_payload_size) return std::nullopt;
  return BootEpoch{load_be<std::uint64_t>(payload.data())};
}

}  // namespace pim::wire
