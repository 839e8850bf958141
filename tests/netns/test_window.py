"""The real window on a screen of its own: against a socket that speaks the contract, and against the real daemon."""
import os
import re
import subprocess
import time

import pytest

import desk
from fake_daemon import FakeDaemon
from lab import addresses as a
from lab.daemon import DASHBOARD, wait_until
from lab.mesh import Mesh, RelayedMesh
from lab.topology import Network, Relayed
from scenes import SCENES, connected_state, make_state, node_id, relayed_state

pytestmark = [pytest.mark.needs("dashboard"), pytest.mark.skipif(desk.why_not() is not None, reason=str(desk.why_not())),
              pytest.mark.limit(120)]


@pytest.fixture
def screen():
    with desk.Screen() as made:
        yield made


@pytest.fixture
def fake(tmp_path):
    daemon = FakeDaemon(str(tmp_path / "pim.sock")).start()
    yield daemon
    daemon.stop()


def off_state():
    """Peers and gateways are there, routing is off."""
    state = connected_state()
    state["status"]["route_on"] = False
    state["status"]["routes"]["selected_gateway"] = None
    for gateway in state["table"]["gateways"]:
        gateway["selected"] = False
    return state


def asked(fake, method):
    with fake.lock:
        return [params for name, params in fake.calls if name == method]


def test_a_click_on_the_switch_and_one_to_confirm_turn_routing_on(screen, fake):
    fake.state = off_state()
    with desk.Window(screen, fake.path) as window:
        window.click("route/switch")
        window.wait("route/confirm")
        assert asked(fake, "route.set_split_default") == []
        window.click("route/confirm")
        wait_until(lambda: fake.state["status"]["route_on"], 3, "route_on in the daemon")
        window.wait_gone("route/confirm", 3)
        assert asked(fake, "route.set_split_default") == [{"on": True}]


def test_the_banner_comes_with_the_loss_and_its_button_releases(screen, fake):
    with desk.Window(screen, fake.path) as window:
        window.wait("route/switch")
        assert not window.shows("banner/blocking")
        fake.lose_gateway()
        assert window.wait("banner/blocking", 3) < 0.5
        for key in "123456":
            window.chord("ctrl", key)
            window.wait("banner/turn_off", 2)
        window.click("banner/turn_off")
        wait_until(lambda: not fake.state["status"]["route_on"], 3, "route_on false in the daemon")
        window.wait_gone("banner/blocking", 3)


def test_the_banner_leaves_when_the_gateway_returns(screen, fake):
    with desk.Window(screen, fake.path) as window:
        fake.lose_gateway()
        window.wait("banner/blocking", 3)
        fake.regain_gateway()
        window.wait_gone("banner/blocking", 3)


def test_the_keyboard_alone_turns_routing_on_and_off(screen, fake):
    fake.state = off_state()
    with desk.Window(screen, fake.path) as window:
        window.focus()
        window.chord("ctrl", "r")
        window.wait("route/confirm", 3)
        window.key("Return")
        wait_until(lambda: fake.state["status"]["route_on"], 3, "route_on in the daemon")
        window.wait_gone("route/confirm", 3)
        window.chord("ctrl", "r")
        wait_until(lambda: not fake.state["status"]["route_on"], 3, "route_on false in the daemon")


def test_a_daemon_that_dies_is_seen_within_a_second_and_found_again(screen, fake):
    with desk.Window(screen, fake.path) as window:
        window.wait("route/switch")
        fake.stop()
        assert window.wait("banner/degraded", 3) < 1
        window.click("route/switch")
        fake.state = off_state()
        fake.state["status"]["node"] = "another"
        fake.start()
        window.wait_gone("banner/degraded", 6)
        assert asked(fake, "route.set_split_default") == []
        window.click("route/switch")
        window.wait("route/confirm")


def test_a_daemon_that_never_confirms_is_not_believed(screen, fake):
    fake.state = off_state()
    fake.is_deaf = True
    with desk.Window(screen, fake.path) as window:
        window.click("route/switch")
        window.click("route/confirm")
        wait_until(lambda: asked(fake, "route.set_split_default"), 3, "the request")
        window.wait_gone("route/confirm", 3)
        time.sleep(5.5)
        window.click("route/switch")  # off again, so the question can be asked anew
        window.wait("route/confirm", 3)


def test_a_peer_is_added_verified_and_forgotten(screen, fake):
    fake.state = make_state()
    with desk.Window(screen, fake.path, "--screen", "peers") as window:
        window.focus()
        window.click("peers/add")
        window.wait("add/address")
        time.sleep(0.3)
        screen.xdotool("type", "--delay", 60, "192.0.2.77")
        window.key("Return")
        wait_until(lambda: asked(fake, "peers.add_static"), 3, "peers.add_static")
        assert asked(fake, "peers.add_static")[0]["address"] == "192.0.2.77"
        window.wait("all_peers/row/entry-0", 3)
    fake.state = connected_state()
    with desk.Window(screen, fake.path, "--screen", "peers") as window:
        window.click("all_peers/row/" + node_id("phone"))
        window.click("peer/verify")
        wait_until(lambda: asked(fake, "peers.verify"), 3, "peers.verify")
        window.wait_gone("peer/verify", 3)
        window.click("peer/forget")
        window.click("peer/forget_sure")
        wait_until(lambda: asked(fake, "peers.forget"), 3, "peers.forget")
        window.wait_gone("all_peers/row/" + node_id("phone"), 3)


def test_the_mesh_is_a_picture_and_a_table_that_follow_it(screen, fake):
    fake.state = relayed_state()
    far = next(peer for peer in fake.state["peers"] if peer["node_id"] == node_id("far-3"))
    with desk.Window(screen, fake.path, "--screen", "routing") as window:
        window.wait("map/node/" + far["node_id"])
        fake.emit("peers", kind="left", peer=far)
        window.wait_gone("map/node/" + far["node_id"], 3)
        fake.emit("peers", kind="state_changed", peer=far)
        window.click("map/node/" + far["node_id"])
        window.wait("peer/close", 3)
        assert not window.shows("peer/verify")


def test_a_way_is_explained_and_bad_input_is_said_in_the_same_place(screen, fake):
    fake.state = relayed_state()
    with desk.Window(screen, fake.path, "--screen", "routing") as window:
        window.focus()
        for target, shown in (("203.0.113.7", "explain/answer"), ("example.org", "explain/problem")):
            window.click("explain/target")
            window.chord("ctrl", "a")
            screen.xdotool("type", "--delay", 60, target)
            window.key("Return")
            window.wait(shown, 3)
            assert asked(fake, "route.explain")[-1] == {"target": target}
        assert not window.shows("explain/answer") and not window.shows("toast")


def test_what_was_not_believed_shows_as_soon_as_a_sample_tells_of_it(fake):
    fake.state = off_state()
    with desk.Screen(1280, 1400) as tall, desk.Window(tall, fake.path, "--size", "1280x1400", "--screen", "routing") as window:
        window.wait("explain/target")
        fake.sample(0)
        time.sleep(0.5)
        assert not window.shows("routing/claims")
        fake.state["status"]["refused_claims"] = {"false_key": 2}
        fake.sample(1)
        window.wait("routing/claims", 3)


def test_two_windows_show_one_daemon_and_closing_one_changes_nothing(screen, fake):
    fake.state = off_state()
    with desk.Window(screen, fake.path) as one, desk.Window(screen, fake.path) as two:
        two.close()
        one.click("route/switch")
        one.click("route/confirm")
        wait_until(lambda: fake.state["status"]["route_on"], 3, "route_on in the daemon")


def test_an_idle_window_sleeps(screen, fake):
    with desk.Window(screen, fake.path) as window:
        window.wait("route/switch")
        time.sleep(4)  # settles, toasts and transitions end
        before, seconds = window.cpu_seconds(), 10
        time.sleep(seconds)
        share = (window.cpu_seconds() - before) / seconds
        print(f"idle: {share:.2%} of one core")
        assert share <= 0.01


def test_the_first_frame_comes_soon(screen, fake):
    took = []
    for _ in range(3):
        with desk.Window(screen, fake.path) as window:
            took.append(time.monotonic() - window.started)
    print(f"start of the program to first frame: {min(took):.2f} s")
    assert min(took) < 2.0  # with the whole of start-up, on a machine that does other things


TELLING = {"connected": (34, 197, 94), "relayed": (34, 197, 94), "many": (34, 197, 94), "blocked": (255, 85, 85), "no-tunnel": (232, 168, 74)}
SIZES = [(scene, size, 1) for scene in TELLING for size in ("1280x800", "720x480")] + [("connected", "3840x2160", 2)]


@pytest.mark.parametrize("scene, size, scale", SIZES)
def test_pictures_are_taken_at_every_size(fake, tmp_path, scene, size, scale):
    picture = tmp_path / "window.png"
    fake.state = SCENES[scene]()
    with desk.Screen(*map(int, size.split("x"))) as wall:
        subprocess.run([DASHBOARD, "--socket", fake.path, "--size", size, "--scale", str(scale), "--frames", "20",
                        "--screenshot", str(picture)], env=wall.environment, check=True, timeout=60)
    seen_size, colours = look_at(picture)
    assert seen_size == size
    assert {(10, 12, 10), TELLING[scene]} <= colours


def look_at(picture):
    """-> its size, and its colours without the shades between letters and ground"""
    def magick(*arguments):
        return subprocess.run(arguments, check=True, timeout=60, capture_output=True, text=True).stdout
    size = magick("identify", "-format", "%wx%h", str(picture))
    histogram = magick("convert", str(picture), "-depth", "8", "-format", "%c", "histogram:info:")
    return size, {tuple(map(int, found)) for found in re.findall(r"\( *(\d+), *(\d+), *(\d+)\)", histogram)}


def run_without(environment, *arguments):
    return subprocess.run([DASHBOARD, *arguments], env=environment, capture_output=True, text=True, timeout=20)


def test_without_a_display_one_line_says_so():
    bare = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = run_without(bare)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "no display" in done.stderr


def test_without_opengl_one_line_says_so():
    with desk.Screen(extensions=("-extension", "GLX")) as bare:
        done = run_without({**bare.environment, "LIBGL_DRIVERS_PATH": "/nonexistent"})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "OpenGL" in done.stderr


@pytest.mark.parametrize("arguments", [["--scale", "0"], ["--nonsense"], ["--frames", "x"], ["--size", "10"]])
def test_wrong_arguments_end_with_two(arguments):
    done = run_without(dict(os.environ), *arguments)
    assert done.returncode == 2 and done.stderr


def test_help_and_version_need_no_display():
    bare = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    assert "pim-dashboard 0." in run_without(bare, "--version").stdout
    assert "--dump-rects" in run_without(bare, "--help").stdout


def keep_picture(screen, mesh, window, name):
    """With PIM_IMAGES=docs/images the pictures of the documents are taken, after half a minute of traffic."""
    folder = os.environ.get("PIM_IMAGES")
    if not folder:
        return
    if name == "dashboard.png":
        for rate in ("2M", "6M", "12M", "4M", "9M"):
            server = mesh.network.internet.spawn("iperf3", "-s", "-1", stdout=subprocess.DEVNULL)
            time.sleep(0.3)
            mesh.network.client.run("iperf3", "-R", "-c", a.WEB4, "-b", rate, "-t", "6", timeout=30)
            server.wait(timeout=10)
    time.sleep(4)  # toasts leave
    subprocess.run(["import", "-window", "root", os.path.join(folder, name)], env=screen.environment, check=True, timeout=30)


@pytest.mark.needs("daemon")
@pytest.mark.limit(180)
def test_the_real_daemon_is_switched_blocked_and_released_from_the_window(screen):
    with Network() as network:
        mesh = Mesh(network)
        mesh.start()
        mesh.pair()
        with desk.Window(screen, mesh.client.socket) as window:
            window.click("route/switch")
            window.click("route/confirm")
            wait_until(lambda: mesh.client.status()["route_on"], 8, "route_on in the daemon")
            window.wait_gone("route/confirm", 5)
            keep_picture(screen, mesh, window, "dashboard.png")
            mesh.gateway.kill()
            # Nothing is in flight: it is traffic that makes the loss be noticed soon.
            wait_until(lambda: mesh.fetch("http://192.0.2.1/", "-4", 1) is None and window.shows("banner/blocking"), 15,
                       "the banner")
            assert mesh.client.status()["kill_switch"]["engaged"]
            keep_picture(screen, mesh, window, "blocked.png")
            window.click("banner/turn_off")
            wait_until(lambda: not mesh.client.status()["route_on"], 8, "route_on false in the daemon")
            window.wait_gone("banner/blocking", 5)
        assert mesh.held_routes() == set()


@pytest.mark.needs("daemon")
@pytest.mark.limit(180)
def test_the_real_mesh_is_drawn_with_the_way_that_the_internet_takes(screen):
    with Relayed() as network:
        mesh = RelayedMesh(network)
        mesh.start()
        with desk.Window(screen, mesh.client.socket, "--screen", "routing") as window:
            for identity in mesh.ids:
                window.wait("map/node/" + identity, 15)
                window.wait("node/row/" + identity)
            mesh.pair()
            mesh.route("on")
            wait_until(lambda: mesh.client.selected_gateway() == mesh.ids[0], 10, "the first gateway is in use")
            for identity in mesh.ids:
                window.wait("gateway/row/" + identity)
            window.focus()
            window.click("explain/target")
            screen.xdotool("type", "--delay", 60, a.WEB4)
            window.key("Return")
            window.wait("explain/answer", 3)
            keep_picture(screen, mesh, window, "mesh.png")
            window.click("map/node/" + mesh.ids[0])
            window.wait("peer/close", 3)
