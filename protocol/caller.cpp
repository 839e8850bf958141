#include "protocol/caller.hpp"

#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace pim::protocol {

std::optional<Caller> sudo_caller() {
  auto const* const variable = std::getenv("SUDO_UID");
  if (variable == nullptr || ::geteuid() != 0) return std::nullopt;
  std::string_view const text = variable;
  unsigned uid = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
  if (error != std::errc{} || end != text.data() + text.size() || uid == 0) return std::nullopt;
  auto const* const user = ::getpwuid(uid);
  if (user == nullptr) return std::nullopt;
  return Caller{user->pw_uid, user->pw_gid, user->pw_name, user->pw_dir};
}

}  // namespace pim::protocol
