"""A world of its own for everything the lab makes: nothing in it can outlive the process that asked for it.

enter() moves the caller into fresh mount, network and pid namespaces (and a user namespace when not root).
The process that called it stays outside as a guard that passes signals on and waits; the copy that returns is pid 1
inside. When either of them dies, even by kill -9, the kernel ends every process inside and with the last one the
namespaces, links, sockets and files vanish.
"""
import ctypes
import errno
import os
import signal
import sys

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1

#: Files of one lab: sockets, state, logs. On a tmpfs that only the lab sees; short, as socket paths end at 107 bytes.
RUN_DIR = "/run/pim-lab"
#: Set inside, so that a program started by the lab does not build a second sandbox.
MARK = "PIM_LAB_GUARD_PID"

_libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """This machine does not permit the lab; the text says what to do."""


def is_inside():
    return MARK in os.environ


def why_not(need_tun=True):
    """None when the lab can run here, else one sentence that says what is missing and the cure."""
    if need_tun:
        if not os.path.exists("/dev/net/tun"):
            return "/dev/net/tun is missing: run `sudo modprobe tun`"
        try:
            os.close(os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC))
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM):
                return "/dev/net/tun is not open to this user: run it with sudo, or `sudo chmod 666 /dev/net/tun`"
            return f"/dev/net/tun cannot be opened ({error.strerror}): run `sudo modprobe tun`"
    pid = os.fork()
    if pid == 0:
        try:
            _unshare()
            os._exit(0)
        except BaseException:  # the child reports by its exit code alone
            os._exit(1)
    if os.waitpid(pid, 0)[1] == 0:
        return None
    if os.geteuid() == 0:
        return "root may not make namespaces here (a container without CAP_SYS_ADMIN?): run it on the host"
    return ("this user may not make namespaces: run it with sudo, or allow user namespaces "
            "(`sudo sysctl kernel.unprivileged_userns_clone=1`, "
            "on Ubuntu also `kernel.apparmor_restrict_unprivileged_userns=0`)")


def enter():
    """Returns inside the sandbox, as pid 1. The guard process outside never returns: it exits with our exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    try:
        _unshare()
    except OSError as error:
        raise Unavailable(why_not(need_tun=False) or f"namespaces cannot be made: {error}") from error
    child = os.fork()
    if child:
        os.close(reading)
        os.write(writing, b"%d" % child)
        _guard(child)
    os.close(writing)
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    outer_pid = os.read(reading, 16)  # empty when the guard died before the line above took effect
    os.close(reading)
    if not outer_pid:
        os._exit(1)
    os.environ[MARK] = outer_pid.decode()
    for number in (signal.SIGTERM, signal.SIGHUP):  # pid 1 ignores what it does not handle
        signal.signal(number, _leave)
    _furnish()


def outside_path(path):
    """The same file as seen by other processes of this user, outside the sandbox."""
    return f"/proc/{os.environ[MARK]}/root{path}"


def _leave(number, _frame):
    """At once, from wherever the program stands: with pid 1 the kernel ends everything else in here."""
    os._exit(128 + number)


def _call(name, *arguments):
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _mount(source, target, kind, flags, data=None):
    _call("mount", source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags),
          data.encode() if data else None)


def setns(descriptor, kind):
    _call("setns", descriptor, kind)


def _unshare():
    uid, gid = os.geteuid(), os.getegid()
    flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET
    if uid != 0:
        flags |= CLONE_NEWUSER
    _call("unshare", flags)
    if uid != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)


def _guard(child):
    def pass_on(number, _frame):
        try:
            os.kill(child, number)
        except ProcessLookupError:
            pass
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends Ctrl-C to the child as well
    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGHUP, pass_on)
    _, status = os.waitpid(child, 0)
    os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def _furnish():
    """An own /proc, an empty /run (no resolver, bus or netns of the host in reach) and the lab's own folders."""
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
    host_run = os.open("/run", os.O_PATH | os.O_DIRECTORY)
    _mount("tmpfs", "/run", "tmpfs", 0, "mode=0755")  # tests keep a device node and a program with capabilities here
    # The desktop's own files (Xauthority, Wayland) lie in /run/user: the window needs them.
    if os.path.isdir(f"/proc/self/fd/{host_run}/user"):
        os.mkdir("/run/user")
        try:
            _mount(f"/proc/self/fd/{host_run}/user", "/run/user", None, MS_BIND | MS_REC)
        except OSError:
            pass
    os.close(host_run)
    for folder, mode in (("/run/netns", 0o755), ("/run/lock", 0o1777), (RUN_DIR, 0o755)):
        os.mkdir(folder)
        os.chmod(folder, mode)
    resolv = os.path.realpath("/etc/resolv.conf")  # often a link into /run, which is now empty
    if resolv.startswith("/run/"):
        os.makedirs(os.path.dirname(resolv), exist_ok=True)
        with open(resolv, "w", encoding="ascii"):
            pass
