#include "vectors/vectors.hpp"

#include <boost/json/parse.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/skip.hpp"

namespace pim::test {
namespace {

std::optional<boost::json::value> read(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return boost::json::parse(text.str());
}

}  // namespace

boost::json::value committed_vectors(std::string_view file) {
  auto value = read(PIM_SOURCE_ROOT "/tests/vectors/" + std::string(file));
  PIM_ASSERT(value.has_value());
  return std::move(*value);
}

std::optional<boost::json::value> published_vectors(std::string_view file) {
  auto const* const chosen = std::getenv("PIM_VECTORS");
  std::string const folder = chosen != nullptr ? chosen : PIM_SOURCE_ROOT "/../shared/vectors";
  auto value = read(folder + "/" + std::string(file));
  if (!value) skip_case("published vectors " + std::string(file) + " are not present");
  return value;
}

Buffer hex(boost::json::value const& text) { return hex(std::string_view(text.as_string())); }

Buffer hex(std::string_view text) {
  auto bytes = parse_hex(text);
  PIM_ASSERT(bytes.has_value());
  return std::move(*bytes);
}

}  // namespace pim::test
