// One daemon per state folder (a lock file) and per network namespace (an abstract socket name, which the
// kernel keeps per namespace). Both go with the process, however it ends.
#pragma once

#include <string>

#include "base/result.hpp"

namespace pim::store {

class DaemonLock {
 public:
  /// Fails with one line that names the other daemon where the system tells.
  static Result<DaemonLock> acquire(std::string const& lock_file);

  DaemonLock(DaemonLock&& other) noexcept;
  DaemonLock& operator=(DaemonLock&& other) noexcept;
  ~DaemonLock();

 private:
  DaemonLock(int file, int socket) : file_(file), socket_(socket) {}
  int file_ = -1, socket_ = -1;
};

}  // namespace pim::store
