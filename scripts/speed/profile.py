"""scripts/bench profile: where the daemons' time goes under one TCP stream, by the packet, as tables.

perf samples the daemons' CPU time with call chains. A sample is put down to the first of RULES that fits: in the kernel by the
functions above it, in libraries by their name, in the daemon by the source file of the innermost function that is pim's
own, inlined or not.
"""
import collections
import dataclasses
import os
import re
import subprocess
import threading
import time

from lab import sandbox
from lab.daemon import DAEMON
from lab.netns import run

from . import accounting, table
from .trial import Trial

DATA = os.path.join(sandbox.RUN_DIR, "perf.data")
RATE = 2999  #: samples a second and core; no divisor of what else ticks
HEADERS = 52  #: of a full TCP packet in the tunnel: IPv4, TCP, timestamps

#: (row, pattern for "where | function, its callers…"); the first that is found in a sample counts.
#: "where" is kernel, the library's name, or the source file below daemon/.
RULES = [
    ("sendmmsg: copy", r"^kernel \| \S*(copy_from_iter|copy_from_user|rep_movs).* __sys_send"),
    ("sendmmsg: in the other end's network, to its socket", r"^kernel \| .*(net_rx_action|process_backlog).* __sys_send"),
    ("sendmmsg: the rest", r"^kernel \| .* __sys_send"),
    ("recvmmsg: copy", r"^kernel \| \S*(copy_to_iter|copy_to_user|rep_movs).* (__sys_recv|do_recvmmsg)"),
    ("recvmmsg: the rest", r"^kernel \| .*(__sys_recv|do_recvmmsg)"),
    ("read of the tunnel: copy", r"^kernel \| \S*(copy_to_iter|copy_to_user|rep_movs).* tun_chr_read"),
    ("read of the tunnel: the rest", r"^kernel \| .*(tun_chr_read|vfs_read|ksys_read)"),
    ("write to the tunnel: copy", r"^kernel \| \S*(copy_from_iter|copy_from_user|rep_movs).* tun_chr_write"),
    ("write to the tunnel: in the host's network, to the application", r"^kernel \| .*(netif_receive_skb|process_backlog).* tun_chr_write"),
    ("write to the tunnel: the rest", r"^kernel \| .*(tun_chr_write|vfs_write|do_writev)"),
    ("epoll_wait and the timer", r"^kernel \| .*(epoll|timerfd)"),
    ("interrupts, scheduler, entry to system calls", r"^kernel"),
    ("AEAD: ChaCha20, Poly1305", r"^libcrypto\S* \| \[unknown\]"),
    ("AEAD: the way to them", r"^(libcrypto|crypto/|libc\.so\S* \| \S*strcmp)"),
    ("copies in the daemon", r"^libc\.so\S* \| \S*mem(move|cpy)"),
    ("replay window", r"^noise/replay_window"),
    ("lookups: routes, sessions, next hops, talkers", r"^(base/flat_table|dataplane/(session_table|policy|talkers))"),
    ("checksums", r"^packet/checksum"),
    ("headers: IP, split, gather, wire", r"^(packet|wire|base)/"),
    ("the rest of the packet path", r"^dataplane/"),
    ("the loop and its batches", r"^(net/|libc\.so)"),
    ("control, other threads, unknown", r""),
]
_RULES = [(name, re.compile(pattern)) for name, pattern in RULES]


@dataclasses.dataclass
class Profile:
    packets: float  #: full ones that arrived
    seconds: dict  #: CPU of each node's daemon meanwhile
    samples: dict  #: node -> Counter of rows


def row_of(where, chain):
    described = f"{where} | {' '.join(chain)}"
    return next(name for name, pattern in _RULES if pattern.search(described))


# -- taking ---------------------------------------------------------------------------------------------------------------
def take(kind, peer_class, options, others):
    """-> Profile of one TCP stream over that topology"""
    with Trial(kind, peer_class, options, others) as trial:
        trial.begin()
        pids = {name: trial.processes[name].pid for name in trial.shape.members}
        out = {}
        stream = threading.Thread(target=lambda: out.update(received=trial.load.tcp(seconds=options.secs + 2)))
        stream.start()
        time.sleep(1)
        before, began = trial.cpu(), time.monotonic()
        run(["perf", "record", "-q", "-e", "cpu-clock", "-F", str(RATE), "-g", "-p", ",".join(map(str, pids.values())), "-o", DATA,
             "--", "sleep", str(options.secs)], timeout=options.secs + 30)
        after = trial.cpu()
        share = (time.monotonic() - began) / (options.secs + 2)
        stream.join()
        return Profile(out["received"][0] * share / (trial.out["mtu"] - HEADERS), {name: after[name] - before[name] for name in pids},
                       read(DATA, pids))


# -- reading --------------------------------------------------------------------------------------------------------------
def read(path, pids):
    """-> {node: Counter of rows}"""
    listing = subprocess.run(["perf", "script", "-i", path, "-F", "pid,ip,sym,dso"], check=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    names = {pid: name for name, pid in pids.items()}
    samples = parse(listing)
    files = source_files(sorted({frames[0][0] for _, frames in samples if frames[0][2].endswith("pim-daemon")}))
    counts = {name: collections.Counter() for name in pids}
    for pid, frames in samples:
        if pid in names:
            address, _, dso = frames[0]
            where = files.get(address, "unknown") if dso.endswith("pim-daemon") else short(dso)
            counts[names[pid]][row_of(where, [symbol for _, symbol, _ in frames])] += 1
    return counts


def short(dso):
    return "kernel" if dso.startswith("[") and "kernel" in dso else os.path.basename(dso)


def parse(listing):
    """-> [(pid, [(address, symbol, file)])], innermost first; addresses in programs are those of the file"""
    samples, frames = [], []
    for line in listing.splitlines():
        if found := re.fullmatch(r"\s*(\d+)\s*", line):
            frames = []
            samples.append((int(found[1]), frames))
        elif found := re.fullmatch(r"\s+([0-9a-f]+) (.*) \((.*)\)", line):
            frames.append((int(found[1], 16), found[2], found[3]))
    return [(pid, frames) for pid, frames in samples if frames]


def source_files(addresses):
    """{address: file below daemon/ of the innermost function that is pim's own}"""
    lines = run(["addr2line", "-a", "-i", "-e", DAEMON], input="".join(f"{one:#x}\n" for one in addresses), timeout=600).stdout
    files, address = {}, None
    for line in lines.splitlines():
        if re.fullmatch(r"0x[0-9a-f]+", line):
            address = int(line, 16)
        elif found := re.search(r"/daemon/(.*):", line):
            files.setdefault(address, found[1])
    return files


# -- showing --------------------------------------------------------------------------------------------------------------
def as_table(profile):
    nodes = list(profile.samples)
    totals = {node: sum(profile.samples[node].values()) for node in nodes}
    ns = {node: profile.seconds[node] / profile.packets * 1e9 for node in nodes}
    rows = []
    for name, _ in RULES:
        cells = []
        for node in nodes:
            part = profile.samples[node][name] / max(1, totals[node])
            cells += [f"{part * ns[node]:,.0f}", f"{part * 100:.1f}"] if part else ["–", "–"]
        if any(cell != "–" for cell in cells):
            rows.append([name, *cells])
    rows.append(["all", *(cell for node in nodes for cell in (f"{ns[node]:,.0f}", "100"))])
    return table.markdown(["where", *(head for node in nodes for head in (f"`{node}` ns", "%"))], rows)


def show(kind, profile):
    counts = ", ".join(f"{sum(counts.values()):,} of `{node}`" for node, counts in profile.samples.items())
    print(f"**{kind}**: {profile.packets:,.0f} packets; samples: {counts}\n\n{as_table(profile)}\n", flush=True)


def measure(kinds, peer_class, options, others):
    """Inside the sandbox, from which nothing stays behind. -> the exit code"""
    sandbox.enter()
    for kind in kinds:
        used, at = others.used(), time.monotonic()
        profile = take(kind, peer_class, options, others)
        print(f"other programs used {others.cores_since(used, at):.2f} cores; more than {accounting.DISTURBED:g} disturb\n")
        show(kind, profile)
    return 0
