"""What an observer of the cable sees, and what comes of it when he plays it back."""
import os
import random
import re
import signal
import time

import pytest

from lab import addresses as a, capture, generators, sandbox
from lab.mesh import GATEWAYS, Mesh
from lab.topology import Network

pytestmark = [pytest.mark.needs("daemon", "pim"), pytest.mark.limit(120)]

HEADER_AND_TAG = 32
DATA, KEY_QUERY, KEY_REPLY = 4, 5, 6  # the first byte of a datagram, docs/wire.md
PING_SIZES = (100, 357, 1001)
CLEAR = [b"a page of the lab", b"GET / HTTP", b"HTTP/1.0", b"curl/", b"\x03www\x03lab\x04test", b"pimtag", b"lab.test"]


@pytest.fixture(scope="module")
def session():
    """A mesh that routes, with everything that crossed the client's uplink since before the daemons started."""
    path = os.path.join(sandbox.RUN_DIR, "session.pcap")
    with Network() as network:
        for node, link in ((network.internet, "to-client"), (network.internet, "to-gateway"),
                           (network.client, a.UPLINK), (network.gateway, a.UPLINK)):
            capture.offloads_off(node, link)
        network.sniffer.record(path)
        mesh = Mesh(network)
        mesh.start()
        mesh.pair()
        mesh.route("on")
        mesh.wait_pages(GATEWAYS)
        load = generators.Generators(network)
        load.rate(3)
        time.sleep(2)
        load.rate(0)
        mesh.pings = ping(mesh)
        network.sniffer.record(None)
        mesh.seen = capture.datagrams(path, a.LISTEN_PORT)
        yield mesh


def ping(mesh):
    """Answers to pings of the gateway's mesh addresses: {(family, size): answered}"""
    status = mesh.gateway.status()
    pattern = b"echo-payload-of-".hex()  # ping takes 16 bytes
    return {(family, size): mesh.network.client.run(
                "ping", "-n", "-c", "1", "-W", "3", "-p", pattern, "-s", str(size), status[key].split("/")[0], check=False).returncode == 0
            for family, key in ((4, "mesh_ip"), (6, "mesh_ipv6")) for size in PING_SIZES}


def test_a_whole_session_was_captured_in_both_directions(session):
    assert all(session.pings.values()), session.pings
    assert {(datagram.source, datagram.destination) for datagram in session.seen} == {(a.CLIENT4, a.GATEWAY4), (a.GATEWAY4, a.CLIENT4)}
    assert len(session.seen) > 500


def test_no_payload_is_in_clear(session):
    everything = b"\n".join(datagram.payload for datagram in session.seen).lower()
    assert [text for text in [*CLEAR, b"echo-payload-of-"] if text.lower() in everything] == []


def test_each_data_datagram_is_its_inner_packet_and_32_bytes(session):
    lengths = {(datagram.source, len(datagram.payload)) for datagram in session.seen}
    for size in PING_SIZES:
        for headers in (20 + 8, 40 + 8):
            for source in (a.CLIENT4, a.GATEWAY4):
                assert (source, size + headers + HEADER_AND_TAG) in lengths, f"ping of {size} bytes, headers {headers}, from {source}"


def test_sealed_bytes_look_random(session):
    """No datagram is ever the same as another, and no byte value stands out behind the headers of the data."""
    payloads = [datagram.payload for datagram in session.seen]
    assert len(set(payloads)) == len(payloads)
    body = b"".join(payload[16:] for payload in payloads if payload[0] == DATA)
    expected = len(body) / 256
    chi_square = sum((body.count(value) - expected) ** 2 / expected for value in range(256))
    assert len(body) > 50_000 and chi_square < 255 + 6 * 510 ** 0.5  # six standard deviations


def test_no_tcp_listener_anywhere(session):
    for node in (session.network.client, session.network.gateway):
        assert node.run("ss", "-Hlntp").stdout.strip() == ""


def flipped(datagram, bit):
    payload = bytearray(datagram.payload)
    payload[bit // 8] ^= 1 << bit % 8
    return datagram._replace(payload=bytes(payload))


@pytest.mark.parametrize("name", ["client", "gateway"])
@pytest.mark.parametrize("forge", ["one bit flipped", "unchanged"])
def test_every_captured_datagram_sent_again_is_refused(session, name, forge):
    """The partner is stopped, so that whatever the daemon accepts can only come from here."""
    target, partner = (session.client, session.gateway) if name == "client" else (session.gateway, session.client)
    address = a.CLIENT4 if name == "client" else a.GATEWAY4
    chosen = [datagram for datagram in session.seen if datagram.destination == address and
              # a key query is public and without state: the same one again gets the same answer, and changes nothing
              (forge == "one bit flipped" or datagram.payload[0] not in (KEY_QUERY, KEY_REPLY))]
    random.seed(7)
    forger = capture.Forger(session.network.internet)
    partner.process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(0.2)
        before = target.status()
        for number, datagram in enumerate(chosen):
            bit = random.randrange(8 * len(datagram.payload))
            forger.send(flipped(datagram, bit) if forge == "one bit flipped" else datagram)
            if number % 64 == 63:
                time.sleep(0.01)  # the daemon's receive buffer is not what is tested
        time.sleep(0.3)
        after = target.status()
    finally:
        partner.process.send_signal(signal.SIGCONT)
        forger.close()
    received = {peer["node_id"]: peer["rx_bytes"] for peer in before["peers"]}
    assert {peer["node_id"]: peer["rx_bytes"] for peer in after["peers"]} == received
    refused = ("malformed_datagram", "bad_mac1", "rate_limited", "unknown_receiver", "handshake_rejected", "decrypt_failed",
               "replayed", "session_expired", "untrusted_peer")
    dropped = sum(after["drops"].get(reason, 0) - before["drops"].get(reason, 0) for reason in refused)
    assert dropped == len(chosen), {reason: after["drops"].get(reason, 0) - before["drops"].get(reason, 0) for reason in refused}
    assert target.is_running()


def test_the_session_still_works_after_all_that(session):
    session.wait_pages(GATEWAYS, 20)


def test_no_method_and_no_key_turns_encryption_off(session):
    words = re.compile(r"\b(plain_?text|cleartext|insecure|unencrypted|no_?(crypto|encryption|verify)|disable_?(crypto|encryption)|cipher)\b")
    config = session.client.call("config.get", format="toml")["config"]
    methods = [method["name"] for method in session.client.call("rpc.discover")["methods"]]
    assert "status" in methods
    keys = [line for line in config.splitlines() if not line.lstrip().startswith("#")]
    assert [text for text in [*keys, *methods] if words.search(text.lower())] == []
