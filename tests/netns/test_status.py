"""What the host is read for while nothing changes: how much a gateway carries, and that a block is still in force."""
import re
import time

import pytest

from lab import addresses as a
from lab.daemon import wait_until
from lab.mesh import GATEWAYS, Mesh
from lab.topology import Network

pytestmark = [pytest.mark.needs("daemon", "pim"), pytest.mark.limit(90)]

SIZE = 3_000_000


@pytest.fixture
def mesh():
    with Network() as network:
        mesh = Mesh(network)
        mesh.start()
        mesh.pair()
        mesh.route("on")
        mesh.wait_pages(GATEWAYS)
        yield mesh


def shared(mesh):
    return mesh.gateway.call("gateway.status").get("throughput")


def download(mesh):
    """SIZE bytes from the internet, through the gateway."""
    server = mesh.network.internet.spawn("iperf3", "-s", "-1")
    try:
        wait_until(lambda: mesh.network.client.run("iperf3", "-R", "-c", a.WEB4, "-n", str(SIZE), check=False,
                                                   timeout=20).returncode == 0, 20, "a download")
    finally:
        server.wait(timeout=10)


def test_a_gateway_tells_what_it_carries_and_how_many_connections_its_host_tracks(mesh):
    before = wait_until(lambda: shared(mesh), 8, "the first reading")
    download(mesh)
    after = wait_until(lambda: (now := shared(mesh))["in_total_bytes"] >= before["in_total_bytes"] + SIZE and now, 8, "the count")
    assert after["in_total_bytes"] < before["in_total_bytes"] + 1.2 * SIZE
    assert 0 < after["out_total_bytes"] - before["out_total_bytes"] < SIZE / 5
    rates = wait_until(lambda: (now := shared(mesh))["in_bps"] > 0 and now, 8, "a rate")
    assert rates["in_bps"] > rates["out_bps"] > 0
    status = mesh.gateway.call("gateway.status")
    assert 0 < status["conntrack"]["used"] < status["conntrack"]["max"]
    assert mesh.gateway.status()["stats"]["conntrack_size"] > 0
    words = mesh.gateway.pim("gateway", "status").stdout
    assert re.search(r"tracks \d+ of at most \d+ connections", words) and "since it was turned on" in words
    # What is over is over: the rate falls, the totals stay, though nobody follows.
    wait_until(lambda: shared(mesh)["in_bps"] < 1000, 15, "the rate falls")
    assert shared(mesh)["in_total_bytes"] >= after["in_total_bytes"]
    assert "throughput" not in mesh.client.call("gateway.status")


def test_totals_begin_with_the_gateway_and_go_on_when_its_table_is_lost(mesh):
    download(mesh)
    wait_until(lambda: (shared(mesh) or {}).get("in_total_bytes", 0) >= SIZE, 8, "the count")
    mesh.network.gateway.run("nft", "flush", "ruleset")
    wait_until(lambda: "from_internet" in mesh.network.gateway.run("nft", "list", "ruleset").stdout, 5, "the table is back")
    mesh.wait_pages(GATEWAYS)
    time.sleep(1)
    assert shared(mesh)["in_total_bytes"] >= SIZE
    mesh.gateway.call("gateway.disable")
    assert "throughput" not in mesh.gateway.call("gateway.status")
    mesh.gateway.call("gateway.enable", nat_interface=a.UPLINK)
    again = wait_until(lambda: shared(mesh), 8, "the first reading")
    assert again["in_total_bytes"] < SIZE


def test_a_block_that_nobody_touches_is_seen_in_force_again_and_again(mesh):
    def verified():
        return mesh.client.status()["kill_switch"]["verified_at"]
    first = verified()
    later = wait_until(lambda: (now := verified()) > first and now, 14, "the block is looked at")
    with mesh.client.rpc() as rpc:  # who follows is told as well
        rpc.call("status.subscribe")
        assert rpc.next_event("sample")["detail"]["verified_at"] >= later
    mesh.route("off")
    assert verified() is None
