"""A screen of its own (Xvfb) with a real pim-dashboard on it, moved by a real pointer and keyboard (xdotool).

The window writes where its widgets stand (--dump-rects), so that a click goes to what is really there.
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from lab.daemon import DASHBOARD, wait_until

NEEDED = ("Xvfb", "xdotool")


def why_not():
    missing = [program for program in NEEDED if shutil.which(program) is None]
    return f"{' and '.join(missing)} not installed: run scripts/install_packages" if missing else None


class Screen:
    def __init__(self, width=1280, height=800, extensions=()):
        read, write = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", *extensions],
            pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as answer:
            self.display = ":" + answer.readline().strip()

    @property
    def environment(self):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIM_RPC", "WAYLAND", "XDG_RUNTIME"))}
        return {**kept, "DISPLAY": self.display, "LIBGL_ALWAYS_SOFTWARE": "1"}

    def xdotool(self, *arguments):
        subprocess.run(["xdotool", *map(str, arguments)], env=self.environment, check=True, timeout=20,
                       stdout=subprocess.DEVNULL)

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Window:
    def __init__(self, screen, socket, *arguments):
        self.screen = screen
        self.dir = tempfile.mkdtemp(prefix="pim-window-")
        self.rects_file = os.path.join(self.dir, "rects.json")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [DASHBOARD, "--socket", socket, "--dump-rects", self.rects_file, *map(str, arguments)],
            env=screen.environment, stderr=subprocess.PIPE, text=True)
        self.wait("nav/Dashboard")

    def rects(self):
        try:
            with open(self.rects_file, encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            assert self.process.poll() is None, self.process.stderr.read()
            return {}

    def shows(self, name):
        return name in self.rects()

    def wait(self, name, seconds=10.0):
        """Until a widget is in sight. -> seconds it took"""
        began = time.monotonic()
        wait_until(lambda: self.shows(name), seconds, f"the window shows {name}")
        return time.monotonic() - began

    def wait_gone(self, name, seconds=10.0):
        wait_until(lambda: not self.shows(name), seconds, f"the window shows {name} no more")

    def click(self, name, seconds=10.0):
        self.wait(name, seconds)
        x, y, width, height = self.rects()[name]
        # ImGui looks at the mouse once per frame: a press has to last longer than one.
        self.screen.xdotool("mousemove", x + width // 2, y + height // 2, "sleep", 0.1, "mousedown", 1, "sleep", 0.1,
                            "mouseup", 1)

    def key(self, *keys):
        for key in keys:
            self.screen.xdotool("keydown", key, "sleep", 0.08, "keyup", key, "sleep", 0.08)

    def chord(self, modifier, key):
        self.screen.xdotool("keydown", modifier, "sleep", 0.05, "keydown", key, "sleep", 0.08, "keyup", key, "keyup", modifier,
                            "sleep", 0.05)

    def focus(self):
        self.screen.xdotool("search", "--sync", "--onlyvisible", "--name", "^pim$", "windowfocus", "--sync")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)
        self.process.stderr.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
