"""What is made of the simulator's report."""
from suites import results, simulation

HELD = "seed=1 nodes=200 loops=0 ok\nseed=2 nodes=200 loops=0 ok\n"
LAST = "seeds=2 failed=0 loops=0\n"


def counted(output, code, seeds=2):
    found = results.Results()
    simulation.count(found, output, code, seeds)
    return found.passed, len(found.failures)


def test_every_seed_that_held_is_a_case():
    assert counted(HELD + LAST, 0) == (2, 0)


def test_a_seed_that_failed_is_a_failure():
    assert counted("seed=1 loops=1 FAILED\nseed 1: a cycle\nseed=2 loops=0 ok\nseeds=2 failed=1 (1) loops=1\n", 1) == (1, 1)


def test_a_seed_that_is_missing_is_a_failure_whatever_the_exit_code():
    assert counted(HELD, 0, seeds=3) == (2, 1)
    assert counted("", 0) == (0, 1)


def test_an_exit_code_is_believed():
    assert counted(HELD + LAST, 1) == (2, 1)
