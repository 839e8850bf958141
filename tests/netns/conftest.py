"""Every suite here runs inside the lab's sandbox: pytest itself becomes pid 1 of it, so nothing can stay behind."""
import os
import signal
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))

from lab import daemon, sandbox  # noqa: E402  (the path above makes it importable)

_unavailable = sandbox.why_not()
if not _unavailable and not sandbox.is_inside():
    sandbox.enter()

#: A test that takes longer than this hangs. `@pytest.mark.limit(seconds)` sets another bound.
LIMIT = 60


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): the test fails when it takes longer")
    config.addinivalue_line("markers", "needs(*programs): daemon, pim or dashboard must have been built")


def pytest_runtest_setup(item):
    if _unavailable:
        pytest.skip(_unavailable)
    built = {"daemon": daemon.DAEMON, "pim": daemon.PIM, "dashboard": daemon.DASHBOARD}
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            if not os.access(built[name], os.X_OK):
                pytest.skip(f"{os.path.relpath(built[name], daemon.ROOT)} is not built")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    marker = item.get_closest_marker("limit")
    seconds = marker.args[0] if marker else LIMIT

    def too_long(_number, _frame):
        raise TimeoutError(f"{item.name} took longer than {seconds} s")
    previous = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """What the daemons wrote belongs to the report of a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    for folder, _, files in os.walk(sandbox.RUN_DIR):
        node = os.path.relpath(folder, sandbox.RUN_DIR).split(os.sep)[0]
        for name in files:
            if name.endswith(".log") and os.path.exists(f"/run/netns/{node}"):
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    lines = file.readlines()[-60:]
                report.sections.append((os.path.join(folder, name), "".join(lines)))
