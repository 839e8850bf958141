#include "ui/model/format.hpp"

#include <doctest/doctest.h>

using namespace pim;
using namespace pim::ui;
using namespace std::chrono_literals;

TEST_CASE("sizes count in 1024 and keep one decimal") {
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(812) == "812 B");
  CHECK(bytes_text(1023) == "1023 B");
  CHECK(bytes_text(1024) == "1.0 KiB");
  CHECK(bytes_text(1'468'006) == "1.4 MiB");
  CHECK(bytes_text(UINT64_MAX) == "16.0 EiB");
}

TEST_CASE("a size that would round up to 1024 moves on to the next unit") {
  CHECK(bytes_text(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(bytes_text(1024ULL * 1024 * 1024 - 1) == "1.0 GiB");
}

TEST_CASE("rates come in bits and are shown in bytes") {
  CHECK(rate_text(8.0 * 1024 * 1024) == "1.0 MiB/s");
  CHECK(rate_text(0) == "0 B/s");
  CHECK(rate_text(-5) == "0 B/s");
}

TEST_CASE("counts are grouped by thousands") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1,000");
  CHECK(count_text(12'345'678) == "12,345,678");
}

TEST_CASE("durations show their two largest units") {
  CHECK(duration_text(-3s) == "0s");
  CHECK(duration_text(59s) == "59s");
  CHECK(duration_text(65s) == "1m 5s");
  CHECK(duration_text(4h + 12min + 30s) == "4h 12m");
  CHECK(duration_text(24h * 3 + 4h) == "3d 4h");
  CHECK(duration_text(2h) == "2h");
}

TEST_CASE("latency is a whole number of milliseconds with a tone") {
  CHECK(latency_text(12.4) == "12 ms");
  CHECK(latency_text(0.3) == "<1 ms");
  CHECK(latency_text({}) == "–");
  CHECK(latency_tone(49.9) == LatencyTone::good);
  CHECK(latency_tone(50) == LatencyTone::fair);
  CHECK(latency_tone(200) == LatencyTone::poor);
  CHECK(latency_tone({}) == LatencyTone::unknown);
}

TEST_CASE("ids are shortened for display and grouped for comparing") {
  CHECK(short_text("a1b2c3d4e5f60718293a4b5c6d7e8f90") == "a1b2…8f90");
  CHECK(short_text("home") == "home");
  CHECK(grouped_text("a1b2c3d4e5") == "a1b2 c3d4 e5");
}

TEST_CASE("a clock shows the time of the reader's zone") {
  auto const at = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 1 / 31}} + 12h + 34min + 56s + 789ms;
  CHECK(clock_millis_text(at, 0s) == "12:34:56.789");
  CHECK(clock_text(at, 2h) == "14:34:56");
  CHECK(clock_text(at, -13h) == "23:34:56");
}

TEST_CASE("what strangers say stays on one line") {
  CHECK(printable("a\nb\x1b[2Jc\x7f") == "a b [2Jc ");
  CHECK(printable("a\xc2\x9b"
                  "2Jb") == "a 2Jb");  // U+009B begins a terminal's command, as ESC [ does
  CHECK(printable("Grüße, \xc2\xa0 ok") == "Grüße, \xc2\xa0 ok");
  CHECK(printable("ends \xc2") == "ends \xc2");
}

TEST_CASE("searching does not mind case") {
  CHECK(contains_folded("Home-Server", "home"));
  CHECK(contains_folded("x", ""));
  CHECK_FALSE(contains_folded("home", "homes"));
}
