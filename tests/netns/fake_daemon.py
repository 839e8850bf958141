"""A daemon that is only a socket: it speaks the RPC contract from a state that a test moves by hand.

Used where a window or a client is under test and nothing else is. Run as a program it serves one of the
scenes of scenes.py, for looking at the window:  fake_daemon.py SOCKET [connected|relayed|blocked|empty|many|no-tunnel]
"""
import copy
import json
import math
import os
import re
import socket
import sys
import threading
import time

from scenes import SCENES, blocked_state, calm_kill_switch, connected_state, iso, make_peer, node_id, seconds_ago

TOPICS = ("status", "peers", "gateway", "logs")
LEVELS = ("trace", "debug", "info", "warn", "error")


class RpcFailure(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


class Client:
    def __init__(self, daemon, connection):
        self.daemon, self.connection = daemon, connection
        self.is_open = False
        self.subscriptions = {}
        self.least_level = 2

    def send(self, message):
        try:
            self.connection.sendall((json.dumps(message) + "\n").encode())
        except OSError:
            pass

    def run(self):
        reader = self.connection.makefile("rb")
        try:
            for line in reader:
                request = json.loads(line)
                with self.daemon.lock:
                    self.daemon.calls.append((request["method"], request.get("params")))
                    try:
                        answer = {"result": self.daemon.answer(self, request["method"], request.get("params") or {})}
                    except RpcFailure as failure:
                        answer = {"error": {"code": failure.code, "message": failure.message}}
                    self.send({"jsonrpc": "2.0", "id": request["id"], **answer})
                    self.daemon.after_answer()
        except (OSError, ValueError):
            pass
        with self.daemon.lock:
            if self in self.daemon.clients:
                self.daemon.clients.remove(self)

    def notify(self, topic, event):
        if topic not in self.subscriptions:
            return
        if topic == "logs" and LEVELS.index(event["level"]) < self.least_level:
            return
        self.subscriptions[topic] += 1
        self.send({"jsonrpc": "2.0", "method": topic + ".event", "params": {"seq": self.subscriptions[topic], **event}})


class FakeDaemon:
    def __init__(self, path, state=None, rpc_version=1):
        self.path, self.rpc_version = path, rpc_version
        self.state = state or connected_state()
        self.lock = threading.RLock()
        self.calls, self.clients, self.later = [], [], []
        self.is_deaf = False  # does not confirm what is asked of the route switch
        self.listener = None

    # Life

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o600)
        self.listener.listen(16)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def stop(self):
        """As kill -9 looks from outside: the connections close, the socket file stays."""
        with self.lock:
            listener, self.listener = self.listener, None
            clients, self.clients = self.clients, []
        if listener:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for client in clients:
            client.connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            client = Client(self, connection)
            with self.lock:
                self.clients.append(client)
            threading.Thread(target=client.run, daemon=True).start()

    # What happens

    def emit(self, topic, **event):
        with self.lock:
            for client in self.clients:
                client.notify(topic, {"at": iso(), **event} if topic != "logs" else event)

    def status_event(self, kind, detail=None):
        self.emit("status", kind=kind, **({} if detail is None else {"detail": detail}))

    def lose_gateway(self):
        with self.lock:
            lost = self.state["status"]["routes"]["selected_gateway"]
            blocked = blocked_state()
            self.state["table"]["gateways"] = blocked["table"]["gateways"]
            self.state["status"]["routes"]["selected_gateway"] = None
            self.state["status"]["kill_switch"] = {**blocked["status"]["kill_switch"], "since": iso(), "last_gateway": lost}
            self.status_event("gateway_lost", {"node_id": lost})
            self.status_event("kill_switch", self.state["status"]["kill_switch"])

    def regain_gateway(self):
        with self.lock:
            gateway = node_id("home-server")
            self.state["table"] = connected_state()["table"]
            self.state["status"]["kill_switch"] = calm_kill_switch()
            self.state["status"]["routes"]["selected_gateway"] = gateway
            self.status_event("kill_switch", calm_kill_switch())
            self.status_event("gateway_selected", {"node_id": gateway})

    def sample(self, tick):
        with self.lock:
            status = self.state["status"]
            is_flowing = status["route_on"] and not status["kill_switch"]["engaged"]
            wave = 0.55 + 0.35 * math.sin(tick / 5.0) + 0.1 * math.sin(tick * 1.7)
            down, up = (int(46e6 * wave), int(7e6 * (1.1 - wave))) if is_flowing else (int(2e4 * wave), int(2e4 * wave))
            status["stats"]["forwarded_bytes"] += (down + up) // 8
            status["stats"]["forwarded_packets"] += (down + up) // 9000
            detail = {"rx_bps": down, "tx_bps": up, "rx_bytes": 3_512_338_112 + tick * 3_000_000,
                      "tx_bytes": 431_552_100 + tick * 500_000, "stats": status["stats"], "drops": status["drops"],
                      "refused_claims": status["refused_claims"], "peers": []}
            self.status_event("sample", detail)

    # The contract

    def after_answer(self):
        later, self.later = self.later, []
        for happen in later:
            happen()

    def answer(self, client, method, params):
        if method == "rpc.hello":
            if params.get("rpc_version") != self.rpc_version:
                raise RpcFailure(-32001, "this daemon speaks rpc_version %d" % self.rpc_version)
            client.is_open = True
            return {"daemon": "pim-daemon 0.1.0", "rpc_version": self.rpc_version,
                    "features": ["seq", "snapshot", "split_default", "gateway"]}
        if not client.is_open:
            raise RpcFailure(-32600, "say rpc.hello first")
        topic, _, verb = method.partition(".")
        if topic in TOPICS and verb in ("subscribe", "unsubscribe"):
            return self._subscription(client, topic, verb, params)
        handler = getattr(self, "_" + method.replace(".", "_"), None)
        if handler is None:
            raise RpcFailure(-32601, "no method %s" % method)
        return handler(params)

    def _subscription(self, client, topic, verb, params):
        if verb == "unsubscribe":
            if topic not in client.subscriptions:
                raise RpcFailure(-32051, "no such subscription")
            del client.subscriptions[topic]
            return None
        if topic in client.subscriptions:
            raise RpcFailure(-32050, "subscribed already")
        client.subscriptions[topic] = 7
        snapshot = copy.deepcopy(self.state[topic])
        if topic == "logs":
            client.least_level = LEVELS.index(params.get("min_level", "info"))
            snapshot["lines"] = [line for line in snapshot["lines"] if LEVELS.index(line["level"]) >= client.least_level]
        return {"subscription_id": topic + "-1", "seq": 7, "snapshot": snapshot}

    def _status(self, _):
        return self.state["status"]

    def _route_table(self, _):
        return self.state["table"]

    def _route_explain(self, params):
        target, status = params["target"], self.state["status"]
        if not re.fullmatch(r"[0-9a-f.:]+", target):
            raise RpcFailure(-32602, "not an address and not an id: %s; names are not resolved here" % target)
        way = {"target": target, "course": "as_before", "node_id": None, "via": None, "hops": 0, "metric": 0,
               "reason": "routing through the mesh is off"}
        if status["kill_switch"]["engaged"]:
            way.update(course="blocked", reason="the internet is blocked until a gateway is usable")
        elif status["route_on"]:
            used = next(gateway for gateway in self.state["table"]["gateways"] if gateway["selected"])
            way.update(course="through_gateway", node_id=used["node_id"], via=used["via"], hops=used["hops"],
                       metric=used["score_parts"]["metric"], reason=None)
        return way

    def _route_set_split_default(self, params):
        if not isinstance(params.get("on"), bool):
            raise RpcFailure(-32602, "on must be true or false")
        status, on = self.state["status"], params["on"]
        if self.is_deaf:
            return {"on": status["route_on"], "via_gateway_id": None}
        status["route_on"] = on
        usable = [gateway for gateway in self.state["table"]["gateways"] if gateway["healthy"]]
        selected = usable[0]["node_id"] if on and usable else None
        status["routes"]["selected_gateway"] = selected
        status["kill_switch"] = calm_kill_switch()
        if on and selected is None:
            status["kill_switch"] = {**calm_kill_switch(), "engaged": True, "cause": "no_gateway_yet", "since": iso(),
                                     "verified_at": iso()}
        self.later.append(lambda: self._tell_route(on, selected))
        return {"on": on, "via_gateway_id": selected}

    def _tell_route(self, on, selected):
        if on and selected:
            self.status_event("gateway_selected", {"node_id": selected})
        self.status_event("route_on" if on else "route_off")
        if on and not selected:
            self.status_event("kill_switch", self.state["status"]["kill_switch"])

    def _find(self, params):
        for peer in self.state["peers"]:
            if peer["node_id"] == params.get("node_id"):
                return peer
        raise RpcFailure(-32010, "nobody has this id")

    def _peer_event(self, kind, peer, **more):
        self.later.append(lambda: self.emit("peers", kind=kind, peer=peer, **more))

    def _peers_verify(self, params):
        peer = self._find(params)
        peer["trust"] = "verified"
        self._peer_event("trusted", peer)
        return {"node_id": peer["node_id"], "trust": "verified"}

    def _peers_forget(self, params):
        peer = self._find(params)
        self.state["peers"].remove(peer)
        self._peer_event("forgotten", {**peer, "static": False})
        return {"forgot_identity": True, "deleted_messages": 0, "deleted_conversation": False}

    def _peers_add_static(self, params):
        peer = make_peer(params["address"], state="connecting", latency=None, trust="listed", label=False)
        peer.update(node_id="", node_id_short="", mesh_ip="", label=params.get("label"), endpoint=params["address"],
                    config_entry_id="entry-%d" % len(self.state["peers"]), x25519_pubkey=None, last_handshake_s=None,
                    rx_bytes=0, tx_bytes=0)
        self.state["peers"].append(peer)
        self._peer_event("state_changed", peer)
        return {"node_id": None, "config_entry_id": peer["config_entry_id"]}

    def _gateways_allow(self, params):
        peer = self._find(params)
        peer["is_gateway"] = peer["offers_internet"]
        offers = self.state["table"]["offers"]
        for offer in [offer for offer in offers if offer["node_id"] == peer["node_id"]]:
            offers.remove(offer)
            self.state["table"]["gateways"].append({**offer, "reason": None})
        self._peer_event("state_changed", peer)
        return {"node_id": peer["node_id"], "allowed": True}

    def _gateways_disallow(self, params):
        peer = self._find(params)
        peer["is_gateway"] = False
        self._peer_event("state_changed", peer)
        return {"node_id": peer["node_id"], "allowed": False}

    def _handshakes_list(self, params):
        if self._find(params)["state"] == "failed":
            return [{"at": seconds_ago(33), "node_id": params["node_id"], "address": "192.0.2.9:9100", "direction": "outbound",
                     "step": "initiation_sent", "outcome": "failed", "reason": "timeout"}]
        return [{"at": seconds_ago(ago), "node_id": params["node_id"], "address": "192.0.2.14:9100",
                 "direction": "outbound" if ago != 129 else "inbound", "step": "confirmed", "outcome": "established",
                 "reason": None} for ago in (9, 129, 249)]

    def _gateway_preflight(self, _):
        return {"supported": True, "platform": "linux", "suggested_nat_interfaces": ["eth0", "wlan0"], "checks": [
            {"name": "CAP_NET_ADMIN", "ok": True, "detail": "held by pim-daemon"},
            {"name": "nftables", "ok": True, "detail": "nft 1.0.6 answers"},
            {"name": "IPv4 uplink", "ok": True, "detail": "default route through eth0"},
            {"name": "IPv6 uplink", "ok": False, "detail": "no IPv6 default route: peers get IPv4 only",
             "fix": "ask the provider for IPv6, or go on without it"},
            {"name": "foreign firewall", "ok": True, "detail": "no chain drops forwarded packets"}]}

    def _gateway_enable(self, params):
        self.state["gateway"] = {
            "active": True, "nat_interface": params["nat_interface"], "conntrack": {"used": 318, "max": 4096},
            "throughput": {"in_bps": 0, "out_bps": 0, "in_total_bytes": 0, "out_total_bytes": 0}, "peers_through_me": 0,
            "peers_through_me_ids": [], "enabled_at": iso()}
        self.later.append(lambda: self.emit("gateway", kind="enabled", detail={"nat_interface": params["nat_interface"]}))
        return {"active": True, "nat_interface": params["nat_interface"], "advertised_routes": ["0.0.0.0/0"]}

    def _gateway_disable(self, _):
        self.state["gateway"] = {"active": False, "nat_interface": None}
        self.later.append(lambda: self.emit("gateway", kind="disabled"))
        return {"active": False}


def main():
    path, scene = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "connected"
    daemon = FakeDaemon(path, SCENES[scene]()).start()
    tick = 0
    while True:
        daemon.sample(tick)
        tick += 1
        time.sleep(float(os.environ.get("FAKE_DAEMON_PACE", "1")))


if __name__ == "__main__":
    main()
