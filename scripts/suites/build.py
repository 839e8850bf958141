"""The build step, the same for the demo and for every suite."""
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class BuildFailed(Exception):
    pass


def folder(name):
    return os.path.join(ROOT, name)


def _run(argv, environment):
    sys.stdout.flush()
    if subprocess.run(argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL).returncode:
        raise BuildFailed(" ".join(argv))


def build(name="build", compiler="g++", options=("-Dwerror=true",), targets=()):
    """Configures the folder when it is new, compiles the targets (all when none is named). Raises BuildFailed."""
    path = folder(name)
    # Debian's own tools and python, whatever else is first on this user's PATH
    environment = {**os.environ, "PATH": "/usr/bin:/bin:" + os.environ.get("PATH", "")}
    if not os.path.exists(os.path.join(path, "build.ninja")):
        cache = "ccache " if shutil.which("ccache") else ""
        _run(["meson", "setup", path, *options], {**environment, "CXX": cache + compiler})
    _run(["ninja", "-C", path, *targets], {**environment, "NINJA_STATUS": "[%f/%t %e s] "})
