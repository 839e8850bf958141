"""scripts/test --checks: what clang 19 and the eye of a reviewer would find."""
import glob
import os
import re
import subprocess
import sys

from . import build, native, python

#: In the order in which they run: a slip of the pen shows within a minute.
CHECKS = ("layers", "format", "tidy", "asan", "tsan", "live")
#: These take as long as all others together and run only when they are named.
NAMED_ONLY = {"live"}
CLANG = "clang++-19"
#: Programs whose rooms own threads or are called from several; matched by the first word of the name.
THREADED = {"host", "net"}
#: Suites in namespaces that take a sanitized daemon through everything it has: threads, routing, loss, hostile input.
LIVE = ["tests/netns/test_kill_switch.py", "tests/netns/test_bad_input.py", "-k", "whole_drill and True or datagrams or line"]
TIDY_JOBS = 2


def run(results, only=()):
    for name in CHECKS:
        if name in only or (not only and name not in NAMED_ONLY):
            print(f"-- {name}", flush=True)
            globals()[name](results)


def _sources(*suffixes):
    listed = subprocess.run(["git", "ls-files", *[f"*{suffix}" for suffix in suffixes]], cwd=build.ROOT, text=True,
                            stdout=subprocess.PIPE, check=True).stdout.splitlines()
    return [path for path in listed if os.path.exists(os.path.join(build.ROOT, path))]


def layers(results):
    done = subprocess.run([os.path.join(build.ROOT, "scripts/check_layers")], stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    results.passes() if done.returncode == 0 else results.fails("layers", "the rules above are broken")


def format(results):
    done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *_sources(".cpp", ".hpp")], cwd=build.ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        results.passes()
        return
    files = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", done.stdout, re.MULTILINE)))
    results.fails("format", "run clang-format-19 -i on: " + " ".join(files) if files else done.stdout[-2000:])


def _symbolizer():
    found = sorted(glob.glob("/usr/bin/llvm-symbolizer*"))
    return {f"{name}_SYMBOLIZER_PATH": found[-1] for name in ("ASAN", "TSAN", "UBSAN")} if found else {}


def _configure(name, *options):
    """-> the build folder, ready for ninja"""
    # clang sees libstdc++ 12's own use of get_temporary_buffer in std::stable_sort; g++ reports real ones as errors
    build.build(name, CLANG, ("-Dwerror=true", "-Doptimization=1", "-Ddebug=true",
                              "-Dcpp_args=-Wno-error=deprecated-declarations", *options), targets=["build.ninja"])
    return build.folder(name)


def _configure_sanitized(name, sanitizers):
    return _configure(name, f"-Db_sanitize={sanitizers}", "-Db_lundef=false")


def _sanitized(results, name, sanitizers, options, wanted):
    path = _configure_sanitized(name, sanitizers)
    chosen = [program for program in native.programs(path) if wanted(program)]
    build.build(name, CLANG, targets=native.targets(chosen, path))
    native.run(chosen, results, environment={**_symbolizer(), **options}, patience=5)


def asan(results):
    _sanitized(results, "build-asan", "address,undefined",
               {"ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1",
                "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"},
               lambda program: "netns" not in program.suites)


def tsan(results):
    _sanitized(results, "build-tsan", "thread", {"TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1"},
               lambda program: "threads" in program.suites or program.name.split("_")[0] in THREADED)


def live(results):
    """A sanitized daemon in the lab."""
    for name, sanitizers in (("build-asan", "address,undefined"), ("build-tsan", "thread")):
        path = _configure_sanitized(name, sanitizers)
        build.build(name, CLANG, targets=["daemon/pim-daemon", "ui/cli/pim"])
        # the daemon is not dumpable, and the leak checker wants to trace it
        python.run(results, f"netns with {sanitizers}", LIVE,
                   {**_symbolizer(), "ASAN_OPTIONS": "detect_leaks=0", "TSAN_OPTIONS": "halt_on_error=1", "PIM_BUILD": path})


def tidy(results):
    """Our sources, not the tests; the rules and each rule left out stand in .clang-tidy. One case for each file.

    Each is read alone, not as part of a unit, so an include that it forgot is an error here; nothing is compiled.
    """
    commands = _configure("build-tidy", "-Dunity=off")
    # asio_impl.cpp is Boost's own code and nothing else
    files = [path for path in _sources(".cpp") if path.startswith(("daemon/", "ui/", "protocol/")) and "asio_impl" not in path]
    if not files:
        results.fails("tidy", "no sources found")
        return
    pattern = "|".join(f"/{re.escape(path)}$" for path in files)
    done = subprocess.run(["run-clang-tidy-19", "-quiet", "-j", str(TIDY_JOBS), "-p", commands, pattern],
                          cwd=build.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    bad = {}
    for line in done.stdout.splitlines():
        found = re.match(r"(\S+?):\d+:\d+: (?:error|warning): ", line)
        if found:
            # names are absolute, or relative to the build folder
            path = os.path.relpath(os.path.join(commands, found.group(1)), build.ROOT)
            bad.setdefault(path, set()).add(path + line[len(found.group(1)):])
    for path, lines in sorted(bad.items()):
        results.fails(f"tidy: {path}", "\n".join(sorted(lines)))
    if done.returncode and not bad:
        results.fails("tidy", done.stdout[-3000:])
    results.passes(max(0, len(files) - len(bad)))


if __name__ == "__main__":
    sys.exit("run scripts/test --checks")
