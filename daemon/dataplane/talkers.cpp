#include "dataplane/talkers.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"

namespace pim::dataplane {

Talkers::Talkers(HashKey hash_key) : row_by_id_(hash_key) {
  rows_.reserve(capacity + 1);
  rows_.emplace_back();
  row_by_id_.reserve(capacity + 1);
  wanting_.reserve(capacity + 2);
}

std::size_t Talkers::row_of(TalkerId const& id, Time now) {
  auto const* const known = row_by_id_.find(id);
  auto const row = known != nullptr ? *known : row_for_newcomer(now);
  if (known == nullptr && row != 0) {
    rows_[row] = Talker{.id = id};
    row_by_id_.set(id, row);
  }
  rows_[row].last_active = now;
  return row;
}

std::size_t Talkers::row_for_newcomer(Time now) {
  if (rows_.size() <= capacity) {
    rows_.emplace_back();
    return rows_.size() - 1;
  }
  auto const oldest = std::min_element(rows_.begin() + 1, rows_.end(),
                                       [](auto const& a, auto const& b) { return a.last_active < b.last_active; });
  if (oldest->last_active >= now) return 0;
  fold(*oldest);
  return static_cast<std::size_t>(oldest - rows_.begin());
}

void Talkers::fold(Talker const& leaving) {
  auto& others = rows_[0];
  others.packets += leaving.packets;
  others.bytes += leaving.bytes;
  others.dropped += leaving.dropped;
  others.last_active = std::max(others.last_active, leaving.last_active);
  row_by_id_.erase(leaving.id);
}

void Talkers::want(std::size_t row, std::size_t bytes) {
  if (shares_[row].wanted == 0 && bytes > 0) wanting_.push_back(row);
  shares_[row].wanted += bytes;
}

void Talkers::divide(std::size_t budget, std::size_t least) {
  limit_ = std::numeric_limits<std::size_t>::max();
  std::size_t total = 0;
  for (auto const row : wanting_) total += shares_[row].wanted;
  if (total <= budget) return;
  // From the most modest up: who wants less than an equal part leaves the rest of it to those after him.
  std::ranges::sort(wanting_, {}, [this](auto row) { return shares_[row].wanted; });
  auto left = wanting_.size();
  for (auto const row : wanting_) {
    limit_ = std::max(budget / left--, least);
    if (shares_[row].wanted > limit_) return;
    budget -= std::min(budget, shares_[row].wanted);
  }
}

bool Talkers::take(std::size_t row, std::size_t bytes) {
  auto& share = shares_[row];
  // Of an earlier batch more may be used than all may have now that others want something too.
  if (share.used >= limit_ || bytes > limit_ - share.used) {
    count_dropped(row);
    return false;
  }
  share.used += bytes;
  return true;
}

void Talkers::end_sharing() {
  for (auto const row : wanting_) shares_[row] = {};
  wanting_.clear();
}

void Talkers::count_sent(std::size_t row, std::size_t bytes) {
  rows_[row].packets += 1;
  rows_[row].bytes += bytes;
}

}  // namespace pim::dataplane
