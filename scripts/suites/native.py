"""Runs the test programs that Meson knows. A doctest program counts by its cases, any other as one case.

A case that cannot run here prints `SKIP: <case>: <reason>` and passes; it is counted as skipped instead.
"""
import concurrent.futures
import json
import os
import subprocess
import tempfile

JOBS = 2


class Program:
    def __init__(self, entry):
        self.name, self.suites = entry["name"], [suite.split(":")[-1] for suite in entry["suite"]]
        self.command, self.timeout = entry["cmd"], entry["timeout"] or 600
        self.environment, self.folder = entry["env"], entry["workdir"]
        self.depends = entry.get("depends", [])
        self.title = f"{'/'.join(self.suites) or 'test'}/{self.name}"

    def is_doctest(self):
        try:
            with open(self.command[0], "rb") as file:
                return b"doctest" in file.read()
        except OSError:
            return False


def programs(build_folder):
    output = subprocess.run(["meson", "introspect", "--tests", build_folder], stdout=subprocess.PIPE, check=True,
                            env={**os.environ, "PATH": "/usr/bin:/bin:" + os.environ.get("PATH", "")})
    return [Program(entry) for entry in json.loads(output.stdout)]


def targets(chosen, build_folder):
    """The names for ninja of what they are and need, where it is built there."""
    listed = subprocess.run(["meson", "introspect", "--targets", build_folder], stdout=subprocess.PIPE, check=True,
                            env={**os.environ, "PATH": "/usr/bin:/bin:" + os.environ.get("PATH", "")})
    needed = {target for program in chosen for target in program.depends}
    files = [path for target in json.loads(listed.stdout) if target["id"] in needed for path in target["filename"]]
    inside = sorted({os.path.relpath(path, build_folder) for path in [*(program.command[0] for program in chosen), *files]})
    return [path for path in inside if not path.startswith("..")]


def run(chosen, results, expression="", environment=(), patience=2):
    """Runs the programs, a few at a time, and adds their cases to `results`."""
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool, tempfile.TemporaryDirectory() as reports:
        jobs = [(program, pool.submit(_run_one, program, os.path.join(reports, f"{number}.xml"), expression,
                                      dict(environment), patience)) for number, program in enumerate(chosen)]
        for program, job in jobs:
            _judge(program, *job.result(), results)


def _run_one(program, report, expression, environment, patience):
    """-> (exit code or None, output, report or None)"""
    command = list(program.command)
    if program.is_doctest():
        command += ["-r=junit", f"-o={report}"] + ([f"-tc=*{expression}*"] if expression else [])
    elif expression and expression not in program.name:
        return 0, "", ""
    try:
        done = subprocess.run(command, cwd=program.folder, env={**os.environ, **program.environment, **environment},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=program.timeout * patience)
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        code, output = None, late.stdout or b""
    except OSError as error:
        code, output = 1, str(error).encode()
    return code, output.decode(errors="replace"), report if program.is_doctest() else None


def _judge(program, code, output, report, results):
    if report == "":
        return  # not what the expression asks for
    failed_before, cases = len(results.failures), 1
    if report is not None:
        try:
            cases = results.add_junit(report, program.title)
        except Exception as error:  # cut short by a crash
            cases = 0
            if code == 0:
                results.fails(program.title, f"no readable report: {error}")
    elif code == 0:
        results.passes()
    if code != 0 and len(results.failures) == failed_before:
        why = "took too long" if code is None else f"ended with {code}"
        results.fails(program.title, f"{why}\n{output[-4000:]}")
    elif len(results.failures) > failed_before:
        print("".join(line for line in output.splitlines(True) if not line.startswith("SKIP: "))[-4000:], end="")
    for line in output.splitlines():
        if line.startswith("SKIP: "):
            name, _, reason = line.removeprefix("SKIP: ").partition(": ")
            results.passed -= 1
            results.skips_case(f"{program.title}: {name}", reason)
    print(f"{program.title}: {cases} cases", flush=True)
