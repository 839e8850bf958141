"""What scripts/bench makes of its measurements."""
import pytest

from speed import builds, figures, main, reference, table, targets, udp


def link(limit, fastest=1_000_000):
    """A way that carries `limit` packets a second, and half of that when it is offered more."""
    def attempt(rate):
        sent = min(rate or fastest, fastest)
        return sent, sent if sent <= limit else limit / 2
    return attempt


def summary(*values, disturbed=0):
    return {"median": values[len(values) // 2], "min": values[0], "max": values[-1], "values": list(values),
            "disturbed": disturbed}


def run_of(results, versions=None):
    return {"meta": {"versions": versions or {}}, "results": results}


def row(**changes):
    return targets.Row(**{"name": "TCP", "topology": "pair", "figure": "tcp1_gbit_s", "unit": "Gbit/s", "limit": 0.95, **changes})


def test_the_search_finds_the_highest_rate_that_arrives_up_to_three_percent():
    for limit in (60_000, 250_000, 900_000):
        best, tries = udp.search(link(limit), 12)
        assert 0.97 * limit < best <= limit and len(tries) <= 13


def test_one_failure_of_a_rate_that_holds_changes_little():
    for hiccup in range(1, 10):
        number = iter(range(100))
        way = link(250_000)
        best, _ = udp.search(lambda rate: way(rate) if next(number) != hiccup else (rate, rate / 2), 12)
        assert 0.95 * 250_000 < best <= 250_000


def test_a_sender_slower_than_the_way_is_the_answer():
    assert udp.search(link(2_000_000), 4) == (1_000_000, [(0, 1_000_000, 1_000_000)])


def test_nothing_that_arrives_is_no_rate():
    assert udp.search(lambda rate: (rate or 1000, 0), 4)[0] == 0
    assert udp.search(lambda rate: (0, 0), 4)[0] == 0


def test_a_rate_that_the_sender_did_not_reach_does_not_hold():
    assert udp.holds(100, 95, 95) and not udp.holds(100, 50, 50)


def test_a_percentile_is_the_nearest_rank():
    assert figures.percentile(range(1, 101), 99) == 99 and figures.percentile([5], 99) == 5
    assert figures.percentile([3, 1, 2], 50) == 2


def test_disturbed_measurements_are_left_out_and_counted():
    trials = [{"tcp1_gbit_s": 4.0, "tcp1_foreign_cores": 0.0}, {"tcp1_gbit_s": 1.0, "tcp1_foreign_cores": 0.5},
              {"tcp1_gbit_s": 5.0, "tcp1_foreign_cores": 0.1}]
    found = figures.summary(trials)["tcp1_gbit_s"]
    assert (found["median"], found["min"], found["disturbed"], len(found["values"])) == (4.5, 4.0, 1, 2)


def test_all_are_kept_when_all_were_disturbed():
    found = figures.summary([{"rtt_p50_ms": 1.0, "rtt_foreign_cores": 2.0}])["rtt_p50_ms"]
    assert (found["median"], found["disturbed"]) == (1.0, 1)


def test_disturbed_measurements_are_counted_over_a_run():
    clean, spoilt = {"tcp1_foreign_cores": 0.0, "tcp1_gbit_s": 1.0}, {"tcp1_foreign_cores": 0.9, "tcp1_gbit_s": 1.0}
    some, all_of_them = figures.summary([clean, spoilt, clean]), figures.summary([spoilt, spoilt])
    assert figures.disturbances({"pair": {"pim": some, "raw": all_of_them}}) == (3, 5)


def test_a_figure_is_disturbed_by_what_happened_in_its_own_measurement():
    trial = {"tcp1_foreign_cores": 1.0, "tcp1_reverse_foreign_cores": 0.0, "tcp4_foreign_cores": 1.0, "rtt_foreign_cores": 0.0}
    assert figures.is_disturbed("tcp1_cpu_s_per_gb", trial) and not figures.is_disturbed("tcp1_reverse_gbit_s", trial)
    assert figures.is_disturbed("rtt_loaded_p99_ms", trial) and not figures.is_disturbed("rtt_p99_ms", trial)
    assert not figures.is_disturbed("start_to_first_ping_s", trial)


@pytest.mark.parametrize("pim, at_most, holds", [(3.8, False, True), (3.7, False, False), (3.8, True, True), (3.9, True, False)])
def test_a_target_is_judged_by_the_ratio_of_medians(pim, at_most, holds):
    data = run_of({"pair": {"pim": {"tcp1_gbit_s": summary(pim)}, "ceiling": {"tcp1_gbit_s": summary(4.0)}}})
    verdict = targets.judge(data, row(against="ceiling", at_most=at_most))
    assert verdict.holds is holds and verdict.ratio == pytest.approx(pim / 4.0)


def test_a_target_may_stand_beside_a_figure_of_another_topology():
    relay = row(topology="line", figure="tcp1_cpu_s_per_gb_r", limit=0.43, against="ceiling", at_most=True, beside=("pair", "tcp1_cpu_s_per_gb"))
    data = run_of({"line": {"pim": {"tcp1_cpu_s_per_gb_r": summary(1.3)}}, "pair": {"ceiling": {"tcp1_cpu_s_per_gb": summary(3.25)}}})
    assert targets.judge(data, relay).ratio == pytest.approx(0.4) and targets.judge(data, relay).holds
    data["results"]["pair"]["ceiling"]["tcp1_foreign_cores"] = summary(1.0)
    assert targets.judge(data, relay).holds is None


def test_a_target_without_comparison_is_judged_in_its_own_unit():
    data = run_of({"pair": {"pim": {"rss_kib_a": summary(12 * 1024 + 1)}}})
    memory = row(figure="rss_kib_a", limit=12, at_most=True, scale=1 / 1024)
    assert targets.judge(data, memory).holds is False


def test_what_was_not_measured_is_neither_met_nor_missed():
    assert targets.judge(run_of({}), row()).holds is None
    assert targets.judge(run_of({"pair": {"pim": {"tcp1_gbit_s": summary(4.0)}}}), row(against="ceiling")).holds is None


@pytest.mark.parametrize("pim, ceiling, holds", [(0.0, 0.0, False), (0.9, 0.9, False), (0.9, 0.0, None), (0.0, 0.9, None)])
def test_what_was_disturbed_is_not_judged_beside_what_was_not(pim, ceiling, holds):
    data = run_of({"pair": {"pim": {"tcp1_gbit_s": summary(2.0), "tcp1_foreign_cores": summary(pim)},
                            "ceiling": {"tcp1_gbit_s": summary(4.0), "tcp1_foreign_cores": summary(ceiling)}}})
    verdict = targets.judge(data, row(against="ceiling"))
    assert verdict.holds is holds and verdict.is_even is (holds is not None)


def test_an_old_release_is_not_beaten_in_place_of_the_current_one():
    peers = {"pim": {"tcp1_gbit_s": summary(4.0)}, "ceiling": {"tcp1_gbit_s": summary(4.0)},
             "wireguard-go": {"tcp1_gbit_s": summary(0.5)}}
    against = row(against="wireguard-go", limit=1.3)
    verdict = targets.judge(run_of({"pair": peers}, {"wireguard-go": "0.0.20220316"}), against)
    assert verdict.is_stand_in and verdict.other == pytest.approx(4.0 * 2.996 / 4.370)
    verdict = targets.judge(run_of({"pair": peers}, {"wireguard-go": "0.0.20250522"}), against)
    assert not verdict.is_stand_in and verdict.other == 0.5


def test_releases_are_compared_by_number():
    assert reference.is_current("yggdrasil", "0.5.12") and reference.is_current("yggdrasil", "0.10")
    assert not reference.is_current("yggdrasil", "0.4.7") and not reference.is_current("wireguard-go", "unknown")
    assert reference.is_current("fastd", None)


def test_a_cell_shows_the_spread_and_what_was_disturbed():
    assert table.cell(summary(4.2, 4.4, 4.5)) == "4.40 (4.20–4.50)"
    assert table.cell(summary(97_000, disturbed=1), 1e-3, 0) == "97 !" and table.cell(None) == "–"


def test_the_command_of_a_run_leaves_out_where_it_was_written():
    assert main.without_out(["run", "--out", "x.json", "--quick"]) == ["run", "--quick"]
    assert main.without_out(["run", "--out=x.json"]) == ["run"] and main.without_out(["run"]) == ["run"]


def test_a_changed_source_is_found_in_the_object_of_its_unit():
    known = """room.a.p/unity0.cpp.o: #deps 2, deps mtime 1 (VALID)
    room.a.p/unity0.cpp
    ../room/first.cpp

room.a.p/unity1.cpp.o: #deps 2, deps mtime 1 (VALID)
    room.a.p/unity1.cpp
    ../room/second.cpp
"""
    assert builds.object_of(known, "room/second.cpp") == "room.a.p/unity1.cpp.o"
    with pytest.raises(ValueError):
        builds.object_of(known, "room/third.cpp")
