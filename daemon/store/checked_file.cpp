#include "store/checked_file.hpp"

#include <unistd.h>

#include "crypto/hash.hpp"
#include "store/atomic_file.hpp"
#include "store/state_folder.hpp"

namespace pim::store {
namespace {

/// Thousands of records take about a megabyte; beyond this it is no file of ours.
constexpr std::size_t max_size = std::size_t{32} << 20;

std::string first_line(std::string_view kind, std::string_view body) {
  auto const title = "pim " + std::string{kind} + " v1 ";
  return title + to_hex(crypto::sha256({as_bytes(title), as_bytes(body)})) + "\n";
}

/// There, and of no use: it must not take the place of a previous generation that may be of use.
bool is_damaged(StoreWords const& words, std::string const& path) {
  auto const file = read_file(path, max_size);
  return !file || (*file && !checked_body(words.kind, (*file)->content));
}

bool exists(std::string const& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

std::string add_checksum(std::string_view kind, std::string_view body) {
  return first_line(kind, body) + std::string{body};
}

std::optional<std::string_view> checked_body(std::string_view kind, Bytes file) {
  std::string_view const text{reinterpret_cast<char const*>(file.data()), file.size()};
  auto const end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  auto const body = text.substr(end + 1);
  // Compared as bytes, so that not even the case of a digit may differ.
  if (text.substr(0, end + 1) != first_line(kind, body)) return std::nullopt;
  return body;
}

Error damaged(StoreWords const& words, std::string const& path, std::string_view how) {
  auto const file = quoted(path), previous = quoted(previous_of(path));
  auto message = std::string{words.name} + " " + path + " " + std::string{how} + "; ";
  if (exists(previous_of(path))) message += "to go back to the one before it: cp -p " + previous + " " + file + "; ";
  message += "to " + std::string{words.start_over} + ": rm -f " + file + " " + previous;
  return {message};
}

Result<std::optional<std::string>> load_checked(StoreWords const& words, std::string const& path) {
  auto const file = read_file(path, max_size);
  if (!file) return fail_with(damaged(words, path, "cannot be used: " + file.error().message));
  if (!*file) {
    if (exists(previous_of(path))) return fail_with(damaged(words, path, "is missing"));
    return std::optional<std::string>{};
  }
  auto const body = checked_body(words.kind, (*file)->content);
  if (!body) return fail_with(damaged(words, path, "is damaged"));
  return std::optional{std::string{*body}};
}

Result<void> save_checked(FileSystem& files, StoreWords const& words, std::string const& path, std::string_view body) {
  auto const text = add_checksum(words.kind, body);
  if (text.size() > max_size)
    return fail(std::string{words.name} + " " + path + " would be too large to be read again");
  return replace_file(files, path, as_bytes(text), is_damaged(words, path) ? Keep::nothing : Keep::previous_generation);
}

}  // namespace pim::store
