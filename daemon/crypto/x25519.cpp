#include "crypto/x25519.hpp"

#include <openssl/evp.h>

namespace pim::crypto {

void KeyPair::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void KeyPair::Free::operator()(evp_pkey_ctx_st* agreement) const { EVP_PKEY_CTX_free(agreement); }

KeyPair::KeyPair(evp_pkey_st* key) : key_(key) {
  PIM_ASSERT(key_ != nullptr);
  std::size_t size = public_.bytes.size();
  PIM_ASSERT(EVP_PKEY_get_raw_public_key(key_.get(), public_.bytes.data(), &size) == 1);
  PIM_ASSERT(size == public_.bytes.size());
  agreement_.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
  peer_.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, public_.bytes.data(), public_.bytes.size()));
  PIM_ASSERT(agreement_ && peer_ && EVP_PKEY_derive_init(agreement_.get()) == 1);
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
  PIM_ASSERT(EVP_PKEY_set1_encoded_public_key(peer_.get(), peer.bytes.data(), peer.bytes.size()) == 1);
  PIM_ASSERT(EVP_PKEY_derive_set_peer_ex(agreement_.get(), peer_.get(), 0) == 1);
  Key shared;
  std::size_t size = shared.mut().size();
  // OpenSSL refuses an all-zero result by itself; the comparison keeps the promise should it stop.
  if (EVP_PKEY_derive(agreement_.get(), shared.mut().data(), &size) != 1 || size != shared.view().size())
    return std::nullopt;
  if (equal(shared.view(), Key{}.view())) return std::nullopt;
  return shared;
}

}  // namespace pim::crypto
