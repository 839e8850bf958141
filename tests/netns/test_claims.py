"""What a node claims in vain, as a user of the other one sees it, with real stores and a real restart."""
import pytest

from all_pairs import pings
from lab import addresses as a
from lab.daemon import Daemon, wait_until
from lab.topology import Lan

pytestmark = [pytest.mark.needs("daemon"), pytest.mark.limit(60)]


def peer_of(daemon, other_id):
    return next((peer for peer in daemon.call("peers.list") if peer["node_id"] == other_id), {})


def meets(daemon, other):
    other_id = other.status()["node_id"]
    wait_until(lambda: peer_of(daemon, other_id).get("state") == "active", 10, f"{daemon.node.name} meets {other.node.name}")
    return other_id


def test_a_thief_that_comes_first_after_a_restart_does_not_get_the_alias_is_counted_and_told():
    with Lan("alice", "bob", "mallory") as lan:
        to_bob = {"peers": [{"address": f"{lan.bob.address4}:{a.LISTEN_PORT}"}]}
        bob, alice = Daemon(lan.bob).start(), Daemon(lan.alice, to_bob).start()
        alice_id = meets(bob, alice)
        alias = alice.status()["mesh_ip"].split("/")[0]
        wait_until(lambda: peer_of(bob, alice_id).get("mesh_ip") == alias, 5, "bob knows her alias")
        wait_until(lambda: pings(bob, alias), 5, "alice is reached by it")
        assert bob.status()["refused_claims"]["taken_alias"] == 0
        for daemon in (alice, bob):
            daemon.kill()

        bob.start()
        mallory = Daemon(lan.mallory, {"interface": {"mesh_ip": alias}, **to_bob}).start()
        mallory_id = meets(bob, mallory)
        wait_until(lambda: bob.status()["refused_claims"]["taken_alias"] > 0, 5, "the claim is counted")
        assert peer_of(bob, mallory_id)["mesh_ip"] == ""
        assert not pings(bob, alias)
        assert f"{mallory_id[:8]} claims an IPv4 alias that another node holds: {alias}, held by {alice_id[:8]}" in bob.tail()

        alice.start()
        meets(bob, alice)
        wait_until(lambda: pings(bob, alias), 5, "alice is reached by her alias again")
        assert peer_of(bob, alice_id)["mesh_ip"] == alias and peer_of(bob, mallory_id)["mesh_ip"] == ""
