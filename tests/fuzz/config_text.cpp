// Any text as a configuration: it gives a Config that shows itself as text which gives the same Config again,
// or problems that stand on one line each.
#include "config/decode.hpp"
#include "config/render.hpp"
#include "target.hpp"

using namespace pim;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto decoded = config::decode({reinterpret_cast<char const*>(data), size});
  if (!decoded) {
    PIM_ASSERT(!decoded.error().empty() && decoded.error().size() <= config::max_problems);
    PIM_ASSERT(config::to_string(decoded.error().front()).find('\n') == std::string::npos);
    return 0;
  }
  decoded->mesh.secret = {};  // shown as "(set)", which is refused
  auto const shown = config::render_toml(*decoded);
  auto const again = config::decode(shown);
  PIM_ASSERT(again.ok() && config::render_toml(*again) == shown);
  return 0;
}
