"""The simulator's short run, each seed a case: beside the other suites and behind them, for it only computes."""
import os
import subprocess
import tempfile

from . import build

NODES, SEEDS = 200, 20


class Simulation:
    """Runs from the start; finish() waits for it and counts. Leaving the context ends it."""

    def __init__(self):
        self._output = tempfile.TemporaryFile("w+")
        command = ["nice", "-n", "19", build.folder("scripts/sim"), "--nodes", str(NODES), "--seeds", str(SEEDS), "--jobs", "1"]
        self._run = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._run.terminate()
        self._run.wait()
        self._output.close()

    def finish(self, results):
        code = self._run.wait()
        self._output.seek(0)
        count(results, self._output.read(), code, SEEDS)


def count(results, output, code, seeds):
    """Each line of a seed that ends with `ok` is a case that passed; what is missing failed."""
    held = [line for line in output.splitlines() if line.startswith("seed=") and line.endswith(" ok")]
    results.passes(len(held))
    if code != 0 or len(held) != seeds:
        results.fails(f"sim: {seeds - len(held)} of {seeds} seeds", f"{output[-8000:]}\nended with {code}")
    print(f"sim: {len(held)} seeds held; {output.splitlines()[-1] if output else ''}", flush=True)
