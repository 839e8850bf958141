#include "linux/journal.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "linux/fd.hpp"

namespace pim::linux_edge {
namespace {

constexpr std::string_view first_line = "pim host journal 1";
constexpr std::size_t size_limit = 1 << 20;
constexpr int option_netns_cookie = 71;  // SO_NETNS_COOKIE, kernel 5.14

std::string read_file(std::filesystem::path const& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text(size_limit, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

// A kernel that cannot tell its namespaces apart gives them all the number 0.
std::string read_place() {
  auto boot = read_file("/proc/sys/kernel/random/boot_id");
  while (!boot.empty() && boot.back() == '\n') boot.pop_back();
  std::uint64_t cookie = 0;
  Fd const socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  socklen_t size = sizeof cookie;
  if (::getsockopt(socket.get(), SOL_SOCKET, option_netns_cookie, &cookie, &size) < 0) cookie = 0;
  return boot + " " + std::to_string(cookie);
}

std::optional<std::string_view> take_line(std::string_view& text) {
  auto const end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  auto const line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// Written with a capability, so the file may name nothing beside the network's own settings.
bool is_network_path(std::string_view path) {
  return (path.starts_with("net/ipv4/") || path.starts_with("net/ipv6/")) && path.find("..") == path.npos;
}

std::optional<SavedSysctl> parse_entry(std::string_view line) {
  auto const first = line.find('\t');
  auto const second = line.find('\t', first == line.npos ? first : first + 1);
  if (second == line.npos) return std::nullopt;
  SavedSysctl entry{std::string{line.substr(0, first)}, std::string{line.substr(first + 1, second - first - 1)},
                    std::string{line.substr(second + 1)}};
  if (!is_network_path(entry.path)) return std::nullopt;
  return entry;
}

Failure<Error> cannot(std::string const& what, std::filesystem::path const& path) {
  return fail(path.string() + " cannot be " + what + ": " + std::generic_category().message(errno));
}

}  // namespace

std::optional<std::vector<SavedSysctl>> parse_journal(std::string_view text, std::string_view place) {
  if (take_line(text) != first_line) return std::nullopt;
  auto const written_at = take_line(text);
  if (!written_at) return std::nullopt;
  std::vector<SavedSysctl> entries;
  while (auto const line = take_line(text)) {
    if (*line == "end") {
      if (!text.empty()) return std::nullopt;
      if (*written_at != place) entries.clear();
      return entries;
    }
    auto entry = parse_entry(*line);
    if (!entry) return std::nullopt;
    entries.push_back(std::move(*entry));
  }
  return std::nullopt;
}

std::string to_journal(std::vector<SavedSysctl> const& entries, std::string_view place) {
  auto text = std::string{first_line} + "\n" + std::string{place} + "\n";
  for (auto const& entry : entries) text += entry.path + "\t" + entry.written + "\t" + entry.before + "\n";
  return text + "end\n";
}

Journal::Journal(std::filesystem::path folder) : folder_(std::move(folder)), place_(read_place()) {}

Result<std::vector<SavedSysctl>> Journal::load() const {
  auto const path = folder_ / "host.journal";
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::vector<SavedSysctl>{};
  auto entries = parse_journal(read_file(path), place_);
  if (!entries)
    return fail(path.string() +
                " is not readable as a journal: the settings in /proc/sys/net that it kept cannot be "
                "restored; check them, then remove the file");
  return std::move(*entries);
}

Result<void> Journal::save(std::vector<SavedSysctl> const& entries) const {
  auto const path = folder_ / "host.journal";
  auto const text = to_journal(entries, place_);
  if (entries.empty()) {
    if (::unlink(path.c_str()) < 0 && errno != ENOENT) return cannot("removed", path);
    return {};
  }
  if (read_file(path) == text) return {};
  return write(text);
}

Result<void> Journal::prove_writable() const {
  auto const entries = load();
  if (!entries) return fail_with(entries.error());
  auto is_kept = write(to_journal(*entries, place_));
  if (!is_kept) return is_kept;
  return save(*entries);
}

Result<void> Journal::write(std::string const& text) const {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  auto const path = folder_ / "host.journal";
  auto const beside = folder_ / "host.journal.new";
  Fd file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.is_open()) return cannot("written", beside);
  auto const size = ::write(file.get(), text.data(), text.size());
  if (size != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) < 0) {
    if (size >= 0 && size != static_cast<ssize_t>(text.size())) errno = ENOSPC;
    auto const failure = cannot("written", beside);
    ::unlink(beside.c_str());
    return failure;
  }
  if (::rename(beside.c_str(), path.c_str()) < 0) return cannot("written", path);
  Fd const folder{::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.is_open() || ::fsync(folder.get()) < 0) return cannot("synchronised", folder_);
  return {};
}

}  // namespace pim::linux_edge
