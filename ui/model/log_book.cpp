#include "ui/model/log_book.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "ui/model/format.hpp"

namespace pim::ui {

void LogBook::add(LogLine line) {
  auto const row = static_cast<std::size_t>(end_ % page_lines);
  if (row == 0) {
    pages_.push_back(std::make_shared<Page>());
  } else if (pages_.back()->used != row) {
    auto own = std::make_shared<Page>();
    std::copy_n(pages_.back()->lines.begin(), row, own->lines.begin());
    pages_.back() = std::move(own);
  }
  line.number = end_++;
  pages_.back()->lines[row] = std::move(line);
  pages_.back()->used = row + 1;
  // Whole pages leave, so that the book holds between max_lines - page_lines and max_lines.
  if (++size_ > max_lines) {
    size_ -= page_lines;
    pages_.erase(pages_.begin());
    ++first_page_;
  }
}

LogLine const& LogBook::at(std::uint64_t number) const {
  PIM_ASSERT(number >= begin() && number < end_);
  auto const page = static_cast<std::size_t>(number / page_lines - first_page_);
  return pages_[page]->lines[static_cast<std::size_t>(number % page_lines)];
}

bool LogFilter::admits(LogLine const& line) const {
  if (line.level < least) return false;
  if (!source.empty() && line.source != source) return false;
  return contains_folded(line.message, needle) || contains_folded(line.source, needle) ||
         contains_folded(line.peer, needle);
}

void LogIndex::update(LogBook const& book, LogFilter const& filter) {
  if (!is_built_ || !(filter == filter_) || book.end() < seen_) {
    *this = LogIndex{};
    filter_ = filter;
    is_built_ = true;
  }
  for (auto number = std::max(seen_, book.begin()); number < book.end(); ++number)
    if (filter_.admits(book.at(number))) numbers_.push_back(number);
  seen_ = book.end();
  while (head_ < numbers_.size() && numbers_[head_] < book.begin()) ++head_;
  if (head_ > LogBook::max_lines) {
    numbers_.erase(numbers_.begin(), numbers_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

}  // namespace pim::ui
