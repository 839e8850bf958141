"""scripts/test: builds and runs every test, or with --checks the checks. The last line counts; exit 1 when one failed."""
import argparse
import os
import subprocess
import sys
import tempfile
import time

from . import build, checks, native
from .results import Results

KINDS = ("unit", "contract", "netns")


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
    # every program runs under `unit` but those that Meson files under another kind
    chosen = [program for program in native.programs(build.folder("build"))
              if any(kind in wanted for kind in (set(program.suites) & set(KINDS) or {"unit"}))]
    native.run(chosen, results, options.expression)
    if "netns" in wanted:
        run_netns(results, options.expression)


def run_netns(results, expression):
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "netns.xml")
        command = ["/usr/bin/python3", "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}",
                   "tests/netns", *(["-k", expression] if expression else [])]
        print("netns:", flush=True)
        code = subprocess.run(command, cwd=build.ROOT, stdin=subprocess.DEVNULL).returncode
        failed_before = len(results.failures)
        try:
            results.add_junit(report, "netns")
        except (OSError, SyntaxError) as error:
            results.fails("netns", f"pytest ended with {code} and left no readable report: {error}")
        no_tests = 5
        if code not in (0, no_tests) and len(results.failures) == failed_before:
            results.fails("netns", f"pytest ended with {code}")


if __name__ == "__main__":
    sys.exit(main())
