#include "store/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_disk.hpp"
#include "scratch.hpp"

using namespace pim;
using namespace pim::store;

namespace {

std::string const old_text = "the old content", new_text = "the new content, longer than the old";

Result<void> write_new(FileSystem& files, Keep keep = Keep::previous_generation) {
  return replace_file(files, "folder/file", as_bytes(new_text), keep);
}

int calls_of_a_whole_write() {
  FakeDisk disk{{{"folder/file", old_text}, {"folder/file.prev", "older"}, {"folder/file.new", "left by a crash"}}};
  disk.write_at_most(10);
  REQUIRE(write_new(disk).ok());
  return disk.calls();
}

}  // namespace

TEST_CASE("replacing a file leaves the new content, the previous generation and nothing else") {
  FakeDisk disk{{{"folder/file", old_text}, {"folder/file.prev", "older"}, {"folder/file.new", "left by a crash"}}};
  disk.write_at_most(10);
  REQUIRE(write_new(disk).ok());
  FakeDisk::Contents const expected{{"folder/file", new_text}, {"folder/file.prev", old_text}};
  CHECK(disk.contents() == expected);
  CHECK(disk.open_files() == 0);
  for (auto const& found : disk.after_power_cut()) CHECK(found == expected);
}

TEST_CASE("a first file has no previous generation") {
  FakeDisk disk;
  REQUIRE(write_new(disk).ok());
  CHECK(disk.contents() == FakeDisk::Contents{{"folder/file", new_text}});
}

TEST_CASE("a power cut at any call leaves the old file or the new one, whole") {
  auto const calls = calls_of_a_whole_write();
  REQUIRE(calls > 8);
  bool old_seen = false, new_seen = false;
  for (int number = 1; number <= calls; ++number) {
    FakeDisk disk{{{"folder/file", old_text}, {"folder/file.prev", "older"}, {"folder/file.new", "left by a crash"}}};
    disk.write_at_most(10);
    disk.at_call(number, FakeDisk::Event::cuts_power);
    CHECK_THROWS_AS((void)write_new(disk).ok(), PowerCut);
    for (auto const& found : disk.after_power_cut()) {
      REQUIRE(found.contains("folder/file"));
      auto const& text = found.at("folder/file");
      CHECK((text == old_text || text == new_text));
      (text == old_text ? old_seen : new_seen) = true;

      FakeDisk next{found};  // and the next start can write again
      CHECK(write_new(next).ok());
      CHECK(next.contents().at("folder/file") == new_text);
    }
  }
  CHECK(old_seen);
  CHECK(new_seen);
}

TEST_CASE("a failure of any call is reported, leaves the old file or the new one, and no descriptor") {
  auto const calls = calls_of_a_whole_write();
  for (auto const code : {ENOSPC, EIO, EDQUOT}) {
    for (int number = 1; number <= calls; ++number) {
      FakeDisk disk{{{"folder/file", old_text}, {"folder/file.prev", "older"}, {"folder/file.new", "left by a crash"}}};
      disk.write_at_most(10);
      disk.at_call(number, FakeDisk::Event::fails, code);
      auto const written = write_new(disk);
      auto const text = disk.contents().at("folder/file");
      CHECK_FALSE(written.ok());
      CHECK(written.error().message.find(to_string(number == 1 ? Errno{EEXIST} : Errno{code})) != std::string::npos);
      CHECK((text == old_text || text == new_text));
      if (number != 1) CHECK_FALSE(disk.contents().contains("folder/file.new"));
      CHECK(disk.open_files() == 0);
      for (auto const& found : disk.after_power_cut()) {
        auto const& kept = found.at("folder/file");
        CHECK((kept == old_text || kept == new_text));
      }
    }
  }
}

TEST_CASE("a file system without hard links keeps no previous generation and still replaces") {
  FakeDisk disk{{{"folder/file", old_text}}};
  disk.has_links = false;
  REQUIRE(write_new(disk).ok());
  CHECK(disk.contents() == FakeDisk::Contents{{"folder/file", new_text}});
}

TEST_CASE("on a real disk the file is 0600 whatever the umask and replaces links, never their targets") {
  Scratch const scratch;
  SystemFiles files;
  auto const mask = ::umask(0);
  spill(scratch / "victim", "untouched");
  REQUIRE(::symlink((scratch / "victim").c_str(), (scratch / "file.new").c_str()) == 0);
  REQUIRE(replace_file(files, scratch / "file", as_bytes("one"), Keep::previous_generation).ok());
  REQUIRE(replace_file(files, scratch / "file", as_bytes("two"), Keep::previous_generation).ok());
  ::umask(mask);
  CHECK(slurp(scratch / "file") == "two");
  CHECK(slurp(scratch / "file.prev") == "one");
  CHECK(slurp(scratch / "victim") == "untouched");
  CHECK(mode_of(scratch / "file") == 0600);
  CHECK_FALSE(std::filesystem::exists(scratch / "file.new"));
}

TEST_CASE("a full device is reported and harms nothing") {
  // /dev/full answers every write with ENOSPC, from the kernel itself.
  struct FullDevice final : FileSystem {
    SystemFiles real;
    int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    ~FullDevice() override { ::close(full); }
    Result<int, Errno> create(std::string const& path) override { return real.create(path); }
    Result<int, Errno> open_folder(std::string const& path) override { return real.open_folder(path); }
    Result<std::size_t, Errno> write(int, Bytes bytes) override { return real.write(full, bytes); }
    Result<void, Errno> sync(int file) override { return real.sync(file); }
    Result<void, Errno> close(int file) override { return real.close(file); }
    Result<void, Errno> rename(std::string const& from, std::string const& to) override {
      return real.rename(from, to);
    }
    Result<void, Errno> link(std::string const& from, std::string const& to) override { return real.link(from, to); }
    Result<void, Errno> remove(std::string const& path) override { return real.remove(path); }
  } files;
  Scratch const scratch;
  spill(scratch / "file", old_text);
  auto const written = replace_file(files, scratch / "file", as_bytes(new_text), Keep::previous_generation);
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().message == "cannot write " + scratch / "file" + ".new: No space left on device");
  CHECK(slurp(scratch / "file") == old_text);
  CHECK_FALSE(std::filesystem::exists(scratch / "file.new"));
}

TEST_CASE("reading tells absent from unreadable") {
  Scratch const scratch;
  auto const absent = read_file(scratch / "nothing", 10);
  REQUIRE(absent.ok());
  CHECK_FALSE(absent->has_value());
  CHECK_FALSE(read_file(scratch.path(), 10).ok());
  spill(scratch / "file", "0123456789");
  REQUIRE(read_file(scratch / "file", 10).ok());
  CHECK((*read_file(scratch / "file", 10))->content.size() == 10);
  CHECK_FALSE(read_file(scratch / "file", 9).ok());
  CHECK_FALSE(read_file(scratch / "file/below", 10).ok());
  REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  CHECK_FALSE(read_file(scratch / "pipe", 10).ok());
}
