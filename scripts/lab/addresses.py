"""Who is where in the lab. Public addresses are documentation and benchmark ranges (RFC 5737, 2544, 3849)."""
from typing import NamedTuple

DOMAIN = "lab.test"

# Servers of the internet, all on its loopback.
WEB4, WEB6 = "203.0.113.80", "2001:db8:80::80"
DNS4, DNS6 = "203.0.113.53", "2001:db8:53::53"
#: Nothing but the generators talks to these: one packet to them on the client's own links is a leak, tag or not.
RESERVED4, RESERVED6 = "198.18.100.1", "2001:db8:bad::1"
SERVERS = (WEB4, WEB6, DNS4, DNS6, RESERVED4, RESERVED6)

# The client's own uplink: a public network and a private one on the same cable, as in a home with its own resolver.
UPLINK = "up0"
CLIENT4, CLIENT4_ROUTER = "198.51.100.10", "198.51.100.1"
CLIENT6, CLIENT6_ROUTER = "2001:db8:1::10", "2001:db8:1::1"
CLIENT_LAN4, ONLINK_DNS4 = "192.168.77.10", "192.168.77.1"
CLIENT_LAN6, ONLINK_DNS6 = "fdaa:77::10", "fdaa:77::1"
ROUTER_LINK_LOCAL = "fe80::1"

# The gateway's uplink.
GATEWAY4, GATEWAY4_ROUTER = "192.0.2.20", "192.0.2.1"
GATEWAY6, GATEWAY6_ROUTER = "2001:db8:2::20", "2001:db8:2::1"



class Far(NamedTuple):
    own4: str
    router4: str
    own6: str
    router6: str


#: Uplinks of two relays and of two more gateways.
FAR = [Far(f"198.19.{number}.20", f"198.19.{number}.1", f"2001:db8:{number}::20", f"2001:db8:{number}::1")
       for number in range(11, 15)]

# A second cable straight between client and gateway, where the lab is built with `onlink`.
LAN = "lan0"
CLIENT_NEAR4, GATEWAY_NEAR4 = "192.168.88.10", "192.168.88.20"
CLIENT_NEAR6, GATEWAY_NEAR6 = "fdaa:88::10", "fdaa:88::20"

#: name -> (v4, v6) as the lab's DNS servers answer.
NAMES = {
    f"www.{DOMAIN}": (WEB4, WEB6),
    f"echo.{DOMAIN}": (RESERVED4, RESERVED6),
    f"gateway.{DOMAIN}": (GATEWAY4, GATEWAY6),
}

LISTEN_PORT, DISCOVERY_PORT = 9100, 9101
#: Where the web's addresses answer a datagram with itself and the address that it came from.
SEEN_PORT = 7007
#: Where the reserved addresses answer. Among them ports that a rule made for something else might let through.
ECHO_PORTS = (22, 67, 80, 123, 443, 547, 853, 5353, LISTEN_PORT, DISCOVERY_PORT, 51820)
