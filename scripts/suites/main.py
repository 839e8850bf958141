"""scripts/test: builds and runs every test, or with --checks the checks. The last line counts; exit 1 when one failed."""
import argparse
import contextlib
import sys
import time

from . import build, checks, native, python, simulation
from .results import Results

KINDS = ("unit", "contract", "sim", "netns")


def main():
    options = parse(sys.argv[1:])
    results, began = Results(), time.monotonic()
    try:
        if options.checks:
            checks.run(results, options.only)
        else:
            run_tests(results, options)
    except build.BuildFailed as failed:
        results.fails(f"build: {failed}")
    print(f"took {time.monotonic() - began:.0f} s")
    return results.finish()


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/test", description="Builds pim and runs its tests.")
    parser.add_argument("--checks", action="store_true", help="instead: sanitizers, clang-tidy, format, layers")
    parser.add_argument("--only", metavar="KIND", action="append", default=[],
                        help=f"only these: {', '.join(KINDS)}; with --checks: {', '.join(checks.CHECKS)}")
    parser.add_argument("-k", dest="expression", default="", metavar="EXPR", help="only cases whose name contains EXPR")
    options = parser.parse_args(arguments)
    known = checks.CHECKS if options.checks else KINDS
    if set(options.only) - set(known):
        parser.error(f"--only takes: {', '.join(known)}")
    return options


def run_tests(results, options):
    build.build()
    wanted = options.only or KINDS
    with contextlib.ExitStack() as running:
        seeds = running.enter_context(simulation.Simulation()) if "sim" in wanted and not options.expression else None
        run_programs(results, wanted, options.expression)
        if "netns" in wanted:
            python.run_namespaces(results, options.expression)
        if seeds:
            seeds.finish(results)


def run_programs(results, wanted, expression):
    # every program runs under `unit` but those that Meson files under another kind
    chosen = [program for program in native.programs(build.folder("build"))
              if any(kind in wanted for kind in (set(program.suites) & set(KINDS) or {"unit"}))]
    native.run(chosen, results, expression)
    if "unit" in wanted:
        python.run(results, "scripts", ["tests/scripts", *python.chosen(expression)])


if __name__ == "__main__":
    sys.exit(main())
