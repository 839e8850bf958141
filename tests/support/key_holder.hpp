// Who holds the key of one direction of a session, and seals and opens data datagrams by hand.
#pragma once

#include "crypto/aead.hpp"
#include "crypto/short_aead.hpp"
#include "dataplane/flags.hpp"
#include "dataplane/seal.hpp"
#include "wire/data.hpp"

namespace pim::test {

class KeyHolder {
 public:
  explicit KeyHolder(crypto::Key const& key) : sealer_(key), opener_(key), head_sealer_(key), head_opener_(key) {}

  /// The datagram whose plaintext this is.
  [[nodiscard]] Buffer seal(ReceiverIndex receiver, std::uint64_t counter, Bytes plaintext, std::uint8_t flags = 0) {
    Buffer datagram(wire::data_overhead + plaintext.size());
    MutBytes const all{datagram};
    wire::write_data_header(all, {.flags = {flags, 0, 0}, .receiver = receiver, .counter = counter});
    std::copy(plaintext.begin(), plaintext.end(), datagram.begin() + wire::data_header_size);
    auto const header = all.first(wire::data_header_size), tag = all.last(wire::data_tag_size);
    if ((flags & dataplane::head_sealed) != 0)
      head_sealer_.seal(counter, header, dataplane::sealed_part(all, flags), tag);
    else
      sealer_.seal(counter, header, dataplane::sealed_part(all, flags), tag);
    return datagram;
  }

  /// The plaintext of a datagram; its tag has to be right.
  [[nodiscard]] Buffer open(Bytes datagram) {
    auto const fields = wire::parse_data_header(datagram);
    PIM_ASSERT(fields.has_value());
    Buffer opened(datagram.begin(), datagram.end());
    MutBytes const all{opened};
    auto const header = all.first(wire::data_header_size), tag = all.last(wire::data_tag_size);
    auto const part = dataplane::sealed_part(all, fields->flags[0]);
    PIM_ASSERT((fields->flags[0] & dataplane::head_sealed) != 0 ? head_opener_.open(fields->counter, header, part, tag)
                                                                : opener_.open(fields->counter, header, part, tag));
    return {opened.begin() + wire::data_header_size, opened.end() - wire::data_tag_size};
  }

 private:
  crypto::Sealer sealer_;
  crypto::Opener opener_;
  crypto::ShortSealer head_sealer_;
  crypto::ShortOpener head_opener_;
};

}  // namespace pim::test
