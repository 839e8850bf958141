// The system calls that writing a file takes, as an interface: tests run the same steps on a disk that
// fails or loses power at each of them.
#pragma once

#include <cstddef>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace pim::store {

/// What a failed call left in errno.
struct Errno {
  int code = 0;
  bool operator==(Errno const&) const = default;
};
[[nodiscard]] std::string to_string(Errno error);

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// A new file for writing, 0600 whatever the umask; EEXIST when the name is taken, also by a dangling link.
  virtual Result<int, Errno> create(std::string const& path) = 0;
  virtual Result<int, Errno> open_folder(std::string const& path) = 0;
  /// As many bytes as the call took.
  virtual Result<std::size_t, Errno> write(int file, Bytes bytes) = 0;
  virtual Result<void, Errno> sync(int file) = 0;
  /// The descriptor is gone whatever the answer.
  virtual Result<void, Errno> close(int file) = 0;
  virtual Result<void, Errno> rename(std::string const& from, std::string const& to) = 0;
  virtual Result<void, Errno> link(std::string const& from, std::string const& to) = 0;
  virtual Result<void, Errno> remove(std::string const& path) = 0;
};

/// The machine's own.
class SystemFiles final : public FileSystem {
 public:
  Result<int, Errno> create(std::string const& path) override;
  Result<int, Errno> open_folder(std::string const& path) override;
  Result<std::size_t, Errno> write(int file, Bytes bytes) override;
  Result<void, Errno> sync(int file) override;
  Result<void, Errno> close(int file) override;
  Result<void, Errno> rename(std::string const& from, std::string const& to) override;
  Result<void, Errno> link(std::string const& from, std::string const& to) override;
  Result<void, Errno> remove(std::string const& path) override;
};

}  // namespace pim::store
