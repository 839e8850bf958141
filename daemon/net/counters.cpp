#include "net/counters.hpp"

#include <sys/mman.h>

#include <atomic>

#include "base/assert.hpp"

namespace pim::net {
namespace {

void store(std::uint64_t& cell, std::uint64_t value) { std::atomic_ref(cell).store(value, std::memory_order_relaxed); }
std::uint64_t load(std::uint64_t& cell) { return std::atomic_ref(cell).load(std::memory_order_relaxed); }

}  // namespace

Counters::Counters() {
  // Anonymous memory is zero and takes room only where it is written.
  auto* const memory =
      ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  PIM_ASSERT(memory != MAP_FAILED);
  memory_ = static_cast<Memory*>(memory);
}

Counters::~Counters() { ::munmap(memory_, sizeof(Memory)); }

void Counters::set_peer(PeerSlot slot, PeerCounters const& value) {
  if (slot.value >= capacity) return;
  auto& cell = memory_->peers[slot.value].values;
  store(cell[0], value.rx_bytes);
  store(cell[1], value.tx_bytes);
  store(cell[2], value.rx_packets);
  store(cell[3], value.tx_packets);
  store(cell[4], static_cast<std::uint64_t>(value.last_received.time_since_epoch().count()));
}

void Counters::set_drops(DropCounters const& value) {
  for (std::size_t i = 0; i < drop_count; ++i) store(memory_->drops[i], value[i]);
}

void Counters::set_refused_claims(RefusedClaims const& value) {
  for (std::size_t i = 0; i < refused_claim_count; ++i) store(memory_->refused_claims[i], value[i]);
}

PeerCounters Counters::peer(PeerSlot slot) const {
  if (slot.value >= capacity) return {};
  auto& cell = memory_->peers[slot.value].values;
  return {load(cell[0]), load(cell[1]), load(cell[2]), load(cell[3]),
          Time{Duration{static_cast<Duration::rep>(load(cell[4]))}}};
}

DropCounters Counters::drops() const {
  DropCounters value{};
  for (std::size_t i = 0; i < drop_count; ++i) value[i] = load(memory_->drops[i]);
  return value;
}

RefusedClaims Counters::refused_claims() const {
  RefusedClaims value{};
  for (std::size_t i = 0; i < refused_claim_count; ++i) value[i] = load(memory_->refused_claims[i]);
  return value;
}

}  // namespace pim::net
