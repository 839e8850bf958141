"""Asks the internet a hundred times a second, in v4 and in v6, which address it sees: which gateway carries the client's
datagrams, and since when. Every datagram has a tag, so the sniffer knows it."""
import socket
import sys
import time

from . import addresses as a, tag
from .worker import Loop

INTERVAL = 0.01
SERVERS = {"-4": (socket.AF_INET, a.WEB4), "-6": (socket.AF_INET6, a.WEB6)}


class Witness:
    """Starts the process in the client. Times are those of time.monotonic()."""

    def __init__(self, network):
        self._worker = network.worker(network.client, "witness")

    def forget(self):
        self._worker.ask("forget")

    def first(self):
        """{"-4": {address: when the first answer came that tells of it}, "-6": ...} since forget()."""
        return self._worker.ask("first")

    def close(self):
        self._worker.close()


class _Process:
    def __init__(self):
        self._number = 0
        self._forget()
        self._loop = Loop({"first": lambda: self._first, "forget": self._forget})
        self._sockets = {family: self._socket(family) for family in SERVERS}

    def run(self):
        self._loop.run(self._ask, INTERVAL)

    def _forget(self):
        self._first = {family: {} for family in SERVERS}
        return True

    def _socket(self, family):
        # Not connected: each datagram takes the source address that is right just then.
        asking = socket.socket(SERVERS[family][0], socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._loop.selector.register(asking, 1, lambda _mask: self._on_answer(family))
        return asking

    def _ask(self):
        self._number += 1
        for family, (_, address) in SERVERS.items():
            try:
                self._sockets[family].sendto(tag.make(f"witness{family[1]}", self._number), (address, a.SEEN_PORT))
            except OSError:
                pass  # refused at once, which is an answer too

    def _on_answer(self, family):
        try:
            seen = self._sockets[family].recv(65536).decode().split(" ")[1]
        except (OSError, IndexError):
            return
        self._first[family].setdefault(seen, time.monotonic())


if __name__ == "__main__":
    sys.exit(_Process().run())
