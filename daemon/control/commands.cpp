// What clients ask for. Every command is answered once; what needs the host is answered when it is done.
#include <algorithm>

#include "control/machine.hpp"
#include "crypto/hash.hpp"

namespace pim::control {
namespace {

/// The host gets this long for its last plan before the daemon goes without an answer.
constexpr Duration stop_patience = std::chrono::seconds{4};

}  // namespace

void Machine::reply(CommandId id, Answer answer, Turn& turn) const {
  turn.outbox.notes.emplace_back(Reply{id, std::move(answer)});
}

/// For a command that changed the state or the trust store in this turn.
void Machine::reply_when_stored(CommandId id, Answer answer, Kept kept, std::string added_entry) {
  storing_.unstored.push_back({id, std::move(answer), kept, std::move(added_entry)});
}

/// False and answered while nothing can be stored, since what was there could not be read.
bool Machine::may_store(CommandId id, Turn& turn) const {
  if (impaired_) reply(id, Refused{Refusal::not_ready, impaired_->reason}, turn);
  return !impaired_;
}

Result<NodeId, Refused> Machine::resolve(NodeName const& name) const {
  std::set<NodeId> found;
  if (!trust::is_id_prefix(name.text))
    return fail_with(Refused{Refusal::invalid_parameter, "a node is named by 8 to 32 hex digits of its id"});
  if (auto const known = trust_.find_prefix(name.text)) {
    found.insert(*known);
  } else {
    found.insert(known.error().candidates.begin(), known.error().candidates.end());
  }
  for (auto const& [id, slot] : by_id_)
    if (!slots_[slot.value]->provisional && trust::matches_prefix(name.text, id)) found.insert(id);
  for (auto const& [id, line] : listing_.shown)
    if (trust::matches_prefix(name.text, id)) found.insert(id);
  for (auto const& [entry_id, entry] : entries_)
    if (entry.config.node_id && trust::matches_prefix(name.text, *entry.config.node_id))
      found.insert(*entry.config.node_id);
  for (auto const* const named : {&settings_.gateways, &saved_.gateways_allowed})
    for (auto const& id : *named)
      if (trust::matches_prefix(name.text, id)) found.insert(id);
  mesh_.for_each_route([&](mesh::OfferedRoute const& route) {
    if (trust::matches_prefix(name.text, route.destination)) found.insert(route.destination);
  });
  if (found.empty()) return fail_with(Refused{Refusal::peer_not_found, "no peer's id begins with " + name.text});
  if (found.size() == 1) return *found.begin();
  std::string message = "more than one peer's id begins with " + name.text + ":";
  for (auto const& id : found) message += " " + to_string(id);
  return fail_with(Refused{Refusal::ambiguous_id, message, {found.begin(), found.end()}});
}

void Machine::on(CommandId id, AddPeer& command, Turn& turn) {
  auto const address = parse_host_port(command.address, settings_.listen_port);
  if (!address)
    return reply(id,
                 Refused{Refusal::invalid_address,
                         "not an address: " + command.address + "; write HOST, HOST:PORT or [IPV6]:PORT"},
                 turn);
  if (command.public_key && command.node_id && crypto::node_id_of(*command.public_key) != *command.node_id)
    return reply(id, Refused{Refusal::identity_mismatch, "this node_id does not belong to this public_key"}, turn);
  bool const exists = std::any_of(entries_.begin(), entries_.end(),
                                  [&](auto const& one) { return one.second.config.address == *address; });
  if (exists)
    return reply(id, Refused{Refusal::peer_exists, "a peer with this address is there already: " + command.address},
                 turn);
  if (!may_store(id, turn)) return;

  PeerEntry entry{"added-" + to_hex(entropy_.value<std::array<std::uint8_t, 4>>()), *address, command.label,
                  command.node_id, command.public_key};
  if (!entry.node_id && entry.public_key) entry.node_id = crypto::node_id_of(*entry.public_key);
  if (entry.node_id) trust_.list(*entry.node_id);
  saved_.added_peers.push_back(entry);
  auto const entry_id = entry.entry_id;
  auto const node_id = entry.node_id;
  add_entry(std::move(entry), turn);
  reply_when_stored(id, PeerAdded{node_id, entry_id}, in_state, entry_id);
}

void Machine::on(CommandId id, RemovePeer& command, Turn& turn) {
  auto entry_id = command.entry_id;
  if (!entry_id && command.node) {
    auto const node = resolve(*command.node);
    if (!node) return reply(id, node.error(), turn);
    if (auto const* const entry = entry_of(*node)) entry_id = entry->config.entry_id;
  }
  auto const at = entry_id ? entries_.find(*entry_id) : entries_.end();
  if (at == entries_.end())
    return reply(id, Refused{Refusal::peer_not_found, "no such entry among the static peers"}, turn);
  if (at->second.config.from_config)
    return reply(id, Refused{Refusal::invalid_parameter, "this peer stands in the configuration file; remove it there"},
                 turn);
  if (!may_store(id, turn)) return;
  std::erase_if(saved_.added_peers, [&](auto const& one) { return one.entry_id == *entry_id; });
  auto const named = at->second.config.node_id;
  remove_entry(*entry_id, turn);
  auto const names_it = [&](auto const& one) {
    auto const& other = one.second.config;
    return other.node_id == named || (other.public_key && crypto::node_id_of(*other.public_key) == named);
  };
  auto const is_named_elsewhere = std::any_of(entries_.begin(), entries_.end(), names_it);
  if (named && !is_named_elsewhere) trust_.unlist(*named);
  reply_when_stored(id, Done{}, in_state);
}

void Machine::on(CommandId id, ForgetPeer& command, Turn& turn) {
  if (!may_store(id, turn)) return;
  auto const node = resolve(command.node);
  if (!node) return reply(id, node.error(), turn);
  auto* const peer = find(*node);
  if (peer) {
    dataplane_.seal_control(peer->slot, wire::to_bytes(wire::Goodbye{wire::GoodbyeReason::forgotten}), turn.now,
                            turn.packets);
    lose(*peer, "it was forgotten", turn);
  }
  PeerView view;
  view.id = *node;
  if (peer) view = view_of(*peer);
  bool const forgot = trust_.forget(*node);
  planning_.is_due = true;  // it may have been let in for what its record said
  std::erase(saved_.gateways_allowed, *node);
  std::erase(saved_.gateways_disallowed, *node);
  if (peer) remove_peer(*peer, turn);
  end_handshake(*node);
  dial_anew(*node, turn);
  emit(PeerEventKind::forgotten, std::move(view), turn);
  give_up_line(*node, turn);  // to be told anew: for clients it is gone
  reply_when_stored(id, PeerForgotten{*node, forgot}, in_both);
}

void Machine::on(CommandId id, VerifyPeer& command, Turn& turn) {
  if (!may_store(id, turn)) return;
  auto const node = resolve(command.node);
  if (!node) return reply(id, node.error(), turn);
  if (!trust_.verify(*node))
    return reply(id, Refused{Refusal::peer_not_found, "this peer was never met, so there is nothing to verify"}, turn);
  if (auto* const peer = find(*node)) {
    dirty_peers_.insert(peer->slot.value);
    planning_.is_due = true;
    emit(PeerEventKind::trusted, view_of(*peer), turn);
  }
  reply_when_stored(id, Done{}, in_trust);
}

void Machine::on(CommandId id, AllowGateway& command, Turn& turn) {
  if (!may_store(id, turn)) return;
  auto const node = resolve(command.node);
  if (!node) return reply(id, node.error(), turn);
  if (auto const why = command.allowed ? why_not_allowed(*node) : std::nullopt)
    return reply(id, Refused{Refusal::peer_not_found, *why}, turn);
  bool const was_named = is_named_gateway(*node);
  std::erase(saved_.gateways_allowed, *node);
  std::erase(saved_.gateways_disallowed, *node);
  bool const is_recorded = trust_.allow_gateway(*node, command.allowed);
  if (!command.allowed)
    saved_.gateways_disallowed.push_back(*node);
  else if (!is_recorded)
    saved_.gateways_allowed.push_back(*node);
  // It tells what it offers in a session of its own alone.
  if (auto* const peer = command.allowed ? meet(*node, turn) : nullptr; peer && !peer->alive) call(*peer, false, turn);
  if (auto* const peer = find(*node)) {
    dirty_peers_.insert(peer->slot.value);
    dirty_policies_.insert(peer->slot.value);
    // The user knows it and need not wait: it has been better for as long as it was usable.
    if (command.allowed && !was_named) routing_.better.insert_or_assign(*node, Time{});
  }
  listing_.dirty.insert(*node);
  reply_when_stored(id, Done{}, in_both);
}

/// Consent is kept for whoever was met, is named otherwise, or can be met now.
std::optional<std::string> Machine::why_not_allowed(NodeId const& id) const {
  auto const& order = settings_.gateways;
  bool const is_entry = std::ranges::any_of(
      entries_, [&](auto const& one) { return one.second.peer == id || one.second.config.node_id == id; });
  if (trust_.find(id) || is_entry || std::ranges::find(order, id) != order.end() || may_be_met(id)) return std::nullopt;
  auto const record = mesh_.record(id);
  if (!record) return "this peer was never met, and nobody reaches it";
  return "trust does not admit this peer: " + std::string(trust_.judge_inbound(id, record->key).error().detail);
}

void Machine::on(CommandId id, SetSplitDefault& command, Turn& turn) { set_split_default(id, command.on, turn); }

void Machine::on(CommandId id, EnableGateway& command, Turn& turn) { enable_gateway(id, command.settings, turn); }

void Machine::on(CommandId id, DisableGateway&, Turn& turn) { disable_gateway(id, turn); }

void Machine::on(CommandId id, Shutdown& command, Turn& turn) {
  for (auto const& peer : slots_)
    if (peer && peer->alive)
      dataplane_.seal_control(peer->slot, wire::to_bytes(wire::Goodbye{wire::GoodbyeReason::shutting_down}), turn.now,
                              turn.packets);
  for (auto* const waiting : {&routing_.waiting, &serving_.waiting})
    reply_routing(*waiting, Refused{Refusal::not_ready, "the daemon is stopping"}, turn);
  stopping_ = Stopping{command.release, planning_.number + 1, {id}};
  planning_.is_forced = planning_.is_due = true;
  timers_ = {};
  timers_.arm({TimerKey::Kind::stop}, turn.now.boot + stop_patience);
}

void Machine::finish(Turn& turn) {
  if (!stopping_ || finished_) return;
  publish_store(turn);
  reply_routing(stopping_->waiting, Done{}, turn);
  turn.outbox.notes.emplace_back(Finished{});
  timers_ = {};
  finished_ = true;
}

}  // namespace pim::control
