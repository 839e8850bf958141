"""The mark that every packet of a generator carries, as text that is also a DNS label."""
import re

PREFIX = b"pimtag9vq7"
_PATTERN = re.compile(re.escape(PREFIX) + rb"-([a-z0-9-]+?)--", re.IGNORECASE)


def make(kind, number):
    """`kind` names what is tried, such as udp4-device; letters, digits and single dashes."""
    return PREFIX + b"-" + kind.encode() + b"--%d" % number


def find(packet):
    """The kind of the tag anywhere in the packet's bytes, or None."""
    if PREFIX not in packet:
        lower = packet.lower()  # resolvers may change the case of a name
        if PREFIX not in lower:
            return None
        packet = lower
    found = _PATTERN.search(packet)
    return found.group(1).decode() if found else "cut short"
