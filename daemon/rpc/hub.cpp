#include "rpc/hub.hpp"

#include "protocol/envelope.hpp"
#include "rpc/session.hpp"

namespace pim::rpc {

using protocol::topic::GatewayTopic;
using protocol::topic::LogsTopic;
using protocol::topic::PeersTopic;
using protocol::topic::StatusTopic;

Hub::Hub(Backend& backend, Identity identity, Post post)
    : backend_(backend), identity_(std::move(identity)), post_(std::move(post)) {}

void Hub::apply(std::vector<Delta> const& deltas) {
  for (auto const& delta : deltas) model_.apply(delta);
  for (auto const& delta : deltas) publish_of(delta);
  wake_all();
}

void Hub::on_second(protocol::Timestamp wall, std::chrono::milliseconds elapsed) {
  auto const& model = fresh_model();
  if (!is_followed(index_of<StatusTopic>))
    sampler_.reset();
  else if (model.is_ready())
    publish<StatusTopic>({protocol::StatusEventKind::sample, wall, sampler_.next(model, elapsed)});
  publish_gateway(wall);
  wake_all();
}

void Hub::publish_gateway(protocol::Timestamp wall) {
  using enum protocol::GatewayEventKind;
  auto const& gateway = model_.gateway();
  if (!gateway.active || !is_followed(index_of<GatewayTopic>)) return pressure_.reset();
  if (gateway.throughput) publish<GatewayTopic>({throughput_sample, wall, *gateway.throughput});
  if (!gateway.conntrack) return;
  if (auto const news = pressure_.next(*gateway.conntrack)) publish<GatewayTopic>({conntrack_pressure, wall, *news});
}

bool Hub::wants_seconds() const {
  return is_followed(index_of<StatusTopic>) || (is_followed(index_of<GatewayTopic>) && model_.gateway().active);
}

Model const& Hub::fresh_model() {
  backend_.refresh_counters(model_);
  return model_;
}

template <class Topic>
void Hub::publish(typename Topic::Event const& event) {
  constexpr auto topic = index_of<Topic>;
  ++published_[topic.value];
  SharedEvent shared{nullptr, Topic::coalesces(event)};
  for (auto* session : sessions_) {
    if (!session->follows(topic)) continue;
    if constexpr (std::is_same_v<Topic, LogsTopic>)
      if (!session->wants(event)) continue;
    if (!shared.opening)
      shared.opening =
          std::make_shared<std::string const>(protocol::make_event_opening(Topic::event_method, to_json(event)));
    session->outbox().push_event(topic, shared);
  }
}

void Hub::publish_of(Delta const& delta) {
  boost::mp11::mp_for_each<protocol::Topics>([&]<class Topic>(Topic) {
    if (auto const* event = std::get_if<typename Topic::Event>(&delta)) publish<Topic>(*event);
  });
}

void Hub::wake_all() {
  for (auto* session : sessions_) session->wake();
}

bool Hub::is_followed(TopicIndex topic) const {
  for (auto const* session : sessions_)
    if (session->follows(topic)) return true;
  return false;
}

}  // namespace pim::rpc
