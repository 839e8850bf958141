#include "session/keyring.hpp"

#include <algorithm>
#include <utility>

namespace pim::session {
namespace {

/// Longer than a datagram is under way.
constexpr Duration linger = 10s;

}  // namespace

KeyChange Keyring::initiated(ReceiverIndex key, wire::BootEpoch life, Time now) {
  KeyChange change;
  // Which of two new lives is the later one an answer does not tell: it is taken to be the one that gave it.
  if (!current_ || current_->life != life)
    remove_if(unconfirmed_, change, [&](Entry const& one) { return one.life != life; });
  promote({key, life, now, now + reject_after}, now, change);
  return change;
}

KeyChange Keyring::responded(ReceiverIndex key, wire::BootEpoch life, Time now) {
  KeyChange change;
  unconfirmed_.push_back({key, life, now, now + reject_after});
  bound(unconfirmed_, max_unconfirmed, change);
  return change;
}

KeyChange Keyring::confirmed(ReceiverIndex key, Time now) {
  KeyChange change;
  auto const found =
      std::find_if(unconfirmed_.begin(), unconfirmed_.end(), [&](Entry const& one) { return one.key == key; });
  if (found == unconfirmed_.end()) return change;
  auto const entry = *found;
  unconfirmed_.erase(found);
  // It was answered by this key, and takes no other answer of that attempt, nor of one before.
  remove_if(unconfirmed_, change, [&](Entry const& one) { return one.made < entry.made; });
  promote(entry, now, change);
  return change;
}

KeyChange Keyring::expired(Time now) {
  KeyChange change;
  auto const is_over = [&](Entry const& one) { return now >= one.ends; };
  remove_if(previous_, change, is_over);
  remove_if(unconfirmed_, change, is_over);
  if (current_ && is_over(*current_)) change.removed.push_back(std::exchange(current_, std::nullopt)->key);
  return change;
}

KeyChange Keyring::clear() {
  KeyChange change;
  auto const all = [](Entry const&) { return true; };
  remove_if(previous_, change, all);
  remove_if(unconfirmed_, change, all);
  if (current_) change.removed.push_back(std::exchange(current_, std::nullopt)->key);
  return change;
}

Time Keyring::next_expiry() const {
  auto earliest = current_ ? current_->ends : never;
  for (auto const* entries : {&previous_, &unconfirmed_})
    for (auto const& one : *entries) earliest = std::min(earliest, one.ends);
  return earliest;
}

std::optional<wire::BootEpoch> Keyring::life() const {
  if (!current_) return std::nullopt;
  return current_->life;
}

void Keyring::promote(Entry const& entry, Time now, KeyChange& change) {
  for (auto& one : previous_) one.ends = std::min(one.ends, now + linger);
  if (current_) previous_.push_back(*current_);
  remove_if(previous_, change, [&](Entry const& one) { return one.life != entry.life; });
  bound(previous_, max_previous, change);
  current_ = entry;
  change.seal_with = entry.key;
}

void Keyring::bound(Entries& entries, std::size_t most, KeyChange& change) {
  if (entries.size() <= most) return;
  change.removed.push_back(entries.front().key);
  entries.erase(entries.begin());
}

template <class Condition>
void Keyring::remove_if(Entries& entries, KeyChange& change, Condition const& condition) {
  std::erase_if(entries, [&](Entry const& one) {
    bool const goes = condition(one);
    if (goes) change.removed.push_back(one.key);
    return goes;
  });
}

}  // namespace pim::session
