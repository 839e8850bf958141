"""The kill-switch drill: everything that can go wrong with a gateway or a daemon, and not one packet by the wrong way.

Each step gives one verdict line. A step that fails ends the drill: what follows would stand on sand.
"""
import time

from . import events, generators, snapshot
from .daemon import wait_until
from .mesh import GATEWAYS, OWN, SPLIT_DEFAULT, Mesh

CALM, BUSY = 2, 8  # rounds over all kinds a second: while traffic flows, and while it is blocked
BLOCKED_FOR = 4.0
#: What a whole first life must tell, in this order; role and interface changes may stand between.
FIRST_LIFE = ["gateway_selected", "route_on", "gateway_lost", "kill_switch engaged", "kill_switch cleared", "gateway_selected"]
STORY = set(FIRST_LIFE) | {"route_off"}


class StepFailed(Exception):
    pass


def require(condition, text):
    if not condition:
        raise StepFailed(text)


class Drill:
    """run() goes through all steps on a fresh network and returns why it failed, or None."""

    mesh_type = Mesh

    def __init__(self, network, say=print):
        self.network, self.say = network, say
        self.mesh = self.mesh_type(network)
        self.load = generators.Generators(network)
        self.title = f"rp_filter {network.rp_filter}" + (", on-link" if network.onlink else "")
        self.recorders = None
        self.offered = 0

    def steps(self):
        return [self.direct, self.sniffer_sees, self.routing_on, self.gateway_killed, self.gateway_back, self.client_killed,
                self.client_back, self.client_terminated, self.route_off, self.released_without_a_daemon, self.stays_off]

    def run(self):
        steps = self.steps()
        for number, step in enumerate(steps, 1):
            name = step.__doc__
            try:
                details = step()
            except Exception as error:  # whatever it is, it is this step's verdict
                self.say(f"[{self.title}] FAIL {number:2}/{len(steps)} {name}: {error}")
                return f"{self.title}: {name}: {error}"
            self.say(f"[{self.title}] ok   {number:2}/{len(steps)} {name}: {details}")
        return None

    # -- the steps; the first line of each is its name ----------------------------------------------------------------
    def direct(self):
        """routing off"""
        self.untouched = snapshot.take(self.network.client)
        self.mesh.start()
        peer = self.mesh.pair()
        self.mesh.wait_pages(OWN)
        self.before = snapshot.take(self.network.client)
        self.listen()
        return f"paired with {peer['node_id'][:8]}; the server sees the client's own addresses, by name and by number, v4 and v6"

    def sniffer_sees(self):
        """sniffer proven"""
        for sniffer in self.network.sniffers.values():
            sniffer.reset()
        self.load.rate(BUSY)
        wait_until(lambda: all(counts["answered"] for counts in self.load.totals().values()), 8, "every generator is answered")
        seen = self.network.sniffer.counts().get("tagged", {})
        missing = set(generators.kinds()) - set(seen)
        require(not missing, f"the sniffer does not see {sorted(missing)}")
        return f"sees {sum(seen.values())} tagged packets of all {len(seen)} kinds while nothing protects"

    def routing_on(self):
        """routing on"""
        self.load.rate(CALM)  # connections from before must not go on leaking
        self.mesh.route("on")
        self.forget_counts()
        self.mesh.wait_pages(GATEWAYS)
        self.nothing_leaked_for(1.0)
        underlay = self.network.sniffers["lan" if self.network.onlink else "uplink"].counts().get("underlay", {})
        require(underlay, "the sniffer saw no datagram of the daemon: is it on the right cable?")
        return f"the server sees the gateway's addresses, by name and by number, v4 and v6; {self.verdict()}"

    def gateway_killed(self):
        """kill -9 of the gateway daemon"""
        return self.blocked_by_the_loss_of(self.mesh.gateway, "gateway_lost")

    def gateway_back(self):
        """gateway back"""
        self.forget_counts()
        self.load.rate(CALM)
        self.mesh.gateway.start()
        took = self.mesh.wait_pages(GATEWAYS)
        self.nothing_leaked_for(1.0)
        return f"traffic flows after {took:.1f} s; {self.verdict()}"

    def client_killed(self):
        """kill -9 of the client daemon"""
        self.first_life = self.told()
        self.forget_counts()
        self.mesh.client.kill()
        self.load.rate(BUSY)
        self.nothing_leaked_for(BLOCKED_FOR)
        return f"{self.held()}; {self.verdict()}"

    def client_back(self):
        """client daemon started again"""
        self.forget_counts()
        self.load.rate(CALM)
        self.mesh.client.start()
        self.listen()
        took = self.mesh.wait_pages(GATEWAYS)
        self.nothing_leaked_for(1.0)
        return f"recovered after {took:.1f} s; {self.verdict()}"

    def client_terminated(self):
        """SIGTERM of the client daemon"""
        self.told()
        self.forget_counts()
        self.mesh.client.terminate()
        self.load.rate(BUSY)
        self.nothing_leaked_for(BLOCKED_FOR)
        return f"{self.held()}; {self.verdict()}"

    def route_off(self):
        """start, then pim route off"""
        self.forget_counts()
        self.mesh.client.start()
        self.listen()
        self.mesh.wait_pages(GATEWAYS)
        self.nothing_leaked_for(0.5)
        self.load.rate(0)
        self.mesh.route("off")
        self.mesh.wait_pages(OWN)
        self.equals(self.before)
        last = self.told()
        require(last and last[-1] == "route_off", f"the last event is not route_off: {last}")
        story = [kind for kind in self.first_life if kind in STORY]
        require(story == FIRST_LIFE, f"the first life told {story}, not {FIRST_LIFE}")
        return "fetched directly; rules, routes, nftables, links, sysctls as before; pim events and socat told the same"

    def released_without_a_daemon(self):
        """pim route off with the daemon dead"""
        self.mesh.route("on")
        self.mesh.wait_pages(GATEWAYS)
        self.forget_counts()
        self.mesh.client.kill()
        self.load.rate(BUSY)
        self.nothing_leaked_for(2.0)
        verdict = f"{self.held()}; {self.verdict()}"
        self.load.rate(0)
        self.mesh.route("off")
        self.mesh.wait_pages(OWN)
        self.equals(self.untouched)
        return f"{verdict}; then released: fetched directly, no trace left"

    def stays_off(self):
        """the answer is remembered"""
        self.mesh.client.start()
        require(not self.mesh.client.status()["route_on"], "routing is on again after a start")
        self.mesh.wait_pages(OWN)
        self.mesh.client.terminate()
        self.mesh.wait_pages(OWN)
        self.equals(self.untouched)
        return f"off after a start, nothing left after a stop; {self.offered} packets offered while routing was on, 0 leaked"

    # -- what they are made of ----------------------------------------------------------------------------------------
    def blocked_by_the_loss_of(self, daemon, cause):
        """kill -9 under traffic: the event within 3 s, nothing leaks. -> the step's details"""
        self.forget_counts()
        killed = time.monotonic()
        daemon.kill()
        self.load.rate(BUSY)
        after = wait_until(lambda: self.told_since(killed, "kill_switch engaged"), 6, "kill_switch event")[0] - killed
        require(after <= 3.0, f"the kill_switch event came after {after:.1f} s, not within 3 s")
        shown = self.mesh.client.status()["kill_switch"]
        require(shown["engaged"], "status does not say that the kill-switch is engaged")
        require(shown["cause"] == cause, f"the cause is {shown['cause']}, not {cause}")
        self.nothing_leaked_for(BLOCKED_FOR)
        return f"kill_switch after {after:.1f} s, {cause}; {self.held()}; {self.verdict()}"

    def told_since(self, began, kind):
        """When pim events told of it."""
        return [at for at, event in self.recorders[0].status_events() if at >= began and events.describe(event) == kind]

    def listen(self):
        self.recorders = (events.pim_events(self.mesh.client), events.socat(self.mesh.client))
        time.sleep(0.5)  # both have subscribed
        self.listening = time.monotonic()

    def told(self):
        """Ends the listeners of this life of the daemon; both must have told the same. -> the kinds"""
        time.sleep(0.2)
        for recorder in self.recorders:
            recorder.stop()
        one, other = [recorder.kinds() for recorder in self.recorders]
        require(events.agree(*self.recorders, self.listening), f"pim events told {one}, socat told {other}")
        return max(one, other, key=len)

    def forget_counts(self):
        for sniffer in self.network.sniffers.values():
            sniffer.reset()
        self.load.reset()

    def nothing_leaked_for(self, seconds):
        time.sleep(seconds)
        leaks = self.network.leaks()
        if leaks:
            first = [line for sniffer in self.network.sniffers.values() for line in sniffer.report()][:5]
            raise StepFailed(f"LEAKED {leaks}; first: {'; '.join(first)}")

    def verdict(self):
        offered = self.load.offered()
        self.offered += offered
        return f"0 of {offered} offered leaked"

    def held(self):
        missing = SPLIT_DEFAULT - self.mesh.held_routes()
        require(not missing, f"split-default routes are gone: {sorted(missing)}")
        return "4 split-default routes held"

    def equals(self, before):
        try:
            wait_until(lambda: not snapshot.difference(before, snapshot.take(self.network.client)), 2, "the host is as before")
        except TimeoutError:
            lines = snapshot.difference(before, snapshot.take(self.network.client))
            raise StepFailed("the host is not as before:\n    " + "\n    ".join(lines[:30])) from None
