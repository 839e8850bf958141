// Which keys of one peer are in force. Keys are made by handshakes and live in the packet path under
// their receiver index; this holds only the order in which they follow each other.
//
//   initiated(k)   we initiated and the response verified: k seals at once
//   responded(k)   we answered: k opens, and seals once the other side has shown that it holds it
//   confirmed(k)   its first datagram verified: next becomes current
//
// The key before the current one stays until the next change, for what is still under way.
#pragma once

#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace pim::session {

/// What the packet path has to do after a change; `removed` first.
struct KeyChange {
  std::vector<ReceiverIndex> removed;
  std::optional<ReceiverIndex> seal_with{};
};

class Keyring {
 public:
  [[nodiscard]] KeyChange initiated(ReceiverIndex key, Time now);
  [[nodiscard]] KeyChange responded(ReceiverIndex key, Time now);
  /// Unknown keys and the current one change nothing.
  [[nodiscard]] KeyChange confirmed(ReceiverIndex key, Time now);
  /// Removes what is past reject_after.
  [[nodiscard]] KeyChange expired(Time now);
  /// Removes everything.
  [[nodiscard]] KeyChange clear();

  /// When expired() has something to do; never when empty.
  [[nodiscard]] Time next_expiry() const;
  /// There are keys to seal with.
  [[nodiscard]] bool is_established() const { return current_.has_value(); }
  [[nodiscard]] std::optional<Time> established_at() const;

 private:
  struct Entry {
    ReceiverIndex key;
    Time made;
  };
  void drop(std::optional<Entry>& entry, KeyChange& change);
  void promote(Entry entry, KeyChange& change);

  std::optional<Entry> previous_, current_, next_;
};

}  // namespace pim::session
