// Names of peers to addresses, by c-ares on marked sockets: getaddrinfo's own would go into the tunnel, and
// with no gateway wait there for ever. Runs on its caller's io_context and never blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace boost::asio {
class io_context;
}

namespace pim::net {

struct NameOptions {
  std::uint32_t mark = 0;                      ///< SO_MARK of its sockets where permitted
  std::chrono::milliseconds first_try{1'000};  ///< before a question is asked again
  std::chrono::milliseconds limit{5'000};      ///< then a name counts as not resolved
};

class NameResolver {
 public:
  /// Lookups at one time; more wait, up to `max_waiting`, and what is beyond does not resolve.
  static constexpr std::size_t max_running = 16, max_waiting = 256;
  static constexpr std::size_t max_addresses = 16;

  /// No addresses: the name does not resolve now. Called on the io_context's thread, never within resolve().
  using OnResolved = std::function<void(std::string const& host, std::vector<IpAddress> addresses)>;

  NameResolver(boost::asio::io_context& io, NameOptions options, OnResolved on_resolved);
  ~NameResolver();
  NameResolver(NameResolver&&) = delete;

  /// For lookups from now on: where to ask. Empty: whom /etc/resolv.conf names.
  void set_servers(std::vector<Endpoint> servers);
  /// Both families, hosts file first. A name already being looked up is not asked twice.
  void resolve(std::string host);

 private:
  class Lookup;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pim::net
