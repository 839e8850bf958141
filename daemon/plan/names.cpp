#include "plan/names.hpp"

#include <algorithm>
#include <charconv>

#include "base/assert.hpp"

namespace pim::plan {
namespace {

// Slot 0 is pim0, slot N is pimN, other names hash to the slots behind those.
constexpr std::uint32_t numbered_slots = 64;
constexpr std::uint32_t all_slots = 1024;
constexpr std::uint32_t slot_width = 16;

// 5200 + 1024 * 16 stays below 32766, where the rule of the main table stands.
static_assert(5200 + all_slots * slot_width < 32766);

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::uint32_t slot_of(std::string_view interface) {
  if (interface.starts_with("pim") && interface.size() > 3) {
    std::uint32_t number = 0;
    auto const digits = interface.substr(3);
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    auto const is_canonical = digits == "0" || digits.front() != '0';
    if (error == std::errc{} && end == digits.data() + digits.size() && is_canonical && number < numbered_slots)
      return number;
  }
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (char const c : interface) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619u;
  return numbered_slots + hash % (all_slots - numbered_slots);
}

std::string table_name(std::string_view interface, std::uint32_t slot) {
  if (slot < numbered_slots) return std::string{interface};
  std::string name = "pim_";  // the prefix keeps clear of nftables' keywords
  for (char const c : interface) name += is_letter(c) || is_digit(c) ? c : '_';
  return name;
}

}  // namespace

bool is_plain_interface_name(std::string_view name) {
  if (name.empty() || name.size() > 15 || !(is_letter(name.front()) || is_digit(name.front()))) return false;
  return std::ranges::all_of(name,
                             [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-'; });
}

Names make_names(std::string_view interface) {
  PIM_ASSERT(is_plain_interface_name(interface));
  auto const slot = slot_of(interface);
  auto const base = 5200 + slot * slot_width;
  return {.interface = std::string{interface},
          .nft_table = table_name(interface, slot),
          .mark = 0x70696d30u + slot,
          .route_table = base,
          .protocol = 112,
          .pref_gateway = base - 1,
          .pref_mark = base,
          .pref_table = base + 5,
          .pref_end = base + 9};
}

}  // namespace pim::plan
