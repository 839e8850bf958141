"""internet (router, web, DNS) <-> gateway <-> client, and the client's own uplink, on which a leak would be seen.

             web, DNS, echoes on lo
                  internet ---- to-client ==== up0  client
                     |                               |
                  to-gateway                        lan0   (only with onlink)
                     |                               |
                     up0  gateway  lan0 -------------+
"""
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


class Lan:
    """Named nodes on one switch, each with eth0, 192.168.99.N, fdaa:99::N and a default route. A context manager."""

    SWITCH4, SWITCH6 = "192.168.99.1", "fdaa:99::1"

    def __init__(self, *names, rp_filter=0):
        self._nodes, self._rp_filter = [], rp_filter
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
