#include "trains.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "record.hpp"

namespace pim::ceiling {

Trains::Trains(int socket, bool is_sealed) : socket_(socket), cipher_(Direction::seal, is_sealed), arena_(arena_size) {}

std::uint8_t* Trains::place(std::size_t size) {
  if (used_ + size + overhead > arena_.size()) flush();
  return arena_.data() + used_ + header_size;
}

void Trains::add(std::size_t size) {
  auto const length = size + overhead;
  write_header(arena_.data() + used_, counter_++);
  PIM_ASSERT(cipher_.apply({arena_.data() + used_, length}));
  if (joins(length)) {
    auto& train = trains_.back();
    train.length += length;
    ++train.count;
    train.is_open = length == train.segment;
  } else {
    trains_.push_back({used_, length, length, 1, true});
  }
  used_ += length;
}

bool Trains::joins(std::size_t length) const {
  if (trains_.empty()) return false;
  auto const& train = trains_.back();
  return train.is_open && length <= train.segment && train.count < max_segments && train.length + length <= max_bytes;
}

void Trains::flush() {
  for (std::size_t first = 0; first < trains_.size();) first += send(first);
  trains_.clear();
  used_ = 0;
}

/// -> how many trains are done with: a refused one is lost, as on any wire.
std::size_t Trains::send(std::size_t first) {
  constexpr std::size_t at_once = 64;
  struct Control {
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> bytes;
  };
  std::array<mmsghdr, at_once> messages{};
  std::array<iovec, at_once> data;
  std::array<Control, at_once> controls;
  auto const count = std::min(at_once, trains_.size() - first);
  for (std::size_t i = 0; i < count; ++i) {
    auto const& train = trains_[first + i];
    auto& message = messages[i].msg_hdr;
    data[i] = {arena_.data() + train.offset, train.length};
    message.msg_iov = &data[i];
    message.msg_iovlen = 1;
    if (train.count == 1) continue;
    message.msg_control = controls[i].bytes.data();
    message.msg_controllen = controls[i].bytes.size();
    auto* const control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    auto const segment = static_cast<std::uint16_t>(train.segment);
    std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
  }
  auto const sent = ::sendmmsg(socket_, messages.data(), static_cast<unsigned>(count), 0);
  return sent > 0 ? static_cast<std::size_t>(sent) : 1;
}

}  // namespace pim::ceiling
