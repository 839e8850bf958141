"""What a soak makes of its samples: each promise kept, and each broken once."""
import dataclasses

import pytest

from lab.numbered import Account
from speed import promises

NAMES = ("a", "b")
EVERY = 5.0


def account(missing=0, reordered=0, repeated=0, arrived=100_000):
    end = {"sent": arrived + missing, "next": arrived + missing, "arrived": arrived, "reordered": reordered,
           "repeated": repeated, "missing": missing}
    return {name: dict(end) for name in NAMES}


def kept(seconds=600):
    """Samples of a run in which nothing went wrong: a new key every two minutes, all buffers large enough."""
    return [promises.Sample(at=at, resident=dict.fromkeys(NAMES, 12_000), drops={name: {"replayed": 7} for name in NAMES},
                            overflowed=dict.fromkeys(NAMES, 3), account=account(), keyed_at=at // 120 * 120 - 1)
            for at in (EVERY * number for number in range(int(seconds / EVERY) + 1))]


def from_then_on(samples, at, **changes):
    return [dataclasses.replace(sample, **changes) if sample.at >= at else sample for sample in samples]


def broken(samples, raw=None):
    return promises.broken(samples, raw or account())


def test_a_run_without_fault_breaks_nothing():
    assert broken(kept()) == [] and len(promises.rekeys(kept())) == 5
    assert broken(kept(seconds=10)) == []


def test_memory_that_grows_after_the_first_minute_is_told():
    grown = from_then_on(kept(), 300, resident={"a": 12_000 + promises.GROWTH_KIB + 1, "b": 12_000 + promises.GROWTH_KIB})
    assert broken(grown) == [f"the daemon of a grew by {promises.GROWTH_KIB + 1} KiB"]
    assert broken(from_then_on(kept(), 30, resident=dict.fromkeys(NAMES, 20_000))) == []


@pytest.mark.parametrize("reason, is_told", [("decrypt_failed", True), ("replayed", True), ("congestion", False),
                                             ("not_unicast", False)])
def test_a_drop_is_told_unless_a_full_buffer_or_the_hosts_multicast_explains_it(reason, is_told):
    dropped = from_then_on(kept(), 300, drops={"a": {"replayed": 7}, "b": {"replayed": 7, reason: 9}})
    assert bool(broken(dropped)) is is_told


def test_what_full_buffers_lost_at_that_time_is_no_loss_of_pims():
    lost = from_then_on(kept(), 300, account=account(missing=10))
    assert promises.unexplained(lost) == (20, 0) and "20 numbered datagrams" in broken(lost)[0]
    assert broken(from_then_on(lost, 300, overflowed={"a": 3, "b": 23})) == []
    assert broken(from_then_on(lost, 400, overflowed={"a": 3, "b": 23})) != []


def test_a_loss_at_a_rekey_is_told_as_one():
    for at, at_rekeys in ((355, 0), (360, 2), (365, 2), (370, 0)):
        lost = from_then_on(kept(), at, account=account(missing=1))
        assert promises.unexplained(lost) == (2, at_rekeys)


def test_rekeys_that_do_not_come_are_told():
    late = [dataclasses.replace(sample, keyed_at=-1) for sample in kept()]
    assert broken(late) == ["0 rekeys, and at least 4 were due"]


def test_reordering_is_told_beyond_that_of_the_link():
    reordered = from_then_on(kept(), 300, account=account(reordered=50))
    assert "were reordered" in broken(reordered)[0]
    assert broken(reordered, raw=account(reordered=50)) == []


def test_what_comes_twice_or_not_at_all_is_told():
    assert broken(from_then_on(kept(), 300, account=account(repeated=1))) == ["2 numbered datagrams came twice"]
    nothing = [dataclasses.replace(sample, account=account(arrived=0)) for sample in kept()]
    assert broken(nothing) == ["no numbered datagram reached a", "no numbered datagram reached b"]


def test_numbers_are_accounted_in_whatever_order_they_come():
    seen = Account()
    for number in (0, 1, 3, 2, 2, 7, 5, 0):
        seen.take(number)
    assert seen.values() == {"next": 8, "arrived": 6, "reordered": 2, "repeated": 2, "missing": 2}
