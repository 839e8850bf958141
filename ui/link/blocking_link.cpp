#include "ui/link/blocking_link.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace pim::link {

using Clock = std::chrono::steady_clock;

BlockingLink::~BlockingLink() {
  if (dialled_.socket >= 0) ::close(dialled_.socket);
}

bool BlockingLink::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const size = ::send(dialled_.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

std::optional<std::string> BlockingLink::read_line(std::optional<std::chrono::milliseconds> patience) {
  auto const until = Clock::now() + patience.value_or(std::chrono::milliseconds{0});
  for (;;) {
    if (auto const end = buffer_.find('\n', searched_); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      searched_ = 0;
      return line;
    }
    searched_ = buffer_.size();
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (patience && left <= 0) return std::nullopt;
    pollfd waiting{dialled_.socket, POLLIN, 0};
    int const ready = ::poll(&waiting, 1, patience ? static_cast<int>(left) : -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    std::array<char, 65536> bytes{};
    auto const size = ::recv(dialled_.socket, bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::nullopt;
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace pim::link
