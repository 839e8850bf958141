#include "crowd.hpp"

#include <poll.h>

#include <algorithm>

#include "net/clock.hpp"

namespace pim::crowd {
namespace {

/// Those who stand first in the queue are not kept waiting by those who go on arriving.
constexpr int datagrams_a_turn = 256;

}  // namespace

Crowd::Crowd(Size const& size, OnePort& port, Ground& ground) : size_(size), port_(port), ground_(ground) {
  places_.reserve(size.members);
}

void Crowd::turn(Time until) {
  wait(std::min(until, deadlines_.next()));
  auto const now = net::read_clocks();
  take_datagrams(now);
  take_deadlines(now);
  let_join(now);
}

void Crowd::wait(Time until) const {
  bool const has_room = places_.size() < size_.members && places_.size() - joined_ < size_.joining;
  auto const left = has_room ? Duration::zero() : std::max(Duration::zero(), until - net::boot_now());
  // Rounded up: a wait that ends before its deadline would be followed by another.
  auto const limit = std::chrono::ceil<std::chrono::milliseconds>(std::min<Duration>(left, std::chrono::hours{1}));
  pollfd port{port_.fd(), POLLIN, 0};
  ::poll(&port, 1, static_cast<int>(limit.count()));
}

void Crowd::let_join(Now const& now) {
  if (places_.size() == size_.members || places_.size() - joined_ >= size_.joining) return;
  auto const number = static_cast<std::uint32_t>(places_.size());
  auto const address = IpAddress::from_v4(size_.first_address.v4() + number);
  places_.push_back({std::make_unique<Member>(number, address, ground_)});
  places_.back().member->start(now);
  settle(number);
}

void Crowd::take_datagrams(Now const& now) {
  for (int taken = 0; taken < datagrams_a_turn; ++taken) {
    auto const arrival = port_.receive();
    if (!arrival) return;
    auto const number = arrival->to.v4() - size_.first_address.v4();
    if (number >= places_.size()) continue;
    places_[number].member->on_datagram(arrival->from, arrival->datagram, now);
    settle(number);
  }
}

void Crowd::take_deadlines(Now const& now) {
  while (auto const number = deadlines_.take_due(now.boot)) {
    places_[*number].member->on_deadline(now);
    settle(*number);
  }
}

void Crowd::settle(std::uint32_t number) {
  auto& place = places_[number];
  auto const& packets = ground_.packets;
  for (auto const& train : packets.trains)
    dataplane::each_datagram(train.data, train.segment,
                             [&](Bytes one) { port_.send(place.member->address(), train.to, one); });
  deadlines_.arm(number, place.member->next_deadline());
  bool const was_connected = std::exchange(place.is_connected, place.member->is_connected());
  if (place.is_connected && !std::exchange(place.has_joined, true)) ++joined_;
  if (place.is_connected && !was_connected) ++connected_;
  if (!place.is_connected && was_connected) --connected_;
}

}  // namespace pim::crowd
