"""pim with peers and nothing to do: nodes on one switch that found each other, with the configuration that ships."""
import time

from lab.daemon import Daemon, wait_until
from lab.topology import Lan

from .watch import watch

NAME = "idle"  #: beside the topologies
MEANING = "pim on one switch with ten others, found by beacons, and no traffic"
TARGETS = ()
REPEATED = False
PEERS = 10
SHIPPED = {"discovery": {"enabled": True}}


def limit(options):
    return 60 + 2 * options.idle_secs


def measure(options, others):
    """-> {figure: value} of the first node"""
    with Lan("idle", *[f"peer{number}" for number in range(1, PEERS + 1)]) as lan:
        daemons = [Daemon(node, SHIPPED).start(wait=0) for node in lan.named]
        for daemon in daemons:
            daemon.wait_ready()
        wait_until(lambda: active(daemons[0]) == PEERS, 30, f"{PEERS} peers are met")
        time.sleep(options.idle_secs)  # new neighbours have more to say, for four minutes
        return watch(NAME, daemons[0], "eth0", PEERS, options.idle_secs, others)


def active(daemon):
    return sum(peer["state"] == "active" for peer in daemon.call("peers.list"))
