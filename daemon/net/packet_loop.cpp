#include "net/packet_loop.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>

#include "net/clock.hpp"
#include "net/relayed.hpp"

namespace pim::net {
namespace {

// Room for one full batch of every source, sealed again for the next hop.
constexpr std::size_t arena_size = std::size_t{4} << 20;
// Answers to answers are rare; a bound keeps a mistake there from holding up everything else.
constexpr int settle_rounds = 8;

timespec to_timespec(Time time) {
  auto const since = time.time_since_epoch();
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((since - seconds).count())};
}

}  // namespace

PacketLoop::PacketLoop(Parts const& parts)
    : parts_(parts),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC)),
      out_(arena_size) {
  PIM_ASSERT(epoll_.is_open() && timer_.is_open());
  watch(parts_.udp.fd(Family::v4), Source::udp_v4);
  watch(parts_.udp.fd(Family::v6), Source::udp_v6);
  if (parts_.beacons != nullptr) {
    watch(parts_.beacons->fd(Family::v4), Source::beacon_v4);
    watch(parts_.beacons->fd(Family::v6), Source::beacon_v6);
  }
  watch(parts_.inbox.fd(), Source::inbox);
  watch(timer_.get(), Source::timer);
}

void PacketLoop::run() {
  begin_turn();
  auto start = turn();
  parts_.control.on_start(start);
  end_turn();
  while (!finished_) {
    take_what_waits();
    end_turn();
  }
}

void PacketLoop::take_what_waits() {
  std::array<epoll_event, 8> events;
  auto const count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
  begin_turn();
  for (int i = 0; i < count; ++i) on_source(static_cast<Source>(events[static_cast<std::size_t>(i)].data.u32));
  if (now_.boot >= parts_.control.next_deadline()) {
    settle();  // after a sleep of ours the answers have come, and are heard before their absence is acted on
    auto due = turn();
    parts_.control.on_deadline(due);
  }
}

void PacketLoop::begin_turn() {
  now_ = read_clocks();
  out_.clear();
  outbox_.clear();
  is_moving_ = false;
}

void PacketLoop::end_turn() {
  settle();
  flush();
  fold_drops();
  hand_over();
  publish_counters();
  arm_timer();
}

void PacketLoop::on_source(Source source) {
  switch (source) {
    case Source::udp_v4: return take_datagrams(Family::v4);
    case Source::udp_v6: return take_datagrams(Family::v6);
    case Source::beacon_v4: return take_beacons(Family::v4);
    case Source::beacon_v6: return take_beacons(Family::v6);
    case Source::tunnel: return take_frames();
    case Source::inbox: return take_inbox();
    // Expired: quiet again when it is armed anew, which an expired timer always is.
    case Source::timer: armed_ = Time{}; return;
  }
}

void PacketLoop::take_inbox() {
  inputs_.clear();
  parts_.inbox.take(inputs_);
  for (auto& input : inputs_) on_input(std::move(input));
  inputs_.clear();
}

void PacketLoop::on_input(PacketInput input) {
  auto now = turn();
  if (auto* const command = std::get_if<CommandInput>(&input))
    parts_.control.on_command(command->id, std::move(command->command), now);
  else if (auto* const note = std::get_if<control::HostNote>(&input))
    parts_.control.on_host(std::move(*note), now);
  else
    attach(std::move(std::get<TunnelAttached>(input)));
}

void PacketLoop::take_datagrams(Family family) {
  auto const trains = parts_.udp.receive(family, drops_);
  if (trains.empty()) return;
  is_moving_ = true;
  parts_.dataplane.on_datagrams(trains, now_, out_);
}

void PacketLoop::take_beacons(Family family) {
  auto const beacons = parts_.beacons->receive(family, drops_);
  if (beacons.empty()) return;
  is_moving_ = true;
  auto now = turn();
  parts_.control.on_beacons(beacons, now);
}

void PacketLoop::take_frames() {
  auto const frames = tun_.read();
  if (!frames.empty()) {
    is_moving_ = true;
    parts_.dataplane.on_tun(frames, now_, out_);
  }
  // The host thread notices by itself that the device is gone, makes it again and hands it over; until then
  // a dead descriptor would wake this loop for ever.
  if (tun_.is_lost()) attach({});
}

void PacketLoop::attach(TunnelAttached attached) {
  // Others may hold the same open file, so that closing alone would not end the watch.
  if (tun_.fd() >= 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, tun_.fd(), nullptr);
  parts_.dataplane.join_udp(attached.takes_udp_segments);
  tun_.attach(std::move(attached.device));
  watch(tun_.fd(), Source::tunnel);
}

void PacketLoop::settle() {
  auto now = turn();
  for (int round = 0; round < settle_rounds && !out_.control.empty(); ++round) {
    frames_.clear();
    frames_.swap(out_.control);
    parts_.control.on_frames(frames_, now);
  }
}

void PacketLoop::flush() {
  parts_.dataplane.on_sent(parts_.udp.send(out_, now_.boot, drops_), now_.boot);
  tun_.write(out_, drops_);
  if (parts_.beacons != nullptr) send_beacons();
}

void PacketLoop::send_beacons() {
  if (outbox_.beacon_interfaces) parts_.beacons->follow(*outbox_.beacon_interfaces);
  for (auto const& beacon : outbox_.beacons) parts_.beacons->send(beacon, drops_);
}

void PacketLoop::fold_drops() {
  for (std::size_t i = 0; i < drop_count; ++i) {
    if (drops_[i] == 0) continue;
    parts_.dataplane.count_drop(static_cast<Drop>(i), drops_[i]);
    drops_[i] = 0;
    is_moving_ = true;
  }
}

void PacketLoop::hand_over() {
  for (auto const& note : outbox_.notes) {
    if (std::holds_alternative<control::Finished>(note)) finished_ = true;
    if (auto const* const peer = std::get_if<control::PeerView>(&note); peer && peer->slot)
      slots_seen_ = std::max(slots_seen_, peer->slot->value + 1);
  }
  if (!outbox_.host.empty()) parts_.host.post(std::exchange(outbox_.host, {}));
  if (!outbox_.notes.empty()) parts_.notes.publish(std::exchange(outbox_.notes, {}));
}

void PacketLoop::publish_counters() {
  // A lone packet is shown at once and needs no later wake-up; a stream is shown now and then, and when it
  // ends the timer shows the rest.
  auto const earliest = counters_published_ + counters_every;
  if (is_moving_) counters_due_ = std::min(counters_due_, std::max(earliest, now_.boot));
  if (now_.boot < counters_due_) return;
  for (std::uint32_t slot = 0; slot < std::min(slots_seen_, Counters::capacity); ++slot) {
    auto const& seen = parts_.dataplane.activity(PeerSlot{slot});
    parts_.counters.set_peer(PeerSlot{slot},
                             {seen.rx_bytes, seen.tx_bytes, seen.rx_packets, seen.tx_packets, seen.last_received});
  }
  parts_.counters.set_drops(parts_.dataplane.drops());
  parts_.counters.set_refused_claims(parts_.control.refused_claims());
  parts_.counters.set_relayed(sum_up(parts_.dataplane.relayed()));
  counters_published_ = now_.boot;
  counters_due_ = never;
}

void PacketLoop::arm_timer() {
  auto const due = std::min(parts_.control.next_deadline(), counters_due_);
  if (due == armed_) return;
  armed_ = due;
  itimerspec spec{};
  // Zero disarms; what is due already fires at once.
  if (due != never) spec.it_value = to_timespec(std::max(due, Time{Duration{1}}));
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

void PacketLoop::watch(int fd, Source source) const {
  if (fd < 0) return;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = static_cast<std::uint32_t>(source);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

}  // namespace pim::net
