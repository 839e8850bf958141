// What the window says about requests and peers: whole sentences or their ends, in one place.
#pragma once

#include <string>

#include "ui/model/snapshot.hpp"

namespace pim::ui {

/// What a request was to do, behind "Couldn't".
[[nodiscard]] std::string attempt_text(Snapshot const& snapshot, Call const& call);
/// What a request has done; empty where it shows by itself.
[[nodiscard]] std::string success_text(Snapshot const& snapshot, Call const& call);

struct News {
  Tone tone = Tone::neutral;
  std::string text;  ///< empty: nothing that has to be said
};
[[nodiscard]] News news_text(protocol::PeerEvent const& event);

}  // namespace pim::ui
