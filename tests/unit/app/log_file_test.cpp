#include "app/log_file.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace pim;
using namespace pim::app;

TEST_CASE("a_record_is_one_line_with_its_time_whatever_it_says") {
  WallTime const at{std::chrono::sys_days{std::chrono::year{2025} / 1 / 31} + std::chrono::milliseconds{43'200'007}};
  CHECK(to_line({LogLevel::warn, "host", "text"}, at) == "2025-01-31T12:00:00.007Z warn  host: text\n");
  CHECK(to_line({LogLevel::error, "x", "a\nb\x1b[2J", NodeId{{0xab, 0xcd}}}, at) ==
        "2025-01-31T12:00:00.007Z error x: a b [2J [peer abcd0000]\n");
}

TEST_CASE("records_below_the_level_are_not_written_and_a_file_is_appended_to") {
  auto const path = std::filesystem::temp_directory_path() / ("pim-log-test-" + std::to_string(::getpid()));
  for (int life = 0; life < 2; ++life) {
    auto log = LogFile::open(LogLevel::info, path);
    REQUIRE(log.ok());
    log->write({LogLevel::debug, "test", "quiet"});
    log->write({LogLevel::info, "test", "loud"});
  }
  std::stringstream text;
  text << std::ifstream{path}.rdbuf();
  auto const content = text.str();
  std::filesystem::remove(path);
  CHECK(content.find("quiet") == std::string::npos);
  CHECK(std::count(content.begin(), content.end(), '\n') == 2);
}

TEST_CASE("a_log_file_that_cannot_be_opened_names_the_key") {
  auto const log = LogFile::open(LogLevel::info, "/nowhere/at/all.log");
  REQUIRE_FALSE(log.ok());
  CHECK(log.error().message.find("[log] file") != std::string::npos);
}
