// What stands in the state folder, behind a checksum that someone made right: both bodies decode or do not,
// and what they decode to comes back unchanged from what it encodes to.
#include "store/checked_file.hpp"
#include "store/state_file.hpp"
#include "store/trust_file.hpp"
#include "target.hpp"

using namespace pim;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const body{reinterpret_cast<char const*>(data), size};
  if (auto const trust = store::decode_trust(body); trust.ok()) {
    auto const again = store::decode_trust(store::encode_trust(*trust));
    PIM_ASSERT(again.ok() && *again == *trust);
  }
  if (auto const state = store::decode_state(body); state.ok()) {
    auto const again = store::decode_state(store::encode_state(*state));
    PIM_ASSERT(again.ok() && *again == *state);
  }
  PIM_ASSERT(store::checked_body("trust", as_bytes(store::add_checksum("trust", body))) == body);
  if (auto const inner = store::checked_body("trust", {data, size}))
    PIM_ASSERT(store::add_checksum("trust", *inner) == body);
  return 0;
}
