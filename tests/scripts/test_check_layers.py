"""A layer check that never fails holds nothing: each rule is broken once here."""
import importlib.machinery
import importlib.util
import os

import pytest

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "check_layers")
_loader = importlib.machinery.SourceFileLoader("check_layers", PATH)
layers = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_layers", _loader))
_loader.exec_module(layers)


@pytest.mark.parametrize("path, line", [
    ("daemon/mesh/x.cpp", '#include "session/keyring.hpp"'),
    ("daemon/session/x.cpp", '#include "mesh/addresses.hpp"'),
    ("daemon/base/x.hpp", '#include "crypto/hash.hpp"'),
    ("daemon/control/x.cpp", '#include "rpc/hub.hpp"'),
    ("daemon/control/x.cpp", '#include "protocol/contract.hpp"'),
    ("daemon/rpc/x.cpp", '#include "linux/tun.hpp"'),
    ("daemon/unheard_of/x.cpp", ""),
    ("protocol/x.hpp", '#include "base/bytes.hpp"'),
    ("protocol/x.hpp", "#include <openssl/evp.h>"),
    ("ui/views/x.cpp", '#include "control/views.hpp"'),
    ("daemon/noise/x.cpp", "#include <openssl/evp.h>"),
    ("daemon/wire/x.cpp", "#include <sys/socket.h>"),
    ("daemon/session/x.cpp", "#include <thread>"),
    ("daemon/session/x.cpp", "#include <mutex>"),
    ("daemon/trust/x.cpp", "#include <fstream>"),
    ("daemon/plan/x.cpp", "#include <linux/rtnetlink.h>"),
    ("daemon/session/x.cpp", "auto const now = std::chrono::steady_clock::now();"),
    ("daemon/crypto/x.cpp", "RAND_bytes(out, 32);"),
    ("daemon/control/x.cpp", "std::random_device source;"),
    ("daemon/control/x.cpp", 'auto const home = std::getenv ("HOME");'),
])
def test_a_broken_rule_is_found(path, line):
    assert list(layers.check_file(path, line + "\n"))


@pytest.mark.parametrize("path, line", [
    ("daemon/control/x.cpp", '#include "session/keyring.hpp"'),
    ("daemon/rpc/x.cpp", '#include "protocol/contract.hpp"'),
    ("daemon/linux/x.cpp", "#include <linux/rtnetlink.h>"),
    ("daemon/main.cpp", '#include "app/threads.hpp"'),
    ("ui/views/x.cpp", '#include "ui/model/snapshot.hpp"'),
    ("ui/views/x.cpp", '#include "model/snapshot.hpp"'),
    ("daemon/session/x.cpp", "// never std::chrono::steady_clock::now() here"),
    ("daemon/session/x.cpp", "/* #include <thread>\n#include <mutex> */"),
])
def test_what_is_allowed_passes(path, line):
    assert list(layers.check_file(path, line + "\n")) == []
