"""What processes used, from /proc. Seconds, KiB, counts."""
import os
import re
import time

TICK = os.sysconf("SC_CLK_TCK")
DISTURBED = 0.15  #: cores of other load that spoil a measurement


def _stat(proc, pid):
    """The fields of stat from the third on, or None when the process is gone."""
    try:
        with open(f"{proc}/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def cpu(pid):
    """User and system time of all threads so far."""
    fields = _stat("/proc", pid)
    return (int(fields[11]) + int(fields[12])) / TICK if fields else 0.0


def _field(path, name):
    try:
        with open(path, encoding="ascii") as file:
            return int(re.search(rf"^{name}:\s+(\d+)", file.read(), re.MULTILINE)[1])
    except (OSError, TypeError):
        return 0


def resident(pid):
    return _field(f"/proc/{pid}/status", "VmRSS")


def wake_ups(pid):
    """How often its threads went to sleep so far."""
    return sum(_field(f"/proc/{pid}/task/{thread}/status", "voluntary_ctxt_switches")
               for thread in os.listdir(f"/proc/{pid}/task"))


def machine():
    """(busy, stolen) of all cores so far"""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4] - fields[7]) / TICK, fields[7] / TICK


class Others:
    """What processes outside of the sandbox used. Made before it is entered, as its own /proc shows what is inside."""

    KERNEL = "2"

    def __init__(self):
        self._proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)

    def used(self):
        """CPU seconds so far, with what they reaped."""
        total, own = 0, os.stat("/proc/self/ns/pid").st_ino
        outside = f"/proc/self/fd/{self._proc}"
        for pid in filter(str.isdigit, os.listdir(outside)):
            fields = _stat(outside, pid)
            if fields is None or self.KERNEL in (pid, fields[1]) or self._namespace(outside, pid) == own:
                continue
            total += sum(int(field) for field in fields[11:15])
        return total / TICK

    @staticmethod
    def _namespace(outside, pid):
        try:
            return os.stat(f"{outside}/{pid}/ns/pid").st_ino
        except OSError:  # not ours to look at, or gone
            return None

    def cores_since(self, used, at):
        return max(0.0, self.used() - used) / max(time.monotonic() - at, 1e-9)

    def wait_quiet(self, limit):
        """Until the others use a tenth of a core or less. -> seconds waited"""
        began = time.monotonic()
        while time.monotonic() - began < limit:
            used, at = self.used(), time.monotonic()
            time.sleep(0.5)
            if self.cores_since(used, at) < 0.1:
                break
        return time.monotonic() - began
