#include "crypto/x25519.hpp"

#include <openssl/evp.h>

namespace pim::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

}  // namespace

void KeyPair::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

KeyPair::KeyPair(evp_pkey_st* key) : key_(key) {
  PIM_ASSERT(key_ != nullptr);
  std::size_t size = public_.bytes.size();
  PIM_ASSERT(EVP_PKEY_get_raw_public_key(key_.get(), public_.bytes.data(), &size) == 1);
  PIM_ASSERT(size == public_.bytes.size());
}

KeyPair KeyPair::from_private(Key const& private_key) {
  auto const bytes = private_key.view();
  return KeyPair(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, bytes.data(), bytes.size()));
}

KeyPair KeyPair::generate(Entropy& entropy) {
  Key fresh;
  entropy.fill(fresh.mut());
  return from_private(fresh);
}

Key KeyPair::private_key() const {
  Key copy;
  std::size_t size = copy.mut().size();
  PIM_ASSERT(EVP_PKEY_get_raw_private_key(key_.get(), copy.mut().data(), &size) == 1);
  return copy;
}

std::optional<Key> KeyPair::dh(PublicKey const& peer) const {
  std::unique_ptr<EVP_PKEY, Free> const other(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.bytes.data(), peer.bytes.size()));
  std::unique_ptr<EVP_PKEY_CTX, FreeContext> const context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  PIM_ASSERT(other && context && EVP_PKEY_derive_init(context.get()) == 1);
  PIM_ASSERT(EVP_PKEY_derive_set_peer_ex(context.get(), other.get(), 0) == 1);
  Key shared;
  std::size_t size = shared.mut().size();
  // OpenSSL refuses an all-zero result by itself; the comparison keeps the promise should it stop.
  if (EVP_PKEY_derive(context.get(), shared.mut().data(), &size) != 1 || size != shared.view().size())
    return std::nullopt;
  if (equal(shared.view(), Key{}.view())) return std::nullopt;
  return shared;
}

}  // namespace pim::crypto
