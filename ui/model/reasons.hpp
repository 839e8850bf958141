// Counters by reason as a status holds them, and what came from others and was not let in or not believed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/types/status.hpp"

namespace pim::ui {

struct Reason {
  std::string words;
  std::uint64_t count = 0;
};
/// Those that counted anything, the most frequent first.
[[nodiscard]] std::vector<Reason> reasons_of(protocol::Counters const& counters);
[[nodiscard]] std::uint64_t sum_of(protocol::Counters const& counters);
/// Without what late and repeated datagrams bring: nobody is to blame for it.
[[nodiscard]] protocol::Counters disbelieved(protocol::Counters refused_claims);

struct Fact {
  std::string_view label;
  std::string text;
};
/// One line each for packets and claims of others that were refused; none for what is zero.
[[nodiscard]] std::vector<Fact> refused_facts(protocol::Status const& status);

}  // namespace pim::ui
