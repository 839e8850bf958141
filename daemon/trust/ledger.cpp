#include "trust/ledger.hpp"

#include <algorithm>

namespace pim::trust {

AttemptNumber Ledger::begin(std::string address, std::optional<NodeId> peer, Step step, WallTime at) {
  if (entries_.size() == capacity) entries_.pop_front();
  LedgerEntry entry;
  entry.number = ++last_;
  entry.peer = peer;
  entry.address = std::move(address);
  entry.started = at;
  entry.is_inbound = step == Step::initiation_received;
  entry.step = step;
  entries_.push_back(std::move(entry));
  return last_;
}

LedgerEntry const* Ledger::reach(AttemptNumber number, Step step, std::optional<NodeId> peer) {
  auto* const entry = find(number);
  if (entry == nullptr) return nullptr;
  entry->step = step;
  if (peer) entry->peer = peer;
  return entry;
}

LedgerEntry const* Ledger::fail(AttemptNumber number, PairFailure reason, std::string detail) {
  auto* const entry = find(number);
  if (entry == nullptr) return nullptr;
  entry->reason = reason;
  entry->detail = std::move(detail);
  return entry;
}

LedgerEntry const* Ledger::fail(AttemptNumber number, Refused const& refused) {
  auto* const entry = find(number);
  if (entry == nullptr) return nullptr;
  entry->expected = refused.expected;
  if (refused.seen != NodeId{}) entry->seen = refused.seen;
  return fail(number, refused.reason, std::string{refused.detail});
}

LedgerEntry* Ledger::find(AttemptNumber number) {
  // Numbers are given in order and only the oldest leave, so the place follows from the number.
  if (entries_.empty() || number < entries_.front().number || number > last_) return nullptr;
  return &entries_[static_cast<std::size_t>(number - entries_.front().number)];
}

bool FailureLimiter::allow(std::string const& address, Time now) {
  auto const is_over = [now](auto const& item) { return now - item.second >= interval; };
  auto const known = last_.find(address);
  if (known != last_.end()) {
    if (!is_over(*known)) return false;
    known->second = now;
    return true;
  }
  if (last_.size() >= capacity) std::erase_if(last_, is_over);
  if (last_.size() >= capacity) return false;
  last_.emplace(address, now);
  return true;
}

}  // namespace pim::trust
