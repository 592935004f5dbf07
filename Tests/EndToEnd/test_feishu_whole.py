"""Feishu both ways: somebody writes, an agent works, a button is pressed, and what comes of it goes back."""

import os
import sys
import time

from support import Case, seconds

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Support", "platforms"))
import feishu  # noqa: E402

STAGES = (["agim-recv", "feishu"], ["agim-route"], ["agim-approve"], ["agim-run", "shell"], ["agim-send"])


class Whole(Case):
    """A pipeline between two chats of one Feishu: oc_li is with anna alone, oc_team a group."""

    def setUp(self):
        super().setUp()
        self.feishu = feishu.Feishu()
        self.addCleanup(self.feishu.close)
        self.addCleanup(lambda: self.assertEqual((self.feishu.wrong, self.sent.wrong), ([], [])))
        self.sent = self.feishu.sending
        for chat in ("oc_li", "oc_team"):
            self.sent.chat(chat)
        self.work = self.path("work")
        os.mkdir(self.work)
        self.config({
            "accounts": {"feishu": {
                "app_id": self.feishu.app, "secret": self.feishu.secret, "base_url": self.feishu.url}},
            "allow": {"*": "*"}, "approvers": ["feishu:ou_anna"], "default_agent": "shell",
            "agents": {"shell": {"driver": "shell", "workdir": self.work}},
            "limits": {"breaker_failures": 0, "person_rate": 0, "agent_rate": 0}})
        self.begin()

    def begin(self):
        before = self.feishu.all_connections
        self.live = self.start(*STAGES)
        self.feishu.connected(since=before)

    def said(self, count, chat="oc_li", limit=15):
        """Waits until the bot has said so much in a chat."""
        return self.wait_for(
            lambda: len(self.sent.said(chat)) >= count and self.sent.said(chat), limit, f"message {count} in {chat}")

    def ask(self, text, chat="oc_li", count=1, **more):
        """Somebody asks for a command; its card."""
        self.feishu.say(text, chat=chat, **more).answer()
        return self.said(count, chat)[count - 1]

    def press(self, card, label, chat="oc_li", operator="anna"):
        """Presses a button; what the person is told at once."""
        value = next(value for name, _, value in self.sent.buttons(card) if name == label)
        return self.feishu.push(self.feishu.press(value, chat, card.id, operator)).answer()

    def shows(self, message, words):
        self.wait_for(lambda: words in self.sent.shown(message), what=f"'{words}' on a message")

    def end(self):
        self.live.procs[0].terminate()
        self.assertEqual(set(self.live.wait(30)), {0})

    @seconds(5)
    def test_a_conversation(self):
        keep = os.path.join(self.work, "keep")
        open(keep, "w").close()
        card = self.ask("echo '# Hello'; while [ -e keep ]; do sleep 0.1; done; echo **done**")
        self.assertIn("echo '# Hello'", self.sent.shown(card))
        toast = self.press(card, "Allow once")
        self.assertEqual(toast["toast"]["content"], "Received")
        self.shows(card, "Allowed once by feishu:ou_anna")
        self.assertEqual(self.sent.buttons(card), [])
        growing = self.said(2)[1]
        self.assertEqual(self.sent.shown(growing), "# Hello")
        self.assertTrue(self.sent.cards[growing.card_id].streams)
        self.assertEqual([emoji for _, emoji in self.sent.reactions.values()], ["OnIt"])
        os.remove(keep)
        self.shows(growing, "**done**")
        self.wait_for(lambda: not self.sent.reactions, what="the end of the reaction")
        # A second click finds no button that counts.
        card = self.ask("seq 1 40000", count=3)
        self.press(card, "Allow once")
        messages = self.wait_for(
            lambda: self.sent.said("oc_li")[-1].kind == "file" and self.sent.said("oc_li"), what="the file out")
        content = self.sent.file_of(messages[-1])[3]
        self.assertEqual(content, b"\n".join(b"%d" % n for n in range(1, 40001)))
        self.end()
        self.assertEqual(len({message.uuid for message in messages}), len(messages))

    def test_an_answer_of_many_messages(self):
        card = self.ask("for n in $(seq 1 3000); do echo \"line $n of some text\"; done")
        self.press(card, "Allow once")
        messages = self.said(5, limit=30)
        self.end()
        messages = self.sent.said("oc_li")[1:]
        text = "\n".join(self.sent.shown(message) for message in messages)
        self.assertIn(f"(1/{len(messages)})", text)
        numbers = [int(line.split()[1]) for line in text.splitlines() if line.startswith("line ")]
        self.assertEqual(numbers, list(range(1, 3001)))

    @seconds(5)
    def test_an_answer_of_too_many_messages(self):
        card = self.ask("for n in $(seq 1 4000); do echo \"line $n of some *more* text\"; done")
        self.press(card, "Allow once")
        messages = self.wait_for(
            lambda: self.sent.said("oc_li")[-1].kind == "file" and self.sent.said("oc_li"), 30, "the file")
        self.end()
        self.assertEqual(len(messages), 3)
        self.assertIn("line 1 of", self.sent.shown(messages[1]))
        self.assertIn("(All of it is in the file.)", self.sent.shown(messages[1]))
        kind, name, _, content = self.sent.file_of(messages[2])
        self.assertEqual((kind, name), ("stream", "reply.md"))
        self.assertTrue(content.endswith(b"line 4000 of some *more* text"))

    def test_in_a_group(self):
        push = self.feishu.say(
            "@_user_1 touch ran", chat="oc_team", group=True, mentions=[self.feishu.mention(1, "Bot")], sender="ben",
            message_id="om_ask")
        push.answer()
        card = self.said(1, "oc_team")[0]
        self.assertEqual(card.parent, "om_ask")
        # Whoever asked is no approver.
        self.press(card, "Allow once", "oc_team", "ben")
        time.sleep(0.3)
        self.assertFalse(os.path.exists(os.path.join(self.work, "ran")))
        self.press(card, "Allow once", "oc_team", "anna")
        self.shows(card, "Allowed once by feishu:ou_anna")
        self.wait_for(lambda: os.path.exists(os.path.join(self.work, "ran")), what="the command")
        self.wait_for(
            lambda: any(message.parent == "om_ask" and "(no output)" in self.sent.shown(message)
                        for message in self.sent.said("oc_team")), what="the answer")
        self.end()

    def test_in_a_topic(self):
        push = self.feishu.say(
            "@_user_1 touch ran", chat="oc_team", group=True, mentions=[self.feishu.mention(1, "Bot")],
            message_id="om_ask", thread_id="omt_7", root_id="om_ask")
        push.answer()
        card = self.said(1, "oc_team")[0]
        self.assertEqual(card.thread, "omt_7")
        self.press(card, "Allow once", "oc_team")
        answer = self.said(2, "oc_team")[1]
        self.assertEqual((answer.thread, self.sent.shown(answer)), ("omt_7", "(no output)"))
        self.end()

    @seconds(15)
    def test_misbehaviour(self):
        """Everything goes wrong once or twice, and each turn is still answered once."""
        cards = "/open-apis/cardkit/v1/cards"
        for number, (method, path, act, after) in enumerate([
                ("POST", ".*/messages", ("code", 99991400, {"x-ogw-ratelimit-reset": "1"}), False),
                ("POST", ".*/messages", ("status", 502, "<html>"), False),
                ("POST", ".*/messages", ("drop",), True),
                ("POST", ".*/messages", ("garbage",), True),
                ("POST", ".*/messages", ("slow", 0.5), False),
                ("POST", cards, ("code", 99991672), False),
                ("PUT", f"{cards}/[0-9]+", ("status", 500, "x"), False),
                ("PATCH", ".*/messages/.*", ("code", 230020), False)]):
            with self.subTest(f"{method} {path} {act}"):
                before = len(self.sent.said("oc_li"))
                name = f"ran{number}"
                self.sent.misbehave(method, path, act, after=after)
                card = self.ask(f"touch {name}; echo {name} is done", count=before + 1)
                duplicate = self.feishu.press(self.sent.buttons(card)[0][2], "oc_li", card.id)
                for _ in range(2):
                    self.feishu.push(duplicate).answer()
                self.shows(card, "Allowed once")
                self.said(before + 2)
                self.wait_for(
                    lambda: self.sent.shown(self.sent.said("oc_li")[-1]) == f"{name} is done", what="the answer")
                self.assertEqual(len(self.sent.said("oc_li")), before + 2)
        self.end()
