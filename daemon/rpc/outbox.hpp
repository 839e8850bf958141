// What waits to be written to one client, in order: answers and events. Bounded: a client that does not
// read loses a topic's events, is told so and gets a fresh snapshot when it reads again.
#pragma once

#include <boost/mp11/list.hpp>

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "protocol/contract.hpp"

namespace pim::rpc {

/// A topic by its place in protocol::Topics.
struct TopicIndex {
  std::size_t value = 0;
  auto operator<=>(TopicIndex const&) const = default;
};

inline constexpr std::size_t topic_count = boost::mp11::mp_size<protocol::Topics>::value;

/// One event, encoded once for all clients; `seq` and the closing braces are each client's own.
struct SharedEvent {
  std::shared_ptr<std::string const> opening;
  bool coalesces = false;  ///< only the newest of its kind matters
};

class Outbox {
 public:
  struct Limits {
    std::size_t events = 256;
    std::size_t bytes = std::size_t{256} << 10;
  };
  /// The snapshot of a topic as JSON, asked for at the moment it is written.
  using SnapshotOf = std::function<std::string(TopicIndex)>;

  explicit Outbox(Limits limits) : limits_(limits) {}

  /// A line without its newline.
  void push_answer(std::string line);
  /// Events of this topic count from `seq` + 1.
  void begin(TopicIndex topic, std::uint64_t seq) { streams_[topic.value] = {seq, 0, false}; }
  /// Nothing of this topic is written any more.
  void end(TopicIndex topic);
  void push_event(TopicIndex topic, SharedEvent event);

  [[nodiscard]] bool is_empty() const { return items_.empty(); }
  /// Answers that wait, in bytes: the reason to stop reading requests.
  [[nodiscard]] std::size_t answer_bytes() const { return answer_bytes_; }
  [[nodiscard]] std::size_t waiting_events() const { return waiting_.events + in_flight_.events; }
  [[nodiscard]] std::size_t waiting_bytes() const { return waiting_.bytes + in_flight_.bytes; }

  /// The next lines, about `size` bytes of them; they count as waiting until on_written().
  [[nodiscard]] std::string take(std::size_t size, SnapshotOf const& snapshot_of);
  void on_written() { in_flight_ = {}; }

 private:
  struct Item {
    enum class Kind : std::uint8_t { answer, event, lagged } kind = Kind::answer;
    TopicIndex topic{};
    std::string answer{};
    SharedEvent event{};
  };
  struct Stream {
    std::uint64_t seq = 0;
    std::uint64_t dropped = 0;
    bool is_lagging = false;  ///< its marker stands in the queue; events until then are only counted
  };
  struct Load {
    std::size_t events = 0;
    std::size_t bytes = 0;
  };

  [[nodiscard]] bool is_over() const;
  std::size_t remove_events(TopicIndex topic, bool only_coalescing);
  void fall_behind(TopicIndex topic);
  [[nodiscard]] TopicIndex heaviest() const;
  void write(Item const& item, SnapshotOf const& snapshot_of, std::string& out);

  Limits limits_;
  std::deque<Item> items_;
  std::array<Stream, topic_count> streams_{};
  Load waiting_;
  Load in_flight_;
  std::size_t answer_bytes_ = 0;
};

}  // namespace pim::rpc
