"""The drill of `scripts/demo --scenario kill-switch` as a test, under each reverse path filter and on both topologies."""
import time

import pytest

from lab import generators
from lab.drill import Drill
from lab.mesh import GATEWAYS, Mesh
from lab.topology import Network

pytestmark = pytest.mark.needs("daemon", "pim")


@pytest.mark.limit(180)
@pytest.mark.parametrize("rp_filter, onlink", [(0, False), (1, False), (2, False), (1, True)])
def test_nothing_leaks_through_the_whole_drill(rp_filter, onlink):
    with Network(rp_filter, onlink) as network:
        assert Drill(network).run() is None


@pytest.mark.parametrize("removed", ["nft flush ruleset", "ip rule flush"])
def test_the_drill_would_notice_a_block_with_a_hole(removed):
    """Half of the block is taken away while nobody re-arms it: the sniffer must see that, or it would see nothing ever."""
    with Network() as network:
        mesh = Mesh(network)
        mesh.start()
        mesh.pair()
        mesh.route("on")
        mesh.wait_pages(GATEWAYS)
        load = generators.Generators(network)
        mesh.client.kill()
        network.sniffer.reset()
        load.rate(8)
        time.sleep(1)
        assert network.leaks() == {}
        network.client.run(*removed.split())
        if removed == "ip rule flush":  # the table alone still holds; rules lost and table lost is no block at all
            network.client.run("ip", "rule", "add", "pref", "32766", "lookup", "main")
            time.sleep(1)
            assert network.leaks() == {}
            network.client.run("nft", "flush", "ruleset")
        time.sleep(1)
        leaks = network.leaks()
        bound = {name for name in leaks if "device" in name}
        assert bound and (removed == "nft flush ruleset" or any("plain" in name for name in leaks)), leaks
