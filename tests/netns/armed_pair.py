"""A client whose plan blocks and a gateway beside it, under each reverse path check: the fixtures of several suites.

A suite imports `pytestmark` and all of `network`, `load` and `pair`: a fixture is looked for where the test is."""
import os
import socket
import time

import pytest

from host_plan_driver import PLAN_DRIVER, Pair, fetch, leaks_during
from lab import addresses as a, generators
from lab.topology import Network

pytestmark = pytest.mark.skipif(not os.access(PLAN_DRIVER, os.X_OK), reason="tests/support/plan_driver is not built")


@pytest.fixture(scope="module", params=[0, 1, 2], ids=lambda value: f"rp_filter_{value}")
def network(request):
    with Network(rp_filter=request.param) as network:
        inside(network)
        yield network


#: For what no reverse path check has a part in.
once = pytest.mark.parametrize("network", [1], indirect=True, ids=["rp_filter_1"])


def inside(network):
    """A container network behind the client: a bridge-like cable to a node of its own, and its own small server."""
    from lab.netns import Node, veth
    network.container = Node("container", [a.ONLINK_DNS4])
    network._nodes.append(network.container)
    veth(network.client, "docker0", network.container, "eth0")
    network.client.ip("addr add 172.17.0.1/16 dev docker0", "addr add fdcc::1/64 dev docker0 nodad")
    network.container.ip("addr add 172.17.0.2/16 dev eth0", "addr add fdcc::2/64 dev eth0 nodad",
                         "route add default via 172.17.0.1", "route add default via fdcc::1")
    network.client.sysctl({"net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1})


@pytest.fixture(scope="module")
def load(network):
    load = generators.Generators(network)
    leaks, _ = leaks_during(network, load, 1.5)
    assert {key for key in leaks if "tagged" in key} == {f"uplink tagged {kind}" for kind in generators.kinds()}
    return load


@pytest.fixture(scope="module")
def pair(network, load):
    with Pair(network) as pair:
        wait_for_tunnel(network)
        yield pair


def wait_for_tunnel(network):
    deadline = time.monotonic() + 15
    while fetch(network.client, a.WEB4) != a.GATEWAY4:
        assert time.monotonic() < deadline, "the tunnel carries nothing"


def lan_echo(network, own, other, port=7777, source=None, there=None):
    """Who a neighbour on the LAN sees when the client sends to it."""
    family = socket.AF_INET6 if ":" in other else socket.AF_INET
    with (there or network.internet).socket(family, socket.SOCK_DGRAM) as server:
        server.bind((other, port))
        server.settimeout(1)
        with (source or network.client).socket(family, socket.SOCK_DGRAM) as client:
            try:
                if source:
                    client.bind((own, 0))
                client.sendto(b"hello", (other, port))
                return server.recvfrom(512)[1][0]
            except OSError as error:
                return type(error).__name__
