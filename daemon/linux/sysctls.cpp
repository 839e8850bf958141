#include "linux/sysctls.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "linux/fd.hpp"

namespace pim::linux_edge {
namespace {

std::string const root = "/proc/sys/";
constexpr std::string_view all_devices = "/conf/all/";

bool is_wanted_now(plan::Sysctl const& sysctl, std::optional<std::string> const& value) {
  return value && *value != sysctl.value && (!sysctl.only_if || *sysctl.only_if == *value);
}

SavedSysctl* find(std::vector<SavedSysctl>& entries, std::string_view path) {
  auto const found = std::ranges::find(entries, path, &SavedSysctl::path);
  return found == entries.end() ? nullptr : &*found;
}

// Writing the value for all devices overwrites the one of each: ".../conf/all/forwarding" -> ".../conf/*/forwarding".
std::vector<std::string> siblings_of(std::string const& path) {
  std::vector<std::string> out;
  auto const at = path.find(all_devices);
  if (at == path.npos || !path.ends_with("/forwarding")) return out;
  auto const folder = path.substr(0, at) + "/conf/";
  auto const key = path.substr(at + all_devices.size());
  std::error_code error;
  for (auto const& entry : std::filesystem::directory_iterator{root + folder, error}) {
    auto const device = entry.path().filename().string();
    if (device != "all" && device.find_first_of("\t\n") == device.npos)
      out.push_back(std::string{folder}.append(device).append("/").append(key));
  }
  std::ranges::sort(out);
  return out;
}

void keep(std::vector<SavedSysctl>& entries, std::string const& path, std::string const& written) {
  if (auto* const entry = find(entries, path)) {
    entry->written = written;  // the value from before pim stays the one to go back to
    return;
  }
  if (auto const before = read_sysctl(path)) entries.push_back({path, written, *before});
}

}  // namespace

std::optional<std::string> read_sysctl(std::string const& path) {
  Fd const file{::open((root + path).c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 256> text{};
  auto const size = file.is_open() ? ::read(file.get(), text.data(), text.size()) : -1;
  if (size < 0) return std::nullopt;
  std::string value{text.data(), static_cast<std::size_t>(size)};
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

Result<void> write_sysctl(std::string const& path, std::string const& value) {
  Fd const file{::open((root + path).c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file.is_open() && errno == ENOENT) return {};
  if (!file.is_open() || ::write(file.get(), value.data(), value.size()) < 0)
    return fail(root + path + " cannot be set to " + value + ": " + std::generic_category().message(errno));
  return {};
}

Result<void> SysctlKeeper::set(std::vector<plan::Sysctl> const& wanted) {
  std::vector<plan::Sysctl const*> changes;
  for (auto const& sysctl : wanted)
    if (!sysctl.on_own_device && is_wanted_now(sysctl, read_sysctl(sysctl.path))) changes.push_back(&sysctl);
  if (changes.empty()) return {};

  auto entries = journal_.load();
  if (!entries) return fail_with(entries.error());
  for (auto const* change : changes) {
    keep(*entries, change->path, change->value);
    for (auto const& sibling : siblings_of(change->path)) keep(*entries, sibling, change->value);
  }
  if (auto saved = journal_.save(*entries); !saved) return saved;
  on_change_("journal");
  for (auto const* change : changes) {
    if (auto done = write_sysctl(change->path, change->value); !done) return done;
    on_change_("sysctl " + change->path);
  }
  return {};
}

Result<void> SysctlKeeper::set_own(std::vector<plan::Sysctl> const& wanted) {
  for (auto const& sysctl : wanted) {
    if (!sysctl.on_own_device || !is_wanted_now(sysctl, read_sysctl(sysctl.path))) continue;
    if (auto done = write_sysctl(sysctl.path, sysctl.value); !done) return done;
    on_change_("sysctl " + sysctl.path);
  }
  return {};
}

Result<void> SysctlKeeper::restore_others(std::vector<plan::Sysctl> const& wanted) {
  auto entries = journal_.load();
  if (!entries) return fail_with(entries.error());
  auto const is_still_wanted = [&](std::string const& path) {
    return std::ranges::any_of(wanted, [&](plan::Sysctl const& sysctl) {
      return sysctl.path == path || std::ranges::count(siblings_of(sysctl.path), path) != 0;
    });
  };
  // "all" stands before its devices in the journal: it overwrites them, then each gets its own back.
  std::vector<SavedSysctl> kept;
  std::vector<std::string> overwritten;
  for (auto const& entry : *entries) {
    if (is_still_wanted(entry.path)) {
      kept.push_back(entry);
      continue;
    }
    auto const now = read_sysctl(entry.path);
    auto const is_ours = now == entry.written || std::ranges::count(overwritten, entry.path) != 0;
    if (!now || !is_ours || *now == entry.before) continue;
    auto const siblings = siblings_of(entry.path);
    overwritten.insert(overwritten.end(), siblings.begin(), siblings.end());
    if (auto done = write_sysctl(entry.path, entry.before); !done) return done;
    on_change_("sysctl " + entry.path);
  }
  if (kept == *entries) return {};
  auto saved = journal_.save(kept);
  on_change_("journal");
  return saved;
}

std::optional<std::string> SysctlKeeper::difference(std::vector<plan::Sysctl> const& wanted) {
  for (auto const& sysctl : wanted)
    if (is_wanted_now(sysctl, read_sysctl(sysctl.path))) return sysctl.path;
  return std::nullopt;
}

}  // namespace pim::linux_edge
