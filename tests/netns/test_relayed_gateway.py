"""The internet over two hops: the client reaches relays, the relays reach the gateways."""
import time

import pytest

from lab import generators
from lab.daemon import wait_until
from lab.mesh import GATEWAYS, RelayedMesh
from lab.relay_drill import RelayDrill
from lab.topology import Relayed

pytestmark = pytest.mark.needs("daemon", "pim")


@pytest.mark.limit(120)
def test_nothing_leaks_while_relays_and_gateways_are_killed():
    with Relayed(rp_filter=1) as network:
        assert RelayDrill(network).run() is None


def test_a_gateway_that_was_allowed_by_command_is_used_over_the_only_relay():
    with Relayed(relays=1, gateways=1) as network:
        mesh = RelayedMesh(network)
        mesh.start(named=False)
        mesh.pair()
        load = generators.Generators(network)
        load.rate(2)
        assert mesh.client.pim("route", "on", check=False).returncode == 3  # it offers, and nobody named it
        network.sniffer.reset()
        mesh.client.pim("gateway", "allow", mesh.ids[0])
        took = mesh.wait_pages(GATEWAYS)
        assert mesh.client.peer("relayed")["node_id"] == mesh.ids[0]
        relay = mesh.relays[0]
        relay.kill()
        began = time.monotonic()
        wait_until(lambda: mesh.client.status()["kill_switch"]["cause"] == "relay_lost", 6, "the kill-switch is engaged")
        engaged = time.monotonic() - began
        relay.start()
        back = mesh.wait_pages(GATEWAYS)
        print(f"used after {took:.1f} s, blocked after {engaged:.1f} s, back after {back:.1f} s")
        assert engaged <= 3 and network.leaks() == {}
