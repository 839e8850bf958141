#include "linux/nft.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "linux/spawn.hpp"

namespace pim::linux_edge {
namespace {

constexpr std::uint16_t type_of(int message) { return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message); }

Message inet_request(int type, std::uint16_t flags = 0) {
  Message message{type_of(type), flags};
  message.header<nfgenmsg>().nfgen_family = NFPROTO_INET;
  return message;
}

Message batch_edge(std::uint16_t type) {
  Message message{type};
  auto& header = message.header<nfgenmsg>();
  header.nfgen_family = AF_UNSPEC;
  header.res_id = __builtin_bswap16(NFNL_SUBSYS_NFTABLES);
  return message;
}

std::string first_line(std::string_view text) {
  auto const line = text.substr(0, text.find('\n'));
  return std::string{line.substr(0, 300)};
}

Result<Finished> run_nft(std::string const& program, std::vector<std::string> arguments, std::string_view input) {
  if (program.empty()) return fail("the nft program is missing: run `sudo apt-get install nftables`");
  arguments.insert(arguments.begin(), program);
  auto finished = run_program(arguments, input);
  if (finished && finished->exit_code != 0)
    return fail("nftables refuses the table: " +
                first_line(finished->error.empty() ? "no reason given" : finished->error));
  return finished;
}

// Handles, use counts and positions change with each load of the same text.
void append_stable(std::string& to, nlmsghdr const& message, std::initializer_list<std::uint16_t> volatile_attributes) {
  auto const payload = attributes_of(message, sizeof(nfgenmsg));
  to += std::to_string(message.nlmsg_type) + ':';
  for (std::size_t at = 0; at + sizeof(nlattr) <= payload.size();) {
    nlattr attribute{};
    std::memcpy(&attribute, payload.data() + at, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || at + attribute.nla_len > payload.size()) break;
    auto const type = static_cast<std::uint16_t>(attribute.nla_type & NLA_TYPE_MASK);
    if (std::ranges::find(volatile_attributes, type) == volatile_attributes.end())
      to.append(reinterpret_cast<char const*>(payload.data() + at), attribute.nla_len);
    at += (attribute.nla_len + 3u) & ~3u;
  }
}

Failure<Error> unreadable(NetlinkError const& error) { return fail("nftables cannot be read: " + error.text); }

}  // namespace

std::string find_nft() {
  for (auto const* path : {"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"})
    if (::access(path, X_OK) == 0) return path;
  return {};
}

Result<void> load_ruleset(std::string const& nft_program, std::string_view text) {
  auto const finished = run_nft(nft_program, {"-f", "-"}, text);
  if (!finished) return fail_with(finished.error());
  return {};
}

Result<void> check_ruleset(std::string const& nft_program, std::string_view text) {
  auto const finished = run_nft(nft_program, {"-c", "-f", "-"}, text);
  if (!finished) return fail_with(finished.error());
  return {};
}

Result<std::string> list_ruleset(std::string const& nft_program) {
  auto finished = run_nft(nft_program, {"-j", "list", "ruleset"}, {});
  if (!finished) return fail_with(finished.error());
  return std::move(finished->output);
}

Result<std::optional<TableState>> read_table(NetlinkSocket& netfilter, plan::Names const& names) {
  TableState state;
  auto get_table = inet_request(NFT_MSG_GETTABLE);
  get_table.put_text(NFTA_TABLE_NAME, names.nft_table);
  auto const table = netfilter.request(std::move(get_table), [&](nlmsghdr const& message) {
    append_stable(state.fingerprint, message, {NFTA_TABLE_HANDLE, NFTA_TABLE_USE});
  });
  if (!table && table.error().code == ENOENT) return std::optional<TableState>{};
  if (!table) return unreadable(table.error());

  auto const chains = netfilter.dump(inet_request(NFT_MSG_GETCHAIN), [&](nlmsghdr const& message) {
    Attributes const attributes{attributes_of(message, sizeof(nfgenmsg))};
    if (attributes.text(NFTA_CHAIN_TABLE) != names.nft_table) return;
    append_stable(state.fingerprint, message, {NFTA_CHAIN_HANDLE, NFTA_CHAIN_USE, NFTA_CHAIN_COUNTERS});
    state.rules_per_chain.emplace_back(attributes.text(NFTA_CHAIN_NAME), 0);
  });
  if (!chains) return unreadable(chains.error());

  auto get_rules = inet_request(NFT_MSG_GETRULE);
  get_rules.put_text(NFTA_RULE_TABLE, names.nft_table);
  auto const rules = netfilter.dump(std::move(get_rules), [&](nlmsghdr const& message) {
    Attributes const attributes{attributes_of(message, sizeof(nfgenmsg))};
    if (attributes.text(NFTA_RULE_TABLE) != names.nft_table) return;
    append_stable(state.fingerprint, message, {NFTA_RULE_HANDLE, NFTA_RULE_POSITION});
    for (auto& [chain, count] : state.rules_per_chain)
      if (chain == attributes.text(NFTA_RULE_CHAIN)) ++count;
  });
  if (!rules) return unreadable(rules.error());
  return std::optional{std::move(state)};
}

Result<void> delete_table(NetlinkSocket& netfilter, plan::Names const& names) {
  auto deletion = inet_request(NFT_MSG_DELTABLE, NLM_F_ACK);
  deletion.put_text(NFTA_TABLE_NAME, names.nft_table);
  auto const done =
      netfilter.request_batch({batch_edge(NFNL_MSG_BATCH_BEGIN), deletion, batch_edge(NFNL_MSG_BATCH_END)});
  if (!done && done.error().code != ENOENT)
    return fail("the nftables table " + names.nft_table + " cannot be deleted: " + done.error().text);
  return {};
}

bool is_about_table(nlmsghdr const& message, plan::Names const& names) {
  if (message.nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES) return false;
  switch (message.nlmsg_type & 0xff) {
    case NFT_MSG_NEWTABLE:
    case NFT_MSG_DELTABLE:
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE:
      // The table's name is attribute 1 of all of them.
      static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1);
      return Attributes{attributes_of(message, sizeof(nfgenmsg))}.text(NFTA_TABLE_NAME) == names.nft_table;
    default: return false;
  }
}

}  // namespace pim::linux_edge
