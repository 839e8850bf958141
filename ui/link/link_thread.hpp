// Runs a Connection on a thread of its own and hands whole snapshots over. The drawing thread calls
// latest() and request(); neither waits for the other side.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"

namespace pim::ui {

[[nodiscard]] Now read_clocks();

class LinkThread {
 public:
  struct Options {
    std::vector<std::string> sockets;  ///< to try in order, at least one
    std::string client;
    /// Called on the link's thread after each new snapshot; must not block.
    std::function<void()> wake;
  };
  explicit LinkThread(Options options);
  ~LinkThread();
  LinkThread(LinkThread const&) = delete;
  LinkThread& operator=(LinkThread const&) = delete;

  /// The newest snapshot since the last call, or null. For one reader.
  [[nodiscard]] std::shared_ptr<Snapshot const> latest();
  void request(std::vector<Action> actions);

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace pim::ui
