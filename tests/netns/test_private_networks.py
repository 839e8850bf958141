"""Private networks behind a gateway: open to its clients where it allows that, closed where not, and in no case a way
to be taken for a host of the client's own network."""
import contextlib
import socket

import pytest

from by_hand import echo, family_of, send
from lab import addresses as a
from lab.daemon import wait_until
from lab.mesh import GATEWAYS, SHARING, Mesh
from lab.netns import CommandFailed
from lab.topology import Network

pytestmark = pytest.mark.needs("daemon", "pim")

HOSTS = {"-4": "10.99.0.1", "-6": "fdbb::1"}
LAN = {a.ONLINK_DNS4: a.CLIENT_LAN4, a.ONLINK_DNS6: a.CLIENT_LAN6}
PORT = 7000


@contextlib.contextmanager
def armed(**gateway):
    """A client that routes through a gateway of that configuration, with HOSTS on the gateway's uplink."""
    with Network() as network:
        network.internet.ip(*(f"addr add {address} dev lo" for address in HOSTS.values()))
        mesh = Mesh(network)
        mesh.gateway.configure({"gateway": {**SHARING, **gateway}})
        mesh.start()
        mesh.pair()
        wait_until(lambda: mesh.client.status()["interface"]["up"], 10, "the client's tunnel is up")
        mesh.route("on")
        mesh.wait_pages(GATEWAYS)
        yield mesh


def seen_by(mesh, host):
    """The address from which the host is asked by the client, when the client gets its answer; else None."""
    with mesh.network.internet.socket(family_of(host), socket.SOCK_DGRAM) as server, \
            mesh.client.node.socket(family_of(host), socket.SOCK_DGRAM) as client:
        server.bind((host, PORT))
        for end in (server, client):
            end.settimeout(1)
        try:
            client.connect((host, PORT))
            client.send(b"question")
            asked_by = server.recvfrom(100)[1]
            server.sendto(b"answer", asked_by)
            return asked_by[0] if client.recv(100) == b"answer" else None
        except OSError:  # silence, or an ICMP error
            return None


def refused_sources(mesh):
    return mesh.client.status()["drops"].get("bad_inner_source", 0)


def wrong_way(mesh):
    listed = mesh.client.node.run("nft", "list", "counter", "inet", "pim0", "wrong_way").stdout
    return int(listed.split("packets ")[1].split()[0])


def speak_for(mesh, source):
    """The gateway sends the client an echo request as if that host had."""
    own = mesh.client.status()["mesh_ipv6" if ":" in source else "mesh_ip"].split("/")[0]
    send(mesh.gateway.node, echo(source, own, b"as a neighbour"), own)


@pytest.mark.parametrize("allowed", [True, False])
def test_a_private_host_behind_the_gateway_is_reached_where_the_gateway_allows_it(allowed):
    with armed(allow_private=allowed) as mesh:
        for family, host in HOSTS.items():
            assert seen_by(mesh, host) == (GATEWAYS[family] if allowed else None)
        for host, own in LAN.items():
            assert seen_by(mesh, host) == own, "the client's own network stays local"
        assert mesh.network.leaks() == {} and refused_sources(mesh) == 0


def test_the_gateway_cannot_speak_for_hosts_that_it_was_not_asked_for():
    with armed(allow_private=True) as mesh:
        for number, source in enumerate([*LAN, *HOSTS.values(), "192.168.5.7"], 1):
            speak_for(mesh, source)
            wait_until(lambda: refused_sources(mesh) == number, 3, f"what comes from {source} is refused")


def test_a_network_that_the_client_joins_is_no_more_the_gateways_to_speak_for():
    with armed(allow_private=True) as mesh:
        assert [seen_by(mesh, host) for host in HOSTS.values()] == list(GATEWAYS.values())
        mesh.client.node.ip(f"addr add 10.99.0.10/24 dev {a.UPLINK}", f"addr add fdbb::10/64 dev {a.UPLINK} nodad")
        for host in HOSTS.values():
            wait_until(lambda: leaves_by(mesh, host) == a.UPLINK, 3, f"{host} is on the LAN")
        before = wrong_way(mesh)
        for number, host in enumerate(HOSTS.values(), 1):
            speak_for(mesh, host)
            wait_until(lambda: wrong_way(mesh) == before + number, 3, f"what comes from {host} is refused")
        assert refused_sources(mesh) == 0


def leaves_by(mesh, host):
    try:
        return mesh.client.node.run("ip", "route", "get", host).stdout.split(" dev ")[1].split()[0]
    except CommandFailed:
        return None
