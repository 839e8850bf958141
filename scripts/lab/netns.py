"""Nodes of the lab: one network namespace and one mount namespace (for resolv.conf and /sys) each."""
import contextlib
import os
import shutil
import socket
import subprocess
import threading

from . import sandbox

PYTHON = "/usr/bin/python3"
SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class CommandFailed(Exception):
    pass


def run(argv, *, timeout=30, check=True, input=None, env=None):
    """Runs a program to its end; raises with its output when it fails and `check` holds."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL if input is None else None, input=input, text=True, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
    if check and done.returncode:
        raise CommandFailed(f"{' '.join(argv)} ended with {done.returncode}: {(done.stderr + done.stdout).strip()[-800:]}")
    return done


class Node:
    """A network namespace, known to `ip -n NAME` too. close() ends its processes and frees it."""

    def __init__(self, name, nameservers=()):
        self.name = name
        self.dir = os.path.join(sandbox.RUN_DIR, name)
        shutil.rmtree(self.dir, ignore_errors=True)  # an earlier node of this name had state here
        os.makedirs(self.dir)
        self.resolv_conf = os.path.join(self.dir, "resolv.conf")
        self.set_nameservers(nameservers)
        self._processes = []
        script = ('mount --bind "$0" /etc/resolv.conf && { mount -t sysfs sys /sys || true; } 2>/dev/null; '
                  "echo ready; exec sleep infinity")
        self._holder = subprocess.Popen(["unshare", "--net", "--mount", "sh", "-c", script, self.resolv_conf],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if self._holder.stdout.readline() != b"ready\n":
            raise CommandFailed(f"namespace {name} could not be made")
        self.pid = self._holder.pid
        if os.path.exists(f"/run/netns/{name}"):  # left by one whose end was cut short
            run(["ip", "netns", "del", name])
        run(["ip", "netns", "attach", name, str(self.pid)])
        self.ip("link set lo up")

    def set_nameservers(self, nameservers):
        """Written in place: the file is bind mounted over /etc/resolv.conf."""
        with open(self.resolv_conf, "w", encoding="ascii") as file:
            file.write("".join(f"nameserver {address}\n" for address in nameservers))
            file.write("options timeout:1 attempts:2\n")

    # -- programs inside --------------------------------------------------------------------------------------------
    def _inside(self, argv):
        return ["nsenter", "-t", str(self.pid), "-n", "-m", "--", *argv]

    def run(self, *argv, **options):
        return run(self._inside(argv), **options)

    def spawn(self, *argv, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(self._inside(argv), **options)
        self._processes.append(process)
        return process

    def ip(self, *lines):
        """Lines for `ip -batch`, such as "link set lo up"; one failing line fails all."""
        run(["ip", "-n", self.name, "-batch", "-"], input="\n".join(lines) + "\n")

    # -- the namespace from this process ----------------------------------------------------------------------------
    @contextlib.contextmanager
    def netns(self):
        """The calling thread lives in the node's network for a while: sockets made meanwhile stay there."""
        home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            sandbox.setns(there, sandbox.CLONE_NEWNET)
            try:
                yield
            finally:
                sandbox.setns(home, sandbox.CLONE_NEWNET)
        finally:
            os.close(home)
            os.close(there)

    def socket(self, *arguments):
        with self.netns():
            return socket.socket(*arguments)

    def sysctl(self, values):
        """{"net/ipv4/ip_forward": 1, ...}"""
        with self.netns():
            for path, value in values.items():
                with open(f"/proc/sys/{path}", "w", encoding="ascii") as file:
                    file.write(str(value))

    def read_sysctl(self, path):
        with self.netns(), open(f"/proc/sys/{path}", encoding="ascii") as file:
            return file.read().strip()

    def close(self):
        for process in [*self._processes, self._holder]:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=10)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    with contextlib.suppress(OSError):
                        stream.close()
        run(["ip", "netns", "del", self.name], check=False)


def veth(one, one_name, other, other_name, mtu=1500):
    """A cable between two nodes, both ends up."""
    run(["ip", "link", "add", one_name, "mtu", str(mtu), "netns", one.name, "type", "veth",
         "peer", "name", other_name, "mtu", str(mtu), "netns", other.name])
    one.ip(f"link set {one_name} up")
    other.ip(f"link set {other_name} up")
