#include "protocol/lines.hpp"

#include <doctest/doctest.h>

#include <random>
#include <vector>

using pim::protocol::LineSplitter;

namespace {

std::vector<std::string> split(LineSplitter& splitter, std::string_view bytes) {
  std::vector<std::string> lines;
  while (auto const piece = splitter.next(bytes))
    lines.push_back(piece->kind == LineSplitter::Piece::Kind::line ? std::string(piece->text) : "!");
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines_are_cut_wherever_the_bytes_arrive") {
  std::string const text = "one\n\ntwo three\nfour\n";
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    LineSplitter splitter(100);
    Lines lines;
    for (std::size_t at = 0; at < text.size();) {
      auto const size = 1 + random() % 9;
      for (auto& line : split(splitter, std::string_view(text).substr(at, size))) lines.push_back(line);
      at += size;
    }
    REQUIRE(lines == Lines{"one", "", "two three", "four"});
    CHECK_FALSE(splitter.is_inside_line());
  }
}

TEST_CASE("a_line_beyond_the_bound_is_reported_once_and_the_next_one_is_read") {
  LineSplitter splitter(4);
  CHECK(split(splitter, "1234\n12345\nab\n") == Lines{"1234", "!", "ab"});
  CHECK(split(splitter, "123") == Lines{});
  CHECK(splitter.is_inside_line());
  CHECK(split(splitter, "45") == Lines{"!"});
  CHECK(split(splitter, std::string(1000, 'x')) == Lines{});
  CHECK(splitter.is_inside_line());
  CHECK(split(splitter, "\nok\n") == Lines{"ok"});
  CHECK_FALSE(splitter.is_inside_line());
}
