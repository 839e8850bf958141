"""Handshakes beside the X25519 in them, and lookups among many routes beside few: the programs in tests/bench that tell."""
import statistics
import time

from . import programs

NAME = "parts"
MEANING = "what one core does of each in a second, and how much more a lookup takes among 100,000 entries than among ten"
HANDSHAKES, LOOKUPS = "tests/bench/handshake_bench", "tests/bench/dataplane/dataplane_bench"
TARGETS = (HANDSHAKES, LOOKUPS)
REPEATED = True
REPETITIONS = 5
#: name in the program -> name of the figure
HANDSHAKE_ROWS = {"both_sides": "handshake", "responder_alone": "handshake_responder", "daemon_alone": "handshake_in_daemon"}
LOOKUP_ROWS = {"route_lookup/at_once": "route_at_once", "route_lookup/in_turn": "route_in_turn",
               "next_hop_lookup/at_once": "next_hop_at_once", "next_hop_lookup/in_turn": "next_hop_in_turn"}


def limit(options):
    return 120 + 60 * options.secs


def measure(options, others):
    """-> {figure: value}: `_share` of the X25519 operations in a handshake, `_per_s` of one core, `_flatness` of a lookup"""
    used, began, seconds = others.used(), time.monotonic(), min(0.2, options.secs / 10)
    out = {}
    found = programs.run(HANDSHAKES, REPETITIONS, seconds)
    for name, figure in HANDSHAKE_ROWS.items():
        out[f"parts_{figure}_share"] = statistics.median(found[name]["share"])
        out[f"parts_{figure}s_per_s"] = statistics.median(found[name]["per_core_s"])
    found = programs.run(LOOKUPS, REPETITIONS, seconds, f"^({'|'.join(LOOKUP_ROWS)})/({programs.FEW}|{programs.MANY})$")
    for name, figure in LOOKUP_ROWS.items():
        few, many = (statistics.median(found[f"{name}/{size}"]["ns"]) for size in (programs.FEW, programs.MANY))
        out |= {f"parts_{figure}_ns": few, f"parts_{figure}_ns_of_many": many, f"parts_{figure}_flatness": many / few}
    return out | {"parts_foreign_cores": others.cores_since(used, began)}
