// Control messages and transit frames: what parses is written again as a message that parses equal.
#include "target.hpp"
#include "wire/control.hpp"
#include "wire/transit.hpp"

using namespace pim;

namespace {

void check_control(Bytes input) {
  auto const message = wire::parse_control(input);
  if (!message) return;
  PIM_ASSERT(!input.empty() && input.size() <= wire::max_update_size);
  auto const written = wire::to_bytes(*message);
  // Later versions may carry more than is written again, never less.
  PIM_ASSERT(written.size() <= input.size());
  auto const* const hello = std::get_if<wire::Hello>(&*message);
  PIM_ASSERT(!hello || (wire::is_valid_name(hello->name) && input.size() <= wire::max_hello_size));
  auto const* const update = std::get_if<wire::Update>(&*message);
  PIM_ASSERT(!update || (!update->entries.empty() && written.size() == input.size()));
  PIM_ASSERT(wire::parse_control(written) == message);
}

void check_transit(Bytes input) {
  auto const frame = wire::parse_transit(input);
  if (!frame) return;
  PIM_ASSERT(!frame->datagram.empty());
  Buffer written;
  wire::write_transit(*frame, written);
  PIM_ASSERT(Buffer(input.begin(), input.end()) == written);
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  check_control({data, size});
  check_transit({data, size});
  return 0;
}
