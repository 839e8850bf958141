#include "rpc/outbox.hpp"

#include <boost/mp11/algorithm.hpp>

#include <algorithm>

#include "protocol/envelope.hpp"

namespace pim::rpc {
namespace {

std::string_view event_method(TopicIndex topic) {
  return boost::mp11::mp_with_index<topic_count>(
      topic.value, [](auto place) { return boost::mp11::mp_at<protocol::Topics, decltype(place)>::event_method; });
}

std::string lagged_opening(TopicIndex topic, std::uint64_t dropped, std::string const& snapshot) {
  auto const event = R"({"kind":"lagged","dropped":)" + std::to_string(dropped) + R"(,"snapshot":)" + snapshot + "}";
  return protocol::make_event_opening(event_method(topic), event);
}

}  // namespace

void Outbox::push_answer(std::string line) {
  answer_bytes_ += line.size();
  items_.push_back({Item::Kind::answer, {}, std::move(line), {}});
}

void Outbox::end(TopicIndex topic) {
  remove_events(topic, false);
  std::erase_if(items_, [&](Item const& item) { return item.kind == Item::Kind::lagged && item.topic == topic; });
  streams_[topic.value] = {};
}

void Outbox::push_event(TopicIndex topic, SharedEvent event) {
  auto& stream = streams_[topic.value];
  if (stream.is_lagging) {
    ++stream.dropped;
    return;
  }
  if (event.coalesces) remove_events(topic, true);
  ++waiting_.events;
  waiting_.bytes += event.opening->size();
  items_.push_back({Item::Kind::event, topic, {}, std::move(event)});
  while (is_over() && waiting_.events > 0) fall_behind(heaviest());
}

std::string Outbox::take(std::size_t size, SnapshotOf const& snapshot_of) {
  std::string out;
  while (!items_.empty() && out.size() < size) {
    auto const item = std::move(items_.front());
    items_.pop_front();
    write(item, snapshot_of, out);
  }
  return out;
}

bool Outbox::is_over() const { return waiting_events() > limits_.events || waiting_bytes() > limits_.bytes; }

std::size_t Outbox::remove_events(TopicIndex topic, bool only_coalescing) {
  return std::erase_if(items_, [&](Item const& item) {
    bool const goes =
        item.kind == Item::Kind::event && item.topic == topic && (!only_coalescing || item.event.coalesces);
    if (goes) {
      --waiting_.events;
      waiting_.bytes -= item.event.opening->size();
    }
    return goes;
  });
}

void Outbox::fall_behind(TopicIndex topic) {
  auto& stream = streams_[topic.value];
  stream.dropped += remove_events(topic, false);
  stream.is_lagging = true;
  items_.push_back({Item::Kind::lagged, topic, {}, {}});
}

// The talkative topic pays, so that a flood of log lines does not cost a client its kill-switch event.
TopicIndex Outbox::heaviest() const {
  std::array<std::size_t, topic_count> weight{};
  for (auto const& item : items_)
    if (item.kind == Item::Kind::event) weight[item.topic.value] += 1024 + item.event.opening->size();
  return {static_cast<std::size_t>(std::ranges::max_element(weight) - weight.begin())};
}

void Outbox::write(Item const& item, SnapshotOf const& snapshot_of, std::string& out) {
  auto& stream = streams_[item.topic.value];
  switch (item.kind) {
    case Item::Kind::answer:
      answer_bytes_ -= item.answer.size();
      out += item.answer;
      break;
    case Item::Kind::event:
      --waiting_.events;
      waiting_.bytes -= item.event.opening->size();
      ++in_flight_.events;
      in_flight_.bytes += item.event.opening->size();
      out += *item.event.opening;
      out += std::to_string(++stream.seq) + "}}";
      break;
    case Item::Kind::lagged:
      out += lagged_opening(item.topic, stream.dropped, snapshot_of(item.topic));
      out += std::to_string(++stream.seq) + "}}";
      stream.dropped = 0;
      stream.is_lagging = false;
      break;
  }
  out += '\n';
}

}  // namespace pim::rpc
