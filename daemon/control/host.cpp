// What the host thread reports.
#include <algorithm>

#include "control/machine.hpp"

namespace pim::control {
namespace {

constexpr Duration store_again = std::chrono::seconds{30};

}  // namespace

void Machine::on(PlanApplied& note, Turn& turn) {
  if (!note.error.empty()) log(turn, LogLevel::error, "the host could not be set up: " + note.error);
  if (stopping_) {
    if (note.number >= stopping_->plan_number) finish(turn);
    return;
  }
  on_routing_applied(note, turn);
  on_serving_applied(note, turn);
}

void Machine::on(TunnelReady&, Turn& turn) {
  tunnel_up_ = true;
  tunnel_reason_.clear();
  show_node(turn);
  turn.outbox.notes.emplace_back(StatusEvent{StatusEventKind::interface_up, std::nullopt});
}

void Machine::on(TunnelUnavailable& note, Turn& turn) {
  bool const was_up = tunnel_up_;
  tunnel_up_ = false;
  tunnel_reason_ = std::move(note.reason);
  log(turn, LogLevel::warn, "no tunnel: " + tunnel_reason_);
  show_node(turn);
  if (was_up) turn.outbox.notes.emplace_back(StatusEvent{StatusEventKind::interface_down, std::nullopt});
}

void Machine::on(NameResolved& note, Turn& turn) { on_name(note, turn); }

void Machine::on(LinksChanged& note, Turn& turn) {
  links_ = std::move(note.links);
  resolvers_ = std::move(note.resolvers);
  planning_.is_due = true;
  follow_links(turn);
  // Another network may reach what the last one did not.
  for (auto const& peer : slots_) {
    if (!peer || peer->provisional) continue;
    peer->link.reset(turn.now.boot);
    arm(*peer);
  }
  hasten_entries(turn.now.boot + std::chrono::seconds{1});
}

void Machine::on(GatewayLoad& note, Turn&) {
  if (serving_.wanted) serving_.load = std::min<std::uint8_t>(note.percent, 100);
}

void Machine::on(Stored& note, Turn& turn) {
  if (!note.error.empty())
    log(turn, LogLevel::error,
        "could not store: " + note.error + "; what changed is lost at the next start unless this is mended");
  auto const store = static_cast<std::size_t>(note.store);
  storing_.is_unwritten[store] = !note.error.empty();
  if (!note.error.empty()) storing_.again_at = turn.now.boot + store_again;
  for (auto& one : storing_.unstored) {
    if (one.awaited[store] == 0 || one.awaited[store] > note.number) continue;
    one.awaited[store] = 0;
    if (note.error.empty()) continue;
    if (!one.added_entry.empty()) {
      std::erase_if(saved_.added_peers, [&](auto const& peer) { return peer.entry_id == one.added_entry; });
      remove_entry(one.added_entry, turn);
    }
    auto const what = one.added_entry.empty()
                          ? "it is done, but the next start may not know it, for it could not be stored: "
                          : "it could not be stored: ";
    one.answer = Refused{Refusal::internal, what + note.error};
    one.awaited = {};
  }
  auto const is_settled = [](Unstored const& one) { return !one.is_new && one.awaited == SaveNumbers{}; };
  for (auto& one : storing_.unstored)
    if (is_settled(one)) reply(one.id, std::move(one.answer), turn);
  std::erase_if(storing_.unstored, is_settled);
}

}  // namespace pim::control
