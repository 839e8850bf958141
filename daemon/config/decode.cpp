#include "config/decode.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "config/keys.hpp"
#include "config/suggest.hpp"

namespace pim::config {
namespace {

std::optional<Value> value_of(toml::node const& node) {
  if (auto const* const boolean = node.as_boolean()) return boolean->get();
  if (auto const* const integer = node.as_integer()) return integer->get();
  if (auto const* const text = node.as_string()) return text->get();
  if (auto const* const array = node.as_array()) {
    std::vector<std::string> items;
    for (auto const& item : *array) {
      auto const* const text = item.as_string();
      if (text == nullptr) return std::nullopt;
      items.push_back(text->get());
    }
    return items;
  }
  return std::nullopt;
}

std::string meant(std::optional<std::string_view> word) {
  return word ? ", did you mean `" + std::string{*word} + "`?" : std::string{};
}

/// A key of the same name in another section, or else the nearest name in this one.
std::string suggestion_for(std::string_view section, std::string_view name) {
  std::vector<std::string_view> names;
  for (auto const& key : keys()) {
    if (key.name() == name) return meant(key.path);
    if (key.section() == section) names.push_back(key.name());
  }
  auto const near = nearest(name, names);
  return near ? meant(std::string{section} + "." + std::string{*near}) : std::string{};
}

std::string section_suggestion(std::string_view name) {
  for (auto const& key : keys())
    if (key.name() == name) return meant(key.path);
  return meant(nearest(name, sections()));
}

class Decoder {
 public:
  Result<Config, Problems> run(toml::table const& file) {
    for (auto const& [name, node] : file) section(name, node);
    if (problems_.empty()) return std::move(config_);
    // Tables are walked in the order of names; people read files from the top.
    std::sort(problems_.begin(), problems_.end(), [](Problem const& a, Problem const& b) {
      return std::tie(a.line, a.column, a.path) < std::tie(b.line, b.column, b.path);
    });
    return fail_with(std::move(problems_));
  }

 private:
  void section(toml::key const& name, toml::node const& node) {
    auto const known = sections();
    if (std::find(known.begin(), known.end(), name.str()) == known.end())
      return problem(name.source(), std::string{name.str()},
                     "unknown section `" + std::string{name.str()} + "`" + section_suggestion(name.str()));
    if (name.str() == peers_section) return peers(node);
    auto const* const table = node.as_table();
    if (table == nullptr)
      return problem(node.source(), std::string{name.str()},
                     "`" + std::string{name.str()} + "` must be a section: [" + std::string{name.str()} + "]");
    for (auto const& [key, value] : *table) entry(name.str(), key, value, 0);
  }

  void peers(toml::node const& node) {
    auto const* const rows = node.as_array();
    if (rows == nullptr) return problem(node.source(), "peers", "`peers` must be written as [[peers]]");
    for (auto const& row : *rows) {
      auto const* const table = row.as_table();
      if (table == nullptr) return problem(row.source(), "peers", "`peers` must be written as [[peers]]");
      if (config_.peers.size() == max_peers)
        return problem(row.source(), "peers", "more than " + std::to_string(max_peers) + " peers");
      peer(*table);
    }
  }

  void peer(toml::table const& table) {
    auto const row = config_.peers.size();
    config_.peers.emplace_back();
    auto const problems_before = problems_.size();
    for (auto const& [key, value] : table) entry(peers_section, key, value, row);
    auto const& address = config_.peers[row].address;
    auto const path = "peers[" + std::to_string(row) + "].address";
    if (address.host.empty()) {
      if (problems_.size() == problems_before) problem(table.source(), path, "`" + path + "` is missing");
      return;
    }
    for (std::size_t other = 0; other < row; ++other)
      if (config_.peers[other].address == address)
        problem(table.source(), path, "`" + path + "` is the address of peers[" + std::to_string(other) + "], too");
  }

  void entry(std::string_view section, toml::key const& name, toml::node const& node, std::size_t row) {
    auto const in_peers = section == peers_section;
    auto const shown =
        std::string{section} + (in_peers ? "[" + std::to_string(row) + "]" : "") + "." + std::string{name.str()};
    auto const* const key = find_key(std::string{section} + "." + std::string{name.str()});
    if (key == nullptr)
      return problem(name.source(), shown, "unknown key `" + shown + "`" + suggestion_for(section, name.str()));
    auto const value = value_of(node);
    if (!value || kind_of(*value) != key->kind)
      return problem(node.source(), shown, "`" + shown + "` must be " + std::string{to_string(key->kind)});
    if (auto const set = key->set(config_, row, *value); !set)
      problem(node.source(), shown, "`" + shown + "` " + set.error().message);
  }

  void problem(toml::source_region const& place, std::string path, std::string message) {
    if (problems_.size() == max_problems) return;
    problems_.push_back({place.begin.line, place.begin.column, std::move(path), std::move(message)});
  }

  Config config_;
  Problems problems_;
};

/// A parser's words on one line.
std::string one_line(std::string_view text) {
  std::string line{text.substr(0, 200)};
  std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return line;
}

}  // namespace

std::string to_string(Problem const& problem) {
  if (problem.line == 0) return problem.message;
  return std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " + problem.message;
}

Result<Config, Problems> decode(std::string_view toml) {
  if (toml.size() > max_file_size) return fail_with(Problems{{0, 0, "", "the file is larger than 1 MiB"}});
  try {
    return Decoder{}.run(toml::parse(toml));
  } catch (toml::parse_error const& error) {  // the library's way to say that the text is not TOML
    auto const& place = error.source().begin;
    return fail_with(Problems{{place.line, place.column, "", one_line(error.description())}});
  }
}

}  // namespace pim::config
