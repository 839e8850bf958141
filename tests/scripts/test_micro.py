"""What scripts/bench micro makes of Google Benchmark's output, and scripts/bench profile of perf's."""
import pytest

from speed import main, micro, parts, profile, programs, targets


def a_run(name, cpu_time, index=0, **more):
    return {"run_type": "iteration", "run_name": name, "name": name, "family_index": index, "per_family_instance_index": 0,
            "cpu_time": cpu_time, "time_unit": "ns", **more}


def test_repeats_of_a_benchmark_come_together_in_the_order_of_the_program():
    found = programs.read({"benchmarks": [a_run("b", 7, 1), a_run("a", 3), a_run("b", 5, 1)]})
    assert list(found) == ["a", "b"] and found["b"]["ns"] == [7, 5]


def test_time_is_that_of_an_item_where_a_turn_has_several():
    found = programs.read({"benchmarks": [a_run("split", 9000, items_per_second=2e7), a_run("open/manual_time", 2, 1, time_unit="us")]})
    assert found["split"]["ns"] == [50] and found["open"]["ns"] == [2000]


def test_a_benchmark_that_failed_is_no_figure():
    with pytest.raises(RuntimeError, match="dropped"):
        programs.read({"benchmarks": [a_run("seal", 1, error_occurred=True, error_message="dropped")]})


def test_what_a_program_counts_itself_comes_with_its_times():
    found = programs.read({"benchmarks": [a_run("agree", 1, share=0.9), a_run("agree", 1, share=0.8)]})
    assert found["agree"]["share"] == [0.9, 0.8] and "per_core_s" not in found["agree"]


def test_what_is_flat_is_told_by_the_ratio_of_many_to_few():
    found = micro.flatness({"find/10": {"ns": [4.0]}, "find/1000": {"ns": [5.0]}, "find/100000": {"ns": [6.0]}, "seal/10": {"ns": [1.0]}})
    assert found == [["`find`", "4.0", "6.0", "1.5"]]


@pytest.mark.parametrize("program", sorted({*micro.PROGRAMS, *parts.TARGETS}))
def test_every_benchmark_of_a_program_gives_a_figure(program):
    found = programs.run(program, 1, 0.001)
    assert found and all(0 < one["ns"][0] < 1e9 for one in found.values())
    assert all(0 < one["share"][0] for one in found.values() if "share" in one)


class Nobody:
    """Else on this machine."""

    def used(self):
        return 0

    def cores_since(self, used, at):
        return 0.0


def test_parts_are_judged_by_medians_of_what_their_programs_say(monkeypatch):
    told = {name: {"ns": [1], "share": [0.7, 0.9, 0.8], "per_core_s": [5000]} for name in parts.HANDSHAKE_ROWS}
    told |= {f"{name}/{size}": {"ns": [ns]} for name in parts.LOOKUP_ROWS for size, ns in ((programs.FEW, 4), (programs.MANY, 10))}
    monkeypatch.setattr(programs, "run", lambda *_: told)
    figures = parts.measure(main.parse(["run"]), Nobody())
    summaries = {name: {"median": value, "min": value, "max": value, "values": [value]} for name, value in figures.items()}
    data = {"results": {"parts": {"pim": summaries}}, "meta": {"versions": {}}}
    verdicts = [targets.judge(data, row) for row in targets.ROWS if row.topology == "parts"]
    assert [verdict.holds for verdict in verdicts] == [True, True, False, False, False, False]
    assert verdicts[0].ratio == 0.8 and verdicts[2].ratio == 2.5


def test_a_quick_run_builds_nothing_for_its_time():
    assert "builds" in main.parse(["run"]).topologies and "builds" not in main.parse(["run", "--quick"]).topologies


SAMPLES = """
   37 
\tffffffff81b69c60 _copy_from_iter ([kernel.kallsyms])
\tffffffff81ff9699 ip_generic_getfrag ([kernel.kallsyms])
\tffffffff81ff9000 __sys_sendmmsg ([kernel.kallsyms])
\t           fde9d __sendmmsg (/usr/lib/x86_64-linux-gnu/libc.so.6)

   24 
\t           f0773 pim::dataplane::Receiving::datagram (/a folder/daemon/pim-daemon)
"""


def test_a_sample_has_its_functions_from_the_innermost_on():
    (first, frames), (second, one) = profile.parse(SAMPLES)
    assert (first, second) == (37, 24) and [symbol for _, symbol, _ in frames][:2] == ["_copy_from_iter", "ip_generic_getfrag"]
    assert one == [(0xf0773, "pim::dataplane::Receiving::datagram", "/a folder/daemon/pim-daemon")]


@pytest.mark.parametrize("where, chain, row", [
    ("kernel", ["_copy_from_iter", "ip_append", "__sys_sendmmsg"], "sendmmsg: copy"),
    ("kernel", ["tcp_rcv", "net_rx_action", "do_softirq", "__sys_sendmmsg"], "sendmmsg: in the other end's network, to its socket"),
    ("kernel", ["_copy_from_iter", "tun_get_user", "tun_chr_write_iter"], "write to the tunnel: copy"),
    ("libcrypto.so.3", ["[unknown]"], "AEAD: ChaCha20, Poly1305"),
    ("libcrypto.so.3", ["EVP_MAC_init"], "AEAD: the way to them"),
    ("libc.so.6", ["__memmove_avx512_unaligned_erms"], "copies in the daemon"),
    ("noise/replay_window.hpp", ["pim::dataplane::Receiving::data"], "replay window"),
    ("base/flat_table.hpp", ["pim::dataplane::Forwarding::hop_to"], "lookups: routes, sessions, next hops, talkers"),
    ("control/peers.cpp", ["pim::control::Machine::find"], "control, other threads, unknown")])
def test_a_sample_is_put_down_to_what_it_was_for(where, chain, row):
    assert profile.row_of(where, chain) == row
