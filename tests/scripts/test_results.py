"""The last line must count what happened, whatever ended how."""
import textwrap

from suites import native, results


def program(tmp_path, script, suites=("pim:unit",), timeout=5):
    path = tmp_path / "program"
    path.write_text("#!/bin/sh\n" + textwrap.dedent(script))
    path.chmod(0o755)
    return native.Program({"name": "program", "suite": list(suites), "cmd": [str(path)], "timeout": timeout, "env": {},
                           "workdir": str(tmp_path)})


def judged(chosen, **options):
    found = results.Results()
    native.run([chosen], found, **options)
    return found


def doctest_report(cases):
    return f"""
        # doctest
        for argument in "$@"; do case "$argument" in -o=*) report="${{argument#-o=}}";; esac; done
        cat > "$report" <<END
        <testsuites><testsuite>{cases}</testsuite></testsuites>
        END
        """


def test_each_case_of_a_report_counts(tmp_path, capsys):
    script = doctest_report('<testcase name="one"/><testcase name="two"><failure message="no">why</failure></testcase>') + "exit 1\n"
    found = judged(program(tmp_path, script))
    assert (found.passed, found.failures) == (1, ["unit/program: two"])
    assert found.finish() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


def test_a_line_that_says_skip_moves_its_case(tmp_path, capsys):
    found = judged(program(tmp_path, doctest_report('<testcase name="one"/>') + 'echo "SKIP: one: no vectors"\n'))
    assert (found.passed, found.failures, found.skips) == (0, [], ["unit/program: one"])
    assert found.finish() == 0
    assert "SKIP: unit/program: one: no vectors" in capsys.readouterr().out


def test_a_crash_after_a_good_report_is_a_failure(tmp_path):
    found = judged(program(tmp_path, doctest_report('<testcase name="one"/>') + "kill -SEGV $$\n"))
    assert found.failures == ["unit/program"]


def test_a_report_that_is_missing_is_a_failure(tmp_path):
    assert judged(program(tmp_path, "# doctest\nexit 0\n")).failures == ["unit/program"]


def test_a_program_that_hangs_is_a_failure(tmp_path):
    assert judged(program(tmp_path, "exec sleep 60\n", timeout=1), patience=1).failures == ["unit/program"]


def test_any_other_program_is_one_case(tmp_path):
    assert judged(program(tmp_path, "exit 0\n")).passed == 1
    assert judged(program(tmp_path, "exit 3\n")).failures == ["unit/program"]


def test_a_run_of_nothing_is_a_failure(capsys):
    assert results.Results().finish() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"
