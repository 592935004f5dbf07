"""Sending to Feishu: agim-send against a strict Feishu on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest

from support import Case, seconds

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Support", "platforms"))

import feishu_messages  # noqa: E402

CHAT = "oc_group"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000"
                    "1f15c4890000000d4944415478da63fcffff3f030005fe02fea7d5a3910000000049454e44ae426082")


def opus(seconds_long):
    """A voice of so many seconds, as far as its head and its end go."""
    def page(position, body):
        return (b"OggS\0\0" + position.to_bytes(8, "little") + b"\1\0\0\0" + b"\0\0\0\0" + b"\0\0\0\0" + b"\1"
                + bytes([len(body)]) + body)
    head = b"OpusHead\1\1" + (312).to_bytes(2, "little") + (16000).to_bytes(4, "little") + b"\0\0\0"
    return page(0, head) + page(0, b"OpusTags" + b"\0" * 8) + page(312 + 48000 * seconds_long, b"\xfc\xff\xfe")


class FeishuCase(Case):
    """A test with a Feishu of its own, which found nothing wrong."""

    account = {}

    def setUp(self):
        super().setUp()
        self.server = feishu_messages.Server()
        self.addCleanup(self.server.close)
        self.feishu = self.server.messages
        self.feishu.chat(CHAT)
        self.feishu.person("ou_li", "oc_li", user_id="3e3cf96b", email="li@example.org", union_id="on_li")
        self.allowed_wrong = []
        self.addCleanup(self.nothing_wrong)
        self.configure()

    def configure(self, more=None, **account):
        self.config({
            "allow": {"*": "*"},
            "accounts": {"feishu": {
                "app_id": self.server.APP, "secret": self.server.SECRET, "base_url": self.server.url,
                **self.account, **account}}, **(more or {})})

    def nothing_wrong(self):
        self.assertEqual([one for one in self.feishu.wrong if not any(word in one for word in self.allowed_wrong)], [])

    def reply(self, text, id="r1", session=f"feishu:{CHAT}", **more):
        return json.dumps({"v": 1, "type": "reply", "id": id, "session": session, "text": text, **more}) + "\n"

    def deliver(self, *lines, expect=0, limit=30):
        """Sends lines through an agim-send of its own, and gives its receipts."""
        stages = self.pipe(["agim-send", "--receipts"], stdin="".join(lines), limit=limit)
        self.assertEqual(stages.codes, [expect], stages.errors)
        return [line for line in stages.lines if line["type"] == "receipt"]


class Texts(FeishuCase):
    """What becomes of texts."""

    def test_plain_text(self):
        [receipt] = self.deliver(self.reply("Hello, 世界 👍"))
        [message] = self.feishu.said(CHAT)
        self.assertEqual((message.kind, message.content), ("text", {"text": "Hello, 世界 👍"}))
        self.assertEqual((receipt["state"], receipt["proof"]), ("delivered", message.id))

    def test_markdown_is_a_card(self):
        self.deliver(self.reply("# Head\n\nSome **bold** words.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nls <x>\n```"))
        [message] = self.feishu.said(CHAT)
        self.assertEqual(message.kind, "interactive")
        shown = self.feishu.shown(message)
        for words in ("**bold**", "a | b", "1 | 2", "ls <x>"):
            self.assertIn(words, shown)
        self.assertEqual(message.content["config"]["summary"]["content"], "Head")

    def test_nobody_is_called(self):
        """Tags of the platform in an agent's words stay words; the fake refuses a message that calls somebody."""
        self.deliver(
            self.reply('<at user_id="all"></at> hi', "a"), self.reply("**x** <at id=all></at> <at email=a@b.c></at>", "b"),
            self.reply("| a |\n|---|\n| <at id=all></at> **b** |", "c"))
        self.assertEqual(len(self.feishu.said(CHAT)), 3)
        for message in self.feishu.said(CHAT):
            self.assertNotIn("<at", self.feishu.shown(message))

    def test_whom_an_address_names(self):
        sessions = ["feishu:ou_li", "feishu:on_li", "feishu:li%40example.org", "feishu:3e3cf96b", "feishu:oc_li"]
        self.deliver(*[self.reply("hi", f"r{n}", session) for n, session in enumerate(sessions)])
        self.assertEqual(len(self.feishu.said("oc_li")), len(sessions))

    def test_lark_is_an_alias(self):
        self.config({"accounts": {"lark": {
            "app_id": self.server.APP, "secret": self.server.SECRET, "base_url": self.server.url}}})
        self.deliver(self.reply("hi", session=f"lark:{CHAT}"))
        self.assertEqual(len(self.feishu.said(CHAT)), 1)

    def test_post_format(self):
        self.configure(format="post")
        self.deliver(self.reply("Some **bold** words & <at id=all></at>"))
        [message] = self.feishu.said(CHAT)
        self.assertEqual(message.kind, "post")
        self.assertEqual(self.feishu.shown(message), "Some bold words & <at id=all></at>")

    def test_a_wrong_option(self):
        self.configure(format="html")
        stages = self.pipe(["agim-send", f"feishu:{CHAT}", "hi"])
        self.assertEqual(stages.codes, [78])
        self.assertIn("format", stages.errors)
        self.assertIn("auto, card, post", stages.errors)

    def test_an_answer_in_a_group_quotes(self):
        self.feishu.heard("om_q", CHAT)
        origin = {"message_id": "om_q", "chat_id": CHAT, "chat_type": "group"}
        self.deliver(self.reply("yes", origin=origin))
        [message] = self.feishu.said(CHAT)
        self.assertEqual((message.parent, message.thread), ("om_q", None))

    def test_an_answer_to_one_person_does_not(self):
        self.feishu.heard("om_q", "oc_li")
        origin = {"message_id": "om_q", "chat_id": "oc_li", "chat_type": "p2p"}
        self.deliver(self.reply("yes", session="feishu:oc_li", origin=origin))
        self.assertIsNone(self.feishu.said("oc_li")[0].parent)

    def test_a_thread(self):
        self.feishu.heard("om_root", CHAT, thread="omt_1", root="om_root")
        self.feishu.heard("om_q", CHAT, thread="omt_1", root="om_root")
        origin = {"message_id": "om_q", "chat_id": CHAT, "chat_type": "group", "thread_id": "omt_1"}
        self.deliver(
            self.reply("one", "a", f"feishu:{CHAT}:omt_1", origin=origin), self.reply("two", "b", f"feishu:{CHAT}:omt_1"))
        one, two = self.feishu.said(CHAT)
        self.assertEqual((one.parent, one.thread), ("om_q", "omt_1"))
        # Without a message to answer, the thread's first one is found.
        self.assertEqual((two.parent, two.thread), ("om_root", "omt_1"))

    def test_what_is_answered_was_recalled(self):
        self.feishu.heard("om_q", CHAT)
        self.feishu.recall("om_q")
        origin = {"message_id": "om_q", "chat_id": CHAT, "chat_type": "group"}
        [receipt] = self.deliver(self.reply("yes", origin=origin))
        self.assertEqual(receipt["state"], "delivered")
        self.assertIsNone(self.feishu.said(CHAT)[0].parent)


class Files(FeishuCase):
    """Files out."""

    def test_kinds(self):
        files = [
            self.attachment("dot.png", PNG, "image/png", "image"),
            self.attachment("voice.ogg", opus(3), "audio/ogg", "voice"),
            self.attachment("film.mp4", b"\0\0\0\x18ftypmp42" + bytes(64), "video/mp4", "video"),
            self.attachment("a.pdf", b"%PDF-1.4 x", "application/pdf"),
            self.attachment("table.xlsx", b"PK\3\4 x"),
            self.attachment("notes.txt", b"text", "text/plain"),
            self.attachment("voice.mp3", b"not opus", "audio/mpeg", "voice")]
        receipts = self.deliver(self.reply("Here **they** are.", attachments=files))
        self.assertEqual({receipt["state"] for receipt in receipts}, {"delivered"})
        messages = self.feishu.said(CHAT)
        self.assertEqual(
            [message.kind for message in messages],
            ["interactive", "image", "audio", "media", "file", "file", "file", "file"])
        self.assertNotIn("files/", self.feishu.shown(messages[0]))
        self.assertEqual(self.feishu.file_of(messages[1])[3], PNG)
        self.assertEqual(self.feishu.file_of(messages[2])[:3], ("opus", "voice.ogg", 3000))
        self.assertEqual([self.feishu.file_of(m)[0] for m in messages[4:]], ["pdf", "xls", "stream", "stream"])

    def test_a_name_is_only_shown(self):
        self.deliver(self.reply("", attachments=[self.attachment("../../etc/pass\nwd \"q\".txt", b"x")]))
        [message] = self.feishu.said(CHAT)
        self.assertEqual(self.feishu.file_of(message)[1], "....etcpasswd \"q\".txt")

    def test_too_large_and_empty(self):
        large = self.attachment("big.bin", bytes(31 << 20))
        empty = self.attachment("none.txt", b"")
        receipts = self.deliver(self.reply("", "a", attachments=[large]), self.reply("", "b", attachments=[empty]))
        self.assertEqual([receipt["state"] for receipt in receipts], ["refused"] * 2)
        self.assertEqual(
            [self.feishu.shown(message) for message in self.feishu.said(CHAT)],
            ["big.bin was not sent: it has 31 MB, and Feishu takes 30.",
             "none.txt was not sent: it is empty, and Feishu takes no empty files."])

    def test_a_picture_that_is_refused_is_a_file(self):
        self.feishu.misbehave("POST", ".*/images", ("code", 234039))
        self.deliver(self.reply("", attachments=[self.attachment("dot.png", PNG, "image/png", "image")]))
        [message] = self.feishu.said(CHAT)
        self.assertEqual((message.kind, self.feishu.file_of(message)[1]), ("file", "dot.png"))

    def test_an_upload_is_not_repeated(self):
        """The message is tried again, and not the upload before it."""
        self.feishu.misbehave("POST", ".*/messages", ("status", 502, "<html>"))
        self.deliver(self.reply("", attachments=[self.attachment("dot.png", PNG, "image/png", "image")]))
        uploads = [path for _, path, _ in self.feishu.requests if path.endswith("/images")]
        self.assertEqual((len(uploads), len(self.feishu.said(CHAT))), (1, 1))

    def test_a_place(self):
        place = {"kind": "location", "name": "天安门", "lat": 39.9087, "lon": 116.3975}
        self.deliver(self.reply("There:", attachments=[place]))
        shown = self.feishu.shown(self.feishu.said(CHAT)[0])
        self.assertIn("天安门", shown)
        self.assertIn("mlat=39.908700&mlon=116.397500", shown)

    def test_no_permission(self):
        self.feishu.scopes.discard("im:resource")
        receipts = self.deliver(self.reply("", attachments=[self.attachment("a.txt", b"x")]))
        self.assertEqual(receipts[0]["state"], "refused")
        self.assertIn("im:resource", receipts[0]["reason"])


class Growing(FeishuCase):
    """Replies that grow."""

    def partial(self, text, **more):
        # The last word is kept back as long as it may be the beginning of a secret.
        return self.reply(f"{text} hm", final=False, **more)

    def begin(self, text="Hel", **more):
        """Starts an agim-send that shows a growing text."""
        self.send = self.start(["agim-send", "--receipts"])
        self.send.write(self.partial(text, **more))
        return self.wait_for(lambda: self.feishu.said(CHAT), what="the growing message")[0]

    def grow(self, text, message):
        self.send.write(self.partial(text))
        self.wait_for(lambda: text in self.feishu.shown(message), what=f"{text} in the message")

    def end(self, text, **more):
        self.send.write(self.reply(text, **more))
        self.send.close()
        self.assertEqual(self.send.wait(30), [0])
        return [line for line in self.send.lines if line["type"] == "receipt"][-1]

    def card(self, message):
        return self.feishu.cards[message.card_id]

    def test_a_card_that_streams(self):
        message = self.begin("Hel")
        self.assertTrue(self.card(message).streams)
        self.grow("Hello wo", message)
        self.grow("Hello world, **this**", message)
        receipt = self.end("Hello world, **this** is all.\n\n| a |\n|---|\n| 1 |")
        self.assertEqual(receipt["proof"], message.id)
        [message] = self.feishu.said(CHAT)
        self.assertFalse(self.card(message).streams)
        self.assertIn("**this** is all.", self.feishu.shown(message))
        self.assertIn("a\n1", self.feishu.shown(message))
        self.assertGreaterEqual(len(self.card(message).texts), 2)

    def test_nothing_that_calls_people_while_it_grows(self):
        message = self.begin('x <at id=all></at> **y')
        self.send.write(self.partial('x <at id=all></at> **y** <person id = "ou_li"></person> z'))
        self.wait_for(lambda: self.card(message).texts, what="more of the text")
        self.end("done")

    def test_the_app_may_not_have_such_cards(self):
        self.feishu.scopes.discard("cardkit:card:write")
        message = self.begin()
        self.grow("Hello wo", message)
        self.end("Hello world")
        [message] = self.feishu.said(CHAT)
        self.assertIsNone(message.card_id)
        self.assertEqual(self.feishu.shown(message), "Hello world")
        self.assertGreaterEqual(len(message.edits), 2)

    def test_editing_by_configuration(self):
        self.configure(streaming="edit")
        message = self.begin()
        self.assertIsNone(message.card_id)
        self.end("Hello world")
        self.assertEqual(self.feishu.shown(message), "Hello world")

    def test_streaming_off(self):
        self.configure(streaming="off")
        self.send = self.start(["agim-send", "--receipts"])
        self.send.write(self.partial("Hel"))
        self.end("Hello world")
        [message] = self.feishu.said(CHAT)
        self.assertEqual((message.kind, message.edits), ("text", []))

    @seconds(5)
    def test_a_stream_that_ends_by_itself(self):
        message = self.begin()
        for code in (300309, 200850):
            self.feishu.misbehave("PUT", ".*/content", ("code", code))
            self.grow(f"Hello {code}", message)
        self.end("Hello world")
        self.assertEqual(self.feishu.shown(self.feishu.said(CHAT)[0]), "Hello world")

    def test_a_stream_that_has_timed_out(self):
        self.feishu.streaming_seconds = 0
        message = self.begin()
        self.feishu.streaming_seconds = 0.2
        self.grow("Hello wo", message)
        self.end("Hello world")
        self.assertEqual(self.feishu.shown(message), "Hello world")
        self.assertEqual(len(self.feishu.said(CHAT)), 1)

    def test_somebody_else_counted_further(self):
        message = self.begin()
        self.card(message).sequence += 1000
        self.grow("Hello wo", message)
        self.card(message).sequence += 20_000
        self.end("Hello world")
        self.assertEqual(self.feishu.shown(message), "Hello world")

    def test_the_end_cannot_be_edited(self):
        """The final text arrives all the same, as a message of its own."""
        for name, act in (("expired", ("code", 200750)), ("gone", ("code", 200740)), ("recalled", ("code", 230011))):
            with self.subTest(name):
                self.feishu.misbehave("PUT", "/open-apis/cardkit/v1/cards/[0-9]+", act)
                count = len(self.feishu.said(CHAT))
                self.send = self.start(["agim-send", "--receipts"])
                self.send.write(self.partial("Hel", id=name))
                self.wait_for(lambda: len(self.feishu.said(CHAT)) > count, what="the growing message")
                receipt = self.end(f"Hello {name}", id=name)
                last = self.feishu.said(CHAT)[-1]
                self.assertEqual((receipt["proof"], self.feishu.shown(last)), (last.id, f"Hello {name}"))

    @seconds(6)
    def test_the_end_is_edited_later(self):
        self.feishu.misbehave("PUT", "/open-apis/cardkit/v1/cards/[0-9]+", ("status", 503, "busy"), times=2)
        message = self.begin()
        self.end("Hello world")
        self.assertEqual(len(self.feishu.said(CHAT)), 1)
        self.assertEqual(self.feishu.shown(message), "Hello world")

    def test_something_else_ends_it(self):
        message = self.begin(parent="m1")
        line = {"v": 1, "type": "error", "id": "e1", "parent": "m1", "session": f"feishu:{CHAT}", "stage": "run",
                "code": "x", "text": "It broke.", "temporary": False}
        self.send.write(json.dumps(line) + "\n")
        self.send.close()
        self.assertEqual(self.send.wait(), [0])
        self.assertEqual([self.feishu.shown(one) for one in self.feishu.said(CHAT)], ["Hel", "It broke."])
        self.assertFalse(self.card(message).streams)

    def test_the_first_answer_is_lost(self):
        """The message stands there, and nobody told us: it is not made a second time."""
        self.feishu.misbehave("POST", ".*/messages", ("drop",), after=True)
        self.begin()
        self.end("Hello world")
        self.assertEqual([self.feishu.shown(one) for one in self.feishu.said(CHAT)], ["Hello world"])

    def test_a_crash_while_it_grows(self):
        message = self.begin()
        self.grow("Hello wo", message)
        self.wait_for(lambda: self.sql("select * from posted"), what="that the message is remembered")
        self.send.kill()
        [receipt] = self.deliver(self.reply("Hello world"))
        self.assertEqual(receipt["proof"], message.id)
        self.assertEqual([self.feishu.shown(one) for one in self.feishu.said(CHAT)], ["Hello world"])

    def test_a_crash_when_the_end_is_sent(self):
        """The end is done, its answer is lost with the sender: the next one does it again, in the same message."""
        message = self.begin()
        self.feishu.misbehave("PUT", "/open-apis/cardkit/v1/cards/[0-9]+", ("drop",), after=True)
        self.send.write(self.reply("Hello world"))
        self.wait_for(lambda: self.feishu.shown(message) == "Hello world", what="the final text")
        self.send.kill()
        self.pipe(["agim-send", "--flush"])
        self.assertEqual([self.feishu.shown(one) for one in self.feishu.said(CHAT)], ["Hello world"])
        self.assertEqual([row["state"] for row in self.sql("select state from outbox")], ["delivered"])


class Requests(FeishuCase):
    """Cards with buttons."""

    def setUp(self):
        super().setUp()
        self.work = self.path("work")
        os.mkdir(self.work)
        self.count = 0
        self.configure({
            "agents": {"shell": {"driver": "shell", "workdir": self.work}}, "approvers": ["command:U1"],
            "limits": {"breaker_failures": 0, "person_rate": 0, "agent_rate": 0}})
        self.fifo = self.path("feed")
        os.mkfifo(self.fifo)
        self.pen = os.open(self.fifo, os.O_RDWR)
        self.addCleanup(os.close, self.pen)
        self.feishu.heard("om_q", "oc_li")
        self.live = self.start(
            ["agim-recv", f"command:cat {self.fifo}"], ["agim-approve"], ["agim-run", "shell"], ["agim-send"],
            stdin=subprocess.DEVNULL)

    def feed(self, **line):
        self.count += 1
        line = {"id": f"m{self.count}", "session": "feishu:oc_li", "from": {"id": "U1"}, "chat": "direct", **line}
        os.write(self.pen, (json.dumps(line) + "\n").encode())
        return line["id"]

    def ask(self, text, **more):
        count = len(self.feishu.said())
        self.feed(text=text, origin={"message_id": "om_q", "chat_id": "oc_li", "chat_type": "p2p"}, **more)
        self.wait_for(lambda: len(self.feishu.said()) > count, what="the card")
        self.wait_for(
            lambda: self.sql("select * from outbox where type = 'request' and state = 'delivered'"), what="its delivery")
        time.sleep(0.005)
        [request] = self.sql("select * from request order by n desc limit 1")
        return self.feishu.said()[count], request

    def press(self, request, choice):
        return self.feed(type="answer", request=request["id"], choice=choice)

    def settled(self, message, words):
        self.wait_for(lambda: words in self.feishu.shown(message), what=f"'{words}' on the card")
        self.assertEqual(self.feishu.buttons(message), [])

    def test_allowed(self):
        card, request = self.ask("touch ran")
        shown = self.feishu.shown(card)
        for words in ("touch ran", self.work, request["code"]):
            self.assertIn(words, shown)
        buttons = self.feishu.buttons(card)
        self.assertEqual([(label, kind) for label, kind, _ in buttons], [
            ("Allow once", "primary_filled"), ("Allow in this session", "default"), ("Always allow", "default"),
            ("Deny", "danger")])
        self.assertEqual({tuple(sorted(value)) for _, _, value in buttons}, {("agim", "chat")})
        self.assertEqual({value["chat"] for _, _, value in buttons}, {"direct"})
        self.assertEqual(len({value["agim"] for _, _, value in buttons}), 4)
        self.press(request, "once")
        self.settled(card, "Allowed once by command:U1")
        self.assertEqual(card.content["header"]["template"], "green")
        self.wait_for(lambda: len(self.feishu.said()) == 2, what="the answer")
        self.assertTrue(os.path.exists(os.path.join(self.work, "ran")))
        self.assertEqual(self.feishu.shown(self.feishu.said()[1]), "(no output)")

    def test_denied_and_late(self):
        card, request = self.ask("touch ran")
        self.press(request, "deny")
        self.settled(card, "Denied by command:U1")
        self.wait_for(lambda: len(self.feishu.said()) == 2, what="the answer")
        self.press(request, "once")
        self.wait_for(lambda: len(self.feishu.said()) == 3, what="that it is too late")
        self.settled(card, "Denied by command:U1")
        self.assertFalse(os.path.exists(os.path.join(self.work, "ran")))

    @seconds(6)
    def test_a_card_that_is_not_rewritten_at_once(self):
        card, request = self.ask("touch ran")
        self.feishu.misbehave("PATCH", ".*/messages/.*", ("status", 500, "oops"), times=2)
        self.press(request, "once")
        # The work goes on without it.
        self.wait_for(lambda: len(self.feishu.said()) == 2, what="the answer")
        self.settled(card, "Allowed once by command:U1")

    def test_settled_at_a_terminal(self):
        """No line tells of it."""
        card, request = self.ask("touch ran")
        self.pipe(["agim-approve", "deny", request["code"]])
        self.settled(card, "Denied by")

    def test_settled_while_nobody_sends(self):
        card, request = self.ask("touch ran")
        for process in reversed(self.live.procs):
            os.kill(self.worker(process), signal.SIGKILL)
        self.live.kill()
        self.pipe(["agim-approve", "deny", request["code"]])
        self.pipe(["agim-send"])
        self.assertIn("Denied by", self.feishu.shown(card))

    def test_rewritten_by_a_late_click(self):
        card, request = self.ask("touch ran")
        self.feishu.misbehave("PATCH", ".*/messages/.*", ("code", 230001))
        self.press(request, "once")
        self.wait_for(lambda: len(self.feishu.said()) == 2, what="the answer")
        self.wait_for(lambda: self.feishu.misdeeds[0].times == 0, what="that the change is refused")
        self.assertEqual(len(self.feishu.buttons(card)), 4)
        self.press(request, "deny")
        self.settled(card, "Allowed once by command:U1")

    def test_the_end_waits_for_the_card(self):
        card, request = self.ask("touch ran")
        self.press(request, "once")
        self.wait_for(lambda: len(self.feishu.said()) == 2, what="the answer")
        self.live.procs[0].terminate()
        self.assertEqual(set(self.live.wait()), {0})
        self.assertIn("Allowed once by command:U1", self.feishu.shown(card))

    def test_a_card_that_cannot_be_rewritten(self):
        card, request = self.ask("touch ran")
        self.feishu.recall(card.id)
        self.press(request, "once")
        self.wait_for(lambda: len(self.feishu.said()) == 2, what="the answer")
        self.assertEqual(len(self.feishu.buttons(card)), 4)

    def test_cards_that_are_refused(self):
        """Without buttons it can still be answered by typing."""
        self.feishu.misbehave("POST", ".*/messages", ("code", 230099))
        card, request = self.ask("touch ran")
        self.assertEqual(card.kind, "post")
        self.assertIn(f"y {request['code']}", self.feishu.shown(card))
        self.feed(text="y")
        self.wait_for(lambda: len(self.feishu.said()) == 2, what="the answer")
        self.assertTrue(os.path.exists(os.path.join(self.work, "ran")))

    def test_what_is_asked_for_is_no_markup(self):
        card, _ = self.ask("echo '<at id=all></at> **x** [a](https://b) `c`'")
        self.assertIn("echo '<at id=all></at> **x** [a](https://b) `c`'", self.feishu.shown(card))

    def test_a_reaction_while_it_works(self):
        open(os.path.join(self.work, "keep"), "w").close()
        card, request = self.ask("echo first; while [ -e keep ]; do sleep 0.1; done; echo second")
        self.press(request, "once")
        self.wait_for(lambda: list(self.feishu.reactions.values()) == [("om_q", "OnIt")], what="the reaction")
        growing = self.wait_for(lambda: len(self.feishu.said()) == 2 and self.feishu.said()[1], what="the first words")
        self.assertEqual(self.feishu.shown(growing), "first")
        os.remove(os.path.join(self.work, "keep"))
        self.wait_for(lambda: self.feishu.shown(growing) == "first\nsecond", what="the end")
        self.wait_for(lambda: not self.feishu.reactions, what="that the reaction is gone")
        self.assertEqual(len(self.feishu.said()), 2)

    def test_a_reaction_after_a_crash(self):
        keep = os.path.join(self.work, "keep")
        open(keep, "w").close()
        card, request = self.ask("echo first; while [ -e keep ]; do sleep 0.1; done; echo second")
        self.press(request, "once")
        self.wait_for(lambda: self.sql("select * from handle"), what="the reaction")
        for process in reversed(self.live.procs):
            os.kill(self.worker(process), signal.SIGKILL)
        self.live.kill()
        os.remove(keep)
        stages = self.start(["agim-recv", "stdin"], ["agim-approve"], ["agim-run", "shell"], ["agim-send"])
        # The person is told that the turn was interrupted.
        self.wait_for(lambda: not self.feishu.reactions, what="that the reaction is gone")
        stages.close()
        stages.wait()
        self.assertIn("interrupted", self.feishu.shown(self.feishu.said()[-1]))


class Check(FeishuCase):
    """agim-send check."""

    def check(self, code=0):
        stages = self.pipe(["agim-send", "check", "feishu"])
        self.assertEqual(stages.codes, [code], stages.errors)
        return stages.out + stages.errors

    def test_it_works(self):
        said = self.check()
        self.assertIn('the bot "agim" (ou_bot) answers', said)
        self.assertIn("by cards that stream", said)
        self.assertEqual(self.feishu.said(), [])

    def test_without_streaming(self):
        self.feishu.scopes.discard("cardkit:card:write")
        self.assertIn("give the app cardkit:card:write", self.check())

    def test_a_wrong_secret(self):
        self.configure(secret="Wr0ngSecretOfNobody")
        said = self.check(78)
        self.assertIn('check "app_id" and "secret" of account "feishu"', said)
        self.assertNotIn("Wr0ng", said)

    def test_no_feishu(self):
        self.server.close()
        self.check(75)


class Trouble(FeishuCase):
    """When Feishu is not well."""

    def test_it_goes_wrong_in_many_ways(self):
        """What passes is tried again, and nothing is shown twice."""
        ways = [
            ("lost", ("drop",), True), ("drop", ("drop",), False), ("500", ("status", 500, "oops"), False),
            ("garbage", ("garbage",), True), ("slow", ("slow", 0.3), False), ("busy", ("code", 230049), False),
            ("rate", ("code", 99991400, {"x-ogw-ratelimit-reset": "1"}), False), ("chat", ("code", 230020), False)]
        for name, act, after in ways:
            with self.subTest(name):
                self.feishu.misbehave("POST", ".*/messages", act, after=after)
                [receipt, *more] = self.deliver(self.reply(f"text {name}", name))
                self.assertIn("delivered", [receipt["state"]] + [one["state"] for one in more])
        self.assertEqual(
            [self.feishu.shown(message) for message in self.feishu.said(CHAT)], [f"text {way[0]}" for way in ways])

    def test_a_token_that_ends(self):
        send = self.start(["agim-send", "--receipts"])
        send.write(self.reply("one", "a"))
        self.wait_for(lambda: len(self.feishu.said(CHAT)) == 1, what="the first message")
        self.server.expire()
        send.write(self.reply("two", "b"))
        self.wait_for(lambda: len(self.feishu.said(CHAT)) == 2, what="the second message")
        send.close()
        self.assertEqual(send.wait(), [0])
        self.assertEqual(self.server.issued, 2)

    def test_a_wrong_secret(self):
        self.configure(secret="Wr0ngSecretOfNobody")
        stages = self.pipe(["agim-send", f"feishu:{CHAT}", "hi"])
        self.assertIn(stages.codes[0], (69, 77, 78))
        self.assertIn("10014", stages.errors)
        self.assertNotIn("Wr0ngSecret", stages.errors)

    def test_not_in_the_chat(self):
        self.feishu.chat("oc_other", bot=False)
        receipts = self.deliver(self.reply("hi", session="feishu:oc_other"))
        self.assertEqual(receipts[0]["state"], "refused")
        self.assertIn("230002", receipts[0]["reason"])
        self.assertIn("add the bot to the chat", receipts[0]["reason"])

    def test_a_card_that_is_refused_is_a_post(self):
        self.feishu.misbehave("POST", ".*/messages", ("code", 230099))
        self.deliver(self.reply("Some **bold** words"))
        [message] = self.feishu.said(CHAT)
        self.assertEqual((message.kind, self.feishu.shown(message)), ("post", "Some bold words"))

    @seconds(8)
    def test_no_more_than_it_takes(self):
        """Thirty replies in one chat and from five sessions: never more than five a second; the fake looks."""
        self.feishu.heard("om_q", CHAT, thread="omt_0", root="om_q")
        for n in range(1, 5):
            self.feishu.heard(f"om_{n}", CHAT, thread=f"omt_{n}", root=f"om_{n}")
        lines = [self.reply(f"text {n}", f"r{n}", f"feishu:{CHAT}:omt_{n % 5}") for n in range(30)]
        self.deliver(*lines, limit=60)
        self.assertEqual(len(self.feishu.said(CHAT)), 30)


if __name__ == "__main__":
    unittest.main()
