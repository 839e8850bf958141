"""What comes out of the tunnel has a source that this host would answer into the tunnel: a gateway that speaks for a
host of the LAN is not heard."""
import socket

import pytest

from armed_pair import load, network, pair, pytestmark  # noqa: F401
from by_hand import echo, send
from host_plan_driver import MESH4, MESH6
from lab import addresses as a


def me(address):
    return (MESH6 if ":" in address else MESH4).format(2)


def is_seen(node, link, what, begin):
    """Whether these bytes are on that link of the node, either way, after begin()."""
    with node.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as tap:
        tap.bind((link, 0))
        tap.settimeout(0.3)
        begin()
        try:
            while what not in tap.recv(65536):
                pass
            return True
        except TimeoutError:
            return False


def speaks_for(network, source, data):
    """The gateway lets an echo request from `source` out of the tunnel of the client."""
    return lambda: send(network.gateway, echo(source, me(source), data), me(source))


def wrong_way(network):
    listed = network.client.run("nft", "list", "counter", "inet", "pim0", "wrong_way").stdout
    return int(listed.split("packets ")[1].split()[0])


@pytest.mark.parametrize("source", ["10.99.0.1", "fdbb::1", a.WEB4, a.WEB6])
def test_what_lies_behind_the_gateway_is_answered_through_it(network, pair, source):
    before = wrong_way(network)
    with network.gateway.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)) as tap:
        tap.bind(("pim0", 0))
        tap.settimeout(1)
        speaks_for(network, source, b"from afar")()
        answers = 0
        while answers < 2:  # the question on its way in, and the answer on its way out
            answers += b"from afar" in tap.recv(65536)
    assert wrong_way(network) == before


@pytest.mark.parametrize("source", [a.ONLINK_DNS4, a.ONLINK_DNS6, "172.17.0.2", "fdcc::2", a.CLIENT_LAN4, a.CLIENT_LAN6])
def test_a_gateway_cannot_speak_for_a_host_of_the_lan_or_for_this_one(network, pair, source):
    inside = source in ("172.17.0.2", "fdcc::2")
    node, link = (network.container, "eth0") if inside else (network.internet, "to-client")
    before = wrong_way(network)
    assert not is_seen(node, link, b"as a neighbour", speaks_for(network, source, b"as a neighbour"))
    assert wrong_way(network) == before + 1


@pytest.mark.parametrize("source", [a.ONLINK_DNS4, a.ONLINK_DNS6])
def test_a_lan_that_is_not_left_open_is_no_exception(network, pair, source):
    """Its addresses go into the tunnel then, and may answer out of it."""
    pair.client.do("on", allow_lan=0)
    try:
        before = wrong_way(network)
        assert not is_seen(network.internet, "to-client", b"as a neighbour", speaks_for(network, source, b"as a neighbour"))
        assert wrong_way(network) == before
    finally:
        pair.client.do("on", allow_lan=1)
