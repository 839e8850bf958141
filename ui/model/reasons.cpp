#include "ui/model/reasons.hpp"

#include <algorithm>

#include "base/refused_claim.hpp"
#include "ui/model/format.hpp"

namespace pim::ui {
namespace {

std::string readable(std::string reason) {
  std::replace(reason.begin(), reason.end(), '_', ' ');
  return printable(reason);
}

}  // namespace

std::vector<Reason> reasons_of(protocol::Counters const& counters) {
  std::vector<Reason> list;
  for (auto const& [reason, count] : counters)
    if (count > 0) list.push_back({readable(reason), count});
  std::stable_sort(list.begin(), list.end(), [](Reason const& a, Reason const& b) { return a.count > b.count; });
  return list;
}

std::uint64_t sum_of(protocol::Counters const& counters) {
  std::uint64_t sum = 0;
  for (auto const& [reason, count] : counters) sum += count;
  return sum;
}

protocol::Counters disbelieved(protocol::Counters refused_claims) {
  for (auto const claim : {RefusedClaim::outdated, RefusedClaim::from_nobody})
    refused_claims.erase(std::string{to_string(claim)});
  return refused_claims;
}

std::vector<Fact> refused_facts(protocol::Status const& status) {
  std::vector<Fact> facts;
  if (auto const& inbound = status.refused_inbound; inbound && inbound->packets > 0)
    facts.push_back({"refused", count_text(inbound->packets) + " packets to this device"});
  if (auto const claims = sum_of(disbelieved(status.refused_claims)); claims > 0)
    facts.push_back({"disbelieved", count_text(claims) + " claims, see Routing"});
  return facts;
}

}  // namespace pim::ui
