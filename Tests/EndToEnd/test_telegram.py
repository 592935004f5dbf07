"""Telegram both ways against a Bot API server that is as strict as Telegram's; see Support/platforms/telegram.py."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from support import AGAIN, CONFIG, HERE, NOT_PERMITTED, OK, SCRIPTED_AGENTS, Case, seconds

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Support", "platforms"))
from telegram import FakeTelegram, units  # noqa: E402

SCRIPTED = os.path.join(SCRIPTED_AGENTS, "claude.py")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8) + b"\0\0\0\x20\0\0\0\x20" + bytes(100)


class TelegramCase(Case):
    local = False

    def setUp(self):
        super().setUp()
        self.fake = FakeTelegram(local=self.local and self.path("server"))
        self.fake.private(501)
        self.addCleanup(self.fake.close)
        self.work = self.path("work")
        os.mkdir(self.work)
        self.configure()

    def tearDown(self):
        self.assertEqual(self.fake.check(), [])
        super().tearDown()

    def configure(self, account=None, **more):
        echo = {"driver": "exec", "command": ["cat"]}
        claude = {"driver": "claude", "command": [sys.executable, SCRIPTED], "workdir": self.work,
                  "env": {"SCRIPTED_STATE": self.path("")}}
        self.config({
            "accounts": {"telegram": {"token": self.fake.token, "base_url": self.fake.url, **(account or {})}},
            "agents": {"echo": echo, "claude": claude}, "allow": {"*": "*"},
            "approvers": ["telegram:501"], "limits": {"breaker_failures": 0, "person_rate": 0, "agent_rate": 0},
            **more})

    def recv(self, *words, **env):
        pipeline = self.start(["agim-recv", *(words or ("telegram",))], stdin=subprocess.DEVNULL, **env)
        return pipeline

    def pipeline(self, agent="echo", recv=("telegram",)):
        return self.start(
            ["agim-recv", *recv], ["agim-approve"], ["agim-run", agent], ["agim-send"], stdin=subprocess.DEVNULL)

    def lines(self, pipeline, kind=None, count=1, limit=15):
        """The lines of a kind, once there are so many."""
        def found():
            lines = [line for line in pipeline.lines if kind is None or line["type"] == kind]
            return lines if len(lines) >= count else None
        return self.wait_for(found, limit, f"{count} lines of type {kind}")

    def connected(self, pipeline):
        return self.lines(pipeline, "status")

    def stop(self, pipeline, *codes):
        pipeline.procs[0].send_signal(signal.SIGTERM)
        pipeline.wait(30)
        self.assertCodes(pipeline, *(codes or [OK] * len(pipeline.procs)))

    def said(self, text, chat=501, limit=20):
        """Waits for a message of the bot that holds a text, as people see it."""
        return self.wait_for(
            lambda: next((m for m in self.fake.sent(chat) if text in m.get("text", m.get("caption", ""))), None),
            limit, f"{text!r} in chat {chat}")

    def assertNoSecret(self, *pipelines):
        secret = self.fake.token.split(":")[1]
        for pipeline in pipelines:
            self.assertNotIn(secret, pipeline.errors)
            self.assertNotIn(secret, pipeline.out)


class Conversation(TelegramCase):
    @seconds(15)
    def test_message_approval_streaming_and_file(self):
        """Under misbehaviour: calls are lost and cut, and answered with garbage."""
        with open(os.path.join(self.work, "chart.png"), "wb") as file:
            file.write(PNG)
        self.fake.misbehave("getMe", "502", "drop")
        self.fake.misbehave("getUpdates", "garbage", "ok", "half", "lose")
        self.fake.misbehave("editMessageText", "500", "429:1")
        self.fake.misbehave("sendPhoto", "500", "drop")
        pipeline = self.pipeline("claude")
        asked = self.fake.say(
            "say First some words.\nslow 3\nsay Then **others**.\ntool Bash {\"command\": \"touch ran\", \"description\": \"why\"}\n"
            "say ![the chart](chart.png)")
        card = self.said("claude wants to run")
        self.assertIn("touch ran", card["text"])
        labels = [b["text"] for row in card["reply_markup"]["inline_keyboard"] for b in row]
        self.assertIn("Allow once", labels)
        self.assertFalse(os.path.exists(os.path.join(self.work, "ran")))
        query = self.fake.press("Allow once")
        self.wait_for(lambda: os.path.exists(os.path.join(self.work, "ran")), what="the command")
        # The card says who decided, and has no buttons any more.
        self.wait_for(lambda: "reply_markup" not in card and "Allowed once by" in card["text"], what="the settled card")
        self.assertEqual(self.fake.queries[query]["answers"], ["Received."])
        self.wait_for(lambda: [m for m in self.fake.sent() if "photo" in m], 20, "the picture")
        final = self.said("Then others.")
        # One message has grown to the whole answer.
        self.assertIn("First some words.", final["text"])
        self.assertTrue(final.get("_versions"), "it was not streamed")
        self.assertEqual(
            [m["message_id"] for m in self.fake.sent() if "First some words." in m.get("text", "")], [final["message_id"]])
        self.assertEqual(self.fake.called("sendPhoto")[-1]["chat_id"], 501)
        # A press that comes late is answered, too.
        late = self.fake.press_data(self.fake.called("sendMessage", chat_id=501)[-1].get("reply_markup", {"inline_keyboard": [
            [{"callback_data": "x"}]]})["inline_keyboard"][0][0]["callback_data"], card)
        self.wait_for(lambda: self.fake.queries[late]["answers"], what="the answer to a late press")
        self.wait_for(lambda: self.states("outbox") == {"delivered": self.count("outbox")}, what="every delivery")
        self.stop(pipeline)
        self.assertNoSecret(pipeline)
        self.assertTrue(asked)

    def test_typed_answer_and_reply_to_the_card(self):
        pipeline = self.pipeline("claude")
        self.fake.say("tool Bash {\"command\": \"touch ran\", \"description\": \"why\"}\nsay done")
        card = self.said("claude wants to run")
        self.wait_for(lambda: self.count("outbox", "type = 'request' and state = 'delivered'"), what="the card's delivery")
        self.fake.say("n", reply_to=card["message_id"])
        self.wait_for(lambda: "Denied by" in card["text"], what="the settled card")
        self.assertFalse(os.path.exists(os.path.join(self.work, "ran")))
        self.said("done")
        self.stop(pipeline)

    def test_a_stranger_s_press_decides_nothing(self):
        self.fake.group(-4001)
        self.fake.user(666, "Mallory")
        pipeline = self.pipeline("claude")
        self.fake.say("@agim_test_bot tool Bash {\"command\": \"touch ran\", \"description\": \"why\"}\nsay done", chat=-4001)
        card = self.said("claude wants to run", chat=-4001)
        query = self.fake.press("Allow once", chat=-4001, user=666)
        self.wait_for(lambda: self.fake.queries[query]["answers"], what="the answer to the press")
        # A forged button is told so, and nothing comes of it.
        forged = self.fake.press_data("A" * 46, card, user=501)
        self.wait_for(lambda: self.fake.queries[forged]["answers"] == ["This button is no longer in use."],
                      what="the answer to a forged press")
        self.wait_for(lambda: self.count("inbox", "type = 'answer' and state = 'done'") == 1, what="the end of the press")
        self.assertFalse(os.path.exists(os.path.join(self.work, "ran")))
        self.assertIn("reply_markup", card)
        self.fake.press("Deny", chat=-4001)
        self.wait_for(lambda: "Denied by" in card["text"], what="the settled card")
        self.stop(pipeline)
        self.assertFalse(os.path.exists(os.path.join(self.work, "ran")))


class Receiving(TelegramCase):
    def test_messages_of_all_kinds(self):
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.say("hello 🍎")
        first = self.fake.numbers[501]
        self.fake.say("why?", reply_to=first)
        self.fake.send_file("document", b"%PDF-1.4 x", name="../../etc/a b.pdf", mime="text/html", caption="read it")
        self.fake.send_file("voice", b"OggS" + bytes(50), mime="audio/ogg")
        self.fake.say(None, location={"latitude": 52.5, "longitude": 13.25})
        self.fake.send_album([PNG, b"\xff\xd8\xff" + bytes(9)], caption="two")
        self.fake.say("after")
        lines = self.lines(pipeline, "message", 7)
        self.assertEqual([line["text"] for line in lines], ["hello 🍎", "why?", "read it", "", "", "two", "after"])
        self.assertEqual({line["session"] for line in lines}, {"telegram:501"})
        self.assertEqual({line["chat"] for line in lines}, {"direct"})
        self.assertEqual(lines[0]["from"], {"id": "501", "name": "Ada"})
        self.assertEqual(lines[1]["quote"], {"id": str(first), "text": "hello 🍎", "from": "501"})
        pdf, = lines[2]["attachments"]
        # What a file is called proves nothing.
        self.assertEqual((pdf["kind"], pdf["mime"], pdf["name"]), ("file", "application/pdf", "../../etc/a b.pdf"))
        self.assertEqual(os.path.dirname(pdf["path"]), f"{self.home}/files")
        voice, = lines[3]["attachments"]
        self.assertEqual((voice["kind"], voice["mime"]), ("voice", "audio/ogg"))
        place, = lines[4]["attachments"]
        self.assertEqual((place["kind"], place["lat"], place["lon"]), ("location", 52.5, 13.25))
        self.assertEqual([a["mime"] for a in lines[5]["attachments"]], ["image/png", "image/jpeg"])
        self.stop(pipeline)
        # Everything was confirmed: nothing comes again.
        self.assertEqual(self.fake.updates, [])

    def test_groups_and_topics(self):
        self.fake.group(-4001)
        self.fake.group(-1007, forum=True)
        self.fake.topic(-1007, 9)
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.say("not for a bot", chat=-4001)
        self.fake.say("/new@other_bot", chat=-4001)
        self.fake.say("@AGIM_test_bot, do it", chat=-4001)
        self.fake.say("/status@agim_test_bot now", chat=-4001)
        self.fake.say("@agim_test_bot in a topic", chat=-1007, thread=9)
        self.fake.say("@agim_test_bot in general", chat=-1007)
        lines = self.lines(pipeline, "message", 4)
        self.assertEqual(
            [(line["session"], line["text"]) for line in lines],
            [("telegram:-4001", "do it"), ("telegram:-4001", "/status now"), ("telegram:-1007:9", "in a topic"),
             ("telegram:-1007", "in general")])
        self.assertEqual({(line["chat"], line["mentioned"]) for line in lines}, {("group", True)})
        self.stop(pipeline)

    def test_strangers_get_no_sign(self):
        self.configure(allow={"telegram": ["501"]})
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.private(502)
        self.fake.say("who is there?", chat=502, user=502)
        self.fake.say("hello")
        self.lines(pipeline, "message", 2)
        self.wait_for(lambda: self.fake.called("sendChatAction"), what="typing")
        self.stop(pipeline)
        self.assertEqual([call["chat_id"] for call in self.fake.called("sendChatAction")], [501])

    def test_groups_as_configured(self):
        self.fake.group(-4001)
        self.fake.group(-4002)
        self.configure({"groups": {"-4001": "all", "*": "none"}})
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.say("@agim_test_bot unheard", chat=-4002)
        self.fake.say("heard", chat=-4001)
        line, = self.lines(pipeline, "message")
        self.assertEqual((line["text"], line["mentioned"]), ("heard", False))
        self.stop(pipeline)

    def test_events(self):
        self.fake.group(-4001)
        pipeline = self.recv()
        self.connected(pipeline)
        number = self.fake.say("tpyo")
        self.lines(pipeline, "message")
        self.fake.edit(number, "typo")
        self.fake.membership(-4001, "member")
        self.fake.say(None, chat=-4001, new_chat_members=[self.fake.user(77, "Bob")])
        self.fake.membership(501, "kicked", before="member")
        events = self.lines(pipeline, "event", 4)
        self.assertEqual([event["kind"] for event in events], ["edited", "joined", "joined", "left"])
        self.assertEqual((events[0]["message"], events[0]["text"]), (str(number), "typo"))
        self.assertEqual((events[1]["who"], events[2]["who"], events[2]["from"]["id"]), ("bot", "person", "77"))
        self.stop(pipeline)

    def test_a_group_that_becomes_a_supergroup_keeps_its_session(self):
        self.fake.group(-4001)
        pipeline = self.pipeline()
        self.fake.say("@agim_test_bot one", chat=-4001)
        self.said("one", chat=-4001)
        self.fake.migrate(-4001, -1004001)
        self.fake.say("@agim_test_bot two", chat=-1004001)
        self.said("two", chat=-1004001)
        self.assertEqual(
            {row["session"] for row in self.sql("select session from inbox where type = 'message'")}, {"telegram:-4001"})
        self.stop(pipeline)
        # Who never saw it move is told by the server, and remembers.
        self.fake.group(-4002)
        self.fake.chats[-4002]["_migrated"] = -1004001
        sent = self.pipe(["agim-send", "telegram:-4002", "three"])
        self.assertCodes(sent, OK)
        self.said("three", chat=-1004001)
        before = len(self.fake.calls)
        self.assertCodes(self.pipe(["agim-send", "telegram:-4002", "four"]), OK)
        self.assertEqual([call["status"] for call in self.fake.calls[before:]], [200])

    def test_nothing_is_taken_twice_whatever_the_server_repeats(self):
        self.fake.misbehave("getUpdates", "ok", "replay", "lose", "replay", "replay")
        pipeline = self.recv()
        self.connected(pipeline)
        for number in range(5):
            self.fake.say(f"m{number}")
            time.sleep(0.1)
        self.lines(pipeline, "message", 5)
        self.stop(pipeline)
        again = self.recv()
        self.fake.say("last")
        # Those that nobody has taken are printed again first.
        self.wait_for(lambda: [line for line in again.lines if line.get("text") == "last"], what="the last message")
        self.stop(again)
        self.assertEqual([line["text"] for line in pipeline.lines if line["type"] == "message"], [f"m{n}" for n in range(5)])
        self.assertEqual([line["text"] for line in again.lines if line["type"] == "message" and not line.get("again")], ["last"])

    def test_what_waits_for_its_file_survives_a_crash(self):
        self.fake.misbehave("getFile", *["500"] * 3)
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.send_file("document", b"content", name="a.txt", caption="with a file")
        self.fake.say("behind it")
        # The server was told that both were taken, before they are lines.
        self.wait_for(lambda: not self.fake.updates and self.sql("select 1 from cursor where name = 'held'"),
                      what="the confirmation")
        pipeline.kill()
        self.assertEqual(self.count("inbox"), 0)
        self.fake.misbehave("getFile", "ok")
        again = self.recv()
        lines = self.lines(again, "message", 2)
        self.assertEqual([line["text"] for line in lines], ["with a file", "behind it"])
        self.assertEqual(len(lines[0]["attachments"]), 1)
        self.stop(again)

    def test_files_that_are_too_large_or_gone(self):
        self.configure({"download_limit": 1})
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.send_file("document", bytes(2 << 20), name="big.bin", caption="big")
        self.fake.misbehave("getFile", "refuse:400:Bad Request: wrong file_id or the file is temporarily unavailable")
        self.fake.send_file("document", b"x", name="gone.bin")
        lines = self.lines(pipeline, "message", 2)
        self.assertIn("[big.bin was not fetched: it is larger than 1 MB]", lines[0]["text"])
        self.assertIn("[gone.bin was not fetched: Bad Request: wrong file_id", lines[1]["text"])
        self.assertNotIn("attachments", lines[0])
        self.stop(pipeline)

    def test_a_wrong_token_ends_it_at_once(self):
        self.configure({"token": "123456789:wrongwrongwrongwrong"})
        pipeline = self.recv()
        pipeline.wait(10)
        self.assertCodes(pipeline, CONFIG)
        self.assertSaid(pipeline, 0, "bot 123456789 is refused (401 Unauthorized)", '"token" of account "telegram"')
        self.assertNotIn("wrongwrong", pipeline.errors)
        self.configure({"token": "nonsense"})
        pipeline = self.recv()
        pipeline.wait(10)
        self.assertCodes(pipeline, CONFIG)
        self.assertNotIn("nonsense", pipeline.errors)

    @seconds(40)
    def test_another_poller(self):
        """One conflict is lived through; who takes every call away ends it, with the platform's words."""
        self.fake.misbehave("getUpdates", "ok", "conflict")
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.say("one")
        self.lines(pipeline, "message")
        self.fake.say("two")
        self.lines(pipeline, "message", 2, limit=20)
        self.fake.misbehave("getUpdates", *["conflict"] * 8)
        self.fake.say("three")
        pipeline.wait(50)
        self.assertCodes(pipeline, NOT_PERMITTED)
        self.assertSaid(pipeline, 0, "terminated by other getUpdates request", "stop that one")

    def test_one_receiver_a_bot(self):
        self.config({
            "accounts": {name: {"token": self.fake.token, "base_url": self.fake.url} for name in ("telegram", "telegram@b")},
            "allow": {"*": "*"}})
        first = self.recv()
        self.connected(first)
        second = self.recv("telegram@b")
        second.wait(10)
        self.assertCodes(second, AGAIN)
        self.assertSaid(second, 0, "already receives")
        self.stop(first)

    def test_the_webhook_of_somebody_else_is_taken_away(self):
        self.fake.webhook = {"url": "https://example.com", "secret": ""}
        pipeline = self.recv()
        self.connected(pipeline)
        self.assertIsNone(self.fake.webhook)
        self.stop(pipeline)

    @seconds(10)
    def test_a_server_that_is_away(self):
        self.fake.misbehave("getUpdates", "ok", "drop", "drop", "429:2", "502")
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.say("one")
        self.lines(pipeline, "message", limit=30)
        states = [line["state"] for line in pipeline.lines if line["type"] == "status"]
        self.assertEqual(states[0], "connected")
        self.assertIn("disconnected", states)
        self.assertEqual(states[-1], "connected")
        self.assertNoSecret(pipeline)
        self.stop(pipeline)

    def test_the_token_is_never_shown(self):
        """Not where nothing answers, where something else answers, or where we are sent elsewhere."""
        self.configure({"base_url": "http://127.0.0.1:1"})
        sent = self.pipe(["agim-send", "-v", "telegram:501", "x"])
        self.assertCodes(sent, AGAIN)
        self.assertNoSecret(sent)
        self.assertSaid(sent, 0, "cannot connect")


class Sending(TelegramCase):
    def send(self, *words, stdin=b"", code=OK, limit=20, **env):
        sent = self.pipe(["agim-send", *words], stdin=stdin, limit=limit, **env)
        self.assertCodes(sent, code)
        self.assertNoSecret(sent)
        return sent

    def reply(self, *lines):
        """Lines of a stage, given to agim-send."""
        text = "".join(json.dumps({"type": "reply", "session": "telegram:501", **line}) + "\n" for line in lines)
        return self.send("--receipts", stdin=text, limit=60)

    def test_markup(self):
        self.send("telegram:501", "**bold** _it_ `a<b` & <x> [l](https://example.com)\n\n```sh\nls && x\n```")
        message, = self.fake.sent()
        self.assertEqual(message["text"].replace("\n\n", "\n"), "bold it a<b & <x> l\nls && x")
        self.assertEqual([e["type"] for e in message["entities"]], ["bold", "italic", "code", "text_link", "pre"])
        call, = self.fake.called("sendMessage")
        self.assertEqual(call["link_preview_options"], {"is_disabled": True})

    def test_plain_where_markup_is_refused(self):
        self.fake.misbehave("sendMessage", "refuse:400:Bad Request: can't parse entities: Unsupported start tag \"b\" at byte offset 0")
        self.send("telegram:501", "**bold** <x>")
        self.assertEqual(self.fake.texts(), ["bold <x>"])
        self.assertNotIn("parse_mode", self.fake.called("sendMessage")[-1])

    @seconds(10)
    def test_long_texts_are_cut_and_nothing_is_lost(self):
        words = [f"wörd{n}🍎" for n in range(1500)]
        self.send("telegram:501", " ".join(words), limit=60)
        texts = self.fake.texts()
        self.assertGreater(len(texts), 2)
        self.assertTrue(all(units(text) <= 4096 for text in texts))
        found = " ".join(texts).split()
        self.assertEqual([w for w in found if w.startswith("wörd")], words)

    def test_very_long_texts_become_a_file(self):
        text = "\n".join(f"line {n} of a long report" for n in range(4000))
        self.send("telegram:501", text, limit=60)
        message, document = self.fake.sent()
        self.assertIn("(All of it is in the file.)", message["text"])
        self.assertEqual(document["_content"].decode(), text)

    def test_files(self):
        self.reply(
            {"id": "r1", "text": "a **chart**", "attachments": [self.attachment("chart.png", PNG, "image/png", "image")]},
            {"id": "r2", "text": "", "attachments": [self.attachment("v.ogg", b"OggS" + bytes(90), "audio/ogg", "voice")]},
            {"id": "r3", "text": "two", "attachments": [
                self.attachment("größe.txt", b"one", "text/plain"), self.attachment("b\".txt", b"two", "text/plain")]},
            {"id": "r4", "text": "here", "attachments": [{"kind": "location", "lat": 1.5, "lon": -2.25, "name": "x"}]})
        kinds = [next(k for k in ("photo", "voice", "document", "location", "text") if k in m) for m in self.fake.sent()]
        self.assertEqual(kinds, ["photo", "voice", "text", "document", "document", "text", "location"])
        sent = self.fake.sent()
        self.assertEqual(sent[0]["caption"], "a chart")
        self.assertEqual(sent[0]["_content"], PNG)
        self.assertEqual([m["_content"] for m in sent[3:5]], [b"one", b"two"])
        self.assertEqual(sent[3]["_name"], "größe.txt")

    def test_a_picture_that_cannot_be_shown_goes_as_a_document(self):
        wide = b"\x89PNG\r\n\x1a\n" + bytes(8) + (9000).to_bytes(4, "big") + (2).to_bytes(4, "big") + bytes(9)
        self.reply({"id": "r1", "text": "", "attachments": [self.attachment("wide.png", wide, "image/png", "image")]})
        message, = self.fake.sent()
        self.assertEqual(message["document"]["file_name"], "wide.png")

    @seconds(20)
    def test_flood_control_is_honoured(self):
        """A penalty is waited out, for this chat alone; the fake notes every call that comes too early."""
        self.fake.private(502)
        self.fake.misbehave("sendMessage", "ok", "429:2")
        lines = [{"id": f"r{n}", "text": f"n{n}", "session": f"telegram:{501 + n % 2}"} for n in range(12)]
        began = time.monotonic()
        self.reply(*lines)
        self.assertEqual(self.fake.texts(501), [f"n{n}" for n in range(0, 12, 2)])
        self.assertEqual(self.fake.texts(502), [f"n{n}" for n in range(1, 12, 2)])
        self.assertEqual(self.fake.floods, 0)
        self.assertGreater(time.monotonic() - began, 2)

    @seconds(40)
    def test_our_own_pace_is_never_punished(self):
        self.fake.private_rate, self.fake.total_rate = (5, 1), (30, 30)
        lines = [{"id": f"r{n}", "text": f"n{n}"} for n in range(20)]
        self.reply(*lines)
        self.assertEqual(self.fake.texts(), [f"n{n}" for n in range(20)])
        self.assertEqual(self.fake.floods, 0)

    def test_an_answer_that_was_lost(self):
        """Without a key, a text that may have arrived is sent again: the only duplicate that there is."""
        self.fake.misbehave("sendMessage", "lose")
        self.reply({"id": "r1", "text": "once or twice"})
        self.assertEqual(self.fake.texts(), ["once or twice"] * 2)
        # What cannot have arrived is sent again without harm.
        self.fake.misbehave("sendMessage", "drop", "500", "429:1")
        self.reply({"id": "r2", "text": "once"})
        self.assertEqual(self.fake.texts()[2:], ["once"])

    def test_the_final_text_always_arrives(self):
        pipeline = self.start(["agim-send"])
        def say(text, final=False):
            pipeline.write(json.dumps({
                "type": "reply", "id": "r1", "session": "telegram:501", "text": text, "final": final}) + "\n")
        say("first words of it \n")
        message = self.said("first")
        self.fake.misbehave("editMessageText", "refuse:400:Bad Request: message to edit not found")
        message["_deleted"] = True
        say("first and last", final=True)
        pipeline.close()
        pipeline.wait(20)
        self.assertCodes(pipeline, OK)
        self.assertEqual(self.fake.texts(), ["first and last"])

    def test_what_markup_hides_does_not_leave_while_it_grows(self):
        secret = "ghp_" + "A1b2C3d4E5f6" * 3
        hidden = f"the token is {secret[:12]}**{secret[12:24]}**{secret[24:]} here \n"
        pipeline = self.start(["agim-send"])
        pipeline.write(json.dumps({
            "type": "reply", "id": "r1", "session": "telegram:501", "text": hidden, "final": False}) + "\n")
        message = self.said("the token is")
        self.assertNotIn(secret, message["text"])
        pipeline.write(json.dumps({
            "type": "reply", "id": "r1", "session": "telegram:501", "text": hidden + "x" * 9000, "final": True}) + "\n")
        pipeline.close()
        pipeline.wait(20)
        self.assertCodes(pipeline, OK)
        for text in self.fake.texts():
            self.assertNotIn(secret, text)
            self.assertNotIn(secret[12:24], text)

    @seconds(15)
    def test_a_growing_reply_survives_a_crash(self):
        pipeline = self.start(["agim-send"])
        pipeline.write(json.dumps({
            "type": "reply", "id": "r1", "session": "telegram:501", "text": "beginning of it \n", "final": False}) + "\n")
        self.said("beginning")
        self.wait_for(lambda: self.count("posted") == 1, what="the memory of it")
        pipeline.kill()
        self.reply({"id": "r1", "text": "beginning and end"})
        self.assertEqual(self.fake.texts(), ["beginning and end"])

    @seconds(15)
    def test_growing_replies_are_paced_and_show_the_newest(self):
        pipeline = self.start(["agim-send"])
        for number in range(60):
            pipeline.write(json.dumps({
                "type": "reply", "id": "r1", "session": "telegram:501", "text": "word " * (number + 1),
                "final": number == 59}) + "\n")
            time.sleep(0.1)
        pipeline.close()
        pipeline.wait(20)
        self.assertCodes(pipeline, OK)
        message, = self.fake.sent()
        self.assertEqual(message["text"], ("word " * 60).strip())
        self.assertLessEqual(len(message["_versions"]), 5)
        self.assertEqual(self.fake.floods, 0)

    def test_topics_and_replies_in_groups(self):
        self.fake.group(-1007, forum=True)
        self.fake.topic(-1007, 9)
        pipeline = self.pipeline()
        asked = self.fake.say("@agim_test_bot hi", chat=-1007, thread=9)
        message = self.said("hi", chat=-1007)
        self.assertEqual(message["message_thread_id"], 9)
        self.assertEqual(message["reply_to_message"]["message_id"], asked)
        # A topic that is gone is left out, and so is a message to be answered.
        self.fake.chats[-1007]["_topics"].clear()
        self.assertCodes(self.pipe(["agim-send", "telegram:-1007:9", "still"]), OK)
        self.assertNotIn("message_thread_id", self.said("still", chat=-1007))
        self.assertCodes(self.pipe(["agim-send", "telegram:-1007:1", "general"]), OK)
        self.said("general", chat=-1007)
        self.stop(pipeline)

    def test_who_cannot_be_reached(self):
        self.fake.private(777)
        self.fake.chats[777]["_bot"] = "kicked"
        sent = self.pipe(["agim-send", "telegram:777", "x"])
        self.assertNotIn(sent.codes[0], (OK, AGAIN))
        self.assertSaid(sent, 0, "bot was blocked by the user")
        sent = self.pipe(["agim-send", "telegram:999", "x"])
        self.assertSaid(sent, 0, "chat not found")
        sent = self.pipe(["agim-send", "telegram:nobody", "x"])
        self.assertSaid(sent, 0, "no chat of Telegram")

    def test_secrets_do_not_leave(self):
        self.send("telegram:501", f"my token is {self.fake.token}")
        self.assertNotIn(self.fake.token.split(":")[1], self.fake.texts()[0])

    def test_check(self):
        self.fake.webhook = {"url": "https://example.com/secret-path", "secret": ""}
        checked = self.send("check", "telegram")
        self.assertIn("the token is that of the bot @agim_test_bot", checked.out)
        self.assertIn("it has a webhook at https://example.com with", checked.out)
        self.assertNotIn("secret-path", checked.out)
        self.assertEqual(self.fake.sent(), [])
        self.configure({"token": "123456789:wrongwrongwrong"})
        checked = self.send("check", "telegram", code=CONFIG)
        self.assertSaid(checked, 0, "bot 123456789 is refused (401 Unauthorized)")
        self.assertNotIn("wrongwrong", checked.errors)

    def test_the_default_chat(self):
        self.configure({"to": "501"})
        self.send("telegram", "hello")
        self.assertEqual(self.fake.texts(501), ["hello"])

    def test_typing(self):
        pipeline = self.start(["agim-send"])
        pipeline.write(json.dumps({
            "type": "action", "id": "a1", "session": "telegram:501", "key": "k", "phase": "started", "title": "Works"}) + "\n")
        self.wait_for(lambda: len(self.fake.called("sendChatAction", action="typing")) >= 2, 10, "typing, twice")
        pipeline.close()
        pipeline.wait(10)
        self.assertCodes(pipeline, OK)


class LocalServer(TelegramCase):
    local = True

    def test_files_of_a_server_on_this_machine(self):
        server = self.path("server")
        self.configure({"local_files": server})
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.send_file("document", b"on disk", name="a.txt", caption="one")
        secret = self.write("outside.txt", "not for you")
        self.fake.send_file("document", b"x", name="b.txt", caption="two")
        self.fake.files[list(self.fake.files)[-1]]["local"] = secret
        line = self.lines(pipeline, "message")[0]
        with open(line["attachments"][0]["path"], "rb") as file:
            self.assertEqual(file.read(), b"on disk")
        other = self.lines(pipeline, "message", 2)[1]
        self.assertIn("was not fetched: the server gives a path that is not below", other["text"])
        self.assertNotIn("attachments", other)
        self.stop(pipeline)

    def test_nothing_is_read_from_the_disk_unless_configured(self):
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.send_file("document", b"on disk", name="a.txt", caption="one")
        line, = self.lines(pipeline, "message")
        self.assertIn("local_files", line["text"])
        self.assertNotIn("attachments", line)
        self.stop(pipeline)


class Hooked(TelegramCase):
    """The webhook; plain HTTP, as a server on one's own machine allows it."""
    local = True

    def free_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def listen(self, *words, account=None):
        self.port = self.free_port()
        self.configure({"local_files": self.path("server"), **(account or {})})
        return self.recv("--listen", f"127.0.0.1:{self.port}", *words, "telegram")

    def post(self, body, secret=None, path="/telegram"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body)
        if secret is not None:
            request.add_header("X-Telegram-Bot-Api-Secret-Token", secret)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def hooked(self, *words, **options):
        port = self.free_port()
        self.configure({"local_files": self.path("server"), **options})
        pipeline = self.recv(
            "--listen", f"127.0.0.1:{port}", "--public-url", f"http://127.0.0.1:{port}", *words, "telegram")
        self.port = port
        self.connected(pipeline)
        return pipeline

    def test_updates_come_once_and_are_acknowledged_when_stored(self):
        pipeline = self.hooked()
        hook = self.fake.webhook
        self.assertEqual(hook["url"], f"http://127.0.0.1:{self.port}/telegram")
        self.assertGreater(len(hook["secret"]), 30)
        self.fake.misbehave("webhook", "replay", "ok", "replay")
        self.fake.say("one")
        self.fake.send_file("document", b"file", name="a.txt", caption="two")
        self.fake.send_album([PNG, PNG + b"x"], caption="three")
        self.fake.say("four")
        lines = self.lines(pipeline, "message", 4)
        self.assertEqual([line["text"] for line in lines], ["one", "two", "three", "four"])
        self.assertEqual(len(lines[2]["attachments"]), 2)
        self.wait_for(lambda: not self.fake.updates, what="the acknowledgement of all")
        self.assertNotIn(hook["secret"], pipeline.errors + pipeline.out)
        # The webhook stays: what is said meanwhile waits.
        self.stop(pipeline)
        self.assertIsNotNone(self.fake.webhook)
        self.fake.say("five")
        again = self.hooked()
        self.assertNotEqual(self.fake.webhook["secret"], hook["secret"])
        line = self.wait_for(lambda: [l for l in again.lines if l["type"] == "message" and not l.get("again")], 20, "the message")[0]
        self.assertEqual(line["text"], "five")
        self.stop(again)

    def test_nobody_else_is_heard(self):
        pipeline = self.listen("--public-url", "http://127.0.0.1:1", account={"webhook_secret": "Sample-1"})
        self.wait_for(lambda: self.fake.webhook, what="the webhook")
        self.fake.set_allowed([])
        body = json.dumps({"update_id": 5, "message": {
            "message_id": 1, "date": 1, "text": "x", "chat": {"id": 501, "type": "private"},
            "from": {"id": 501, "is_bot": False, "first_name": "A"}}}).encode()
        for secret in (None, "", "Sample-", "Sample-11", "sample-1", "é"):
            if secret != "é":
                self.assertEqual(self.post(body, secret), 401, secret)
        self.assertEqual(self.post(body, "Sample-1"), 200)
        # What cannot be read is answered, or it would come again for ever and hold up the rest.
        for garbage in (b"", b"{", b"[]", b'{"update_id":"x"}', b'{"update_id":6,"message":{}}'):
            self.assertEqual(self.post(garbage, "Sample-1"), 200, garbage)
        self.assertEqual(self.post(body, "Sample-1", path="/other"), 404)
        self.assertEqual(len(self.lines(pipeline, "message")), 1)
        self.stop(pipeline)
        self.assertNotIn("Sample-1", pipeline.errors + pipeline.out)

    def test_settings_that_do_not_fit(self):
        # A server that nobody told Telegram of is there for others: the bot polls.
        pipeline = self.listen()
        self.connected(pipeline)
        self.assertTrue(self.fake.called("getUpdates"))
        self.stop(pipeline)
        pipeline = self.listen(account={"webhook_secret": "two words"})
        pipeline.wait(10)
        self.assertCodes(pipeline, CONFIG)
        self.assertNotIn("two words", pipeline.errors)

    def test_a_file_that_comes_slowly_does_not_hold_up_the_server(self):
        self.fake.misbehave("getFile", "delay:2")
        pipeline = self.hooked()
        self.fake.send_file("document", b"file", name="a.txt", caption="one")
        self.fake.say("two", chat=501)
        self.fake.private(502)
        self.fake.say("elsewhere", chat=502, user=502)
        lines = self.lines(pipeline, "message", 3)
        # Order is kept in a chat, and no chat waits for another.
        self.assertEqual([line["text"] for line in lines], ["elsewhere", "one", "two"])
        self.stop(pipeline)
