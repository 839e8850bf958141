#include "crypto/aead.hpp"

#include <algorithm>

namespace pim::crypto {
namespace {

constexpr auto block_size = ChaCha20::block_size;

/// The cipher's block 0, whose first half is the one-time key, with the first of the text behind it: what
/// one pass makes. It holds every packet of a usual size whole.
struct FirstPass {
  explicit FirstPass(Bytes text) : taken(std::min(text.size(), bytes.size() - block_size)) {
    std::memset(bytes.data(), 0, block_size);
    if (taken != 0) std::memcpy(bytes.data() + block_size, text.data(), taken);
    std::memset(bytes.data() + block_size + taken, 0, blocks().size() - block_size - taken);
  }
  ~FirstPass() { wipe(MutBytes{bytes}.first(Poly1305::key_size)); }
  FirstPass(FirstPass const&) = delete;
  FirstPass& operator=(FirstPass const&) = delete;

  /// Whole blocks: a last one that is cut costs as much as a third of a packet.
  [[nodiscard]] MutBytes blocks() {
    return MutBytes{bytes}.first(block_size + (taken + block_size - 1) / block_size * block_size);
  }
  [[nodiscard]] Bytes one_time_key() const { return Bytes{bytes}.first(Poly1305::key_size); }
  void copy_text(MutBytes to) const {
    if (taken != 0) std::memcpy(to.data(), bytes.data() + block_size, taken);
  }

  std::array<std::uint8_t, block_size + 2048> bytes;
  std::size_t taken;
};

}  // namespace

Nonce nonce_of(std::uint64_t counter) {
  Nonce nonce{};
  store_le<std::uint64_t>(nonce.data() + 4, counter);
  return nonce;
}

namespace detail {

void ChaChaPoly::seal(Nonce const& nonce, Bytes aad, MutBytes in_place, MutBytes tag) {
  PIM_ASSERT(tag.size() == tag_size);
  FirstPass first(in_place);
  cipher_.seek(nonce);
  cipher_.apply(first.blocks());
  first.copy_text(in_place);
  cipher_.apply(in_place.subspan(first.taken));
  auto const made = mac_.tag_of(first.one_time_key(), aad, in_place);
  std::memcpy(tag.data(), made.data(), tag_size);
}

bool ChaChaPoly::open(Nonce const& nonce, Bytes aad, MutBytes in_place, Bytes tag) {
  PIM_ASSERT(tag.size() == tag_size);
  FirstPass first(in_place);
  cipher_.seek(nonce);
  cipher_.apply(first.blocks());
  if (!equal(mac_.tag_of(first.one_time_key(), aad, in_place), tag)) {
    wipe(first.blocks());  // text that nobody vouches for
    return false;
  }
  first.copy_text(in_place);
  cipher_.apply(in_place.subspan(first.taken));
  return true;
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
