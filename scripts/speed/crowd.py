"""pim with thousands of peers and nothing to do: what each of them costs in memory and at rest, and how fast they join."""
import os
import subprocess
import time

from lab.daemon import BUILD, Daemon
from lab.topology import Line

from . import accounting
from .watch import DAY, watch

NAME = "crowd"  #: beside the topologies
MEANING = "pim with many configured peers that joined at once, and no traffic"
PROGRAM = "tests/bench/crowd/crowd"
TARGETS = (PROGRAM,)
REPEATED = False
NETWORK, FIRST = "10.64.0.0/16", "10.64.0.1"
TARGET = 10_000  #: peers for which memory has a limit
#: Who announces each of n peers to all others sends n^2 lines; that is another question.
CONFIG = {"relay": {"enabled": False}}


class Crowd:
    """tests/bench/crowd in the node at the other end; made once all are connected. It ends with its node."""

    def __init__(self, node, daemon, address, peers):
        node.ip(f"route add local {NETWORK} dev lo")
        self.process = node.spawn(os.path.join(BUILD, PROGRAM), "--daemon", address, "--key", daemon.status()["x25519_pubkey"], "--peers", str(peers),
                                  "--first", FIRST, "--secs", str(DAY), stdout=subprocess.PIPE, text=True)
        said = self.process.stdout.readline().split()
        if said[:1] != ["connected"]:
            raise RuntimeError(f"the crowd did not connect: {' '.join(said)}")
        self.took = float(said[2])

    def end(self):
        """-> how many were still connected"""
        self.process.terminate()
        return int(self.process.communicate(timeout=30)[0].split()[1])


def limit(options):
    return 300 + 2 * options.idle_secs


def measure(options, others):
    """-> {figure: value} of the daemon"""
    with Line("d", "crowd") as net:
        near, far = (net.cables[frozenset(("d", "crowd"))][name] for name in ("d", "crowd"))
        net.nodes["d"].ip(f"route add {NETWORK} via {far}")
        daemon = Daemon(net.nodes["d"], CONFIG).start()
        alone, cpu = accounting.resident(daemon.process.pid), accounting.cpu(daemon.process.pid)
        crowd = Crowd(net.nodes["crowd"], daemon, near, options.crowd_peers)
        joining = accounting.cpu(daemon.process.pid) - cpu
        time.sleep(options.idle_secs)  # new peers have more to say
        figures = watch(NAME, daemon, "to-crowd", options.crowd_peers, options.idle_secs, others)
        left = crowd.end()
        if left != options.crowd_peers:
            raise RuntimeError(f"only {left} of {options.crowd_peers} were still connected")
        if options.crowd_peers == TARGET:
            figures["crowd_rss_kib_of_10000"] = figures["crowd_rss_kib"]
        return figures | {"crowd_peers": options.crowd_peers, "crowd_joins_per_s": options.crowd_peers / crowd.took,
                          "crowd_joining_cpu_ms": 1e3 * joining / options.crowd_peers, "crowd_rss_kib_without": alone}
