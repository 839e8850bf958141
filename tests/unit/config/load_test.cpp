#include "config/load.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace pim;
using namespace pim::config;

namespace {

class Home {
 public:
  Home() {
    char name[] = "/tmp/pim-config-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  Home(Home const&) = delete;
  Home& operator=(Home const&) = delete;
  ~Home() { std::filesystem::remove_all(path_); }

  std::string write(std::string const& name, std::string_view text, unsigned mode = 0600) const {
    auto const path = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    std::ofstream{path} << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }
  [[nodiscard]] std::string const& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("paths follow the environment, and a relative one counts as unset") {
  CHECK(config_path({.pim_config_path = "/etc/x.toml", .xdg_config_home = "/c", .home = "/h"}) == "/etc/x.toml");
  CHECK(config_path({.xdg_config_home = "/c", .home = "/h"}) == "/c/pim/pim.toml");
  CHECK(config_path({.xdg_config_home = "c", .home = "/h"}) == "/h/.config/pim/pim.toml");
  CHECK(config_path({}).empty());
  CHECK(state_folder({}, {.xdg_state_home = "/s", .home = "/h"}) == "/s/pim");
  CHECK(state_folder({}, {.home = "/h"}) == "/h/.local/state/pim");
  CHECK(state_folder({.node = {.data_dir = "/d"}}, {.xdg_state_home = "/s"}) == "/d");
  CHECK(state_folder({}, {}).empty());
}

TEST_CASE("an absent file means defaults, a present one what it says") {
  Home const home;
  Environment const environment{.home = home.path()};
  auto const absent = load(environment);
  REQUIRE(absent.ok());
  CHECK_FALSE(absent->last_modified);
  CHECK(absent->source_path == home.path() + "/.config/pim/pim.toml");
  CHECK(absent->config.transport.listen_port == 9100);
  CHECK(load({}).ok());

  home.write(".config/pim/pim.toml", "[transport]\nlisten_port = 7\n");
  auto const present = load(environment);
  REQUIRE(present.ok());
  CHECK(present->last_modified);
  CHECK(present->config.transport.listen_port == 7);
}

TEST_CASE("a file that cannot be used is one clear line") {
  Home const home;
  auto error_of = [&](std::string const& path) {
    auto const loaded = load({.pim_config_path = path});
    REQUIRE_FALSE(loaded.ok());
    CHECK(loaded.error().message.find('\n') == std::string::npos);
    return loaded.error().message;
  };
  auto const wrong = home.write("wrong.toml", "[routing]\nsplit_defualt = true\nx = 1\n");
  CHECK(error_of(wrong) ==
        wrong + ":2:1: unknown key `routing.split_defualt`, did you mean `routing.split_default`? (and 1 more)");
  CHECK(error_of(home.path()) == "the configuration " + home.path() + " is not a regular file");
  CHECK(error_of(wrong + "/below") == "cannot read the configuration " + wrong + "/below: Not a directory");
  auto const large = home.write("large.toml", std::string((1 << 20) + 1, '#'));
  CHECK(error_of(large) == large + ": the file is larger than 1 MiB");
  CHECK(error_of("/proc/self/mem").find("cannot read the configuration /proc/self/mem: ") == 0);
}

TEST_CASE("a file with a secret must be shut to others") {
  Home const home;
  auto const text = "[mesh]\nsecret = \"sixteen bytes and more\"\n";
  CHECK(load({.pim_config_path = home.write("shut.toml", text, 0640)}).ok());
  auto const open = home.write("open.toml", text, 0644);
  auto const loaded = load({.pim_config_path = open});
  REQUIRE_FALSE(loaded.ok());
  CHECK(loaded.error().message == open + " holds mesh.secret and is open to others; run: chmod o-rwx '" + open + "'");
  CHECK(load({.pim_config_path = home.write("no_secret.toml", "", 0644)}).ok());
}
