#include "cipher.hpp"

#include <openssl/evp.h>

#include <array>

#include "record.hpp"

namespace pim::ceiling {

void Cipher::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

Cipher::Cipher(Direction direction, bool is_on) : direction_(direction) {
  if (!is_on) return;
  constexpr std::array<std::uint8_t, 32> key = {'c', 'e', 'i', 'l', 'i', 'n', 'g'};
  context_.reset(EVP_CIPHER_CTX_new());
  PIM_ASSERT(EVP_CipherInit_ex(context_.get(), EVP_chacha20_poly1305(), nullptr, key.data(), nullptr,
                               direction == Direction::seal ? 1 : 0) == 1);
}

bool Cipher::apply(MutBytes record) {
  if (!context_) return true;
  auto* const context = context_.get();
  auto* const text = record.data() + header_size;
  auto const size = static_cast<int>(record.size() - overhead);
  auto* const tag = text + size;
  // RFC 8439 2.3: 96 bits, here four zero bytes and the counter as it lies in the header.
  std::array<std::uint8_t, 12> nonce{};
  std::memcpy(nonce.data() + 4, record.data() + counter_offset, sizeof(std::uint64_t));
  int written = 0;
  if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), -1) != 1) return false;
  if (direction_ == Direction::open && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size, tag) != 1)
    return false;
  if (EVP_CipherUpdate(context, text, &written, text, size) != 1) return false;
  if (EVP_CipherFinal_ex(context, text + written, &written) != 1) return false;
  return direction_ == Direction::open || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, tag) == 1;
}

}  // namespace pim::ceiling
