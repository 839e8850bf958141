"""scripts/bench micro: the programs for single parts, as a table with medians and spread."""
import os
import resource
import statistics
import time

from lab.daemon import ROOT
from suites import build

from . import accounting, programs, table
from .series import machine

PATH = os.path.join(ROOT, "docs", "microbenchmarks.md")
#: program -> what its rows are
PROGRAMS = {
    "tests/bench/aead_bench": "The cipher and the handshake. Bytes of plaintext stand behind the name.",
    "tests/bench/dataplane/dataplane_bench": "The packet path, by the packet: `super` are 47 packets of 1,344 bytes at once, "
    "`small` are those of so many bytes, so many a batch. `split` and `gather` are without a cipher; lookups are among so many entries.",
    "tests/bench/rpc_bench": "Answers to clients and a request, without sockets.",
}


def measure(repeats, seconds):
    """-> {program: what programs.run gives}, cores that others used meanwhile"""
    began, (busy, _), own = time.monotonic(), accounting.machine(), _own()
    results = {program: programs.run(program, repeats, seconds) for program in PROGRAMS}
    foreign = (accounting.machine()[0] - busy - (_own() - own)) / (time.monotonic() - began)
    return results, max(0.0, foreign)


def _own():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def row(name, one):
    digits = 0 if statistics.median(one["ns"]) >= 100 else 1
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(one["ns"]), statistics.median(one["ns"]), max(one["ns"])))
    rate = f"{one['bytes_per_s'] / 1e9:.2f}" if one["bytes_per_s"] else "–"
    return [f"`{name}`", middle, f"{low}–{high}", rate]


def flatness(benchmarks):
    """[[lookup, ns among few, ns among many, their ratio]]"""
    rows = []
    few, many_of = f"/{programs.FEW}", f"/{programs.MANY}"
    for name, one in benchmarks.items():
        many = benchmarks.get(name.removesuffix(few) + many_of) if name.endswith(few) else None
        if many:
            few_ns, many_ns = statistics.median(one["ns"]), statistics.median(many["ns"])
            rows.append([f"`{name.removesuffix(few)}`", f"{few_ns:.1f}", f"{many_ns:.1f}", f"{many_ns / few_ns:.1f}"])
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
        ["what", f"among {programs.FEW}", f"among {programs.MANY:,}", "ratio"], flat)]) + "\n"


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
