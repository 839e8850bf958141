#include "store/identity.hpp"

#include <optional>

#include "crypto/secret.hpp"
#include "store/atomic_file.hpp"
#include "store/checked_file.hpp"
#include "store/state_folder.hpp"

namespace pim::store {
namespace {

constexpr std::string_view kind = "identity";
constexpr std::string_view label = "x25519 ";
constexpr std::size_t max_size = 4096;

/// Wipes text that held the key.
struct Wiped {
  std::string text;
  explicit Wiped(std::string t) : text(std::move(t)) {}
  Wiped(Wiped const&) = delete;
  Wiped& operator=(Wiped const&) = delete;
  ~Wiped() { crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}); }
};

std::optional<crypto::Key> parse_key(std::string_view body) {
  if (!body.starts_with(label) || !body.ends_with('\n')) return std::nullopt;
  body.remove_prefix(label.size());
  body.remove_suffix(1);
  auto bytes = parse_hex(body);
  if (!bytes || bytes->size() != 32) return std::nullopt;
  crypto::Key key{*bytes};
  crypto::wipe(*bytes);
  return key;
}

Result<crypto::KeyPair> read_identity(std::string const& path, ReadFile& file) {
  if ((file.mode & 077) != 0)
    return fail("the key file " + path + " is open to others; run: chmod 600 " + quoted(path));
  auto const body = checked_body(kind, file.content);
  auto const key = body ? parse_key(*body) : std::nullopt;
  crypto::wipe(file.content);
  if (!key)
    return fail("the key file " + path +
                " is damaged; restore it, or remove it to become a new node that every peer has to accept anew");
  return crypto::KeyPair::from_private(*key);
}

}  // namespace

Result<crypto::KeyPair> load_or_create_identity(FileSystem& files, std::string const& path, Entropy& entropy) {
  auto file = read_file(path, max_size);
  if (!file) return fail_with(file.error());
  if (*file) return read_identity(path, **file);

  auto pair = crypto::KeyPair::generate(entropy);
  auto const key = pair.private_key();
  Wiped const body{std::string{label} + to_hex(key.view()) + "\n"};
  Wiped const text{add_checksum(kind, body.text)};
  if (auto const written = replace_file(files, path, as_bytes(text.text), Keep::nothing); !written)
    return fail_with(written.error());
  return pair;
}

}  // namespace pim::store
