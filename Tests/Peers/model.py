"""A model on loopback for real agents: Anthropic Messages, OpenAI Chat Completions and Responses, without a model.

What it says and does is written in the prompt, one directive per line; README.md lists them, script.py reads them.
Every request is noted in a log of JSON lines, so that a test can see what the agent let the model see.

    with Model("requests.jsonl") as model: …model.url…       or       python3 model.py --log requests.jsonl
"""

import argparse
import gzip
import http.server
import json
import select
import socket
import struct
import threading
import time

from apis import Anthropic, Chat, Responses
from script import Plan, Wrong, call

APIS = {"/v1/messages": Anthropic, "/v1/chat/completions": Chat, "/v1/responses": Responses}
LIMIT = 64 << 20
MODELS = ("mock-model", "claude-mock")


class Gone(Exception):
    """The agent has left, or the model has closed the door."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    # Reading

    def body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            data = b""
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                data += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    break
                if len(data) > LIMIT:
                    raise ValueError("the body is too large")
        else:
            length = int(self.headers.get("Content-Length") or 0)
            if length > LIMIT:
                raise ValueError("the body is too large")
            data = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        return json.loads(data) if data else {}

    # Writing

    def answer(self, status, value, **headers):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.note["status"] = status
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def open_stream(self):
        self.note["status"] = 200
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def reset(self):
        """Closes the connection hard, as a server that fell over does."""
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise Gone

    def wait(self, seconds):
        """Waits, unless the agent leaves or the model ends."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.server.ended.wait(min(left, 0.05)):
                raise Gone
            if select.select([self.connection], [], [], 0)[0] and not self.connection.recv(1, socket.MSG_PEEK):
                raise Gone

    # Requests

    def do_GET(self):
        self.serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def serve(self):
        path = self.path.split("?")[0].rstrip("/") or "/"
        # Bases are given with and without /v1 in front.
        if path.startswith("/v1/v1/"):
            path = path[3:]
        elif not path.startswith("/v1/"):
            path = "/v1" + path if ("/v1" + path) in APIS or path == "/models" else path
        self.note = {"n": self.server.number(), "time": time.time(), "method": self.command, "path": path,
                     "headers": dict(self.headers.items()), "did": []}
        try:
            self.note["body"] = body = self.body()
        except (ValueError, OSError) as error:
            self.close_connection = True
            self.answer(400, Chat.error(400, f"the body is not JSON: {error}"))
            self.server.write_note(self.note)
            return
        # Noted before anything is answered, and once more when it has been.
        self.server.write_note({**self.note, "began": True})
        try:
            self.route(path, body)
        except (Gone, ConnectionError, TimeoutError, ValueError) as error:
            # A closed file is a ValueError.
            self.note["gone"] = True if isinstance(error, Gone) else repr(error)
            self.close_connection = True
        finally:
            self.server.write_note(self.note)

    def route(self, path, body):
        if path in APIS and self.command == "POST":
            self.complete(APIS[path], body)
        elif path == "/v1/messages/count_tokens":
            self.answer(200, {"input_tokens": max(1, len(json.dumps(body)) // 4)})
        elif path == "/v1/models":
            self.answer(200, {"object": "list", "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1], "data": [
                {"id": name, "object": "model", "created": 1, "owned_by": "tests", "type": "model",
                 "display_name": name, "created_at": "2026-01-01T00:00:00Z"} for name in MODELS]})
        elif path == "/":
            self.answer(200, {})
        else:
            self.answer(404, Anthropic.error(404, f"{path} is not here"))

    def complete(self, kind, body):
        stream = bool(body.get("stream"))
        opened = False

        def emit(text):
            if stream:
                self.chunk(text)

        api = kind(body, emit)

        def begin():
            nonlocal opened
            if not opened:
                opened = True
                if stream:
                    self.open_stream()
                api.begin()

        plan = Plan(kind.entries(body), bool(api.tools))
        for place, (name, rest) in enumerate(plan.actions):
            try:
                if not self.step(api, plan, place, name, rest, begin, stream and opened):
                    return
            except Wrong as error:
                self.note["wrong"] = str(error)
                begin()
                api.text(str(error))
        begin()
        api.end()
        if stream:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.answer(200, api.whole())

    def step(self, api, plan, place, name, rest, begin, streaming):
        """Follows one directive; whether the answer goes on."""
        did = self.note["did"]
        if name in ("error", "garbage", "hang", "die"):
            words = rest.split()
            times = words[1:] if name == "error" else words
            if times and not self.server.once_more((self.note["path"], plan.key, place), int(times[0])):
                return True
            did.append([name, rest])
            return getattr(self, "do_" + name)(api, int(words[0]) if name == "error" else 0, begin, streaming)
        did.append([name, rest[:2000]])
        if name in ("tool", "also"):
            tool, value = call(rest)
            begin()
            api.tool(tool, value)
        elif name in ("final", "text"):
            begin()
            api.text(rest)
        elif name == "think":
            begin()
            api.think(rest)
        elif name == "slow":
            begin()
            self.wfile.flush()
            self.wait(float(rest))
        elif name == "flood":
            begin()
            line = "0123456789abcdef" * 63 + "0123456789abcde\n"
            for left in range(int(rest), 0, -1024):
                api.text(line * min(1024, left))
        elif name == "last-result":
            begin()
            api.text(plan.last_result())
        elif name == "echo-image":
            begin()
            api.text(plan.image())
        elif name == "dump":
            self.note["dump"] = rest or True
        return True

    def do_error(self, api, status, _, streaming):
        message = f"The model was told to answer {status}."
        if streaming:
            api.fail(status, message)
            self.wfile.write(b"0\r\n\r\n")
        else:
            more = {"retry_after": "1"} if status in (429, 503, 529) else {}
            self.answer(status, api.error(status, message), request_id="req_mock", **more)
        return False

    def do_garbage(self, api, _, begin, streaming):
        if streaming or self.note["body"].get("stream"):
            begin()
            self.chunk(b"event: nonsense\ndata: {\"type\": \xff\xfe not json\n\ndata: [1, 2\n\n: \n<html>502</html>\n\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.answer(200, b"<html><body>\xff\xfe This is not JSON</body></html>")
        return False

    def do_hang(self, *_):
        self.wfile.flush()
        self.wait(86_400)
        return False

    def do_die(self, _, __, begin, streaming):
        if streaming or self.note["body"].get("stream"):
            begin()
            self.chunk(b"event: content_block_delta\ndata: {\"type\":\"content_bl")
        else:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"{\"id\": \"cut in the mid")
        self.reset()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, log, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.times = {}
        self.count = 0
        self.log = open(log, "a", encoding="utf-8", errors="surrogateescape") if log else None

    def handle_error(self, *_):
        """A client that leaves is no news; what went wrong otherwise is in the log."""

    def once_more(self, key, times):
        """Whether something that is to happen so often has not yet."""
        with self.lock:
            self.times[key] = self.times.get(key, 0) + 1
            return self.times[key] <= times

    def number(self):
        with self.lock:
            self.count += 1
            return self.count

    def write_note(self, note):
        with self.lock:
            if self.log:
                self.log.write(json.dumps(note) + "\n")
                self.log.flush()


class Model:
    """A running server and its log."""

    def __init__(self, log, port=0):
        self.path = log
        self.server = Server(log, port)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.server.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        if self.server.log:
            with self.server.lock:
                self.server.log.close()
                self.server.log = None

    def notes(self, path=None):
        """What was asked, the newest state of each request, in the order in which they came."""
        found = {}
        with open(self.path, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                if line.endswith("\n"):
                    note = json.loads(line)
                    found[note["n"]] = note
        return [note for _, note in sorted(found.items()) if path is None or note["path"] == path]

    def turns(self):
        """The requests for an answer of the model, without counting, lists and titles."""
        return [note for note in self.notes() if note["path"] in APIS and (note.get("body") or {}).get("tools")]

    def seen(self, text):
        """Whether the model was ever shown this text."""
        return any(text in json.dumps(note.get("body"), ensure_ascii=False) for note in self.notes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", default=None, metavar="FILE")
    options = parser.parse_args()
    model = Model(options.log, options.port)
    print(model.url, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        model.stop()


if __name__ == "__main__":
    main()
