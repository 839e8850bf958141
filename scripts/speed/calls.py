"""How long a daemon takes to answer over its socket: calls one after the other, as scripts and the window make them."""
import time

from lab.rpc import Rpc

from .figures import percentile

METHOD = "status"


def measure(key, socket, count, gap):
    """`gap`: seconds of rest after each answer. -> {figure: value}; the client's own share is within"""
    times = []
    with Rpc(socket) as rpc:
        for _ in range(count):
            began = time.perf_counter()
            rpc.call(METHOD)
            times.append((time.perf_counter() - began) * 1e3)
            time.sleep(gap)
    return {f"{key}_p50_ms": percentile(times, 50), f"{key}_p99_ms": percentile(times, 99)}
