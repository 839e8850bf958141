#include "linux/journal.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

using namespace pim::linux_edge;

namespace {

std::vector<SavedSysctl> const entries = {{"net/ipv4/conf/all/src_valid_mark", "1", "0"},
                                          {"net/ipv6/conf/all/forwarding", "1", "0"}};

struct Folder {
  Folder() {
    std::array<char, 32> name{"/tmp/pim-journal-XXXXXX"};
    path = ::mkdtemp(name.data());
  }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("a journal reads back as it was written, in its own place only") {
  auto const text = to_journal(entries, "boot 7");
  CHECK(parse_journal(text, "boot 7") == entries);
  CHECK(parse_journal(text, "boot 8") == std::vector<SavedSysctl>{});
  CHECK(parse_journal(to_journal({}, "p"), "p") == std::vector<SavedSysctl>{});
}

TEST_CASE("a journal that was cut anywhere is no journal") {
  auto const text = to_journal(entries, "boot 7");
  for (std::size_t size = 0; size < text.size(); ++size) CHECK_FALSE(parse_journal(text.substr(0, size), "boot 7"));
  CHECK_FALSE(parse_journal(text + "more\n", "boot 7"));
}

TEST_CASE("a journal names nothing beside the network's settings") {
  for (auto const* path :
       {"kernel/core_pattern", "net/ipv4/../../kernel/core_pattern", "/etc/passwd", "net/core/bpf_jit_enable", ""})
    CHECK_FALSE(parse_journal(to_journal({{path, "1", "0"}}, "p"), "p"));
}

TEST_CASE("what was saved is loaded again, and an empty journal leaves no file") {
  Folder const folder;
  Journal const journal{folder.path / "state"};
  CHECK(journal.load().value().empty());
  REQUIRE(journal.save(entries).ok());
  CHECK(journal.load().value() == entries);
  struct stat status{};
  REQUIRE(::stat((folder.path / "state/host.journal").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(journal.prove_writable().ok());
  CHECK(journal.load().value() == entries);
  REQUIRE(journal.save({}).ok());
  CHECK(std::filesystem::is_empty(folder.path / "state"));
}

TEST_CASE("an unreadable journal is an error that names the file, and stays as it is") {
  Folder const folder;
  Journal const journal{folder.path};
  std::ofstream{folder.path / "host.journal"} << "garbage\n";
  REQUIRE_FALSE(journal.load().ok());
  CHECK(journal.load().error().message.find("host.journal") != std::string::npos);
  CHECK_FALSE(journal.prove_writable().ok());
  CHECK(std::filesystem::file_size(folder.path / "host.journal") == 8);
}

TEST_CASE("a folder that cannot be written is an error before anything is lost") {
  Folder const folder;
  std::ofstream{folder.path / "file"} << "not a folder";
  CHECK_FALSE(Journal{folder.path / "file"}.save(entries).ok());
  CHECK_FALSE(Journal{folder.path / "file"}.prove_writable().ok());
}

TEST_CASE("a write that fails keeps the generation before") {
  Folder const folder;
  Journal const journal{folder.path};
  REQUIRE(journal.save(entries).ok());
  REQUIRE(::mkdir((folder.path / "host.journal.new").c_str(), 0700) == 0);
  CHECK_FALSE(journal.save({entries.front()}).ok());
  CHECK(journal.load().value() == entries);
}
