// A folder of its own for a test, gone afterwards; in memory where that is possible, since thousands of
// small writes wait for a real disk.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace pim {

class Scratch {
 public:
  Scratch() {
    path_ = (::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + std::string{"/pim-store-XXXXXX"};
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
  }
  Scratch(Scratch const&) = delete;
  Scratch& operator=(Scratch const&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string{name}; }
  [[nodiscard]] std::string const& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string slurp(std::string const& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline void spill(std::string const& path, std::string_view content) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << content;
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
}

inline unsigned mode_of(std::string const& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace pim
