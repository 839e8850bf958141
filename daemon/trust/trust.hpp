// Who may be a peer. Judging changes nothing; admit() records an identity and is called when the first
// data packet of its session has verified, never for a handshake message alone: those can be replayed.
// version() says when snapshot() has to be stored.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "trust/verdict.hpp"

namespace pim::trust {

/// The 12 bytes that an initiation carries, in order of time.
struct HandshakeTimestamp {
  std::uint64_t seconds = 0;
  std::uint32_t nanos = 0;
  auto operator<=>(HandshakeTimestamp const&) const = default;
};

struct Record {
  NodeId id;
  PublicKey key;
  Level level = Level::first_use;
  WallTime first_seen{};
  std::string label{};
  std::optional<Endpoint> last_endpoint{};
  HandshakeTimestamp last_timestamp{};  ///< newest accepted from this peer; an initiation must be later
  bool gateway_allowed = false;         ///< the user named it as a gateway
  std::optional<IpAddress> v4_alias{};  ///< the one it was met with; nobody else's until it takes another
  bool operator==(Record const&) const = default;
};

/// What answered first at an address that the user configured, "host:port" as configured.
struct Pin {
  std::string address;
  NodeId id;
  bool operator==(Pin const&) const = default;
};

/// What is stored: records from the one longest not seen to the newest, pins by address.
struct Snapshot {
  std::vector<Record> records;
  std::vector<Pin> pins;
  bool operator==(Snapshot const&) const = default;
};

/// What the user said about an entry beside its address.
struct Configured {
  std::optional<NodeId> node_id{};
  std::optional<PublicKey> public_key{};
  [[nodiscard]] bool names_identity() const { return node_id || public_key; }
};

/// A session that came to life.
struct Admission {
  NodeId id;
  PublicKey key;
  WallTime at{};
  std::optional<Endpoint> endpoint{};
  HandshakeTimestamp timestamp{};        ///< of the peer's initiation; zero where we initiated
  std::optional<std::string> address{};  ///< the configured address it answers at; none for inbound
  Configured configured{};               ///< of that address
};

struct PrefixError {
  enum class Kind : std::uint8_t { malformed, none, ambiguous };
  Kind kind;
  std::vector<NodeId> candidates{};  ///< of an ambiguous prefix: all that match
};

/// True when `text` is 8 to 32 hex digits, blanks between them allowed.
[[nodiscard]] bool is_id_prefix(std::string_view text);
/// True when `text` is such a prefix and `id` begins with it.
[[nodiscard]] bool matches_prefix(std::string_view text, NodeId const& id);

/// Strangers that policy admits may add this many records. Beyond it the one longest not seen gives
/// way; one that the user touched (verified, blocked, listed, labelled, pinned, named as a gateway)
/// never does and does not count, so admitting strangers costs no decision of the user.
inline constexpr std::size_t max_stranger_records = 4096;
inline constexpr std::size_t max_label_size = 64;

class Trust {
 public:
  Trust(Policy policy, std::vector<NodeId> const& allow_list, Snapshot stored = {});

  /// May `id`, which proves `key`, open a session with us?
  [[nodiscard]] Verdict judge_inbound(NodeId const& id, PublicKey const& key) const;
  /// May the identity that answers at a configured address be taken for the peer meant there?
  [[nodiscard]] Verdict judge_outbound(std::string const& address, NodeId const& id, PublicKey const& key,
                                       Configured const& configured) const;

  /// Creates or refreshes the record, and pins the address where policy says so. Only after a judge
  /// admitted it. Returns whether something changed that has to be stored.
  bool admit(Admission const& admission);

  /// The user named this identity, or took it back: it counts as listed in between. What stands in the
  /// allow list stays listed.
  void list(NodeId const& id);
  void unlist(NodeId const& id);
  /// Removes the record and its pins; false when there is none. Being blocked is forgotten too.
  bool forget(NodeId const& id);
  /// The user compared all digits. Does not lift a block: forget does. These and hold_alias return false when there is
  /// no such record.
  bool verify(NodeId const& id);
  bool block(NodeId const& id);
  /// UTF-8, cut to max_label_size bytes between characters.
  bool label(NodeId const& id, std::string label);
  bool allow_gateway(NodeId const& id, bool allowed);
  /// Whether some record says so.
  [[nodiscard]] bool allows_a_gateway() const;
  /// Those of which one says so; looks at all.
  [[nodiscard]] std::vector<NodeId> gateways() const;
  /// From now on the alias is this node's; none: it gave up the one it had. False for one that another holds, too.
  bool hold_alias(NodeId const& id, std::optional<IpAddress> const& alias);

  [[nodiscard]] Policy policy() const { return policy_; }
  /// Valid until the next change.
  [[nodiscard]] Record const* find(NodeId const& id) const;
  [[nodiscard]] Record const* find(PublicKey const& key) const;
  /// Who is pinned at a configured address.
  [[nodiscard]] Record const* pinned(std::string const& address) const;
  [[nodiscard]] bool is_pinned(NodeId const& id) const { return pins_of_.contains(id); }
  [[nodiscard]] std::optional<NodeId> alias_holder(IpAddress const& alias) const;
  [[nodiscard]] Result<NodeId, PrefixError> find_prefix(std::string_view text) const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] Snapshot snapshot() const;
  /// Grows with every change that has to be stored. New handshake timestamps alone are not one: they
  /// ride along, since a replayed initiation changes nothing before its first data packet.
  [[nodiscard]] std::uint64_t version() const { return version_; }

 private:
  struct Entry {
    Record record;
    std::uint64_t touched = 0;  ///< when last admitted, by turn_: its place in strangers_, if it has one
  };

  [[nodiscard]] Verdict judge(NodeId const& id, PublicKey const& key) const;
  [[nodiscard]] Level level_for(NodeId const& id, Record const* known) const;
  [[nodiscard]] bool is_listed(NodeId const& id) const { return allow_list_.contains(id) || named_.contains(id); }
  [[nodiscard]] bool is_stranger(Record const& record) const;
  [[nodiscard]] bool is_stored(Record const& record) const;
  bool pin(Admission const& admission);
  void touch(Entry& entry);
  void place(Entry& entry);
  void evict_strangers();
  void erase(NodeId const& id);
  template <class Change>
  bool change(NodeId const& id, Change apply);

  Policy policy_;
  std::unordered_set<NodeId> allow_list_, named_;
  std::unordered_map<NodeId, Entry> entries_;
  std::map<PublicKey, NodeId> by_key_;
  std::map<IpAddress, NodeId> by_alias_;
  std::map<std::uint64_t, NodeId> strangers_;  ///< longest not seen first
  std::map<std::string, NodeId, std::less<>> pins_;
  std::unordered_map<NodeId, std::set<std::string>> pins_of_;
  std::uint64_t turn_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace pim::trust
