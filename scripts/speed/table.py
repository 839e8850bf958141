"""The figures of a run as tables in Markdown: one for each topology, and the targets."""
import json

from . import alone, targets
from .topologies import SHAPES

DISTURBED_SIGN = "!"
#: heading -> (figure, scale, digits)
COLUMNS = {
    "TCP Gbit/s": ("tcp1_gbit_s", 1, 2), "reverse": ("tcp1_reverse_gbit_s", 1, 2), "four streams": ("tcp4_gbit_s", 1, 2),
    "CPU s/GB": ("tcp1_cpu_s_per_gb", 1, 2), "of the relay": ("tcp1_cpu_s_per_gb_r", 1, 2),
    "RTT p50 µs": ("rtt_p50_ms", 1e3, 0), "p99 µs": ("rtt_p99_ms", 1e3, 0),
    "loaded p50 ms": ("rtt_loaded_p50_ms", 1, 1), "p99 ms": ("rtt_loaded_p99_ms", 1, 1),
    "UDP 64 B kpps": ("udp64_pps", 1e-3, 0), "1,200 B kpps": ("udp1200_pps", 1e-3, 0),
    "MiB": ("rss_kib_a", 1 / targets.MEBIBYTE, 1), "start to ping s": ("start_to_first_ping_s", 1, 3),
    "restart to ping s": ("restart_to_first_ping_s", 1, 3),
    "wake-ups/s": ("idle_wake_ups_per_s", 1, 2), "CPU %": ("idle_cpu_percent", 1, 3),
    "MB/day and pair": ("idle_bytes_per_day_and_pair", 1e-6, 2), "memory MiB": ("idle_rss_kib", 1 / targets.MEBIBYTE, 1),
    "peers": ("crowd_peers", 1, 0), "all: MiB": ("crowd_rss_kib", 1 / targets.MEBIBYTE, 1),
    "without them": ("crowd_rss_kib_without", 1 / targets.MEBIBYTE, 1), "all: wake-ups/s": ("crowd_wake_ups_per_s", 1, 1),
    "all: CPU %": ("crowd_cpu_percent", 1, 2), "each: MB/day": ("crowd_bytes_per_day_and_pair", 1e-6, 2),
    "joins/s": ("crowd_joins_per_s", 1, 0), "a join: CPU ms": ("crowd_joining_cpu_ms", 1, 2),
    "handshakes/s": ("parts_handshakes_per_s", 1, 0), "responder alone": ("parts_handshake_responders_per_s", 1, 0),
    "in a daemon": ("parts_handshake_in_daemons_per_s", 1, 0),
    "route ns": ("parts_route_at_once_ns", 1, 1), "of many": ("parts_route_at_once_ns_of_many", 1, 1),
    "in turn": ("parts_route_in_turn_ns", 1, 1), "of many, in turn": ("parts_route_in_turn_ns_of_many", 1, 1),
    "next hop ns": ("parts_next_hop_at_once_ns", 1, 1), "next hop of many": ("parts_next_hop_at_once_ns_of_many", 1, 1),
    "next hop in turn": ("parts_next_hop_in_turn_ns", 1, 1), "next hop of many, in turn": ("parts_next_hop_in_turn_ns_of_many", 1, 1),
    "whole s": ("builds_whole_s", 1, 0), "one file s": ("builds_one_file_s", 1, 1),
}


def cell(summary, scale=1.0, digits=2):
    """Median and spread: "4.4 (4.2–4.5)"; a sign behind it when others of the machine disturbed some of it."""
    if not summary:
        return "–"
    text = f"{summary['median'] * scale:,.{digits}f}"
    if len(summary["values"]) > 1:
        text += f" ({summary['min'] * scale:,.{digits}f}–{summary['max'] * scale:,.{digits}f})"
    return text + (f" {DISTURBED_SIGN}" if summary["disturbed"] else "")


def markdown(heads, rows):
    lines = [" | ".join(heads), " | ".join("---" for _ in heads), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def of_topology(peers):
    heads = {head: column for head, column in COLUMNS.items() if any(column[0] in figures for figures in peers.values())}
    ranked = sorted(peers, key=lambda name: -(peers[name].get("tcp1_gbit_s") or {"median": 0})["median"])
    def row(name):
        return [name, *(cell(peers[name].get(figure), scale, digits) for figure, scale, digits in heads.values())]
    return markdown(["VPN", *heads], [row(name) for name in ranked])


def of_targets(verdicts):
    return markdown(["figure", "topology", "pim", "compared with", "ratio", "target", "met"], [_row(one) for one in verdicts])


def _row(verdict):
    row = verdict.row
    sign = "≤" if row.at_most else "≥"
    target = f"{sign} {row.limit:g}" + (" ×" if row.against else f" {row.unit}")
    other = "–"
    if row.against:
        other = "not measured" if not verdict.other else f"{row.against} {verdict.other * row.scale:,.{row.digits}f}"
        other += " *" if verdict.is_stand_in and verdict.other else ""
    ratio = f"{verdict.ratio:.2f}" if row.against and verdict.ratio is not None else "–"
    met = {True: "yes", False: "**no**", None: "not measured" if verdict.is_even else "disturbed"}[verdict.holds]
    figure = cell(verdict.pim, row.scale, row.digits)
    return [row.name, row.topology, f"{figure} {row.unit}" if verdict.pim else figure, other, ratio, target, met]


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main(path):
    data = load(path)
    for kind in [*SHAPES, *alone.KINDS]:
        if kind in data["results"]:
            print(f"{kind}\n\n{of_topology(data['results'][kind])}\n")
    print(f"targets\n\n{of_targets(targets.judge_all(data))}\n")
    for kind, name, repeat, why in data["failures"]:
        print(f"FAIL {kind} {name}, repeat {repeat}: {why}")
    return 0
