"""Addresses for answers as Slack's slash commands and Discord's interactions have them: each good for so long and for
so many posts, on one loopback port. `got` is what was taken, `faults` what no client of theirs should do."""

import collections
import json
import threading
import time

from loopback import Loopback

Got = collections.namedtuple("Got", "name text body")


class ReplyServer(Loopback):
    def __init__(self):
        self.got, self.faults, self.plans = [], [], []
        self.addresses = {}
        self.hanging = threading.Event()
        self.let_go = threading.Event()
        # From here on it is asked.
        super().__init__()

    def stop(self):
        self.let_go.set()
        super().stop()

    # What tests ask for.

    def slack(self, name, uses=5, seconds=1800):
        """A new `response_url`."""
        path = f"/commands/T1DC2JH3J/{len(self.addresses) + 397700885554}/{name}-96rGlfmibIGlgcZRskXaIFfN"
        self.addresses[path] = {"name": name, "kind": "slack", "uses": uses, "until": time.monotonic() + seconds}
        return f"http://{self.host}{path}"

    def discord(self, name, uses=5, seconds=900):
        """The application and the token of a new interaction."""
        token = f"{name}-aW50ZXJhY3Rpb246dG9rZW4"
        self.addresses[f"/api/webhooks/9876/{token}"] = {
            "name": name, "kind": "discord", "uses": uses, "until": time.monotonic() + seconds}
        return "9876", token

    def end(self, name):
        """The time of an address is over."""
        for address in self.addresses.values():
            if address["name"] == name:
                address["until"] = 0

    def texts(self, name=None):
        return [got.text for got in list(self.got) if name is None or got.name == name]

    def misbehave(self, *plans):
        """What becomes of the next posts: a status, `drop`, `redirect`, or `hang` until `let_go` is set."""
        self.plans += plans

    # What happens to a request.

    def serve(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self.lock:
            plan = self.plans.pop(0) if self.plans else None
            if plan in (None, "hang"):
                status, words = self.take(handler, body)
        if plan == "hang":
            self.hanging.set()
            self.let_go.wait(60)
        elif plan == "drop":
            handler.close_connection = True
            return
        elif plan == "redirect":
            return self.answer(handler, 302, "", {"Location": f"http://{self.host}/elsewhere"})
        elif plan is not None:
            status, words = plan, "go away"
        self.answer(handler, status, words)

    def take(self, handler, body):
        def fault(status, words, why):
            self.faults.append(why)
            return status, words

        address = self.addresses.get(handler.path)
        if handler.command != "POST":
            return fault(405, "method", f"{handler.command} {handler.path}")
        if address is None:
            return fault(404, "no such address", f"nothing is at {handler.path}")
        if not handler.headers.get("Content-Type", "").startswith("application/json"):
            return fault(400, "invalid_payload", f"content type {handler.headers.get('Content-Type')}")
        try:
            value = json.loads(body.decode("utf-8"))
        except ValueError:
            return fault(400, "invalid_payload", "a body that is no JSON")
        if address["kind"] == "discord":
            text = value.get("content") or ""
            if not 1 <= len(text.encode("utf-16-le")) // 2 <= 2000:
                return fault(400, '{"code": 50035}', f"content of {len(text)} characters")
            if value.get("allowed_mentions") != {"parse": []}:
                return fault(400, "mentions", "somebody may be called")
        else:
            text = value.get("text") or ""
            if not 1 <= len(text) <= 40_000 or value.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
                return fault(400, "invalid_payload", f"{value}")
        # What has ended is no mistake of who did not know.
        if time.monotonic() > address["until"]:
            return 404, "expired_url"
        if address["uses"] < 1:
            return 404, "used_url"
        address["uses"] -= 1
        self.got.append(Got(address["name"], text, value))
        return 200, "ok"

    @staticmethod
    def answer(handler, status, words, headers=None):
        try:
            handler.send_response(status)
            for name, value in (headers or {}).items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(words)))
            handler.end_headers()
            handler.wfile.write(words.encode())
        except OSError:
            pass
