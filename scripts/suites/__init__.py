"""What scripts/test runs: builds, the C++ test programs, the suites in namespaces, and the checks.

build    configures and compiles a build folder      results  counts cases, names failures, prints the last line
native   the doctest programs of a build folder      python   the suites under pytest
checks   sanitizers, clang-tidy, format, layers
"""
