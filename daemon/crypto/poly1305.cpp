#include "crypto/poly1305.hpp"

#include <openssl/evp.h>

namespace pim::crypto {
namespace {

constexpr std::size_t mac_block = 16, mac_stride = 128;

// Fetched once for the life of the process, as ciphers are.
EVP_MAC* poly1305() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "POLY1305", nullptr);
  PIM_ASSERT(mac != nullptr);
  return mac;
}

std::size_t padding_of(Bytes bytes) { return (mac_block - bytes.size() % mac_block) % mac_block; }

void add_padded(EVP_MAC_CTX* mac, Bytes bytes) {
  static constexpr std::array<std::uint8_t, mac_block> zeroes{};
  if (bytes.empty()) return;
  PIM_ASSERT(EVP_MAC_update(mac, bytes.data(), bytes.size()) == 1);
  if (auto const padding = padding_of(bytes)) PIM_ASSERT(EVP_MAC_update(mac, zeroes.data(), padding) == 1);
}

}  // namespace

void Poly1305::Free::operator()(evp_mac_ctx_st* mac) const { EVP_MAC_CTX_free(mac); }

Poly1305::Poly1305() : mac_(EVP_MAC_CTX_new(poly1305())) { PIM_ASSERT(mac_ != nullptr); }

Tag Poly1305::tag_of(Bytes one_time_key, Bytes aad, Bytes ciphertext) {
  auto* const mac = mac_.get();
  PIM_ASSERT(EVP_MAC_init(mac, one_time_key.data(), one_time_key.size(), nullptr) == 1);
  auto text = ciphertext;
  if (aad.size() % mac_block == 0 && aad.data() + aad.size() == ciphertext.data())
    text = {aad.data(), aad.size() + ciphertext.size()};  // as in every data datagram
  else
    add_padded(mac, aad);
  // A wide pass that ends within its stride costs as much as half of the whole packet: what is left over
  // goes with the lengths.
  auto const strides = text.size() / mac_stride * mac_stride;
  auto const rest = text.subspan(strides);
  std::array<std::uint8_t, mac_stride + mac_block> end{};
  if (strides != 0) PIM_ASSERT(EVP_MAC_update(mac, text.data(), strides) == 1);
  if (!rest.empty()) std::memcpy(end.data(), rest.data(), rest.size());
  auto const lengths = rest.size() + padding_of(rest);
  store_le<std::uint64_t>(end.data() + lengths, aad.size());
  store_le<std::uint64_t>(end.data() + lengths + 8, ciphertext.size());
  PIM_ASSERT(EVP_MAC_update(mac, end.data(), lengths + mac_block) == 1);
  Tag tag;
  std::size_t written = 0;
  PIM_ASSERT(EVP_MAC_final(mac, tag.data(), &written, tag.size()) == 1 && written == tag_size);
  return tag;
}

}  // namespace pim::crypto
