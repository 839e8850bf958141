"""Traffic of every kind that could leave a blocked client, many times a second, each packet with a tag.

A kind is {tcp,udp,icmp,dns,dnstcp,stream}{4,6}-{plain,device,source}[-where]: over which protocol and family, and
whether the socket is bound to nothing, to the uplink device, or to the uplink's address. DNS asks the on-link
resolver, a public one and (v6) a link-local one. `stream` is one TCP connection kept for as long as it lives.
Nobody reports success for what was not tried: `offered` counts attempts, `refused` those that the own host refused at
once, `answered` those that came back.
"""
import collections
import errno
import itertools
import random
import socket
import struct
import sys
import time

from . import addresses as a, tag
from .worker import Loop, Worker

READ, WRITE = 1, 2
ICMP_ECHO, ICMP6_ECHO, SO_BINDTODEVICE = 8, 128, 25
PATIENCE = 2.0
BINDINGS = ("plain", "device", "source")
RESOLVERS = {4: {"onlink": a.ONLINK_DNS4, "public": a.DNS4},
             6: {"onlink": a.ONLINK_DNS6, "public": a.DNS6, "linklocal": a.ROUTER_LINK_LOCAL}}


def kinds():
    """Every kind of the lab, in a fixed order."""
    names = []
    for family, binding in itertools.product((4, 6), BINDINGS):
        names += [f"{proto}{family}-{binding}" for proto in ("tcp", "udp", "icmp", "stream")]
        names += [f"{proto}{family}-{binding}-{where}" for proto in ("dns", "dnstcp") for where in RESOLVERS[family]]
    return names


class Generators:
    """Starts the process in a node. It is idle until rate(n): n rounds over all kinds each second."""

    def __init__(self, network, node=None):
        self._worker = network.worker(node or network.client, "generators")

    def rate(self, rounds_per_second):
        self._worker.ask("rate", rounds=rounds_per_second)

    def totals(self):
        """{kind: {"offered": n, "refused": n, "answered": n}}"""
        return self._worker.ask("totals")

    def offered(self):
        return sum(counts["offered"] for counts in self.totals().values())

    def reset(self):
        self._worker.ask("reset")


def checksum(data):
    """The internet checksum of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def dns_query(label):
    name = bytes([len(label)]) + label + b"".join(bytes([len(part)]) + part.encode() for part in a.DOMAIN.split("."))
    return struct.pack("!HHHHHH", random.getrandbits(16), 0x0100, 1, 0, 0, 0) + name + b"\0" + struct.pack("!HH", 16, 1)


class _Attempt:
    """One socket from its first packet to its answer, its refusal or the end of patience."""

    def __init__(self, process, kind, number):
        self.process, self.kind = process, kind
        self.proto = kind.split("-")[0][:-1]
        self.family = int(kind.split("-")[0][-1])
        self.binding, self.where = (kind.split("-") + [""])[1:3]
        self.tag, self.expires = tag.make(kind, number), time.monotonic() + PATIENCE
        self.socket = None

    def begin(self):
        self.process.counts[self.kind]["offered"] += 1
        try:
            self.socket = self._make_socket()
            self._bind()
            if self.proto in ("tcp", "dnstcp", "stream"):
                if self.socket.connect_ex(self._target()) not in (0, errno.EINPROGRESS):
                    return self.end("refused")
                return self.process.wait(self, WRITE)
            self.socket.sendto(self._payload(), self._target())
            return self.process.wait(self, READ)
        except OSError:
            return self.end("refused")

    def _make_socket(self):
        family = socket.AF_INET if self.family == 4 else socket.AF_INET6
        if self.proto == "icmp":
            proto = socket.IPPROTO_ICMP if self.family == 4 else socket.IPPROTO_ICMPV6
            return socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, proto)
        kind = socket.SOCK_DGRAM if self.proto in ("udp", "dns") else socket.SOCK_STREAM
        return socket.socket(family, kind | socket.SOCK_NONBLOCK)

    def _bind(self):
        if self.binding == "device":
            self.socket.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, a.UPLINK.encode() + b"\0")
        elif self.binding == "source":
            if self.where == "onlink":
                address = a.CLIENT_LAN4 if self.family == 4 else a.CLIENT_LAN6
            else:
                address = a.CLIENT4 if self.family == 4 else a.CLIENT6
            if self.where != "linklocal":
                self.socket.bind((address, 0))

    def _target(self):
        if self.proto.startswith("dns"):
            address, port = RESOLVERS[self.family][self.where], 53
        else:
            address = a.RESERVED4 if self.family == 4 else a.RESERVED6
            port = 0 if self.proto == "icmp" else random.choice(a.ECHO_PORTS)
        scope = self.process.uplink if address.startswith("fe80") else 0
        return (address, port) if self.family == 4 else (address, port, 0, scope)

    def _payload(self):
        if self.proto in ("dns", "dnstcp"):
            query = dns_query(self.tag)
            return query if self.proto == "dns" else struct.pack("!H", len(query)) + query
        if self.proto == "icmp":
            kind = ICMP_ECHO if self.family == 4 else ICMP6_ECHO
            body = struct.pack("!HH", random.getrandbits(16), 1) + self.tag
            body += b"\0" * (len(body) % 2)
            return struct.pack("!BBH", kind, 0, checksum(struct.pack("!BBH", kind, 0, 0) + body)) + body
        return self.tag

    def on_ready(self, mask):
        try:
            if mask & WRITE:
                error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error:
                    return self.end("refused")
                self.socket.send(self._payload())
                return self.process.wait(self, READ)
            data = self.socket.recv(65536)
        except OSError:
            return self.end("refused")
        if self.proto == "icmp" and self.tag not in data:
            return None  # a raw socket hears every answer, and the host's own errors
        if not data:
            return self.end("refused")
        self.process.counts[self.kind]["answered"] += 1
        return self.end(None) if self.proto != "stream" else None

    def send_again(self):
        """Streams only: one more message with a fresh tag on the connection that stands."""
        self.process.counts[self.kind]["offered"] += 1
        self.expires = time.monotonic() + 5 * PATIENCE
        try:
            self.socket.send(self.tag)
        except OSError:
            self.end("refused")

    def end(self, why):
        if why:
            self.process.counts[self.kind][why] += 1
        self.process.forget(self)
        if self.socket:
            self.socket.close()


class _Process:
    def __init__(self):
        self.uplink = socket.if_nametoindex(a.UPLINK)
        self.counts = {}
        self._clear()
        self._open, self._streams = {}, {}
        self._rounds, self._number, self._credit = 0.0, 0, 0.0
        self._kinds = itertools.cycle(kinds())
        self._loop = Loop({"rate": self._set_rate, "totals": lambda: self.counts, "reset": self._clear})

    def run(self):
        self._loop.run(self._tick, 0.02)

    def _clear(self):
        self.counts = {kind: collections.Counter(offered=0, refused=0, answered=0) for kind in kinds()}
        return True

    def _set_rate(self, rounds):
        self._rounds = float(rounds)
        if not rounds:
            for attempt in list(self._open):
                attempt.end(None)
        return True

    def _tick(self):
        now = time.monotonic()
        for attempt in [attempt for attempt in self._open if attempt.expires < now]:
            attempt.end("timeout")
        self._credit = min(self._credit + self._rounds * len(self.counts) * 0.02, 2.0 * len(self.counts))
        while self._credit >= 1:
            self._credit -= 1
            self._one(next(self._kinds))

    def _one(self, kind):
        self._number += 1
        if kind.startswith("stream") and kind in self._streams:
            attempt = self._streams[kind]
            if self._open.get(attempt) == READ:
                attempt.send_again()
            return
        attempt = _Attempt(self, kind, self._number)
        if kind.startswith("stream"):
            self._streams[kind] = attempt
        attempt.begin()

    def wait(self, attempt, mask):
        if attempt in self._open:
            self._loop.selector.modify(attempt.socket, mask, attempt.on_ready)
        else:
            self._loop.selector.register(attempt.socket, mask, attempt.on_ready)
        self._open[attempt] = mask

    def forget(self, attempt):
        if self._open.pop(attempt, None):
            self._loop.selector.unregister(attempt.socket)
        if self._streams.get(attempt.kind) is attempt:
            del self._streams[attempt.kind]


if __name__ == "__main__":
    sys.exit(_Process().run())
