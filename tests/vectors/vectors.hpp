// Test vectors: those committed beside this file, which always run, and published ones, which run
// where $PIM_VECTORS, or the place where they are looked for otherwise, holds them.
#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pim::test {

/// A committed file; it has to be there.
[[nodiscard]] boost::json::value committed_vectors(std::string_view file);

/// A published file. Where it is absent the running case is counted as skipped, and there is no answer.
[[nodiscard]] std::optional<boost::json::value> published_vectors(std::string_view file);

/// The bytes that a JSON string of hex digits stands for.
[[nodiscard]] Buffer hex(boost::json::value const& text);
[[nodiscard]] Buffer hex(std::string_view text);
[[nodiscard]] inline Buffer hex(char const* text) { return hex(std::string_view(text)); }

}  // namespace pim::test
