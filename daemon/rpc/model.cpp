#include "rpc/model.hpp"

namespace pim::rpc {
namespace {

std::string key_of(std::string const& node_id, std::string const& config_entry_id) {
  return node_id.empty() ? std::string{Model::key_without_id} + config_entry_id : node_id;
}

std::size_t size_of(protocol::LogEvent const& line) {
  std::size_t size = sizeof line + line.source.size() + line.message.size();
  if (line.fields)
    for (auto const& [name, value] : *line.fields) size += name.size() + value.size();
  return size;
}

}  // namespace

void Model::apply(Delta const& delta) {
  std::visit([this](auto const& change) { on(change); }, delta);
}

protocol::Status Model::full_status() const {
  auto status = status_;
  status.peers = peers();
  return status;
}

std::vector<protocol::PeerSummary> Model::peers() const {
  std::vector<protocol::PeerSummary> list;
  list.reserve(peers_.size());
  for (auto const& [key, peer] : peers_) list.push_back(peer);
  return list;
}

protocol::PeerSummary* Model::find_peer(std::string const& node_id) {
  auto const found = peers_.find(node_id);
  return found != peers_.end() ? &found->second : nullptr;
}

void Model::on(protocol::Status const& status) {
  status_ = status;
  status_.peers.clear();
  is_ready_ = true;
}

void Model::on(protocol::PeerSummary const& peer) {
  // An address that has answered is now known by its id.
  if (!peer.node_id.empty() && peer.config_entry_id) peers_.erase(key_of("", *peer.config_entry_id));
  peers_.insert_or_assign(key_of(peer.node_id, peer.config_entry_id.value_or("")), peer);
}

void Model::on(PeerRemoved const& removed) { peers_.erase(key_of(removed.node_id, removed.config_entry_id)); }

void Model::on(protocol::HandshakeRecord const& record) {
  handshakes_.push_front(record);
  if (handshakes_.size() > max_handshakes) handshakes_.pop_back();
}

void Model::on(protocol::LogEvent const& line) {
  log_.push_back(line);
  log_bytes_ += size_of(line);
  while (log_.size() > max_log_lines || log_bytes_ > max_log_bytes) {
    log_bytes_ -= size_of(log_.front());
    log_.pop_front();
  }
}

}  // namespace pim::rpc
