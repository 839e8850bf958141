"""scripts/sim: runs the simulator (tests/sim) over many seeds, a few side by side, and sums up. A failing seed shows what
broke and what went before. Exits 1 when one failed.
"""
import argparse
import concurrent.futures
import os
import subprocess
import sys

from . import build

TARGET = "tests/sim/sim"
SUMMED = ("cuts", "restarts", "partitions", "blinks", "loops", "dead_cycles")
WORST = ("start", "worst", "noticed", "rerouted", "settled", "far", "apart", "beyond", "rest_bytes", "most_at_rest",
         "lossy_rest", "most_lossy", "kib_per_node")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/sim", description="Real nodes on a virtual internet that falls apart.")
    parser.add_argument("--nodes", type=int, default=50)
    parser.add_argument("--seeds", type=int, choices=range(1, 100001), metavar="M", default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--stay-whole", action="store_true", help="the mesh starts and rests; nothing fails and nothing is lost")
    parser.add_argument("--rest-with-losses", action="store_true", help="it rests once more, while links go on losing")
    parser.add_argument("--weaken", choices=["no-feasibility"])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(arguments)


def run(options, seed):
    """-> the values of the report's line, all that was printed, whether it held"""
    command = [os.path.join(build.folder("build"), TARGET), "--nodes", str(options.nodes), "--seed", str(seed)]
    if options.stay_whole:
        command.append("--stay-whole")
    if options.rest_with_losses:
        command.append("--rest-with-losses")
    if options.weaken:
        command += ["--weaken", options.weaken]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    line = next((line for line in done.stdout.splitlines() if line.startswith("seed=")), "")
    output = done.stdout if line else f"seed={seed} FAILED without a report, ended with {done.returncode}\n{done.stdout}"
    return dict(word.split("=", 1) for word in line.split() if "=" in word), output, done.returncode == 0 and line != ""


def main():
    options = parse(sys.argv[1:])
    try:
        build.build(targets=[TARGET])
    except build.BuildFailed as failed:
        sys.exit(f"sim: FAIL the build: {failed}")
    reports, failed = [], []
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for seed, (report, output, holds) in zip(seeds, pool.map(lambda seed: run(options, seed), seeds)):
            print(output, end="", flush=True)
            reports.append(report)
            if not holds:
                failed.append(seed)
    sums = " ".join(f"{name}={sum(int(report.get(name, 0)) for report in reports)}" for name in SUMMED)
    worst = " ".join(f"{name}={max((float(report.get(name, 0)) for report in reports), default=0):.1f}" for name in WORST)
    print(f"seeds={len(reports)} failed={len(failed)}{' (' + ' '.join(map(str, failed)) + ')' if failed else ''} {sums} {worst}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
