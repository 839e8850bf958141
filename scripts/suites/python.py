"""Runs suites written in Python: pytest of Debian's own python, its cases counted like all others."""
import concurrent.futures
import glob
import os
import subprocess
import tempfile

from . import build

NO_TESTS = 5

#: The namespace suites that take about half of the time of all.
FIRST_GROUP = ("test_claims", "test_failover", "test_host_plan", "test_mesh", "test_relayed_gateway")


def run(results, suite, arguments, environment=()):
    """One pytest with these arguments."""
    _run_groups(results, suite, [arguments], environment)


def run_namespaces(results, expression=""):
    """All of tests/netns, in two groups side by side: each has a sandbox of its own, and most of their time is waiting."""
    files = sorted(os.path.relpath(path, build.ROOT) for path in glob.glob(build.folder("tests/netns/test_*.py")))
    first = [path for path in files if os.path.basename(path).startswith(FIRST_GROUP)]
    groups = [first, [path for path in files if path not in first]]
    _run_groups(results, "netns", [[*group, *chosen(expression)] for group in groups if group], ())


def chosen(expression):
    """pytest's arguments for the cases whose name contains the expression: their sentences have no blanks."""
    return ["-k", expression.replace(" ", "_")] if expression else []


def _run_groups(results, suite, groups, environment):
    with concurrent.futures.ThreadPoolExecutor() as pool, tempfile.TemporaryDirectory() as folder:
        jobs = [(path, pool.submit(_pytest, path, arguments, dict(environment)))
                for path, arguments in ((os.path.join(folder, f"{number}.xml"), group) for number, group in enumerate(groups))]
        for path, job in jobs:
            code, output = job.result()
            print(f"{suite}:\n{output}", flush=True)
            _count(results, suite, path, code)


def _pytest(report, arguments, environment):
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "--tb=short", "--durations=5", "-p", "no:cacheprovider",
               f"--junitxml={report}", *arguments]
    # the path of scripts/ is not the business of the tests
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=build.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", env={**clean, "PYTHONDONTWRITEBYTECODE": "1", **environment})
    return done.returncode, done.stdout


def _count(results, suite, report, code):
    failed_before = len(results.failures)
    try:
        results.add_junit(report, suite, with_details=False)  # pytest has told them
    except (OSError, SyntaxError) as error:
        results.fails(suite, f"pytest ended with {code} and left no readable report: {error}")
    if code not in (0, NO_TESTS) and len(results.failures) == failed_before:
        results.fails(suite, f"pytest ended with {code}")
