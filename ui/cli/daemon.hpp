// One connection to the daemon for the length of a command.
#pragma once

#include "ui/cli/commands.hpp"
#include "ui/link/blocking_link.hpp"

namespace pim::cli {

inline constexpr char client_name[] = "pim " PIM_VERSION;

/// Why a call has no result: the daemon said no, or it is not there.
struct Failed {
  std::optional<protocol::RpcError> error;
  std::string message;
};

class Daemon {
 public:
  explicit Daemon(link::Dialled dialled) : link_(std::move(dialled)) {}

  template <class Method>
  using Answer = std::variant<typename Method::Result, Failed>;

  template <class Method>
  Answer<Method> ask(typename Method::Params const& params = {}) {
    auto outcome = wait(conversation_.call<Method>(params));
    if (auto* failed = std::get_if<Failed>(&outcome)) return std::move(*failed);
    return std::get<typename Method::Result>(std::get<link::Outcome>(std::move(outcome)));
  }

 private:
  std::variant<link::Outcome, Failed> wait(link::CallId call);

  link::BlockingLink link_;
  link::Conversation conversation_{client_name};
};

/// Prints why and gives the exit code.
int complain(Failed const& failed, Options const& options);
int complain(link::NoDaemon const& absent, Options const& options);

/// Runs `with(Daemon&)` when the daemon is there.
template <class With>
int with_daemon(Options const& options, With with) {
  auto dialled = link::dial(link::socket_places(options.socket));
  if (auto const* absent = std::get_if<link::NoDaemon>(&dialled)) return complain(*absent, options);
  Daemon daemon(std::get<link::Dialled>(std::move(dialled)));
  return with(daemon);
}

/// Asks once; `print(result)` gives the exit code.
template <class Method, class Print>
int ask(Options const& options, typename Method::Params const& params, Print print) {
  return with_daemon(options, [&](Daemon& daemon) {
    auto const answer = daemon.ask<Method>(params);
    if (auto const* failed = std::get_if<Failed>(&answer)) return complain(*failed, options);
    return print(std::get<typename Method::Result>(answer));
  });
}

void print_line(std::string const& line);
/// The text as it is, which ends with a newline of its own.
void print_text(std::string const& text);

template <class Result>
void print_result(Options const& options, Result const& result, std::string const& text) {
  options.json ? print_line(protocol::to_json(result)) : print_text(text);
}

inline int code(Exit exit) { return static_cast<int>(exit); }

}  // namespace pim::cli
