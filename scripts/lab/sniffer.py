"""Counts what a node sends onto a cable, seen from the cable's other end.

Classes: a tag of a generator (by kind), a reserved destination without a tag (a bare SYN is a leak too), the daemon's
own datagrams, ICMP errors about them, dns, arp, nd, mld, igmp, dhcp, lan, other. leaks() are the first two, `other`, and
`dns`: an untagged question would be the daemon looking up a peer by name, and no lab that counts leaks has one.
"""
import collections
import ipaddress
import socket
import struct
import sys
import time

from . import addresses, tag
from .worker import Loop, Worker

ETH_P_ALL, ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 3, 0x0800, 0x0806, 0x86DD
SOL_PACKET, PACKET_STATISTICS, PACKET_OUTGOING = 263, 6, 4
TCP, UDP, ICMP, IGMP, ICMP6 = 6, 17, 1, 2, 58
PIM_PORTS = {addresses.LISTEN_PORT, addresses.DISCOVERY_PORT}
DHCP = {(68, 67), (546, 547)}
RESERVED = {ipaddress.ip_address(addresses.RESERVED4).packed, ipaddress.ip_address(addresses.RESERVED6).packed}
LEAK_CLASSES = ("tagged", "reserved", "other", "dns")
KEPT = 20  # packets kept for the report


class Packet:
    """The few header fields that classification needs. Anything cut short or strange has proto None."""

    def __init__(self, frame):
        self.frame = frame
        self.ethertype = struct.unpack_from("!H", frame, 12)[0] if len(frame) >= 14 else 0
        self.source = self.destination = b""
        self.family, self.proto, self.sport, self.dport, self.icmp, self.offset = 0, None, 0, 0, None, 0
        ip = frame[14:]
        if self.ethertype == ETH_P_IP and len(ip) >= 20:
            self.family, self.source, self.destination = 4, ip[12:16], ip[16:20]
            self._transport(ip, ip[9], (ip[0] & 15) * 4, first=struct.unpack_from("!H", ip, 6)[0] & 0x1FFF == 0)
        elif self.ethertype == ETH_P_IPV6 and len(ip) >= 40:
            self.family, self.source, self.destination = 6, ip[8:24], ip[24:40]
            proto, offset = ip[6], 40
            while proto in (0, 43, 60) and len(ip) >= offset + 8:  # hop-by-hop (before MLD), routing, options
                proto, offset = ip[offset], offset + 8 * (ip[offset + 1] + 1)
            self._transport(ip, proto, offset, first=True)

    def _transport(self, ip, proto, offset, first):
        self.proto, self.offset = proto, 14 + offset
        if not first:
            return
        if proto in (TCP, UDP) and len(ip) >= offset + 4:
            self.sport, self.dport = struct.unpack_from("!HH", ip, offset)
        elif proto in (ICMP, ICMP6) and len(ip) > offset:
            self.icmp = ip[offset]

    def is_icmp_error(self):
        return (self.proto == ICMP and self.icmp in (3, 11, 12)) or (self.proto == ICMP6 and self.icmp in (1, 2, 3, 4))

    def quoted(self):
        """The packet that an ICMP error speaks of."""
        kind = b"\x08\x00" if self.family == 4 else b"\x86\xdd"
        return Packet(bytes(12) + kind + self.frame[self.offset + 8:])

    def __str__(self):
        if not self.family:
            return f"ethertype {self.ethertype:#06x}, {len(self.frame)} bytes"
        name = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmp6", IGMP: "igmp"}.get(self.proto, self.proto)
        ports = f" {self.sport} > {self.dport}" if self.sport or self.dport else ""
        kind = f" type {self.icmp}" if self.icmp is not None else ""
        return (f"{ipaddress.ip_address(self.source)} > {ipaddress.ip_address(self.destination)} "
                f"{name}{ports}{kind} {len(self.frame)} bytes")


def classify(packet):
    """-> (class, detail)"""
    kind = tag.find(packet.frame)
    if kind:
        return "tagged", kind
    if packet.destination in RESERVED:
        return "reserved", f"{'tcp' if packet.proto == TCP else packet.proto}{packet.family}"
    if packet.ethertype == ETH_P_ARP:
        return "arp", ""
    if not packet.family:
        return "other", f"ethertype {packet.ethertype:#06x}"
    return _classify_ip(packet)


def _classify_ip(packet):
    if packet.proto == UDP and packet.sport in PIM_PORTS:
        return "underlay", ""
    if packet.proto in (TCP, UDP) and 53 in (packet.sport, packet.dport):
        return "dns", f"{'tcp' if packet.proto == TCP else 'udp'}{packet.family}"
    if packet.proto == UDP and (packet.sport, packet.dport) in DHCP:
        return "dhcp", ""
    if packet.proto == IGMP:
        return "igmp", ""
    if packet.proto == ICMP6 and packet.icmp is not None and 133 <= packet.icmp <= 137:
        return "nd", ""
    if packet.proto == ICMP6 and packet.icmp in (130, 131, 132, 143):
        return "mld", ""
    if packet.is_icmp_error():
        about = packet.quoted()
        if about.proto == UDP and PIM_PORTS & {about.sport, about.dport}:
            return "underlay_icmp", ""
    address = ipaddress.ip_address(packet.destination)
    local = any(address in network for network in _LAN)
    return ("lan" if local else "other"), f"proto {packet.proto} to {address}"


# What `allow_lan` leaves open: private ranges and what never passes a router.
_LAN = [ipaddress.ip_network(text) for text in
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "224.0.0.0/24", "239.255.255.250/32",
         "255.255.255.255/32", "fc00::/7", "fe80::/10", "ff02::/16")]


class Sniffer:
    """Starts the counting process. `node` and `link` are the far end of the cable that is watched."""

    def __init__(self, node, link):
        self._worker = Worker(node, "sniffer", link)

    def counts(self):
        """{"tagged": {"udp4-plain": 3}, "underlay": {"": 12}, ...} since the last reset()."""
        return self._worker.ask("counts")

    def reset(self):
        return self._worker.ask("reset")

    def leaks(self):
        counts = self.counts()
        found = {f"{name} {detail}": count for name in LEAK_CLASSES for detail, count in counts.get(name, {}).items()}
        if counts.get("lost"):
            found["lost by the sniffer"] = counts["lost"]["packets"]
        return found

    def report(self):
        """The first packets that leaks() speaks of, as text."""
        return self._worker.ask("report")

    def record(self, path):
        """Writes every packet of both directions to a pcap file from now on; record(None) ends it."""
        return self._worker.ask("record", path=path)

    def close(self):
        self._worker.close()


class _Process:
    def __init__(self, link):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(ETH_P_ALL))
        for option in (socket.SO_RCVBUF, 33):  # 33 is SO_RCVBUFFORCE, where permitted
            try:
                self._socket.setsockopt(socket.SOL_SOCKET, option, 16 << 20)
            except OSError:
                pass
        self._socket.bind((link, ETH_P_ALL))
        self._pcap = None
        self._clear()
        self._loop = Loop({"counts": self._counts, "reset": self._reset, "report": lambda: self._kept,
                           "record": self._record})
        self._loop.selector.register(self._socket, 1, self._on_packets)

    def run(self):
        self._loop.run()

    def _clear(self):
        self._by_class = collections.defaultdict(collections.Counter)
        self._kept = []

    def _on_packets(self, _mask):
        for _ in range(256):  # bounded: commands must get their turn
            try:
                frame, (_, _, kind, _, _) = self._socket.recvfrom(1 << 17)
            except BlockingIOError:
                return False
            if self._pcap:
                self._write(frame)
            if kind != PACKET_OUTGOING:
                self._count(Packet(frame))
        return True

    def _count(self, packet):
        name, detail = classify(packet)
        self._by_class[name][detail] += 1
        if name in LEAK_CLASSES and len(self._kept) < KEPT:
            self._kept.append(f"{name} {detail}: {packet}")

    def _drain(self):
        """Everything that arrived before the command was given counts."""
        for _ in range(4096):
            if not self._on_packets(0):
                break
        _, lost = struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        if lost:
            self._by_class["lost"]["packets"] += lost

    def _counts(self):
        self._drain()
        return self._by_class

    def _reset(self):
        self._drain()
        self._clear()
        return True

    def _record(self, path):
        self._drain()
        if self._pcap:
            self._pcap.close()
        self._pcap = open(path, "wb") if path else None
        if self._pcap:
            self._pcap.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 17, 1))
        return True

    def _write(self, frame):
        now = time.time()
        self._pcap.write(struct.pack("=IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)


if __name__ == "__main__":
    _Process(sys.argv[1]).run()
