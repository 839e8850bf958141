"""A client and a gateway with a real pim-daemon each, and what a user of the client would try; relays between them, and
daemons that know their neighbours alone."""
import json
import time

from . import addresses as a
from .daemon import Daemon, wait_until

SPLIT_DEFAULT = {"0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"}
#: url, curl's family option
PAGES = {
    "by name, v4": (f"http://www.{a.DOMAIN}/", "-4"), "by name, v6": (f"http://www.{a.DOMAIN}/", "-6"),
    "by number, v4": (f"http://{a.WEB4}/", "-4"), "by number, v6": (f"http://[{a.WEB6}]/", "-6"),
}
OWN = {"-4": a.CLIENT4, "-6": a.CLIENT6}
GATEWAYS = {"-4": a.GATEWAY4, "-6": a.GATEWAY6}
GATEWAY2 = {"-4": a.FAR[2].own4, "-6": a.FAR[2].own6}
SHARING = {"enabled": True, "nat_interface": a.UPLINK, "max_connections": 65000}


def start_neighbours(cabled, configs=None, accept_inbound="all"):
    """{name: Daemon} for a topology of cables: each has its neighbours as peers. `configs` adds sections by name."""
    daemons = {}
    for name, node in cabled.nodes.items():
        peers = [{"address": f"{address}:{a.LISTEN_PORT}", "label": other}
                 for other, address in cabled.neighbours(name).items()]
        daemons[name] = Daemon(node, {"interface": {"accept_inbound": accept_inbound}, **(configs or {}).get(name, {}),
                                      "peers": peers}).start(wait=0)
    for daemon in daemons.values():
        daemon.wait_ready()
        wait_until(lambda: daemon.status()["interface"]["up"], 10, "the tunnel is up")
    return daemons


class Mesh:
    """Daemons are started by start() and pair(); the caller owns the network."""

    def __init__(self, network):
        self.network = network
        found = {"discovery": {"enabled": True}}  # beacons are part of what a blocked host sends
        self.gateway = Daemon(network.gateway, {**found, "node": {"name": "gateway"}, "gateway": SHARING})
        self.client = Daemon(network.client, {**found, "node": {"name": "client"}})

    def daemons(self):
        return [self.client, self.gateway]

    def start(self):
        self.gateway.start()
        self.client.start()

    def pair(self):
        """The user names the gateway by its address; trust on first use does the rest."""
        self.client.call("peers.add_static", address=f"{self.network.gateway_address}:{a.LISTEN_PORT}",
                         mechanism="udp", label="gateway")
        return self.client.wait_peer()

    def route(self, answer):
        """`pim route on` or `pim route off`, whether a daemon runs or not."""
        return self.client.pim("route", answer).stdout

    def fetch(self, url, family, patience=3):
        """The address that the web server saw, or None."""
        done = self.network.client.run("curl", "-s", family, "--max-time", str(patience), url, check=False)
        try:
            return json.loads(done.stdout)["seen"]
        except (ValueError, KeyError):
            return None

    def wait_pages(self, seen, seconds=10):
        """Until the server sees `seen` for every page, by name and by number, v4 and v6. -> seconds it took"""
        began, got = time.monotonic(), {}

        def all_right():
            for what, (url, family) in PAGES.items():
                if got.get(what) != seen[family]:
                    got[what] = self.fetch(url, family)
            return all(got[what] == seen[family] for what, (_, family) in PAGES.items())
        try:
            wait_until(all_right, seconds, "pages")
        except TimeoutError:
            wrong = {what: got.get(what) for what, (_, family) in PAGES.items() if got.get(what) != seen[family]}
            raise TimeoutError(f"pages not fetched as expected within {seconds} s; the server saw {wrong}") from None
        return time.monotonic() - began

    def held_routes(self):
        """Which of the four split-default routes point into the tunnel."""
        found = set()
        for family in ("-4", "-6"):
            output = self.network.client.run("ip", "-j", family, "route", "show", "table", "all").stdout
            found |= {route["dst"] for route in json.loads(output or "[]") if route.get("dev", "").startswith("pim")}
        return found & SPLIT_DEFAULT


class RelayedMesh(Mesh):
    """The client knows the relays by address and the gateways by id alone, the first preferred."""

    def __init__(self, network):
        super().__init__(network)
        self.gateways = [self.gateway, *[Daemon(node, {"node": {"name": node.name}, "gateway": SHARING})
                                         for node in network.gateways[1:]]]
        peers = [{"address": f"{address}:{a.LISTEN_PORT}"} for address in [a.GATEWAY4, a.FAR[2].own4][:len(self.gateways)]]
        self.relays = [Daemon(node, {"node": {"name": node.name}, "peers": peers}) for node in network.relays]

    def daemons(self):
        return [self.client, *self.relays, *self.gateways]

    def start(self, named=True):
        for daemon in [*self.gateways, *self.relays]:
            daemon.start()
        self.ids = [daemon.status()["node_id"] for daemon in self.gateways]
        peers = [{"address": f"{network.own4}:{a.LISTEN_PORT}"} for network in a.FAR[:len(self.relays)]]
        self.client.configure({"node": {"name": "client"}, "routing": {"gateways": self.ids if named else []}, "peers": peers})
        self.client.start()

    def pair(self):
        """Until every relay is met, and each gateway through them, so that no chance decides which one is chosen first.
        -> the first relay"""
        first = wait_until(lambda: self.count("active") == len(self.relays) and self.client.peer(), 10, "the relays are met")
        for gateway in self.gateways:
            target = gateway.status()["mesh_ipv6"].split("/")[0]
            wait_until(lambda: self.client.node.run("ping", "-n", "-c", "1", "-W", "1", target, check=False).returncode == 0,
                       10, f"{gateway.node.name} is reached")
        return first

    def count(self, state, daemon=None):
        """Peers of the daemon, or the client, in that state, those with a session."""
        return sum(peer["state"] == state and peer["last_handshake_s"] is not None
                   for peer in (daemon or self.client).call("peers.list"))

    def wait_gateways(self):
        """Until the client has a session with each, which offers what it should."""
        def usable():
            return [peer for peer in self.client.call("peers.list") if peer["state"] == "relayed" and peer["is_gateway"]]
        wait_until(lambda: len(usable()) == len(self.gateways), 10, "every gateway is met")

    def wait_whole(self):
        """And until each relay reaches the client and the gateways."""
        self.wait_gateways()
        for relay in self.relays:
            wait_until(lambda: self.count("active", relay) == 1 + len(self.gateways), 10,  # called before the next turn
                       f"{relay.node.name} reaches all")

    def relay_in_use(self):
        """The daemon with the most sealed datagrams from the client just now, as the router counts them."""
        def passed():
            return [int(self.network.internet.run("cat", f"/sys/class/net/to-{relay.node.name}/statistics/tx_bytes").stdout)
                    for relay in self.relays]
        before = passed()
        time.sleep(0.5)
        grown = [after - known for known, after in zip(before, passed())]
        return self.relays[grown.index(max(grown))]
