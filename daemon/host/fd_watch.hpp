// Calls a function whenever a descriptor is readable, on the io_context's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <fcntl.h>

#include <functional>
#include <utility>

namespace pim::host {

class FdWatch {
 public:
  /// `fd` stays its owner's: a duplicate is watched. `on_readable` has to drain it.
  FdWatch(boost::asio::io_context& io, int fd, std::function<void()> on_readable)
      : descriptor_(io), on_readable_(std::move(on_readable)) {
    boost::system::error_code error;
    if (auto const own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0); own >= 0) descriptor_.assign(own, error);
    if (descriptor_.is_open()) wait();
  }
  FdWatch(FdWatch&&) = delete;

 private:
  void wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
      if (error) return;  // closed, and this perhaps gone
      on_readable_();
      wait();
    });
  }

  boost::asio::posix::stream_descriptor descriptor_;
  std::function<void()> on_readable_;
};

}  // namespace pim::host
