"""The LAN, containers and what keeps a link alive while the plan is in force: reached beside the tunnel, no more."""
import socket
import time

import pytest

from armed_pair import lan_echo, load, network, once, pair, pytestmark  # noqa: F401
from host_plan_driver import SO_BINDTODEVICE, fetch
from lab import addresses as a


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


def test_without_the_lan_exception_the_lan_is_closed(network, pair):
    pair.client.do("on", allow_lan=0)
    try:
        assert lan_echo(network, a.CLIENT_LAN4, a.ONLINK_DNS4) != a.CLIENT_LAN4
        assert fetch(network.client, a.WEB4) == a.GATEWAY4
        assert fetch(network.container, a.WEB4) == a.GATEWAY4
    finally:
        pair.client.do("on", allow_lan=1)


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
