"""Runs suites written in Python: pytest of Debian's own python, its cases counted like all others."""
import os
import subprocess
import tempfile

from . import build

NO_TESTS = 5


def run(results, suite, arguments, environment=()):
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.xml")
        command = ["/usr/bin/python3", "-m", "pytest", "-q", "--tb=short", "--durations=5", "-p", "no:cacheprovider",
                   f"--junitxml={report}", *arguments]
        print(f"{suite}:", flush=True)
        # the path of scripts/ is not the business of the tests
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        code = subprocess.run(command, cwd=build.ROOT, stdin=subprocess.DEVNULL,
                              env={**clean, "PYTHONDONTWRITEBYTECODE": "1", **dict(environment)}).returncode
        failed_before = len(results.failures)
        try:
            results.add_junit(report, suite)
        except (OSError, SyntaxError) as error:
            results.fails(suite, f"pytest ended with {code} and left no readable report: {error}")
        if code not in (0, NO_TESTS) and len(results.failures) == failed_before:
            results.fails(suite, f"pytest ended with {code}")
