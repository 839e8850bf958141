"""internet (router, web, DNS) <-> gateway <-> client, and the client's own uplink, on which a leak would be seen.

             web, DNS, echoes on lo
                  internet ---- to-client ==== up0  client
                     |                               |
                  to-gateway                        lan0   (only with onlink)
                     |                               |
                     up0  gateway  lan0 -------------+

Relayed puts relays and more gateways on the same internet, and the router keeps the client from the gateways. Lan is
one switch; Line and Grid have a cable for each pair of neighbours and nobody who forwards.
"""
import contextlib

from . import addresses as a
from .netns import Node, veth
from .sniffer import Sniffer
from .worker import Worker


def _quiet(rp_filter):
    """Sysctls of a node before it has links: they are inherited by each link that comes."""
    values = {}
    for scope in ("all", "default"):
        values[f"net/ipv4/conf/{scope}/rp_filter"] = rp_filter
        values[f"net/ipv6/conf/{scope}/accept_ra"] = 0
    values["net/ipv6/conf/default/accept_dad"] = 0  # no wait for duplicate address detection
    return values


def _table(name, hook, *rules):
    """The text of an nftables table of one chain, ahead of everybody else's."""
    return "\n".join([f"table inet {name} {{", "chain ahead {", f"type filter hook {hook} priority -300;", *rules, "}", "}"])


class Lan:
    """Named nodes on one switch, each with eth0, 192.168.99.N, fdaa:99::N and a default route. A context manager.

    A node is an attribute by its name, and `named` holds all in order.
    """

    SWITCH4, SWITCH6 = "192.168.99.1", "fdaa:99::1"

    def __init__(self, *names, rp_filter=0):
        self._nodes, self.named, self._rp_filter = [], [], rp_filter
        try:
            self.switch = self._node(f"switch-{names[0]}")  # two of them may stand side by side
            self.switch.ip("link add br0 type bridge", "link set br0 up", f"addr add {self.SWITCH4}/24 dev br0",
                           f"addr add {self.SWITCH6}/64 dev br0 nodad")
            for number, name in enumerate(names, 10):
                node = self._node(name)
                node.address4, node.address6 = f"192.168.99.{number}", f"fdaa:99::{number}"
                veth(self.switch, f"port{number}", node, "eth0")
                self.switch.ip(f"link set port{number} master br0")
                node.ip(f"addr add {node.address4}/24 dev eth0", f"addr add {node.address6}/64 dev eth0 nodad",
                        f"route add default via {self.SWITCH4}", f"route add default via {self.SWITCH6}")
                setattr(self, name, node)
                self.named.append(node)
        except BaseException:
            self.close()
            raise

    def _node(self, name):
        node = Node(name, [])
        self._nodes.append(node)
        node.sysctl(_quiet(self._rp_filter))
        return node

    def close(self):
        for node in reversed(self._nodes):
            node.close()
        self._nodes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Cabled:
    """Named nodes with a cable of its own for each pair, as if no two cables met. A context manager.

    The end towards `b` is called to-b. `cables` is {frozenset of two names: {name: address}}.
    """

    def __init__(self, names, pairs):
        self.nodes, self.cables = {}, {}
        try:
            for name in names:
                self.nodes[name] = Node(name)
                self.nodes[name].sysctl(_quiet(0))
            for number, (one, other) in enumerate(pairs):
                self._cable(one, other, f"192.168.{100 + number}")
        except BaseException:
            self.close()
            raise

    def _cable(self, one, other, network):
        veth(self.nodes[one], f"to-{other}", self.nodes[other], f"to-{one}")
        self.cables[frozenset((one, other))] = {one: f"{network}.1", other: f"{network}.2"}
        self.nodes[one].ip(f"addr add {network}.1/24 dev to-{other}")
        self.nodes[other].ip(f"addr add {network}.2/24 dev to-{one}")

    def neighbours(self, name):
        """{name of a neighbour: its address on the cable to this one}"""
        return {other: ends[other] for pair, ends in self.cables.items() if name in pair for other in pair - {name}}

    @contextlib.contextmanager
    def deaf(self, name, towards):
        """What comes from that neighbour is lost for a while; the interface stays up and the other direction works."""
        node = self.nodes[name]
        node.run("nft", _table("deaf", "input", f'iifname "to-{towards}" drop'))
        try:
            yield
        finally:
            node.run("nft", "delete table inet deaf")

    @contextlib.contextmanager
    def unplugged(self, name, towards):
        self.nodes[name].ip(f"link set to-{towards} down")
        try:
            yield
        finally:
            self.nodes[name].ip(f"link set to-{towards} up")

    def close(self):
        for node in reversed(self.nodes.values()):
            node.close()
        self.nodes = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Line(Cabled):
    """a - b - c - ..."""

    def __init__(self, *names):
        super().__init__(names, zip(names, names[1:]))


class Grid(Cabled):
    """g00 - g01 - ..., g00 - g10 - ...: row and column."""

    def __init__(self, rows, columns):
        places = [(row, column) for row in range(rows) for column in range(columns)]
        steps = [((row, column), (row + down, column + right)) for row, column in places for down, right in ((0, 1), (1, 0))]
        super().__init__([self.name(*place) for place in places],
                         [(self.name(*one), self.name(*other)) for one, other in steps if other in places])

    @staticmethod
    def name(row, column):
        return f"g{row}{column}"


class Network:
    """The three nodes with their servers and sniffers; daemons are the caller's. A context manager."""

    def __init__(self, rp_filter=0, onlink=False):
        self.rp_filter, self.onlink = rp_filter, onlink
        self._nodes, self._workers = [], []
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self):
        self.internet = self._node("internet", [], rp_filter=0)
        self.gateway = self._node("gateway", [a.DNS4, a.DNS6], self.rp_filter)
        self.client = self._node("client", [a.ONLINK_DNS4, a.DNS4], self.rp_filter)
        self.internet.sysctl({"net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1})
        self.internet.ip(*[f"addr add {server} dev lo" for server in a.SERVERS])
        self._cable_client()
        self._cable_gateway()
        if self.onlink:
            veth(self.client, a.LAN, self.gateway, a.LAN)
            self._addresses(self.client, a.LAN, f"{a.CLIENT_NEAR4}/24", f"{a.CLIENT_NEAR6}/64")
            self._addresses(self.gateway, a.LAN, f"{a.GATEWAY_NEAR4}/24", f"{a.GATEWAY_NEAR6}/64")
        self.servers = self.worker(self.internet, "servers")
        self.sniffer = Sniffer(self.internet, "to-client")
        self.sniffers = {"uplink": self.sniffer}
        if self.onlink:
            self.sniffers["lan"] = Sniffer(self.gateway, a.LAN)
        self._workers += self.sniffers.values()

    def _node(self, name, nameservers, rp_filter):
        node = Node(name, nameservers)
        self._nodes.append(node)
        node.sysctl(_quiet(rp_filter))
        return node

    @staticmethod
    def _addresses(node, link, *prefixes):
        node.ip(*[f"addr add {prefix} dev {link}" + (" nodad" if ":" in prefix else "") for prefix in prefixes])

    def _cable_client(self):
        veth(self.internet, "to-client", self.client, a.UPLINK)
        self._addresses(self.internet, "to-client", f"{a.CLIENT4_ROUTER}/24", f"{a.ONLINK_DNS4}/24",
                        f"{a.CLIENT6_ROUTER}/64", f"{a.ONLINK_DNS6}/64", f"{a.ROUTER_LINK_LOCAL}/64")
        self._addresses(self.client, a.UPLINK, f"{a.CLIENT4}/24", f"{a.CLIENT_LAN4}/24",
                        f"{a.CLIENT6}/64", f"{a.CLIENT_LAN6}/64")
        self.client.ip(f"route add default via {a.CLIENT4_ROUTER} dev {a.UPLINK} src {a.CLIENT4}",
                       f"route add default via {a.CLIENT6_ROUTER} dev {a.UPLINK} src {a.CLIENT6}")

    def _cable_gateway(self):
        veth(self.internet, "to-gateway", self.gateway, a.UPLINK)
        self._addresses(self.internet, "to-gateway", f"{a.GATEWAY4_ROUTER}/24", f"{a.GATEWAY6_ROUTER}/64")
        self._addresses(self.gateway, a.UPLINK, f"{a.GATEWAY4}/24", f"{a.GATEWAY6}/64")
        self.gateway.ip(f"route add default via {a.GATEWAY4_ROUTER} dev {a.UPLINK}",
                        f"route add default via {a.GATEWAY6_ROUTER} dev {a.UPLINK}")

    def worker(self, node, module, *arguments):
        worker = Worker(node, module, *arguments)
        self._workers.append(worker)
        return worker

    @property
    def gateway_address(self):
        """Where the client reaches the gateway: over its uplink and a router, or over the cable between them."""
        return a.GATEWAY_NEAR4 if self.onlink else a.GATEWAY4

    def leaks(self):
        """{"uplink tagged udp4-plain": 3, ...} for everything that must not be seen while the block holds."""
        return {f"{where} {what}": count for where, sniffer in self.sniffers.items()
                for what, count in sniffer.leaks().items()}

    def close(self):
        for worker in self._workers:
            worker.close()
        for node in reversed(self._nodes):
            node.close()
        self._workers, self._nodes = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Relayed(Network):
    """The router lets nothing pass between the client and the gateways; relays reach them all."""

    def __init__(self, rp_filter=0, relays=2, gateways=2):
        self._relays, self._gateways = relays, gateways
        super().__init__(rp_filter)

    def _build(self):
        super()._build()
        self.relays = [self._far(f"relay{number + 1}", a.FAR[number]) for number in range(self._relays)]
        self.gateways = [self.gateway, *[self._far(f"gateway{number + 2}", a.FAR[2 + number])
                                         for number in range(self._gateways - 1)]]
        ends = ", ".join(f'"to-{node.name}"' for node in self.gateways)
        self.internet.run("nft", _table("apart", "forward", f'iifname "to-client" oifname {{ {ends} }} drop',
                                        f'iifname {{ {ends} }} oifname "to-client" drop'))

    def _far(self, name, network):
        """A node with a cable to the internet of its own."""
        node = self._node(name, [a.DNS4, a.DNS6], 0)
        link = f"to-{name}"
        veth(self.internet, link, node, a.UPLINK)
        self._addresses(self.internet, link, f"{network.router4}/24", f"{network.router6}/64")
        self._addresses(node, a.UPLINK, f"{network.own4}/24", f"{network.own6}/64")
        node.ip(f"route add default via {network.router4} dev {a.UPLINK}",
                f"route add default via {network.router6} dev {a.UPLINK}")
        return node
