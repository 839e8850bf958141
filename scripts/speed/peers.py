"""One class a VPN: what it needs, its keys and files, how a node of it is started, where its far end is reached.

start() is timed and leaves the node's process; the rest is not.
"""
import functools
import json
import os
import re
import shutil

from lab.daemon import BUILD, wait_until
from lab.netns import run

OVERLAY = "10.99.0"
CEILING = os.path.join(BUILD, "tests/bench/ceiling/ceiling")


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Peer:
    """A VPN that leaves addresses and routes to whoever starts it; others override."""

    topologies = ("pair", "wire", "gw")
    settle = 0.5  #: seconds of light traffic before anything is measured: path MTU, routes, what else it learns
    mtu = 1420
    is_vpn = True

    def __init__(self, net):
        self.net = net

    @classmethod
    def lacks(cls):
        """What is missing on this machine, or None."""

    @classmethod
    def version(cls):
        return ""

    def prepare(self):
        if self.net.egress:
            self.net.masquerade("g")

    def start(self, name):
        """-> the process that is accounted; None where nothing runs."""
        raise NotImplementedError

    def target(self):
        """Where the source reaches the sink."""
        return self.net.end() if self.net.egress else self.overlay(self.net.shape.sink)

    # -- for those that override little ---------------------------------------------------------------------------------
    def overlay(self, name):
        return f"{OVERLAY}.{self.net.shape.nodes.index(name) + 1}"

    def device(self, name):
        return f"vpn-{name}"

    def device_seen(self, name):
        """The one that traffic of the source leaves by."""
        found = self.net[name].run("ip", "-o", "route", "get", self.target()).stdout
        return re.search(r" dev (\S+)", found)[1]

    def path(self, name, file):
        return os.path.join(self.net[name].dir, file)

    def rpc_socket(self, name):
        """Where it answers JSON-RPC as pim does, or None."""
        return None

    def spawn(self, name, *argv, **options):
        with open(self.path(name, "vpn.log"), "ab") as log:
            return self.net[name].spawn(*argv, stdout=log, stderr=log, **options)

    def log_tail(self, name, lines=10):
        try:
            with open(self.path(name, "vpn.log"), encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except FileNotFoundError:
            return ""

    def wait_device(self, name):
        wait_until(lambda: self.net[name].run("ip", "link", "show", self.device(name), check=False).returncode == 0, 10,
                   f"the device of {name} is there", pause=0.001)

    def bring_up(self, name, *link):
        self.net[name].ip(f"addr add {self.overlay(name)}/24 dev {self.device(name)}",
                          " ".join([f"link set {self.device(name)} mtu {self.mtu}", *link, "up"]))
        if self.net.egress and name == "a":
            self.net.route("a", self.net.egress, "dev", self.device("a"))


class Raw(Peer):
    """The link itself; the kernel forwards where a VPN would relay."""

    topologies = ("pair", "wire", "line", "gw")
    is_vpn = False

    def prepare(self):
        super().prepare()
        if self.net.kind == "line":
            self.net.forward("r")
            self.net.route("b", "default", "via", self.net.address("r", "b"))
        if len(self.net.shape.nodes) == 3:
            self.net.route("a", "default", "via", self.net.address(self.net.shape.nodes[1], "a"))

    def start(self, name):
        return None

    def target(self):
        return self.net.end()


class Ceiling(Peer):
    """tests/bench/ceiling: sealed by OpenSSL, inner checksums computed."""

    mtu = 1440  # what 1,500 leave after IPv4, UDP, header and tag
    options = ("--inner-checksums",)

    @classmethod
    def lacks(cls):
        return None if os.access(CEILING, os.X_OK) else f"{CEILING} is not built"

    def start(self, name):
        (other, address), = self.net.members_near(name).items()
        process = self.spawn(name, CEILING, "--tun", self.device(name), "--local", self.net.address(name, other), "--remote",
                             address, *self.options)
        self.wait_device(name)
        self.bring_up(name, "gso_max_size 62000")  # so that one packet of the device fits one message to the other end
        return process


class CeilingUnchecked(Ceiling):
    """Inner checksums are left to the AEAD, as pim does."""

    options = ()


class CeilingCopy(Ceiling):
    """Neither sealed nor summed."""

    options = ("--plain",)


class WireguardGo(Peer):
    """$WIREGUARD_GO, or the one on the path; releases before 2023 have no offloads."""

    topologies = ("pair", "wire", "line", "gw")
    settle = 1.0

    @staticmethod
    def binary():
        return os.environ.get("WIREGUARD_GO") or program("wireguard-go")

    @classmethod
    def lacks(cls):
        return None if cls.binary() and program("wg") else "wireguard-go and wg (Debian: wireguard-go, wireguard-tools)"

    @classmethod
    def version(cls):
        found = re.search(r"v([\d.]+)", run([cls.binary(), "--version"]).stdout)
        return found[1] if found else "unknown"

    def prepare(self):
        super().prepare()
        keys = {name: run(["wg", "genkey"]).stdout.strip() for name in self.net.shape.members}
        public = {name: run(["wg", "pubkey"], input=key).stdout.strip() for name, key in keys.items()}
        for name in self.net.shape.members:
            lines = ["[Interface]", f"PrivateKey = {keys[name]}", "ListenPort = 51820"]
            for other, address in self.net.members_near(name).items():
                lines += ["[Peer]", f"PublicKey = {public[other]}", f"Endpoint = {address}:51820",
                          f"AllowedIPs = {self._allowed(name, other)}"]
            with open(os.open(self.path(name, "wg.conf"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
                file.write("\n".join(lines) + "\n")
        if self.net.kind == "line":
            self.net.forward("r")  # it knows no relays: the middle decrypts, forwards and encrypts again

    def _allowed(self, name, other):
        if self.net.kind == "line" and name != "r":
            return f"{OVERLAY}.0/24"
        return "0.0.0.0/0" if (self.net.kind, name) == ("gw", "a") else f"{self.overlay(other)}/32"

    def start(self, name):
        environment = {**os.environ, "LOG_LEVEL": "error", "WG_PROCESS_FOREGROUND": "1"}
        process = self.spawn(name, self.binary(), "-f", self.device(name), env=environment)

        def takes_configuration():
            argv = ["wg", "setconf", self.device(name), self.path(name, "wg.conf")]
            return self.net[name].run(*argv, check=False).returncode == 0
        wait_until(takes_configuration, 10, f"wireguard-go of {name} answers", pause=0.002)
        self.bring_up(name)
        return process


class Yggdrasil(Peer):
    """Has no gateways; between neighbours TLS over TCP."""

    topologies = ("pair", "wire", "line")
    settle = 4.0

    @classmethod
    def lacks(cls):
        return None if program("yggdrasil") else "yggdrasil (Debian: yggdrasil)"

    @classmethod
    @functools.lru_cache(maxsize=None)
    def version(cls):
        found = re.search(r"version: (\S+)", run(["yggdrasil", "-version"]).stdout)
        return found[1] if found else "unknown"

    def prepare(self):
        self.addresses = {}
        for name in self.net.shape.members:
            made = json.loads(run(["yggdrasil", "-genconf", "-json"]).stdout)
            calls = [f"tls://{address}:7700" for other, address in self.net.members_near(name).items() if name < other]
            made.update({"Listen": ["tls://0.0.0.0:7700"], "Peers": calls, "MulticastInterfaces": [], "AdminListen": "none",
                         "IfName": self.device(name)})
            with open(self.path(name, "yggdrasil.conf"), "w", encoding="utf-8") as file:
                json.dump(made, file)
            self.addresses[name] = run(["yggdrasil", "-useconffile", file.name, "-address"]).stdout.strip()

    def start(self, name):
        return self.spawn(name, "yggdrasil", "-useconffile", self.path(name, "yggdrasil.conf"), "-loglevel", "error")

    def target(self):
        return self.addresses[self.net.shape.sink]
