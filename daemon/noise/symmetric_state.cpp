#include "noise/symmetric_state.hpp"

namespace pim::noise {

SymmetricState::SymmetricState(std::string_view protocol_name) {
  // Section 5.2: a name that fits is padded with zeroes, a longer one is hashed.
  if (protocol_name.size() <= hash_.size())
    std::memcpy(hash_.data(), protocol_name.data(), protocol_name.size());
  else
    hash_ = crypto::sha256({as_bytes(protocol_name)});
  chaining_key_ = crypto::Key(hash_);
}

SymmetricState SymmetricState::clone() const {
  SymmetricState copy{Empty{}};
  copy.chaining_key_ = chaining_key_.clone();
  copy.hash_ = hash_;
  if (cipher_key_) copy.cipher_key_ = cipher_key_->clone();
  copy.counter_ = counter_;
  return copy;
}

void SymmetricState::mix_hash(Bytes data) { hash_ = crypto::sha256({hash_, data}); }

void SymmetricState::mix_key(Bytes input) {
  auto keys = crypto::noise_hkdf2(chaining_key_.view(), input);
  chaining_key_ = std::move(keys.first);
  cipher_key_ = std::move(keys.second);
  counter_ = 0;
}

void SymmetricState::mix_key_and_hash(Bytes input) {
  auto keys = crypto::noise_hkdf3(chaining_key_.view(), input);
  chaining_key_ = std::move(keys.first);
  mix_hash(keys.second.view());
  cipher_key_ = std::move(keys.third);
  counter_ = 0;
}

void SymmetricState::encrypt_and_hash(Bytes plaintext, Buffer& out) {
  auto const start = out.size();
  if (cipher_key_)
    crypto::seal_once(*cipher_key_, counter_++, hash_, plaintext, out);
  else
    out.insert(out.end(), plaintext.begin(), plaintext.end());
  mix_hash(Bytes{out}.subspan(start));
}

std::optional<Buffer> SymmetricState::decrypt_and_hash(Bytes ciphertext) {
  Buffer plaintext;
  if (!cipher_key_)
    plaintext.assign(ciphertext.begin(), ciphertext.end());
  else if (!crypto::open_once(*cipher_key_, counter_, hash_, ciphertext, plaintext))
    return std::nullopt;
  else
    ++counter_;
  mix_hash(ciphertext);
  return plaintext;
}

crypto::TwoKeys SymmetricState::split() const { return crypto::noise_hkdf2(chaining_key_.view(), {}); }

}  // namespace pim::noise
