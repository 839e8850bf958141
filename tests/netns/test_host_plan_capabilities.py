"""The host plan by an ordinary user who holds CAP_NET_ADMIN and nothing else, in both ways of holding it."""
import os
import shutil
import subprocess

import pytest

from host_plan_driver import PLAN_DRIVER, Driver, is_armed, release, unchanged
from lab import sandbox, snapshot
from lab.topology import Network

NOBODY = 65534
pytestmark = [
    pytest.mark.skipif(not os.access(PLAN_DRIVER, os.X_OK), reason="tests/support/plan_driver is not built"),
    pytest.mark.skipif(os.geteuid() != 0 or open("/proc/self/uid_map", encoding="ascii").read().split()[2] == "1",
                       reason="changing to another user takes real root: run it with sudo")]


@pytest.fixture(scope="module")
def place():
    """A file system on which devices and file capabilities count, with a tunnel node that everybody may open."""
    folder = os.path.join(sandbox.RUN_DIR, "caps")
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", folder], check=True)
    os.mknod(os.path.join(folder, "tun"), 0o666 | 0o020000, os.makedev(10, 200))
    os.chmod(os.path.join(folder, "tun"), 0o666)
    os.mkdir(os.path.join(folder, "state"), 0o700)
    os.chown(os.path.join(folder, "state"), NOBODY, NOBODY)
    shutil.copy(PLAN_DRIVER, os.path.join(folder, "driver"))
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def network(place):  # nodes see the mounts that are there when they are made
    with Network() as network:
        yield network


def as_nobody(*more):
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--bounding-set=+all", *more]


AMBIENT = ("--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin", "--no-new-privs")


def driver_of(network, place, way, **options):
    binary = os.path.join(place, "driver")
    prefix = as_nobody(*(AMBIENT if way == "ambient" else ("--inh-caps=-all", "--ambient-caps=-all")))
    subprocess.run(["setcap", *(["cap_net_admin+ep", binary] if way == "file" else ["-r", binary])], check=False,
                   stderr=subprocess.DEVNULL)
    return Driver(network.client, state=os.path.join(place, "state"), prefix=prefix, binary=binary,
                  tun=os.path.join(place, "tun"), settle=1, **options)


def status_of(driver, key):
    with open(f"/proc/{driver.process.pid}/status", encoding="ascii") as file:
        return next(line.split()[1] for line in file if line.startswith(key + ":"))


@pytest.mark.parametrize("way", ["ambient", "file"])
def test_an_ordinary_user_with_net_admin_arms_repairs_and_releases(network, place, way):
    before = snapshot.take(network.client)
    with driver_of(network, place, way) as driver:
        assert status_of(driver, "Uid") == str(NOBODY)
        assert int(status_of(driver, "CapPrm"), 16) == 1 << 12
        # nothing that the daemon starts by accident gets the capability, and nobody reads its memory
        assert int(status_of(driver, "CapAmb"), 16) == int(status_of(driver, "CapInh"), 16) == 0
        assert os.stat(f"/proc/{driver.process.pid}/mem").st_uid == 0
        driver.do("on")
        assert is_armed(network.client)
        network.client.run("nft", "delete", "table", "inet", "pim0")
        driver.do("on")
        assert is_armed(network.client)
        driver.do("gateway")
        driver.do("dns")
        driver.do("count")
        assert "failed" not in "\n".join(driver.text("preflight"))
        driver.do("on")
        driver.kill()
    with driver_of(network, place, way) as driver:
        driver.do("on")
        driver.do("release")
    assert unchanged(network.client, before) == []


def test_without_the_capability_nothing_is_touched_and_the_cure_is_named(network, place):
    before = snapshot.take(network.client)
    with driver_of(network, place, "none") as driver:
        answer = driver.ask("on")
        assert "CAP_NET_ADMIN is missing" in answer
        assert f"setcap cap_net_admin+ep {place}/driver" in answer and "systemd" in answer
        assert "CAP_NET_ADMIN" in driver.ask("release")
    assert unchanged(network.client, before) == []


def test_a_tunnel_node_that_is_shut_to_the_user_is_named_with_its_cure(network, place):
    before = snapshot.take(network.client)
    os.chmod(os.path.join(place, "tun"), 0o600)
    try:
        with driver_of(network, place, "ambient") as driver:
            answer = driver.ask("on")
            assert "routing is refused" in answer and f"chmod 666 {place}/tun" in answer
    finally:
        os.chmod(os.path.join(place, "tun"), 0o666)
    assert unchanged(network.client, before) == []


def test_nft_is_never_looked_for_where_the_user_could_put_his_own(network, place):
    """A program that holds a capability must not start whatever PATH names first."""
    trap = os.path.join(place, "bin")
    os.makedirs(trap, exist_ok=True)
    with open(os.path.join(trap, "nft"), "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\ntouch {place}/state/trapped\nexit 1\n")
    os.chmod(os.path.join(trap, "nft"), 0o755)
    with driver_of(network, place, "file") as driver:
        pass
    prefix = [*as_nobody("--inh-caps=-all", "--ambient-caps=-all"), "env", f"PATH={trap}"]
    with Driver(network.client, state=os.path.join(place, "state"), prefix=prefix, binary=os.path.join(place, "driver"),
                tun=os.path.join(place, "tun"), settle=1) as driver:
        driver.do("on")
        driver.do("release")
    assert not os.path.exists(os.path.join(place, "state", "trapped"))
    release(network.client)
