"""agim-recv webhook and agim-send: answers go to the address that came with the message, while it is good."""

import hashlib
import hmac
import json
import os
import signal
import sys
import time
import unittest
import urllib.parse

from support import AGAIN, CONFIG, HERE, OK, seconds
from test_webhook import Listening

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Support", "platforms"))
from push import PushServer  # noqa: E402
from reply_urls import ReplyServer  # noqa: E402

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SHOUT = ["agim-run", "exec", "--", "tr", "a-z", "A-Z"]


class RepliesCase(Listening):
    def setUp(self):
        super().setUp()
        self.replies = ReplyServer()
        self.addCleanup(self.replies.stop)
        self.number = 0

    def account(self, reply=None, **more):
        """The account of a slash command, as agim-webhook(7) has it."""
        rules = {"url": "{{.response_url}}", "hosts": [self.replies.host], "form": "slack", **(reply or {})}
        return {"secret": SECRET, "verify": "slack", "from": "{{.user_id}}", "name": "{{.user_name}}", "reply": rules,
                **more}

    def slash(self, text, user="U1", channel="C1", url=None, when=None, secret=SECRET, path="/webhook/slash", **more):
        """Posts a slash command as Slack does."""
        self.number += 1
        fields = {"token": "xyzz0WbapA4vBCDEFasx0q6G", "team_id": "T1DC2JH3J", "channel_id": channel, "user_id": user,
                  "user_name": f"name of {user}", "command": "/agent", "text": text,
                  "trigger_id": f"398738663015.{self.number}.x", **({"response_url": url} if url else {}), **more}
        return self.signed(urllib.parse.urlencode(fields), when, secret, path)

    def signed(self, body, when=None, secret=SECRET, path="/webhook/slash"):
        stamp = str(int(when if when is not None else time.time()))
        made = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return self.ask("POST", path, body.encode(), {
            "Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={made}"})

    def said(self, count, name=None):
        return self.wait_for(
            lambda: len(self.replies.texts(name)) >= count and self.replies.texts(name), what=f"{count} answers")

    def outbox(self):
        return self.sql("select id, state, reason, attempts, part from outbox order by n")

    def whole(self, *agent, options=(), account=None, accounts=None):
        self.configure(accounts or {"webhook@slash": account or self.account()})
        return self.listen("webhook@slash", more=(list(agent) or SHOUT, ["agim-send", *options]))

    def over(self, running):
        running.procs[0].terminate()
        running.wait()
        self.assertEqual(self.replies.faults, [])
        # The address is nowhere but in the table of rights.
        for place in (running.errors, running.out, str(self.sql("select * from inbox")),
                      str(self.sql("select * from outbox")), str(self.sql("select * from outbox_line"))):
            self.assertNotIn("96rGlfmib", place)
            self.assertNotIn("/commands/", place)


class Replies(RepliesCase):
    def test_an_answer_goes_to_its_address(self):
        running = self.whole()
        status, body = self.slash("is it *red*?", url=self.replies.slack("one"))
        # Whatever stands in the answer to the post would be shown to the person.
        self.assertEqual((status, body), (200, ""))
        self.assertEqual(self.said(1), ["IS IT _RED_?"])
        self.wait_for(lambda: self.states("outbox") == {"delivered": 1})
        self.assertEqual(self.sql("select session, proof from outbox"), [{"session": "webhook@slash:U1", "proof": "HTTP 200"}])
        self.assertEqual(self.sql("select budget from handle"), [{"budget": 4}])
        self.over(running)

    def test_what_the_line_says(self):
        self.configure({"webhook@slash": self.account(channel="{{.channel_id}}")})
        running = self.listen("webhook@slash")
        url = self.replies.slack("one")
        self.assertEqual(self.slash("hello", url=url)[0], 200)
        # Without words of its own all of it is the text, but for the address.
        body = json.dumps({"user_id": "U2", "channel_id": "C 1:x", "response_url": url, "more": {"u": url}}).replace("/", "\\/")
        stamp = str(int(time.time()))
        made = hmac.new(SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        self.assertEqual(self.post(body.encode(), {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={made}"},
                                   "/webhook/slash")[0], 200)
        self.wait_for(lambda: len(self.messages(running)) == 2)
        first, second = self.messages(running)
        self.assertEqual((first["session"], first["chat"], first["text"]), ("webhook@slash:C1", "group", "hello"))
        self.assertEqual(first["from"], {"id": "U1", "name": "name of U1"})
        self.assertEqual(set(first["origin"]), {"webhook", "reply"})
        self.assertRegex(first["origin"]["reply"], "^[0-9a-f]{16}$")
        self.assertEqual(second["session"], "webhook@slash:C%201%3Ax")
        self.assertIn('"user_id":"U2"', second["text"])
        self.assertEqual(second["text"].count("redacted"), 2, second["text"])
        self.over(running)

    def test_the_manual_s_example(self):
        page = os.path.join(os.path.dirname(HERE), "..", "man", "agim-webhook.7")
        with open(page, encoding="utf-8") as file:
            block = file.read().split('.\\" file: slash.json\n.Bd -literal -offset indent\n')[1].split(".Ed\n")[0]
        config = json.loads(block)
        config["accounts"]["webhook@slash"]["reply"]["hosts"] = [self.replies.host]
        self.config(config)
        running = self.listen("webhook@slash", more=(SHOUT, ["agim-send"]), variables={"SLACK_SIGNING_SECRET": SECRET})
        self.slash("a stranger", user="U1", url=self.replies.slack("one"))
        self.slash("is it red?", user="U2CERLKJA", url=self.replies.slack("two"))
        self.assertEqual(self.said(1), ["IS IT RED?"])
        self.over(running)

    @seconds(4)
    def test_a_request_is_answered_by_the_next_command(self):
        work = self.path("work")
        os.mkdir(work)
        self.configure(
            {"webhook@slash": self.account()}, approvers=["webhook:U1"], default_agent="shell",
            agents={"shell": {"driver": "shell", "workdir": work}})
        running = self.listen("webhook@slash", more=(["agim-approve"], ["agim-run", "shell"], ["agim-send"]))
        self.slash("touch ran; echo done", url=self.replies.slack("one"))
        self.assertIn("touch ran", self.said(1)[0])
        self.assertFalse(os.path.exists(f"{work}/ran"))
        # A word alone counts once the card has been delivered.
        self.wait_for(lambda: self.states("outbox") == {"delivered": 1})
        self.slash("y", url=self.replies.slack("two"))
        self.wait_for(lambda: any("done" in text for text in self.replies.texts("one")[1:]), what="the answer")
        self.assertTrue(os.path.exists(f"{work}/ran"))
        self.over(running)

    def test_refused_posts(self):
        self.configure({"webhook@slash": self.account()})
        running = self.listen("webhook@slash")
        url = self.replies.slack("one")
        self.assertEqual(self.slash("x", url=url, secret="another secret than that")[0], 401)
        self.assertEqual(self.slash("x", url=url, when=time.time() - 400)[0], 401)
        self.assertEqual(self.slash("x", url=url, when=time.time() + 400)[0], 401)
        self.assertEqual(self.slash("x", user="", url=url)[0], 400)
        self.assertEqual(self.slash("x", user="a\nb", url=url)[0], 400)
        self.assertEqual(self.slash("  ", url=url)[0], 200)
        self.assertEqual((self.count("inbox"), self.count("handle")), (0, 0))
        self.over(running)

    def test_a_post_that_comes_again_gives_no_new_right(self):
        self.configure({"webhook@slash": self.account()})
        running = self.listen("webhook@slash")
        body = urllib.parse.urlencode({"user_id": "U1", "text": "x", "response_url": self.replies.slack("one")})
        now = time.time()
        self.assertEqual(self.signed(body, now)[0], 200)
        self.sql("update handle set budget = 1")
        self.assertEqual(self.signed(body, now)[0], 200)
        self.assertEqual(self.sql("select budget from handle"), [{"budget": 1}])
        self.assertEqual(self.count("inbox"), 1)
        self.over(running)

    def test_discord_s_shape(self):
        application, token = self.replies.discord("one")
        account = {"secret": SECRET, "verify": "token", "from": "{{.member.user.id}}",
                   "text": "{{.data.options[0].value}}",
                   "reply": {"url": f"http://{self.replies.host}/api/webhooks/{{{{.application_id}}}}/{{{{.token}}}}",
                             "hosts": [self.replies.host], "expires": "15m", "form": "discord"}}
        self.configure({"webhook@slash": account})
        running = self.listen("webhook@slash", more=(["agim-run", "exec", "--", "sh", "-c", "cat; seq 600"], ["agim-send"]))
        body = {"application_id": application, "token": token, "member": {"user": {"id": "80351110224678912"}},
                "data": {"options": [{"name": "q", "value": "say @everyone "}]}}
        self.assertEqual(self.post(body, {"Authorization": f"Bearer {SECRET}"}, "/webhook/slash"), (200, ""))
        texts = self.said(2)
        self.wait_for(lambda: self.states("outbox") == {"delivered": 2})
        self.assertTrue(texts[0].startswith("(1/2)"), texts[0])
        self.assertIn("600", texts[1])
        self.assertNotIn("aW50ZXJhY3Rpb246dG9rZW4", str(self.sql("select * from inbox")))
        self.over(running)

    def test_a_body_of_one_s_own(self):
        body = {"response_type": "in_channel", "text": "agent: {{text}}", "blocks": [{"type": "x", "text": "{{text}}"}]}
        running = self.whole(account=self.account({"body": body}))
        self.slash("hello", url=self.replies.slack("one"))
        self.said(1)
        self.assertEqual(self.replies.got[0].body, {
            "response_type": "in_channel", "text": "agent: HELLO", "blocks": [{"type": "x", "text": "HELLO"}]})
        self.over(running)


class Ends(RepliesCase):
    """What becomes of an answer whose address is not good any more."""

    @seconds(5)
    def test_one_that_has_ended_is_held_until_the_next_post(self):
        running = self.whole()
        url = self.replies.slack("one")
        self.replies.end("one")
        self.slash("first", url=url)
        self.wait_for(lambda: self.states("outbox") == {"held": 1})
        shown = self.queue("list").out
        self.assertIn("posts again", shown)
        self.assertIn("webhook@slash:U1", shown)
        self.assertIn("held until its person writes again", running.err(2))
        # Somebody else's post is none of this person.
        self.slash("other", user="U2", url=self.replies.slack("two"))
        self.said(1, "two")
        self.wait_for(lambda: self.states("outbox") == {"held": 1, "delivered": 1})
        self.slash("again", url=self.replies.slack("three"))
        self.assertEqual(sorted(self.said(2, "three")), ["AGAIN", "FIRST"])
        self.wait_for(lambda: self.states("outbox") == {"delivered": 3})
        self.over(running)

    @seconds(5)
    def test_one_whose_time_is_over_is_not_even_tried(self):
        gate = self.path("gate")
        running = self.whole("agim-run", "exec", "--", "sh", "-c", f"while ! [ -e {gate} ]; do sleep 0.05; done; cat")
        self.slash("first", url=self.replies.slack("one"))
        self.wait_for(lambda: self.count("handle") == 1)
        # As good as over: it must still be good when the answer arrives there.
        self.sql("update handle set expires = ?", int(time.time() * 1000) + 3000)
        open(gate, "w", encoding="utf-8").close()
        self.wait_for(lambda: self.states("outbox") == {"held": 1})
        self.assertEqual(self.replies.texts(), [])
        self.slash("second", url=self.replies.slack("two"))
        self.assertEqual(sorted(self.said(2)), ["first", "second"])
        self.over(running)

    def test_what_is_used_up_goes_to_the_account_s_own_address(self):
        push = PushServer()
        self.addCleanup(push.stop)
        running = self.whole(account=self.account({"uses": 1}, url=push.robot("webhook")))
        self.slash("first", url=self.replies.slack("one", uses=1))
        self.assertEqual(self.said(1), ["FIRST"])
        self.wait_for(lambda: self.states("outbox") == {"delivered": 1})
        sent = self.pipe(["agim-send", "webhook@slash:U1", "-s", "Title", "one more"])
        self.assertCodes(sent, OK)
        self.assertEqual([got["text"] for got in push.got["webhook"]], ["Title\n\none more"])
        self.assertEqual(push.faults, [])
        self.over(running)

    def test_a_server_that_counts_otherwise(self):
        push = PushServer()
        self.addCleanup(push.stop)
        running = self.whole(account=self.account(url=push.robot("webhook")))
        self.slash("first", url=self.replies.slack("one", uses=0))
        self.wait_for(lambda: self.states("outbox") == {"delivered": 1})
        self.assertEqual([got["text"] for got in push.got["webhook"]], ["FIRST"])
        self.assertEqual(self.count("handle"), 0)
        self.over(running)

    def test_each_answer_goes_to_the_address_of_its_own_message(self):
        gate = self.path("gate")
        running = self.whole(
            "agim-run", "exec", "--", "sh", "-c", f"while ! [ -e {gate} ]; do sleep 0.05; done; cat",
            account=self.account(channel="{{.channel_id}}"))
        self.slash("one", user="U1", url=self.replies.slack("a"))
        self.slash("two", user="U2", url=self.replies.slack("b"))
        open(gate, "w", encoding="utf-8").close()
        self.said(2)
        self.assertEqual({got.name: got.text for got in self.replies.got}, {"a": "one", "b": "two"})
        self.over(running)

    def test_an_error_of_the_server_uses_nothing_up(self):
        running = self.whole(account=self.account({"uses": 1}))
        self.replies.misbehave(503, 429)
        self.slash("first", url=self.replies.slack("one"))
        self.assertEqual(self.said(1), ["FIRST"])
        self.wait_for(lambda: self.states("outbox") == {"delivered": 1})
        self.assertEqual(self.outbox()[0]["attempts"], 3)
        self.over(running)

    def test_an_answer_that_may_have_arrived_is_a_use(self):
        running = self.whole(account=self.account({"uses": 2}))
        self.replies.misbehave("drop")
        self.slash("first", url=self.replies.slack("one"))
        self.assertEqual(self.said(1), ["FIRST"])
        self.wait_for(lambda: self.states("outbox") == {"delivered": 1})
        self.assertEqual(self.sql("select budget from handle"), [{"budget": 0}])
        self.over(running)

    def test_nobody_is_led_elsewhere(self):
        running = self.whole()
        self.replies.misbehave("redirect")
        self.slash("first", url=self.replies.slack("one"))
        self.wait_for(lambda: self.states("outbox") == {"held": 1})
        self.assertEqual((self.replies.got, self.count("handle")), ([], 0))
        self.over(running)

    def test_nothing_is_posted_to_who_is_not_named(self):
        running = self.whole()
        for url in (f"http://localhost:{self.replies.port}/x", "https://hooks.slack.com/commands/x",
                    f"http://127.0.0.1:{self.replies.port + 1}/x", f"http://user@{self.replies.host}/x", "file:///etc/passwd",
                    f"http://{self.replies.host}.evil.example/x", "http://hooks.slack.com/x", "x" * 20_000):
            self.assertEqual(self.slash("hello", url=url)[0], 200, url)
        self.wait_for(lambda: self.states("outbox") == {"held": 8})
        self.assertEqual((self.count("handle"), self.replies.got), (0, []))
        self.assertIn("does not name hooks.slack.com", running.errors)
        self.assertIn("could be read on its way", running.errors)
        self.over(running)

    def test_who_is_not_named_any_more_is_not_posted_to(self):
        self.configure({"webhook@slash": self.account()})
        running = self.listen("webhook@slash")
        self.slash("hello", url=self.replies.slack("one"))
        self.configure({"webhook@slash": self.account({"hosts": ["hooks.slack.com"]})})
        done = self.pipe(["agim-send", "webhook@slash:U1", "late"])
        self.assertCodes(done, AGAIN)
        self.assertSaid(done, 0, "does not name 127.0.0.1", "posts again")
        self.assertEqual((self.replies.got, self.count("handle")), ([], 0))
        self.over(running)

    def test_nobody_has_posted_yet(self):
        self.configure({"webhook@slash": self.account()})
        done = self.pipe(["agim-send", "webhook@slash:U9", "hello"])
        self.assertCodes(done, AGAIN)
        self.assertSaid(done, 0, "webhook@slash:U9 posts again")
        done = self.pipe(["agim-send", "check", "webhook@slash"])
        self.assertCodes(done, OK)


class Crashes(RepliesCase):
    """agim-send is killed on the way."""

    @seconds(6)
    def test_killed_while_it_posts(self):
        running = self.whole()
        self.replies.misbehave("hang")
        self.slash("first", url=self.replies.slack("one"))
        self.assertTrue(self.replies.hanging.wait(20))
        self.assertEqual(self.states("outbox"), {"sending": 1})
        running.procs[2].send_signal(signal.SIGKILL)
        running.procs[2].wait()
        running.procs[0].terminate()
        running.wait()
        self.replies.let_go.set()
        # It had arrived; nothing says so, and the platform knows no ids: it is said once more, and is a second use.
        self.assertCodes(self.pipe(["agim-send", "--flush"]), OK)
        self.assertEqual(self.replies.texts("one"), ["FIRST", "FIRST"])
        self.assertEqual(self.sql("select budget from handle"), [{"budget": 3}])
        self.assertEqual(self.states("outbox"), {"delivered": 1})

    @seconds(6)
    def test_killed_before_it_posts_and_the_time_is_over_then(self):
        running = self.whole()
        self.replies.misbehave("hang")
        self.slash("first", url=self.replies.slack("one"))
        self.assertTrue(self.replies.hanging.wait(20))
        running.procs[2].send_signal(signal.SIGKILL)
        running.procs[2].wait()
        running.procs[0].terminate()
        running.wait()
        self.replies.got.clear()
        self.replies.let_go.set()
        self.sql("update handle set expires = 0")
        # Held by the one, released by a post that nobody sends for, sent by another.
        self.pipe(["agim-send", "--flush"])
        self.assertEqual(self.states("outbox"), {"held": 1})
        listening = self.listen("webhook@slash")
        self.slash("second", url=self.replies.slack("two"))
        self.assertEqual(self.states("outbox"), {"queued": 1})
        self.assertCodes(self.pipe(["agim-send", "--flush"]), OK)
        self.assertEqual(self.replies.texts(), ["FIRST"])
        self.over(listening)

    @seconds(8)
    def test_killed_again_and_again(self):
        self.configure({"webhook@slash": self.account({"uses": 100})})
        listening = self.listen("webhook@slash")
        agent = self.start(["agim-run", "exec", "--", "cat"], stdin=None)
        agent.wait()
        for number in range(12):
            self.slash(f"number {number}", user=f"U{number % 3}", url=self.replies.slack(f"r{number}", uses=100))
        done = self.path("lines")
        with open(done, "w", encoding="utf-8") as file:
            for row in self.sql("select line from inbox order by n"):
                file.write(row["line"] + "\n")
        # Replies are in the store, their lines are lost with the pipe.
        self.pipe(f"agim-run exec -- cat < {done} > /dev/null")
        self.assertEqual(self.count("outbox"), 12)
        for _ in range(6):
            self.replies.misbehave(503, "hang")
            self.replies.hanging.clear()
            self.replies.let_go.clear()
            with open(done, "rb") as lines:
                sender = self.start(["agim-run", "exec", "--", "cat"], ["agim-send"], stdin=lines)
            self.wait_for(lambda: self.replies.hanging.is_set() or self.states("outbox") == {"delivered": 12}, 30)
            sender.procs[1].send_signal(signal.SIGKILL)
            self.replies.let_go.set()
            sender.wait()
        self.replies.plans.clear()
        self.pipe(f"agim-run exec -- cat < {done} | agim-send", limit=60)
        self.assertEqual(self.states("outbox"), {"delivered": 12})
        # Everything arrived where it belongs, and not more often than somebody was killed while it was under way:
        # three sessions go side by side.
        for number in range(12):
            self.assertIn(f"number {number}", self.replies.texts(f"r{number}"))
        self.assertLessEqual(len(self.replies.got), 12 + 3 * 6)
        self.over(listening)


class Settings(RepliesCase):
    def test_wrong_settings(self):
        good = self.account()
        rules = good["reply"]
        for account, words in (
                ({**good, "reply": "x"}, "expected an object"), ({**good, "reply": {"url": "x"}}, '"hosts"'),
                ({**good, "reply": {"hosts": ["x"]}}, '"url"'), ({**good, "reply": {**rules, "hosts": []}}, '"hosts"'),
                ({**good, "reply": {**rules, "hosts": ["https://x"]}}, '"hosts"'),
                ({**good, "reply": {**rules, "hosts": ["a b"]}}, '"hosts"'),
                ({**good, "reply": {**rules, "expires": "1s"}}, "10s"), ({**good, "reply": {**rules, "uses": 0}}, '"uses"'),
                ({**good, "reply": {**rules, "form": "html"}}, "plain, markdown, slack, discord"),
                ({**good, "reply": {**rules, "limit": 1}}, '"limit"'), ({**good, "reply": {**rules, "body": {}}}, "{{text}}"),
                ({**good, "reply": {**rules, "url": "{{.x"}}, "{{ has no }}"),
                ({**good, "reply": {**rules, "colour": 1}}, "colour"), ({**good, "session": "file:x"}, '"session"'),
                ({**good, "from": "{{x}}"}, "path"), ({"secret": SECRET, "channel": "x", "session": "file:x"}, 'only accounts with "reply"'),
                ({"secret": SECRET}, '"session" or "reply"')):
            with self.subTest(words):
                self.configure({"webhook": account})
                codes, _, errors = self.run_once(["agim-recv", "--listen", "127.0.0.1:0", "webhook"])
                self.assertEqual((codes, words in errors), ([CONFIG], True), (account, errors))
                self.assertNotIn(SECRET, errors)

    def test_all(self):
        self.configure({"webhook@slash": self.account(url="https://example.org/hook")})
        running = self.listen("--all")
        self.assertEqual(self.ask("GET", "/readyz"), (200, "webhook@slash: connected\n"))
        self.finish(running)

    def test_forms_without_replies(self):
        self.configure({"webhook": {"secret": SECRET, "verify": "slack", "session": "file:chat",
                                    "text": "{{.payload.action}}: {{.text}}{{.none}}"},
                        "webhook@b": {"secret": SECRET, "verify": "slack", "session": "file:b"}})
        running = self.listen("webhook", "webhook@b")
        body = urllib.parse.urlencode({"text": "a&b=c +%", "text ": "x", "payload": '{"action":"opened"}'}) + "&text=other"
        self.assertEqual(self.signed(body, path="/webhook"), (200, ""))
        self.assertEqual(self.signed("text=hello+%E4%BD%A0%E5%A5%BD&x=%ZZ", path="/webhook/b"), (200, ""))
        self.assertEqual(self.signed("a=1&b=%22", path="/webhook/b"), (200, ""))
        self.wait_for(lambda: len(self.messages(running)) == 3)
        self.assertEqual([line["text"] for line in self.messages(running)],
                         ["opened: a&b=c +%", "hello 你好", '{"a":"1","b":"\\""}'])
        self.finish(running)


if __name__ == "__main__":
    unittest.main()
