"""The gateway in use dies under traffic, and the next one carries on: four times of what scripts/failover does fifty times."""
import pytest

from lab.failover import FailoverDrill
from lab.topology import Relayed

pytestmark = pytest.mark.needs("daemon", "pim")


@pytest.mark.limit(180)
def test_the_next_gateway_carries_on_within_five_seconds_and_nothing_leaks():
    with Relayed(rp_filter=1) as network:
        assert FailoverDrill(network, times=4).run() is None
