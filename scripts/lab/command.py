"""What the programs that show something in the lab have in common: they build, enter the sandbox and give a verdict."""
from suites import build

from . import sandbox


def run(name, targets, work):
    """`work` runs inside the sandbox and returns why it failed, or None. -> the exit code"""
    def end(why):
        print(f"{name}: FAIL {why}" if why else f"{name}: PASS", flush=True)
        return 1 if why else 0
    try:
        return end(_why_failed(targets, work))
    except KeyboardInterrupt:
        print("\nEverything is taken down again." if sandbox.is_inside() else "")
        return 0 if sandbox.is_inside() else 130


def _why_failed(targets, work):
    why_not = sandbox.why_not()
    if why_not:
        return f"the lab cannot run here: {why_not}"
    try:
        build.build(targets=targets)
    except build.BuildFailed as failed:
        return f"the build failed: {failed}"
    sandbox.enter()  # from here on nothing can stay behind
    try:
        return work()
    except Exception as error:  # whatever stops it, its last line says so
        return f"{type(error).__name__}: {error}"


def tell_logs(mesh):
    for daemon in mesh.daemons():
        print(f"-- last lines of the {daemon.node.name} daemon's log\n{daemon.tail(20)}", flush=True)
