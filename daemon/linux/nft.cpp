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

struct TableFamily {
  std::string name;
  std::uint8_t number;
};
std::array const families = {TableFamily{"inet", NFPROTO_INET}, TableFamily{"arp", NFPROTO_ARP}};

Message request_for(TableFamily const& family, int type, std::uint16_t flags = 0) {
  Message message{type_of(type), flags};
  message.header<nfgenmsg>().nfgen_family = family.number;
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

namespace {

Result<void, NetlinkError> read_family(NetlinkSocket& netfilter, TableFamily const& family, std::string const& name,
                                       TableState& state) {
  auto get_table = request_for(family, NFT_MSG_GETTABLE);
  get_table.put_text(NFTA_TABLE_NAME, name);
  auto done = netfilter.request(std::move(get_table), [&](nlmsghdr const& message) {
    state.families.push_back(family.name);
    append_stable(state.fingerprint, message, {NFTA_TABLE_HANDLE, NFTA_TABLE_USE});
  });
  // A kernel that does not know the family has no table in it.
  if (!done && (done.error().code == ENOENT || done.error().code == EOPNOTSUPP || done.error().code == EAFNOSUPPORT))
    return {};
  if (!done) return done;

  done = netfilter.dump(request_for(family, NFT_MSG_GETCHAIN), [&](nlmsghdr const& message) {
    Attributes const attributes{attributes_of(message, sizeof(nfgenmsg))};
    if (attributes.text(NFTA_CHAIN_TABLE) != name) return;
    append_stable(state.fingerprint, message, {NFTA_CHAIN_HANDLE, NFTA_CHAIN_USE, NFTA_CHAIN_COUNTERS});
    state.rules_per_chain[family.name + " " + std::string{attributes.text(NFTA_CHAIN_NAME)}];
  });
  if (!done) return done;

  auto get_rules = request_for(family, NFT_MSG_GETRULE);
  get_rules.put_text(NFTA_RULE_TABLE, name);
  return netfilter.dump(std::move(get_rules), [&](nlmsghdr const& message) {
    Attributes const attributes{attributes_of(message, sizeof(nfgenmsg))};
    if (attributes.text(NFTA_RULE_TABLE) != name) return;
    append_stable(state.fingerprint, message, {NFTA_RULE_HANDLE, NFTA_RULE_POSITION});
    ++state.rules_per_chain[family.name + " " + std::string{attributes.text(NFTA_RULE_CHAIN)}];
  });
}

}  // namespace

Result<TableState> read_tables(NetlinkSocket& netfilter, plan::Names const& names) {
  TableState state;
  for (auto const& family : families)
    if (auto const done = read_family(netfilter, family, names.nft_table, state); !done)
      return fail("nftables cannot be read: " + done.error().text);
  return state;
}

Result<CounterValue> read_counter(NetlinkSocket& netfilter, plan::Names const& names, std::string_view counter) {
  auto get = request_for(families.front(), NFT_MSG_GETOBJ);
  get.put_text(NFTA_OBJ_TABLE, names.nft_table);
  get.put_text(NFTA_OBJ_NAME, counter);
  get.put_u32(NFTA_OBJ_TYPE, __builtin_bswap32(NFT_OBJECT_COUNTER));
  CounterValue value;
  auto const done = netfilter.request(std::move(get), [&](nlmsghdr const& message) {
    Attributes const object{attributes_of(message, sizeof(nfgenmsg))};
    Attributes const data{object.find(NFTA_OBJ_DATA)};
    auto const number = [&](std::uint16_t type) {
      auto const field = data.find(type);
      return field.size() == sizeof(std::uint64_t) ? load_be<std::uint64_t>(field.data()) : std::uint64_t{0};
    };
    value = {number(NFTA_COUNTER_PACKETS), number(NFTA_COUNTER_BYTES)};
  });
  if (!done && done.error().code != ENOENT) return fail("nftables cannot be read: " + done.error().text);
  return value;
}

Result<void> delete_other_tables(NetlinkSocket& netfilter, plan::HostPlan const& plan) {
  auto const& names = plan.names;
  auto const state = read_tables(netfilter, names);
  if (!state) return fail_with(state.error());
  std::vector<Message> batch = {batch_edge(NFNL_MSG_BATCH_BEGIN)};
  for (auto const& family : families) {
    auto const is_there = std::ranges::find(state->families, family.name) != state->families.end();
    auto const is_wanted = std::ranges::find(plan.tables, family.name, &plan::Table::family) != plan.tables.end();
    if (!is_there || is_wanted) continue;
    auto deletion = request_for(family, NFT_MSG_DELTABLE, NLM_F_ACK);
    deletion.put_text(NFTA_TABLE_NAME, names.nft_table);
    batch.push_back(std::move(deletion));
  }
  if (batch.size() == 1) return {};
  batch.push_back(batch_edge(NFNL_MSG_BATCH_END));
  auto const done = netfilter.request_batch(std::move(batch));
  if (!done && done.error().code != ENOENT)
    return fail("the nftables table " + names.nft_table + " cannot be deleted: " + done.error().text);
  return {};
}

bool is_about_tables(nlmsghdr const& message, plan::Names const& names) {
  if (message.nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES) return false;
  switch (message.nlmsg_type & 0xff) {
    case NFT_MSG_NEWTABLE:
    case NFT_MSG_DELTABLE:
    case NFT_MSG_NEWCHAIN:
    case NFT_MSG_DELCHAIN:
    case NFT_MSG_NEWRULE:
    case NFT_MSG_DELRULE:
      // The table's name is attribute 1 of all of them, whatever the family.
      static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1);
      return Attributes{attributes_of(message, sizeof(nfgenmsg))}.text(NFTA_TABLE_NAME) == names.nft_table;
    default: return false;
  }
}

}  // namespace pim::linux_edge
