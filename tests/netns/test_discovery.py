"""Daemons on one link that nobody told of each other."""
import os
import time

import pytest

from lab import addresses as a, capture, sandbox
from lab.daemon import Daemon, wait_until
from lab.netns import veth
from lab.sniffer import Sniffer
from lab.topology import Lan

pytestmark = [pytest.mark.needs("daemon", "pim"), pytest.mark.limit(90)]

SOON = 4  # seconds: beacons of the first seconds, the courtesy of the larger id, a handshake
SECRET = "a secret of the lab"
FINDS = {"discovery": {"enabled": True}}
LISTENS = {"discovery": {"enabled": True, "connect": "never"}}


@pytest.fixture(params=[0, 1], ids=["rp_filter 0", "rp_filter 1"])
def strict(request):
    with Lan("alice", "bob", "carol", rp_filter=request.param) as lan:
        yield lan


@pytest.fixture
def lan():
    with Lan("alice", "bob", "carol") as lan:
        yield lan


def only(family, *nodes):
    """The nodes have addresses of one family alone from now on."""
    for node in nodes:
        if family == "v4":
            node.sysctl({"net/ipv6/conf/eth0/disable_ipv6": 1})
        else:
            node.ip(f"addr del {node.address4}/24 dev eth0")


def hears(daemon, other):
    return any(one["node_id"] == other.status()["node_id"] for one in daemon.call("peers.discovered"))


def meet(one, other, seconds=SOON):
    """-> how long it took until both have the session"""
    began = time.monotonic()
    assert one.wait_peer(seconds)["node_id"] == other.status()["node_id"]
    assert other.wait_peer(seconds)["node_id"] == one.status()["node_id"]
    return time.monotonic() - began


def block(daemon):
    """Routing on where no gateway can be: all internet is blocked."""
    wait_until(lambda: daemon.status()["interface"]["up"], 10, "the tunnel is up")
    assert daemon.pim("route", "on", check=False).returncode == 3
    wait_until(lambda: daemon.status()["kill_switch"]["verified_at"], 10, "the block is in force")


def in_network(node, **mesh):
    """A daemon whose configuration holds a secret, which others may not read."""
    daemon = Daemon(node, {**FINDS, "mesh": mesh})
    os.chmod(daemon.config_path, 0o600)
    return daemon


def beacons(sniffed):
    return capture.datagrams(sniffed, a.DISCOVERY_PORT)


@pytest.mark.parametrize("family", ["both", "v4", "v6"])
def test_two_daemons_on_one_link_find_each_other(lan, family):
    if family != "both":
        only(family, lan.alice, lan.bob)
    alice, bob = Daemon(lan.alice, FINDS).start(), Daemon(lan.bob, FINDS).start()
    meet(alice, bob)
    assert alice.peer()["static"] is False and alice.peer()["trust"] == "first_use"
    wait_until(lambda: hears(alice, bob) and hears(bob, alice), SOON, "each hears the other")
    found = alice.call("peers.discovered")
    assert [(one["mechanism"], one["label_announced"]) for one in found] == [("broadcast", None)]
    expected = f"{lan.bob.address4}:{a.LISTEN_PORT}" if family != "v6" else "[fe80:"
    assert found[0]["address"].startswith(expected)
    assert bob.status()["node_id"][:8] in alice.pim("peers", "discovered").stdout
    assert alice.status()["drops"]["send_failed"] == 0


@pytest.mark.parametrize("family", ["v4", "v6"])
@pytest.mark.parametrize("allow_lan", [True, False])
def test_beacons_pass_a_block_both_ways(strict, family, allow_lan):
    only(family, strict.alice, strict.bob)
    alice = Daemon(strict.alice, {**FINDS, "routing": {"allow_lan": allow_lan}}).start()
    block(alice)
    bob = Daemon(strict.bob, LISTENS).start()
    wait_until(lambda: hears(bob, alice), SOON, "bob hears alice, who is blocked")
    wait_until(lambda: hears(alice, bob), SOON, "alice, who is blocked, hears bob")
    meet(alice, bob)
    assert alice.status()["kill_switch"]["engaged"]


def test_a_blocked_daemon_is_found_by_one_that_is_there_already(strict):
    bob = Daemon(strict.bob, FINDS).start()
    alice = Daemon(strict.alice, {**LISTENS, "routing": {"split_default": True}}).start()
    wait_until(lambda: alice.status()["route_on"], 10, "routing is on")
    meet(alice, bob)


def test_a_link_that_comes_later_is_used_within_three_seconds(lan):
    alice, bob = Daemon(lan.alice, FINDS).start(), Daemon(lan.bob, FINDS).start()
    meet(alice, bob)
    veth(lan.alice, "late0", lan.carol, "late0")
    carol = Daemon(lan.carol, FINDS)
    lan.carol.ip("link set eth0 down", "addr add 10.9.0.2/24 dev late0")
    carol.start()
    began = time.monotonic()
    lan.alice.ip("addr add 10.9.0.1/24 dev late0")
    wait_until(lambda: carol.peer() and len(alice.call("peers.list")) == 2, 3, "alice and carol meet")
    assert time.monotonic() - began <= 3


def test_links_are_called_by_their_kind(lan):
    for name, number in (("bnep0", 1), ("p2p-wlan0-0", 2)):
        veth(lan.alice, name, lan.bob, name)
        lan.alice.ip(f"addr add 10.9.{number}.1/24 dev {name}")
        lan.bob.ip(f"addr add 10.9.{number}.2/24 dev {name}")
    alice = Daemon(lan.alice, FINDS).start()
    Daemon(lan.bob, FINDS).start()
    wait_until(lambda: {one["mechanism"] for one in alice.call("peers.discovered")} ==
               {"broadcast", "bluetooth", "wifi_direct"}, SOON, "bob is heard on three links")


def test_a_peer_is_listed_by_the_kind_of_its_link_and_moves_to_another_that_it_is_heard_on(lan):
    lan.bob.ip("link set eth0 down")
    for name, number in (("bnep0", 1), ("p2p-wlan0-0", 2)):
        veth(lan.alice, name, lan.bob, name)
        lan.alice.ip(f"addr add 10.9.{number}.1/24 dev {name}")
        lan.bob.ip(f"addr add 10.9.{number}.2/24 dev {name}")
    lan.alice.ip("link set p2p-wlan0-0 down")
    alice = Daemon(lan.alice, FINDS).start()
    Daemon(lan.bob, FINDS).start()
    wait_until(lambda: alice.peer() and alice.peer()["transport"] == "bluetooth", SOON, "bob is a Bluetooth peer")
    assert "bluetooth" in alice.pim("peers").stdout
    lan.alice.ip("link set p2p-wlan0-0 up")
    wait_until(lambda: "wifi_direct" in {one["mechanism"] for one in alice.call("peers.discovered")}, SOON,
               "bob is heard on the other link")
    lan.alice.ip("link set bnep0 down")
    wait_until(lambda: alice.peer() and alice.peer()["transport"] == "wifi_direct", 10, "bob is a Wi-Fi Direct peer")


def test_without_discovery_nothing_is_sent_on_its_port(lan):
    path = os.path.join(sandbox.RUN_DIR, "beacons.pcap")
    sniffer = Sniffer(lan.switch, "port10")
    try:
        sniffer.record(path)
        alice = Daemon(lan.alice, FINDS).start()
        time.sleep(3)
        alice.terminate()
        sniffer.record(None)
        seen = [one for one in beacons(path) if one.sport == a.DISCOVERY_PORT]
        assert {one.destination for one in seen} == {"224.0.0.254", "255.255.255.255", "ff02::114"}
        sniffer.record(path)
        alice.configure({"discovery": {"enabled": False}})
        alice.start()
        time.sleep(5)
        sniffer.record(None)
        assert beacons(path) == []
        assert alice.call("peers.discovered") == []
    finally:
        sniffer.close()


def test_other_networks_and_secrets_never_connect_and_a_secret_hides_the_key(lan):
    path = os.path.join(sandbox.RUN_DIR, "sealed.pcap")
    sniffer = Sniffer(lan.switch, "port10")
    try:
        sniffer.record(path)
        alice = in_network(lan.alice, secret=SECRET).start()
        bob = in_network(lan.bob, secret=SECRET + "!").start()
        carol = in_network(lan.carol, network="other", secret=SECRET).start()
        time.sleep(8)
        sniffer.record(None)
    finally:
        sniffer.close()
    for one in (alice, bob, carol):
        assert one.call("peers.list") == [] and one.call("peers.discovered") == []
        wait_until(lambda: one.status()["drops"]["foreign_beacon"] > 0, 2, f"{one.node.name} counts what it cannot read")
    sent = [one.payload for one in beacons(path) if one.source == lan.alice.address4]
    assert sent and {len(payload) for payload in sent} == {96}
    key = bytes.fromhex(alice.status()["x25519_pubkey"])
    assert not any(key in payload for payload in sent)
    # with the right one they meet
    bob.terminate()
    bob.configure({**FINDS, "mesh": {"secret": SECRET}})
    bob.start()
    meet(alice, bob)


def test_under_allow_list_only_the_listed_are_called_and_no_beacon_tells_of_us(lan):
    bob, carol = Daemon(lan.bob, FINDS).start(), Daemon(lan.carol, FINDS).start()
    meet(bob, carol)
    path = os.path.join(sandbox.RUN_DIR, "silent.pcap")
    sniffer = Sniffer(lan.switch, "port10")
    try:
        sniffer.record(path)
        alice = Daemon(lan.alice, {**FINDS, "trust": {"policy": "allow_list", "allow_list": [bob.status()["node_id"]]}}).start()
        assert alice.wait_peer(60)["node_id"] == bob.status()["node_id"]
        time.sleep(2)
        sniffer.record(None)
    finally:
        sniffer.close()
    assert [one for one in beacons(path) if one.sport == a.DISCOVERY_PORT and one.source == lan.alice.address4] == []
    assert [peer["node_id"] for peer in alice.call("peers.list")] == [bob.status()["node_id"]]


def test_a_beacon_played_back_from_elsewhere_costs_one_attempt_in_five_seconds(lan):
    path = os.path.join(sandbox.RUN_DIR, "replay.pcap")
    sniffer = Sniffer(lan.switch, "port12")
    forger = capture.Forger(lan.carol)
    try:
        sniffer.record(path)
        alice = Daemon(lan.alice, LISTENS).start()
        time.sleep(2)
        alice.kill()
        sniffer.record(None)
        heard = next(one for one in beacons(path) if one.source == lan.alice.address4)
        bob = Daemon(lan.bob, FINDS).start()
        sniffer.record(path)
        replayed = heard._replace(source=lan.carol.address4, destination=lan.bob.address4)
        for _ in range(120):
            forger.send(replayed, hops=255)
            time.sleep(0.1)
        forger.send(replayed, hops=64)  # from behind a router: not even looked at
        sniffer.record(None)
        called = [one for one in capture.datagrams(path, a.LISTEN_PORT) if one.destination == lan.carol.address4]
        # four initiations each at 0 and 5 s, and perhaps a third attempt's first
        assert 1 <= len(called) <= 9 and {one.payload[0] for one in called} == {1}
        wait_until(lambda: bob.status()["drops"]["foreign_beacon"] >= 1, 2, "the one from elsewhere is counted")
        assert bob.peer() is None
    finally:
        sniffer.close()
        forger.close()
