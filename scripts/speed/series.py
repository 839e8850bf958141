"""Trials of many VPNs, interleaved so that a machine that grows slower does so for all; what comes out is JSON."""
import contextlib
import json
import os
import platform
import re
import signal
import time

from lab import sandbox
from lab.netns import run

from . import alone, figures
from .topologies import SHAPES
from .trial import Trial

TRIAL_LIMIT = 300  #: seconds after which a trial hangs


class Series:
    """`classes`: {name: Peer class}, those that are here. measure() runs inside the sandbox and writes as it goes."""

    def __init__(self, options, classes, skipped, others, command):
        self.options, self.classes, self.others = options, classes, others
        self.trials = {}  #: {topology: {VPN: [{figure: value}]}}
        self.failures, self.began = [], time.monotonic()
        self.meta = {"command": command, "date": time.strftime("%Y-%m-%d"), "skipped": skipped,
                     "versions": {name: a_class.version() for name, a_class in classes.items() if a_class.version()},
                     "secs": options.secs, "repeats": options.repeats, **machine()}

    def measure(self):
        for repeat in range(self.options.repeats):
            for kind in filter(SHAPES.get, self.options.topologies):
                for name in self.order(kind, repeat):
                    self.one(kind, name, repeat)
        for kind in filter(alone.KINDS.get, self.options.topologies if "pim" in self.classes else ()):
            for repeat in range(self.options.repeats if alone.KINDS[kind].REPEATED else 1):
                with self.bounded(kind, "pim", repeat, limit=alone.KINDS[kind].limit(self.options)) as out:
                    out |= alone.KINDS[kind].measure(self.options, self.others)
        return self.failures

    def order(self, kind, repeat):
        """Another one begins each time."""
        names = [name for name, a_class in self.classes.items() if kind in a_class.topologies]
        turn = repeat % max(1, len(names))
        return names[turn:] + names[:turn]

    def one(self, kind, name, repeat):
        self.options.quiet_wait -= self.others.wait_quiet(min(60, self.options.quiet_wait))
        with self.bounded(kind, name, repeat) as out, Trial(kind, self.classes[name], self.options, self.others) as trial:
            try:
                trial.measure()
            except Exception:
                print(trial.logs(), flush=True)
                raise
            finally:
                out |= trial.out

    @contextlib.contextmanager
    def bounded(self, kind, name, repeat, limit=TRIAL_LIMIT):
        """Yields what is to be filled; a failure is noted and the series goes on."""
        out, began, failed = {}, time.monotonic(), ""
        try:
            with at_most(limit):
                yield out
        except Exception as error:  # one VPN that does not work here is no reason to lose the others
            failed = f"{type(error).__name__}: {error}"
            self.failures.append([kind, name, repeat + 1, failed[:400]])
        self.trials.setdefault(kind, {}).setdefault(name, []).append(out)
        self.write()
        print(f"{time.monotonic() - self.began:5.0f} s  {kind:4} {name:20} {repeat + 1} of {self.options.repeats}, "
              f"{time.monotonic() - began:.0f} s: {failed or brief(out)}", flush=True)

    def write(self):
        results = {kind: {name: figures.summary(trials) for name, trials in names.items()} for kind, names in self.trials.items()}
        text = json.dumps({"meta": {**self.meta, "took_s": round(time.monotonic() - self.began)}, "failures": self.failures,
                           "results": results}, indent=1)
        with open(self.options.out + ".new", "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.rename(file.name, self.options.out)


@contextlib.contextmanager
def at_most(seconds):
    """Raises TimeoutError beyond them. An alarm that was set already goes on."""
    def too_long(*_):
        raise TimeoutError(f"took longer than {seconds} s")
    began, previous, left = time.monotonic(), signal.signal(signal.SIGALRM, too_long), signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
        if left:
            signal.alarm(max(1, left - round(time.monotonic() - began)))


def brief(out):
    names = {"tcp1_gbit_s": "{:.2f} Gbit/s", "tcp1_reverse_gbit_s": "reverse {:.2f}", "tcp4_gbit_s": "four {:.2f}",
             "tcp1_cpu_s_per_gb": "{:.2f} s/GB", "rtt_p50_ms": "RTT {:.3f} ms", "udp64_pps": "UDP 64 B {:.0f}/s",
             "udp1200_pps": "1200 B {:.0f}/s", "idle_wake_ups_per_s": "{:.2f} wake-ups/s", "idle_cpu_percent": "{:.3f} % CPU",
             "crowd_rss_kib": "{:.0f} KiB", "crowd_cpu_percent": "{:.2f} % CPU", "crowd_joins_per_s": "{:.0f} joins/s",
             "parts_handshake_share": "{:.2f} of a handshake is X25519", "parts_route_at_once_flatness": "lookup {:.2f} x",
             "builds_whole_s": "{:.0f} s", "builds_one_file_s": "one file {:.1f} s"}
    return ", ".join(form.format(out[name]) for name, form in names.items() if name in out)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return {"cpu": model[1] if model else platform.machine(), "cores": os.cpu_count(), "kernel": platform.release(),
            "openssl": run(["openssl", "version"], check=False).stdout.strip()}


def inside(series):
    """Enters the sandbox, from which nothing stays behind. -> the exit code"""
    sandbox.enter()
    try:
        failures = series.measure()
    except KeyboardInterrupt:
        print("interrupted: what was measured has been written", flush=True)
        return 130
    for kind, name, repeat, why in failures:
        print(f"FAIL {kind} {name}, repeat {repeat}: {why}", flush=True)
    return 1 if failures else 0
