"""scripts/bench run | table FILE | report FILE | soak | micro | profile"""
import argparse
import os
import shlex
import shutil
import signal
import sys

from lab import sandbox
from lab.daemon import ROOT
from suites import build

from . import accounting, alone, buffers, driver, micro, peers, profile, report, series, soak, table, trial
from .topologies import SHAPES

TARGETS = ("daemon/pim-daemon", "ui/cli/pim", "tests/bench/ceiling/ceiling")
OUT = os.path.join(ROOT, "build", "bench.json")
PEERS = {"raw": peers.Raw, "ceiling": peers.Ceiling, "ceiling-unchecked": peers.CeilingUnchecked,
         "ceiling-copy": peers.CeilingCopy,
         "pim": driver.made_for(os.path.join(ROOT, "tests", "bench", "driver"), "pair wire line gw"),
         "wireguard-go": peers.WireguardGo, "yggdrasil": peers.Yggdrasil}
TOPOLOGIES = [*SHAPES, *alone.KINDS]
MEASURING = ("run", "soak", "profile")  #: the verbs that measure daemons
#: What it takes to be done in two minutes: once, and only what the targets name first.
QUICK = {"repeats": 1, "secs": 1, "idle_secs": 15, "udp_probes": 6, "quiet_wait": 0, "crowd_peers": 500}
QUICK_PEERS = ("raw", "ceiling", "pim")
QUICK_TOPOLOGIES = [name for name in TOPOLOGIES if name != "builds"]


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures pim beside ceilings and other VPNs.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="measure")
    run.add_argument("--quick", action="store_true", help="about two minutes: one repeat, raw, ceiling and pim; builds nothing for its time")
    run.add_argument("--topologies", type=names, metavar="A,B", help=f"of {','.join(TOPOLOGIES)} (all)")
    run.add_argument("--peers", type=names, metavar="A,B", help=f"of {','.join(PEERS)} and the drivers (all)")
    run.add_argument("--driver", action="append", default=[], metavar="NAME=PATH", help="another VPN (scripts/speed/driver.py)")
    run.add_argument("--repeats", type=int, help="of everything (3)")
    run.add_argument("--secs", type=int, help="of each TCP stream (5)")
    run.add_argument("--idle-secs", type=int, help="to watch pim with idle peers (240)")
    run.add_argument("--crowd-peers", type=int, help="how many idle peers in the topology crowd (10000)")
    run.add_argument("--udp-probes", type=int, help="seconds of rates to try beside the highest; 0: no search (12)")
    run.add_argument("--only", type=names, metavar="A,B", default=(), help=f"of {','.join(trial.MEASURED)} (all)")
    run.add_argument("--quiet-wait", type=float, help="seconds in all to wait for a disturbed machine (120)")
    run.add_argument("--out", default=OUT, metavar="FILE", help="JSON (build/bench.json)")
    long = verbs.add_parser("soak", help="full load for minutes, and whether pim keeps what it promises")
    long.add_argument("--minutes", type=float, default=10)
    long.add_argument("--topology", choices=soak.SHAPES, default="pair")
    long.add_argument("--out", default=soak.OUT, metavar="FILE", help="JSON (build/soak.json)")
    for verb, what in (("table", "print the figures of a run"), ("report", "write docs/performance.md from a run")):
        given = verbs.add_parser(verb, help=what)
        given.add_argument("file", nargs="?", default=OUT)
    given.add_argument("--soak", metavar="FILE", action="append", default=[], help="and what a soak saw")
    single = verbs.add_parser("micro", help="measure single parts")
    single.add_argument("--repeats", type=int, default=9, help="of everything (9)")
    single.add_argument("--secs", type=float, default=0.05, help="of each repeat, at least (0.05)")
    single.add_argument("--write", action="store_true", help="docs/microbenchmarks.md too")
    where = verbs.add_parser("profile", help="where pim's time goes under one TCP stream")
    where.add_argument("--topologies", type=names, metavar="A,B", default=["pair", "line"], help=f"of {','.join(SHAPES)} (pair,line)")
    where.add_argument("--secs", type=int, default=10, help="to sample (10)")
    options = parser.parse_args(arguments)
    if options.verb == "run":
        complete(options, parser)
    if "out" in options:
        options.out = os.path.abspath(options.out)
    return options


def names(text):
    return text.split(",")


def complete(options, parser):
    """Fills in what was not said, and refuses what does not exist."""
    usual = {"repeats": 3, "secs": 5, "idle_secs": 240, "udp_probes": 12, "quiet_wait": 120, "crowd_peers": 10000}
    for name, value in {**usual, **(QUICK if options.quick else {})}.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    named = (text.partition("=") for text in options.driver)
    drivers = {name: driver.made_for(os.path.abspath(path)) for name, _, path in named}
    options.classes = {**PEERS, **drivers}
    options.topologies = options.topologies or (QUICK_TOPOLOGIES if options.quick else TOPOLOGIES)
    options.peers = options.peers or [*(QUICK_PEERS if options.quick else PEERS), *drivers]
    for what, given, known in (("peers", options.peers, options.classes), ("topologies", options.topologies, TOPOLOGIES),
                               ("only", options.only, trial.MEASURED)):
        if unknown := [name for name in given if name not in known]:
            parser.error(f"--{what}: there is no {', '.join(unknown)}")
    if min(options.repeats, options.secs, options.idle_secs, options.crowd_peers) < 1:
        parser.error("--repeats, --secs, --idle-secs and --crowd-peers: at least 1")


def ready(topologies=()):
    """Whether there is a sandbox and what is measured was built; says why not."""
    why_not = sandbox.why_not()
    if why_not:
        print(f"bench: FAIL {why_not}")
        return False
    try:
        build.build(targets=[*TARGETS, *(one for name in topologies if name in alone.KINDS for one in alone.KINDS[name].TARGETS)])
    except build.BuildFailed as failed:
        print(f"bench: FAIL the build failed: {failed}")
        return False
    return True


def run(options):
    """-> the exit code"""
    skipped = {name: why for name in options.peers if (why := options.classes[name].lacks())}
    for name, why in skipped.items():
        print(f"skipped: {name} lacks {why}", flush=True)
    classes = {name: options.classes[name] for name in options.peers if name not in skipped}
    command = shlex.join(["scripts/bench", *without_out(sys.argv[1:])])
    with buffers.raised():
        return beside(lambda: series.inside(series.Series(options, classes, skipped, accounting.Others(), command)))


def run_profile(options):
    """-> the exit code"""
    if not shutil.which("perf"):
        print("bench: FAIL perf is missing: apt-get install linux-perf")
        return 1
    with buffers.raised():
        return beside(lambda: profile.measure(options.topologies, PEERS["pim"], options, accounting.Others()))


def without_out(arguments):
    """Where a run is written says nothing about what was measured."""
    kept = [word for word in arguments if not word.startswith("--out=")]
    if "--out" in kept:
        at = kept.index("--out")
        kept[at:at + 2] = []
    return kept


def beside(work):
    """In a process of its own: who enters the sandbox does not come back, and something has to be put back here."""
    child = os.fork()
    if child == 0:
        os._exit(work())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the child as well
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main():
    options = parse(sys.argv[1:])
    if options.verb in MEASURING and not ready(getattr(options, "topologies", ())):
        return 1
    if options.verb == "run":
        return run(options)
    if options.verb == "soak":
        with buffers.raised():
            return beside(lambda: soak.inside(options))
    if options.verb == "micro":
        return micro.main(options)
    if options.verb == "profile":
        return run_profile(options)
    return table.main(options.file) if options.verb == "table" else report.main(options.file, options.soak)


if __name__ == "__main__":
    sys.exit(main())
