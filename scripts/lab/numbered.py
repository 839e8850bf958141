"""Numbered datagrams both ways between two nodes, each end a process: sent in bursts at a steady rate, and counted where
they arrive. A burst crosses a link as one train where trains are made, so that what happens inside of one is seen."""
import contextlib
import socket
import struct
import time

from .worker import Loop, Worker

PORT = 7100
NUMBER = struct.Struct("!Q")
SIZE = 1000  #: bytes of each datagram
BURST, EVERY = 16, 0.01  #: datagrams a burst; seconds from one to the next
BUFFER = 4 << 20
SO_RCVBUFFORCE = 33


class Account:
    """Of the numbers that arrived, 0 being the first that was sent. Reordered as RFC 4737, section 3.3 has it: a smaller
    number than one before it."""

    def __init__(self):
        self.next, self.arrived, self.reordered, self.repeated = 0, 0, 0, 0
        self._missing = set()

    def take(self, number):
        if number >= self.next:
            self._missing.update(range(self.next, number))
            self.next = number + 1
        elif number in self._missing:
            self._missing.remove(number)
            self.reordered += 1
        else:
            self.repeated += 1
            return
        self.arrived += 1

    @property
    def missing(self):
        """How many did not arrive, though a later one did."""
        return len(self._missing)

    def values(self):
        return {name: getattr(self, name) for name in ("next", "arrived", "reordered", "repeated", "missing")}


class Numbered:
    """The side of the lab: one end. listen() on both, then send(), report() as often as wanted, stop() and report() again."""

    def __init__(self, node):
        self._worker = Worker(node, "numbered")

    def listen(self, own):
        """Begins anew, from 0, at this address. What comes before that is lost."""
        self._worker.ask("listen", own=own)

    def send(self, other):
        self._worker.ask("send", other=other)

    def stop(self):
        """Sends no more; what comes is still counted."""
        self._worker.ask("stop")

    def report(self):
        """{"sent": how many this end sent, and the values of Account for what the other end sent}"""
        return self._worker.ask("report")

    def close(self):
        self._worker.close()


class _Process:
    def __init__(self):
        self._socket, self._other, self._sent, self._account = None, None, 0, Account()
        self._loop = Loop({"listen": self._listen, "send": self._send, "stop": self._stop, "report": self._report})

    def run(self):
        self._loop.run(self._tick, EVERY)

    def _listen(self, own):
        if self._socket:
            self._loop.selector.unregister(self._socket)
            self._socket.close()
        self._sent, self._account = 0, Account()
        self._socket = socket.socket(socket.AF_INET6 if ":" in own else socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF, SO_RCVBUFFORCE):  # the last one where permitted
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        self._socket.bind((own, PORT))
        self._loop.selector.register(self._socket, 1, self._on_datagrams)
        return True

    def _send(self, other):
        self._other = (other, PORT)
        return True

    def _stop(self):
        self._other = None
        return True

    def _report(self):
        return {"sent": self._sent, **self._account.values()}

    def _tick(self):
        for _ in range(BURST if self._other else 0):
            try:
                self._socket.sendto(NUMBER.pack(self._sent).ljust(SIZE, b"\0"), self._other)
            except OSError:  # not sent, so its number is used again
                return
            self._sent += 1

    def _on_datagrams(self, _mask):
        until = time.monotonic() + EVERY
        while time.monotonic() < until:
            try:
                data = self._socket.recv(SIZE)
            except OSError:
                return
            if len(data) == SIZE:
                self._account.take(NUMBER.unpack_from(data)[0])


if __name__ == "__main__":
    _Process().run()
