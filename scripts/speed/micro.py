"""scripts/bench micro: the programs for single parts, as a table with medians and spread."""
import json
import os
import re
import resource
import statistics
import subprocess
import time

from lab.daemon import BUILD, ROOT
from suites import build

from . import accounting, table
from .series import machine

PATH = os.path.join(ROOT, "docs", "microbenchmarks.md")
#: program -> what its rows are
PROGRAMS = {
    "tests/bench/aead_bench": "The cipher and the handshake. Bytes of plaintext stand behind the name.",
    "tests/bench/dataplane/dataplane_bench": "The packet path, by the packet: `super` are 47 packets of 1,344 bytes at once, "
    "`small` are those of so many bytes, so many a batch. `split` and `gather` are without a cipher; lookups are among so many entries.",
    "tests/bench/rpc_bench": "Answers to clients and a request, without sockets.",
}
FEW, MANY = 10, 100_000
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def measure(repeats, seconds):
    """-> {program: {benchmark: {"ns": [of each repeat], "bytes_per_s": median or None}}}, cores that others used meanwhile"""
    began, (busy, _), own = time.monotonic(), accounting.machine(), _own()
    results = {program: _run(program, repeats, seconds) for program in PROGRAMS}
    foreign = (accounting.machine()[0] - busy - (_own() - own)) / (time.monotonic() - began)
    return results, max(0.0, foreign)


def _own():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(program, repeats, seconds):
    argv = [os.path.join(BUILD, program), f"--benchmark_repetitions={repeats}", f"--benchmark_min_time={seconds}",
            "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return read(json.loads(done.stdout))


def read(output):
    """Google Benchmark's JSON -> {benchmark: {"ns", "bytes_per_s"}}, in the order in which they are defined"""
    found = {}
    for run in output["benchmarks"]:
        if run.get("run_type") != "iteration":
            continue
        if run.get("error_occurred"):
            raise RuntimeError(f"{run['name']}: {run['error_message']}")
        one = found.setdefault((run["family_index"], run["per_family_instance_index"], run["run_name"]), {"ns": [], "rates": []})
        one["ns"].append(_nanoseconds(run))
        one["rates"].append(run.get("bytes_per_second"))
    return {re.sub("/manual_time$", "", key[2]):
            {"ns": one["ns"], "bytes_per_s": statistics.median(one["rates"]) if all(one["rates"]) else None}
            for key, one in sorted(found.items())}


def _nanoseconds(run):
    """CPU time of an item, so that a pause by others is not counted."""
    return 1e9 / run["items_per_second"] if run.get("items_per_second") else run["cpu_time"] * NANOSECONDS[run["time_unit"]]


def row(name, one):
    digits = 0 if statistics.median(one["ns"]) >= 100 else 1
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(one["ns"]), statistics.median(one["ns"]), max(one["ns"])))
    rate = f"{one['bytes_per_s'] / 1e9:.2f}" if one["bytes_per_s"] else "–"
    return [f"`{name}`", middle, f"{low}–{high}", rate]


def flatness(benchmarks):
    """[[lookup, ns among few, ns among many, their ratio]]"""
    rows = []
    for name, one in benchmarks.items():
        many = benchmarks.get(re.sub(f"/{FEW}$", f"/{MANY}", name)) if name.endswith(f"/{FEW}") else None
        if many:
            few_ns, many_ns = statistics.median(one["ns"]), statistics.median(many["ns"])
            rows.append([f"`{name.removesuffix(f'/{FEW}')}`", f"{few_ns:.1f}", f"{many_ns:.1f}", f"{many_ns / few_ns:.1f}"])
    return rows


def text(results, foreign, repeats, seconds):
    here = machine()
    parts = ["# Single parts",
             "\n".join(["Written by `scripts/bench micro --write`: the programs in `tests/bench` that stand on Google Benchmark.", "",
                        f"- {time.strftime('%Y-%m-%d')}, {here['cores']} cores of {here['cpu']}, Linux {here['kernel']}, "
                        f"{here['openssl'].split(' (')[0]}",
                        f"- {repeats} repeats in random order, each at least {seconds:g} s; CPU time of one item: median, smallest–largest",
                        f"- other programs used {foreign:.2f} cores meanwhile. They share the last cache: what does not fit the second",
                        "  one (1 MiB a core here) is the first to suffer, which `one_load` shows"])]
    for program, meaning in PROGRAMS.items():
        rows = [row(name, one) for name, one in results[program].items()]
        parts += [f"## {os.path.basename(program)}", meaning, table.markdown(["what", "ns", "spread", "GB/s"], rows)]
    flat = [line for benchmarks in results.values() for line in flatness(benchmarks)]
    return "\n\n".join([*parts, "## Lookups, few and many", "[ADR 16](adr/0016-route-lookup.md) says what these mean.", table.markdown(
        ["what", f"among {FEW}", f"among {MANY:,}", "ratio"], flat)]) + "\n"


def main(options):
    try:
        build.build(targets=tuple(PROGRAMS))
    except build.BuildFailed as failed:
        print(f"bench: FAIL the build failed: {failed}")
        return 1
    results, foreign = measure(options.repeats, options.secs)
    written = text(results, foreign, options.repeats, options.secs)
    print(written)
    if options.write:
        with open(PATH, "w", encoding="utf-8") as file:
            file.write(written)
        print(f"wrote {os.path.relpath(PATH, ROOT)}")
    return 0
