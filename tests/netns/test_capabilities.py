"""The daemon as an ordinary user: with the ambient capability, with the file capability, and without either."""
import os
import shutil
import stat

import pytest

from lab import sandbox
from lab.daemon import DAEMON, PIM, Daemon, wait_until
from lab.mesh import GATEWAYS, OWN, Mesh
from lab.rpc import RpcError
from lab.topology import Network

pytestmark = [pytest.mark.needs("daemon", "pim"), pytest.mark.limit(60)]

USER = 65534
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
AMBIENT = [*AS_USER, "--inh-caps=-all,+net_admin", "--ambient-caps=-all,+net_admin", "--no-new-privs"]
NOTHING = [*AS_USER, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]


@pytest.fixture
def network():
    with open("/proc/self/uid_map", encoding="ascii") as file:
        if file.read().split()[2] == "1":
            pytest.skip("another user is needed, and a user namespace has only one: run as root")
    with Network() as network:
        open_tun(network.client)
        yield network


def open_tun(node):
    """A TUN device that every user may open, as distributions have it, in this node alone."""
    path = os.path.join(sandbox.RUN_DIR, "tun")
    if not os.path.exists(path):
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(10, 200))
        os.chmod(path, 0o666)
    node.run("mount", "--bind", path, "/dev/net/tun")


def settled(daemon):
    """What status says of the interface once the attempt to make it is over."""
    def known():
        interface = daemon.status()["interface"]
        return interface if "being made" not in interface.get("reason", "") else None
    return wait_until(known, 10, "the tunnel is there or is not")


def ordinary(network, prefix, capability=None):
    """The client's daemon as that user, from a copy of the program, with its own folders."""
    binary = os.path.join(network.client.dir, "pim-daemon")
    shutil.copy(DAEMON, binary)
    os.chmod(binary, 0o755)
    if capability:
        network.client.run("setcap", capability, binary)
    daemon = Daemon(network.client, {"node": {"name": "client"}}, binary=binary, prefix=prefix, name="user")
    os.chown(daemon.dir, USER, USER)
    os.chmod(daemon.dir, 0o700)
    return daemon


@pytest.mark.parametrize("prefix, capability", [(AMBIENT, None), (AS_USER, "cap_net_admin+ep")], ids=["ambient", "file"])
def test_an_ordinary_user_with_only_net_admin_has_everything(network, prefix, capability):
    mesh = Mesh(network)
    mesh.client = ordinary(network, prefix, capability)
    mesh.start()
    with open(f"/proc/{mesh.client.process.pid}/status", encoding="ascii") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    assert status["Uid"].split() == [str(USER)] * 4
    assert int(status["CapPrm"], 16) == 1 << 12  # CAP_NET_ADMIN and nothing else
    mesh.pair()
    wait_until(lambda: mesh.client.status()["interface"]["up"], 10, "the tunnel is up")
    mesh.client.call("route.set_split_default", on=True)
    mesh.wait_pages(GATEWAYS)
    mesh.client.kill()
    assert mesh.held_routes()
    released = mesh.client.run_to_end("--release")
    assert released.returncode == 0, released.stderr
    mesh.wait_pages(OWN)


def test_without_the_capability_it_runs_without_a_tunnel_and_says_why(network):
    mesh = Mesh(network)
    mesh.client = ordinary(network, NOTHING)
    mesh.start()
    mesh.pair()  # the mesh needs no tunnel
    interface = settled(mesh.client)
    assert interface["up"] is False
    assert interface["reason"] == "CAP_NET_ADMIN is missing"
    assert "setcap cap_net_admin+ep" in interface["cure"]
    assert interface["cure"] in mesh.client.pim("status").stdout
    with pytest.raises(RpcError) as refused:
        mesh.client.call("route.set_split_default", on=True)
    assert refused.value.code in (-32040, -32000)
    assert "CAP_NET_ADMIN" in str(refused.value) or "tunnel" in str(refused.value)
    assert mesh.client.status()["route_on"] is False
    mesh.wait_pages(OWN)


def test_a_device_that_this_user_may_not_open_is_named_with_its_cure(network):
    network.client.run("umount", "/dev/net/tun")
    network.client.run("sh", "-c", f"mknod {sandbox.RUN_DIR}/closed-tun c 10 200 && chmod 600 {sandbox.RUN_DIR}/closed-tun && "
                       f"mount --bind {sandbox.RUN_DIR}/closed-tun /dev/net/tun")
    daemon = ordinary(network, AMBIENT)
    daemon.start()
    interface = settled(daemon)
    assert interface["up"] is False
    assert interface["reason"] == "/dev/net/tun is not open to this user"
    assert interface["cure"] == "run `sudo chmod 666 /dev/net/tun`"
    os.unlink(f"{sandbox.RUN_DIR}/closed-tun")


class AtHome(Daemon):
    """As a login leaves it: HOME and XDG_RUNTIME_DIR alone say where everything is."""

    def __init__(self, node, **options):
        super().__init__(node, {"node": {"name": "client"}}, **options)
        runtime = f"/run/user/{USER}"
        self.socket = os.path.join(runtime, "pim.sock")
        for folder in (self.dir, runtime):
            os.makedirs(folder, exist_ok=True)
            os.chown(folder, USER, USER)
            os.chmod(folder, 0o700)
        self.log = os.path.join(node.dir, "at-home.log")
        passwd = os.path.join(node.dir, "passwd")
        with open(passwd, "w", encoding="ascii") as file:
            file.write(f"root:x:0:0::/root:/bin/sh\nalice:x:{USER}:{USER}::{self.dir}:/bin/sh\n")
        node.run("mount", "--bind", passwd, "/etc/passwd")

    @property
    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": self.dir, "XDG_RUNTIME_DIR": f"/run/user/{USER}"}

    def sudo(self, *arguments):
        """Root, with what sudo tells and leaves."""
        return self.node.run(PIM, *arguments, check=False, timeout=20,
                             env={"PATH": os.environ["PATH"], "HOME": "/root", "SUDO_UID": str(USER), "SUDO_GID": str(USER)})


def test_by_sudo_the_daemon_of_the_user_who_called_it_is_meant_living_or_dead(network):
    mesh = Mesh(network)
    mesh.client = AtHome(network.client, prefix=AMBIENT, name="alice")
    mesh.start()
    mesh.pair()
    wait_until(lambda: mesh.client.status()["interface"]["up"], 10, "the tunnel is up")
    mesh.client.call("route.set_split_default", on=True)
    mesh.wait_pages(GATEWAYS)
    done = mesh.client.sudo("route", "off")
    assert done.returncode == 0, done.stderr
    assert mesh.client.status()["route_on"] is False and mesh.client.is_running()
    mesh.client.call("route.set_split_default", on=True)
    mesh.client.kill()
    assert mesh.held_routes()
    done = mesh.client.sudo("route", "off")
    assert done.returncode == 0 and "--release" in done.stderr, done.stderr
    assert mesh.held_routes() == set()
    mesh.wait_pages(OWN)
    state = os.path.join(mesh.client.dir, ".local", "state", "pim")
    assert {os.stat(os.path.join(state, name)).st_uid for name in os.listdir(state)} == {USER}
    mesh.client.start()  # the answer was stored where it is looked for
    assert mesh.client.status()["route_on"] is False
