"""Questions for names while the plan is in force: the gateway's resolver answers them, or nobody does."""
import socket
import time

import pytest

from armed_pair import lan_echo, load, network, once, pair, pytestmark, wait_for_tunnel  # noqa: F401
from host_plan_driver import MARK, MESH4, ask_dns
from lab import addresses as a
from lab.generators import dns_query


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize("server", [a.ONLINK_DNS4, a.DNS4, a.ONLINK_DNS6, a.DNS6, "9.9.9.9"])
@pytest.mark.parametrize("who", ["client", "container"])
def test_every_dns_question_reaches_the_gateways_resolver(network, pair, who, server, tcp):
    network.servers.ask("reset")
    assert ask_dns(getattr(network, who), server, tcp=tcp) == "answered"
    asked = network.servers.ask("queries")
    assert {query["from"] for query in asked} <= {a.GATEWAY4, a.GATEWAY6} and asked


@once
def test_containers_reach_each_other_and_ask_each_other_names(network, pair):
    with network.container.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("172.17.0.2", 53))
        server.settimeout(1)
        with network.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind(("172.17.0.1", 0))
            client.sendto(b"host to container is a question that leaves", ("172.17.0.2", 53))
        with pytest.raises(TimeoutError):
            server.recv(512)
    from lab.netns import Node, veth
    beside = Node("beside", [])
    try:
        veth(network.client, "docker1", beside, "eth0")
        network.client.ip("addr add 172.18.0.1/16 dev docker1", "addr add fddd::1/64 dev docker1 nodad")
        beside.ip("addr add 172.18.0.2/16 dev eth0", "addr add fddd::2/64 dev eth0 nodad",
                  "route add default via 172.18.0.1", "route add default via fddd::1")
        pair.client.do("on", allow_lan=0)  # the links are looked at anew; what leads inside is open without the LAN
        for here, there in (("172.17.0.2", "172.18.0.2"), ("fdcc::2", "fddd::2")):
            assert lan_echo(network, here, there, source=network.container, there=beside) == here
        with beside.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("172.18.0.2", 53))
            server.settimeout(2)
            with network.container.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"between containers", ("172.18.0.2", 53))
                assert server.recv(512) == b"between containers"
    finally:
        beside.close()
        pair.client.do("on", allow_lan=1)


@once
@pytest.mark.parametrize("who, stub", [("client", "127.0.0.53"), ("client", "::1"), ("client", MESH4.format(2)),
                                       ("container", "172.17.0.1"), ("container", "fdcc::1")])
def test_a_resolver_on_the_host_itself_is_asked_itself(network, pair, who, stub):
    family = socket.AF_INET6 if ":" in stub else socket.AF_INET
    with network.client.socket(family, socket.SOCK_DGRAM) as server, \
            getattr(network, who).socket(family, socket.SOCK_DGRAM) as client:
        server.bind((stub, 53))
        server.settimeout(1), client.settimeout(1)
        client.sendto(b"stub?", (stub, 53))
        data, peer = server.recvfrom(512)
        server.sendto(b"stub!", peer)
        assert (data, client.recv(512)) == (b"stub?", b"stub!")


@once
@pytest.mark.parametrize("who, server", [("client", a.ONLINK_DNS4), ("client", a.ONLINK_DNS6), ("client", a.ROUTER_LINK_LOCAL),
                                         ("container", a.ONLINK_DNS4), ("container", a.ONLINK_DNS6)])
def test_dns_that_was_under_way_before_does_not_go_on_beside_the_tunnel(network, pair, who, server):
    """Its connection is tracked from before and is never redirected: the LAN exception must not carry it."""
    node = getattr(network, who)
    network.internet.ip(f"route add 172.17.0.0/16 via {a.CLIENT_LAN4}", f"route add fdcc::/64 via {a.CLIENT_LAN6}")
    pair.client.do("off")
    try:
        with node.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.5)
            scope = int(network.client.run("cat", f"/sys/class/net/{a.UPLINK}/ifindex").stdout)
            client.connect((server, 53, 0, scope) if server == a.ROUTER_LINK_LOCAL else (server, 53))
            client.send(dns_query(b"before"))
            assert client.recv(512)
            pair.client.do("on")
            network.servers.ask("reset")
            network.sniffer.reset()
            began = time.monotonic()
            with pytest.raises(OSError):
                client.send(dns_query(b"after"))
                client.recv(512)
            assert time.monotonic() - began < 0.4, "not refused at once"
            assert network.leaks() == {}
    finally:
        network.internet.ip("route del 172.17.0.0/16", "route del fdcc::/64")
        pair.client.do("on")


@once
def test_device_bound_and_link_local_dns_is_refused_at_once(network, pair):
    scope = int(network.client.run("cat", f"/sys/class/net/{a.UPLINK}/ifindex").stdout)
    for server in (a.ONLINK_DNS4, a.DNS4, a.ONLINK_DNS6, a.DNS6):
        began = time.monotonic()
        assert ask_dns(network.client, server, device=a.UPLINK) not in ("answered", "nothing")
        assert time.monotonic() - began < 1
    assert ask_dns(network.client, a.ROUTER_LINK_LOCAL, scope=scope, timeout=1) not in ("answered", "nothing")


def test_only_the_daemon_asks_the_uplinks_resolver_itself(network, pair):
    network.servers.ask("reset")
    assert ask_dns(network.client, a.ONLINK_DNS4, mark=MARK) == "answered"
    assert {query["from"] for query in network.servers.ask("queries")} == {a.CLIENT_LAN4}
    assert ask_dns(network.client, a.DNS6, mark=MARK, timeout=1) != "answered"  # no resolver of this uplink
    assert ask_dns(network.client, "198.18.100.1", mark=MARK, timeout=1) != "answered"


@once
def test_redirected_dns_is_forgotten_when_asked_and_at_the_end(network, pair):
    assert ask_dns(network.client, a.DNS4) == "answered"
    tracked = ("conntrack", "-L", "-d", a.DNS4, "-p", "udp", "--dport", "53")
    assert "10.77.255.53" in network.client.run(*tracked).stdout
    pair.client.do("dns")
    assert "10.77.255.53" not in network.client.run(*tracked).stdout
    assert ask_dns(network.client, a.DNS4) == "answered"
    assert ask_dns(network.client, a.DNS6) == "answered"
    pair.client.do("off")
    everything = network.client.run("conntrack", "-L").stdout + network.client.run("conntrack", "-L", "-f", "ipv6").stdout
    assert "10.77.255.53" not in everything and "fd77:1:2::53" not in everything
    pair.client.do("on")
    wait_for_tunnel(network)
