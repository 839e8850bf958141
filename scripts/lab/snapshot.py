"""The state of a node's network as text, so that `before` and `after` can be compared line by line.

Left out is what changes by itself: counters, ages, interface numbers, the link-local address of a TUN.
"""
import difflib
import json
import os
import re

# Not settings but gauges, or values that the kernel draws anew.
VOLATILE = re.compile(r"nf_conntrack_count$|netdev_rss_key|route/(flush|gc_)|/stable_secret$|neigh/.*/gc_|nf_conntrack_.*_count$")
DROPPED_KEYS = {"ifindex", "link_index", "stats", "stats64", "link_netnsid", "expires", "age", "cacheinfo",
                "valid_life_time", "preferred_life_time", "txqlen", "used"}


def take(node):
    """{"ip rule": [lines], "ip route": ..., "nft": ..., "links": ..., "sysctl": ...}"""
    return {
        "ip rule": _json(node, "-4", "rule") + _json(node, "-6", "rule"),
        "ip route": _json(node, "-4", "route", "show", "table", "all") + _json(node, "-6", "route", "show", "table", "all"),
        "links": _json(node, "-d", "addr"),
        "nft": _nft(node),
        "sysctl": _sysctl(node),
    }


def difference(before, after):
    """Lines as of diff -u, empty when equal."""
    lines = []
    for part, old in before.items():
        new = after[part]
        if part == "sysctl":  # a kernel module that was loaded meanwhile brings new names: those are nobody's change
            names = {line.split(" = ")[0] for line in old}
            new = [line for line in new if line.split(" = ")[0] in names or not line.startswith("net/netfilter/")]
        lines += difflib.unified_diff(old, new, f"{part} before", f"{part} after", lineterm="", n=0)
    return lines


def _json(node, *arguments):
    """One line for each entry, keys sorted."""
    output = node.run("ip", "-j", *arguments).stdout.strip()
    entries = [_clean(entry) for entry in json.loads(output or "[]")]
    return sorted(json.dumps(entry, sort_keys=True) for entry in entries if entry and not _is_tun_link_local(entry))


def _clean(value):
    if isinstance(value, dict):
        kept = {key: _clean(item) for key, item in value.items() if key not in DROPPED_KEYS}
        if kept.get("link_type") == "none":  # a TUN: "unknown" until its queue was attached twice, then "up"
            kept.pop("operstate", None)
            kept["addr_info"] = [item for item in kept["addr_info"] if not item.get("local", "").startswith("fe80")]
        return kept
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def _is_tun_link_local(entry):
    """The kernel gives each TUN a random fe80 address, and routes for it."""
    destination = entry.get("dst", "")
    return destination.startswith("fe80:") and "/" not in destination and entry.get("dev", "").startswith("pim")


def _nft(node):
    text = node.run("nft", "list", "ruleset").stdout
    text = re.sub(r"packets \d+ bytes \d+", "packets N bytes N", text)
    return re.sub(r" expires \S+", "", text).splitlines()


def _sysctl(node):
    lines = []
    with node.netns():
        for folder, _, files in os.walk("/proc/sys/net"):
            for name in files:
                path = os.path.join(folder, name)
                short = path.removeprefix("/proc/sys/")
                if VOLATILE.search(short):
                    continue
                try:
                    with open(path, encoding="ascii", errors="replace") as file:
                        lines.append(f"{short} = {' '.join(file.read().split())}")
                except OSError:
                    pass  # write-only
    return sorted(lines)
