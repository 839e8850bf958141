#include "sim/trace.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <set>

#include "wire/kind.hpp"

namespace pim::sim {
namespace {

constexpr std::size_t flows_kept = 400;

char const* to_string(Fate fate) {
  switch (fate) {
    case Fate::sent: return "sent";
    case Fate::doubled: return "sent, doubled";
    case Fate::lost: return "lost";
    case Fate::barred: return "not let in by a NAT";
    case Fate::arrived: return "arrived";
    case Fate::missed: return "came to a cut link or a dead node";
  }
  return "?";
}

char const* name_of(std::uint8_t kind) {
  switch (static_cast<wire::Kind>(kind)) {
    case wire::Kind::initiation: return "initiation";
    case wire::Kind::response: return "response";
    case wire::Kind::cookie_reply: return "cookie reply";
    case wire::Kind::data: return "data";
    case wire::Kind::key_query: return "key query";
    case wire::Kind::key_reply: return "key reply";
  }
  return "?";
}

std::string line_of(Flow const& flow) {
  char text[120];
  std::snprintf(text, sizeof text, "  %12.6f s  %4u -> %-4u %5zu bytes  %-12s %s\n",
                std::chrono::duration<double>(flow.at.time_since_epoch()).count(), flow.from, flow.to, flow.size,
                name_of(flow.kind), to_string(flow.fate));
  return text;
}

void keep(std::deque<Flow>& flows, Flow const& flow) {
  if (flows.size() == flows_kept) flows.pop_front();
  flows.push_back(flow);
}

template <class Flows>
std::string lines_of(Flows const& flows) {
  std::string text;
  for (auto const& flow : flows) text += line_of(flow);
  return text;
}

}  // namespace

void Trace::note(Flow const& flow, Bytes datagram) {
  mix(static_cast<std::uint64_t>(flow.at.time_since_epoch().count()));
  mix(std::uint64_t{flow.from} << 32 | flow.to);
  mix(flow.size << 8 | static_cast<std::uint64_t>(flow.fate));
  for (auto rest = datagram; !rest.empty(); rest = rest.subspan(std::min(rest.size(), sizeof(std::uint64_t)))) {
    std::uint64_t word = 0;
    std::memcpy(&word, rest.data(), std::min(rest.size(), sizeof word));
    mix(word);
  }
  keep(flows_, flow);
  keep(by_node_[flow.from], flow);
  keep(by_node_[flow.to], flow);
}

std::string Trace::last_flows_of(std::span<NodeNumber const> nodes) const {
  std::set<Flow> flows;  // one between two of them was kept twice
  for (auto const node : nodes)
    if (auto const found = by_node_.find(node); found != by_node_.end())
      flows.insert(found->second.begin(), found->second.end());
  return lines_of(flows);
}

std::string Trace::last_flows() const { return lines_of(flows_); }

/// FNV-1a, a word at a time.
void Trace::mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3u; }

}  // namespace pim::sim
