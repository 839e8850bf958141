// A disk that forgets: content counts as written only once synced, names only once their folder is. It can
// fail with an errno, or lose power, at the N-th call. after_power_cut() lists every state that may be found
// at the next start.
#pragma once

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/file_system.hpp"

namespace pim {

struct PowerCut {};

class FakeDisk final : public store::FileSystem {
 public:
  using Contents = std::map<std::string, std::string>;

  explicit FakeDisk(Contents const& contents = {}) {
    for (auto const& [name, text] : contents) names_[name] = std::make_shared<Inode>(Inode{text, text});
    durable_names_.push_back(names_);
  }

  enum class Event { fails, cuts_power };
  void at_call(int number, Event event, int code = ENOSPC) { number_ = number, event_ = event, code_ = code; }
  void write_at_most(std::size_t bytes) { chunk_ = bytes; }
  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] std::size_t open_files() const { return open_.size(); }

  /// What running programs see.
  [[nodiscard]] Contents contents() const {
    return view(names_, [](Inode const& inode) { return inode.cached; });
  }

  /// Any number of the changes of names since the last sync may have arrived; unsynced content is lost
  /// whole, cut in half, or there.
  [[nodiscard]] std::vector<Contents> after_power_cut() const {
    std::vector<Contents> outcomes;
    for (auto const& names : durable_names_) {
      outcomes.push_back(view(names, [](Inode const& inode) { return inode.durable; }));
      outcomes.push_back(view(names, [](Inode const& inode) { return inode.cached; }));
      outcomes.push_back(view(names, [](Inode const& inode) {
        return inode.cached == inode.durable ? inode.durable : inode.cached.substr(0, inode.cached.size() / 2);
      }));
    }
    return outcomes;
  }

  Result<int, store::Errno> create(std::string const& path) override {
    if (auto const stop = step()) return fail_with(*stop);
    if (names_.contains(path)) return fail_with(store::Errno{EEXIST});
    names_[path] = std::make_shared<Inode>();
    durable_names_.push_back(names_);
    open_[++last_] = names_[path];
    return last_;
  }
  Result<int, store::Errno> open_folder(std::string const&) override {
    if (auto const stop = step()) return fail_with(*stop);
    open_[++last_] = nullptr;
    return last_;
  }
  Result<std::size_t, store::Errno> write(int file, Bytes bytes) override {
    if (auto const stop = step()) return fail_with(*stop);
    auto const taken = bytes.first(std::min(bytes.size(), chunk_));
    open_.at(file)->cached.append(taken.begin(), taken.end());
    return taken.size();
  }
  Result<void, store::Errno> sync(int file) override {
    if (auto const stop = step()) return fail_with(*stop);
    if (auto const& inode = open_.at(file))
      inode->durable = inode->cached;
    else
      durable_names_ = {names_};
    return {};
  }
  Result<void, store::Errno> close(int file) override {
    open_.erase(file);
    if (auto const stop = step()) return fail_with(*stop);
    return {};
  }
  Result<void, store::Errno> rename(std::string const& from, std::string const& to) override {
    return change_names(from, [&] {
      names_[to] = names_.at(from);
      names_.erase(from);
    });
  }
  Result<void, store::Errno> link(std::string const& from, std::string const& to) override {
    if (!has_links) return fail_with(store::Errno{EPERM});
    return change_names(from, [&] { names_[to] = names_.at(from); });
  }
  Result<void, store::Errno> remove(std::string const& path) override {
    return change_names(path, [&] { names_.erase(path); });
  }

  bool has_links = true;

 private:
  struct Inode {
    std::string durable, cached;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  template <class Pick>
  static Contents view(Names const& names, Pick pick) {
    Contents contents;
    for (auto const& [name, inode] : names) contents[name] = pick(*inode);
    return contents;
  }

  template <class Change>
  Result<void, store::Errno> change_names(std::string const& path, Change change) {
    if (auto const stop = step()) return fail_with(*stop);
    if (!names_.contains(path)) return fail_with(store::Errno{ENOENT});
    change();
    durable_names_.push_back(names_);
    return {};
  }

  std::optional<store::Errno> step() {
    if (++calls_ != number_) return std::nullopt;
    if (event_ == Event::cuts_power) throw PowerCut{};
    return store::Errno{code_};
  }

  Names names_;
  std::vector<Names> durable_names_;
  std::map<int, std::shared_ptr<Inode>> open_;
  int last_ = 2, calls_ = 0, number_ = 0, code_ = 0;
  Event event_ = Event::fails;
  std::size_t chunk_ = 1 << 20;
};

}  // namespace pim
