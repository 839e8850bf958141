#include "crypto/aead.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace pim::crypto {
namespace {

constexpr std::size_t block_size = 64, one_time_key_size = 32;
constexpr std::size_t mac_block = 16, mac_stride = 128;

// Fetched once for the life of the process: an implicit fetch costs 280 ns a packet.
EVP_CIPHER const* chacha20() {
  static EVP_CIPHER const* const cipher = EVP_CIPHER_fetch(nullptr, "ChaCha20", nullptr);
  PIM_ASSERT(cipher != nullptr);
  return cipher;
}

EVP_MAC* poly1305() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "POLY1305", nullptr);
  PIM_ASSERT(mac != nullptr);
  return mac;
}

/// The cipher's block 0, whose first half is the one-time key, with the first of the text behind it: what
/// one pass makes. It holds every packet of a usual size whole.
struct FirstPass {
  explicit FirstPass(Bytes text) : taken(std::min(text.size(), bytes.size() - block_size)) {
    std::memset(bytes.data(), 0, block_size);
    if (taken != 0) std::memcpy(bytes.data() + block_size, text.data(), taken);
    std::memset(bytes.data() + block_size + taken, 0, blocks().size() - block_size - taken);
  }
  ~FirstPass() { wipe(MutBytes{bytes}.first(one_time_key_size)); }
  FirstPass(FirstPass const&) = delete;
  FirstPass& operator=(FirstPass const&) = delete;

  /// Whole blocks: a last one that is cut costs as much as a third of a packet.
  [[nodiscard]] MutBytes blocks() {
    return MutBytes{bytes}.first(block_size + (taken + block_size - 1) / block_size * block_size);
  }
  [[nodiscard]] Bytes one_time_key() const { return Bytes{bytes}.first(one_time_key_size); }
  void copy_text(MutBytes to) const {
    if (taken != 0) std::memcpy(to.data(), bytes.data() + block_size, taken);
  }

  std::array<std::uint8_t, block_size + 2048> bytes;
  std::size_t taken;
};

std::size_t padding_of(Bytes bytes) { return (mac_block - bytes.size() % mac_block) % mac_block; }

void add_padded(EVP_MAC_CTX* mac, Bytes bytes) {
  static constexpr std::array<std::uint8_t, mac_block> zeroes{};
  if (bytes.empty()) return;
  PIM_ASSERT(EVP_MAC_update(mac, bytes.data(), bytes.size()) == 1);
  if (auto const padding = padding_of(bytes)) PIM_ASSERT(EVP_MAC_update(mac, zeroes.data(), padding) == 1);
}

void store_le64(std::uint8_t* to, std::uint64_t value) {
  for (int i = 0; i < 8; ++i, value >>= 8) to[i] = static_cast<std::uint8_t>(value);
}

}  // namespace

Nonce nonce_of(std::uint64_t counter) {
  Nonce nonce{};
  store_le64(nonce.data() + 4, counter);
  return nonce;
}

namespace detail {

void FreeContext::operator()(evp_cipher_ctx_st* cipher) const { EVP_CIPHER_CTX_free(cipher); }
void FreeContext::operator()(evp_mac_ctx_st* mac) const { EVP_MAC_CTX_free(mac); }

ChaChaPoly::ChaChaPoly(Key const& key) : cipher_(EVP_CIPHER_CTX_new()), mac_(EVP_MAC_CTX_new(poly1305())) {
  PIM_ASSERT(cipher_ != nullptr && mac_ != nullptr);
  PIM_ASSERT(EVP_EncryptInit_ex2(cipher_.get(), chacha20(), key.view().data(), nullptr, nullptr) == 1);
}

void ChaChaPoly::seal(Nonce const& nonce, Bytes aad, MutBytes in_place, MutBytes tag) {
  PIM_ASSERT(tag.size() == tag_size);
  FirstPass first(in_place);
  begin(nonce);
  apply(first.blocks());
  first.copy_text(in_place);
  apply(in_place.subspan(first.taken));
  auto const made = tag_of(first.one_time_key(), aad, in_place);
  std::memcpy(tag.data(), made.data(), tag_size);
}

bool ChaChaPoly::open(Nonce const& nonce, Bytes aad, MutBytes in_place, Bytes tag) {
  PIM_ASSERT(tag.size() == tag_size);
  FirstPass first(in_place);
  begin(nonce);
  apply(first.blocks());
  if (!equal(tag_of(first.one_time_key(), aad, in_place), tag)) {
    wipe(first.blocks());  // text that nobody vouches for
    return false;
  }
  first.copy_text(in_place);
  apply(in_place.subspan(first.taken));
  return true;
}

/// RFC 8439 2.6: block 0 is the one-time key's, text begins with block 1.
void ChaChaPoly::begin(Nonce const& nonce) {
  std::array<std::uint8_t, 16> counter_and_nonce{};
  std::memcpy(counter_and_nonce.data() + 4, nonce.data(), nonce.size());
  PIM_ASSERT(EVP_EncryptInit_ex2(cipher_.get(), nullptr, nullptr, counter_and_nonce.data(), nullptr) == 1);
}

void ChaChaPoly::apply(MutBytes in_place) {
  if (in_place.empty()) return;
  PIM_ASSERT(in_place.size() <= 0x7fffffff);
  auto const size = static_cast<int>(in_place.size());
  int written = 0;
  PIM_ASSERT(EVP_EncryptUpdate(cipher_.get(), in_place.data(), &written, in_place.data(), size) == 1);
  PIM_ASSERT(written == size);
}

/// RFC 8439 2.8: both texts, each padded to whole blocks, and their lengths.
Tag ChaChaPoly::tag_of(Bytes one_time_key, Bytes aad, Bytes ciphertext) {
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
  store_le64(end.data() + lengths, aad.size());
  store_le64(end.data() + lengths + 8, ciphertext.size());
  PIM_ASSERT(EVP_MAC_update(mac, end.data(), lengths + mac_block) == 1);
  Tag tag;
  std::size_t written = 0;
  PIM_ASSERT(EVP_MAC_final(mac, tag.data(), &written, tag.size()) == 1 && written == tag_size);
  return tag;
}

}  // namespace detail

void seal_once(Key const& key, std::uint64_t counter, Bytes aad, Bytes plaintext, Buffer& out) {
  auto const start = out.size();
  out.insert(out.end(), plaintext.begin(), plaintext.end());
  out.resize(out.size() + tag_size);
  auto const sealed = MutBytes{out}.subspan(start);
  Sealer(key).seal(counter, aad, sealed.first(plaintext.size()), sealed.last(tag_size));
}

bool open_once(Key const& key, std::uint64_t counter, Bytes aad, Bytes sealed, Buffer& out) {
  if (sealed.size() < tag_size) return false;
  auto const start = out.size();
  auto const body = sealed.first(sealed.size() - tag_size);
  out.insert(out.end(), body.begin(), body.end());
  if (Opener(key).open(counter, aad, MutBytes{out}.subspan(start), sealed.last(tag_size))) return true;
  wipe(MutBytes{out}.subspan(start));
  out.resize(start);
  return false;
}

}  // namespace pim::crypto
