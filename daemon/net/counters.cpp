#include "net/counters.hpp"

#include <sys/mman.h>

#include <atomic>
#include <bit>

#include "base/assert.hpp"

namespace pim::net {
namespace {

void store(std::uint64_t& cell, std::uint64_t value) { std::atomic_ref(cell).store(value, std::memory_order_relaxed); }
std::uint64_t load(std::uint64_t& cell) { return std::atomic_ref(cell).load(std::memory_order_relaxed); }

template <std::size_t n>
using Words = std::array<std::uint64_t, n>;

}  // namespace

Counters::Counters() {
  // Anonymous memory is zero and takes room only where it is written.
  auto* const memory =
      ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  PIM_ASSERT(memory != MAP_FAILED);
  memory_ = static_cast<Memory*>(memory);
}

/// A reader that sees one of these words also sees the version under which it was written, by release and acquire.
void Counters::set_relayed(Relayed const& value) {
  auto const words = std::bit_cast<Words<relayed_words>>(value);
  std::atomic_ref version(memory_->relayed_version);
  auto const before = version.load(std::memory_order_relaxed);
  version.store(before + 1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < relayed_words; ++i)
    std::atomic_ref(memory_->relayed[i]).store(words[i], std::memory_order_release);
  version.store(before + 2, std::memory_order_release);
}

std::optional<Relayed> Counters::relayed() const {
  std::atomic_ref version(memory_->relayed_version);
  auto const before = version.load(std::memory_order_acquire);
  Words<relayed_words> words{};
  for (std::size_t i = 0; i < relayed_words; ++i)
    words[i] = std::atomic_ref(memory_->relayed[i]).load(std::memory_order_acquire);
  if (before % 2 != 0 || version.load(std::memory_order_relaxed) != before) return std::nullopt;
  return std::bit_cast<Relayed>(words);
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
