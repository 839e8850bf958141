"""What pim has to reach, row by row, and whether a run shows it."""
import dataclasses
import math

from . import figures, reference
from .accounting import DISTURBED

MEBIBYTE = 1024
NOT_HERE = ("events to 1,000 subscribers", "`scripts/test`, which says itself how long it took")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    topology: str
    figure: str
    unit: str
    limit: float  #: of the ratio to `against`; without it of the figure itself
    against: str = ""
    at_most: bool = False
    scale: float = 1.0  #: from what is measured to `unit`
    digits: int = 2
    beside: tuple = ()  #: (topology, figure) of `against`, where it is not the same one


def _rates(name, topology, figure, limit, against):
    return Row(name, topology, figure, "Gbit/s", limit, against)


ROWS = (
    _rates("TCP, one stream", "pair", "tcp1_gbit_s", 0.95, "ceiling"),
    _rates("TCP, one stream, reverse", "pair", "tcp1_reverse_gbit_s", 0.95, "ceiling"),
    _rates("TCP, four streams", "pair", "tcp4_gbit_s", 0.95, "ceiling"),
    Row("CPU of both daemons", "pair", "tcp1_cpu_s_per_gb", "s/GB", 1.05, "ceiling", at_most=True),
    _rates("TCP, one stream", "pair", "tcp1_gbit_s", 1.3, "wireguard-go"),
    _rates("TCP, one stream, datagrams alone", "wire", "tcp1_gbit_s", 1.25, "wireguard-go"),
    _rates("TCP through a relay", "line", "tcp1_gbit_s", 1.5, "yggdrasil"),
    Row("CPU of the relay", "line", "tcp1_cpu_s_per_gb_r", "s/GB", 1.2, at_most=True),
    # Seconds are of a machine and an hour: there, both ends of the ceiling took 2.78.
    Row("CPU of the relay", "line", "tcp1_cpu_s_per_gb_r", "s/GB", 0.43, "ceiling", at_most=True, beside=("pair", "tcp1_cpu_s_per_gb")),
    _rates("TCP through a gateway, out", "gw", "tcp1_gbit_s", 0.95, "ceiling"),
    _rates("TCP through a gateway, back", "gw", "tcp1_reverse_gbit_s", 0.95, "ceiling"),
    Row("UDP, 64 bytes", "pair", "udp64_pps", "kpps", 1.0, "ceiling", scale=1e-3, digits=0),
    Row("UDP, 1,200 bytes", "pair", "udp1200_pps", "kpps", 1.0, "ceiling", scale=1e-3, digits=0),
    Row("UDP, 64 bytes", "pair", "udp64_pps", "kpps", 1.5, "wireguard-go", scale=1e-3, digits=0),
    Row("UDP, 1,200 bytes", "pair", "udp1200_pps", "kpps", 1.5, "wireguard-go", scale=1e-3, digits=0),
    Row("RTT idle, median", "pair", "rtt_p50_ms", "µs", 1.1, "ceiling", at_most=True, scale=1e3, digits=0),
    Row("RTT under four streams, p99", "pair", "rtt_loaded_p99_ms", "ms", 1.2, "ceiling", at_most=True),
    Row("memory after load, one peer", "pair", "rss_kib_a", "MiB", 12, at_most=True, scale=1 / MEBIBYTE, digits=1),
    Row("memory after load, two peers", "line", "rss_kib_r", "MiB", 12, at_most=True, scale=1 / MEBIBYTE, digits=1),
    Row("start to first ping", "pair", "start_to_first_ping_s", "s", 0.1, at_most=True, digits=3),
    Row("kill -9 and restart to first ping", "pair", "restart_to_first_ping_s", "s", 0.5, at_most=True, digits=3),
    Row("RPC call idle, p99", "pair", "rpc_p99_ms", "ms", 1, at_most=True),
    Row("RPC call under four streams, p99", "pair", "rpc_loaded_p99_ms", "ms", 10, at_most=True),
    Row("idle with 10 peers: wake-ups", "idle", "idle_wake_ups_per_s", "/s", 1, at_most=True),
    Row("idle with 10 peers: CPU", "idle", "idle_cpu_percent", "%", 0.1, at_most=True, digits=3),
    Row("idle with 10 peers: traffic", "idle", "idle_bytes_per_day_and_pair", "MB/day and pair", 1, at_most=True, scale=1e-6),
    Row("memory with 10,000 idle peers", "crowd", "crowd_rss_kib_of_10000", "MiB", 64, at_most=True, scale=1 / MEBIBYTE, digits=1),
    Row("X25519 in a handshake, both sides", "parts", "parts_handshake_share", "of it", 0.8),
    Row("the same, the responder's", "parts", "parts_handshake_responder_share", "of it", 0.8),
    Row("route of a packet, 100,000 beside 10", "parts", "parts_route_at_once_flatness", "×", 2, at_most=True),
    Row("the same, one after the other", "parts", "parts_route_in_turn_flatness", "×", 2, at_most=True),
    Row("next hop, 100,000 beside 10", "parts", "parts_next_hop_at_once_flatness", "×", 2, at_most=True),
    Row("next hop, one after the other", "parts", "parts_next_hop_in_turn_flatness", "×", 2, at_most=True),
    Row("build of everything", "builds", "builds_whole_s", "s", 360, at_most=True, digits=0),
    Row("build after a change of one file", "builds", "builds_one_file_s", "s", 15, at_most=True, digits=1),
)


@dataclasses.dataclass(frozen=True)
class Verdict:
    row: Row
    pim: dict  #: the summary of the figure; None when it was not measured
    other: float  #: what it is compared with; None without that
    is_stand_in: bool = False  #: the other one was not measured in this run: its known ratio stands for it
    is_even: bool = True  #: both were disturbed all the time, or neither: else the ratio says nothing

    @property
    def ratio(self):
        if self.pim is None or (self.row.against and not self.other):
            return None
        return self.pim["median"] / self.other if self.row.against else self.pim["median"] * self.row.scale

    @property
    def holds(self):
        """None where it cannot be said."""
        if self.ratio is None or math.isnan(self.ratio) or not self.is_even:
            return None
        return self.ratio <= self.row.limit if self.row.at_most else self.ratio >= self.row.limit


def median(results, topology, name, figure):
    return results.get(topology, {}).get(name, {}).get(figure, {}).get("median")


def judge(data, row):
    results = data["results"]
    pim = results.get(row.topology, {}).get("pim", {}).get(row.figure)
    if not row.against:
        return Verdict(row, pim, None)
    version = data["meta"]["versions"].get(row.against)
    topology, figure = _place_of_other(row)
    measured = median(results, topology, row.against, figure)
    if measured and reference.is_current(row.against, version):
        return Verdict(row, pim, measured, is_even=is_even(results, row, row.against))
    beside, ratio = reference.RATIOS.get((row.against, row.topology, row.figure), ("", 0))
    known = median(results, row.topology, beside, row.figure)
    return Verdict(row, pim, known and known * ratio, is_stand_in=True, is_even=is_even(results, row, beside))


def _place_of_other(row):
    """(topology, figure)"""
    return row.beside or (row.topology, row.figure)


def is_even(results, row, other):
    """False where others of the machine disturbed every measurement of the one, and not of the other."""
    def spoilt(topology, name, figure):
        return (median(results, topology, name, f"{figures.measurement_of(figure)}_foreign_cores") or 0) >= DISTURBED
    topology, figure = _place_of_other(row)
    return spoilt(row.topology, "pim", row.figure) == spoilt(topology, other, figure)


def judge_all(data):
    return [judge(data, row) for row in ROWS]
