"""UDP datagrams out of a capture of the sniffer, and datagrams with any sender sent back into the lab."""
import ipaddress
import socket
import struct
from typing import NamedTuple

from .sniffer import UDP, Packet


class Datagram(NamedTuple):
    source: str
    sport: int
    destination: str
    dport: int
    payload: bytes


def frames(path):
    """The Ethernet frames of a pcap file that Sniffer.record() wrote."""
    with open(path, "rb") as file:
        file.read(24)
        while header := file.read(16):
            yield file.read(struct.unpack("=IIII", header)[2])


def datagrams(path, port):
    """Those with this port at either end. Fragments and super-packets would hide some: keep offloads off."""
    found = []
    for frame in frames(path):
        packet = Packet(frame)
        if packet.proto == UDP and port in (packet.sport, packet.dport):
            length = struct.unpack_from("!H", frame, packet.offset + 4)[0]
            found.append(Datagram(str(ipaddress.ip_address(packet.source)), packet.sport,
                                  str(ipaddress.ip_address(packet.destination)), packet.dport,
                                  frame[packet.offset + 8:packet.offset + length]))
    return found


def offloads_off(node, link):
    """Every datagram crosses on its own from now on."""
    node.run("ethtool", "-K", link, "tso", "off", "gso", "off", "gro", "off", "tx-udp-segmentation", "off")


class Forger:
    """Sends IPv4 datagrams from a node with whatever sender is written on them."""

    def __init__(self, node):
        self._socket = node.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, datagram, hops=64):
        length = 28 + len(datagram.payload)
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 0, 0, hops, UDP, 0, ipaddress.ip_address(datagram.source).packed,
                         ipaddress.ip_address(datagram.destination).packed)  # the kernel fills in the checksum
        udp = struct.pack("!HHHH", datagram.sport, datagram.dport, length - 20, 0)  # 0: no checksum
        self._socket.sendto(ip + udp + datagram.payload, (datagram.destination, 0))

    def close(self):
        self._socket.close()
