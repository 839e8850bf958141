#include "store/file_system.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace pim::store {
namespace {

Failure<Errno> last_error() { return fail_with(Errno{errno}); }

Result<void, Errno> done_if(int answer) {
  if (answer != 0) return last_error();
  return {};
}

template <class Call>
auto retry_interrupted(Call call) {
  auto answer = call();
  while (answer < 0 && errno == EINTR) answer = call();
  return answer;
}

}  // namespace

std::string to_string(Errno error) { return std::generic_category().message(error.code); }

Result<int, Errno> SystemFiles::create(std::string const& path) {
  auto const file = retry_interrupted(
      [&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600); });
  if (file < 0) return last_error();
  if (::fchmod(file, 0600) != 0) {
    auto const failure = last_error();
    ::close(file);
    return failure;
  }
  return file;
}

Result<int, Errno> SystemFiles::open_folder(std::string const& path) {
  auto const folder = retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (folder < 0) return last_error();
  return folder;
}

Result<std::size_t, Errno> SystemFiles::write(int file, Bytes bytes) {
  auto const written = retry_interrupted([&] { return ::write(file, bytes.data(), bytes.size()); });
  if (written < 0) return last_error();
  return static_cast<std::size_t>(written);
}

Result<void, Errno> SystemFiles::sync(int file) {
  return done_if(retry_interrupted([&] { return ::fsync(file); }));
}

Result<void, Errno> SystemFiles::close(int file) {
  // Linux closes the descriptor even when interrupted: never twice.
  if (::close(file) != 0 && errno != EINTR) return last_error();
  return {};
}

Result<void, Errno> SystemFiles::rename(std::string const& from, std::string const& to) {
  return done_if(std::rename(from.c_str(), to.c_str()));
}

Result<void, Errno> SystemFiles::link(std::string const& from, std::string const& to) {
  return done_if(::link(from.c_str(), to.c_str()));
}

Result<void, Errno> SystemFiles::remove(std::string const& path) { return done_if(::unlink(path.c_str())); }

}  // namespace pim::store
