#include "store/identity.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.hpp"
#include "fake_disk.hpp"
#include "scratch.hpp"
#include "store/state_folder.hpp"
#include "support/skip.hpp"

using namespace pim;
using namespace pim::store;

namespace {

struct Counting final : Entropy {
  std::uint8_t next = 1;
  void fill(MutBytes out) override {
    for (auto& byte : out) byte = next++;
  }
};

Result<crypto::KeyPair> load(std::string const& path) {
  SystemFiles files;
  Counting entropy;
  entropy.next = 100;  // another key, should one be made
  return load_or_create_identity(files, path, entropy);
}

PublicKey created_at(std::string const& path) {
  SystemFiles files;
  Counting entropy;
  auto const pair = load_or_create_identity(files, path, entropy);
  REQUIRE(pair.ok());
  return pair->public_key();
}

}  // namespace

TEST_CASE("the identity is made once, 0600, and read back ever after") {
  Scratch const scratch;
  auto const key = created_at(scratch / "identity");
  CHECK(mode_of(scratch / "identity") == 0600);
  auto const again = load(scratch / "identity");
  REQUIRE(again.ok());
  CHECK(again->public_key() == key);
}

TEST_CASE("a key file that others may read is refused with the command that helps") {
  Scratch const scratch;
  created_at(scratch / "identity");
  for (auto const mode : {0640u, 0604u, 0660u, 0601u}) {
    REQUIRE(::chmod((scratch / "identity").c_str(), mode) == 0);
    auto const refused = load(scratch / "identity");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("chmod 600 '" + scratch / "identity" + "'") != std::string::npos);
  }
  REQUIRE(::chmod((scratch / "identity").c_str(), 0400) == 0);
  CHECK(load(scratch / "identity").ok());
}

TEST_CASE("a key file cut short or changed in any bit stops the start and stays as it is") {
  Scratch const scratch;
  created_at(scratch / "identity");
  auto const good = slurp(scratch / "identity");
  auto check_damaged = [&](std::string const& text) {
    spill(scratch / "identity", text);
    auto const refused = load(scratch / "identity");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("is damaged") != std::string::npos);
    CHECK(slurp(scratch / "identity") == text);
  };
  for (std::size_t size = 0; size < good.size(); ++size) check_damaged(good.substr(0, size));
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto text = good;
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    check_damaged(text);
  }
  check_damaged(good + "\n");
  check_damaged(std::string(4000, 'x'));
}

TEST_CASE("an unreadable key file stops the start") {
  Scratch const scratch;
  REQUIRE(::mkdir((scratch / "identity").c_str(), 0700) == 0);
  CHECK_FALSE(load(scratch / "identity").ok());
  CHECK_FALSE(load(scratch / "no/folder/identity").ok());
}

TEST_CASE("a key that could not be stored is not used") {
  FakeDisk probe;
  Counting entropy;
  Scratch const scratch;
  REQUIRE(load_or_create_identity(probe, scratch / "identity", entropy).ok());
  for (int number = 2; number <= probe.calls(); ++number) {
    FakeDisk disk;
    disk.at_call(number, FakeDisk::Event::fails);
    CHECK_FALSE(load_or_create_identity(disk, scratch / "identity", entropy).ok());
  }
}

TEST_CASE("the state folder is made 0700, with what is missing above it") {
  Scratch const scratch;
  auto const mask = ::umask(0);
  REQUIRE(prepare_state_folder(scratch / "a/b/pim/").ok());
  ::umask(mask);
  CHECK(mode_of(scratch / "a/b/pim") == 0700);
  CHECK(mode_of(scratch / "a") == 0700);
  CHECK(prepare_state_folder(scratch / "a/b/pim").ok());
}

TEST_CASE("a state folder that is open to others, or none, is refused") {
  Scratch const scratch;
  REQUIRE(::mkdir((scratch / "it's").c_str(), 0700) == 0);
  REQUIRE(::chmod((scratch / "it's").c_str(), 0750) == 0);
  auto const refused = prepare_state_folder(scratch / "it's");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("run: chmod 700 '" + scratch / "it'\\''s" + "'") != std::string::npos);
  spill(scratch / "file", "");
  CHECK_FALSE(prepare_state_folder(scratch / "file").ok());
  CHECK_FALSE(prepare_state_folder(scratch / "file/below").ok());
  CHECK_FALSE(prepare_state_folder("").ok());
}

TEST_CASE("a key file or folder of another user is refused") {
  if (::geteuid() != 0) return test::skip_case("needs root to give a file away");
  Scratch const scratch;
  created_at(scratch / "identity");
  REQUIRE(::chown((scratch / "identity").c_str(), 1, 1) == 0);
  CHECK_FALSE(load(scratch / "identity").ok());
  REQUIRE(::chown(scratch.path().c_str(), 1, 1) == 0);
  CHECK_FALSE(prepare_state_folder(scratch.path()).ok());
}
