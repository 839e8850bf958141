#include "rpc/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

namespace pim::rpc {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
constexpr std::size_t write_size = std::size_t{64} << 10;
}

Connection::Connection(Socket socket, Hub& hub, ConnectionLimits const& limits, Owner& owner)
    : socket_(std::move(socket)),
      limits_(limits),
      owner_(owner),
      line_timer_(socket_.get_executor()),
      write_timer_(socket_.get_executor()) {
  session_ = std::make_shared<Session>(hub, limits.session, [this] { schedule_flush(); });
}

void Connection::start() { read(); }

void Connection::close_after_output(std::string farewell) {
  if (is_closing_) return;
  if (!farewell.empty()) session_->say_farewell(std::move(farewell));
  is_closing_ = true;
  line_timer_.cancel();
  schedule_flush();
}

void Connection::close() {
  is_closing_ = true;
  line_timer_.cancel();
  write_timer_.cancel();
  if (!socket_.is_open()) return;
  error_code ignored;
  socket_.close(ignored);
  owner_.on_closed(*this);
}

void Connection::read() {
  if (is_reading_ || is_closing_ || is_at_end_of_input_) return;
  is_reading_ = true;
  socket_.async_read_some(asio::buffer(input_), [self = shared_from_this()](error_code failed, std::size_t size) {
    self->is_reading_ = false;
    if (self->is_closing_) return;
    if (failed == asio::error::eof) return self->on_end_of_input();
    if (failed) return self->close();
    self->unprocessed_ = {self->input_.data(), size};
    self->process_input();
  });
}

// Stops when answers pile up, so that a client which asks and does not read cannot make the daemon grow;
// flush() comes back here.
void Connection::process_input() {
  using Kind = protocol::LineSplitter::Piece::Kind;
  bool is_new_line = false;
  while (!is_closing_ && session_->outbox().answer_bytes() < limits_.answers) {
    auto const piece = splitter_.next(unprocessed_);
    if (!piece) break;
    is_new_line = true;
    piece->kind == Kind::line ? session_->on_line(piece->text) : session_->on_too_long_line();
  }
  owner_.on_activity();
  if (is_closing_) return;
  bool const is_paused = session_->outbox().answer_bytes() >= limits_.answers;
  if (is_paused) {
    line_timer_.cancel();
    is_timing_line_ = false;
  } else {
    watch_line(is_new_line);
    read();
  }
  schedule_flush();
}

void Connection::watch_line(bool is_new_line) {
  if (!splitter_.is_inside_line()) {
    if (std::exchange(is_timing_line_, false)) line_timer_.cancel();
    return;
  }
  if (is_timing_line_ && !is_new_line) return;
  is_timing_line_ = true;
  line_timer_.expires_after(limits_.line);
  line_timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (cancelled || self->is_closing_) return;
    self->close_after_output("a line was begun and not ended in time");
  });
}

// A client that has asked everything may close its sending half and still read the answers.
void Connection::on_end_of_input() {
  is_at_end_of_input_ = true;
  line_timer_.cancel();
  bool const expects_more = session_->calls_in_flight() > 0 || session_->follows_anything();
  if (!expects_more) return close_after_output();
  watch_for_hangup();
  schedule_flush();
}

void Connection::watch_for_hangup() {
  socket_.async_wait(Socket::wait_error, [self = shared_from_this()](error_code) {
    if (self->socket_.is_open()) self->close();
  });
}

// Posted, so that many events of one turn leave in one write.
void Connection::schedule_flush() {
  if (is_flush_scheduled_ || !socket_.is_open()) return;
  is_flush_scheduled_ = true;
  asio::post(socket_.get_executor(), [weak = weak_from_this()] {
    auto const self = weak.lock();
    if (!self) return;
    self->is_flush_scheduled_ = false;
    self->flush();
  });
}

void Connection::flush() {
  if (is_writing_ || !socket_.is_open()) return;
  if (written_ == output_.size()) {
    session_->outbox().on_written();
    output_ = session_->take_output(write_size);
    written_ = 0;
  }
  if (!output_.empty()) return write();
  bool const has_answered_all =
      is_at_end_of_input_ && session_->calls_in_flight() == 0 && !session_->follows_anything();
  if (is_closing_ || has_answered_all) return close();
  if (!is_reading_ && !is_at_end_of_input_) process_input();
}

void Connection::write() {
  is_writing_ = true;
  write_timer_.expires_after(limits_.unread);
  write_timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled && self->is_writing_) self->close();
  });
  auto const rest = asio::buffer(output_.data() + written_, output_.size() - written_);
  socket_.async_write_some(rest, [self = shared_from_this()](error_code failed, std::size_t size) {
    self->is_writing_ = false;
    self->write_timer_.cancel();
    if (failed) return self->close();
    self->written_ += size;
    self->flush();
  });
}

}  // namespace pim::rpc
