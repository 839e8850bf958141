"""Who reaches whom among several daemons: every ordered pair, by ping and by a TCP transfer."""
import contextlib
import itertools
import json
import subprocess
import time

from lab.daemon import wait_until

SETTLED = 10  # seconds after the start within which everybody reaches everybody
#: Bytes of iperf3 for each ordered pair. It ends when the last was sent, so what a window holds is not counted at the other
#: end.
TRANSFER, WINDOW = 512 << 10, 32 << 10
BUSY = "the server is busy"


def address(daemon, family):
    return daemon.status()[{4: "mesh_ip", 6: "mesh_ipv6"}[family]].split("/")[0]


def pings(daemon, target):
    return daemon.node.run("ping", "-n", "-c", "1", "-W", "1", target, check=False).returncode == 0


def unreached(daemons, family):
    """Those ordered pairs of names that do not ping each other, each pair tried until the mesh must have settled."""
    targets = {name: address(daemon, family) for name, daemon in daemons.items()}
    missing = set(itertools.permutations(daemons, 2))
    deadline = time.monotonic() + SETTLED
    while missing and time.monotonic() < deadline:
        missing = {(one, other) for one, other in sorted(missing) if not pings(daemons[one], targets[other])}
    return missing


def rounds(names):
    """Every pair of names once, in rounds of pairs that have no name in common (the circle method)."""
    ring = [*names] + [None] * (len(names) % 2)
    for _ in range(len(ring) - 1):
        yield [pair for pair in zip(ring[:len(ring) // 2], reversed(ring[len(ring) // 2:])) if None not in pair]
        ring.insert(1, ring.pop())


@contextlib.contextmanager
def iperf3_servers(daemons):
    servers = [daemon.node.spawn("iperf3", "-s", stdout=-3) for daemon in daemons.values()]
    try:
        for daemon in daemons.values():
            wait_until(lambda: ":5201" in daemon.node.run("ss", "-Hltn").stdout, 5, "iperf3 listens")
        yield
    finally:
        for server in servers:
            server.kill()
            server.wait()


def what_failed(client):
    """Why a transfer counts as none, or nothing."""
    try:
        report = json.loads(client.communicate(timeout=5)[0])
    except subprocess.TimeoutExpired:
        client.kill()
        return "it stands still"
    received = report.get("end", {}).get("sum_received", {}).get("bytes", 0)
    return report.get("error") or ("" if received > TRANSFER / 2 else f"received {received} bytes")


def transfer_side_by_side(daemons, targets, pairs):
    """{(sender, receiver): why} for those of disjoint pairs that fail. A server may still be closing its last transfer."""
    failed = dict.fromkeys(pairs, BUSY)
    for _ in range(10):
        again = [pair for pair, why in failed.items() if BUSY in why]
        clients = {(one, other): daemons[one].node.spawn(
            "iperf3", "-J", "--connect-timeout", "2000", "-n", str(TRANSFER), "-w", str(WINDOW), "-c", targets[other],
            stdout=-1, text=True) for one, other in again}
        failed |= {pair: what_failed(client) for pair, client in clients.items()}
    return {pair: why for pair, why in failed.items() if why}


def without_transfer(daemons, family):
    """{(sender, receiver): why} for those ordered pairs between which iperf3 does not pass TCP."""
    targets, failed = {name: address(daemon, family) for name, daemon in daemons.items()}, {}
    with iperf3_servers(daemons):
        for pairs in rounds(daemons):
            for directed in (pairs, [pair[::-1] for pair in pairs]):
                failed |= transfer_side_by_side(daemons, targets, directed)
    return failed
