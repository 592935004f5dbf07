"""The driver `remote`, with an agent of our own behind HTTP."""

import itertools
import json
import unittest

from remote import Remote
from support import Case

SECRET = "s3cr3t-token-of-the-test"


def message(number, text, session="stdin:main", **more):
    return {"v": 1, "type": "message", "id": f"m{number}", "session": session, "text": text, "agent": "far",
            "chat": "direct", "from": {"id": "me"}, **more}


class RemoteCase(Case):
    def setUp(self):
        super().setUp()
        self.numbers = itertools.count(1)

    def remote(self, tls=False, **options):
        server = Remote(self.dir, tls, **options)
        self.addCleanup(server.stop)
        return server

    def agent(self, server, **more):
        self.config({"limits": {"breaker_failures": 0}, "agents": {"far": {
            "driver": "remote", "url": server if isinstance(server, str) else server.url,
            "allow_hosts": ["127.0.0.1", "localhost"], **more}}})

    def lines(self, *messages):
        return "".join(json.dumps(line) + "\n" for line in messages)

    def turn(self, text, limit=20, **env):
        """The last line of a turn: a reply or an error."""
        done = self.pipe(["agim-run", "far"], stdin=self.lines(message(next(self.numbers), text)), limit=limit, **env)
        self.assertEqual(done.codes, [0], done.errors)
        return [line for line in done.lines if line["type"] in ("reply", "error") and line.get("final", True)][-1]


class Dialects(RemoteCase):
    def test_every_dialect_gives_the_same_text(self):
        server = self.remote()
        self.agent(server)
        for dialect in ("output", "part", "acp", "task"):
            with self.subTest(dialect):
                last = self.turn(f"dialect {dialect}\nsay Hello,\nsay  wörld.")
                self.assertEqual((last["type"], last["text"]), ("reply", "Hello, wörld."))
        self.assertEqual(server.faults, [])

    def test_events_that_come_byte_by_byte(self):
        server = self.remote()
        self.agent(server)
        self.assertEqual(self.turn("split\nsay grüß\nsay  dich 🙂")["text"], "grüß dich 🙂")

    def test_a_server_without_streams(self):
        server = self.remote(sync_only=True)
        self.agent(server)
        self.assertEqual(self.turn("say whole")["text"], "whole")
        self.assertEqual([post["mode"] for post in server.posts()], ["stream", "sync"])

    def test_a_task_that_takes_its_time_is_asked_about(self):
        server = self.remote(sync_only=True)
        self.agent(server)
        self.assertEqual(self.turn("task done later")["text"], "done later")
        self.assertEqual([e["path"] for e in server.log].count("/tasks/t-9"), 2)

    def test_a_lost_stream_is_reconciled(self):
        server = self.remote()
        self.agent(server)
        self.assertEqual(self.turn("task the whole text\nsay the\nbreak")["text"], "the whole text")
        self.assertEqual(len(server.posts()), 1)

    def test_parts_are_shown_before_the_end(self):
        server = self.remote()
        self.agent(server)
        pipeline = self.start(["agim-run", "far"])
        pipeline.write(self.lines(message(1, "say begun\nhang")))
        self.wait_for(lambda: [line for line in pipeline.lines if line.get("text") == "begun"])
        self.assertFalse(pipeline.lines[-1]["final"])
        pipeline.write(json.dumps({"v": 1, "type": "control", "id": "c", "session": "stdin:main", "action": "abort"}) + "\n")
        last = self.wait_for(lambda: [line for line in pipeline.lines if line["type"] == "error"])[-1]
        self.assertEqual((last["code"], last["text"]), ("aborted", "begun\n\nfar was stopped."))
        server.wait(lambda log: any(entry["path"] == "closed" for entry in log))
        pipeline.close()
        self.assertEqual(pipeline.wait(), [0])


class Sessions(RemoteCase):
    def ask(self, *texts, **more):
        done = self.pipe(["agim-run", "far"], stdin=self.lines(
            *[message(next(self.numbers), text, **more) for text in texts]))
        self.assertEqual(done.codes, [0], done.errors)

    def test_a_conversation_keeps_its_session(self):
        server = self.remote()
        self.agent(server)
        self.ask("say one", "say two")
        self.ask("say three")
        self.ask("say four", session="stdin:other")
        ids = [post["session_id"] for post in server.posts()]
        self.assertEqual(len(set(ids[:3])), 1)
        self.assertNotEqual(ids[0], ids[3])
        # What was said before is not sent again.
        self.assertEqual(server.posts()[1]["input"], {"prompt": "say two"})

    def test_the_agent_s_own_id_counts(self):
        server = self.remote()
        self.agent(server)
        self.ask("session its-own\nsay one", "say two")
        self.assertEqual(server.posts()[1]["session_id"], "its-own")

    def test_another_server_has_other_sessions(self):
        server, other = self.remote(), self.remote()
        self.agent(server)
        self.ask("say one")
        self.agent(other)
        self.ask("say two")
        self.assertNotEqual(server.posts()[0]["session_id"], other.posts()[0]["session_id"])

    def test_one_connection_and_one_card_for_many_turns(self):
        server = self.remote(sync_only=True)
        self.agent(server)
        self.ask("say one", "say two", "say three")
        self.assertEqual([e["path"] for e in server.log].count("/agent/card"), 1)
        self.assertEqual(server.accepts, 1)

    def test_files_that_cannot_be_sent_are_told_about(self):
        server = self.remote()
        self.agent(server)
        self.ask("say seen", attachments=[self.attachment("a.txt", b"some text", "text/plain")])
        self.assertIn("could not be sent to you: a.txt", server.posts()[0]["input"]["prompt"])


class Finding(RemoteCase):
    def test_by_its_list(self):
        server = self.remote(card=True, list=[
            {"name": "other", "endpoint": "/wrong"}, {"name": "Far", "aliases": ["far"], "endpoint": "/at"}], at="/at")
        self.agent(server)
        self.assertEqual(self.turn("say found")["text"], "found")
        self.assertEqual([e["path"] for e in server.log][:3], ["/agent/card", "/.well-known/acp", "/at/agent/card"])

    def test_what_is_no_agent(self):
        cases = {
            "neither its card": {"card": False},
            "there are 2 agents": {"card": False, "list": [
                {"name": "a", "endpoint": "/"}, {"name": "b", "endpoint": "/"}]},
            "names another host": {"card": False, "list": [{"name": "far", "endpoint": "http://127.0.0.1:1/x"}]},
            "has no card": {"card": False, "list": [{"name": "far", "endpoint": "/x"}]},
        }
        for words, options in cases.items():
            with self.subTest(words):
                server = self.remote(token=SECRET, **options)
                self.agent(server, token=SECRET)
                last = self.turn("say no")
                self.assertEqual((last["type"], last["code"]), ("error", "not_found"))
                self.assertIn(words, last["text"])
                self.assertEqual(server.posts(), [])


class Credentials(RemoteCase):
    def test_a_bearer_token_and_a_key(self):
        for name, header in (("token", "authorization"), ("key", "x-api-key")):
            with self.subTest(name):
                server = self.remote(**{name: SECRET})
                self.agent(server, **{name: {"env": "FAR_SECRET"}})
                self.assertEqual(self.turn("say in", FAR_SECRET=SECRET)["text"], "in")
                self.assertTrue(all(SECRET in entry["headers"][header] for entry in server.log))

    def test_a_program_that_tells_it_is_asked_once(self):
        server = self.remote(token=SECRET)
        program = self.script("tell", f"echo x >> {self.path('asked')}; echo {SECRET}\n")
        self.agent(server, token={"command": [program]})
        done = self.pipe(["agim-run", "far"], stdin=self.lines(message(1, "say a"), message(2, "say b")))
        self.assertEqual([line["text"] for line in done.lines if line["type"] == "reply"], ["a", "b"])
        self.assertEqual(self.read("asked"), "x\n")

    def test_a_refused_one(self):
        server = self.remote(token="another")
        self.agent(server, token=SECRET)
        last = self.turn("say no")
        self.assertEqual(last["code"], "unauthorized")
        self.assertIn("agents.far.token", last["text"])
        self.assertIn("who are you", last["text"])
        self.assertNotIn(SECRET, json.dumps(last))

    def test_one_that_is_not_there_is_said_at_start(self):
        server = self.remote()
        self.agent(server, token={"env": "NOT_SET_AT_ALL"})
        done = self.pipe(["agim-run", "far"])
        self.assertEqual(done.codes, [78])
        self.assertIn("agents.far.token: variable NOT_SET_AT_ALL is not set", done.err(0))


class Reach(RemoteCase):
    def test_a_host_of_the_local_network_must_be_named(self):
        server = self.remote(tls=True)
        for url in (server.url, server.url.replace("localhost", "127.0.0.1"),
                    server.url.replace("localhost", "[::ffff:127.0.0.1]")):
            with self.subTest(url):
                self.agent(url, allow_hosts=["elsewhere.example"])
                last = self.turn("say no", SSL_CERT_FILE=server.authority)
                self.assertEqual((last["type"], last["code"]), ("error", "unreachable"))
                self.assertIn("local network", last["text"])
        self.assertEqual(server.log, [])

    def test_tls_with_an_authority_of_one_s_own(self):
        server = self.remote(tls=True, token=SECRET)
        self.agent(server, token=SECRET)
        self.assertEqual(self.turn("say safe", SSL_CERT_FILE=server.authority)["text"], "safe")
        last = self.turn("say no")
        self.assertIn("SSL_CERT_FILE", last["text"])
        # The certificate is for localhost.
        self.agent(server.url.replace("localhost", "127.0.0.1"), token=SECRET)
        self.assertEqual(self.turn("say no", SSL_CERT_FILE=server.authority)["code"], "unreachable")

    def test_plain_http_must_be_named(self):
        self.agent("http://agents.example", allow_hosts=[])
        done = self.pipe(["agim-run", "far"])
        self.assertEqual(done.codes, [78])
        self.assertIn("everybody on the way can read http://", done.err(0))

    def test_redirects_are_refused(self):
        server = self.remote()
        serve = server.serve
        server.serve = lambda request, body: (
            server.answer(request, 302, {}, [("Location", server.url + "/elsewhere?x=1")])
            if request.path == "/agent/card" else serve(request, body))
        self.agent(server)
        last = self.turn("say no")
        self.assertIn(f"the server sends us to {server.url}/elsewhere (status 302)", last["text"])

    def test_wrong_configurations(self):
        for settings, words in (
                ({"url": "ftp://x/"}, "neither http:// nor https://"),
                ({"url": "https://user:" + SECRET + "@x/"}, "give credentials apart from it"),
                ({"url": "https://x/?key=" + SECRET}, "an address without '?'"), ({}, "no address"),
                ({"url": "https://x/", "token": 5}, "agents.far.token"), ({"url": "https://x/", "token": ""}, "agents.far.token"),
                ({"url": "https://x/", "allow_hosts": ["http://x"]}, "agents.far.allow_hosts"),
                ({"url": "https://x/", "allow_host": []}, "did you mean")):
            with self.subTest(words):
                self.config({
                    "limits": {"breaker_failures": 0}, "agents": {"far": {"driver": "remote", **settings}}})
                done = self.pipe(["agim-run", "far"])
                self.assertEqual(done.codes, [78])
                self.assertIn(words, done.err(0))
                self.assertNotIn(SECRET, done.err(0))


class Failures(RemoteCase):
    def test_what_it_answers_with(self):
        server = self.remote()
        self.agent(server, output_limit=4096)
        cases = {
            "error it broke": ("remote", "far: it broke"), "say half\nerror it broke": ("remote", "half\n\nfar: it broke"),
            "garbage": ("garbled", "no JSON"), "nothing": ("unreachable", "ended too early"),
            "say half\nbreak": ("remote", "before it said that it was done"), "status 500": ("unavailable", "so it is"),
            "status 404": ("refused", "status 404"), "status 429 3600": ("rate_limited", "status 429"),
        }
        for text, (code, words) in cases.items():
            with self.subTest(text):
                last = self.turn(text)
                self.assertEqual((last["type"], last["code"]), ("error", code), last)
                self.assertIn(words, last["text"])
                # Whatever happens, it is asked once: what it did may have had effects.
                self.assertEqual(len([p for p in server.posts() if p["input"]["prompt"] == text]), 1)

    def test_a_server_that_wants_us_to_wait(self):
        server = self.remote()
        self.agent(server)
        self.assertEqual(self.turn("status 503 1 2\nsay at last")["text"], "at last")
        self.assertEqual(len(server.posts()), 3)

    def test_nobody_there(self):
        self.agent("http://127.0.0.1:1")
        last = self.turn("say no")
        self.assertEqual(last["code"], "unreachable")
        self.assertIn("Connection refused", last["text"])

    def test_a_flood_ends(self):
        server = self.remote()
        self.agent(server, output_limit=4096)
        last = self.turn("flood", limit=60)
        self.assertEqual(last["type"], "error")
        self.assertIn("larger than 8388608 bytes", last["text"])
        self.assertEqual(last["text"].count("x" * 100), 40)
        server.wait(lambda log: any(entry["path"] == "closed" for entry in log))

    def test_silence_ends(self):
        server = self.remote()
        self.agent(server, idle_timeout=1)
        last = self.turn("slow 30\nsay no")
        self.assertEqual(last["code"], "idle_timeout")

    def test_a_task_with_a_name_is_cancelled_there(self):
        server = self.remote()
        self.agent(server, turn_limit=1)
        last = self.turn("task never\nhang")
        self.assertEqual(last["code"], "turn_limit")
        server.wait(lambda log: any(entry["path"] == "/tasks/t-9/cancel" for entry in log))

    def test_plan_mode_is_refused(self):
        server = self.remote()
        self.agent(server, mode="plan")
        self.assertEqual(self.turn("say no")["code"], "plan_mode")
        self.assertEqual(server.log, [])


if __name__ == "__main__":
    unittest.main()
