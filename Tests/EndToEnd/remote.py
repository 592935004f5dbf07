"""A remote agent for tests: an HTTP server that does what the prompt says, and checks what it is asked.

A prompt is a list of directives, one a line: `say TEXT`, `dialect NAME`, `hang`, `break`, `status N [RETRY-AFTER]`,
`garbage`, `flood`, `slow SECONDS`, `error TEXT`, `session ID`, `task`, `split`, `nothing`."""

import http.server
import json
import os
import re
import ssl
import subprocess
import threading
import time


class Remote:
    def __init__(self, directory, tls=False, host="127.0.0.1", **options):
        self.log = []
        self.faults = []
        self.changed = threading.Condition()
        self.options = {"card": True, "list": None, "sync_only": False, "token": None, "key": None, **options}
        self.tasks = {}
        self.accepts = 0
        self.gone = threading.Event()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def setup(self):
                owner.accepts += 1
                super().setup()

            def do_GET(self):
                owner.serve(self, b"")

            def do_POST(self):
                owner.serve(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        scheme = "http"
        if tls:
            self.authority = certificate(directory)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(directory, "cert.pem"), os.path.join(directory, "key.pem"))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://{'localhost' if tls else host}:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.gone.set()
        self.server.shutdown()
        self.server.server_close()

    def note(self, **entry):
        with self.changed:
            self.log.append(entry)
            self.changed.notify_all()

    def wait(self, condition, limit=15):
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self.log), limit):
                raise AssertionError(f"not seen: {self.log}")

    def posts(self):
        return [entry["json"] for entry in self.log if entry["path"] == "/tasks" and entry["method"] == "POST"]

    # Answers

    def serve(self, request, body):
        path = request.path
        entry = {"method": request.command, "path": path, "headers": {k.lower(): v for k, v in request.headers.items()}}
        if body:
            entry["json"] = json.loads(body)
        self.note(**entry)
        wanted = self.options["token"]
        if wanted and request.headers.get("Authorization") != f"Bearer {wanted}":
            return self.answer(request, 401, {"error": {"message": "who are you"}})
        if self.options["key"] and request.headers.get("X-API-Key") != self.options["key"]:
            return self.answer(request, 403, {"error": "no key"})
        base = self.options.get("at", "")
        if path == base + "/agent/card":
            card = {"name": "Far Agent", "version": "1", "capabilities": []}
            return self.answer(request, 200, card) if self.options["card"] else self.answer(request, 404, {})
        if path == "/.well-known/acp" and self.options["list"] is not None:
            return self.answer(request, 200, {"agents": self.options["list"]})
        if path == base + "/tasks" and request.command == "POST":
            return self.task(request, entry["json"])
        match = re.fullmatch(re.escape(base) + r"/tasks/([\w-]+)(/cancel)?", path)
        if match and match[2]:
            return self.answer(request, 200 if match[1] in self.tasks else 404, {})
        if match and match[1] in self.tasks:
            task = self.tasks[match[1]]
            return self.answer(request, 200, task.pop(0) if len(task) > 1 else task[0])
        return self.answer(request, 404, {"error": {"message": "no such path"}})

    @staticmethod
    def answer(request, status, value, headers=()):
        text = json.dumps(value).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        for name, content in headers:
            request.send_header(name, content)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)

    def task(self, request, task):
        if (set(task) != {"input", "mode", "session_id"} or set(task["input"]) != {"prompt"}
                or task["mode"] not in ("sync", "stream") or not task["session_id"]):
            self.faults.append(task)
            return self.answer(request, 400, {"error": {"message": "not a task"}})
        if self.options["sync_only"] and task["mode"] == "stream":
            return self.answer(request, 422, {"error": {"message": "no streams here"}})
        Run(self, request, task).go()


class Run:
    """One task, by the lines of its prompt."""

    def __init__(self, owner, request, task):
        self.owner, self.request, self.task = owner, request, task
        self.dialect = "output"
        self.isStream = task["mode"] == "stream"
        self.begun = False
        self.texts = []
        self.split = False
        self.more = {}

    def send(self, data):
        if not self.begun:
            self.begun = True
            self.request.send_response(200)
            self.request.send_header("Content-Type", "text/event-stream")
            self.request.send_header("Connection", "close")
            self.request.end_headers()
        if self.split:
            for byte in data:
                self.request.wfile.write(bytes([byte]))
                self.request.wfile.flush()
        else:
            self.request.wfile.write(data)
            self.request.wfile.flush()

    def event(self, value):
        self.send(f"data: {value if isinstance(value, str) else json.dumps({**value, **self.more})}\r\n\r\n".encode())

    def say(self, text):
        self.texts.append(text)
        if not self.isStream:
            return
        if self.dialect == "output":
            self.event({"output": {"content": text}})
        elif self.dialect == "part":
            self.event({"message": {"part": {"content": text}}})
        else:
            self.event({"type": "message.part", "part": {"content_type": "text/plain", "content": text}})

    def finish(self):
        whole = "".join(self.texts)
        if not self.isStream:
            return self.owner.answer(
                self.request, 200, {"id": "t-1", "status": "completed", "output": {"content": whole}, **self.more})
        if self.dialect == "acp":
            parts = [{"content_type": "text/plain", "content": whole}, {"content_type": "image/png", "content": "x"}]
            self.event({"type": "message.completed", "message": {"role": "agent", "parts": parts}})
            self.event({"type": "run.completed", "run": {"run_id": "t-1", "status": "completed"}})
        elif self.dialect == "task":
            self.event({"id": "t-1", "status": "completed", "output": {"content": whole}})
        else:
            self.event("[DONE]")

    def go(self):
        for line in self.task["input"]["prompt"].splitlines():
            word, _, rest = line.partition(" ")
            if word == "say":
                self.say(rest)
            elif word == "dialect":
                self.dialect = rest
                if rest == "acp":
                    self.event({"type": "run.created", "run": {"run_id": "t-1", "session_id": "s-of-run"}})
                    self.event({"type": "message.created", "message": {"role": "agent", "parts": []}})
            elif word == "split":
                self.split = True
            elif word == "session":
                self.more["session_id"] = rest
            elif word == "slow":
                time.sleep(float(rest))
            elif word == "status":
                status, *after = rest.split(" ")
                seen = sum(1 for post in self.owner.posts() if post["input"] == self.task["input"])
                if len(after) > 1 and seen > int(after[1]):
                    continue
                return self.owner.answer(
                    self.request, int(status), {"error": {"message": "so it is"}},
                    [("Retry-After", after[0])] if after else [])
            elif word == "error":
                if not self.isStream:
                    return self.owner.answer(
                        self.request, 200, {"id": "t-1", "status": "failed", "error": {"code": "x", "message": rest}})
                return self.event({"error": {"message": rest}})
            elif word == "garbage":
                return self.send(b"data: {nothing at all\xff\n\n" if self.isStream else b"no HTTP")
            elif word == "nothing":
                self.request.connection.shutdown(2)
                return None
            elif word == "break":
                self.send(b"data: {\"outp")
                self.request.connection.shutdown(2)
                return None
            elif word == "task":
                # Known by an id from now on, and its end is told to who asks.
                self.owner.tasks["t-9"] = [
                    {"id": "t-9", "status": "running"},
                    {"id": "t-9", "status": "completed", "output": {"content": rest}}]
                if not self.isStream:
                    return self.owner.answer(self.request, 202, {"id": "t-9", "status": "pending"})
                self.event({"id": "t-9", "status": "running"})
            elif word == "flood":
                try:
                    while not self.owner.gone.is_set():
                        self.send(b"data: " + json.dumps({"output": {"content": "x" * 65536}}).encode() + b"\n\n")
                except OSError:
                    return self.owner.note(method="-", path="closed")
            elif word == "hang":
                # Until the other side leaves.
                try:
                    while not self.owner.gone.is_set():
                        self.send(b": still here\n\n")
                        time.sleep(0.05)
                except OSError:
                    return self.owner.note(method="-", path="closed")
            else:
                self.say(f"{line}\n")
        return self.finish()


def certificate(directory):
    """An authority and its certificate for localhost; the path of the authority."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=test authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
    with open(os.path.join(directory, "names"), "w", encoding="utf-8") as file:
        file.write("subjectAltName=DNS:localhost")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "cert.pem", "-days", "2", "-extfile", "names")
    return os.path.join(directory, "ca.pem")
