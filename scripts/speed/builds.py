"""How long everything takes to build, without a compiler cache, and again after a change of one file."""
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from lab.daemon import ROOT

NAME = "builds"
MEANING = "from nothing, without a compiler cache, and after a change of one file (the slowest of three)"
TARGETS = ()
REPEATED = False
#: One of the mesh, one of control, one of the window.
CHANGED = ("selection.cpp.o", "publish.cpp.o", "views_topology.cpp.o")


def limit(options):
    return 1800


def measure(options, others):
    """-> {figure: seconds}"""
    folder = tempfile.mkdtemp(prefix="bench-", dir=os.path.join(ROOT, "build"))
    try:
        used, began = others.used(), time.monotonic()
        whole = _run("meson", "setup", folder, "-Dwerror=true") + _run("ninja", "-C", folder)
        single = [_again(folder, name) for name in CHANGED]
        return {"builds_whole_s": whole, "builds_one_file_s": max(single),
                "builds_foreign_cores": others.cores_since(used, began)}
    finally:
        shutil.rmtree(folder)


def _again(folder, name):
    """As if the source had been changed: its object is gone."""
    (found,) = Path(folder).glob(f"**/{name}")
    found.unlink()
    return _run("ninja", "-C", folder)


def _run(*argv):
    began = time.monotonic()
    environment = {**os.environ, "PATH": "/usr/bin:/bin:" + os.environ.get("PATH", ""), "CXX": "g++", "CCACHE_DISABLE": "1"}
    done = subprocess.run(argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout[-400:]}")
    return time.monotonic() - began
