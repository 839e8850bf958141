"""The drill of `scripts/demo --scenario kill-switch` as a test, under each reverse path filter and on both topologies."""
import pytest

from lab.drill import Drill
from lab.topology import Network

pytestmark = pytest.mark.needs("daemon", "pim")


@pytest.mark.limit(180)
@pytest.mark.parametrize("rp_filter, onlink", [(0, False), (1, False), (2, False), (1, True)])
def test_nothing_leaks_through_the_whole_drill(rp_filter, onlink):
    with Network(rp_filter, onlink) as network:
        assert Drill(network).run() is None
