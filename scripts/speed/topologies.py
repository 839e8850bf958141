"""The networks that are measured: nodes in a row, each pair with a cable of its own, MTU 1500."""
import dataclasses

from lab.netns import run
from lab.topology import Line

#: Set aside for benchmarks (RFC 2544), and public: what private addresses gateways carry is another question.
EGRESS, INTERNET = "198.18.0.0/15", "198.18.0.1"


@dataclasses.dataclass(frozen=True)
class Shape:
    nodes: tuple  #: in a row, each linked with the next
    members: tuple  #: those that run the VPN
    meaning: str

    @property
    def source(self):
        return self.nodes[0]

    @property
    def sink(self):
        return self.nodes[-1]

    @property
    def far(self):
        """The member nearest to the sink."""
        return self.members[-1]


SHAPES = {
    "pair": Shape(("a", "b"), ("a", "b"), "two peers on one link, which a train of datagrams crosses whole"),
    "wire": Shape(("a", "b"), ("a", "b"), "the same, each datagram crossing alone as on a card without UDP segmentation"),
    "line": Shape(("a", "r", "b"), ("a", "r", "b"), "the ends have no way to each other but the relay in the middle"),
    "gw": Shape(("a", "g", "c"), ("a", "g"), "a host without a VPN, reached through a gateway that masquerades"),
}


class Net(Line):
    """One of SHAPES, built. A context manager."""

    def __init__(self, kind):
        self.kind, self.shape = kind, SHAPES[kind]
        super().__init__(*self.shape.nodes)
        if kind == "wire":
            for name, other in ("ab", "ba"):
                self.nodes[name].run("ethtool", "-K", f"to-{other}", "tso", "off", "gso", "off", "tx-udp-segmentation", "off",
                                     "gro", "on")
        if kind == "gw":
            self["c"].ip(f"addr add {INTERNET}/32 dev lo")
            self.route("g", "default", "via", self.address("c", "g"))

    def __getitem__(self, name):
        return self.nodes[name]

    @property
    def egress(self):
        """The network that only the gateway reaches, or None."""
        return EGRESS if self.kind == "gw" else None

    def address(self, name, towards):
        """The one that `name` has on its cable to that neighbour."""
        return self.cables[frozenset((name, towards))][name]

    def end(self):
        """The sink's address outside of any VPN."""
        return INTERNET if self.egress else self.address(self.shape.sink, self.shape.nodes[-2])

    def members_near(self, name):
        """{neighbour that runs the VPN too: its address on the cable between them}"""
        return {other: address for other, address in self.neighbours(name).items() if other in self.shape.members}

    def forward(self, name):
        """As a router does."""
        self[name].sysctl({"net/ipv4/ip_forward": 1})

    def masquerade(self, name):
        """As a gateway does, by the kernel's means alone."""
        self.forward(name)
        self[name].run("nft", "table ip nat { chain out { type nat hook postrouting priority 100; "
                              "oifname to-c masquerade; }; }")

    def route(self, name, prefix, *way):
        run(["ip", "-n", name, "route", "replace", prefix, *way])
