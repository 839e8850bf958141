// States as a glyph, a word and a colour: never by colour alone, the same on every screen.
#pragma once

#include <string_view>

#include "ui/model/format.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/widgets/theme.hpp"

namespace pim::ui {

struct Mark {
  std::string_view glyph, word;
  Colour colour;
};

[[nodiscard]] Mark mark_of(protocol::PeerState state);
/// The switch as far as it is known: before the daemon's first word that is nothing.
[[nodiscard]] Mark route_mark(Snapshot const& snapshot);
[[nodiscard]] Mark mark_of(Snapshot const& snapshot);  ///< the connection and the node as a whole
[[nodiscard]] Mark mark_of(LogLevel level);
[[nodiscard]] Mark trust_mark(protocol::PeerSummary const& peer);
[[nodiscard]] Mark mark_of(protocol::HandshakeOutcome outcome);
[[nodiscard]] Colour colour_of(LatencyTone tone);

}  // namespace pim::ui
