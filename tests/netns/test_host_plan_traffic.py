"""What the host does with traffic while the plan is in force: through the tunnel everything works, beside it
nothing leaves, under every strictness of the reverse path check."""
import errno
import os
import socket
import struct
import time

import pytest

from armed_pair import load, network, once, pair, pytestmark, wait_for_tunnel  # noqa: F401
from host_plan_driver import MARK, MESH4, MESH6, SO_BINDTODEVICE, Driver, fetch, leaks_during, release
from lab import addresses as a


def test_pages_come_through_the_gateway_in_both_families(network, pair):
    assert fetch(network.client, a.WEB4) == a.GATEWAY4
    assert fetch(network.client, a.WEB6) == a.GATEWAY6


def test_containers_go_through_the_gateway_too(network, pair):
    assert fetch(network.container, a.WEB4) == a.GATEWAY4
    assert fetch(network.container, a.WEB6) == a.GATEWAY6


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


def ended_by_the_block(network, pair, *options):
    """A TCP connection made directly, with these socket options, is reset when routing turns on, and nothing of it leaks."""
    pair.client.do("off")
    with network.client.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
        for option in options:
            stream.setsockopt(*option)
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


def test_connections_from_before_are_ended_and_not_carried_on_in_clear(network, pair):
    ended_by_the_block(network, pair)


@once
def test_a_device_bound_connection_from_before_is_ended_too(network, pair):
    ended_by_the_block(network, pair, (socket.SOL_SOCKET, SO_BINDTODEVICE, b"up0\0"))


families = pytest.mark.parametrize("family, there", [(socket.AF_INET, a.RESERVED4), (socket.AF_INET6, a.RESERVED6)])


@once
@families
@pytest.mark.parametrize("opened, is_bound", [("off", False), ("off", True), ("release", False)])
def test_a_connection_begun_in_the_tunnel_ends_when_the_block_goes(network, pair, family, there, opened, is_bound):
    """What it had to say was for the gateway's eyes, and nobody could answer it at the mesh address."""
    with network.client.socket(family, socket.SOCK_STREAM) as stream, wire_of(network) as wire:
        if is_bound:
            stream.bind((a.CLIENT6 if family == socket.AF_INET6 else a.CLIENT4, 0))
        speak_once(stream, there)
        pair.client.do(opened)
        try:
            assert_ended(stream)
            assert not heard(wire)
        finally:
            pair.client.do("on")
    wait_for_tunnel(network)


@once
@families
def test_a_release_ends_datagrams_of_the_tunnel_and_leaves_other_sockets_alone(network, pair, family, there):
    mesh = (MESH6 if family == socket.AF_INET6 else MESH4).format(2)
    local = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with network.client.socket(family, socket.SOCK_DGRAM) as flow, \
            network.client.socket(family, socket.SOCK_DGRAM) as unconnected, \
            network.client.socket(family, socket.SOCK_STREAM) as server, \
            network.client.socket(family, socket.SOCK_STREAM) as mine, wire_of(network) as wire:
        flow.connect((there, 443))
        assert flow.getsockname()[0] == mesh
        unconnected.bind((mesh, 0))
        server.bind((local, 0))
        server.listen()
        mine.connect(server.getsockname()[:2])
        theirs, _ = server.accept()
        pair.client.do("release")
        try:
            assert flow.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNABORTED
            with pytest.raises(OSError):
                flow.send(SAID)
            assert unconnected.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
            theirs.sendall(b"still here")
            assert mine.recv(100) == b"still here"
            assert not heard(wire)
        finally:
            theirs.close()
            pair.client.do("on")
    wait_for_tunnel(network)


@once
def test_connections_of_containers_end_when_the_tunnel_comes_and_when_it_goes(network, pair):
    """Each was masqueraded as the host was then; going on with that address would be the wrong way, and going on with
    another would say beside the tunnel what was meant for inside."""
    network.client.run("nft", "add table ip dock ; add chain ip dock post { type nat hook postrouting priority 100 ; } ; "
                              "add rule ip dock post ip saddr 172.17.0.0/16 oifname != docker0 masquerade")
    pair.client.do("off")
    try:
        for now, then in (("off", "on"), ("on", "off")):
            pair.client.do(now)
            with network.container.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, wire_of(network) as wire:
                speak_once(stream, a.RESERVED4)
                pair.client.do(then)
                assert_ended(stream)
                assert not heard(wire)
    finally:
        network.client.run("nft", "delete table ip dock")
        pair.client.do("on")
    wait_for_tunnel(network)


SAID = b"what was begun in the tunnel"


def speak_once(stream, there):
    stream.settimeout(3)
    stream.connect((there, 443))
    stream.sendall(b"before")
    assert stream.recv(100) == b"before"


def assert_ended(stream):
    with pytest.raises(ConnectionError):
        for _ in range(20):
            stream.sendall(SAID)
            time.sleep(0.05)


def wire_of(network):
    """What the internet sees of the client's uplink."""
    wire = network.internet.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind(("to-client", 0))
    wire.settimeout(0.2)
    return wire


def heard(wire):
    """Whether something of the connection came: its words, or our mesh address as a source."""
    sources = [(26, socket.inet_aton(MESH4.format(2))), (22, socket.inet_pton(socket.AF_INET6, MESH6.format(2)))]
    try:
        while True:
            frame = wire.recv(4096)
            if SAID in frame or any(frame[at:at + len(source)] == source for at, source in sources):
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
