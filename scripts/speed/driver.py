"""Any other VPN, by a program called as

    PROGRAM prepare DIR          outside of the nodes, not timed: makes keys and files; DIR/topo.json says for whom
    PROGRAM start DIR NODE       inside of the node: becomes the VPN by exec, so that it is what is accounted
    PROGRAM up DIR NODE          inside, right after: returns once the device has its address and routes
    PROGRAM address DIR NODE     inside: prints where the node is reached, or nothing for the address in topo.json

topo.json: {"topology", "egress": the network to reach through g or null, "nodes": {NAME: {"overlay": address,
"interface": device to make, "own": {neighbour: address towards it}, "neighbours": {neighbour: its}}}}.
$BENCH_DRIVER_TOPOLOGIES names the topologies that it knows, when not all. tests/bench/driver is pim's.
"""
import json
import os

from lab import sandbox
from lab.netns import run

from .peers import Peer

DIR = os.path.join(sandbox.RUN_DIR, "driver")


def made_for(path, known=None):
    """-> the class of that program"""

    class Driver(Peer):
        topologies = tuple((known or os.environ.get("BENCH_DRIVER_TOPOLOGIES", "pair wire line gw")).split())
        settle = 2.0

        @classmethod
        def lacks(cls):
            return None if os.access(path, os.X_OK) else f"{path} is no program"

        def prepare(self):
            run(["rm", "-rf", DIR])
            os.makedirs(DIR)
            with open(os.path.join(DIR, "topo.json"), "w", encoding="utf-8") as file:
                json.dump(describe(self), file)
            run([path, "prepare", DIR], timeout=60)

        def start(self, name):
            process = self.spawn(name, path, "start", DIR, name)
            self.net[name].run(path, "up", DIR, name)
            return process

        def rpc_socket(self, name):
            socket = os.path.join(DIR, name, "pim.sock")
            return socket if os.path.exists(socket) else None

        def target(self):
            if self.net.egress:
                return self.net.end()
            sink = self.net.shape.sink
            return self.net[sink].run(path, "address", DIR, sink).stdout.strip() or self.overlay(sink)

    return Driver


def describe(peer):
    net = peer.net
    nodes = {name: {"overlay": peer.overlay(name), "interface": peer.device(name), "neighbours": net.members_near(name),
                    "own": {other: net.address(name, other) for other in net.members_near(name)}}
             for name in net.shape.members}
    return {"topology": net.kind, "egress": net.egress, "nodes": nodes}
