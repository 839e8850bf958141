"""A client and a gateway with a real pim-daemon each, and what a user of the client would try."""
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


class Mesh:
    """Daemons are started by start() and pair(); the caller owns the network."""

    def __init__(self, network):
        self.network = network
        found = {"discovery": {"enabled": True}}  # beacons are part of what a blocked host sends
        self.gateway = Daemon(network.gateway, {
            **found, "node": {"name": "gateway"}, "gateway": {"enabled": True, "nat_interface": a.UPLINK, "max_connections": 65000}})
        self.client = Daemon(network.client, {**found, "node": {"name": "client"}})

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
