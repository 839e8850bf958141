"""What comes to the host while the plan is in force: out of the tunnel, and for the daemon itself."""
import socket

import pytest

from armed_pair import lan_echo, load, network, once, pair, pytestmark  # noqa: F401
from host_plan_driver import MARK, MESH4, MESH6
from lab import addresses as a


@once
def test_nothing_out_of_the_tunnel_begins_a_connection_to_a_container(network, pair):
    network.gateway.ip("route add 172.17.0.0/16 dev pim0", "route add fdcc::/64 dev pim0")
    pair.client.do("on", accept="all")
    try:
        for here, there in ((MESH4.format(1), "172.17.0.2"), (MESH6.format(1), "fdcc::2")):
            assert lan_echo(network, here, there, source=network.gateway, there=network.container) == "TimeoutError"
    finally:
        pair.client.do("on", accept="paired")
        network.gateway.ip("route del 172.17.0.0/16", "route del fdcc::/64")


@once
def test_peers_reach_only_what_accept_inbound_admits(network, pair):
    with network.client.socket(socket.AF_INET, socket.SOCK_STREAM) as server, \
            network.client.socket(socket.AF_INET6, socket.SOCK_STREAM) as server6:
        for listener, address in ((server, MESH4.format(2)), (server6, MESH6.format(2))):
            listener.bind((address, 2222))
            listener.listen()
        reach = lambda address: knock(network.gateway, address, 2222)  # noqa: E731
        both = (MESH4.format(2), MESH6.format(2))
        assert network.gateway.run("ping", "-c1", "-W2", both[0], check=False).returncode == 0
        assert network.gateway.run("ping", "-c1", "-W2", both[1], check=False).returncode == 0
        assert [reach(address) for address in both] == [False, False]
        pair.client.do("on", admitted=f"{MESH4.format(1)},{MESH6.format(1)}")
        assert [reach(address) for address in both] == [True, True]
        pair.client.do("on", admitted=f"{MESH4.format(9)},{MESH6.format(9)}")
        assert [reach(address) for address in both] == [False, False]
        pair.client.do("on", accept="all")
        assert [reach(address) for address in both] == [True, True]
        pair.client.do("on", accept="none")
        assert [reach(address) for address in both] == [False, False]
        pair.client.do("on", accept="paired", admitted="")


def knock(node, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with node.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(0.5)
        return client.connect_ex((address, port)) == 0


def test_an_icmp_error_reaches_the_daemons_socket(network, pair):
    """Path MTU and unreachable peers are learned from these; a strict reverse path check would drop them."""
    with network.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.setsockopt(socket.SOL_SOCKET, 36, MARK)
        client.bind(("", 9101))
        client.settimeout(1)
        client.connect((a.WEB4, 4242))  # nobody listens there
        with pytest.raises(ConnectionRefusedError):
            client.send(b"hello")
            client.recv(100)


def heard(server):
    try:
        return server.recv(100)
    except TimeoutError:
        return None


def test_a_peer_that_speaks_first_is_heard(network, pair):
    """On the discovery port, since the driver holds the other: unicast and broadcast, from the LAN and from afar."""
    with network.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        server.setsockopt(socket.SOL_SOCKET, 36, MARK)
        server.bind(("", 9101))
        server.settimeout(1)
        for allow_lan in (0, 1):
            pair.client.do("on", allow_lan=allow_lan)
            for target in (a.CLIENT4, a.CLIENT_LAN4, "192.168.77.255"):
                with network.internet.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                    peer.bind((a.ONLINK_DNS4 if target.startswith("192.168") else a.CLIENT4_ROUTER, 0))
                    peer.sendto(b"beacon", (target, 9101))
                    assert heard(server) == b"beacon", (allow_lan, target)
