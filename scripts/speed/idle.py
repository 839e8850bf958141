"""pim with peers and nothing to do: nodes on one switch that found each other, with the configuration that ships."""
import time

from lab.daemon import Daemon, wait_until
from lab.topology import Lan

from . import accounting

NAME = "idle"  #: beside the topologies
MEANING = "pim on one switch with ten others, found by beacons, and no traffic"
PEERS = 10
DAY = 24 * 3600
SHIPPED = {"discovery": {"enabled": True}}


def measure(options, others):
    """-> {figure: value} of the first node"""
    with Lan("idle", *[f"peer{number}" for number in range(1, PEERS + 1)]) as lan:
        daemons = [Daemon(node, SHIPPED).start(wait=0) for node in lan.named]
        for daemon in daemons:
            daemon.wait_ready()
        wait_until(lambda: active(daemons[0]) == PEERS, 30, f"{PEERS} peers are met")
        time.sleep(options.idle_secs)  # new neighbours have more to say, for four minutes
        return watch(daemons[0], options.idle_secs, others)


def active(daemon):
    return sum(peer["state"] == "active" for peer in daemon.call("peers.list"))


def watch(daemon, seconds, others):
    pid, used, began = daemon.process.pid, others.used(), time.monotonic()
    wakes, cpu, octets = accounting.wake_ups(pid), accounting.cpu(pid), _octets(daemon.node)
    time.sleep(seconds)
    took = time.monotonic() - began
    return {"idle_wake_ups_per_s": (accounting.wake_ups(pid) - wakes) / took,
            "idle_cpu_percent": 100 * (accounting.cpu(pid) - cpu) / took,
            "idle_bytes_per_day_and_pair": (_octets(daemon.node) - octets) / took * DAY / PEERS,
            "idle_rss_kib": accounting.resident(pid), "idle_foreign_cores": others.cores_since(used, began)}


def _octets(node):
    """Both ways, beacons and what the kernel itself says included."""
    counters = (f"/sys/class/net/eth0/statistics/{way}_bytes" for way in ("rx", "tx"))
    return sum(int(text) for text in node.run("cat", *counters).stdout.split())
