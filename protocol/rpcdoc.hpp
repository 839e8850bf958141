// The contract as documents, made from the type lists: what rpc.discover answers and what docs/ holds.
#pragma once

#include <string>

namespace pim::protocol {

/// OpenRPC 1.2.6, one line.
[[nodiscard]] std::string openrpc_document();
/// The same, indented, as docs/openrpc.json holds it.
[[nodiscard]] std::string openrpc_file();
/// docs/RPC.md
[[nodiscard]] std::string markdown_file();

}  // namespace pim::protocol
