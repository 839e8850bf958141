"""Sends an echo request every 2 ms until one is answered: python3 -m speed.first_ping ADDRESS SECONDS.

Says "ready" when it sends, then the moment (CLOCK_MONOTONIC) of the first answer, or "none". It is started before the
VPN, so that its own start costs nothing.
"""
import os
import select
import socket
import struct
import sys
import time

EVERY = 0.002


def checksum(data):
    """RFC 1071."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


class Echo:
    def __init__(self, address):
        self.address, self.is_v6 = address, ":" in address
        family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if self.is_v6 else (socket.AF_INET, socket.IPPROTO_ICMP)
        self.socket = socket.socket(family, socket.SOCK_RAW, protocol)
        self.socket.setblocking(False)
        self.request, self.reply, self.skip = (128, 129, 0) if self.is_v6 else (8, 0, 20)
        self.mark, self.sequence = os.getpid() & 0xffff, 0

    def send(self):
        self.sequence = (self.sequence + 1) & 0xffff
        packet = struct.pack("!BBHHH", self.request, 0, 0, self.mark, self.sequence)
        if not self.is_v6:  # the kernel sums ICMPv6 by itself
            packet = packet[:2] + struct.pack("!H", checksum(packet)) + packet[4:]
        try:
            self.socket.sendto(packet, (self.address, 0))
        except OSError:
            pass  # no route yet

    def is_answered(self, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and select.select([self.socket], [], [], left)[0]:
            try:
                packet = self.socket.recv(2048)[self.skip:]
            except OSError:
                continue
            if packet[0] == self.reply and struct.unpack("!H", packet[4:6])[0] == self.mark:
                return True
        return False


def main():
    echo, end = Echo(sys.argv[1]), time.monotonic() + float(sys.argv[2])
    print("ready", flush=True)
    while time.monotonic() < end:
        echo.send()
        if echo.is_answered(EVERY):
            print(time.monotonic(), flush=True)
            return
    print("none", flush=True)


if __name__ == "__main__":
    main()
