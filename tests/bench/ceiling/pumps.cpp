#include "pumps.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "cutter.hpp"
#include "gatherer.hpp"
#include "record.hpp"

namespace pim::ceiling {
namespace {

constexpr std::size_t slots = 8, slot_size = 65'536;  // UDP_GRO merges up to 64 KiB
constexpr int reads_in_a_turn = 64;

struct Slot {
  iovec data;
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int))> control;
};

void prepare(std::array<mmsghdr, slots>& messages, std::array<Slot, slots>& into, Buffer& memory) {
  for (std::size_t i = 0; i < slots; ++i) {
    into[i].data = {memory.data() + i * slot_size, slot_size};
    messages[i] = {};
    messages[i].msg_hdr.msg_iov = &into[i].data;
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_control = into[i].control.data();
    messages[i].msg_hdr.msg_controllen = into[i].control.size();
  }
}

/// The size of the datagrams that the kernel merged; that of the one when it merged none.
std::size_t segment_of(msghdr& message, std::size_t length) {
  for (auto* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO) continue;
    int segment = 0;
    std::memcpy(&segment, CMSG_DATA(control), sizeof segment);
    if (segment > 0) return static_cast<std::size_t>(segment);
  }
  return length;
}

void open_train(MutBytes train, std::size_t segment, Cipher& cipher, Gatherer& gatherer) {
  for (; !train.empty(); train = train.subspan(std::min(segment, train.size()))) {
    auto const record = train.first(std::min(segment, train.size()));
    if (record.size() > overhead && cipher.apply(record))
      gatherer.add(record.subspan(header_size, record.size() - overhead));
  }
}

}  // namespace

void pump_up(int tun, int socket, Options const& options) {
  Trains trains{socket, options.is_sealed};
  Cutter cutter{trains, options.inner_checksums};
  Buffer frame(sizeof(packet::VnetHeader) + 65'536);
  pollfd readable{tun, POLLIN, 0};
  while (::poll(&readable, 1, -1) >= 0) {
    for (int i = 0; i < reads_in_a_turn; ++i) {
      auto const size = ::read(tun, frame.data(), frame.size());
      if (size <= 0) break;
      cutter.take({frame.data(), static_cast<std::size_t>(size)});
    }
    trains.flush();
  }
}

void pump_down(int socket, int tun, Options const& options) {
  Cipher cipher{Direction::open, options.is_sealed};
  Gatherer gatherer{tun, options.inner_checksums};
  Buffer memory(slots * slot_size);
  std::array<mmsghdr, slots> messages;
  std::array<Slot, slots> into;
  for (;;) {
    prepare(messages, into, memory);
    auto const received = ::recvmmsg(socket, messages.data(), slots, MSG_WAITFORONE, nullptr);
    for (int i = 0; i < received; ++i) {  // an error that ICMP left on the socket says nothing about what else comes
      auto& [message, length] = messages[static_cast<std::size_t>(i)];
      open_train({memory.data() + static_cast<std::size_t>(i) * slot_size, length}, segment_of(message, length), cipher,
                 gatherer);
    }
    gatherer.flush();
  }
}

}  // namespace pim::ceiling
