"""Whoever asks for a check by name gets that check."""
import pytest

from suites import checks


@pytest.fixture
def ran(monkeypatch):
    names = []
    for name in checks.CHECKS:
        monkeypatch.setattr(checks, name, lambda _, name=name: names.append(name))
    return names


@pytest.mark.parametrize("name", checks.CHECKS)
def test_each_check_runs_when_it_is_named(ran, name):
    checks.run(None, [name])
    assert ran == [name]


def test_without_a_name_all_run_but_the_one_that_takes_as_long_as_they(ran):
    checks.run(None)
    assert ran == ["layers", "format", "tidy", "asan", "tsan"]
