"""The programs in tests/bench that stand on Google Benchmark: run, and read."""
import json
import os
import re
import statistics
import subprocess

from lab.daemon import BUILD

FEW, MANY = 10, 100_000  #: entries of the tables that are asked
COUNTERS = ("share", "per_core_s")  #: that our programs add to Google Benchmark's
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def run(program, repeats, seconds, wanted="."):
    """`wanted` is a regular expression. -> what read() makes of its output"""
    argv = [os.path.join(BUILD, program), f"--benchmark_repetitions={repeats}", f"--benchmark_min_time={seconds}",
            "--benchmark_enable_random_interleaving=true", "--benchmark_format=json", f"--benchmark_filter={wanted}"]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return read(json.loads(done.stdout))


def read(output):
    """Google Benchmark's JSON -> {benchmark: {"ns": [of each repeat], "bytes_per_s": median or None, each of its COUNTERS: [of
    each repeat]}}, in the order in which they are defined"""
    found = {}
    for run in output["benchmarks"]:
        if run.get("run_type") != "iteration":
            continue
        if run.get("error_occurred"):
            raise RuntimeError(f"{run['name']}: {run['error_message']}")
        one = found.setdefault((run["family_index"], run["per_family_instance_index"], run["run_name"]),
                               {"ns": [], "rates": [], **{counter: [] for counter in COUNTERS if counter in run}})
        one["ns"].append(_nanoseconds(run))
        one["rates"].append(run.get("bytes_per_second"))
        for counter in filter(run.get, COUNTERS):
            one[counter].append(run[counter])
    for one in found.values():
        rates = one.pop("rates")
        one["bytes_per_s"] = statistics.median(rates) if all(rates) else None
    return {re.sub("/manual_time$", "", key[2]): one for key, one in sorted(found.items())}


def _nanoseconds(run):
    """CPU time of an item, so that a pause by others is not counted."""
    return 1e9 / run["items_per_second"] if run.get("items_per_second") else run["cpu_time"] * NANOSECONDS[run["time_unit"]]
