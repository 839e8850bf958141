#include "config/load.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "config/decode.hpp"

namespace pim::config {
namespace {

std::string variable(char const* name) {
  auto const* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// The XDG specification has relative values ignored.
std::string in_folder(std::string const& xdg, std::string const& home, std::string const& below_home,
                      std::string const& name) {
  if (xdg.starts_with('/')) return xdg + name;
  if (home.starts_with('/')) return home + below_home + name;
  return {};
}

struct File {
  std::string text;
  unsigned mode = 0;
  WallTime modified{};
};

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

Failure<Error> cannot_read(std::string const& path) {
  return fail("cannot read the configuration " + path + ": " + std::generic_category().message(errno));
}

Result<std::optional<File>> read(std::string const& path) {
  // Nonblocking, so that a pipe under this name cannot hold up the start.
  Descriptor const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<File>{};
    return cannot_read(path);
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return cannot_read(path);
  if (!S_ISREG(status.st_mode)) return fail("the configuration " + path + " is not a regular file");
  File result;
  result.mode = status.st_mode & 07777;
  result.modified =
      WallTime{std::chrono::seconds{status.st_mtim.tv_sec} + std::chrono::nanoseconds{status.st_mtim.tv_nsec}};
  char block[8192];
  while (result.text.size() <= max_file_size) {
    auto const got = ::read(file.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path);
    if (got == 0) break;
    result.text.append(block, static_cast<std::size_t>(got));
  }
  return std::optional{std::move(result)};
}

std::string summary(std::string const& path, Problems const& problems) {
  auto const& first = problems.front();
  auto line = path + (first.line != 0 ? ":" : ": ") + to_string(first);
  if (problems.size() > 1) line += " (and " + std::to_string(problems.size() - 1) + " more)";
  return line;
}

}  // namespace

Environment Environment::from_process() {
  return {variable("PIM_CONFIG_PATH"), variable("XDG_CONFIG_HOME"), variable("XDG_STATE_HOME"), variable("HOME")};
}

std::string config_path(Environment const& environment) {
  if (!environment.pim_config_path.empty()) return environment.pim_config_path;
  return in_folder(environment.xdg_config_home, environment.home, "/.config", "/pim/pim.toml");
}

std::string state_folder(Config const& config, Environment const& environment) {
  if (!config.node.data_dir.empty()) return config.node.data_dir;
  return in_folder(environment.xdg_state_home, environment.home, "/.local/state", "/pim");
}

Result<Loaded> load(Environment const& environment) {
  Loaded loaded{.source_path = config_path(environment)};
  if (loaded.source_path.empty()) return loaded;
  auto const file = read(loaded.source_path);
  if (!file) return fail_with(file.error());
  if (!*file) return loaded;
  auto config = decode((*file)->text);
  if (!config) return fail(summary(loaded.source_path, config.error()));
  if (config->mesh.secret.is_set() && ((*file)->mode & 007) != 0)
    return fail(loaded.source_path + " holds mesh.secret and is open to others; run: chmod o-rwx '" +
                loaded.source_path + "'");
  loaded.config = std::move(*config);
  loaded.last_modified = (*file)->modified;
  return loaded;
}

}  // namespace pim::config
