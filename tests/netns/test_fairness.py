"""A relay whose way out is too narrow: whoever wants little of it gets that, however loud another is."""
import contextlib
import socket
import time

import pytest

from all_pairs import SETTLED, address, pings
from lab.daemon import wait_until
from lab.mesh import start_neighbours
from lab.topology import Cabled

pytestmark = [pytest.mark.needs("daemon"), pytest.mark.limit(60)]

DATAGRAM = b"x" * 1200
LOUD_PER_MODEST = 100


def test_one_talker_cannot_starve_another():
    with Cabled(["loud", "modest", "relay", "sink"], [("loud", "relay"), ("modest", "relay"), ("relay", "sink")]) as cabled:
        daemons = start_neighbours(cabled)
        target = address(daemons["sink"], 6)
        for name in ("loud", "modest"):
            wait_until(lambda: pings(daemons[name], target), SETTLED, f"{name} reaches the sink")
        # What waits here fills the relay's send buffer, which is when shares begin.
        cabled.nodes["relay"].run("tc", *"qdisc add dev to-sink root tbf rate 20mbit burst 20kb limit 40mb".split())
        heard = daemons["sink"].node.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        heard.bind((target, 7000))  # so that nobody is told that the port is closed
        talkers = {name: daemons[name].node.socket(socket.AF_INET6, socket.SOCK_DGRAM) for name in ("loud", "modest")}
        for one in talkers.values():
            one.connect((target, 7000))

        def passed():
            """{name: (datagrams passed on, dropped)}, as the relay counts them."""
            ids = {daemons[name].status()["node_id"]: name for name in talkers}
            return {ids[one["node_id"]]: (one["packets"], one["dropped"])
                    for one in daemons["relay"].status()["relay"]["for"] if one["node_id"] in ids}

        def speak(seconds):
            """Both, the loud one a hundred times as much. -> datagrams of the modest one"""
            end, count = time.monotonic() + seconds, 0
            while time.monotonic() < end:
                talkers["modest"].send(DATAGRAM)
                count += 1
                for _ in range(LOUD_PER_MODEST):
                    with contextlib.suppress(OSError):
                        talkers["loud"].send(DATAGRAM)
                time.sleep(0.01)
            return count
        for _ in range(20):  # until the buffer is full
            speak(0.5)
            if passed()["loud"][1] > 1000:
                break
        before = passed()
        said = speak(2)
        enough = before["modest"][0] + 0.9 * said  # now and then a burst is more than its part of 20 ms
        wait_until(lambda: passed()["modest"][0] >= enough, 3, "what the modest one said is passed on")
        after = passed()
        assert after["modest"][1] - before["modest"][1] <= 0.1 * said
        assert after["loud"][1] - before["loud"][1] > 1000, "the way out was wide enough"
        assert after["loud"][0] > before["loud"][0], "the loud one has its share as well"
        heard.close()
