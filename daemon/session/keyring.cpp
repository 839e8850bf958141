#include "session/keyring.hpp"

#include <algorithm>

#include "session/timing.hpp"

namespace pim::session {

KeyChange Keyring::initiated(ReceiverIndex key, Time now) {
  KeyChange change;
  promote({key, now}, change);
  return change;
}

KeyChange Keyring::responded(ReceiverIndex key, Time now) {
  KeyChange change;
  drop(next_, change);
  next_ = Entry{key, now};
  return change;
}

KeyChange Keyring::confirmed(ReceiverIndex key, Time) {
  KeyChange change;
  if (!next_ || next_->key != key) return change;
  auto const entry = *next_;
  next_.reset();
  promote(entry, change);
  return change;
}

KeyChange Keyring::expired(Time now) {
  KeyChange change;
  for (auto* entry : {&previous_, &current_, &next_})
    if (*entry && now >= (*entry)->made + reject_after) drop(*entry, change);
  return change;
}

KeyChange Keyring::clear() {
  KeyChange change;
  for (auto* entry : {&previous_, &current_, &next_}) drop(*entry, change);
  return change;
}

Time Keyring::next_expiry() const {
  auto earliest = never;
  for (auto const* entry : {&previous_, &current_, &next_})
    if (*entry) earliest = std::min(earliest, (*entry)->made + reject_after);
  return earliest;
}

std::optional<Time> Keyring::established_at() const {
  if (!current_) return std::nullopt;
  return current_->made;
}

void Keyring::drop(std::optional<Entry>& entry, KeyChange& change) {
  if (!entry) return;
  change.removed.push_back(entry->key);
  entry.reset();
}

void Keyring::promote(Entry entry, KeyChange& change) {
  drop(previous_, change);
  previous_ = current_;
  current_ = entry;
  change.seal_with = entry.key;
}

}  // namespace pim::session
