"""tests/support/plan_driver as a process in a node, and what the tests ask of a host that it has changed."""
import itertools
import os
import socket
import subprocess
import time

from lab import addresses as a, snapshot
from lab.daemon import BUILD
from lab.generators import dns_query

PLAN_DRIVER = os.path.join(BUILD, "tests", "support", "plan_driver")
MARK, TABLE = 0x70696D30, "5200"
MESH4, MESH6 = "10.77.0.{}", "fd77:1:2::{}"
SO_MARK, SO_BINDTODEVICE = 36, 25

_numbers = itertools.count()


class Driver:
    """do("on") and the like answer when the host is as asked; options are those of the driver."""

    def __init__(self, node, state=None, prefix=(), binary=PLAN_DRIVER, **options):
        self.node = node
        self.state = state or os.path.join(node.dir, "plan-state")
        self._errors = os.path.join(node.dir, f"driver-{next(_numbers)}.log")
        # PIM_PLAN_WITHOUT="without_on=inet/out:3" leaves one rule out of every plan, to see which test notices
        words = [*os.environ.get("PIM_PLAN_WITHOUT", "").split(), *(f"{key}={value}" for key, value in options.items())]
        with open(self._errors, "wb") as errors:
            self.process = node.spawn(*prefix, binary, self.state, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=errors, text=True)
        self._read()

    def _read(self):
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if lines[-1] == "ready" or lines[-1].startswith(("ok", "error")):
                return lines
        return [*lines, "died"]

    def ask(self, command, **options):
        """The last line of the answer: "ok", "error ..." or "died"."""
        self.process.stdin.write(" ".join([command, *(f"{key}={value}" for key, value in options.items())]) + "\n")
        self.process.stdin.flush()
        return self._read()[-1]

    def text(self, command, **options):
        self.process.stdin.write(" ".join([command, *(f"{key}={value}" for key, value in options.items())]) + "\n")
        self.process.stdin.flush()
        return self._read()

    def do(self, command, **options):
        answer = self.ask(command, **options)
        assert answer.startswith("ok"), f"{command}: {answer}\n" + "\n".join(self.steps())
        return answer

    def steps(self):
        """What was changed on the host, in order, as the driver told."""
        with open(self._errors, encoding="utf-8") as file:
            return file.read().splitlines()

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=10)

    def close(self):
        """Leaves as a daemon that holds its block does."""
        self.process.stdin.close()
        self.process.wait(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()


def once(node, command, **options):
    """One command by a driver of its own; its last line."""
    with Driver(node, **options) as driver:
        return driver.ask(command)


def release(node, **options):
    assert once(node, "release", **options) == "ok"


def is_armed(node):
    """The four split routes, the rules and the table, as anybody can see them."""
    v4 = node.run("ip", "-4", "route", "show", "table", TABLE, check=False).stdout
    v6 = node.run("ip", "-6", "route", "show", "table", TABLE, check=False).stdout
    rules = [node.run("ip", family, "rule").stdout for family in ("-4", "-6")]
    table = node.run("nft", "list", "table", "inet", "pim0", check=False).stdout
    return (all(f"{half} dev pim0" in v4 for half in ("0.0.0.0/1", "128.0.0.0/1"))
            and all(f"{half} dev pim0" in v6 for half in ("::/1", "8000::/1"))
            and all("unreachable default" in text for text in (v4, v6))
            and all(part in text for text in rules for part in ("5200:", f"goto 5209", "5205:", "lookup 5200", "5209:"))
            and "policy drop" in table)


def leaks_during(network, load, seconds, rate=25):
    """What left the client's own links while every kind of traffic was offered, and how much was offered."""
    for sniffer in network.sniffers.values():
        sniffer.reset()
    load.reset()
    load.rate(rate)
    time.sleep(seconds)
    load.rate(0)
    return network.leaks(), load.offered()


def unchanged(node, before):
    """Empty when the host is as it was; else what differs."""
    return snapshot.difference(before, snapshot.take(node))


# -- small questions to the world, from a node ---------------------------------------------------------------------

def fetch(node, address, timeout=3, port=80, device=None):
    """The address that the web server saw, or the name of the error."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with node.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        if device:
            client.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device.encode() + b"\0")
        try:
            client.connect((address, port))
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while chunk := client.recv(65536):
                answer += chunk
        except OSError as error:
            return type(error).__name__ if error.errno is None else os.strerror(error.errno)
    return answer.decode().split('"seen": "')[1].split('"')[0]


def ask_dns(node, server, name="www", timeout=2, tcp=False, device=None, mark=None, scope=0):
    """"answered", or the name of the error."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    query = dns_query(name.encode())
    with node.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as client:
        client.settimeout(timeout)
        if device:
            client.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, device.encode() + b"\0")
        if mark:
            client.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
        try:
            client.connect((server, 53, 0, scope) if family == socket.AF_INET6 else (server, 53))
            client.sendall(len(query).to_bytes(2, "big") + query if tcp else query)
            return "answered" if client.recv(4096) else "nothing"
        except OSError as error:
            return type(error).__name__ if error.errno is None else os.strerror(error.errno)


class Pair:
    """Client and gateway with the tunnel between them, in clear: two drivers that carry each other's packets."""

    def __init__(self, network, client=None, gateway=None):
        self.gateway = Driver(network.gateway, member=1, peer=f"{a.CLIENT4}:9100", **(gateway or {}))
        self.gateway.do("gateway")
        self.client = Driver(network.client, member=2, peer=f"{network.gateway_address}:9100", **(client or {}))
        self.client.do("on")
        self._network = network

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for driver, node in ((self.client, self._network.client), (self.gateway, self._network.gateway)):
            driver.kill()
            release(node)
