"""Counts of passed, failed and skipped cases over all suites; each failure and each skip is named where it happens."""
import xml.etree.ElementTree as ElementTree


class Results:
    def __init__(self):
        self.passed, self.failures, self.skips = 0, [], []

    def passes(self, count=1):
        self.passed += count

    def fails(self, name, detail=""):
        self.failures.append(name)
        print(f"FAIL: {name}" + (f"\n{detail.rstrip()}" if detail.strip() else ""), flush=True)

    def skips_case(self, name, reason):
        self.skips.append(name)
        print(f"SKIP: {name}: {reason}", flush=True)

    def add_junit(self, path, suite, with_details=True):
        """The cases of a junit file; returns how many there were. Raises when the file is not whole."""
        count = 0
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            count += 1
            name = f"{suite}: {case.get('name')}"
            problem = next((child for child in case if child.tag in ("failure", "error")), None)
            skipped = case.find("skipped")
            if problem is not None:
                self.fails(name, (problem.text or problem.get("message") or "") if with_details else "")
            elif skipped is not None:
                self.skips_case(name, skipped.get("message", "no reason given"))
            else:
                self.passes()
        return count

    def finish(self):
        """Prints the last line; returns the exit code. A run without a single case has failed: nothing was tested."""
        if not (self.passed or self.failures or self.skips):
            self.fails("no case ran", "the name after -k or --only fits none")
        if self.failures:
            print("\nFailed:\n" + "\n".join(f"  {name}" for name in self.failures))
        print(f"{self.passed} passed, {len(self.failures)} failed, {len(self.skips)} skipped", flush=True)
        return 1 if self.failures else 0
