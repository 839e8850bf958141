"""Packets of IP made by hand, so that a test can lie about where they come from."""
import socket
import struct

from lab.generators import checksum

ICMP, UDP, ICMP6 = 1, 17, 58


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def packed(address):
    return socket.inet_pton(family_of(address), address)


def udp(source, destination, sport, dport, data):
    """A whole packet of either family."""
    data += b"\0" * (len(data) % 2)
    length = 8 + len(data)
    total = checksum(_pseudo(source, destination, UDP, length) + struct.pack("!HHHH", sport, dport, length, 0) + data)
    return _ip(source, destination, UDP, struct.pack("!HHHH", sport, dport, length, total or 0xFFFF) + data)


def echo(source, destination, data):
    """An echo request of either family."""
    kind, proto = (128, ICMP6) if ":" in source else (8, ICMP)
    message = struct.pack("!BBHHH", kind, 0, 0, 7, 1) + data + b"\0" * (len(data) % 2)
    covered = (_pseudo(source, destination, proto, len(message)) if proto == ICMP6 else b"") + message
    return _ip(source, destination, proto, message[:2] + struct.pack("!H", checksum(covered)) + message[4:])


def send(node, packet, destination):
    """As it is, by the routes of the node."""
    with node.socket(family_of(destination), socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet, (destination, 0))


def _pseudo(source, destination, proto, length):
    """What a checksum covers beside the payload; RFC 8200, section 8.1, says the same as RFC 768 for one below 64 KiB."""
    return packed(source) + packed(destination) + struct.pack("!HH", length, proto)


def _ip(source, destination, proto, payload):
    if ":" in source:
        return struct.pack("!IHBB", 6 << 28, len(payload), proto, 64) + packed(source) + packed(destination) + payload
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0, packed(source), packed(destination))
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload
