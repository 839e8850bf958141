// The one function that a fuzz target defines. libFuzzer calls it, and so does corpus_main. It aborts
// (PIM_ASSERT) when what it is shown breaks a promise, and answers 0.
#pragma once

#include "base/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
