"""What a daemon may have to show, as its answers hold it: states that fake_daemon.py serves and tests move by hand."""
import datetime
import hashlib
import random


def iso(when=None):
    moment = datetime.datetime.now(datetime.timezone.utc) if when is None else when
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (moment.microsecond // 1000)


def seconds_ago(seconds):
    return iso(datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds))


def node_id(name):
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def make_peer(name, state="active", hops=1, latency=12.0, gateway=False, offers=None, trust="verified", label=True, via=None,
              **more):
    identity = node_id(name)
    number = int(identity[:4], 16)
    peer = {
        "node_id": identity, "node_id_short": identity[:8], "label": name if label else None,
        "mesh_ip": "10.77.%d.%d" % (number >> 8, number & 255), "transport": "udp" if hops == 1 else "relay",
        "state": state, "route_hops": hops, "via": node_id(via) if via else None, "last_seen_s": 1, "latency_ms": latency, "is_gateway": gateway,
        "static": True, "x25519_pubkey": hashlib.sha256(identity.encode()).hexdigest(), "config_entry_id": None,
        "loss_percent": 0.0, "rx_bytes": number * 9173, "tx_bytes": number * 3571,
        "endpoint": "192.0.2.%d:9100" % (number % 250 + 1), "last_handshake_s": number % 110, "trust": trust,
        "offers_internet": gateway if offers is None else offers,
    }
    peer.update(more)
    return peer


def hearsay(name, hops, via):
    """A node of which only routing tells."""
    return make_peer(name, state="relayed", hops=hops, latency=None, trust="pending", label=False, via=via, static=False,
                     rx_bytes=0, tx_bytes=0, last_handshake_s=None, last_seen_s=15140, endpoint=None)


def make_gateway(name, hops=1, latency=12.0, selected=False, healthy=True, via=None, reason=None, load=20, order=0, metric=None,
                 priority=100):
    metric = metric or 128 * hops
    parts = {"order": order, "priority": priority, "v4": True, "v6": True, "metric": metric, "load": load, "usable_s": 340}
    return {"node_id": node_id(name), "via": node_id(via or name), "hops": hops,
            "score": (order * 1000 + priority) * 1000000 + metric + load * 100 // 255, "score_parts": parts,
            "selected": selected, "priority": priority, "latency_ms": latency, "load": load, "healthy": healthy,
            "reason": reason}


def make_route(name, hops=1, via=None, selected=True, feasible=True, gateway=False, metric=96):
    return {"destination": node_id(name), "via": node_id(via or name), "hops": hops, "learned_from": node_id(via or name),
            "is_gateway": gateway, "load": 0, "age_s": 4, "metric": metric, "feasible": feasible, "doubted": False, "selected": selected}


def calm_kill_switch():
    return {"engaged": False, "cause": None, "since": None, "last_gateway": None, "trying": None, "verified_at": None}


def make_state():
    """Nothing but this node: no peers, routing off."""
    identity = node_id("this device")
    return {
        "status": {
            "node": "laptop", "node_id": identity, "node_id_short": identity[:8],
            "x25519_pubkey": hashlib.sha256(b"key").hexdigest(), "mesh_ip": "10.77.42.17/16",
            "mesh_ipv6": "fd5c:9a1e:77b0::4c1d/48", "interface": {"name": "pim0", "up": True, "mtu": 1344},
            "role": ["client"], "transport": {"udp": {"port": 9100}}, "peers": [],
            "routes": {"active": 0, "expired": 0, "selected_gateway": None},
            "stats": {"forwarded_bytes": 0, "forwarded_packets": 0, "dropped": 0, "dropped_reason": None,
                      "congestion_drops": 0, "conntrack_size": 0},
            "uptime_s": 15140, "route_on": False, "started_at": seconds_ago(15140),
            "kill_switch": calm_kill_switch(), "drops": {}, "refused_claims": {},
            "relay": {"enabled": True, "packets": 0, "bytes": 0, "dropped": 0, "for": []}},
        "peers": [],
        "gateway": {"active": False, "nat_interface": None},
        "logs": {"lines": []},
        "table": {"routes": [], "gateways": [], "offers": []},
    }


def log_line(level, source, message, ago=0.0, peer=None):
    line = {"ts": seconds_ago(ago), "level": level, "source": source, "message": message}
    return {**line, "peer_id": node_id(peer)} if peer else line


def connected_state():
    state = make_state()
    state["peers"] = [
        make_peer("home-server", gateway=True, latency=11.6, rx_bytes=3_421_772_180, tx_bytes=412_883_120),
        make_peer("office-nuc", gateway=True, latency=38.2, trust="listed"),
        make_peer("phone", latency=64.0, trust="first_use", loss_percent=1.4),
        make_peer("garden-pi", state="relayed", hops=2, latency=92.4, via="home-server"),
        make_peer("attic", state="connecting", latency=None, trust="listed", last_handshake_s=None, last_seen_s=340),
        make_peer("old-desktop", state="failed", latency=None, trust="first_use", last_handshake_s=None, last_seen_s=86400),
    ]
    status = state["status"]
    status["route_on"] = True
    status["routes"] = {"active": 5, "expired": 0, "selected_gateway": node_id("home-server")}
    status["stats"] = {"forwarded_bytes": 3_912_330_240, "forwarded_packets": 3_214_551, "dropped": 1_284,
                       "dropped_reason": "no_route", "congestion_drops": 12, "conntrack_size": 0}
    status["drops"] = {"no_route": 1022, "replayed": 173, "inner_source": 61, "queue_full": 12, "malformed": 9, "stale_key": 7}
    state["table"] = {
        "routes": [make_route("home-server", gateway=True), make_route("office-nuc", gateway=True, metric=128),
                   make_route("phone", metric=190), make_route("garden-pi", hops=2, via="home-server", metric=248),
                   make_route("garden-pi", hops=2, via="office-nuc", metric=310, selected=False)],
        "gateways": [make_gateway("home-server", latency=11.6, selected=True, reason="first usable in your order"),
                     make_gateway("office-nuc", latency=38.2, load=96, order=1, reason="comes later in your order")],
        "offers": [make_gateway("phone", latency=64.0, load=4, order=2, reason="you did not allow it")]}
    state["peers"][2]["offers_internet"] = True
    state["logs"]["lines"] = [
        log_line("info", "daemon", "pim 0.1.0 is running as laptop on pim0", 75),
        log_line("info", "session", "established with home-server over 192.0.2.14:9100", 72, "home-server"),
        log_line("info", "session", "established with office-nuc over 198.51.100.7:9100", 71, "office-nuc"),
        log_line("warn", "trust", "phone is pinned at first use; its fingerprint was not compared", 66, "phone"),
        log_line("info", "mesh", "garden-pi is reached through home-server", 64, "garden-pi"),
        log_line("info", "routing", "split-default is on; the block was verified", 41),
        log_line("info", "gateways", "home-server is selected: score 140", 41, "home-server"),
        log_line("error", "session", "old-desktop did not answer: timeout after 5 s", 33, "old-desktop"),
        log_line("info", "session", "rekeyed with home-server after 120 s", 9, "home-server"),
    ]
    return state


def relayed_state():
    """A mesh of which most lies behind relays, the gateway in use among it."""
    state = make_state()
    state["peers"] = [
        make_peer("attic", latency=3.1), make_peer("garden-pi", latency=18.4), make_peer("phone", latency=64.0, trust="first_use"),
        make_peer("home-server", state="relayed", hops=2, latency=21.5, via="attic", gateway=True, endpoint=None),
        make_peer("office-nuc", state="relayed", hops=4, latency=88.0, via="garden-pi", gateway=True, endpoint=None),
        make_peer("neighbour", state="relayed", hops=2, latency=31.0, via="garden-pi", offers=True, trust="first_use", endpoint=None),
        make_peer("old-desktop", state="failed", latency=None, trust="first_use", last_handshake_s=None, last_seen_s=86400)]
    state["peers"] += [hearsay("far-%d" % number, 2 + number % 4, ("attic", "garden-pi", "phone")[number % 3])
                       for number in range(14)]
    status = state["status"]
    status.update(route_on=True, role=["client", "relay"])
    status["routes"] = {"active": len(state["peers"]) - 1, "expired": 0, "selected_gateway": node_id("home-server")}
    status["stats"].update(forwarded_bytes=3_912_330_240, forwarded_packets=3_214_551, dropped=35)
    status["drops"] = {"no_route": 22, "replayed": 13}
    status["refused_claims"] = {"false_key": 0, "outdated": 41, "taken_alias": 3, "unnamed_offer": 1}
    status["refused_inbound"] = {"packets": 128, "age_ms": 400}
    status["relay"] = {"enabled": True, "packets": 812_334, "bytes": 934_128_640, "dropped": 211, "for": [
        {"node_id": node_id("phone"), "handed_over_by": node_id("phone"), "packets": 700_100, "bytes": 812_000_000, "dropped": 200},
        {"node_id": node_id("far-3"), "handed_over_by": node_id("garden-pi"), "packets": 112_234, "bytes": 122_128_640, "dropped": 11}]}
    names = {node_id(name): name for name in ("attic", "garden-pi", "phone")}
    state["table"] = {
        "routes": [{**make_route("", hops=peer["route_hops"], gateway=peer["is_gateway"], metric=128 * peer["route_hops"] + 16,
                                 via=names.get(peer["via"] or peer["node_id"])), "destination": peer["node_id"]}
                   for peer in state["peers"] if peer["state"] != "failed"]
        + [make_route("home-server", hops=3, via="garden-pi", selected=False, gateway=True, metric=400)],
        "gateways": [make_gateway("home-server", hops=2, latency=21.5, via="attic", selected=True, metric=272,
                                  reason="first usable in your order"),
                     make_gateway("office-nuc", hops=4, latency=88.0, via="garden-pi", order=1, metric=528,
                                  reason="comes later in your order")],
        "offers": [make_gateway("neighbour", hops=2, latency=31.0, via="garden-pi", order=2, reason="you did not allow it")]}
    state["logs"]["lines"] = connected_state()["logs"]["lines"]
    return state


def blocked_state():
    state = connected_state()
    status = state["status"]
    status["routes"]["selected_gateway"] = None
    status["kill_switch"] = {"engaged": True, "cause": "gateway_lost", "since": seconds_ago(6),
                             "last_gateway": node_id("home-server"),
                             "trying": "home-server and office-nuc, each second", "verified_at": seconds_ago(1)}
    for gateway in state["table"]["gateways"]:
        gateway.update(selected=False, healthy=False, latency_ms=None, reason="no answer for 2 s")
    for peer in state["peers"][:2]:
        peer.update(state="connecting", latency_ms=None, last_handshake_s=None, last_seen_s=8)
    state["peers"][3].update(state="failed", latency_ms=None, last_seen_s=8)
    state["table"]["routes"] = state["table"]["routes"][2:3]
    state["logs"]["lines"] += [
        log_line("warn", "gateways", "home-server is lost: no answer for 2 s under traffic", 6, "home-server"),
        log_line("error", "routing", "blocking internet: gateway_lost", 6)]
    state["logs"]["lines"].sort(key=lambda line: line["ts"])
    return state


def many_state():
    state = connected_state()
    dice = random.Random(7)
    for number in range(500 - len(state["peers"])):
        kind = dice.choice(("active", "active", "relayed", "connecting", "failed"))
        is_up = kind in ("active", "relayed")
        state["peers"].append(make_peer(
            "node-%03d" % number, state=kind, hops=dice.randint(2, 5) if kind == "relayed" else 1,
            latency=dice.uniform(1, 320) if is_up else None, trust=dice.choice(("verified", "listed", "first_use")),
            via=dice.choice(("home-server", "office-nuc", "phone")) if kind == "relayed" else None,
            loss_percent=dice.choice((0.0, 0.0, 0.0, 2.5, 12.0)), last_handshake_s=dice.randint(1, 119) if is_up else None))
    return state


def no_tunnel_state():
    state = make_state()
    state["status"]["interface"] = {"name": "pim0", "up": False, "mtu": 1344, "reason": "pim-daemon lacks CAP_NET_ADMIN",
                                    "cure": "sudo setcap cap_net_admin+ep /usr/bin/pim-daemon"}
    return state


SCENES = {"connected": connected_state, "relayed": relayed_state, "blocked": blocked_state, "empty": make_state,
          "many": many_state, "no-tunnel": no_tunnel_state}
