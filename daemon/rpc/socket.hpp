// The socket's place in the file system: a folder that only its owner can write, a lock that decides which
// daemon owns the path, a mode set before the path exists, and who may call.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace pim::rpc {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct ListeningSocket {
  Descriptor socket;
  Descriptor lock;  ///< held for as long as the path is ours
  std::string path;
  std::optional<gid_t> group;
};

/// Binds and listens at the first candidate whose folder exists (or can be made) and may be written. A path
/// that another daemon owns is an error and never passed over. `group` opens the socket to that group, 0660.
[[nodiscard]] Result<ListeningSocket> listen_at_first(std::vector<std::string> const& candidates,
                                                      std::optional<std::string> const& group);

/// True for the daemon's own user, root, and members of `group`.
[[nodiscard]] bool may_call(int connected_socket, std::optional<gid_t> group);

}  // namespace pim::rpc
