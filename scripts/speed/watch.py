"""A daemon that has nothing to do, for a while."""
import time

from . import accounting

DAY = 24 * 3600


def watch(name, daemon, device, peers, seconds, others):
    """`name` begins each figure; `device` is what the peers are reached by. -> {figure: value}"""
    pid, used, began = daemon.process.pid, others.used(), time.monotonic()
    wakes, cpu, octets = accounting.wake_ups(pid), accounting.cpu(pid), _octets(daemon.node, device)
    time.sleep(seconds)
    took = time.monotonic() - began
    return {f"{name}_wake_ups_per_s": (accounting.wake_ups(pid) - wakes) / took,
            f"{name}_cpu_percent": 100 * (accounting.cpu(pid) - cpu) / took,
            f"{name}_bytes_per_day_and_pair": (_octets(daemon.node, device) - octets) / took * DAY / peers,
            f"{name}_rss_kib": accounting.resident(pid), f"{name}_foreign_cores": others.cores_since(used, began)}


def _octets(node, device):
    """Both ways, beacons and what the kernel itself says included."""
    counters = (f"/sys/class/net/{device}/statistics/{way}_bytes" for way in ("rx", "tx"))
    return sum(int(text) for text in node.run("cat", *counters).stdout.split())
