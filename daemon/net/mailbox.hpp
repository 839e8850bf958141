// Values from any thread to one thread: a vector behind a mutex, and an eventfd that is readable while
// something waits. Used for what is rare (commands, plans, results), never per packet.
#pragma once

#include <sys/eventfd.h>

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "net/fd.hpp"

namespace pim::net {

template <class T>
class Mailbox {
 public:
  Mailbox() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { PIM_ASSERT(wake_.is_open()); }

  /// From any thread. Values arrive in the order in which their posts happened.
  void post(T value) {
    bool was_empty;
    {
      std::lock_guard const lock(mutex_);
      was_empty = waiting_.empty();
      waiting_.push_back(std::move(value));
    }
    // One wake-up is enough for all that waits: the reader takes everything.
    if (was_empty) wake();
  }

  /// Everything that waits, appended to `into`; the eventfd is quiet afterwards.
  void take(std::vector<T>& into) {
    std::uint64_t count;
    // Cleared before the swap: a post in between wakes once too often, never once too seldom.
    [[maybe_unused]] auto const read = ::read(wake_.get(), &count, sizeof count);
    std::lock_guard const lock(mutex_);
    if (into.empty()) {
      into.swap(waiting_);
      return;
    }
    for (auto& value : waiting_) into.push_back(std::move(value));
    waiting_.clear();
  }

  /// To poll for reading.
  [[nodiscard]] int fd() const { return wake_.get(); }

 private:
  void wake() {
    std::uint64_t const one = 1;
    [[maybe_unused]] auto const written = ::write(wake_.get(), &one, sizeof one);
  }

  std::mutex mutex_;
  std::vector<T> waiting_;
  Fd wake_;
};

}  // namespace pim::net
