"""What other nodes send to this host: refused unless interface.accept_inbound lets it in, counted, and shown."""
import contextlib
import socket
import time

import pytest

from lab import addresses as a, snapshot
from lab.daemon import Daemon, wait_until
from lab.topology import Lan

pytestmark = [pytest.mark.needs("daemon"), pytest.mark.limit(60)]

PORT = 7000
KINDS = [(family, kind) for family in ("mesh_ip", "mesh_ipv6") for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]


def address(daemon, family):
    return daemon.status()[family].split("/")[0]


def refused(daemon):
    """As the host counts now: a reading from before the question is asked for again."""
    began = time.monotonic()

    def read():
        shown = daemon.status()["refused_inbound"]
        return shown if shown["age_ms"] / 1000 < time.monotonic() - began else None
    return wait_until(read, 2, "the count is read anew")["packets"]


def family_of(target):
    return socket.AF_INET6 if ":" in target else socket.AF_INET


@contextlib.contextmanager
def listening(daemon, target, kind):
    with daemon.node.socket(family_of(target), kind) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((target, PORT))
        if kind == socket.SOCK_STREAM:
            listener.listen(1)
        listener.settimeout(0.7)
        yield listener


def arrives(sender, receiver, family, kind):
    """Whether a connection, or a datagram, comes through."""
    target = address(receiver, family)
    with listening(receiver, target, kind) as listener, sender.node.socket(family_of(target), kind) as out:
        out.settimeout(0.7)
        try:
            out.connect((target, PORT))
            if kind == socket.SOCK_DGRAM:
                out.send(b"datagram")
                listener.recv(100)
            return True
        except OSError:
            return False


@pytest.fixture
def pair():
    """alice named bob; to bob alice is a stranger, whom he trusts on first use. Both admit whom they do by default."""
    with Lan("alice", "bob") as lan:
        bob = Daemon(lan.bob).start()
        alice = Daemon(lan.alice, {"peers": [{"address": f"{lan.bob.address4}:{a.LISTEN_PORT}"}]}).start()
        for daemon in (alice, bob):
            daemon.wait_peer()
            wait_until(lambda: daemon.status()["interface"]["up"], 5, "the tunnel is up")
        wait_until(lambda: alice.node.run("ping", "-n", "-c", "1", "-W", "1", address(bob, "mesh_ip"),
                                          check=False).returncode == 0, 10, "ping is answered")
        yield alice, bob


def test_a_strangers_connections_are_refused_and_counted_and_those_of_a_named_peer_are_not(pair):
    alice, bob = pair
    assert refused(bob) == 0  # ping is answered
    count = 0
    for family, kind in KINDS:
        assert not arrives(alice, bob, family, kind)
        assert refused(bob) > count, (family, kind)
        count = refused(bob)
    assert bob.status()["refused_inbound"]["age_ms"] < 1000
    assert f"{count} packets of others to this device" in bob.pim("status").stdout
    for family, kind in KINDS:
        assert arrives(bob, alice, family, kind)
    assert refused(alice) == 0
    assert "of others to this device" not in alice.pim("status").stdout


def test_the_count_goes_on_when_the_plan_changes_and_is_no_difference_of_the_host(pair):
    alice, bob = pair
    idle = snapshot.take(bob.node)
    assert not arrives(alice, bob, "mesh_ipv6", socket.SOCK_DGRAM)
    before = refused(bob)
    assert before > 0 and snapshot.difference(idle, snapshot.take(bob.node)) == []
    bob.call("peers.verify", node_id=alice.status()["node_id"])
    wait_until(lambda: arrives(alice, bob, "mesh_ipv6", socket.SOCK_STREAM), 5, "the peer is let in")
    after = refused(bob)
    assert after >= before  # what was tried until the plan had changed is in it
    assert arrives(alice, bob, "mesh_ip", socket.SOCK_STREAM)
    assert refused(bob) == after
    bob.call("route.set_split_default", on=True)
    bob.call("route.set_split_default", on=False)
    assert refused(bob) == after


def test_the_count_survives_a_new_table_and_the_loss_of_one_and_begins_with_the_daemon(pair):
    alice, bob = pair
    bob.call("route.set_split_default", on=True)
    assert not arrives(alice, bob, "mesh_ipv6", socket.SOCK_DGRAM)
    before = refused(bob)
    assert before > 0
    # Nobody asks between the next one and the change of the table.
    assert not arrives(alice, bob, "mesh_ipv6", socket.SOCK_DGRAM)
    bob.node.ip("addr add 10.9.8.1/24 dev eth0")
    wait_until(lambda: "10.9.8.0/24" in bob.node.run("nft", "list", "ruleset").stdout, 5, "the table has changed")
    assert refused(bob) == before + 1
    before += 1
    bob.node.run("nft", "flush", "ruleset")
    wait_until(lambda: "refused_inbound" in bob.node.run("nft", "list", "ruleset").stdout, 5, "the table is back")
    assert refused(bob) == before
    bob.kill()
    bob.start()
    assert refused(bob) == 0


@pytest.mark.parametrize("family", ["mesh_ip", "mesh_ipv6"])
def test_a_connection_within_the_mesh_waits_for_a_daemon_that_is_started_anew(pair, family):
    alice, bob = pair
    target = address(alice, family)
    with listening(alice, target, socket.SOCK_STREAM) as listener, \
            bob.node.socket(family_of(target), socket.SOCK_STREAM) as out:
        out.settimeout(20)
        out.connect((target, PORT))
        theirs, _ = listener.accept()
        with theirs:
            theirs.settimeout(20)
            assert bob.terminate() == 0
            out.sendall(b"said while nobody carries it")
            bob.start()
            assert theirs.recv(100) == b"said while nobody carries it"
            theirs.sendall(b"heard")
            assert out.recv(100) == b"heard"
