#include "dataplane/session_table.hpp"

#include <utility>

namespace pim::dataplane {

SessionTable::SessionTable() : entries_(16), mask_(15) {}

Session& SessionTable::insert(std::unique_ptr<Session> session) {
  if (2 * (count_ + 1) > entries_.size()) grow();
  auto at = place_of(session->local);
  for (; entries_[at].session != nullptr; at = (at + 1) & mask_) PIM_ASSERT(entries_[at].local != session->local);
  ++count_;
  entries_[at] = {session->local, std::move(session)};
  return *entries_[at].session;
}

void SessionTable::erase(ReceiverIndex local) {
  auto hole = place_of(local);
  for (; entries_[hole].local != local || entries_[hole].session == nullptr; hole = (hole + 1) & mask_)
    if (entries_[hole].session == nullptr) return;
  entries_[hole].session.reset();
  --count_;
  // Whatever was pushed past the hole moves back into it, so that no search ends there too early.
  for (auto at = (hole + 1) & mask_; entries_[at].session != nullptr; at = (at + 1) & mask_) {
    auto const distance = (at - place_of(entries_[at].local)) & mask_;
    if (distance < ((at - hole) & mask_)) continue;
    entries_[hole] = std::move(entries_[at]);
    entries_[at].session.reset();
    hole = at;
  }
}

void SessionTable::grow() {
  auto old = std::exchange(entries_, std::vector<Entry>(entries_.size() * 2));
  mask_ = entries_.size() - 1;
  for (auto& entry : old) {
    if (entry.session == nullptr) continue;
    auto at = place_of(entry.local);
    while (entries_[at].session != nullptr) at = (at + 1) & mask_;
    entries_[at] = std::move(entry);
  }
}

/// First in, first out: one that is still in use is made ready again, which thousands of idle ones that rotate
/// through cannot make noticeable.
void SessionTable::make_ready(Session& session) {
  if (ready_.size() == max_ready) {
    if (auto* const oldest = find(ready_.front())) oldest->ciphers.reset();
    ready_.pop_front();
  }
  session.ciphers = std::make_unique<Ciphers>(Ciphers{crypto::Sealer(session.send), crypto::Opener(session.receive)});
  ready_.push_back(session.local);
}

}  // namespace pim::dataplane
