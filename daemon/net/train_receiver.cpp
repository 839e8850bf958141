#include "net/train_receiver.hpp"

#include <netinet/udp.h>

#include <cerrno>

namespace pim::net {
namespace {

/// The size of the datagrams in a merged train, 0 when it is a lone one.
std::size_t gro_segment(msghdr& header) {
  for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_UDP || part->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(part), sizeof size);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  return 0;
}

}  // namespace

TrainReceiver::TrainReceiver(UdpCalls& calls, int fd)
    : calls_(calls),
      fd_(fd),
      // Not zeroed: pages that never held a datagram take no memory.
      memory_(std::make_unique_for_overwrite<std::uint8_t[]>(slots * slot_size)),
      slots_(std::make_unique<std::array<Slot, slots>>()) {
  for (std::size_t i = 0; i < slots; ++i) {
    auto& slot = (*slots_)[i];
    slot.data = {memory_.get() + i * slot_size, slot_size};
    auto& header = messages_[i].msg_hdr;
    header.msg_name = &slot.from;
    header.msg_iov = &slot.data;
    header.msg_iovlen = 1;
    header.msg_control = slot.control.data();
  }
}

void TrainReceiver::prepare() {
  for (auto& message : messages_) {
    message.msg_hdr.msg_namelen = sizeof(SocketAddress);
    message.msg_hdr.msg_controllen = sizeof(Slot::control);
    message.msg_hdr.msg_flags = 0;
  }
}

std::span<dataplane::Train> TrainReceiver::receive(DropCounters& drops) {
  prepare();
  int count = -EINTR;
  // Each read of a socket error takes one away; what persists waits for the next turn.
  for (int attempt = 0; attempt < 8 && count < 0 && count != -EAGAIN; ++attempt) count = calls_.receive(fd_, messages_);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count < 0 ? 0 : count); ++i) {
    auto& message = messages_[i];
    auto const from = to_endpoint((*slots_)[i].from);
    std::size_t const length = message.msg_len;
    if (!from || length == 0 || (message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      pim::count(drops, Drop::malformed_datagram);
      continue;
    }
    auto const segment = gro_segment(message.msg_hdr);
    MutBytes const data{memory_.get() + i * slot_size, length};
    trains_[kept++] = {*from, data, segment == 0 || segment > length ? length : segment};
  }
  return std::span{trains_}.first(kept);
}

}  // namespace pim::net
