"""A gateway carries what it should and nothing else. The client's part is played by hand here, packet by packet,
so that it can lie: the driver at the gateway takes whatever comes to its port for packets of the mesh."""
import os
import socket
import time

import pytest

from by_hand import echo, udp
from host_plan_driver import MESH4, MESH6, PLAN_DRIVER, Driver, Pair, ask_dns, fetch, once, release, unchanged
from lab import addresses as a, snapshot
from lab.netns import Node, veth
from lab.topology import Network

pytestmark = pytest.mark.skipif(not os.access(PLAN_DRIVER, os.X_OK), reason="tests/support/plan_driver is not built")

PRIVATE4, PRIVATE6 = "10.99.0.1", "fdbb::1"


@pytest.fixture(scope="module")
def network():
    """With a private network behind the gateway's uplink, and another beside it."""
    with Network(rp_filter=1) as network:
        network.internet.ip(f"addr add {PRIVATE4}/32 dev lo", f"addr add {PRIVATE6}/128 dev lo nodad",
                            "addr add 169.254.169.254/32 dev lo")
        network.beside = Node("beside", [])
        network._nodes.append(network.beside)
        veth(network.gateway, "lan9", network.beside, "eth0")
        network.gateway.ip("addr add 203.0.114.1/24 dev lan9", f"route add 169.254.169.254 via {a.GATEWAY4_ROUTER}")
        network.beside.ip("addr add 203.0.114.2/24 dev eth0", "route add default via 203.0.114.1")
        yield network


@pytest.fixture
def gateway(network):
    before = snapshot.take(network.gateway)
    with Driver(network.gateway, member=1, peer=f"{a.CLIENT4}:9100", follow=1) as driver:
        driver.do("gateway")
        yield driver
    release(network.gateway)
    assert unchanged(network.gateway, before) == []


@pytest.fixture
def pair(network):
    with Pair(network) as pair:
        deadline = time.monotonic() + 5
        while fetch(network.client, a.WEB4) != a.GATEWAY4:
            assert time.monotonic() < deadline
        yield pair


def scrambled(data):
    return bytes(byte ^ 0x5A for byte in data)


class Liar:
    """A peer of the gateway's driver: sends packets as if out of the tunnel and hears what comes back."""

    def __init__(self, network):
        self._socket = network.client.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((a.CLIENT4, 9100))
        self._socket.settimeout(0.5)

    def send(self, packet):
        self._socket.sendto(scrambled(bytes(10) + packet), (a.GATEWAY4, 9100))

    def hear(self):
        """The next packet, or None. What the gateway's kernel says to groups is not for us."""
        try:
            while True:
                packet = scrambled(self._socket.recv(65536))[10:]
                if packet[0] >> 4 == 4 or packet[24] != 0xFF:
                    return packet
        except TimeoutError:
            return None

    def ask(self, packet):
        """"answered", "refused" by an ICMP error, or "silence"."""
        self.send(packet)
        heard = self.hear()
        if heard is None:
            return "silence"
        proto = heard[9] if heard[0] >> 4 == 4 else heard[6]
        return "refused" if proto in (1, 58) else "answered"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()


def me(address, member=2):
    return (MESH6 if ":" in address else MESH4).format(member)


@pytest.mark.parametrize("destination", [a.RESERVED4, a.RESERVED6])
def test_the_internet_is_reached_with_the_gateways_address(network, gateway, destination):
    with Liar(network) as liar:
        assert liar.ask(udp(me(destination), destination, 5000, 443, b"hello")) == "answered"


@pytest.mark.parametrize("destination", [PRIVATE4, PRIVATE6, "192.168.77.1", "169.254.169.254", "100.64.0.1", "fe80::1",
                                         "172.31.0.1", "::ffff:203.0.113.80", "64:ff9b:1::1", "0.0.0.1", "10.77.0.9",
                                         "fd77:1:2::9", "203.0.114.2"])
def test_private_and_strange_destinations_are_refused(network, gateway, destination):
    with Liar(network) as liar:
        assert liar.ask(udp(me(destination), destination, 5000, 443, b"hello")) in ("refused", "silence")
        # silence alone would also be a route that is missing: nothing may be seen on the wire either
        assert not seen_on_wire(network, lambda: liar.send(udp(me(destination), destination, 5000, 443, b"wrong way")))


def seen_on_wire(network, send, what=b"wrong way"):
    with network.internet.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire, \
            network.beside.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as beside:
        wire.bind(("to-gateway", 0))
        for tap in (wire, beside):
            tap.settimeout(0.2)
        send()
        for tap in (wire, beside):
            try:
                while what not in tap.recv(65536):
                    pass
                return True
            except TimeoutError:
                pass
    return False


def test_private_destinations_are_opened_by_the_user_alone_and_the_dangerous_ones_never(network, gateway):
    gateway.do("gateway", allow_private=1)
    with Liar(network) as liar:
        for destination in (PRIVATE4, PRIVATE6):
            assert seen_on_wire(network, lambda: liar.send(udp(me(destination), destination, 5000, 443, b"wrong way")))
        for destination in ("169.254.169.254", "fe80::1", "127.0.0.2"):
            assert not seen_on_wire(network, lambda: liar.send(udp(me(destination), destination, 5000, 443, b"wrong way")))


@pytest.mark.parametrize("source, destination", [("192.168.9.9", a.RESERVED4), (a.CLIENT4, a.RESERVED4), ("fd99::9", a.RESERVED6),
                                                 (a.CLIENT6, a.RESERVED6), (a.GATEWAY4, a.RESERVED4)])
def test_a_source_outside_the_mesh_is_not_carried(network, gateway, source, destination):
    with Liar(network) as liar:
        assert not seen_on_wire(network, lambda: liar.send(udp(source, destination, 5000, 443, b"wrong way")))


def test_dns_goes_to_the_gateways_resolver_in_both_families(network, gateway):
    from lab.generators import dns_query
    network.servers.ask("reset")
    with Liar(network) as liar:
        for service in ("10.77.255.53", "fd77:1:2::53"):
            liar.send(udp(me(service), service, 5353, 53, dns_query(b"www")))
            heard = liar.hear()
            source = heard[12:16] if heard[0] >> 4 == 4 else heard[8:24]
            assert source == socket.inet_pton(socket.AF_INET6 if ":" in service else socket.AF_INET, service)
    assert {query["from"] for query in network.servers.ask("queries")} == {a.GATEWAY4, a.GATEWAY6}


def test_a_private_resolver_is_the_one_private_destination_that_is_open(network, gateway):
    gateway.do("gateway", resolvers=PRIVATE4)
    with Liar(network) as liar:
        assert seen_on_wire(network, lambda: liar.send(udp(me("4"), "10.77.255.53", 5000, 53, b"wrong way")))
        assert not seen_on_wire(network, lambda: liar.send(udp(me("4"), PRIVATE4, 5000, 53, b"wrong way")))
        assert not seen_on_wire(network, lambda: liar.send(udp(me("4"), "10.77.255.53", 5000, 80, b"wrong way")))


def test_a_client_cannot_take_the_port_of_a_service_of_the_gateway(network, gateway):
    """A mapping on port 9100 would steal the datagrams of the gateway's own peers."""
    with network.internet.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, Liar(network) as liar:
        server.bind((a.WEB4, 4444))
        server.settimeout(1)
        for port in (53, 9100, 9101, 22):
            liar.send(udp(me("4"), a.WEB4, port, 4444, b"steal"))
            assert 32768 <= server.recvfrom(100)[1][1] <= 60999


def test_nothing_at_the_gateway_itself_is_reached_but_echo(network, gateway):
    with network.gateway.socket(socket.AF_INET, socket.SOCK_DGRAM) as service, Liar(network) as liar:
        service.bind(("", 4000))
        service.settimeout(0.3)
        for target in (MESH4.format(1), a.GATEWAY4, "203.0.114.1"):
            liar.send(udp(me("4"), target, 5000, 4000, b"knock"))
            with pytest.raises(TimeoutError):
                service.recv(100)
        liar.send(echo(me("4"), MESH4.format(1), b"ping"))
        assert liar.hear()[20] == 0
        gateway.do("gateway", admitted=MESH4.format(2))
        liar.send(udp(me("4"), MESH4.format(1), 5000, 4000, b"knock"))
        assert service.recv(100).startswith(b"knock")


def test_the_daemons_own_ports_are_not_reached_from_inside_the_tunnel(network, gateway):
    gateway.do("gateway", accept="all")
    with network.gateway.socket(socket.AF_INET, socket.SOCK_DGRAM) as service, Liar(network) as liar:
        service.bind(("", 9101))
        service.settimeout(0.3)
        liar.send(udp(me("4"), MESH4.format(1), 5000, 9101, b"knock"))
        with pytest.raises(TimeoutError):
            service.recv(100)


def test_nobody_outside_begins_a_connection_into_the_mesh(network, gateway):
    network.internet.ip(f"route add 10.77.0.0/16 via {a.GATEWAY4}", f"route add fd77:1:2::/48 via {a.GATEWAY6}")
    try:
        with Liar(network) as liar, network.internet.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger, \
                network.internet.socket(socket.AF_INET6, socket.SOCK_DGRAM) as stranger6:
            liar.ask(udp(me("4"), a.RESERVED4, 5000, 443, b"hello"))  # so that the driver knows where we are
            stranger.sendto(b"knock", (MESH4.format(2), 4000))
            stranger6.sendto(b"knock", (MESH6.format(2), 4000))
            assert liar.hear() is None
    finally:
        network.internet.ip("route del 10.77.0.0/16", "route del fd77:1:2::/48")


def test_one_client_gets_three_quarters_of_the_connections_and_all_together_no_more_than_all(network, gateway):
    gateway.do("gateway", max_connections=20)
    with Liar(network) as liar:
        answers = {member: [liar.ask(udp(me("4", member), a.RESERVED4, 5000 + port, 443, b"hello")) for port in range(18)]
                   for member in (2, 3)}
        # the kernel lets one more through than "over" says
        assert answers[2].count("answered") in (15, 16)
        assert sum(answer.count("answered") for answer in answers.values()) in (20, 21), answers
        assert "refused" in answers[2]  # and then silence: the kernel limits its own ICMP errors
        assert int(gateway.do("count").split()[1]) >= 20
        # v6 counts too
        refused = [liar.ask(udp(me(":", 4), a.RESERVED6, 5000 + port, 443, b"hello")) for port in range(3)]
        assert "answered" not in refused


def test_a_gateway_whose_network_overlaps_the_mesh_still_carries_and_resolves(network, gateway):
    """The resolver's address is one of the mesh's range: what comes out of the tunnel looks up main first."""
    resolver = "10.77.200.53"
    network.internet.ip(f"addr add {resolver}/32 dev lo")
    network.gateway.ip(f"route add {resolver}/32 via {a.GATEWAY4_ROUTER}")
    try:
        gateway.do("gateway", resolvers=resolver)
        with Liar(network) as liar:
            assert seen_on_wire(network, lambda: liar.send(udp(me("4"), "10.77.255.53", 6001, 53, b"wrong way")))
            gateway.do("gateway", skip="gateway_rule")
            assert not seen_on_wire(network, lambda: liar.send(udp(me("4"), "10.77.255.53", 6002, 53, b"wrong way")))
            gateway.do("gateway", skip="")
    finally:
        network.gateway.ip(f"route del {resolver}/32")
        network.internet.ip(f"addr del {resolver}/32 dev lo")


def test_only_what_must_forward_begins_to_and_all_of_it_is_put_back(network):
    before = snapshot.take(network.gateway)
    network.gateway.sysctl({"net/ipv6/conf/lan9/forwarding": 1, "net/ipv6/conf/up0/accept_ra": 1})
    odd = snapshot.take(network.gateway)
    with Driver(network.gateway, member=1) as driver:
        driver.do("gateway")
        assert network.gateway.read_sysctl("net/ipv4/conf/up0/forwarding") == "1"
        assert network.gateway.read_sysctl("net/ipv4/conf/lan9/forwarding") == "0"
        assert network.gateway.read_sysctl("net/ipv4/ip_forward") == "0"
        assert network.gateway.read_sysctl("net/ipv6/conf/up0/accept_ra") == "2"
        driver.do("off")
        assert network.gateway.read_sysctl("net/ipv6/conf/all/forwarding") == "0"
        driver.do("gateway")
        driver.do("release")
    assert unchanged(network.gateway, odd) == []
    network.gateway.sysctl({"net/ipv6/conf/lan9/forwarding": 0, "net/ipv6/conf/up0/accept_ra": 0})
    assert unchanged(network.gateway, before) == []


def test_a_gateway_killed_at_any_step_is_put_back_whole(network):
    before = snapshot.take(network.gateway)
    with Driver(network.gateway, member=1) as driver:
        driver.do("gateway")
        total = len(driver.steps())
    release(network.gateway)
    for step in range(1, total + 1):
        assert once(network.gateway, "gateway", member=1, stop=step) == "died"
        if step % 2:
            assert once(network.gateway, "gateway", member=1) == "ok"
        release(network.gateway)
        assert unchanged(network.gateway, before) == [], step


def test_an_idle_host_that_forwards_for_others_is_no_way_into_or_out_of_the_mesh(network):
    network.gateway.sysctl({"net/ipv4/ip_forward": 1})
    try:
        with Driver(network.gateway, member=1, peer=f"{a.CLIENT4}:9100", follow=1) as driver, Liar(network) as liar:
            driver.do("off")
            assert not seen_on_wire(network, lambda: liar.send(udp(me("4"), a.RESERVED4, 5000, 443, b"wrong way")))
            assert not seen_on_wire(network, lambda: liar.send(udp(me("4"), "203.0.114.2", 5000, 443, b"wrong way")))
            network.internet.ip(f"route add 10.77.0.0/16 via {a.GATEWAY4}")
            with network.internet.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.sendto(b"knock", (MESH4.format(2), 4000))
                assert liar.hear() is None
    finally:
        network.internet.run("ip", "route", "del", "10.77.0.0/16", check=False)
        release(network.gateway)
        network.gateway.sysctl({"net/ipv4/ip_forward": 0})


def test_preflight_finds_what_is_wrong_and_its_fixes_cure_it(network):
    def ask(uplink="up0"):
        with Driver(network.gateway, uplink=uplink) as driver:
            lines = driver.text("preflight")
        return {line.split()[0]: line for line in lines}

    good = ask()
    assert all(" ok " in line for name, line in good.items() if name not in ("ok", "suggested"))
    assert good["suggested"] == "suggested up0"
    assert "choose another, such as up0" in ask("nothere")["interface"]
    assert "failed" in ask("lan9")["default_route_v4"]

    network.gateway.ip("link set up0 down")
    assert "ip link set up0 up" in ask()["interface_up"]
    network.gateway.ip("link set up0 up", f"addr replace {a.GATEWAY6}/64 dev up0 nodad",
                       f"route add default via {a.GATEWAY4_ROUTER} dev up0",
                       f"route replace 169.254.169.254 via {a.GATEWAY4_ROUTER}")
    assert "warning" in ask()["default_route_v6"]
    network.gateway.ip(f"route add default via {a.GATEWAY6_ROUTER} dev up0")

    network.gateway.run("nft", "add table ip filter ; add chain ip filter FORWARD { type filter hook forward priority 0 ; policy drop ; } ; "
                        "add chain ip filter DOCKER-USER ; add rule ip filter FORWARD jump DOCKER-USER")
    line = ask()["foreign_forward_drop"]
    assert "failed" in line and "DOCKER-USER" in line
    fix = line.split(" | ")[1].replace("sudo ", "")
    network.gateway.run("sh", "-c", fix)
    assert " ok " in ask()["foreign_forward_drop"]
    network.gateway.run("nft", "flush ruleset")


def test_pages_and_names_come_through_while_another_firewall_drops_and_its_fix_is_in_place(network, pair):
    network.gateway.run("nft", "add table ip fw ; add chain ip fw forward { type filter hook forward priority 0 ; policy drop ; }")
    try:
        assert fetch(network.client, a.WEB4, timeout=1) != a.GATEWAY4
        network.gateway.run("nft", "insert rule ip fw forward iifname pim0 accept ; insert rule ip fw forward oifname pim0 accept")
        assert fetch(network.client, a.WEB4) == a.GATEWAY4
        assert ask_dns(network.client, a.DNS4) == "answered"
    finally:
        network.gateway.run("nft", "delete table ip fw")
