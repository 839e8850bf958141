"""A few seconds of iperf3 through the tunnel: not a benchmark, but a packet path that corrupts or stalls shows here."""
import json
import time

import pytest

from lab import addresses as a
from lab.daemon import Daemon
from lab.topology import Lan

pytestmark = pytest.mark.needs("daemon")
SECONDS = 3


@pytest.fixture(scope="module")
def pair():
    with Lan("alice", "bob") as lan:
        bob = Daemon(lan.bob, {"interface": {"accept_inbound": "all"}}).start()
        alice = Daemon(lan.alice, {"peers": [{"address": f"{lan.bob.address4}:{a.LISTEN_PORT}"}]}).start()
        alice.wait_peer()
        server = lan.bob.spawn("iperf3", "-s", stdout=-3)
        time.sleep(0.3)
        yield alice, bob
        server.kill()


@pytest.mark.limit(60)
@pytest.mark.parametrize("direction", [[], ["-R"]], ids=["out", "back"])
@pytest.mark.parametrize("family", ["mesh_ip", "mesh_ipv6"])
def test_tcp_flows_through_the_tunnel_without_a_decrypt_failure(pair, family, direction):
    alice, bob = pair
    target = bob.status()[family].split("/")[0]
    done = alice.node.run("iperf3", "-J", "-c", target, "-t", str(SECONDS), *direction, timeout=30, check=False)
    report = json.loads(done.stdout)
    assert "error" not in report, report["error"]
    megabits = report["end"]["sum_received"]["bits_per_second"] / 1e6
    print(f"{megabits:.0f} Mbit/s")
    assert megabits > 50  # a floor that only a broken path misses, whatever the machine
    for daemon in pair:
        assert daemon.status()["drops"].get("decrypt_failed", 0) == 0


@pytest.mark.limit(60)
def test_udp_of_every_size_arrives(pair):
    alice, bob = pair
    target = bob.status()["mesh_ip"].split("/")[0]
    packets_per_second = 2000  # few enough for a busy machine: what is lost then is lost by the path
    for size in (16, 200, 1200, 1316):
        done = alice.node.run("iperf3", "-J", "-u", "-b", str(size * 8 * packets_per_second), "-l", str(size), "-c", target,
                              "-t", "1", timeout=30, check=False)
        report = json.loads(done.stdout)
        assert "error" not in report, report["error"]
        assert report["end"]["sum"]["packets"] > packets_per_second / 2
        assert report["end"]["sum"]["lost_percent"] < 2, f"{size} bytes"
