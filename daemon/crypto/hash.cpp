#include "crypto/hash.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <algorithm>

namespace pim::crypto {
namespace {

// Algorithms are fetched once for the life of the process; they hold no state of anyone's.
EVP_MD const* sha256_algorithm() {
  static EVP_MD const* const digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  PIM_ASSERT(digest != nullptr);
  return digest;
}

EVP_MAC* hmac_algorithm() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  PIM_ASSERT(mac != nullptr);
  return mac;
}

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

/// HMAC-SHA256 (RFC 2104) under keys that are used once or twice each, as in HKDF: OpenSSL's own would make
/// four contexts for each of them, which cost more than the hashing.
class BriefHmac {
 public:
  static constexpr std::size_t max_key = 64;

  BriefHmac() : context_(EVP_MD_CTX_new()) { PIM_ASSERT(context_ != nullptr); }

  /// `key` is max_key bytes at most.
  [[nodiscard]] Key of(Bytes key, Parts parts) {
    auto const inside = hash(pad(key, 0x36), parts);
    return hash(pad(key, 0x5c), {inside.view()});
  }

 private:
  using Pad = Secret<max_key>;
  static Pad pad(Bytes key, std::uint8_t with);
  [[nodiscard]] Key hash(Pad const& pad, Parts parts);

  DigestContext context_;
};

BriefHmac::Pad BriefHmac::pad(Bytes key, std::uint8_t with) {
  Pad made;
  auto const bytes = made.mut();
  PIM_ASSERT(key.size() <= bytes.size());
  std::fill(bytes.begin(), bytes.end(), with);
  for (std::size_t i = 0; i < key.size(); ++i) bytes[i] ^= key[i];
  return made;
}

Key BriefHmac::hash(Pad const& pad, Parts parts) {
  auto* const context = context_.get();
  PIM_ASSERT(EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1);
  PIM_ASSERT(EVP_DigestUpdate(context, pad.view().data(), pad.view().size()) == 1);
  for (auto const part : parts) PIM_ASSERT(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
  Key digest;
  PIM_ASSERT(EVP_DigestFinal_ex(context, digest.mut().data(), nullptr) == 1);
  return digest;
}

constexpr std::uint8_t one[] = {1}, two[] = {2}, three[] = {3};

}  // namespace

Digest sha256(Parts parts) {
  DigestContext const context(EVP_MD_CTX_new());
  PIM_ASSERT(context && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1);
  for (auto const part : parts) PIM_ASSERT(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  Digest digest;
  PIM_ASSERT(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

Digest hmac_sha256(Bytes key, Parts parts) { return Hmac(key).of(parts); }

void Hmac::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

Hmac::Hmac(Bytes key) : context_(EVP_MAC_CTX_new(hmac_algorithm())) {
  char digest_name[] = "SHA256";
  OSSL_PARAM const params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                               OSSL_PARAM_construct_end()};
  // A null key means "keep the old one" to OpenSSL, so an empty key needs an address of its own.
  std::uint8_t const nothing[1] = {};
  auto const* const data = key.empty() ? nothing : key.data();
  PIM_ASSERT(context_ && EVP_MAC_init(context_.get(), data, key.size(), params) == 1);
}

Digest Hmac::of(Parts parts) {
  auto* const context = context_.get();
  PIM_ASSERT(EVP_MAC_init(context, nullptr, 0, nullptr) == 1);
  for (auto const part : parts) PIM_ASSERT(EVP_MAC_update(context, part.data(), part.size()) == 1);
  Digest digest;
  std::size_t size = 0;
  PIM_ASSERT(EVP_MAC_final(context, digest.data(), &size, digest.size()) == 1 && size == digest.size());
  return digest;
}

TwoKeys noise_hkdf2(Bytes chaining_key, Bytes input) {
  BriefHmac hmac;
  auto const temporary = hmac.of(chaining_key, {input});
  auto first = hmac.of(temporary.view(), {one});
  auto second = hmac.of(temporary.view(), {first.view(), two});
  return {std::move(first), std::move(second)};
}

ThreeKeys noise_hkdf3(Bytes chaining_key, Bytes input) {
  BriefHmac hmac;
  auto const temporary = hmac.of(chaining_key, {input});
  auto first = hmac.of(temporary.view(), {one});
  auto second = hmac.of(temporary.view(), {first.view(), two});
  auto third = hmac.of(temporary.view(), {second.view(), three});
  return {std::move(first), std::move(second), std::move(third)};
}

bool hkdf_sha256(Bytes input, Bytes salt, Bytes info, MutBytes out) {
  if (out.size() > 255 * sizeof(Digest)) return false;
  BriefHmac hmac;
  auto const pseudorandom =
      salt.size() <= BriefHmac::max_key ? hmac.of(salt, {input}) : hmac.of(sha256({salt}), {input});
  Key block;
  std::uint8_t number[1] = {0};
  while (!out.empty()) {
    auto const previous = number[0] == 0 ? Bytes{} : block.view();
    ++number[0];
    block = hmac.of(pseudorandom.view(), {previous, info, number});
    auto const size = std::min(out.size(), block.view().size());
    std::memcpy(out.data(), block.view().data(), size);
    out = out.subspan(size);
  }
  return true;
}

NodeId node_id_of(PublicKey const& key) {
  auto const digest = sha256({as_bytes("pim node id v1"), key.bytes});
  NodeId id;
  std::memcpy(id.bytes.data(), digest.data(), id.bytes.size());
  return id;
}

}  // namespace pim::crypto
