// Every encoding class of a Curve25519 point whose order divides the cofactor: the agreement with any
// of them is zero, whatever the private key.
#pragma once

#include <array>
#include <string_view>

namespace pim::test {

inline constexpr std::array<std::string_view, 7> low_order_points = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
};

}  // namespace pim::test
