"""scripts/demo: a client, a gateway and an internet on this machine; routing through the mesh; the window on top."""
import argparse
import os
import subprocess
import sys
import time

from . import addresses as a, command, sandbox
from .daemon import DASHBOARD, PIM
from .drill import Drill
from .mesh import GATEWAYS, OWN, Mesh
from .relay_drill import RelayDrill
from .topology import Network, Relayed

SCENARIOS = ("kill-switch", "relay")
TARGETS = ("daemon/pim-daemon", "ui/cli/pim", "ui/pim-dashboard")


def main():
    options = parse(sys.argv[1:])
    return command.run("demo", TARGETS, lambda: run_scenario(options) if options.scenario else show(options))


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Shows pim on this machine, in network namespaces.")
    parser.add_argument("--headless", action="store_true", help="without the window")
    parser.add_argument("--scenario", choices=SCENARIOS, help="run this drill and give a verdict instead")
    parser.add_argument("--rp-filter", type=int, choices=(0, 1, 2), help="the kernel's reverse path filter "
                        "(a scenario runs under all three unless told)")
    parser.add_argument("--onlink", action="store_true", help="the gateway on a cable of its own, not behind a router")
    options = parser.parse_args(arguments)
    if options.onlink and options.scenario == "relay":
        parser.error("--onlink: in the relay scenario the client does not reach the gateways")
    return options


def run_scenario(options):
    """-> why it failed, or None"""
    for rp_filter in (0, 1, 2) if options.rp_filter is None else (options.rp_filter,):
        relayed = options.scenario == "relay"
        with Relayed(rp_filter) if relayed else Network(rp_filter, options.onlink) as network:
            drill = (RelayDrill if relayed else Drill)(network, say=lambda line: print(line, flush=True))
            why = drill.run()
            if why:
                command.tell_logs(drill.mesh)
                return why.splitlines()[0]
    return None


def show(options):
    """-> why it failed, or None"""
    with Network(2 if options.rp_filter is None else options.rp_filter, options.onlink) as network:
        mesh = Mesh(network)
        try:
            tell(f"client {a.CLIENT4} and gateway {a.GATEWAY4} stand on a small internet; starting pim-daemon on both")
            mesh.start()
            peer = mesh.pair()
            tell(f"paired: the client knows the gateway as {peer['node_id']}")
            mesh.wait_pages(OWN)
            tell(f"routing off: http://www.{a.DOMAIN}/ sees the client itself, {OWN['-4']} and {OWN['-6']}")
            mesh.route("on")
            mesh.wait_pages(GATEWAYS)
            tell(f"routing on:  http://www.{a.DOMAIN}/ sees the gateway, {GATEWAYS['-4']} and {GATEWAYS['-6']}")
        except Exception:
            command.tell_logs(mesh)
            raise
        return look(mesh, headless(options))


def tell(text):
    print(f"* {text}", flush=True)


def headless(options):
    if options.headless:
        return True
    if not os.environ.get("DISPLAY"):
        tell("there is no display (DISPLAY is not set): going on without the window")
        return True
    return False


def look(mesh, without_window):
    """The user looks round until Ctrl-C or until the window is closed. Without a terminal and a window: no waiting."""
    socket = sandbox.outside_path(mesh.client.socket)
    tell("from another terminal:  export PIM_RPC_SOCKET=" + socket)
    tell(f"                        {os.path.relpath(PIM)} status      (or: events, peers, route off, ...)")
    window = None
    if not without_window:
        window = subprocess.Popen([DASHBOARD], env={**os.environ, "PIM_RPC_SOCKET": mesh.client.socket})
        tell("the dashboard is open; close it or press Ctrl-C to end")
    elif sys.stdin.isatty():
        tell("press Ctrl-C to end")
    else:
        return None
    while window is None or window.poll() is None:
        mesh.fetch(f"http://www.{a.DOMAIN}/", "-4", patience=1)  # so that there is something to see
        time.sleep(0.5)
    return f"the dashboard ended with {window.returncode}" if window.returncode else None


if __name__ == "__main__":
    sys.exit(main())
