"""What the host does with traffic while the plan is in force: through the tunnel everything works, beside it
nothing leaves, under every strictness of the reverse path check."""
import os
import socket
import struct
import time

import pytest

from host_plan_driver import MARK, MESH4, MESH6, PLAN_DRIVER, Driver, Pair, ask_dns, fetch, leaks_during, release
from lab import addresses as a, generators
from lab.generators import dns_query
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


def test_pages_come_through_the_gateway_in_both_families(network, pair):
    assert fetch(network.client, a.WEB4) == a.GATEWAY4
    assert fetch(network.client, a.WEB6) == a.GATEWAY6


def test_containers_go_through_the_gateway_too(network, pair):
    assert fetch(network.container, a.WEB4) == a.GATEWAY4
    assert fetch(network.container, a.WEB6) == a.GATEWAY6


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
@pytest.mark.parametrize("kind, port", [(socket.SOCK_DGRAM, 4000), (socket.SOCK_STREAM, 80)])
def test_the_mark_alone_opens_nothing(network, pair, load, kind, port):
    network.sniffer.reset()
    with network.client.socket(socket.AF_INET, kind) as client:
        client.setsockopt(socket.SOL_SOCKET, 36, MARK)
        client.settimeout(1)
        with pytest.raises(OSError):
            client.connect((a.RESERVED4, port))
            for _ in range(2):
                client.send(b"marked")
    assert network.leaks() == {}


def test_the_lan_is_reached_directly_and_the_tunnel_serves_the_rest(network, pair):
    assert lan_echo(network, a.CLIENT_LAN4, a.ONLINK_DNS4) == a.CLIENT_LAN4
    assert lan_echo(network, a.CLIENT_LAN6, a.ONLINK_DNS6) == a.CLIENT_LAN6
    assert network.client.run("ping", "-c1", "-W1", f"{a.ROUTER_LINK_LOCAL}%{a.UPLINK}", check=False).returncode == 0


@pytest.mark.parametrize("own, other", [(a.CLIENT_LAN4, a.ONLINK_DNS4), (a.CLIENT_LAN6, a.ONLINK_DNS6)])
def test_a_neighbour_that_the_client_has_forgotten_is_found_again(network, pair, own, other):
    network.client.run("ip", "neigh", "flush", "to", other, "dev", a.UPLINK)
    assert lan_echo(network, own, other) == own


@once
def test_the_host_reaches_its_own_containers(network, pair):
    assert lan_echo(network, "172.17.0.1", "172.17.0.2", there=network.container) == "172.17.0.1"
    assert lan_echo(network, "fdcc::1", "fdcc::2", there=network.container) == "fdcc::1"


@once
def test_containers_and_the_lan_reach_each_other(network, pair):
    network.internet.ip(f"route add 172.17.0.0/16 via {a.CLIENT_LAN4}", f"route add fdcc::/64 via {a.CLIENT_LAN6}")
    try:
        for here, there in (("172.17.0.2", a.ONLINK_DNS4), ("fdcc::2", a.ONLINK_DNS6)):
            assert lan_echo(network, here, there, source=network.container) == here
            assert lan_echo(network, there, here, source=network.internet, there=network.container) == there
    finally:
        network.internet.ip("route del 172.17.0.0/16", "route del fdcc::/64")


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


def test_without_the_lan_exception_the_lan_is_closed(network, pair):
    pair.client.do("on", allow_lan=0)
    try:
        assert lan_echo(network, a.CLIENT_LAN4, a.ONLINK_DNS4) != a.CLIENT_LAN4
        assert fetch(network.client, a.WEB4) == a.GATEWAY4
        assert fetch(network.container, a.WEB4) == a.GATEWAY4
    finally:
        pair.client.do("on", allow_lan=1)


def test_nothing_leaks_with_the_tunnel_up_down_and_killed(network, pair, load):
    through = ["tcp4-plain", "udp6-plain", "dns4-plain-onlink", "tcp4-source", "udp4-source", "tcp6-source", "udp6-source",
               "icmp4-source", "stream6-source"]
    load.reset()
    network.sniffer.reset()
    load.rate(25)
    deadline = time.monotonic() + 10
    while silent := [kind for kind in through if not load.totals()[kind]["answered"]]:
        assert time.monotonic() < deadline, f"nothing comes back for {silent}"
        time.sleep(0.2)
    load.rate(0)
    assert network.leaks() == {}
    pair.gateway.kill()
    try:
        leaks, offered = leaks_during(network, load, 1.0)
        assert (leaks, offered > 300) == ({}, True)
    finally:
        release(network.gateway)
        pair.gateway = Driver(network.gateway, member=1, peer=f"{a.CLIENT4}:9100")
        pair.gateway.do("gateway")
    wait_for_tunnel(network)


@pytest.mark.parametrize("undo", [
    ["ip route flush table main"], ["ip route flush table 5200", "ip -6 route flush table 5200"],
    ["ip rule flush"], ["ip rule del pref 5200"], ["ip link del pim0"],
    [f"ip link set {a.UPLINK} down", f"ip link set {a.UPLINK} up"]])
def test_no_fault_of_the_routes_lets_anything_out(network, pair, load, undo):
    """The adapter is stopped, so that what is undone stays undone."""
    os.kill(pair.client.process.pid, 19)
    try:
        load.reset()
        network.sniffer.reset()
        load.rate(25)
        for line in undo:
            network.client.run(*line.split(), check=False)
        time.sleep(0.7)
        load.rate(0)
        assert (network.leaks(), load.offered() > 200) == ({}, True)
    finally:
        restore_main(network)
        os.kill(pair.client.process.pid, 18)
        pair.client.do("on")
    wait_for_tunnel(network)


def restore_main(network):
    lines = [("addr replace 198.51.100.10/24 dev up0", "addr replace 192.168.77.10/24 dev up0"),
             ("-6 addr replace 2001:db8:1::10/64 dev up0 nodad", "-6 addr replace fdaa:77::10/64 dev up0 nodad"),
             (f"route replace 198.51.100.0/24 dev up0 src {a.CLIENT4}", f"route replace 192.168.77.0/24 dev up0 src {a.CLIENT_LAN4}",
              "route replace 172.17.0.0/16 dev docker0 src 172.17.0.1"),
             (f"route replace default via {a.CLIENT4_ROUTER} dev up0 src {a.CLIENT4}",
              f"-6 route replace default via {a.CLIENT6_ROUTER} dev up0 src {a.CLIENT6}")]
    for line in (line for group in lines for line in group):
        network.client.run("ip", *line.split(), check=False)
    for family in ("-4", "-6"):
        if "lookup main" not in network.client.run("ip", family, "rule").stdout:
            network.client.run("ip", family, "rule", "add", "pref", "32766", "lookup", "main", check=False)
            network.client.run("ip", family, "rule", "add", "pref", "32767", "lookup", "default", check=False)


def test_a_default_route_added_while_armed_finds_its_router_on_the_uplink(network, pair):
    network.client.ip("route del default")
    network.client.ip(f"route add default via {a.CLIENT4_ROUTER}")
    try:
        assert "dev up0" in network.client.run("ip", "route", "show", "default").stdout
        wait_for_tunnel(network)
    finally:
        restore_main(network)


def test_routes_that_a_hostile_network_pushes_change_nothing(network, pair, load):
    """TunnelVision: more specific routes than the tunnel's, in main."""
    pushed = [f"route add {a.RESERVED4}/32 via {a.CLIENT4_ROUTER}", f"route add 203.0.113.0/24 via {a.CLIENT4_ROUTER}",
              f"-6 route add 2001:db8:bad::/64 via {a.CLIENT6_ROUTER}"]
    for line in pushed:
        network.client.run("ip", *line.split())
    try:
        assert fetch(network.client, a.WEB4) == a.GATEWAY4
        leaks, _ = leaks_during(network, load, 0.7)
        assert leaks == {}
    finally:
        for line in pushed:
            network.client.run("ip", *line.replace("add", "del").split())


def test_connections_from_before_are_ended_and_not_carried_on_in_clear(network, pair):
    pair.client.do("off")
    with network.client.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
        stream.settimeout(3)
        stream.connect((a.RESERVED4, 443))
        stream.sendall(b"before")
        assert stream.recv(100) == b"before"
        pair.client.do("on")
        network.sniffer.reset()
        with pytest.raises(ConnectionError):
            for _ in range(20):
                stream.sendall(b"after")
                time.sleep(0.05)
        assert network.leaks() == {}
    wait_for_tunnel(network)


@once
def test_a_device_bound_connection_from_before_is_ended_too(network, pair):
    pair.client.do("off")
    with network.client.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
        stream.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"up0\0")
        stream.settimeout(3)
        stream.connect((a.RESERVED4, 443))
        stream.sendall(b"before")
        assert stream.recv(100) == b"before"
        pair.client.do("on")
        network.sniffer.reset()
        with pytest.raises(ConnectionError):
            for _ in range(20):
                stream.sendall(b"after")
                time.sleep(0.05)
        assert network.leaks() == {}
    wait_for_tunnel(network)


@once
def test_connections_of_containers_end_when_the_tunnel_comes_and_when_it_goes(network, pair):
    """Each was masqueraded as the host was then; going on with that address would be the wrong way."""
    network.client.run("nft", "add table ip dock ; add chain ip dock post { type nat hook postrouting priority 100 ; } ; "
                              "add rule ip dock post ip saddr 172.17.0.0/16 oifname != docker0 masquerade")
    pair.client.do("off")
    try:
        for now, then in (("off", "on"), ("on", "off")):
            pair.client.do(now)
            with network.container.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, \
                    network.internet.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire:
                wire.bind(("to-client", 0))
                wire.settimeout(0.2)
                stream.settimeout(3)
                stream.connect((a.RESERVED4, 443))
                stream.sendall(b"before")
                assert stream.recv(100) == b"before"
                pair.client.do(then)
                network.sniffer.reset()
                with pytest.raises(ConnectionError):
                    for _ in range(20):
                        stream.sendall(b"xx")
                        time.sleep(0.05)
                assert not heard_from(wire, socket.inet_aton(MESH4.format(2)))
    finally:
        network.client.run("nft", "delete table ip dock")
        pair.client.do("on")
    wait_for_tunnel(network)


def heard_from(wire, source):
    try:
        while True:
            frame = wire.recv(4096)
            if frame[12:14] == b"\x08\x00" and frame[26:30] == source:
                return True
    except TimeoutError:
        return False


@once
@pytest.mark.parametrize("who", ["client", "container"])
@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_what_is_blocked_is_refused_at_once_even_without_the_routes(network, pair, who, kind):
    os.kill(pair.client.process.pid, 19)
    try:
        network.client.ip("rule del pref 5205")
        network.sniffer.reset()
        with getattr(network, who).socket(socket.AF_INET, kind) as client:
            client.settimeout(1)
            began = time.monotonic()
            with pytest.raises(OSError):
                client.connect((a.RESERVED4, 443))
                client.send(b"hello")
                client.recv(100)
            assert time.monotonic() - began < 0.5
        assert network.leaks() == {}
    finally:
        os.kill(pair.client.process.pid, 18)
        pair.client.do("on")


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


@pytest.mark.parametrize("allow_lan", [0, 1])
@pytest.mark.parametrize("own", [a.CLIENT4, a.CLIENT_LAN4, a.CLIENT6, a.CLIENT_LAN6])
def test_neighbours_that_have_forgotten_the_client_find_it_again(network, pair, own, allow_lan):
    """A strict reverse path check applies to ARP too, where no datagram has set a mark."""
    pair.client.do("on", allow_lan=allow_lan)
    network.internet.run("ip", "neigh", "flush", "to", own, "dev", "to-client")
    family = socket.AF_INET6 if ":" in own else socket.AF_INET
    with network.internet.socket(family, socket.SOCK_DGRAM) as neighbour:
        neighbour.sendto(b"who are you", (own, 9101))
    time.sleep(0.3)
    state = network.internet.run("ip", "neigh", "show", "to", own, "dev", "to-client").stdout
    assert "lladdr" in state, state
    pair.client.do("on", allow_lan=1)


def test_a_dhcp_renewal_is_answered_without_the_lan_exception(network, pair):
    pair.client.do("on", allow_lan=0)
    try:
        with network.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as client, \
                network.internet.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            client.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"up0\0")
            client.bind((a.CLIENT_LAN4, 68))
            server.bind((a.ONLINK_DNS4, 67))
            client.settimeout(1), server.settimeout(1)
            client.sendto(b"renew", (a.ONLINK_DNS4, 67))
            assert server.recv(100) == b"renew"
            server.sendto(b"ack", (a.CLIENT_LAN4, 68))
            assert client.recv(100) == b"ack"
    finally:
        pair.client.do("on", allow_lan=1)


def seen_by_the_router(network, send, what):
    with network.internet.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire:
        wire.bind(("to-client", 0))
        wire.settimeout(0.4)
        try:
            send()
        except OSError:
            pass
        try:
            while what not in wire.recv(4096):
                pass
            return True
        except TimeoutError:
            return False


def raw(network, family, proto, data, target, hops):
    """Sends one packet of any protocol from the uplink."""
    with network.client.socket(family, socket.SOCK_RAW, proto) as sender:
        sender.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"up0\0")
        if family == socket.AF_INET6:
            for option in (socket.IPV6_UNICAST_HOPS, socket.IPV6_MULTICAST_HOPS):
                sender.setsockopt(socket.IPPROTO_IPV6, option, hops)
        sender.sendto(data, (target, 0))


@once
@pytest.mark.parametrize("name, family, proto, data, target, hops, passes", [
    ("IGMP report", socket.AF_INET, 2, b"\x22\0\0\0igmp----", "224.0.0.22", 1, True),
    ("router solicitation", socket.AF_INET6, 58, b"\x85\0\0\0solicit-", "ff02::2", 255, True),
    ("router solicitation from afar", socket.AF_INET6, 58, b"\x85\0\0\0solicit-", "ff02::2", 64, False),
    ("MLD report", socket.AF_INET6, 58, b"\x83\0\0\0mldrepo-" + bytes(12), "ff02::1234", 1, True),
    ("MLD report that travels", socket.AF_INET6, 58, b"\x83\0\0\0mldrepo-" + bytes(12), "ff02::1234", 64, False),
    ("router advertisement", socket.AF_INET6, 58, b"\x86\0\0\0advert--", "ff02::1", 255, False),
    ("echo to a group", socket.AF_INET6, 58, b"\x80\0\0\0echoecho", "ff02::1", 255, False)])
def test_what_keeps_the_link_alive_passes_and_no_more(network, pair, name, family, proto, data, target, hops, passes):
    assert seen_by_the_router(network, lambda: raw(network, family, proto, data, target, hops), data[4:12]) == passes


@once
@pytest.mark.parametrize("sport, dport, passes", [(546, 547, True), (547, 546, False), (4000, 547, False)])
def test_dhcpv6_is_asked_from_its_own_port_alone(network, pair, sport, dport, passes):
    def send():
        with network.client.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
            client.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"up0\0")
            client.bind(("", sport))
            client.sendto(b"dhcpv6 solicit", ("ff02::1:2", dport))
    assert seen_by_the_router(network, send, b"dhcpv6 solicit") == passes


SO_BINDTODEVICE = 25


@once
@pytest.mark.parametrize("group, port, passes", [
    ("224.0.0.251", 5353, True), ("239.255.255.250", 1900, True), ("255.255.255.255", 4000, True),
    ("224.0.0.5", 5353, False), ("239.1.2.3", 1900, False), ("224.0.0.251", 4000, False),
    ("ff02::fb", 5353, True), ("ff02::c", 1900, True), ("ff02::5", 4000, False), ("ff0e::1234", 5353, False)])
@pytest.mark.parametrize("allow_lan", [0, 1])
def test_groups_of_local_discovery_pass_with_the_lan_exception_and_no_others(network, pair, group, port, passes, allow_lan):
    pair.client.do("on", allow_lan=allow_lan)
    family = socket.AF_INET6 if ":" in group else socket.AF_INET
    with network.client.socket(family, socket.SOCK_DGRAM) as client, \
            network.internet.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire:
        wire.bind(("to-client", 0))
        wire.settimeout(0.3)
        client.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"up0\0")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            client.sendto(b"discovery", (group, port))
        except OSError:
            pass
        seen = False
        try:
            while not seen:
                seen = b"discovery" in wire.recv(4096)
        except TimeoutError:
            pass
        assert seen == bool(passes and allow_lan)
    pair.client.do("on", allow_lan=1)


@once
def test_a_device_bound_socket_may_not_leave_for_a_container_network_by_the_uplink(network, pair):
    with network.internet.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire:
        wire.bind(("to-client", 0))
        wire.settimeout(0.4)
        network.client.ip("route add 172.17.0.0/16 via 192.168.77.1 dev up0 metric 900")
        try:
            with network.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"up0\0")
                with pytest.raises(OSError):
                    for _ in range(3):
                        client.sendto(b"wrong way", ("172.17.0.9", 4000))
                        time.sleep(0.05)
            with pytest.raises(TimeoutError):
                while b"wrong way" not in wire.recv(4096):
                    pass
        finally:
            network.client.ip("route del 172.17.0.0/16 via 192.168.77.1 dev up0 metric 900")


@once
def test_the_tunnel_never_carries_the_daemons_own_datagrams(network, pair):
    with network.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, 36, MARK)
        client.setsockopt(socket.SOL_SOCKET, SO_BINDTODEVICE, b"pim0\0")
        client.bind(("", 9101))
        with pytest.raises(PermissionError):
            client.sendto(b"into itself", (MESH4.format(1), 9100))


@once
@pytest.mark.parametrize("address, size", [(a.WEB4, 1304), (a.WEB6, 1284)])
def test_tcp_of_a_container_fits_the_tunnel_without_path_mtu_discovery(network, pair, address, size):
    """Both ends announce segments that fit, though neither's own link is the tunnel. The gateway's clamp is left out,
    so that the client's is what is seen."""
    pair.gateway.do("gateway", skip="mss")
    with network.internet.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as far, \
            network.container.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as near:
        far.bind(("to-gateway", 0))
        near.bind(("eth0", 0))
        assert fetch(network.container, address) in (a.GATEWAY4, a.GATEWAY6)
        assert announced(far, with_ack=False) == size
        assert announced(near, with_ack=True) == size
    pair.gateway.do("gateway", skip="")


def announced(tap, with_ack):
    """The MSS of the first SYN that the tap has seen."""
    tap.settimeout(1)
    while True:
        frame = tap.recv(4096)
        v4, v6 = frame[12:14] == b"\x08\x00", frame[12:14] == b"\x86\xdd"
        tcp = frame[34:] if v4 and frame[23] == 6 else frame[54:] if v6 and frame[20] == 6 else b""
        if len(tcp) > 24 and tcp[13] & 0x12 == (0x12 if with_ack else 2) and tcp[20:22] == b"\x02\x04":
            return struct.unpack("!H", tcp[22:24])[0]
