"""scripts/sim sums up what its seeds said, and one that failed is not lost among the others."""
import pytest

from suites import seeds


@pytest.fixture
def sim(monkeypatch):
    """Runs seeds 7 to 9 of a mesh that says these lines; -> the exit code"""
    monkeypatch.setattr(seeds.build, "build", lambda **_: None)

    def run(tmp_path, script):
        program = tmp_path / seeds.TARGET
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        monkeypatch.setattr(seeds.build, "folder", lambda _: str(tmp_path))
        monkeypatch.setattr("sys.argv", ["sim", "--nodes", "5", "--seeds", "3", "--first-seed", "7", "--jobs", "2"])
        return seeds.main()
    return run


def test_the_last_line_counts_what_is_counted_and_keeps_the_worst(sim, tmp_path, capsys):
    assert sim(tmp_path, 'echo "seed=$4 nodes=$2 cuts=50 loops=0 worst=$4.5 ok"\n') == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("seeds=3 failed=0 cuts=150 ")
    assert " loops=0 " in last and " worst=9.5 " in last


def test_a_seed_that_fails_is_named_and_ends_with_1(sim, tmp_path, capsys):
    assert sim(tmp_path, 'echo "seed=$4 loops=1 FAILED: a cycle"\n[ $4 != 8 ]\n') == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("seeds=3 failed=1 (8) ")


def test_a_seed_that_ends_without_a_report_has_failed(sim, tmp_path, capsys):
    assert sim(tmp_path, '[ $4 = 8 ] || echo "seed=$4 ok"\n') == 1
    assert "seed=8 FAILED without a report, ended with 0" in capsys.readouterr().out
