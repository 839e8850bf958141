"""Other VPNs in their current releases, which Debian 12 does not have: what they reached where they were measured (two
namespaces, two cores of an AMD EPYC with AVX-512, medians of three), as ratios to what stood beside them in that run.
"""
#: {VPN: (release, the oldest release that counts as current)}
RELEASES = {"wireguard-go": ("0.0.20250522", (0, 0, 20230101)), "yggdrasil": ("0.5.12", (0, 5))}

#: {(VPN, topology, figure): (what stood beside it, ratio)}
RATIOS = {
    ("wireguard-go", "pair", "tcp1_gbit_s"): ("ceiling", 2.996 / 4.370),
    ("wireguard-go", "pair", "udp64_pps"): ("ceiling", 56_277 / 97_096),
    ("wireguard-go", "pair", "udp1200_pps"): ("ceiling", 57_055 / 121_000),
    ("wireguard-go", "wire", "tcp1_gbit_s"): ("ceiling", 3.018 / 3.893),
    ("yggdrasil", "line", "tcp1_gbit_s"): ("raw", 1.878 / 17.709),
}


def is_current(name, version):
    """True for what has no entry above: it is what it is."""
    if name not in RELEASES:
        return True
    numbers = [int(part) for part in (version or "0").split(".") if part.isdigit()]
    return tuple(numbers) >= RELEASES[name][1]
