"""Helper processes inside nodes. Each runs `python3 -m lab.MODULE`, says {"ready": true} and then answers one line of
JSON for each line with a command, until its standard input ends."""
import contextlib
import json
import os
import selectors
import subprocess
import sys
import time

from .netns import PYTHON, SCRIPTS


class Worker:
    """The side of the lab. ask() sends a command and returns what the process answers."""

    def __init__(self, node, module, *arguments):
        self.name = f"{module} in {node.name}"
        environment = {**os.environ, "PYTHONPATH": SCRIPTS, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = node.spawn(PYTHON, "-m", f"lab.{module}", *map(str, arguments), env=environment, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._read()

    def ask(self, command, **arguments):
        self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} has ended (its error stands above)")
        return json.loads(line)

    def close(self):
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Loop:
    """The side of the process: sockets, a clock tick and commands in one thread."""

    def __init__(self, commands):
        self.selector = selectors.DefaultSelector()
        self._commands = commands
        self._partial = b""
        os.set_blocking(0, False)
        self.selector.register(0, selectors.EVENT_READ, self._on_input)

    def run(self, tick=None, every=None):
        """Calls tick() about every `every` seconds. Returns when the lab closes our input."""
        self._reply({"ready": True})
        due = time.monotonic()
        self._running = True
        while self._running:
            wait = None if tick is None else max(0.0, due - time.monotonic())
            for key, mask in self.selector.select(wait):
                if key.fd in self.selector.get_map():  # an earlier handler of this turn may have closed it
                    key.data(mask)
            if tick is not None and time.monotonic() >= due:
                tick()
                due = max(due + every, time.monotonic())

    def _on_input(self, _mask):
        data = os.read(0, 65536)
        if not data:
            self._running = False
            return
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            self._reply(self._commands[request.pop("do")](**request))

    @staticmethod
    def _reply(value):
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()
