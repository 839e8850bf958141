#include "store/state_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "store/file_system.hpp"

namespace pim::store {
namespace {

Result<void> make_folders(std::filesystem::path const& path) {
  if (path.has_parent_path() && path.parent_path() != path) {
    struct stat parent{};
    if (::stat(path.parent_path().c_str(), &parent) != 0 && errno == ENOENT)
      if (auto made = make_folders(path.parent_path()); !made) return made;
  }
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail("cannot create the state folder " + path.string() + ": " + to_string(Errno{errno}));
}

}  // namespace

std::string quoted(std::string const& path) {
  std::string text = "'";
  for (auto const c : path) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return text + "'";
}

Result<void> prepare_state_folder(std::string const& path) {
  if (path.empty()) return fail("no state folder: neither node.data_dir, XDG_STATE_HOME nor HOME is set");
  auto const folder = std::filesystem::path{path}.lexically_normal();
  // "a/b/" has an empty last part.
  auto const name = folder.has_filename() ? folder : folder.parent_path();
  if (auto made = make_folders(name); !made) return made;
  struct stat status{};
  if (::stat(name.c_str(), &status) != 0)
    return fail("cannot enter the state folder " + path + ": " + to_string(Errno{errno}));
  if (!S_ISDIR(status.st_mode)) return fail("the state folder " + path + " is not a folder");
  if (status.st_uid != ::geteuid())
    return fail("the state folder " + path + " belongs to uid " + std::to_string(status.st_uid) + ", not to uid " +
                std::to_string(::geteuid()) + " that runs the daemon");
  if ((status.st_mode & 077) != 0)
    return fail("the state folder " + path + " is open to others; run: chmod 700 " + quoted(path));
  return {};
}

}  // namespace pim::store
