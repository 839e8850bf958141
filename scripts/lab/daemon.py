"""pim-daemon and pim as processes in a node, each node with its own config, state folder, socket and log."""
import json
import os
import signal
import subprocess
import time

from .netns import SCRIPTS, CommandFailed
from .rpc import Rpc, RpcError

ROOT = os.path.dirname(SCRIPTS)
BUILD = os.environ.get("PIM_BUILD", os.path.join(ROOT, "build"))
DAEMON, PIM, DASHBOARD = (os.path.join(BUILD, path) for path in ("daemon/pim-daemon", "ui/cli/pim", "ui/pim-dashboard"))

NOT_READY = -32000


def wait_until(question, seconds, what, pause=0.05):
    """The first true answer; raises TimeoutError that names `what`. `question` may raise while things settle. `pause`:
    seconds between two questions."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            answer = question()
            if answer:
                return answer
        except (OSError, EOFError, KeyError, IndexError) as error:
            last = error
        time.sleep(pause)
    raise TimeoutError(f"{what}: not within {seconds} s" + (f" ({last})" if last else ""))


#: Everybody on one switch would be everybody's peer: neighbours are found where a config says so.
UNLESS_SAID = {"discovery": {"enabled": False}}


def to_toml(config):
    """{"node": {"name": "x"}, "peers": [{...}]} as TOML. Values are strings, booleans, integers and lists of them."""
    lines = []
    for section, content in config.items():
        for table in content if isinstance(content, list) else [content]:
            lines.append(f"[[{section}]]" if isinstance(content, list) else f"[{section}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


class Daemon:
    """`prefix` is a program that starts the daemon, such as ["setpriv", ...]; `binary` another copy of it."""

    def __init__(self, node, config=None, binary=DAEMON, prefix=(), name=None):
        self.node, self.binary, self.prefix = node, binary, list(prefix)
        self.dir = os.path.join(node.dir, name) if name else node.dir
        self.socket = os.path.join(self.dir, "pim.sock")
        self.config_path = os.path.join(self.dir, "pim.toml")
        self.state = os.path.join(self.dir, "state")
        self.log = os.path.join(self.dir, "daemon.log")
        os.makedirs(self.dir, exist_ok=True)
        self.process = None
        self.configure(config or {})

    def configure(self, config):
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(config if isinstance(config, str) else to_toml({**UNLESS_SAID, **config}))

    @property
    def environment(self):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "PIM_"))}
        return {**kept, "HOME": self.dir, "XDG_STATE_HOME": self.state, "PIM_CONFIG_PATH": self.config_path,
                "PIM_RPC_SOCKET": self.socket}

    # -- life -------------------------------------------------------------------------------------------------------
    def start(self, wait=10.0):
        """Returns when the socket answers. wait=0 does not wait."""
        with open(self.log, "ab") as log:
            self.process = self.node.spawn(*self.prefix, self.binary, env=self.environment, stdout=log, stderr=log)
        if wait:
            self.wait_ready(wait)
        return self

    def wait_ready(self, seconds=10.0):
        def answers():
            if self.process.poll() is not None:
                raise CommandFailed(f"pim-daemon in {self.node.name} ended with {self.process.returncode}:\n{self.tail()}")
            try:
                return self.status()
            except RpcError as error:
                if error.code == NOT_READY:
                    return None
                raise
        return wait_until(answers, seconds, f"pim-daemon in {self.node.name} answers")

    def run_to_end(self, *arguments, timeout=10, environment=()):
        """Starts it for its output: bad input, --release, --help."""
        return self.node.run(*self.prefix, self.binary, *arguments, check=False, timeout=timeout,
                             env={**self.environment, **dict(environment)})

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9"""
        self.process.kill()
        self.process.wait(timeout=10)

    def terminate(self, seconds=10.0):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"pim-daemon in {self.node.name} did not end within {seconds} s of SIGTERM") from None

    def tail(self, lines=30):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except FileNotFoundError:
            return ""

    # -- talking to it ----------------------------------------------------------------------------------------------
    def rpc(self):
        return Rpc(self.socket)

    def call(self, method, **params):
        with self.rpc() as rpc:
            return rpc.call(method, **params)

    def status(self):
        return self.call("status")

    def pim(self, *arguments, check=True, timeout=20):
        """The command line program, in the daemon's node, with its socket and folders."""
        return self.node.run(PIM, *arguments, env={**self.environment, "PATH": f"{os.path.dirname(DAEMON)}:{os.environ['PATH']}"},
                             check=check, timeout=timeout)

    # -- common questions -------------------------------------------------------------------------------------------
    def peer(self, state="active"):
        """The first peer in that state, or None."""
        return next((peer for peer in self.call("peers.list") if peer["state"] == state), None)

    def wait_peer(self, seconds=10.0, state="active"):
        return wait_until(lambda: self.peer(state), seconds, f"{self.node.name} has a peer that is {state}")

    def selected_gateway(self):
        return self.status()["routes"]["selected_gateway"]
