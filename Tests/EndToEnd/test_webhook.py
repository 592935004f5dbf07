"""agim-recv webhook: what programs post becomes messages, once, and only from who has the secret."""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import subprocess
import time
import unittest

from support import CONFIG, UNAVAILABLE, USAGE, Case, seconds

SECRET = "a secret of twenty-nine letters"


def whsec(key=b"0123456789abcdef0123456789abcdef"):
    return "whsec_" + base64.b64encode(key).decode(), key


class Listening(Case):
    def configure(self, accounts, **more):
        self.config({"accounts": accounts, "allow": {"*": "*"}, **more})

    def listen(self, *words, more=(), options=(), variables=None):
        """Starts agim-recv at a free port; the pipeline, once it answers."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        running = self.start(
            ["agim-recv", *options, "--listen", f"127.0.0.1:{self.port}", *words], *more, stdin=None,
            **(variables or {}))
        self.wait_for(lambda: self.answers() or running.procs[0].poll() is not None)
        return running

    def answers(self):
        try:
            return self.ask("GET", getattr(self, "prefix", "") + "/healthz")[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def post(self, body, headers=None, path="/webhook"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def standard(self, body, identity="msg_1", when=None, key=whsec()[1], path="/webhook", signature=None):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = str(int(when if when is not None else time.time()))
        made = base64.b64encode(
            hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
        return self.post(body, {
            "webhook-id": identity, "webhook-timestamp": stamp, "webhook-signature": signature or f"v1,{made}"}, path)

    def github(self, body, path="/webhook", event="push", delivery="1", secret=SECRET):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        sign = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return self.post(body, {
            "X-Hub-Signature-256": f"sha256={sign}", "X-GitHub-Event": event, "X-GitHub-Delivery": delivery}, path)

    def messages(self, running):
        return [line for line in running.lines if line["type"] == "message"]


    def run_once(self, words):
        running = self.start(words, stdin=None)
        codes = running.wait()
        return codes, running.out, running.errors

    def finish(self, running):
        running.procs[0].terminate()
        self.assertEqual(running.wait(), [0])


class Webhook(Listening):
    def test_standard(self):
        self.configure({"webhook": {"secret": whsec()[0], "session": "file:chat", "from": "ci", "name": "The CI"}})
        running = self.listen("webhook")
        status, body = self.standard({"text": "the build is red"})
        self.assertEqual((status, json.loads(body)), (200, {"accepted": True}))
        # Answered only once it was stored.
        row = self.sql("SELECT platform, account, event, session, state FROM inbox")
        self.assertEqual([tuple(row[0].values())], [("webhook", "", "msg_1", "file:chat", "new")])
        self.wait_for(lambda: self.messages(running))
        message = self.messages(running)[0]
        self.assertEqual(message["text"], "the build is red")
        self.assertEqual(message["session"], "file:chat")
        self.assertEqual(message["from"], {"id": "ci", "name": "The CI"})
        self.assertEqual(message["origin"], {"webhook": "webhook"})
        # The same again is known; another is not.
        status, body = self.standard({"text": "the build is red"})
        self.assertEqual((status, json.loads(body)), (200, {"accepted": True, "known": True}))
        self.assertEqual(self.standard({"text": "two"}, "msg_2")[0], 200)
        self.wait_for(lambda: len(self.messages(running)) == 2)
        self.finish(running)

    def test_refused(self):
        self.configure({"webhook": {"secret": whsec()[0], "session": "file:chat"}})
        running = self.listen("webhook")
        body = {"text": "evil"}
        self.assertEqual(self.post(body)[0], 401)
        self.assertEqual(self.standard(body, key=b"another")[0], 401)
        self.assertEqual(self.standard(body, signature="v1,AAAA")[0], 401)
        self.assertEqual(self.standard(body, signature="v1,")[0], 401)
        status, words = self.standard(body, when=time.time() - 400)
        self.assertEqual(status, 401)
        self.assertIn("5 minutes", words)
        self.assertEqual(self.standard(body, when=time.time() + 400)[0], 401)
        # What is signed cannot be changed.
        good = json.dumps(body).encode()
        stamp = str(int(time.time()))
        sign = base64.b64encode(hmac.new(whsec()[1], f"a.{stamp}.".encode() + good, hashlib.sha256).digest()).decode()
        headers = {"webhook-id": "a", "webhook-timestamp": stamp, "webhook-signature": f"v1,{sign}"}
        self.assertEqual(self.post(good + b" ", headers)[0], 401)
        self.assertEqual(self.post(good, {**headers, "webhook-id": "b"})[0], 401)
        # Not even parsed before that.
        self.assertEqual(self.post(b"{nonsense")[0], 401)
        self.assertEqual(self.standard(b"{nonsense", "n")[0], 400)
        # One of several signatures is enough, as while a secret is changed.
        self.assertEqual(self.post(good, {**headers, "webhook-signature": f"v1a,x v1,AAAA v1,{sign}"})[0], 200)
        self.assertEqual(self.ask("GET", "/webhook")[0], 405)
        self.assertEqual(self.ask("POST", "/webhook/other")[0], 404)
        self.wait_for(lambda: self.messages(running))
        self.assertEqual(len(self.messages(running)), 1)
        self.assertEqual(self.count("inbox"), 1)
        self.assertNotIn("whsec", running.errors)
        self.finish(running)

    def test_github(self):
        self.configure({"webhook@code": {
            "secret": SECRET, "verify": "github", "session": "file:chat",
            "text": "{{header X-GitHub-Event}} to {{.repository.full_name}} by {{.pusher.name}}: {{range .commits}}"
                    "[{{.message}}] {{end}}"}})
        running = self.listen("webhook@code")
        body = {"repository": {"full_name": "x/y"}, "pusher": {"name": "张三"},
                "commits": [{"message": "one"}, {"message": "two"}]}
        self.assertEqual(self.github(body, "/webhook/code")[0], 200)
        # The id of a delivery is not signed: another does not make it new.
        status, answer = self.github(body, "/webhook/code", delivery="2")
        self.assertEqual((status, json.loads(answer)["known"]), (200, True))
        self.assertEqual(self.github(body, "/webhook/code", secret="another secret than that")[0], 401)
        self.wait_for(lambda: self.messages(running))
        message = self.messages(running)[0]
        self.assertEqual(message["text"], "push to x/y by 张三: [one] [two] ")
        self.assertEqual(message["from"]["id"], "code")
        self.assertEqual(message["origin"], {"webhook": "webhook@code", "event": "push"})
        self.finish(running)

    def test_token(self):
        self.configure({
            "webhook@a": {"secret": SECRET, "verify": "token", "session": "file:a"},
            "webhook@b": {"secret": SECRET, "verify": "token", "header": "X-Gitlab-Token", "session": "file:b",
                          "path": "/hooks/gitlab", "text": "{{.object_kind}}{{.missing}}"}})
        running = self.listen("webhook@a", "webhook@b")
        plain = {"Content-Type": "text/plain"}
        self.assertEqual(self.post(b"red", {"Authorization": f"Bearer {SECRET}", **plain}, "/webhook/a")[0], 200)
        self.assertEqual(self.post(b"red", {"Authorization": f"Bearer {SECRET}", **plain}, "/webhook/a")[0], 200)
        self.assertEqual(self.post(b"red", {"Authorization": f"Bearer {SECRET}x"}, "/webhook/a")[0], 401)
        self.assertEqual(self.post(b"red", {"X-Gitlab-Token": SECRET}, "/webhook/a")[0], 401)
        self.assertEqual(self.post({"object_kind": "push"}, {"X-Gitlab-Token": SECRET}, "/hooks/gitlab")[0], 200)
        # Nothing to say is no message.
        self.assertEqual(self.post({}, {"X-Gitlab-Token": SECRET}, "/hooks/gitlab")[0], 204)
        self.wait_for(lambda: len(self.messages(running)) == 3)
        self.assertEqual(
            sorted((line["session"], line["text"]) for line in self.messages(running)),
            [("file:a", "red"), ("file:a", "red"), ("file:b", "push")])
        self.finish(running)

    @seconds(10)
    def test_to_an_agent_and_back(self):
        out = self.path("out")
        self.configure({"webhook": {"secret": SECRET, "verify": "token", "session": "stdin:main"}})
        running = self.listen("webhook", more=(
            ["agim-run", "exec", "--", "tr", "a-z", "A-Z"], ["agim-send", "--via", f"file:{out}"]))
        status, _ = self.post(b"the build is red", {
            "Authorization": f"Bearer {SECRET}", "Content-Type": "text/plain"})
        self.assertEqual(status, 200)
        self.wait_for(lambda: self.states("outbox").get("delivered"))
        self.assertIn("THE BUILD IS RED", self.read("out"))
        running.procs[0].terminate()
        running.wait()

    def test_from_our_own_agim_send(self):
        account = {"secret": whsec()[0], "session": "file:chat"}
        self.configure({"webhook": account})
        running = self.listen("webhook")
        self.configure({"webhook": {**account, "url": f"http://127.0.0.1:{self.port}/webhook"}})
        sent = self.start(["agim-send", "webhook", "the build is red"], stdin=None)
        self.assertEqual(sent.wait(), [0], sent.errors)
        self.wait_for(lambda: self.messages(running))
        self.assertEqual(self.messages(running)[0]["text"], "the build is red")
        self.finish(running)

    def test_large(self):
        self.configure({"webhook": {"secret": SECRET, "verify": "token", "session": "file:chat"}})
        running = self.listen("webhook")
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "text/plain"}
        self.assertEqual(self.post(b'"' * 1_000_000, headers)[0], 200)
        status, words = self.post(b"x" * 1_100_000, headers)
        self.assertEqual(status, 413)
        self.assertIn("larger than", words)
        self.wait_for(lambda: self.messages(running))
        message = self.messages(running)[0]
        self.assertEqual(message["attachments"][0]["size"], 1_000_000)
        self.finish(running)

    def test_wrong_settings(self):
        good = {"secret": SECRET, "session": "file:chat"}
        for account, words in (
                ({"session": "file:x"}, '"secret"'), ({"secret": SECRET}, '"session"'),
                ({**good, "verify": "hope"}, "standard, github, slack, token"), ({**good, "session": "nowhere"}, "address"),
                ({**good, "secret": "short"}, "16 characters"), ({**good, "secret": "whsec_!!!!!!!!!!!!"}, "Base64"),
                ({**good, "text": "{{.x"}, "{{ has no }}"), ({**good, "text": "{{range .x}}"}, "{{end}}"),
                ({**good, "text": "{{x}}"}, "path"), ({**good, "path": "x"}, "slash"),
                ({**good, "header": "X-Y"}, "token"), ({**good, "colour": "red"}, "colour")):
            self.configure({"webhook": account})
            codes, _, errors = self.run_once(["agim-recv", "--listen", "127.0.0.1:0", "webhook"])
            self.assertEqual((codes, words in errors), ([CONFIG], True), (account, errors))
            self.assertNotIn(SECRET, errors)
        self.configure({"webhook": good, "webhook@b": {**good, "path": "/webhook"}})
        self.assertEqual(self.run_once(["agim-recv", "--listen", ":0", "webhook", "webhook@b"])[0], [CONFIG])
        for words in (["webhook"], ["--listen", "nonsense", "webhook"], ["--listen", ":0", "--rate", "x", "webhook"],
                      ["--listen", ":0", "--prefix", "x", "webhook"], ["--prefix", "/x", "webhook"],
                      ["--deaf-after", "1s", "webhook"], ["--listen", ":0", "--public-url", "x", "webhook"]):
            self.assertEqual(self.run_once(["agim-recv", *words])[0], [USAGE], words)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            codes, _, errors = self.run_once(
                ["agim-recv", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", "webhook"])
        self.assertEqual(codes, [UNAVAILABLE])
        self.assertIn("already in use", errors)


class Health(Listening):
    """The routes of every agim-recv that listens."""

    def test_routes(self):
        self.configure({"webhook": {"secret": SECRET, "verify": "token", "session": "file:chat"}})
        running = self.listen("webhook", variables={"AGIM_LISTEN_TOKEN": "the token of reviewers"})
        bearer = {"Authorization": "Bearer the token of reviewers"}
        for _ in range(2):
            self.post({"text": "x"}, {"Authorization": f"Bearer {SECRET}", "webhook-id": "1"})
        self.assertEqual(self.ask("GET", "/healthz"), (200, "ok\n"))
        self.assertEqual(self.ask("GET", "/readyz"), (200, "webhook: connected\n"))
        status, text = self.ask("GET", "/metrics")
        self.assertEqual(status, 200)
        for line in ('agim_source_up{source="webhook"} 1', "agim_accepted_total 1", "agim_duplicates_total 1",
                     'agim_rows{box="inbox",state="new"} 1'):
            self.assertIn(line + "\n", text)
        self.parse(text)
        # Through a proxy it is not this machine that asks.
        self.assertEqual(self.ask("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.1"})[0], 401)
        self.assertEqual(self.ask("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.1", **bearer})[0], 200)
        self.assertEqual(self.ask("GET", "/reviewz")[0], 401)
        self.assertEqual(self.ask("GET", "/reviewz", headers={"Authorization": "Bearer x"})[0], 401)
        status, text = self.ask("GET", "/reviewz", headers=bearer)
        self.assertEqual((status, json.loads(text)), (200, {"requests": [], "dead": [], "refused": []}))
        identity = self.sql("SELECT id FROM inbox")[0]["id"]
        self.start(["agim-queue", "drop", identity], stdin=None).wait()
        dead = json.loads(self.ask("GET", "/reviewz", headers=bearer)[1])["dead"]
        self.assertEqual([(row["id"], row["reason"]) for row in dead], [(identity, "dropped by the operator")])
        self.finish(running)

    def test_no_token(self):
        running = self.listen("inbox")
        status, words = self.ask("GET", "/reviewz", headers={"Authorization": "Bearer "})
        self.assertEqual(status, 401)
        self.assertIn("AGIM_LISTEN_TOKEN", words)
        self.assertEqual(self.ask("GET", "/readyz"), (200, "inbox: running\n"))
        self.finish(running)

    def test_prefix_and_rate(self):
        self.prefix = "/agim"
        running = self.listen("inbox", options=("--prefix", "/agim/", "--rate", "2"))
        self.assertEqual(self.ask("GET", "/healthz")[0], 404)
        statuses = [self.ask("GET", "/agim/healthz")[0] for _ in range(30)]
        self.assertIn(429, statuses)
        self.finish(running)

    def test_not_only_this_machine(self):
        running = self.start(["agim-recv", "--listen", "0.0.0.0:0", "inbox"], stdin=None)
        self.wait_for(lambda: "reverse proxy" in running.errors)
        self.finish(running)

    def parse(self, text):
        # Debian's own Python has the package.
        done = subprocess.run(
            ["/usr/bin/python3", "-c", "import sys; from prometheus_client.parser import text_string_to_metric_families"
             " as read; print(len(list(read(sys.stdin.read()))))"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        self.assertGreater(int(done.stdout), 8)


if __name__ == "__main__":
    unittest.main()
