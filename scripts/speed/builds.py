"""How long everything takes to build, without a compiler cache, and again after a change of one file."""
import os
import shutil
import subprocess
import tempfile
import time

from lab.daemon import ROOT

NAME = "builds"
MEANING = "from nothing, without a compiler cache, and after a change of one file (the slowest of three)"
TARGETS = ()
REPEATED = False
#: One of the mesh, one of control, one of the window.
CHANGED = ("daemon/mesh/selection.cpp", "daemon/control/publish.cpp", "ui/views/topology.cpp")


def limit(options):
    return 1800


def measure(options, others):
    """-> {figure: seconds}"""
    folder = tempfile.mkdtemp(prefix="bench-", dir=os.path.join(ROOT, "build"))
    try:
        used, began = others.used(), time.monotonic()
        whole = _run("meson", "setup", folder, "-Dwerror=true") + _run("ninja", "-C", folder)
        single = [_again(folder, source) for source in CHANGED]
        return {"builds_whole_s": whole, "builds_one_file_s": max(single),
                "builds_foreign_cores": others.cores_since(used, began)}
    finally:
        shutil.rmtree(folder)


def _again(folder, source):
    """As if the source had been changed: the object that it is part of is gone."""
    known = subprocess.run(["ninja", "-C", folder, "-t", "deps"], stdout=subprocess.PIPE, check=True, text=True).stdout
    os.unlink(os.path.join(folder, object_of(known, source)))
    return _run("ninja", "-C", folder)


def object_of(known, source):
    """The object that `ninja -t deps`, in `known`, says was compiled from that source."""
    (found,) = [lines[0].split(":")[0] for block in known.split("\n\n") if (lines := block.strip().splitlines())
                and any(line.strip().endswith("/" + source) for line in lines[1:])]
    return found


def _run(*argv):
    began = time.monotonic()
    environment = {**os.environ, "PATH": "/usr/bin:/bin:" + os.environ.get("PATH", ""), "CXX": "g++", "CCACHE_DISABLE": "1"}
    done = subprocess.run(argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout[-400:]}")
    return time.monotonic() - began
