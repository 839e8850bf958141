#include "store/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace pim::store {
namespace {

std::string folder_of(std::string const& path) {
  auto const folder = std::filesystem::path{path}.parent_path().string();
  return folder.empty() ? "." : folder;
}

Result<void, Errno> write_all(FileSystem& files, int file, Bytes content) {
  while (!content.empty()) {
    auto const written = files.write(file, content);
    if (!written) return fail_with(written.error());
    if (*written == 0) return fail_with(Errno{ENOSPC});  // no progress and no error: never loop on it
    content = content.subspan(*written);
  }
  return files.sync(file);
}

/// A complete and synced file under a new name, or nothing under it.
Result<void, Errno> write_beside(FileSystem& files, std::string const& path, Bytes content) {
  // What a crash left behind; when it cannot be removed, create() says why.
  (void)files.remove(path).ok();
  auto const file = files.create(path);
  if (!file) return fail_with(file.error());
  auto const written = write_all(files, *file, content);
  auto const closed = files.close(*file);
  if (written && closed) return {};
  (void)files.remove(path).ok();
  return fail_with(written ? closed.error() : written.error());
}

bool lacks_hard_links(Errno error) {
  return error.code == EPERM || error.code == EOPNOTSUPP || error.code == ENOSYS || error.code == EMLINK;
}

/// The current file under a second name, so that it is never absent under its own.
Result<void, Errno> keep_previous(FileSystem& files, std::string const& path) {
  auto const removed = files.remove(previous_of(path));
  if (!removed && removed.error().code != ENOENT) return removed;
  auto const linked = files.link(path, previous_of(path));
  if (linked || linked.error().code == ENOENT || lacks_hard_links(linked.error())) return {};
  return linked;
}

Result<void, Errno> sync_folder(FileSystem& files, std::string const& path) {
  auto const folder = files.open_folder(path);
  if (!folder) return fail_with(folder.error());
  auto const synced = files.sync(*folder);
  auto const closed = files.close(*folder);
  return synced ? closed : synced;
}

Failure<Error> cannot(std::string_view what, std::string const& path, Errno error) {
  return fail("cannot " + std::string{what} + " " + path + ": " + to_string(error));
}

struct Descriptor {
  int number;
  explicit Descriptor(int n) : number(n) {}
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

std::string previous_of(std::string const& path) { return path + ".prev"; }

Result<void> replace_file(FileSystem& files, std::string const& path, Bytes content, Keep keep) {
  auto const fresh = path + ".new";
  if (auto const written = write_beside(files, fresh, content); !written)
    return cannot("write", fresh, written.error());
  if (keep == Keep::previous_generation) {
    if (auto const kept = keep_previous(files, path); !kept) {
      (void)files.remove(fresh).ok();
      return cannot("keep the previous generation of", path, kept.error());
    }
  }
  if (auto const renamed = files.rename(fresh, path); !renamed) {
    (void)files.remove(fresh).ok();
    return cannot("replace", path, renamed.error());
  }
  if (auto const synced = sync_folder(files, folder_of(path)); !synced)
    return cannot("sync the folder of", path, synced.error());
  return {};
}

Result<std::optional<ReadFile>> read_file(std::string const& path, std::size_t max_size) {
  // Nonblocking, so that a pipe under this name cannot hold up the start.
  Descriptor const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.number < 0) {
    if (errno == ENOENT) return std::optional<ReadFile>{};
    return cannot("read", path, Errno{errno});
  }
  struct stat status{};
  if (::fstat(file.number, &status) != 0) return cannot("read", path, Errno{errno});
  if (!S_ISREG(status.st_mode)) return fail(path + " is not a regular file");
  if (status.st_uid != ::geteuid())
    return fail(path + " belongs to uid " + std::to_string(status.st_uid) + ", not to uid " +
                std::to_string(::geteuid()) + " that runs the daemon");

  ReadFile result;
  result.mode = status.st_mode & 07777;
  // One byte more than it has, so that the end is seen.
  result.content.resize(std::min(static_cast<std::size_t>(status.st_size), max_size) + 1);
  std::size_t filled = 0;
  while (filled < result.content.size()) {
    auto const got = ::read(file.number, result.content.data() + filled, result.content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", path, Errno{errno});
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (filled > max_size) return fail(path + " is larger than " + std::to_string(max_size) + " bytes");
  result.content.resize(filled);
  return std::optional{std::move(result)};
}

}  // namespace pim::store
