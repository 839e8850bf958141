#include "ui/model/log_book.hpp"

#include <doctest/doctest.h>

using namespace pim;
using namespace pim::ui;

namespace {

LogLine line(std::string message, LogLevel level = LogLevel::info) {
  return {0, {}, level, "mesh", "", std::move(message)};
}

LogBook book_of(std::size_t count) {
  LogBook book;
  for (std::size_t i = 0; i < count; ++i)
    book.add(line(std::to_string(i), i % 10 == 0 ? LogLevel::error : LogLevel::info));
  return book;
}

}  // namespace

TEST_CASE("the oldest lines leave and numbers go on") {
  auto const book = book_of(LogBook::max_lines + 5000);
  CHECK(book.size() <= LogBook::max_lines);
  CHECK(book.size() > LogBook::max_lines - 2 * LogBook::page_lines);
  CHECK(book.end() == LogBook::max_lines + 5000);
  for (auto number : {book.begin(), book.begin() + 700, book.end() - 1}) {
    CHECK(book.at(number).number == number);
    CHECK(book.at(number).message == std::to_string(number));
  }
}

TEST_CASE("a copy keeps what it had while the original goes on") {
  auto book = book_of(600);
  auto const copy = book;
  book.add(line("new"));
  CHECK(copy.size() == 600);
  CHECK(copy.at(599).message == "599");
  CHECK(book.at(600).message == "new");
}

TEST_CASE("two copies that both go on do not write into each other") {
  auto one = book_of(600);
  auto two = one;
  one.add(line("one"));
  two.add(line("two"));
  CHECK(one.at(600).message == "one");
  CHECK(two.at(600).message == "two");
  one.add(line("more"));
  CHECK(two.size() == 601);
}

TEST_CASE("an index holds exactly the lines that pass and follows the book") {
  auto book = book_of(1000);
  LogIndex index;
  LogFilter filter{LogLevel::error, "", ""};
  index.update(book, filter);
  CHECK(index.size() == 100);
  book.add(line("late", LogLevel::error));
  index.update(book, filter);
  CHECK(index.size() == 101);
  CHECK(book.at(index.number(100)).message == "late");
  filter.needle = "LATE";
  index.update(book, filter);
  CHECK(index.size() == 1);
}

TEST_CASE("an index forgets lines that left the book") {
  auto book = book_of(LogBook::max_lines);
  LogIndex index;
  LogFilter const all{LogLevel::trace, "", ""};
  index.update(book, all);
  for (auto i = 0; i < 3000; ++i) book.add(line("x"));
  index.update(book, all);
  CHECK(index.size() == book.size());
  CHECK(index.number(0) == book.begin());
}
