// One client's socket: bytes in and out of its Session, with the time limits that a silent or greedy
// client meets. Everything happens on the RPC thread.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>

#include "protocol/lines.hpp"
#include "rpc/session.hpp"

namespace pim::rpc {

struct ConnectionLimits {
  std::chrono::milliseconds line{10'000};      ///< from a line's first byte to its last
  std::chrono::milliseconds unread{30'000};    ///< output that waits and does not move
  std::size_t answers = std::size_t{1} << 20;  ///< bytes of answers that wait before requests are read no more
  Session::Limits session{};
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;
  /// Told when the connection is closed, and after every batch of lines.
  struct Owner {
    virtual ~Owner() = default;
    virtual void on_closed(Connection& connection) = 0;
    virtual void on_activity() = 0;
  };

  Connection(Socket socket, Hub& hub, ConnectionLimits const& limits, Owner& owner);

  void start();
  /// Writes what waits, then closes. With a message, the client is told first.
  void close_after_output(std::string farewell = {});
  void close();

  [[nodiscard]] bool has_said_hello() const { return session_->has_said_hello(); }
  [[nodiscard]] bool is_closing() const { return is_closing_; }

 private:
  void read();
  void process_input();
  void watch_line(bool is_new_line);
  void on_end_of_input();
  void watch_for_hangup();
  void schedule_flush();
  void flush();
  void write();

  Socket socket_;
  ConnectionLimits limits_;
  Owner& owner_;
  std::shared_ptr<Session> session_;
  protocol::LineSplitter splitter_{protocol::max_line};
  std::array<char, std::size_t{16} << 10> input_{};
  std::string_view unprocessed_;  ///< in input_
  std::string output_;
  std::size_t written_ = 0;
  boost::asio::steady_timer line_timer_;
  boost::asio::steady_timer write_timer_;
  bool is_timing_line_ = false;
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_flush_scheduled_ = false;
  bool is_at_end_of_input_ = false;
  bool is_closing_ = false;
};

}  // namespace pim::rpc
