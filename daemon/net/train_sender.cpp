#include "net/train_sender.hpp"

#include <netinet/udp.h>

#include <algorithm>
#include <cerrno>

namespace pim::net {
namespace {

using dataplane::OutTrain;

bool is_lone(OutTrain const& train) { return train.data.size() <= train.segment; }

std::uint64_t datagrams(OutTrain const& train) { return (train.data.size() + train.segment - 1) / train.segment; }

/// Calls `use` with every datagram of `train`, as a train of one.
template <class Use>
void each_lone(OutTrain const& train, Use const& use) {
  dataplane::each_datagram(train.data, train.segment, [&](Bytes one) { use(OutTrain{train.to, one, one.size()}); });
}

void ask_for_segments(msghdr& header, std::span<std::uint8_t> control, std::uint16_t size) {
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  auto* const part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_UDP;
  part->cmsg_type = UDP_SEGMENT;
  part->cmsg_len = CMSG_LEN(sizeof size);
  std::memcpy(CMSG_DATA(part), &size, sizeof size);
}

}  // namespace

TrainSender::TrainSender(UdpCalls& calls, int fd, bool offload)
    : calls_(calls),
      fd_(fd),
      offload_(offload),
      trains_(std::make_unique<Batch>()),
      singles_(std::make_unique<Batch>()) {}

dataplane::SentBytes TrainSender::send(dataplane::Out const& out, Family family, Time now, DropCounters& drops) {
  drops_ = &drops;
  sent_ = {};
  now_ = now;
  waited_ = false;
  pending_.clear();
  for (bool const relayed : {false, true}) collect(out, family, relayed);
  for (std::span<OutTrain const> rest = pending_; !rest.empty();) {
    auto const now_sent = rest.first(std::min(rest.size(), batch_size));
    send_batch(*trains_, now_sent);
    rest = rest.subspan(now_sent.size());
  }
  return sent_;
}

void TrainSender::collect(dataplane::Out const& out, Family family, bool relayed) {
  auto& bytes = relayed ? sent_.relayed : sent_.own;
  for (auto const& train : out.trains) {
    if (train.is_relayed != relayed) continue;
    if (train.to.ip.family != family || train.data.empty() || train.segment == 0) continue;
    bytes += train.data.size();
    if (is_lone(train) || goes_whole(train))
      pending_.push_back(train);
    else
      each_lone(train, [this](OutTrain const& one) { pending_.push_back(one); });
  }
}

void TrainSender::send_batch(Batch& batch, std::span<OutTrain const> trains) {
  fill(batch, trains);
  for (std::size_t at = 0; at < trains.size();) {
    auto const sent = calls_.send(fd_, std::span{batch.messages}.subspan(at, trains.size() - at));
    if (sent > 0)
      at += static_cast<std::size_t>(sent);
    else if (on_error(sent == 0 ? EAGAIN : -sent, trains[at]) == Next::passed)
      ++at;
  }
}

void TrainSender::fill(Batch& batch, std::span<OutTrain const> trains) const {
  for (std::size_t i = 0; i < trains.size(); ++i) {
    auto const& train = trains[i];
    auto& slot = batch.slots[i];
    auto& header = batch.messages[i].msg_hdr;
    header = {};
    header.msg_name = &slot.to;
    header.msg_namelen = to_socket_address(train.to, slot.to);
    // sendmsg does not write through the pointer; its type is shared with recvmsg.
    slot.data = {const_cast<std::uint8_t*>(train.data.data()), train.data.size()};
    header.msg_iov = &slot.data;
    header.msg_iovlen = 1;
    if (!is_lone(train)) ask_for_segments(header, slot.control, static_cast<std::uint16_t>(train.segment));
  }
}

void TrainSender::send_singly(OutTrain const& train) {
  std::array<OutTrain, batch_size> ones;
  std::size_t count = 0;
  auto const flush = [&] {
    send_batch(*singles_, std::span{ones}.first(count));
    count = 0;
  };
  each_lone(train, [&](OutTrain const& one) {
    ones[count++] = one;
    if (count == ones.size()) flush();
  });
  flush();
}

TrainSender::Next TrainSender::on_error(int error, OutTrain const& train) {
  switch (error) {
    case EINTR: return Next::again;
    case EAGAIN:
    case ENOBUFS: return on_congestion(train);
    case EIO:
      // The device it leaves by cannot fill in checksums of cut datagrams, and nothing tells which one.
      if (!is_lone(train)) offload_ = false;
      break;
    case EMSGSIZE:
    case EINVAL:
      // One datagram of the train does not fit the path's MTU, or this kernel refuses the shape. Alone
      // it is fragmented.
      if (!is_lone(train)) remember_limit(train);
      break;
    default: count_lost(Drop::send_failed, train); return Next::passed;
  }
  if (is_lone(train))
    count_lost(Drop::send_failed, train);
  else
    send_singly(train);
  return Next::passed;
}

TrainSender::Next TrainSender::on_congestion(OutTrain const& train) {
  if (!waited_) {
    waited_ = true;
    if (calls_.wait_writable(fd_, patience)) return Next::again;
  }
  count_lost(Drop::congestion, train);
  sent_.lost += train.data.size();
  return Next::passed;
}

bool TrainSender::goes_whole(OutTrain const& train) const {
  if (!offload_) return false;
  auto const used = std::span{limits_}.first(limits_used_);
  return std::ranges::none_of(used, [&](Limit const& limit) {
    return limit.to == train.to && train.segment >= limit.segment && now_ < limit.until;
  });
}

void TrainSender::remember_limit(OutTrain const& train) {
  auto const used = std::span{limits_}.first(limits_used_);
  auto found = std::ranges::find(used, train.to, &Limit::to);
  auto& limit = found != used.end() ? *found : limits_[next_limit_++ % limits_.size()];
  if (found == used.end()) limits_used_ = std::min(limits_used_ + 1, limits_.size());
  limit = {train.to, train.segment, now_ + single_for};
}

void TrainSender::count_lost(Drop reason, OutTrain const& train) {
  (*drops_)[static_cast<std::size_t>(reason)] += datagrams(train);
}

}  // namespace pim::net
