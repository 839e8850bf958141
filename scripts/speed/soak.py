"""scripts/bench soak: two daemons under full load both ways for minutes, and what they promise of it (promises.py)."""
import contextlib
import dataclasses
import json
import os
import subprocess
import time

from lab import sandbox
from lab.daemon import ROOT, wait_until
from lab.mesh import start_neighbours
from lab.netns import CommandFailed
from lab.numbered import Numbered
from lab.topology import Line

from . import accounting, promises

OUT = os.path.join(ROOT, "build", "soak.json")
SHAPES = {"pair": "ab", "line": "arb"}  #: by topology, the nodes in a row; the ends load each other
SAMPLE_EVERY = 5.0  #: seconds; sixteen samples at least
STREAMS = 4  #: of TCP, each way
RAW_SHARE, RAW_SECONDS = 0.1, (1.0, 30.0)  #: of the time, for the link itself; at least, at most


class Load:
    """TCP streams both ways and numbered datagrams both ways between two nodes, for so many seconds. A context manager."""

    def __init__(self, nodes, addresses, seconds):
        self.nodes, self.addresses, self.seconds = nodes, addresses, seconds
        self.ends = [Numbered(node) for node in nodes]

    def __enter__(self):
        (source, sink), (own, other) = self.nodes, self.addresses
        quiet = {"stderr": subprocess.DEVNULL, "text": True}
        self._server = sink.spawn("iperf3", "-s", stdout=subprocess.DEVNULL, **quiet)
        time.sleep(0.3)
        self._client = source.spawn("iperf3", "-J", "-i", "0", "-c", other, "-P", str(STREAMS), "--bidir", "-t",
                                    str(round(self.seconds)), "--connect-timeout", "3000", stdout=subprocess.PIPE, **quiet)
        for end, address in zip(self.ends, (own, other)):
            end.listen(address)
        for end, address in zip(self.ends, (other, own)):
            end.send(address)
        return self

    def account(self):
        return {node.name: end.report() for node, end in zip(self.nodes, self.ends)}

    def finish(self):
        """Waits for the streams. -> Gbit/s that arrived, each way"""
        for end in self.ends:
            end.stop()
        end = json.loads(self._client.communicate(timeout=self.seconds + 30)[0]).get("end", {})
        return [end.get(way, {}).get("bits_per_second", 0) / 1e9 for way in ("sum_received", "sum_received_bidir_reverse")]

    def __exit__(self, *_):
        for end in self.ends:
            end.close()
        for process in (self._client, self._server):
            process.kill()
            process.wait()


class Soak:
    """run() -> what was seen, as written to the file."""

    def __init__(self, minutes, topology):
        self.seconds, self.topology = max(2.0, minutes * 60), topology
        self.every = min(SAMPLE_EVERY, self.seconds / 16)

    def run(self):
        names = SHAPES[self.topology]
        with Line(*names) as self.line:
            raw = self.link_itself()
            self.daemons = start_neighbours(self.line)
            addresses = [self.mesh_address(name) for name in (names[0], names[-1])]
            ends = [self.line.nodes[name] for name in (names[0], names[-1])]
            wait_until(lambda: ends[0].run("ping", "-n", "-c", "1", "-W", "1", addresses[1], check=False).returncode == 0, 20,
                       "the ends reach each other")
            self.far = self.daemons[names[-1]].status()["node_id"]
            with Load(ends, addresses, self.seconds) as load:
                samples = self.watch(load)
                rates = load.finish()
                samples.append(self.sample(load, samples[-1].at))
        return self.seen(samples, raw, rates)

    def mesh_address(self, name):
        return self.daemons[name].status()["mesh_ip"].split("/")[0]

    def link_itself(self):
        """The same load on the first cable without a VPN. -> what the ends report"""
        one, other = SHAPES[self.topology][:2]
        cable = self.line.cables[frozenset((one, other))]
        seconds = min(max(RAW_SECONDS[0], RAW_SHARE * self.seconds), RAW_SECONDS[1])
        nodes = [self.line.nodes[name] for name in (one, other)]
        with Load(nodes, [cable[one], cable[other]], seconds) as load:
            time.sleep(seconds)
            load.finish()
            return load.account()

    def watch(self, load):
        began, samples = time.monotonic(), []
        while (at := time.monotonic() - began) < self.seconds:
            samples.append(self.sample(load, at))
            time.sleep(max(0.0, min(self.every, self.seconds - (time.monotonic() - began))))
        return samples

    def sample(self, load, at):
        peers = self.daemons[load.nodes[0].name].call("peers.list")
        age = next(peer["last_handshake_s"] for peer in peers if peer["node_id"] == self.far)
        return promises.Sample(
            at=at, resident={name: accounting.resident(daemon.process.pid) for name, daemon in self.daemons.items()},
            drops={name: daemon.status()["drops"] for name, daemon in self.daemons.items()},
            overflowed={name: overflowed(node) for name, node in self.line.nodes.items()},
            account=load.account(), keyed_at=at - age)

    def seen(self, samples, raw, rates):
        everywhere, at_rekeys = promises.unexplained(samples)
        account = samples[-1].account
        return {"minutes": round(self.seconds / 60, 2), "topology": self.topology, "date": time.strftime("%Y-%m-%d"),
                "tcp_gbit_s": [round(rate, 2) for rate in rates], "resident_kib": promises.growth(samples),
                "drops": promises.drops(samples), "datagrams": promises.totals(account),
                "full_buffers": promises.full_buffers(samples[-1]) - promises.full_buffers(samples[0]),
                "unexplained": everywhere, "unexplained_at_rekeys": at_rekeys,
                "reordered_share": promises.share(account), "reordered_share_of_the_link": promises.share(raw),
                "rekeys": len(promises.rekeys(samples)), "broken": promises.broken(samples, raw),
                "samples": [dataclasses.asdict(sample) for sample in samples]}


def overflowed(node):
    """Packets that full buffers of the kernel lost in this node so far: device queues, backlogs and UDP sockets."""
    with node.netns():
        with open("/proc/thread-self/net/dev", encoding="ascii") as file:
            fields = [line.split(":")[1].split() for line in file.readlines()[2:]]
        with open("/proc/thread-self/net/snmp", encoding="ascii") as file:
            heads, values = [line.split()[1:] for line in file if line.startswith("Udp:")]
    udp = dict(zip(heads, map(int, values)))
    return sum(int(field[3]) + int(field[11]) for field in fields) + udp["RcvbufErrors"] + udp["SndbufErrors"]


def text(seen):
    """What was seen, for people."""
    both = seen["datagrams"]
    rates = " and ".join(f"{rate:.2f}" for rate in seen["tcp_gbit_s"])
    memory = ", ".join(f"{name} {first / 1024:.1f} and {last / 1024:.1f} MiB"
                       for name, (first, last) in seen["resident_kib"].items())
    dropped = ", ".join(f"{name} {count:,} for {reason}" for name, reasons in seen["drops"].items()
                        for reason, count in reasons.items())
    lines = [f"{seen['topology']}, {seen['minutes']:g} minutes, TCP {rates} Gbit/s",
             f"memory, the most of the first and of the last minute: {memory}",
             f"drops: {dropped or 'none'}",
             f"numbered datagrams: {both['sent']:,} sent, {both['sent'] - both['arrived']:,} lost, {seen['unexplained']:,} of them "
             f"not by full buffers (which lost {seen['full_buffers']:,} packets of all kinds)",
             f"reordered: {seen['reordered_share']:.2g}, on the link itself {seen['reordered_share_of_the_link']:.2g}",
             f"rekeys: {seen['rekeys']}, {seen['unexplained_at_rekeys']} datagrams lost by them"]
    return "\n".join([*lines, *(f"FAIL {what}" for what in seen["broken"])])


def inside(options):
    """Enters the sandbox, from which nothing stays behind. -> the exit code"""
    sandbox.enter()
    return measure(options)


def measure(options):
    try:
        seen = Soak(options.minutes, options.topology).run()
    except (CommandFailed, TimeoutError, ValueError) as error:
        print(f"FAIL {error}", flush=True)
        return 1
    with open(options.out, "w", encoding="utf-8") as file:
        file.write(json.dumps(seen, indent=1) + "\n")
    print(text(seen), flush=True)
    return 1 if seen["broken"] else 0
