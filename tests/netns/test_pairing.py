"""Two daemons and a stranger: who is trusted, who is refused, and what both sides say about it."""
import shutil
import time

import pytest

from lab import addresses as a
from lab.daemon import Daemon, wait_until
from lab.rpc import RpcError
from lab.topology import Lan

pytestmark = [pytest.mark.needs("daemon", "pim"), pytest.mark.limit(60)]


@pytest.fixture
def lan():
    with Lan("alice", "bob", "carol") as lan:
        yield lan


def at(node):
    return f"{node.address4}:{a.LISTEN_PORT}"


def knows(node, **entry):
    """The config of a daemon that has one peer."""
    return {"peers": [{"address": at(node), **entry}]}


def pair_failed(rpc, seconds=20):
    return rpc.next_event("pair_failed", timeout=seconds)


def node_ids(daemon):
    return [peer["node_id"] for peer in daemon.call("peers.list") if peer["node_id"]]


def test_first_use_pairs_and_both_sides_show_ids_that_agree(lan):
    bob = Daemon(lan.bob).start()
    alice = Daemon(lan.alice, knows(lan.bob, label="bob")).start()
    assert alice.wait_peer()["node_id"] == bob.status()["node_id"]
    assert bob.wait_peer()["node_id"] == alice.status()["node_id"]
    assert {alice.peer()["trust"], bob.peer()["trust"]} == {"first_use"}
    grouped = " ".join(bob.status()["node_id"][i:i + 4] for i in range(0, 32, 4))
    shown = alice.pim("peers").stdout + bob.pim("status").stdout
    assert bob.status()["node_id"] in shown.replace(" ", "") and (grouped in shown or bob.status()["node_id"] in shown)


def test_an_unknown_id_under_allow_list_is_refused_and_hears_nothing(lan):
    bob = Daemon(lan.bob, {"trust": {"policy": "allow_list", "allow_list": ["0" * 32]}}).start()
    with bob.rpc() as events:
        events.call("peers.subscribe")
        alice = Daemon(lan.alice, knows(lan.bob, public_key=bob.status()["x25519_pubkey"])).start()
        with alice.rpc() as own_events:
            own_events.call("peers.subscribe")
            refused = pair_failed(events)
            assert refused["reason"] == "untrusted peer ID"
            assert refused["detail"]["seen"] == alice.status()["node_id"]
            assert pair_failed(own_events)["reason"] == "timeout"
    assert alice.peer() is None and bob.peer() is None


def test_another_key_behind_a_pinned_address_is_refused_and_the_pin_stays(lan):
    bob = Daemon(lan.bob).start()
    alice = Daemon(lan.alice, knows(lan.bob)).start()
    alice.wait_peer()
    old = bob.status()["node_id"]
    bob.terminate()
    shutil.move(bob.state, bob.state + ".old")
    bob.start()
    new = bob.status()["node_id"]
    assert new != old
    alice.terminate()
    alice.start()
    with alice.rpc() as events:
        events.call("peers.subscribe")
        refused = pair_failed(events)
    assert refused["reason"] == "untrusted peer ID"
    assert (refused["detail"]["expected"], refused["detail"]["seen"]) == (old, new)
    assert alice.peer() is None
    # the pin is unchanged: the one it names is let in again without a word
    bob.terminate()
    shutil.rmtree(bob.state)
    shutil.move(bob.state + ".old", bob.state)
    bob.start()
    assert alice.wait_peer(30)["node_id"] == old


def test_a_configured_public_key_that_another_answers_is_rejected(lan):
    carol = Daemon(lan.carol).start()
    Daemon(lan.bob).start()
    alice = Daemon(lan.alice, knows(lan.bob, public_key=carol.status()["x25519_pubkey"])).start()
    with alice.rpc() as events:
        events.call("peers.subscribe")
        assert pair_failed(events)["reason"] == "noise handshake rejected"
    assert alice.peer() is None


def test_a_silent_address_is_a_timeout_after_five_seconds(lan):
    alice = Daemon(lan.alice).start()
    with alice.rpc() as events:
        events.call("peers.subscribe")
        began = time.monotonic()
        alice.call("peers.add_static", address=f"192.168.99.99:{a.LISTEN_PORT}", mechanism="udp")
        assert pair_failed(events)["reason"] == "timeout"
        assert 4.5 <= time.monotonic() - began <= 7.0
    record = alice.call("handshakes.list")[0]
    assert record["node_id"] is None and "seen" not in record
    assert "seen" not in alice.pim("handshakes").stdout


def test_forget_and_pair_again_works_on_both_sides(lan):
    bob = Daemon(lan.bob).start()
    alice = Daemon(lan.alice, knows(lan.bob)).start()
    alice.wait_peer()
    bob.wait_peer()
    # bob becomes another
    bob.terminate()
    shutil.rmtree(bob.state)
    bob.start()
    old, new = alice.call("peers.list")[0]["node_id"], bob.status()["node_id"]
    alice.pim("peers", "forget", old[:8])
    wait_until(lambda: (alice.peer() or {}).get("node_id") == new, 30, "alice pairs with the new bob")
    assert old not in node_ids(alice)
    # the other side forgets too, and first use happens once more
    bob.wait_peer()
    bob.pim("peers", "forget", alice.status()["node_id"][:8])
    assert bob.wait_peer(30)["node_id"] == alice.status()["node_id"]


def test_forgetting_someone_unknown_is_an_error(lan):
    alice = Daemon(lan.alice).start()
    with pytest.raises(RpcError) as error:
        alice.call("peers.forget", node_id="deadbeef")
    assert error.value.code == -32010
    assert alice.pim("peers", "forget", "deadbeef", check=False).returncode != 0


def test_under_allow_all_a_stranger_connects_and_nothing_is_pinned(lan):
    bob = Daemon(lan.bob, {"trust": {"policy": "allow_all"}}).start()
    Daemon(lan.alice, knows(lan.bob)).start()
    assert bob.wait_peer()["trust"] == "open"


def test_a_strangers_offer_is_heard_but_never_used(lan):
    client = Daemon(lan.alice).start()
    gateway = {"gateway": {"enabled": True, "nat_interface": "eth0"}}
    stranger = Daemon(lan.carol, {**gateway, **knows(lan.alice)}).start()
    client.wait_peer()
    stranger_id = stranger.status()["node_id"]
    wait_until(lambda: [offer["node_id"] for offer in client.call("route.table")["offers"]] == [stranger_id], 10,
               "the stranger's offer is heard")
    answer = client.call("route.set_split_default", on=True)
    assert answer["on"] is True and answer["via_gateway_id"] is None
    assert client.status()["kill_switch"] | {"engaged": True, "cause": "no_gateway_allowed"} == client.status()["kill_switch"]
    # a named gateway that comes later is taken, the stranger's offer stays what it was
    named = Daemon(lan.bob, gateway).start()
    client.call("peers.add_static", address=at(lan.bob), mechanism="udp")
    wait_until(lambda: client.selected_gateway() == named.status()["node_id"], 15, "the named gateway is selected")
    table = client.call("route.table")
    assert stranger_id not in [gateway["node_id"] for gateway in table["gateways"]]
    named.kill()
    wait_until(lambda: client.status()["kill_switch"]["engaged"], 30, "the block is engaged, the stranger notwithstanding")
    assert client.selected_gateway() is None
