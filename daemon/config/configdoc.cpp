// pim-configdoc: prints docs/config.md.
#include <cstdio>

#include "config/render.hpp"

int main() {
  auto const text = pim::config::render_reference();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
