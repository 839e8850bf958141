"""Traffic from the source to the sink of a net: one measurement each, as {figure: value}."""
import contextlib
import json
import re
import subprocess
import time

from lab.netns import PYTHON, SCRIPTS

from .figures import percentile


class Load:
    """iperf3 and ping between the ends of a net. `target` is where the sink is reached. close() ends the server."""

    def __init__(self, net, target):
        self.source, self.sink, self.target = net[net.shape.source], net[net.shape.sink], target
        self.server = None
        self.serve()

    def serve(self):
        self.close()
        self.server = self.sink.spawn("iperf3", "-s", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)

    def close(self):
        if self.server:
            self.server.kill()
            self.server.wait()

    def iperf(self, *options, seconds, patience=10):
        """-> iperf3's sums; {} when it came to nothing twice"""
        argv = ["iperf3", "-J", "-c", self.target, "-t", str(seconds), "--connect-timeout", "3000", *options]
        for _ in range(2):
            with contextlib.suppress(subprocess.TimeoutExpired, ValueError):
                end = json.loads(self.source.run(*argv, check=False, timeout=seconds + patience).stdout).get("end")
                if end:
                    return end
            self.serve()  # the server may still be busy with the one before, or stuck in what broke
        return {}

    def tcp(self, *options, seconds):
        """-> (bytes that arrived, their bits a second, segments sent again)"""
        end = self.iperf(*options, seconds=seconds)
        received = end.get("sum_received", {})
        return received.get("bytes", 0), received.get("bits_per_second", 0), end.get("sum_sent", {}).get("retransmits", 0)

    def udp(self, size, rate):
        """One second of packets of `size` bytes, `rate` of them (0: as fast as iperf3 can). -> (sent, arrived) a second"""
        bits = rate * size * 8
        end = self.iperf("-u", "-l", str(size), "-b", str(int(bits)), "-w", "4M", seconds=1, patience=7).get("sum") or {}
        sent = end.get("packets", 0) / max(end.get("seconds", 1), 0.5)
        return sent, sent * (1 - end.get("lost_percent", 100) / 100)

    def ping(self, key, count, gap):
        done = self.source.run("ping", "-n", "-c", str(count), "-i", str(gap), "-W", "1", self.target, check=False, timeout=60)
        times = [float(number) for number in re.findall(r"time=([\d.]+)", done.stdout)]
        out = {f"{key}_lost_percent": 100 * (1 - len(times) / count)}
        if times:
            out |= {f"{key}_p50_ms": percentile(times, 50), f"{key}_p99_ms": percentile(times, 99)}
        return out


def first_ping(node, target, limit, begin):
    """Seconds from just before begin() to the first answered echo; None when there is none within `limit`."""
    environment = {"PYTHONPATH": SCRIPTS, "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    probe = node.spawn(PYTHON, "-m", "speed.first_ping", target, str(limit), env=environment, stdout=subprocess.PIPE, text=True)
    try:
        probe.stdout.readline()
        began = time.monotonic()
        begin()
        answer = probe.stdout.readline().strip()
    finally:
        probe.kill()
        probe.wait()
        probe.stdout.close()
    return None if answer in ("", "none") else float(answer) - began
