// Runs a fuzz target without a fuzzer: over every file of the folders named as arguments, and over every
// beginning of it, since parsers fail most often where a message stops short.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "target.hpp"

namespace {

// Beginnings of longer inputs are sampled, so that one large file does not take minutes.
constexpr std::size_t max_beginnings = 2048;

pim::Buffer read(std::filesystem::path const& path) {
  std::ifstream file(path, std::ios::binary);
  PIM_ASSERT(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void run(pim::Buffer const& input) {
  auto const step = input.size() / max_beginnings + 1;
  for (std::size_t size = 0; size < input.size(); size += step) {
    // A copy of exactly this size, so that a sanitizer sees a read behind its end.
    pim::Buffer const beginning(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(beginning.data(), beginning.size());
  }
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i)
    for (auto const& entry : std::filesystem::directory_iterator(argv[i])) {
      std::cout << entry.path().filename().string() << std::endl;  // flushed: names the culprit of a crash
      run(read(entry.path()));
      ++count;
    }
  std::cout << count << " inputs\n";
  return count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
