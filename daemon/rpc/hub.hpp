// Joins the model, the backend and all conversations: deltas go in, events reach every session that
// subscribed. No I/O; everything happens on the RPC thread.
#pragma once

#include <boost/mp11/algorithm.hpp>

#include <chrono>
#include <set>

#include "rpc/backend.hpp"
#include "rpc/model.hpp"
#include "rpc/outbox.hpp"
#include "rpc/pressure.hpp"
#include "rpc/sampler.hpp"

namespace pim::rpc {

class Session;

template <class Topic>
inline constexpr TopicIndex index_of{boost::mp11::mp_find<protocol::Topics, Topic>::value};

/// What hello says about this daemon.
struct Identity {
  std::string daemon;
  std::vector<std::string> features;
};

class Hub {
 public:
  /// Runs a function on the RPC thread later; may be called from any thread.
  using Post = std::function<void(std::function<void()>)>;

  Hub(Backend& backend, Identity identity, Post post);

  /// One batch is applied whole before any subscriber is told or can ask.
  void apply(std::vector<Delta> const& deltas);

  /// Once a second while wants_seconds(): samples for those who follow.
  void on_second(protocol::Timestamp wall, std::chrono::milliseconds elapsed);
  [[nodiscard]] bool wants_seconds() const;

  [[nodiscard]] Identity const& identity() const { return identity_; }
  [[nodiscard]] Backend& backend() { return backend_; }
  [[nodiscard]] Post const& post() const { return post_; }
  /// The model with counters of this moment.
  [[nodiscard]] Model const& fresh_model();
  [[nodiscard]] Model const& model() const { return model_; }
  /// Events of this topic so far; a subscription that begins now starts from here.
  [[nodiscard]] std::uint64_t published(TopicIndex topic) const { return published_[topic.value]; }

  /// Sessions enter and leave by themselves.
  void enter(Session& session) { sessions_.insert(&session); }
  void leave(Session& session) { sessions_.erase(&session); }

 private:
  template <class Topic>
  void publish(typename Topic::Event const& event);
  /// The samples of a gateway, and that its connections grow scarce.
  void publish_gateway(protocol::Timestamp wall);
  void publish_of(Delta const& delta);
  void wake_all();
  [[nodiscard]] bool is_followed(TopicIndex topic) const;

  Backend& backend_;
  Identity identity_;
  Post post_;
  Model model_;
  Sampler sampler_;
  PressureGauge pressure_;
  std::set<Session*> sessions_;
  std::array<std::uint64_t, topic_count> published_{};
};

}  // namespace pim::rpc
