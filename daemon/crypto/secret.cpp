#include "crypto/secret.hpp"

#include <openssl/crypto.h>

namespace pim::crypto {

void wipe(MutBytes bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

bool equal(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace pim::crypto
