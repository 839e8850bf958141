#include "trust/trust.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace pim::trust {
namespace {

/// The digits of an id prefix in lower case, or nothing when `text` is not one.
std::optional<std::string> prefix_digits(std::string_view text) {
  std::string digits;
  for (auto const c : text) {
    if (c == ' ') continue;
    auto const lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    auto const is_hex = (lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f');
    if (!is_hex || digits.size() == 32) return std::nullopt;
    digits.push_back(lower);
  }
  if (digits.size() < 8) return std::nullopt;
  return digits;
}

bool begins_with(NodeId const& id, std::string_view digits) { return to_string(id).starts_with(digits); }

bool is_utf8_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

Failure<Refused> refuse(PairFailure reason, std::optional<NodeId> expected, NodeId const& seen,
                        std::string_view detail) {
  return fail_with(Refused{reason, expected, seen, detail});
}

}  // namespace

bool is_id_prefix(std::string_view text) { return prefix_digits(text).has_value(); }

bool matches_prefix(std::string_view text, NodeId const& id) {
  auto const digits = prefix_digits(text);
  return digits && begins_with(id, *digits);
}

Trust::Trust(Policy policy, std::vector<NodeId> const& allow_list, Snapshot stored)
    : policy_(policy), allow_list_(allow_list.begin(), allow_list.end()) {
  for (auto const& [address, id] : stored.pins)
    if (pins_.emplace(address, id).second) pins_of_[id].insert(address);
  for (auto& record : stored.records) {
    auto const id = record.id;
    auto const [at, is_new] = entries_.try_emplace(id, Entry{std::move(record)});
    if (!is_new) continue;
    by_key_.emplace(at->second.record.key, id);
    if (auto const& alias = at->second.record.v4_alias) by_alias_.emplace(*alias, id);
    touch(at->second);
  }
  evict_strangers();
}

Verdict Trust::judge_inbound(NodeId const& id, PublicKey const& key) const { return judge(id, key); }

Verdict Trust::judge_outbound(std::string const& address, NodeId const& id, PublicKey const& key,
                              Configured const& configured) const {
  if (configured.public_key && *configured.public_key != key)
    return refuse(PairFailure::noise_handshake_rejected, crypto::node_id_of(*configured.public_key), id,
                  "the configured public_key is another");
  if (configured.node_id && *configured.node_id != id)
    return refuse(PairFailure::untrusted_peer_id, configured.node_id, id, "the configured node_id is another");
  // Naming the identity is the user's own word and newer than what was remembered from a first use.
  if (auto const at = pins_.find(address); at != pins_.end() && at->second != id && !configured.names_identity())
    return refuse(PairFailure::untrusted_peer_id, at->second, id,
                  "another identity was pinned here at the first use; forget it to accept this one");
  return judge(id, key);
}

bool Trust::admit(Admission const& admission) {
  auto const known = entries_.find(admission.id);
  auto const is_new = known == entries_.end();
  auto& entry = is_new ? entries_[admission.id] : known->second;
  auto& record = entry.record;
  auto const before = record;
  if (is_new) {
    record.id = admission.id;
    record.key = admission.key;
    record.first_seen = admission.at;
    by_key_.emplace(record.key, record.id);
  }
  record.level = level_for(admission.id, is_new ? nullptr : &before);
  if (admission.endpoint) record.last_endpoint = admission.endpoint;
  auto const is_newly_pinned = pin(admission);
  auto is_changed = is_newly_pinned || is_new || record != before;
  record.last_timestamp = std::max(record.last_timestamp, admission.timestamp);

  touch(entry);
  evict_strangers();
  if (!is_stored(record)) is_changed = false;
  if (is_changed) ++version_;
  return is_changed;
}

void Trust::list(NodeId const& id) {
  named_.insert(id);
  (void)change(id, [&](Record& record) { record.level = level_for(id, &record); });
}

void Trust::unlist(NodeId const& id) {
  named_.erase(id);
  (void)change(id, [&](Record& record) { record.level = level_for(id, &record); });
}

bool Trust::forget(NodeId const& id) {
  if (!entries_.contains(id) && !pins_of_.contains(id)) return false;
  if (auto const at = pins_of_.find(id); at != pins_of_.end()) {
    for (auto const& address : at->second) pins_.erase(address);
    pins_of_.erase(at);
  }
  erase(id);
  ++version_;
  return true;
}

bool Trust::verify(NodeId const& id) {
  auto const* const record = find(id);
  if (record == nullptr || record->level == Level::blocked) return false;
  return change(id, [](Record& changed) { changed.level = Level::verified; });
}

bool Trust::block(NodeId const& id) {
  return change(id, [](Record& record) { record.level = Level::blocked; });
}

bool Trust::label(NodeId const& id, std::string label) {
  if (label.size() > max_label_size) {
    auto end = max_label_size;
    while (end > 0 && is_utf8_continuation(label[end])) --end;
    label.resize(end);
  }
  return change(id, [&](Record& record) { record.label = std::move(label); });
}

bool Trust::allow_gateway(NodeId const& id, bool allowed) {
  return change(id, [=](Record& record) { record.gateway_allowed = allowed; });
}

bool Trust::allows_a_gateway() const {
  return std::ranges::any_of(entries_, [](auto const& one) { return one.second.record.gateway_allowed; });
}

std::vector<NodeId> Trust::gateways() const {
  std::vector<NodeId> ids;
  for (auto const& [id, one] : entries_)
    if (one.record.gateway_allowed) ids.push_back(id);
  return ids;
}

bool Trust::hold_alias(NodeId const& id, std::optional<IpAddress> const& alias) {
  if (alias && alias_holder(*alias).value_or(id) != id) return false;
  return change(id, [&](Record& record) {
    if (record.v4_alias) by_alias_.erase(*record.v4_alias);
    if (alias) by_alias_.emplace(*alias, id);
    record.v4_alias = alias;
  });
}

Record const* Trust::find(NodeId const& id) const {
  auto const at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second.record;
}

Record const* Trust::find(PublicKey const& key) const {
  auto const at = by_key_.find(key);
  return at == by_key_.end() ? nullptr : find(at->second);
}

Record const* Trust::pinned(std::string const& address) const {
  auto const at = pins_.find(address);
  return at == pins_.end() ? nullptr : find(at->second);
}

std::optional<NodeId> Trust::alias_holder(IpAddress const& alias) const {
  auto const at = by_alias_.find(alias);
  return at == by_alias_.end() ? std::nullopt : std::optional(at->second);
}

Result<NodeId, PrefixError> Trust::find_prefix(std::string_view text) const {
  auto const digits = prefix_digits(text);
  if (!digits) return fail_with(PrefixError{PrefixError::Kind::malformed});
  std::vector<NodeId> found;
  for (auto const& [id, entry] : entries_)
    if (begins_with(id, *digits)) found.push_back(id);
  if (found.empty()) return fail_with(PrefixError{PrefixError::Kind::none});
  if (found.size() == 1) return found.front();
  std::sort(found.begin(), found.end());
  return fail_with(PrefixError{PrefixError::Kind::ambiguous, std::move(found)});
}

Snapshot Trust::snapshot() const {
  std::vector<Entry const*> entries;
  for (auto const& [id, entry] : entries_)
    if (is_stored(entry.record)) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(), [](auto const* a, auto const* b) { return a->touched < b->touched; });
  Snapshot snapshot;
  for (auto const* const entry : entries) snapshot.records.push_back(entry->record);
  for (auto const& [address, id] : pins_) snapshot.pins.push_back({address, id});
  return snapshot;
}

Verdict Trust::judge(NodeId const& id, PublicKey const& key) const {
  if (crypto::node_id_of(key) != id)
    return refuse(PairFailure::untrusted_peer_id, std::nullopt, id, "this id does not belong to the key");
  auto const* const known = find(id);
  if (known != nullptr && known->level == Level::blocked)
    return refuse(PairFailure::untrusted_peer_id, std::nullopt, id, "this id is blocked");
  if (known != nullptr && known->level == Level::pending)
    return refuse(PairFailure::untrusted_peer_id, std::nullopt, id, "this id waits for approval");
  if (policy_ == Policy::allow_list && !is_listed(id))
    return refuse(PairFailure::untrusted_peer_id, std::nullopt, id, "this id is not in trust.allow_list");
  return Admitted{level_for(id, known)};
}

Level Trust::level_for(NodeId const& id, Record const* known) const {
  auto const stored = known != nullptr ? known->level : Level::open;
  if (stored == Level::blocked || stored == Level::verified || stored == Level::pending) return stored;
  if (is_listed(id)) return Level::listed;
  if (stored == Level::first_use || stored == Level::once) return stored;
  // Open to all, or listed in a list that has changed since: no better known than a stranger.
  return policy_ == Policy::allow_all ? Level::open : Level::first_use;
}

bool Trust::is_stranger(Record const& record) const {
  switch (record.level) {
    case Level::verified:
    case Level::blocked:
    case Level::listed: return false;
    case Level::pending:
    case Level::first_use:
    case Level::once:
    case Level::open: break;
  }
  return !record.gateway_allowed && record.label.empty() && !is_pinned(record.id);
}

bool Trust::is_stored(Record const& record) const { return record.level != Level::open || !is_stranger(record); }

bool Trust::pin(Admission const& admission) {
  if (!admission.address || policy_ != Policy::trust_on_first_use) return false;
  auto const [at, is_new] = pins_.emplace(*admission.address, admission.id);
  if (!is_new) {
    if (at->second == admission.id || !admission.configured.names_identity()) return false;
    auto const old = at->second;
    auto& addresses = pins_of_[old];
    addresses.erase(at->first);
    if (addresses.empty()) pins_of_.erase(old);
    at->second = admission.id;
    if (auto const loser = entries_.find(old); loser != entries_.end()) place(loser->second);
  }
  pins_of_[admission.id].insert(at->first);
  return true;
}

void Trust::touch(Entry& entry) {
  strangers_.erase(entry.touched);
  entry.touched = ++turn_;
  place(entry);
}

void Trust::place(Entry& entry) {
  if (is_stranger(entry.record))
    strangers_.insert_or_assign(entry.touched, entry.record.id);
  else
    strangers_.erase(entry.touched);
}

void Trust::evict_strangers() {
  while (strangers_.size() > max_stranger_records) {
    auto const longest_not_seen = strangers_.begin()->second;
    erase(longest_not_seen);
  }
}

void Trust::erase(NodeId const& id) {
  auto const at = entries_.find(id);
  if (at == entries_.end()) return;
  strangers_.erase(at->second.touched);
  by_key_.erase(at->second.record.key);
  if (auto const& alias = at->second.record.v4_alias) by_alias_.erase(*alias);
  entries_.erase(at);
}

template <class Change>
bool Trust::change(NodeId const& id, Change apply) {
  auto const at = entries_.find(id);
  if (at == entries_.end()) return false;
  auto const before = at->second.record;
  apply(at->second.record);
  place(at->second);
  if (at->second.record != before) ++version_;
  return true;
}

}  // namespace pim::trust
