"""From single measurements to figures: median and spread, without those that others of the machine disturbed."""
import math
import statistics

from .accounting import DISTURBED

#: What begins with another's name stands before it.
MEASUREMENTS = ("tcp1_reverse", "tcp1", "tcp4", "udp64", "udp1200", "rtt_loaded", "rtt", "rpc_loaded", "rpc", "idle", "crowd", "parts",
                "builds")
#: Measured together with another one: the pings that run beside the four streams.
WITHIN = {"rtt_loaded": "tcp4"}


def percentile(values, percent):
    """By nearest rank: so many of a hundred are no larger."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def measurement_of(figure):
    """What a figure was taken in, or None: "tcp1_gbit_s" -> "tcp1"."""
    name = next((name for name in MEASUREMENTS if figure.startswith(name + "_")), None)
    return WITHIN.get(name, name)


def is_disturbed(figure, trial):
    return trial.get(f"{measurement_of(figure)}_foreign_cores", 0) >= DISTURBED


def disturbances(results):
    """(disturbed, all) measurements of a run"""
    foreign = [summary for peers in results.values() for figures in peers.values() for name, summary in figures.items()
               if name.endswith("_foreign_cores")]
    return (sum(summary["disturbed"] for summary in foreign),
            sum(summary["disturbed"] + sum(value < DISTURBED for value in summary["values"]) for summary in foreign))


def summary(trials):
    """[{figure: value}] of one VPN on one topology -> {figure: {"median", "min", "max", "values", "disturbed"}}

    Over the undisturbed values where there are any; `disturbed` counts the others, and all when all were.
    """
    out = {}
    for figure in sorted({figure for trial in trials for figure in trial}):
        taken = [(trial[figure], is_disturbed(figure, trial)) for trial in trials if trial.get(figure) is not None]
        clean = [value for value, disturbed in taken if not disturbed]
        values = clean or [value for value, _ in taken]
        if values and all(isinstance(value, (int, float)) for value in values):
            out[figure] = {"median": round(statistics.median(values), 6), "min": round(min(values), 6),
                           "max": round(max(values), 6), "values": [round(value, 6) for value in values],
                           "disturbed": sum(disturbed for _, disturbed in taken)}
    return out
