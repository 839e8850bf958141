"""The lab itself: a test of leaks proves nothing unless its sniffer sees everything when nothing protects."""
import os
import signal
import subprocess
import sys
import time

import pytest

from lab import addresses as a, generators, snapshot
from lab.daemon import wait_until
from lab.netns import SCRIPTS
from lab.topology import Network


@pytest.fixture(scope="module")
def network():
    with Network(onlink=True) as network:
        yield network


def fetch(node, url, *options):
    return node.run("curl", "-s", "--max-time", "5", *options, url).stdout


@pytest.mark.parametrize("url, seen", [
    (f"http://www.{a.DOMAIN}/ -4", a.CLIENT4), (f"http://www.{a.DOMAIN}/ -6", a.CLIENT6),
    (f"http://{a.WEB4}/ -4", a.CLIENT4), (f"http://[{a.WEB6}]:8080/ -6", a.CLIENT6)])
def test_the_web_server_answers_with_the_address_it_saw(network, url, seen):
    assert f'"seen": "{seen}"' in fetch(network.client, *url.split())


def test_the_client_asks_the_resolver_of_its_own_resolv_conf(network):
    network.servers.ask("reset")
    fetch(network.client, f"http://www.{a.DOMAIN}/", "-4")
    assert {query["from"] for query in network.servers.ask("queries")} == {a.CLIENT_LAN4}


def test_the_sniffer_sees_every_kind_of_tag_when_nothing_protects(network):
    load = generators.Generators(network)
    network.sniffer.reset()
    load.rate(10)
    time.sleep(1.5)
    load.rate(0)
    totals = load.totals()
    seen = network.sniffer.counts()["tagged"]
    assert set(seen) == set(generators.kinds()) == set(totals)
    silent = {kind: counts for kind, counts in totals.items() if not counts["answered"]}
    assert not silent
    assert all(seen[kind] >= totals[kind]["answered"] for kind in totals)


def test_a_bare_syn_without_any_tag_counts_as_a_leak(network):
    network.sniffer.reset()
    with network.client.netns():
        subprocess.run(["curl", "-s", "--max-time", "1", f"http://{a.RESERVED4}/"], check=False, stdout=subprocess.DEVNULL)
    assert network.sniffer.leaks()["reserved tcp4"] >= 1


def test_a_client_that_drops_all_its_output_leaks_nothing(network):
    load = generators.Generators(network)
    rules = "table inet lab { chain out { type filter hook output priority 0; policy drop; oif lo accept; }; }"
    network.client.run("nft", rules)
    time.sleep(0.2)
    network.sniffer.reset()
    load.rate(10)
    time.sleep(1.0)
    load.rate(0)
    assert load.offered() > 300
    assert network.leaks() == {}
    network.client.run("nft", "delete table inet lab")


def test_the_sniffer_on_the_cable_to_the_gateway_sees_what_goes_there(network):
    network.sniffers["lan"].reset()
    network.client.ip(f"route add {a.RESERVED4}/32 via {a.GATEWAY_NEAR4}")
    network.client.run("curl", "-s", "--max-time", "1", f"http://{a.RESERVED4}/", check=False)
    network.client.ip(f"route del {a.RESERVED4}/32")
    assert "lan reserved tcp4" in network.leaks()


def test_equal_states_give_equal_snapshots_and_each_change_shows(network):
    before = snapshot.take(network.client)
    fetch(network.client, f"http://{a.WEB4}/")
    assert snapshot.difference(before, snapshot.take(network.client)) == []
    changes = [("ip rule add pref 77 lookup main", "ip rule del pref 77"),
               ("ip -6 rule add pref 77 lookup main", "ip -6 rule del pref 77"),
               ("ip route add 198.18.5.0/24 dev up0 table 77", "ip route del 198.18.5.0/24 dev up0 table 77"),
               ("ip -6 route add unreachable 2001:db8:5::/64", "ip -6 route del unreachable 2001:db8:5::/64"),
               ("ip link add lab9 type veth peer name lab8", "ip link del lab9"),
               ("nft add table inet lab9", "nft delete table inet lab9"),
               ("sysctl -qw net.ipv4.conf.all.src_valid_mark=1", "sysctl -qw net.ipv4.conf.all.src_valid_mark=0")]
    for make, undo in changes:
        network.client.run(*make.split())
        assert snapshot.difference(before, snapshot.take(network.client)), make
        network.client.run(*undo.split())
        assert snapshot.difference(before, snapshot.take(network.client)) == [], undo


LEFT_BEHIND = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
sys.path.insert(0, {scripts!r})
from lab import sandbox, topology
sandbox.enter()
with topology.Network() as network:
    network.client.spawn("sleep", "4242")
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_lab_leaves_nothing_behind_when_it_is_killed(number):
    environment = {key: value for key, value in os.environ.items() if key != "PIM_LAB_GUARD_PID"}
    process = subprocess.Popen([sys.executable, "-c", LEFT_BEHIND.format(scripts=SCRIPTS)], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=environment, start_new_session=True)
    try:
        assert process.stdout.readline() == b"up\n"
        inside = descendants(process.pid)
        assert any(b"4242" in command for command in inside.values())
        # Ctrl-C reaches the whole foreground group, the other signals only the process that was started
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        process.wait(timeout=10)
        wait_until(lambda: not (inside.keys() & all_processes().keys()), 5, "every process of the lab is gone")
    finally:
        if process.poll() is None:
            process.kill()
        process.stdout.close()


def all_processes():
    """{pid: (parent, command)}"""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", "rb") as stat, open(f"/proc/{pid}/cmdline", "rb") as command:
                fields = stat.read().rsplit(b")", 1)[1].split()
                if fields[0] != b"Z":  # a zombie is dead; whoever is pid 1 here may not have noticed yet
                    found[int(pid)] = (int(fields[1]), command.read())
        except OSError:
            continue
    return found


def descendants(root):
    processes, found = all_processes(), {}
    grown = {root}
    while grown:
        grown = {pid for pid, (parent, _) in processes.items() if parent in grown and pid not in found}
        found.update({pid: processes[pid][1] for pid in grown})
    return found
