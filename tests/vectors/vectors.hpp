// Test vectors: those committed beside this file, which always run, and published ones, which run
// where their folder is present: $PIM_VECTORS, else ../shared/vectors seen from the repository root.
#pragma once

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pim::test {

/// A committed file; it has to be there.
[[nodiscard]] boost::json::value committed_vectors(std::string_view file);

/// A published file. Where it is absent this prints `SKIP: <test case>: <reason>` and answers nothing.
[[nodiscard]] std::optional<boost::json::value> published_vectors(std::string_view file, std::string_view test_case);

/// The bytes that a JSON string of hex digits stands for.
[[nodiscard]] Buffer hex(boost::json::value const& text);
[[nodiscard]] Buffer hex(std::string_view text);
[[nodiscard]] inline Buffer hex(char const* text) { return hex(std::string_view(text)); }

}  // namespace pim::test
