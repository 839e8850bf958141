// The node's X25519 private key on disk. It is made once; a file that is there but cannot be used stops the
// start and is never replaced, because a new key is a new node to everyone.
#pragma once

#include <string>

#include "base/entropy.hpp"
#include "base/result.hpp"
#include "crypto/x25519.hpp"
#include "store/file_system.hpp"

namespace pim::store {

/// Reads `path`, which must be 0600 or stricter, or makes a key and stores it there. The folder has been
/// prepared.
Result<crypto::KeyPair> load_or_create_identity(FileSystem& files, std::string const& path, Entropy& entropy);

}  // namespace pim::store
