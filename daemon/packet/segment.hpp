// Splits a TSO or USO super-packet from the tunnel device into packets of equal size (the last may be
// shorter), each written straight to its place. The TCP or UDP checksum of every segment is left as the
// pseudo-header's sum, to be completed (complete_checksum) or to be left out by agreement.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "packet/ip.hpp"
#include "packet/vnet.hpp"

namespace pim::packet {

class Segmenter {
 public:
  /// Nothing when `vnet` does not describe this packet: another family or protocol than gso_type says, a
  /// gso_size of zero, a checksum elsewhere than in its header. hdr_len is a hint and is not used.
  /// The packet must outlive the segmenter.
  [[nodiscard]] static std::optional<Segmenter> make(Bytes packet, VnetHeader const& vnet);

  [[nodiscard]] std::size_t count() const { return count_; }
  /// Bytes of the segment `index` (< count()).
  [[nodiscard]] std::size_t size(std::size_t index) const { return header_size_ + payload_size(index); }
  /// Writes size(index) bytes.
  void write(std::size_t index, std::uint8_t* to) const;

 private:
  static constexpr std::size_t max_header = 60 + 60;

  Segmenter(IpView const& ip, Transport const& transport, std::size_t gso_size);
  void fit_header(std::uint8_t* header, std::size_t payload) const;
  [[nodiscard]] std::size_t payload_size(std::size_t index) const {
    return index + 1 < count_ ? gso_size_ : payload_.size() - index * gso_size_;
  }

  IpView ip_;
  Transport transport_;
  Bytes payload_;
  std::size_t gso_size_, count_, header_size_;
  std::uint32_t sequence_ = 0;                 ///< TCP
  std::uint16_t id_ = 0;                       ///< IPv4
  std::array<std::uint8_t, max_header> full_;  ///< the headers of a segment of full size
  std::array<std::uint8_t, max_header> last_;  ///< those of the last one
};

}  // namespace pim::packet
