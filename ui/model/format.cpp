#include "ui/model/format.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace pim::ui {
namespace {

template <class... Values>
std::string print(char const* format, Values... values) {
  std::array<char, 64> text{};
  auto const length = std::snprintf(text.data(), text.size(), format, values...);
  return {text.data(), static_cast<std::size_t>(std::clamp(length, 0, static_cast<int>(text.size()) - 1))};
}

std::string scaled(double value) {
  constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  // 1023.95 would round to "1024.0": it belongs to the next unit.
  while (value >= (unit == 0 ? 1023.5 : 1023.95) && unit + 1 < units.size()) value /= 1024.0, ++unit;
  return unit == 0 ? print("%.0f B", value) : print("%.1f %s", value, units.at(unit));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct ClockParts {
  int hour, minute, second, millisecond;
};

ClockParts parts(WallTime time, std::chrono::seconds offset) {
  using namespace std::chrono;
  auto const shifted = time + offset;
  auto const in_day = shifted - floor<days>(shifted);
  auto const ms = duration_cast<milliseconds>(in_day).count();
  return {static_cast<int>(ms / 3'600'000), static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60),
          static_cast<int>(ms % 1000)};
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) { return scaled(static_cast<double>(bytes)); }

std::string rate_text(double bits_per_second) {
  return scaled(std::isfinite(bits_per_second) ? std::max(0.0, bits_per_second / 8) : 0.0) + "/s";
}

std::string count_text(std::uint64_t count) {
  auto text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string duration_text(std::chrono::seconds duration) {
  auto const s = std::max<std::int64_t>(0, duration.count());
  auto const two = [](std::int64_t a, char const* unit_a, std::int64_t b, char const* unit_b) {
    auto text = std::to_string(a) + unit_a;
    return b == 0 ? text : text + " " + std::to_string(b) + unit_b;
  };
  if (s < 60) return std::to_string(s) + "s";
  if (s < 3600) return two(s / 60, "m", s % 60, "s");
  if (s < 86'400) return two(s / 3600, "h", s / 60 % 60, "m");
  return two(s / 86'400, "d", s / 3600 % 24, "h");
}

std::string age_text(std::chrono::seconds age) { return age.count() < 2 ? "now" : duration_text(age) + " ago"; }

std::string latency_text(std::optional<double> milliseconds) {
  if (!milliseconds) return "–";
  if (*milliseconds < 1) return "<1 ms";
  return print("%.0f ms", *milliseconds);
}

std::string percent_text(double percent) {
  return percent < 0.05 || percent >= 10 ? print("%.0f %%", percent) : print("%.1f %%", percent);
}

LatencyTone latency_tone(std::optional<double> milliseconds) {
  if (!milliseconds) return LatencyTone::unknown;
  return *milliseconds < 50 ? LatencyTone::good : *milliseconds < 200 ? LatencyTone::fair : LatencyTone::poor;
}

std::string short_text(std::string_view id) {
  if (id.size() <= 9) return std::string(id);
  return std::string(id.substr(0, 4)) + "…" + std::string(id.substr(id.size() - 4));
}

std::string grouped_text(std::string_view hex) {
  std::string text;
  for (std::size_t at = 0; at < hex.size(); at += 4) {
    if (at != 0) text += ' ';
    text += hex.substr(at, 4);
  }
  return text;
}

std::string clock_text(WallTime time, std::chrono::seconds offset) {
  auto const p = parts(time, offset);
  return print("%02d:%02d:%02d", p.hour, p.minute, p.second);
}

std::string clock_millis_text(WallTime time, std::chrono::seconds offset) {
  auto const p = parts(time, offset);
  return print("%02d:%02d:%02d.%03d", p.hour, p.minute, p.second, p.millisecond);
}

std::string printable(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    auto const byte = static_cast<unsigned char>(text[at]);
    auto const next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
    bool const is_c1 = byte == 0xc2 && next >= 0x80 && next <= 0x9f;
    line += byte < 0x20 || byte == 0x7f || is_c1 ? ' ' : text[at];
    if (is_c1) ++at;
  }
  return line;
}

bool contains_folded(std::string_view text, std::string_view needle) {
  auto const same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), needle.begin(), needle.end(), same) != text.end();
}

}  // namespace pim::ui
