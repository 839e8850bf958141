"""scripts/bench from end to end, as short as it can be. What it finds is sane, and no speed is judged."""
import json

import pytest

from lab.daemon import BUILD
from speed import accounting, main, report, series, soak, targets

pytestmark = [pytest.mark.needs("daemon", "pim"), pytest.mark.limit(90)]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """pim on one link and over a relay, the ceiling on one link -> what the run wrote"""
    out = tmp_path_factory.mktemp("bench") / "bench.json"
    options = main.parse(["run", "--quick", "--peers", "ceiling,pim", "--topologies", "pair,line,idle,crowd", "--udp-probes", "0",
                          "--idle-secs", "1", "--crowd-peers", "50", "--out", str(out)])
    classes = {name: options.classes[name] for name in options.peers}
    assert [name for name, a_class in classes.items() if a_class.lacks()] == [], f"is {BUILD} whole?"
    failures = series.Series(options, classes, {}, accounting.Others(), "scripts/bench run").measure()
    assert failures == []
    return json.loads(out.read_text())


def test_every_figure_of_a_pair_is_sane(measured):
    for name in ("ceiling", "pim"):
        median = {figure: summary["median"] for figure, summary in measured["results"]["pair"][name].items()}
        assert 0.05 < median["tcp1_gbit_s"] < 1000 and 0.05 < median["tcp1_reverse_gbit_s"] and 0.05 < median["tcp4_gbit_s"]
        assert 0 < median["tcp1_cpu_s_per_gb_a"] < median["tcp1_cpu_s_per_gb"] < 200
        assert 0 < median["rtt_p50_ms"] <= median["rtt_p99_ms"] < 1000 and median["rtt_loaded_p99_ms"] > 0
        assert 0 < median["start_to_first_ping_s"] < 20 and 0 < median["restart_to_first_ping_s"] < 25
        assert 1000 < median["rss_kib_a"] < 1_000_000 and 1280 <= median["mtu"] < 1500


def test_calls_are_timed_where_somebody_answers_them(measured):
    pair = measured["results"]["pair"]
    assert not any(figure.startswith("rpc") for figure in pair["ceiling"])
    for key in ("rpc", "rpc_loaded"):
        assert 0 < pair["pim"][f"{key}_p50_ms"]["median"] <= pair["pim"][f"{key}_p99_ms"]["median"] < 1000


def test_the_relay_is_accounted_by_itself(measured):
    relayed = measured["results"]["line"]["pim"]
    parts = [relayed[f"tcp1_cpu_s_per_gb_{name}"]["median"] for name in "arb"]
    assert min(parts) > 0 and sum(parts) == pytest.approx(relayed["tcp1_cpu_s_per_gb"]["median"], abs=0.001)


def test_idle_peers_are_watched(measured):
    idle = measured["results"]["idle"]["pim"]
    assert 0 < idle["idle_wake_ups_per_s"]["median"] < 1000 and 0 <= idle["idle_cpu_percent"]["median"] < 100


def test_a_crowd_connects_and_stays(measured):
    """That all of them do is what the measurement itself asks for."""
    crowd = {figure: summary["median"] for figure, summary in measured["results"]["crowd"]["pim"].items()}
    assert crowd["crowd_peers"] == 50 and 1 < crowd["crowd_joins_per_s"] < 50_000
    assert 1000 < crowd["crowd_rss_kib_without"] < crowd["crowd_rss_kib"] < 100_000
    assert 0 < crowd["crowd_wake_ups_per_s"] < 10_000 and 0 < crowd["crowd_bytes_per_day_and_pair"]


def test_the_report_holds_every_row(measured):
    text = report.text(measured)
    for row in targets.ROWS:  # a figure may stand there twice, compared with different VPNs
        same = [other for other in targets.ROWS if (other.name, other.topology) == (row.name, row.topology)]
        assert text.count(f"| {row.name} | {row.topology} |") == len(same)


@pytest.mark.parametrize("topology", soak.SHAPES)
def test_a_short_soak_keeps_every_promise(topology):
    seen = soak.Soak(minutes=0.1, topology=topology).run()
    assert seen["broken"] == [] and min(seen["tcp_gbit_s"]) > 0.01 and seen["datagrams"]["arrived"] > 1000
    assert len(seen["samples"]) > 10 and "0 of them not by full buffers" in soak.text(seen)
