"""JSON-RPC 2.0 over the daemon's Unix socket, one object a line: what a test needs of a client, subscriptions included."""
import collections
import json
import socket
import time


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(f"{error.get('code')}: {error.get('message')} {json.dumps(error.get('data')) if 'data' in error else ''}")
        self.code, self.message, self.data = error.get("code"), error.get("message"), error.get("data")


class Rpc:
    """One connection. call() answers with the result or raises RpcError; events wait in `events` until they are taken."""

    def __init__(self, path, hello=True, timeout=10.0):
        self.timeout = timeout
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self._partial, self._id = b"", 0
        self._lines = collections.deque()
        self.events = collections.deque()
        if hello:
            self.call("rpc.hello", client="lab", rpc_version=1)

    def send_line(self, line):
        """Raw bytes, for tests of bad input."""
        self.socket.sendall(line if line.endswith(b"\n") else line + b"\n")

    def read(self, timeout=None):
        """The next object from the daemon, whatever it is. TimeoutError when none comes, EOFError when it hung up."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while not self._lines:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the daemon sent nothing in time")
            self.socket.settimeout(left)
            data = self.socket.recv(1 << 16)
            if not data:
                raise EOFError("the daemon closed the connection")
            *lines, self._partial = (self._partial + data).split(b"\n")
            self._lines.extend(lines)
        return json.loads(self._lines.popleft())

    def call(self, method, **params):
        self._id += 1
        request = {"jsonrpc": "2.0", "id": self._id, "method": method, **({"params": params} if params else {})}
        self.send_line(json.dumps(request).encode())
        while True:
            answer = self.read()
            if answer.get("id") == self._id:
                break
            self.events.append(answer)
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def next_event(self, kind=None, timeout=10.0):
        """The params of the next notification (of that kind, others are dropped)."""
        deadline = time.monotonic() + timeout
        while True:
            event = self.events.popleft() if self.events else self.read(max(0.0, deadline - time.monotonic()))
            params = event.get("params", {})
            if kind is None or params.get("kind") == kind:
                return params

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
