"""Bad input of every kind: one clear line or error each, nothing half-done, nothing lost, no block opened."""
import json
import os
import random
import socket
import time

import pytest

from lab import addresses as a, snapshot
from lab.daemon import Daemon, wait_until
from lab.mesh import GATEWAYS, SPLIT_DEFAULT, Mesh
from lab.rpc import Rpc, RpcError
from lab.topology import Lan, Network

pytestmark = [pytest.mark.needs("daemon", "pim"), pytest.mark.limit(60)]


@pytest.fixture
def lan():
    with Lan("alice", "bob") as lan:
        yield lan


def one_line(done):
    """What a start-up that failed told its user: exactly one line that is not a log line of another matter."""
    assert done.returncode not in (0, None) and done.returncode > 0, f"ended with {done.returncode}"
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    assert len(lines) == 1, lines
    return lines[0]


def state_file(daemon, word):
    """The file of the state folder whose name has this word."""
    found = [os.path.join(folder, name) for folder, _, names in os.walk(daemon.state) for name in names
             if word in name and not name.endswith((".old", ".prev", ".bak", ".previous"))]
    assert found, f"no file named like {word} in {[name for _, _, names in os.walk(daemon.state) for name in names]}"
    return sorted(found, key=len)[0]


# -- at the start ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text, words", [
    ("[transport]\nlisten_prot = 9100\n", ["listen_prot", "listen_port"]),
    ("[rooting]\nsplit_default = true\n", ["rooting", "routing"]),
    ("[transport]\nlisten_port = 99999\n", ["listen_port"]),
    ("[transport]\nlisten_port = 'many'\n", ["listen_port"]),
    ("[trust]\npolicy = 'everyone'\n", ["policy"]),
    ("[[peers]]\naddress = '192.0.2.1:0:0'\n", ["address"]),
    ("[transport\n", ["pim.toml"]),
], ids=["key", "section", "range", "type", "word", "address", "syntax"])
def test_a_wrong_config_is_one_line_that_names_the_place(lan, text, words):
    daemon = Daemon(lan.alice, text)
    line = one_line(daemon.run_to_end())
    assert all(word in line for word in words), line
    assert not os.path.exists(daemon.socket)


@pytest.mark.parametrize("spoil", ["garbage", "short", "empty", "loose"])
def test_a_key_file_that_cannot_be_used_stops_the_start_and_is_left_alone(lan, spoil):
    daemon = Daemon(lan.alice).start()
    daemon.terminate()
    path = state_file(daemon, "identity")
    with open(path, "rb") as file:
        content = file.read()
    if spoil == "loose":
        os.chmod(path, 0o644)
    else:
        content = {"garbage": b"\xff\x00not a key\n" * 3, "short": content[:10], "empty": b""}[spoil]
        with open(path, "wb") as file:
            file.write(content)
    line = one_line(daemon.run_to_end())
    assert os.path.basename(path) in line, line
    with open(path, "rb") as file:
        assert file.read() == content


def test_a_port_in_use_is_one_line_that_names_it(lan):
    with lan.alice.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", a.LISTEN_PORT))
        assert str(a.LISTEN_PORT) in one_line(Daemon(lan.alice).run_to_end())


def test_a_second_daemon_gives_way_and_the_first_does_not_notice(lan):
    first = Daemon(lan.alice).start()
    same = first.run_to_end()
    assert "already" in one_line(same) or "another" in one_line(same) or "running" in one_line(same)
    # another config, socket and state in the same network namespace
    other = Daemon(lan.alice, {"transport": {"listen_port": 9200}}, name="other")
    one_line(other.run_to_end())
    assert first.status()["interface"]["up"] is True


def test_a_socket_that_a_dead_daemon_left_is_taken_over(lan):
    daemon = Daemon(lan.alice).start()
    daemon.kill()
    assert os.path.exists(daemon.socket)
    daemon.start()
    assert daemon.status()["node_id"]


# -- the trust store ------------------------------------------------------------------------------------------------
def test_a_corrupt_trust_store_keeps_the_mesh_off_the_rpc_up_and_a_block_held():
    with Network() as network:
        mesh = Mesh(network)
        mesh.start()
        mesh.pair()
        mesh.route("on")
        mesh.wait_pages(GATEWAYS)
        mesh.client.terminate()
        path = state_file(mesh.client, "trust")
        folder = os.path.dirname(path)
        for name in os.listdir(folder):  # the previous generation too
            if "trust" in name:
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(b"\x00\xffthis is not a trust store")
        with open(path, "rb") as file:
            spoilt = file.read()
        mesh.client.start()
        status = mesh.client.status()
        assert status["mesh_error"] and status["route_on"] is True and status["kill_switch"]["engaged"] is True
        assert mesh.client.peer() is None
        with pytest.raises(RpcError) as refused:
            mesh.client.call("peers.add_static", address="192.0.2.99", mechanism="udp")
        assert refused.value.code == -32000 and "trust" in refused.value.message
        assert mesh.held_routes() == SPLIT_DEFAULT
        assert mesh.fetch(f"http://{a.WEB4}/", "-4") is None
        with open(path, "rb") as file:
            assert file.read() == spoilt  # never re-made silently
        mesh.route("off")
        assert mesh.fetch(f"http://{a.WEB4}/", "-4") == a.CLIENT4


# -- datagrams ------------------------------------------------------------------------------------------------------
def test_random_datagrams_are_dropped_counted_and_never_answered(lan):
    bob = Daemon(lan.bob).start()
    alice = Daemon(lan.alice, {"peers": [{"address": f"{lan.bob.address4}:{a.LISTEN_PORT}"}]}).start()
    alice.wait_peer()
    before = sum(alice.status()["drops"].values())
    random.seed(11)
    count = 3000
    with lan.switch.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(count):
            body = random.randbytes(random.choice((0, 1, 4, 15, 16, 17, 31, 32, 64, 100, 156, 200, 1400, random.randrange(1472))))
            if body and number % 2:
                body = bytes([random.randrange(1, 9)]) + body[1:]  # a kind that exists, more often than by chance
            sender.sendto(body, (lan.alice.address4, a.LISTEN_PORT))
            if number % 64 == 63:
                time.sleep(0.01)
        time.sleep(0.3)
        sender.setblocking(False)
        with pytest.raises(BlockingIOError):
            sender.recv(4096)
    status = alice.status()
    assert sum(status["drops"].values()) - before >= count * 0.98
    assert alice.peer()["node_id"] == bob.status()["node_id"]
    done = lan.alice.run("ping", "-c", "1", "-W", "2", bob.status()["mesh_ip"].split("/")[0], check=False)
    assert done.returncode == 0


# -- RPC lines ------------------------------------------------------------------------------------------------------
BAD_LINES = [
    (b"this is not JSON", -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"status"', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}', -32700),
    (b"[]", -32600),
    (b"42", -32600),
    (b'{"jsonrpc":"1.0","id":1,"method":"status"}', -32600),
    (b'{"jsonrpc":"2.0","id":1}', -32600),
    (b'{"jsonrpc":"2.0","id":1.5,"method":"status"}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"status"}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"no.such.method"}', -32601),
    (b'{"jsonrpc":"2.0","id":1,"method":"route.set_split_default"}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"route.set_split_default","params":{"on":"off"}}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"route.set_split_default","params":{"on":true,"off":false}}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"peers.forget","params":{"node_id":"zz"}}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"peers.add_static","params":{"address":"not an address!","mechanism":"udp"}}', -32012),
    (b'{"jsonrpc":"2.0","id":1,"method":"status","params":' + b"[" * 40 + b"]" * 40 + b"}", (-32600, -32700, -32602)),
]


@pytest.fixture(scope="module")
def single():
    with Lan("dave") as lan:
        yield Daemon(lan.dave).start()


@pytest.mark.parametrize("line, code", BAD_LINES, ids=[str(number) for number in range(len(BAD_LINES))])
def test_a_malformed_line_gets_its_error_and_the_connection_goes_on(single, line, code):
    with single.rpc() as rpc:
        rpc.send_line(line)
        answer = rpc.read()
        assert answer["error"]["code"] in (code if isinstance(code, tuple) else (code,)), answer
        assert rpc.call("status")["route_on"] is False


@pytest.mark.parametrize("method, parameter", [("route.explain", "target"), ("gateways.allow", "node_id"),
                                               ("gateways.disallow", "node_id"), ("peers.verify", "node_id"),
                                               ("peers.forget", "node_id"), ("peers.remove", "node_id")])
def test_an_invalid_name_is_refused_with_the_place_where_it_stands(single, method, parameter):
    with pytest.raises(RpcError) as refused:
        single.call(method, **{parameter: "example.org"})
    assert refused.value.code == -32602
    assert refused.value.data["path"] == "/" + parameter


def test_nothing_is_answered_before_hello(single):
    with Rpc(single.socket, hello=False) as rpc:
        with pytest.raises(RpcError) as refused:
            rpc.call("status")
        assert refused.value.code == -32600
        with pytest.raises(RpcError) as refused:
            rpc.call("rpc.hello", client="lab", rpc_version=99)
        assert refused.value.code == -32001
        with pytest.raises(RpcError):
            rpc.call("status")


def test_a_line_without_end_ends_only_its_own_client(single):
    with single.rpc() as rpc, single.rpc() as other:
        try:
            for _ in range(40):
                rpc.socket.sendall(b"x" * 65536)  # 2.5 MiB without a newline, the limit is 1 MiB
        except OSError:
            pass
        try:
            answer = rpc.read(timeout=5)
            assert answer["error"]["code"] in (-32600, -32700)
        except (EOFError, OSError):
            pass
        assert other.call("status")["node_id"]


def test_a_client_that_never_reads_grows_nothing(single):
    with open(f"/proc/{single.process.pid}/statm", encoding="ascii") as file:
        before = int(file.read().split()[1])
    with Rpc(single.socket) as rpc:
        request = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "rpc.discover"}).encode() + b"\n"
        rpc.socket.setblocking(False)
        try:
            for _ in range(20000):
                rpc.socket.send(request)
        except (BlockingIOError, OSError):
            pass
        time.sleep(0.5)
        with open(f"/proc/{single.process.pid}/statm", encoding="ascii") as file:
            grown = (int(file.read().split()[1]) - before) * os.sysconf("SC_PAGE_SIZE")
        assert grown < 16 << 20, f"{grown} bytes"
    assert single.status()["node_id"]


# -- a full disk ----------------------------------------------------------------------------------------------------
def small_disk(daemon, size="256k"):
    """A tiny tmpfs as the state folder, seen by the node alone; fill() leaves not one byte free."""
    os.makedirs(daemon.state, exist_ok=True)
    daemon.node.run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", daemon.state)


def fill(daemon):
    daemon.node.run("sh", "-c", f"cat /dev/zero > {daemon.state}/ballast", check=False)


def free(daemon):
    daemon.node.run("rm", f"{daemon.state}/ballast")


def test_a_full_disk_at_the_first_start_is_one_line(lan):
    daemon = Daemon(lan.alice)
    small_disk(daemon)
    fill(daemon)
    line = one_line(daemon.run_to_end())
    assert "space" in line, line


def test_a_peer_that_cannot_be_stored_is_refused_and_the_stored_ones_stay(lan):
    daemon = Daemon(lan.alice)
    small_disk(daemon)
    daemon.start()
    daemon.call("peers.add_static", address=f"{lan.bob.address4}:{a.LISTEN_PORT}", mechanism="udp", label="kept")
    node_id = daemon.status()["node_id"]
    time.sleep(0.3)
    fill(daemon)
    with pytest.raises(RpcError):
        daemon.call("peers.add_static", address="192.168.99.77:9100", mechanism="udp", label="refused")
    assert [peer["label"] for peer in daemon.call("peers.list")] == ["kept"]
    free(daemon)
    daemon.kill()
    daemon.start()
    assert daemon.status()["node_id"] == node_id
    assert [peer["label"] for peer in daemon.call("peers.list")] == ["kept"]


def test_routing_is_refused_when_it_could_not_be_released_again(lan):
    """The journal of old values comes first: where it cannot be written, nothing is changed."""
    daemon = Daemon(lan.alice)
    small_disk(daemon)
    daemon.start()
    wait_until(lambda: daemon.status()["interface"]["up"], 5, "the tunnel is up")
    before = snapshot.take(lan.alice)
    fill(daemon)
    with pytest.raises(RpcError) as refused:
        daemon.call("route.set_split_default", on=True)
    assert refused.value.code in (-32040, -32000), refused.value
    assert daemon.status()["route_on"] is False
    assert snapshot.difference(before, snapshot.take(lan.alice)) == []


def test_a_block_stays_on_a_full_disk_and_can_be_released():
    with Network() as network:
        mesh = Mesh(network)
        small_disk(mesh.client)
        mesh.start()
        mesh.pair()
        mesh.route("on")
        mesh.wait_pages(GATEWAYS)
        fill(mesh.client)
        mesh.client.kill()
        assert mesh.held_routes() == SPLIT_DEFAULT
        assert mesh.fetch(f"http://{a.WEB4}/", "-4", patience=1) is None
        mesh.client.start(wait=0)
        time.sleep(1)
        assert mesh.held_routes() == SPLIT_DEFAULT
        mesh.client.pim("route", "off", check=False)
        wait_until(lambda: mesh.fetch(f"http://{a.WEB4}/", "-4") == a.CLIENT4, 10, "released")
