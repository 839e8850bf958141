"""What the internet of the lab answers: a page and datagrams that tell the address they saw, DNS, and echoes for the
generators.

One socket for each address and port, so that an answer always leaves from the address that was asked.
"""
import ipaddress
import json
import socket
import struct

from . import addresses as a
from .worker import Loop

A, AAAA, TXT = 1, 28, 16
REPLY, TRUNCATED, RECURSION, NAME_ERROR = 0x8400, 0x0200, 0x0080, 3
KEPT = 5000
RESOLVERS = (a.DNS4, a.DNS6, a.ONLINK_DNS4, a.ONLINK_DNS6, a.ROUTER_LINK_LOCAL)


def plain(address):
    return address.removeprefix("::ffff:").split("%")[0]


def answer(query, seen):
    """A DNS reply for the names of the lab. A and AAAA as listed, TXT of any name tells the address that asked."""
    number, flags, questions = struct.unpack_from("!HHH", query)
    if questions != 1 or flags & 0x8000:
        return None, "", 0
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    kind = struct.unpack_from("!H", query, at + 1)[0]
    question, name = query[12:at + 5], ".".join(labels).lower()
    data = []
    if kind == TXT:
        data = [bytes([len(seen)]) + seen.encode()]
    elif name in a.NAMES:
        data = [ipaddress.ip_address(a.NAMES[name][kind == AAAA]).packed] if kind in (A, AAAA) else []
    known = name in a.NAMES or kind == TXT
    header = struct.pack("!HHHHHH", number, REPLY | RECURSION | flags & 0x0100 | (0 if known else NAME_ERROR), 1, len(data), 0, 0)
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(item)) + item for item in data)
    return header + question + records, name, kind


class Servers:
    def __init__(self):
        self._queries, self._pages = [], []
        self._loop = Loop({"queries": lambda: self._queries, "pages": lambda: self._pages, "reset": self._reset})
        for address in (a.WEB4, a.WEB6):
            for port in (80, 8080):
                self._listen(address, port, self._on_web)
            self._datagrams(address, a.SEEN_PORT, self._on_question)
        for address in RESOLVERS:
            self._datagrams(address, 53, self._on_dns)
            self._listen(address, 53, self._on_dns_stream)
        for address in (a.RESERVED4, a.RESERVED6):
            for port in a.ECHO_PORTS:
                self._datagrams(address, port, lambda server, data, peer: server.sendto(data, peer))
                self._listen(address, port, self._on_echo)

    def run(self):
        self._loop.run()

    def _reset(self):
        self._queries, self._pages = [], []
        return True

    def _bound(self, kind, address, port):
        server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind | socket.SOCK_NONBLOCK)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        scope = socket.if_nametoindex("to-client") if address.startswith("fe80") else 0
        server.bind((address, port, 0, scope) if ":" in address else (address, port))
        return server

    def _datagrams(self, address, port, handle):
        server = self._bound(socket.SOCK_DGRAM, address, port)

        def on_ready(_mask):
            try:
                data, peer = server.recvfrom(65536)
                handle(server, data, peer)
            except OSError:
                pass  # an ICMP error about an earlier answer
        self._loop.selector.register(server, 1, on_ready)

    def _listen(self, address, port, handle):
        server = self._bound(socket.SOCK_STREAM, address, port)
        server.listen(512)

        def on_ready(_mask):
            try:
                connection, peer = server.accept()
            except OSError:
                return
            connection.setblocking(False)
            self._loop.selector.register(connection, 1, lambda _mask: self._on_stream(connection, peer, handle))
        self._loop.selector.register(server, 1, on_ready)

    def _on_stream(self, connection, peer, handle):
        try:
            data = connection.recv(65536)
            if data and handle(connection, data, peer):
                return
        except OSError:
            pass
        self._loop.selector.unregister(connection)
        connection.close()

    # -- each returns True when the connection stays open --
    def _on_web(self, connection, data, peer):
        seen, path = plain(peer[0]), data.split(b" ")[1].decode() if data.count(b" ") > 1 else ""
        self._pages = [*self._pages[-KEPT:], {"path": path, "seen": seen}]
        body = json.dumps({"page": "a page of the lab", "seen": seen}).encode() + b"\n"
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return False

    @staticmethod
    def _on_question(server, data, peer):
        server.sendto(data + b" " + plain(peer[0]).encode(), peer)

    @staticmethod
    def _on_echo(connection, data, _peer):
        connection.sendall(data)
        return True

    def _resolve(self, data, peer, over):
        try:
            reply, name, kind = answer(data, plain(peer[0]))
        except (IndexError, struct.error):
            return None
        if name and "pimtag" not in name:  # the generators ask thousands
            self._queries = [*self._queries[-KEPT:], {"name": name, "type": kind, "from": plain(peer[0]), "over": over}]
        return reply

    def _on_dns(self, server, data, peer):
        reply = self._resolve(data, peer, "udp")
        if reply:
            server.sendto(reply, peer)

    def _on_dns_stream(self, connection, data, peer):
        reply = self._resolve(data[2:], peer, "tcp")
        if reply:
            connection.sendall(struct.pack("!H", len(reply)) + reply)
        return bool(reply)


if __name__ == "__main__":
    Servers().run()
