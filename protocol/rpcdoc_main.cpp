// Writes docs/RPC.md and docs/openrpc.json, or says whether they are what the contract says today.
#include <fstream>
#include <iostream>
#include <iterator>

#include "protocol/rpcdoc.hpp"

namespace {

bool matches(std::string const& path, std::string const& text) {
  std::ifstream file(path, std::ios::binary);
  std::string const found{std::istreambuf_iterator<char>(file), {}};
  if (found == text) return true;
  std::cerr << path << " is not what the contract says; run: rpcdoc --write docs\n";
  return false;
}

bool write(std::string const& path, std::string const& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) std::cerr << path << " could not be written\n";
  return file.good();
}

}  // namespace

int main(int count, char** arguments) {
  std::string const verb = count == 3 ? arguments[1] : "";
  if (verb != "--write" && verb != "--check") {
    std::cerr << "usage: rpcdoc --write|--check FOLDER\n";
    return 2;
  }
  std::string const folder = arguments[2];
  auto const each = verb == "--write" ? write : matches;
  bool const markdown = each(folder + "/RPC.md", pim::protocol::markdown_file());
  bool const openrpc = each(folder + "/openrpc.json", pim::protocol::openrpc_file());
  return markdown && openrpc ? 0 : 1;
}
