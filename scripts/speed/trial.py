"""One VPN on one topology, once: everything that is measured of it."""
import subprocess
import threading
import time

from . import accounting, calls, udp
from .load import Load, first_ping
from .topologies import Net

MEASURED = ("rtt", "tcp1", "tcp1_reverse", "tcp4", "udp64", "udp1200", "rpc", "rpc_loaded")
PING_LIMIT = 25  #: seconds that a first answer may take


class NoAnswer(Exception):
    pass


class Trial:
    """measure() fills `out`, {figure: value}; what it had measured stays there when it raises. A context manager."""

    def __init__(self, kind, peer_class, options, others):
        self.options, self.others, self.out = options, others, {}
        self.kind, self.net = kind, Net(kind)
        self.shape = self.net.shape
        self.peer = peer_class(self.net)
        self.processes, self.load = {}, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.load:
            self.load.close()
        for process in self.processes.values():
            process.terminate()
            try:
                process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                process.kill()
        self.net.close()

    def begin(self):
        """The VPN runs and has settled; iperf3 waits for what is sent."""
        self.peer.prepare()
        self.start()
        self.settle()
        self.load = Load(self.net, self.target)

    def measure(self):
        self.begin()
        thorough = self.kind == "pair"
        seconds = self.options.secs
        self.undisturbed("rtt", lambda: self.load.ping("rtt", 1000 if thorough else 300, 0.001))
        self.undisturbed("tcp1", lambda: self.tcp("tcp1", seconds=seconds))
        if self.kind in ("pair", "gw"):
            self.undisturbed("tcp1_reverse", lambda: self.tcp("tcp1_reverse", "-R", seconds=seconds))
        if self.kind in ("pair", "wire"):
            self.undisturbed("tcp4", lambda: self.four_streams(seconds))
        if thorough and self.options.udp_probes:
            for size in (64, 1200):
                self.undisturbed(f"udp{size}", lambda: self.udp(size))
        self.memory()
        socket = self.peer.rpc_socket(self.shape.source)
        if thorough and socket:
            self.undisturbed("rpc", lambda: calls.measure("rpc", socket, 1000, 0.001))
            self.undisturbed("rpc_loaded", lambda: self.calls_under_load(socket, seconds))
        if thorough and self.peer.is_vpn:
            self.restart()

    def logs(self):
        """The last lines that each node's VPN wrote."""
        return "\n".join(f"-- {self.kind}, {name}:\n{self.peer.log_tail(name)}" for name in self.shape.members)

    # -- its beginning --------------------------------------------------------------------------------------------------
    def start(self):
        """The source joins a network that is already there."""
        for name in sorted(self.shape.members, key=lambda name: (name not in ("r", "g"), name)):
            if name != self.shape.source:
                self.start_one(name)
        if self.peer.is_vpn:
            time.sleep(1)
        self.target = self.peer.target()
        took = first_ping(self.net[self.shape.source], self.target, PING_LIMIT, lambda: self.start_one(self.shape.source))
        if took is None:
            raise NoAnswer(f"no answer to a ping within {PING_LIMIT} s")
        if self.peer.is_vpn:
            self.out["start_to_first_ping_s"] = took

    def start_one(self, name):
        process = self.peer.start(name)
        if process:
            self.processes[name] = process

    def settle(self):
        count = max(2, int(self.peer.settle / 0.1))
        source = self.net[self.shape.source]
        source.run("ping", "-q", "-n", "-i", "0.1", "-c", str(count), "-w", "5", self.target, check=False)
        device = self.peer.device_seen(self.shape.source)
        self.out["mtu"] = int(source.run("cat", f"/sys/class/net/{device}/mtu").stdout)

    # -- single measurements --------------------------------------------------------------------------------------------
    def undisturbed(self, key, measure, tries=3):
        """Takes it again when others used the machine meanwhile, and keeps the quietest. Nothing where it was not asked for."""
        if self.options.only and key not in self.options.only:
            return
        best = None
        for _ in range(tries if self.options.quiet_wait > 0 else 1):
            used, at = self.others.used(), time.monotonic()
            out = measure()
            foreign = self.others.cores_since(used, at)
            if best is None or foreign < best[0]:
                best = foreign, out
            if foreign < accounting.DISTURBED:
                break
            self.options.quiet_wait -= self.others.wait_quiet(min(20, self.options.quiet_wait))
        self.out |= {**best[1], f"{key}_foreign_cores": best[0]}

    def cpu(self):
        return {name: accounting.cpu(process.pid) for name, process in self.processes.items()}

    def tcp(self, key, *options, seconds):
        before, (busy_before, stolen_before) = self.cpu(), accounting.machine()
        received, rate, again = self.load.tcp(*options, seconds=seconds)
        busy, stolen = accounting.machine()
        out = {f"{key}_gbit_s": rate / 1e9}
        if received:
            gigabytes = received / 1e9
            used = {name: (now - before[name]) / gigabytes for name, now in self.cpu().items()}
            out |= {f"{key}_cpu_s_per_gb_{name}": value for name, value in used.items()}
            out |= {f"{key}_machine_s_per_gb": (busy - busy_before) / gigabytes, f"{key}_stolen_s": stolen - stolen_before,
                    f"{key}_retransmits": again}
            if used:
                out[f"{key}_cpu_s_per_gb"] = sum(used.values())
        return out

    def four_streams(self, seconds):
        """With pings from the midst of them, so many that the 99th of a hundred is not the second worst of all."""
        return self.during_streams(seconds, lambda within: self.load.ping("rtt_loaded", int(within * 400), 0.002))

    def calls_under_load(self, socket, seconds):
        """In streams of their own, which would be slower for them."""
        out = self.during_streams(seconds, lambda within: calls.measure("rpc_loaded", socket, int(within * 40), 0.02))
        return {name: value for name, value in out.items() if name.startswith("rpc_loaded")}

    def during_streams(self, seconds, measure):
        """`measure` is told for how long there are four of them."""
        out = {}
        seconds = max(2, seconds)
        streams = threading.Thread(target=lambda: out.update(self.tcp("tcp4", "-P", "4", seconds=seconds)))
        streams.start()
        time.sleep(0.7)
        measured = measure(seconds - 1)
        streams.join()
        return out | measured

    def udp(self, size):
        best, tries = udp.search(lambda rate: self.load.udp(size, rate), self.options.udp_probes)
        return {f"udp{size}_pps": best, f"udp{size}_flood_pps": tries[0][2]}

    def memory(self):
        self.out |= {f"rss_kib_{name}": accounting.resident(process.pid) for name, process in self.processes.items()}

    def restart(self):
        """The far end is killed and started again at once; traffic comes from the source alone."""
        far = self.shape.far
        self.processes[far].kill()
        self.processes[far].wait()
        took = first_ping(self.net[self.shape.source], self.target, PING_LIMIT, lambda: self.start_one(far))
        if took is not None:
            self.out["restart_to_first_ping_s"] = took
