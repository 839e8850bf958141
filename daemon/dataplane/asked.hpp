// Private addresses that packets of this host went to through the gateway. The host's routes led there into the
// tunnel, so the network is none of its own, and what comes from there is an answer. Two generations: an address
// that is not sent to any more is forgotten after as many others as there is room for.
#pragma once

#include "base/address.hpp"
#include "base/flat_table.hpp"

namespace pim::dataplane {

class Asked {
 public:
  static constexpr std::size_t capacity = 1024;  ///< of a generation

  explicit Asked(HashKey const& hash_key) : hash_key_(hash_key), recent_(hash_key), before_(hash_key) {}

  void note(IpAddress const& address) {
    if (recent_.find(address) != nullptr) return;
    if (recent_.size() == capacity) {
      before_ = std::move(recent_);
      recent_ = Addresses(hash_key_);
    }
    recent_.set(address, {});
  }

  void forget() { recent_ = before_ = Addresses(hash_key_); }

  [[nodiscard]] bool contains(IpAddress const& address) const {
    return recent_.find(address) != nullptr || before_.find(address) != nullptr;
  }

 private:
  struct Nothing {};
  using Addresses = FlatTable<IpAddress, Nothing>;

  HashKey hash_key_;
  Addresses recent_, before_;
};

}  // namespace pim::dataplane
