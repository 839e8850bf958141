"""The drill of a client that reaches its gateways over relays alone: another relay takes over, then nobody is left, then
the next gateway takes over; and not one packet by the wrong way. Each step gives one verdict line.
"""
import time

from . import addresses as a
from .daemon import wait_until
from .drill import CALM, Drill, require
from .mesh import GATEWAY2, GATEWAYS, OWN, RelayedMesh


class RelayDrill(Drill):
    """On a Relayed network with two relays and two gateways."""

    mesh_type = RelayedMesh

    def __init__(self, network, say=print):
        super().__init__(network, say)
        self.title = f"relay, rp_filter {network.rp_filter}"

    def steps(self):
        return [self.direct, self.sniffer_sees, self.routing_on, self.relay_killed, self.last_relay_killed, self.relay_back,
                self.first_gateway_killed, self.last_gateway_killed, self.gateway_back, self.route_off]

    # -- the steps; the first line of each is its name ----------------------------------------------------------------
    def relay_killed(self):
        """kill -9 of the relay in use"""
        self.forget_counts()
        self.killed = self.mesh.relay_in_use()
        began = time.monotonic()
        self.killed.kill()
        took = self.moved_to(GATEWAYS, began, 4)
        require(took <= 3.0, f"traffic stood still for {took:.1f} s, not less than 3 s")
        self.nothing_leaked_for(1.0)
        require(not self.told_since(began, "kill_switch engaged"), "the kill-switch was engaged though another relay was there")
        return f"the other relay carries on after {took:.1f} s, no kill_switch; {self.verdict()}"

    def last_relay_killed(self):
        """kill -9 of the last relay"""
        return self.blocked_by_the_loss_of(next(relay for relay in self.mesh.relays if relay.is_running()), "relay_lost")

    def relay_back(self):
        """relays back"""
        self.forget_counts()
        self.load.rate(CALM)
        for relay in self.mesh.relays:
            relay.start()
        took = self.mesh.wait_pages(GATEWAYS)
        self.nothing_leaked_for(1.0)
        self.mesh.wait_gateways()
        return f"traffic flows after {took:.1f} s; {self.verdict()}"

    def first_gateway_killed(self):
        """kill -9 of the first gateway"""
        self.forget_counts()
        began = time.monotonic()
        self.mesh.gateways[0].kill()
        took = self.moved_to(GATEWAY2, began, 8)
        require(took <= 5.0, f"the second gateway took over after {took:.1f} s, not within 5 s")
        self.nothing_leaked_for(1.0)
        return f"the second gateway carries on after {took:.1f} s; {self.verdict()}"

    def last_gateway_killed(self):
        """kill -9 of the last gateway"""
        return self.blocked_by_the_loss_of(self.mesh.gateways[1], "gateway_lost")

    def gateway_back(self):
        """first gateway back"""
        return super().gateway_back()

    def route_off(self):
        """pim route off"""
        self.load.rate(0)
        self.mesh.route("off")
        self.mesh.wait_pages(OWN)
        self.equals(self.before)
        self.told()
        return f"fetched directly, the host as before; {self.offered} packets offered while routing was on, 0 leaked"

    # -- what they are made of ----------------------------------------------------------------------------------------
    def moved_to(self, seen, began, patience):
        """Seconds until a page is fetched that shows this gateway, asked for again and again."""
        wait_until(lambda: self.mesh.fetch(f"http://{a.WEB4}/", "-4", patience=0.25) == seen["-4"], patience, "a page")
        return time.monotonic() - began
