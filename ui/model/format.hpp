// Values as people read them: sizes, rates, durations, ids, latency, clocks. Pure text, no colours.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace pim::ui {

/// 1024-based, one decimal from a KiB on: `812 B`, `1.4 MiB`.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
/// Bits per second as the daemon reports them, shown as bytes: `1.4 MiB/s`.
[[nodiscard]] std::string rate_text(double bits_per_second);
/// `12,345`
[[nodiscard]] std::string count_text(std::uint64_t count);
/// The two largest units: `4h 12m`, `3d 4h`, `1m 5s`, `12s`. Negative reads as `0s`.
[[nodiscard]] std::string duration_text(std::chrono::seconds duration);
/// `now` below two seconds, else `12s ago`.
[[nodiscard]] std::string age_text(std::chrono::seconds age);
/// `12 ms`, below one `<1 ms`, unknown `–`.
[[nodiscard]] std::string latency_text(std::optional<double> milliseconds);
/// `0 %`, `1.5 %`
[[nodiscard]] std::string percent_text(double percent);

enum class LatencyTone { unknown, good, fair, poor };
/// good below 50 ms, fair below 200 ms, poor above.
[[nodiscard]] LatencyTone latency_tone(std::optional<double> milliseconds);

/// `a1b2…c3d4` of anything longer than nine characters.
[[nodiscard]] std::string short_text(std::string_view id);
/// In groups of four, for comparing: `a1b2 c3d4 …`.
[[nodiscard]] std::string grouped_text(std::string_view hex);

/// `12:34:56` in the zone that is `offset` east of UTC.
[[nodiscard]] std::string clock_text(WallTime time, std::chrono::seconds offset);
/// The same with `.789`.
[[nodiscard]] std::string clock_millis_text(WallTime time, std::chrono::seconds offset);

/// One line without control characters, a blank for each (C0, DEL and C1 as UTF-8): what strangers and logs say must
/// not move the page, nor command a terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// Whether `needle` occurs in `text`, ASCII letters compared without case. An empty needle always does.
[[nodiscard]] bool contains_folded(std::string_view text, std::string_view needle);

}  // namespace pim::ui
