#include "control/control.hpp"

#include "control/machine.hpp"

namespace pim::control {

Control::Control(Settings settings, crypto::KeyPair identity, SavedState saved, trust::Snapshot trusted,
                 dataplane::Dataplane& dataplane, Entropy& entropy, std::optional<Impairment> impaired)
    : machine_(std::make_unique<Machine>(std::move(settings), std::move(identity), std::move(saved), std::move(trusted),
                                         dataplane, entropy, std::move(impaired))) {}

Control::~Control() = default;

void Control::on_start(Turn& turn) { machine_->on_start(turn); }
void Control::on_frames(std::span<dataplane::ToControl const> frames, Turn& turn) { machine_->on_frames(frames, turn); }
void Control::on_beacons(std::span<discovery::Received const> beacons, Turn& turn) {
  machine_->on_beacons(beacons, turn);
}
void Control::on_deadline(Turn& turn) { machine_->on_deadline(turn); }
void Control::on_command(CommandId id, Command command, Turn& turn) {
  machine_->on_command(id, std::move(command), turn);
}
void Control::on_host(HostNote note, Turn& turn) { machine_->on_host(std::move(note), turn); }
Time Control::next_deadline() const { return machine_->next_deadline(); }
RefusedClaims const& Control::refused_claims() const { return machine_->refused_claims(); }
mesh::Routing const& Control::routes() const { return machine_->routes(); }
Peer const* Control::peer(NodeId const& id) const { return machine_->peer(id); }
wire::BootEpoch Control::life() const { return machine_->life(); }
Sizes Control::sizes() const { return machine_->sizes(); }

}  // namespace pim::control
