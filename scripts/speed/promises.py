"""What pim promises under a load that does not end, and what a soak's samples say about each."""
import dataclasses

GROWTH_KIB = 1024  #: of resident memory, from the largest of the first minute to that of the last
WINDOW = 60.0  #: seconds of "first" and "last"; half of the run where that is shorter
REKEY_EVERY = 120.0  #: seconds of a key (wire.md)
AFTER_REKEY = 3.0  #: seconds in which a loss is laid to it
#: Datagrams reordered beyond the share that the link itself reorders, of those that arrived.
REORDERED_SHARE = 1e-5
#: Drops that a full buffer explains: the socket's or the tunnel's, and a relay's that shares out a busy batch.
FULL_BUFFER = {"congestion", "relay_share"}
#: What the host itself multicasts into any device that is up.
NO_LOSS = {"not_unicast"}


@dataclasses.dataclass(frozen=True)
class Sample:
    """One look at everything. Dictionaries are by node."""
    at: float  #: seconds since the load began
    resident: dict  #: KiB of the daemon
    drops: dict  #: {reason: count} of the daemon so far
    overflowed: dict  #: packets that full buffers of the kernel lost so far
    account: dict  #: of the ends: what numbered.Numbered reports
    keyed_at: float  #: when the present key between the ends was agreed, on the clock of `at`


def growth(samples):
    """{node: (KiB at most in the first minute, in the last)}"""
    end = samples[-1].at
    window = min(WINDOW, end / 2)
    first = [sample for sample in samples if sample.at <= window]
    last = [sample for sample in samples if sample.at >= end - window]
    return {name: (max(sample.resident[name] for sample in first), max(sample.resident[name] for sample in last))
            for name in samples[0].resident}


def drops(samples):
    """{node: {reason: how many during the load}} without those of NO_LOSS"""
    before, after = samples[0].drops, samples[-1].drops
    found = {name: {reason: count - before[name].get(reason, 0) for reason, count in reasons.items() if reason not in NO_LOSS}
             for name, reasons in after.items()}
    return {name: {reason: count for reason, count in reasons.items() if count} for name, reasons in found.items()}


def rekeys(samples):
    """When a new key was agreed; what tells has whole seconds."""
    return [after.keyed_at for before, after in zip(samples, samples[1:]) if after.keyed_at > before.keyed_at + 2]


def full_buffers(sample):
    """Packets so far that some full buffer lost, of the kernel or of a daemon."""
    of_daemons = sum(reasons.get(reason, 0) for reasons in sample.drops.values() for reason in FULL_BUFFER)
    return of_daemons + sum(sample.overflowed.values())


def missing(sample):
    return sum(account["missing"] for account in sample.account.values())


def unexplained(samples):
    """(all, at rekeys): numbered datagrams that are missing beyond what full buffers lost in the same stretch of samples.

    A stretch is one sample's and the next, so that one that was sent before a look and lost after it is not blamed twice.
    """
    everywhere = at_rekeys = 0
    moments = rekeys(samples)
    for number in range(1, len(samples)):
        before, after = samples[number - 1], samples[number]
        around = samples[max(0, number - 2)], samples[min(len(samples) - 1, number + 1)]
        lost = max(0, missing(after) - missing(before) - (full_buffers(around[1]) - full_buffers(around[0])))
        everywhere += lost
        at_rekeys += lost if any(before.at - AFTER_REKEY <= moment <= after.at for moment in moments) else 0
    return everywhere, at_rekeys


def totals(account):
    """{figure: of both directions together} of what the ends report"""
    return {name: sum(end[name] for end in account.values()) for name in ("sent", "arrived", "reordered", "repeated")}


def share(account):
    """Of reordered datagrams among those that arrived; 0 of none."""
    both = totals(account)
    return both["reordered"] / both["arrived"] if both["arrived"] else 0.0


def broken(samples, raw):
    """Sentences about what did not hold; `raw` is what the ends reported of the link without a VPN."""
    out = [f"the daemon of {name} grew by {last - first} KiB" for name, (first, last) in growth(samples).items()
           if last - first > GROWTH_KIB]
    for name, reasons in drops(samples).items():
        out += [f"{name} dropped {count} for {reason}" for reason, count in reasons.items() if reason not in FULL_BUFFER]
    everywhere, at_rekeys = unexplained(samples)
    if everywhere:
        out.append(f"{everywhere} numbered datagrams are missing and no full buffer says why, {at_rekeys} of them at a rekey")
    account = samples[-1].account
    for name, end in account.items():
        if not end["arrived"]:
            out.append(f"no numbered datagram reached {name}")
    if totals(account)["repeated"]:
        out.append(f"{totals(account)['repeated']} numbered datagrams came twice")
    if share(account) > share(raw) + REORDERED_SHARE:
        out.append(f"{share(account):.2g} of the numbered datagrams were reordered, on the link itself {share(raw):.2g}")
    wanted = int(samples[-1].at // REKEY_EVERY) - 1
    if len(rekeys(samples)) < wanted:
        out.append(f"{len(rekeys(samples))} rekeys, and at least {wanted} were due")
    return out
