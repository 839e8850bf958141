"""Two independent listeners to a daemon's events, `pim events` and socat: what one sees the other must see."""
import json
import os
import threading
import time

from .daemon import DAEMON, PIM

STATUS_KINDS = {"role_changed", "interface_up", "interface_down", "gateway_selected", "gateway_lost", "route_on",
                "route_off", "kill_switch"}
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "rpc.hello", "params": {"client": "socat", "rpc_version": 1}}
SUBSCRIBE = {"jsonrpc": "2.0", "id": 2, "method": "status.subscribe"}


class Recorder:
    """Reads JSON lines of a process in a thread. `seen` holds (monotonic time, object) pairs."""

    def __init__(self, process):
        self.process, self.seen, self.noise = process, [], []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self.process.stdout:
            try:
                self.seen.append((time.monotonic(), json.loads(line)))
            except ValueError:
                self.noise.append(line)

    def status_events(self):
        """[(time, event)] of the kinds that a status subscription tells; samples and other topics left out."""
        events = []
        for at, line in list(self.seen):
            # a notification as it comes, or a line of `pim events`
            topic, event = line.get("method", line.get("topic")), line.get("params", line.get("event", {}))
            if topic in ("status.event", "status") and event.get("kind") in STATUS_KINDS:
                events.append((at, event))
        return events

    def kinds(self):
        """["route_on", "kill_switch engaged", ...]"""
        return [describe(event) for _, event in self.status_events()]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=5)
        self._thread.join(timeout=5)


def describe(event):
    if event["kind"] != "kill_switch":
        return event["kind"]
    return "kill_switch " + ("engaged" if event.get("detail", {}).get("engaged") else "cleared")


def pim_events(daemon):
    environment = {**daemon.environment, "PATH": f"{os.path.dirname(DAEMON)}:{os.environ['PATH']}"}
    return Recorder(daemon.node.spawn(PIM, "events", env=environment, stdout=-1, text=True))


def socat(daemon):
    process = daemon.node.spawn("socat", "-", f"UNIX-CONNECT:{daemon.socket}", stdin=-1, stdout=-1, text=True)
    process.stdin.write(json.dumps(HELLO) + "\n" + json.dumps(SUBSCRIBE) + "\n")
    process.stdin.flush()
    return Recorder(process)


def agree(one, other, both_listen_since):
    """Whether two recorders tell the same story. The later of them may miss what happened before both listened."""
    shorter, longer = sorted((one.status_events(), other.status_events()), key=len)
    missed = longer[:len(longer) - len(shorter)]
    told = [[describe(event) for _, event in events] for events in (shorter, longer[len(missed):])]
    return told[0] == told[1] and all(at < both_listen_since for at, _ in missed)
