#include "ui/cli/daemon.hpp"

#include <iostream>

#include "protocol/envelope.hpp"
#include "ui/cli/text.hpp"

namespace pim::cli {

using namespace std::chrono_literals;

namespace {
/// Setting up the host takes the daemon a second or two; one that says nothing for this long hangs.
constexpr auto patience = 60s;
}  // namespace

std::variant<link::Outcome, Failed> Daemon::wait(link::CallId call) {
  for (;;) {
    if (!link_.send(conversation_.take_outgoing())) return Failed{{}, "the daemon is gone"};
    while (auto happening = conversation_.next()) {
      if (auto* answer = std::get_if<link::Answer>(&*happening); answer != nullptr && answer->call == call) {
        if (auto* error = std::get_if<protocol::RpcError>(&answer->outcome)) return Failed{std::move(*error), {}};
        return std::move(answer->outcome);
      }
      if (auto* refused = std::get_if<link::Refused>(&*happening)) return Failed{std::move(refused->error), {}};
      if (auto* fault = std::get_if<link::Fault>(&*happening)) return Failed{{}, std::move(fault->message)};
    }
    auto const line = link_.read_line(patience);
    if (!line) return Failed{{}, "the daemon went away without an answer"};
    conversation_.feed(*line + "\n");
  }
}

int complain(Failed const& failed, Options const& options) {
  if (!failed.error) {
    std::cerr << "pim: " << failed.message << "\n";
    return code(Exit::no_daemon);
  }
  options.json ? std::cerr << protocol::to_json(*failed.error) << "\n"
               : std::cerr << "pim: " << text_of(*failed.error) << "\n";
  return code(Exit::refused);
}

int complain(link::NoDaemon const& absent, Options const&) {
  std::cerr << "pim: " << absent.message << "\n";
  if (!absent.may_exist) std::cerr << "pim: if internet is blocked, this opens it: pim route off\n";
  return code(Exit::no_daemon);
}

void print_line(std::string const& line) { std::cout << line << "\n" << std::flush; }

void print_text(std::string const& text) { std::cout << text << std::flush; }

}  // namespace pim::cli
