"""A gateway whose uplink leads nowhere any more: it says so at once, though its peers still reach it."""
import pytest

from lab import addresses as a
from lab.daemon import wait_until
from lab.mesh import GATEWAYS, Mesh
from lab.topology import Network

pytestmark = [pytest.mark.needs("daemon", "pim"), pytest.mark.limit(60)]

DEFAULTS = [f"route {{}} default via {router} dev {a.UPLINK}" for router in (a.GATEWAY4_ROUTER, a.GATEWAY6_ROUTER)]


def test_a_gateway_withdraws_its_offer_with_its_default_route_and_makes_it_anew():
    with Network(onlink=True) as network:
        mesh = Mesh(network)
        mesh.start()
        mesh.pair()
        mesh.route("on")
        mesh.wait_pages(GATEWAYS)

        def cause():
            return mesh.client.status()["kill_switch"]["cause"]

        def carries():
            parts = mesh.client.call("route.table")["gateways"][0]["score_parts"]
            return parts["v4"], parts["v6"]
        assert carries() == (True, True)
        # One family: it is a gateway for the other one.
        network.gateway.ip(DEFAULTS[0].format("del"))
        wait_until(lambda: carries() == (False, True), 3, "IPv4 is not offered any more")
        assert cause() is None
        assert mesh.gateway.call("gateway.status")["advertised_routes"] == ["::/0"]
        # The networks of the uplink itself are public, and the link is up.
        network.gateway.ip(DEFAULTS[1].format("del"))
        wait_until(lambda: cause() == "gateway_lost", 3, "the offer is withdrawn")
        assert mesh.client.peer()["state"] == "active"
        assert mesh.gateway.call("gateway.status")["advertised_routes"] == []
        assert "Nothing is shared now" in mesh.gateway.pim("gateway", "status").stdout
        assert f"{a.UPLINK} leads to no internet any more" in mesh.gateway.tail(200)
        for default in DEFAULTS:
            network.gateway.ip(default.format("add"))
        mesh.wait_pages(GATEWAYS)
        assert carries() == (True, True)
        network.gateway.ip(f"link set {a.UPLINK} down")
        wait_until(lambda: cause() == "gateway_lost", 3, "the offer is withdrawn")
        assert not network.leaks()
