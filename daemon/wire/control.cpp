#include "wire/control.hpp"

namespace pim::wire {
namespace {

std::uint8_t byte_of(ControlKind kind) { return static_cast<std::uint8_t>(kind); }

/// The code point at the front of `text`, which is cut off it; nothing when it is not well-formed
/// UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
std::optional<char32_t> next_code_point(std::string_view& text) {
  auto const lead = static_cast<std::uint8_t>(text.front());
  std::size_t const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if ((lead >= 0x80 && lead < 0xc0) || lead > 0xf4 || text.size() < size) return std::nullopt;
  char32_t value = size == 1 ? lead : lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    auto const byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xc0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte & 0x3fU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

bool is_harmless(char32_t c) {
  bool const control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  bool const separator = c == 0x2028 || c == 0x2029;
  bool const reordering =
      c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return !control && !separator && !reordering;
}

std::optional<Control> parse_hello(Bytes plaintext) {
  if (plaintext.size() > max_hello_size) return std::nullopt;
  Reader reader(plaintext.subspan(1));
  Hello hello;
  hello.version = reader.u8();
  hello.sequence = reader.u64();
  hello.roles = reader.u8();
  hello.v4_alias = reader.array<4>();
  auto const present = reader.u8();
  GatewayOffer offer;
  offer.priority = reader.u8();
  offer.load = reader.u8();
  offer.families = reader.u8();
  if (present == 1) hello.offer = offer;
  auto const name = reader.take(reader.u8());
  hello.name.assign(name.begin(), name.end());
  if (!reader.ok() || hello.version < hello_version || present > 1 || !is_valid_name(hello.name)) return std::nullopt;
  // An absent offer is zeroes, so that equal hellos are equal bytes.
  if (present == 0 && offer != GatewayOffer{}) return std::nullopt;
  if (hello.version == hello_version && !reader.done()) return std::nullopt;
  return hello;
}

template <class Message>
std::optional<Control> parse_number(Bytes plaintext) {
  if (plaintext.size() != 1 + 8) return std::nullopt;
  return Message{load_be<std::uint64_t>(plaintext.data() + 1)};
}

std::optional<Control> parse_probe(Bytes plaintext) {
  if (plaintext.size() != 1 + 8 + 1 || plaintext.back() > 1) return std::nullopt;
  return Probe{load_be<std::uint64_t>(plaintext.data() + 1), plaintext.back() == 1};
}

std::optional<Control> parse_goodbye(Bytes plaintext) {
  if (plaintext.size() != 2) return std::nullopt;
  auto const reason = static_cast<GoodbyeReason>(plaintext[1]);
  bool const known = reason <= GoodbyeReason::forgotten;
  return Goodbye{known ? reason : GoodbyeReason::unspecified};
}

void write(Writer& out, Hello const& hello) {
  PIM_ASSERT(is_valid_name(hello.name));
  auto const offer = hello.offer.value_or(GatewayOffer{});
  out.u8(byte_of(ControlKind::hello)).u8(hello.version).u64(hello.sequence).u8(hello.roles);
  out.bytes(hello.v4_alias).u8(hello.offer ? 1 : 0).u8(offer.priority).u8(offer.load).u8(offer.families);
  out.u8(static_cast<std::uint8_t>(hello.name.size())).bytes(as_bytes(hello.name));
}

void write(Writer& out, HelloAck const& ack) { out.u8(byte_of(ControlKind::hello_ack)).u64(ack.sequence); }
void write(Writer& out, Probe const& probe) {
  out.u8(byte_of(ControlKind::probe)).u64(probe.id).u8(probe.hears_nothing ? 1 : 0);
}
void write(Writer& out, ProbeReply const& reply) { out.u8(byte_of(ControlKind::probe_reply)).u64(reply.id); }
void write(Writer& out, Goodbye const& goodbye) {
  out.u8(byte_of(ControlKind::goodbye)).u8(static_cast<std::uint8_t>(goodbye.reason));
}
void write(Writer& out, Update const& update) { write_body(out.u8(byte_of(ControlKind::update)), update); }
void write(Writer& out, UpdateAck const& ack) { write_body(out.u8(byte_of(ControlKind::update_ack)), ack); }
void write(Writer& out, SeqnoRequest const& request) {
  write_body(out.u8(byte_of(ControlKind::seqno_request)), request);
}

}  // namespace

std::optional<Control> parse_control(Bytes plaintext) {
  if (plaintext.empty()) return std::nullopt;
  switch (static_cast<ControlKind>(plaintext[0])) {
    case ControlKind::hello: return parse_hello(plaintext);
    case ControlKind::hello_ack: return parse_number<HelloAck>(plaintext);
    case ControlKind::probe: return parse_probe(plaintext);
    case ControlKind::probe_reply: return parse_number<ProbeReply>(plaintext);
    case ControlKind::goodbye: return parse_goodbye(plaintext);
    case ControlKind::update: return parse_update(plaintext.subspan(1));
    case ControlKind::update_ack: return parse_update_ack(plaintext.subspan(1));
    case ControlKind::seqno_request: return parse_seqno_request(plaintext.subspan(1));
  }
  return std::nullopt;
}

Buffer to_bytes(Control const& message) {
  Buffer out;
  Writer writer(out);
  std::visit([&](auto const& each) { write(writer, each); }, message);
  return out;
}

bool is_valid_name(std::string_view name) {
  if (name.size() > max_name_size) return false;
  while (!name.empty()) {
    auto const c = next_code_point(name);
    if (!c || !is_harmless(*c)) return false;
  }
  return true;
}

}  // namespace pim::wire
