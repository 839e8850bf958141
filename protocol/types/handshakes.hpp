// The ledger of handshakes: each attempt with the step it reached and the reason it ended.
#pragma once

#include "protocol/types/common.hpp"

namespace pim::protocol {

PIM_ENUM(HandshakeDirection, "Who began.", (outbound, "this node"), (inbound, "the peer"))

PIM_ENUM(HandshakeStep, "How far an attempt came.",  //
         (resolving, "looked the name up"), (key_query_sent, "asked the address for its key"),
         (key_reply_received, "the address told its key; not told apart yet"), (initiation_sent, "message 1 went out"),
         (initiation_received, "message 1 came in"), (response_sent, "message 2 went out"),
         (response_received, "message 2 came in; not told apart yet"), (confirmed, "the first data packet verified"))

PIM_ENUM(HandshakeOutcome, "How an attempt ended.",  //
         (pending, "under way; only attempts that ended are told"), (established, "a session is up"),
         (failed, "reason says why"))

struct HandshakeRecord {
  Timestamp at{};
  Nullable<std::string> node_id;
  Nullable<std::string> address;
  HandshakeDirection direction = HandshakeDirection::outbound;
  HandshakeStep step = HandshakeStep::initiation_sent;
  HandshakeOutcome outcome = HandshakeOutcome::pending;
  Nullable<std::string> reason;
  std::optional<std::string> expected;
  std::optional<std::string> seen;
  bool operator==(HandshakeRecord const&) const = default;
};
PIM_STRUCT(HandshakeRecord, "One attempt.",  //
           (at, "when it ended, or began while it is pending"), (node_id, "with whom, once known"), (address, "where"),
           (direction, "who began"), (step, "the last step reached"), (outcome, "how it ended"),
           (reason, "why it failed"), (expected, "the identity that should answer"), (seen, "the identity that did"))

struct HandshakesListParams {
  std::optional<std::string> node_id;
};
PIM_STRUCT(HandshakesListParams, "Whose.", (node_id, "only this peer, by id or unique prefix"))

}  // namespace pim::protocol
