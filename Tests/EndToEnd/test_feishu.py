"""Receiving from Feishu: the long connection against a strict server, its misbehaviour, messages of all kinds."""

import json
import os
import random
import sys
import time

from support import AGAIN, CONFIG, NOT_PERMITTED, USAGE, Case, seconds

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Support", "platforms"))
import feishu  # noqa: E402
import feishu_wire  # noqa: E402

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


class FeishuCase(Case):
    """A home with an account, and a Feishu."""

    account = {}

    def setUp(self):
        super().setUp()
        self.feishu = feishu.Feishu()
        self.addCleanup(self.feishu.close)
        self.configure()

    def configure(self, **more):
        account = {"app_id": self.feishu.app, "secret": self.feishu.secret, "base_url": self.feishu.url}
        self.config({"accounts": {"feishu": {**account, **self.account, **more}}, "allow": {"*": "*"}})

    def receive(self, *words, connect=True):
        """A running receiver."""
        running = self.start(["agim-recv", "-v", "feishu", *words])
        if connect:
            self.feishu.connected()
        self.recv = running
        return running

    def lines(self, kind="message"):
        return [line for line in self.recv.lines if line["type"] == kind]

    def message(self, count=1, kind="message"):
        """Waits for so many lines of a kind; the last one."""
        return self.wait_for(lambda: len(self.lines(kind)) >= count and self.lines(kind), what=f"line {count}")[count - 1]

    def say(self, *words, **more):
        """Says something, and gives the line that comes of it."""
        before = len(self.lines())
        push = self.feishu.say(*words, **more)
        push.answer()
        return self.message(before + 1)

    def tearDown(self):
        self.assertEqual(self.feishu.wrong, [])


class Connection(FeishuCase):
    """The long connection."""

    def test_a_message_is_a_line(self):
        self.receive()
        push = self.feishu.say("Guten Tag 你好 \\ \"", chat="oc_1", sender="anna", message_id="om_1")
        self.assertIsNone(push.answer())
        line = self.message()
        self.assertEqual(line["session"], "feishu:oc_1")
        self.assertEqual(line["from"], {"id": "ou_anna"})
        self.assertEqual(line["chat"], "direct")
        self.assertEqual(line["text"], "Guten Tag 你好 \\ \"")
        self.assertEqual(line["origin"], {
            "message_id": "om_1", "chat_id": "oc_1", "chat_type": "p2p", "open_id": "ou_anna"})
        self.assertNotIn("mentioned", line)
        self.assertEqual(self.lines("status")[0]["state"], "connected")
        self.assertLess(push.took[0], self.feishu.deadline)
        # Stored before it was acknowledged.
        self.assertEqual(self.states("inbox"), {"new": 1})
        self.assertEqual(self.feishu.token_calls, 1)

    def test_the_row_stands_before_the_answer(self):
        self.receive()
        os.chmod(self.home, 0o500)
        self.addCleanup(os.chmod, self.home, 0o700)
        push = self.feishu.say("one")
        push.answer()
        self.assertEqual(self.count("inbox"), 1)

    def test_the_same_message_again(self):
        self.receive()
        first = self.feishu.message("once", message_id="om_1", event_id="e-1")
        self.feishu.push(first).answer()
        self.feishu.push(first).answer()
        self.feishu.push(self.feishu.message("once", message_id="om_1", event_id="e-2")).answer()
        self.say("more")
        self.assertEqual([line["text"] for line in self.lines()], ["once", "more"])
        self.recv.procs[0].terminate()
        self.assertEqual(self.recv.wait(), [0])
        # After a restart, too.
        self.receive()
        self.feishu.connected(since=1)
        self.feishu.push(first).answer()
        self.feishu.say("last").answer()
        self.wait_for(lambda: [one for one in self.lines() if one["text"] == "last"], what="the last line")
        self.assertEqual([one["text"] for one in self.lines() if not one.get("again")], ["last"])

    def test_in_pieces(self):
        self.receive()
        text = "ä" * 3000
        push = self.feishu.say(text, parts=5, order=[4, 2, 0, 3, 1])
        push.answer()
        self.assertEqual(self.message()["text"], text)
        self.assertEqual(len(push.answers), 1)

    def test_pieces_that_never_come_are_pushed_again(self):
        self.feishu.again = [0.4, 300]
        self.receive()
        push = self.feishu.say("whole in the end", parts=3, order=[0, 2])
        push.answer()
        self.assertEqual(self.message()["text"], "whole in the end")

    def test_pings_at_the_server_s_pace(self):
        self.feishu.config["PingInterval"] = 1
        self.receive()
        connection = self.feishu.connections[0]
        self.wait_for(lambda: connection.pings >= 3, what="three pings")
        self.feishu.config["PingInterval"] = 3600
        pings = connection.pings
        self.wait_for(lambda: connection.pings > pings, what="one more ping")
        pings = connection.pings
        time.sleep(1.5)
        self.assertEqual(connection.pings, pings)

    def test_garbage_frames_do_no_harm(self):
        self.receive()
        connection = self.feishu.connections[0]
        whole = feishu_wire.encode(next(self.feishu.frames(feishu.Push(self.feishu, self.feishu.message()))))
        for data in (b"", b"\0", b"\xff" * 100, whole[:-3], whole[:20], os.urandom(500)):
            connection.raw(feishu_wire.ws_frame(2, data))
        connection.raw(feishu_wire.ws_frame(1, b"a text"))
        frame = next(self.feishu.frames(feishu.Push(self.feishu, self.feishu.message())))
        for sums in (("x", "0"), ("3", "3"), ("99999", "0"), ("2", "-1")):
            frame["headers"] = [("type", "event"), ("message_id", "m"), ("sum", sums[0]), ("seq", sums[1])]
            connection.send(frame)
        for kind in ("card", "nothing"):
            self.feishu.push({"schema": "2.0"}, kind=kind)
        self.assertEqual(self.say("still there")["text"], "still there")
        self.assertIn("a frame that is none", self.recv.err(0))
        self.assertTrue(connection.open)

    def test_an_event_that_cannot_be_read_comes_again(self):
        self.receive()
        push = self.feishu.push({})
        push.payload = b"{\"schema\":"
        self.feishu.deliver(push)
        self.wait_for(lambda: {"code": 500} in push.answers, what="the answer 500")
        unknown = self.feishu.event("contact.user.updated_v3", {"object": {}})
        self.assertIsNone(self.feishu.push(unknown).answer())
        self.assertIsNone(self.feishu.push(self.feishu.event("im.message.receive_v1", {"message": {}})).answer())

    def comes_back(self, act):
        """It connects again after something has happened, and hears."""
        self.receive()
        self.say("before")
        connection = self.feishu.connections[-1]
        act(connection)
        connection.cut()
        self.feishu.connected(since=1, limit=20)
        self.assertEqual(self.say("after")["text"], "after")
        states = [line["state"] for line in self.lines("status")]
        self.assertEqual((states[0], states[-1]), ("connected", "connected"))
        self.assertIn("disconnected", states)

    def test_it_is_cut_off(self):
        self.comes_back(lambda connection: None)

    def test_half_a_frame(self):
        self.comes_back(lambda connection: connection.raw(feishu_wire.ws_frame(2, b"x" * 1000)[:300]))

    def test_it_is_closed(self):
        closing = feishu_wire.ws_frame(8, (1001).to_bytes(2, "big") + b"going away")
        self.comes_back(lambda connection: (connection.raw(closing), self.wait_for(lambda: not connection.open)))

    def test_a_handshake_that_fails_for_a_while(self):
        self.comes_back(lambda connection: self.feishu.misdeeds["UPGRADE"].extend([(503, {}, b"busy"), False]))

    def test_an_endpoint_that_is_busy_for_a_while(self):
        self.comes_back(lambda connection: self.feishu.misdeeds["ws/endpoint"].extend(
            [(200, {}, {"code": 1, "msg": "system busy"}), (500, {}, b"oops")]))

    def test_a_start_without_an_answer(self):
        self.feishu.misdeeds["tenant_access_token"] = [False, (502, {}, b"bad gateway")]
        self.receive()
        self.assertEqual(self.say("hello")["text"], "hello")

    def test_cut_off_in_the_middle_of_a_message(self):
        self.feishu.again = [0.5, 300]
        self.receive()
        push = self.feishu.say("in the middle", deliver=False)
        frame = feishu_wire.ws_frame(2, feishu_wire.encode(next(self.feishu.frames(push))))
        self.feishu.connections[0].raw(frame[:len(frame) // 2])
        self.feishu.connections[0].cut()
        self.feishu.connected(since=1)
        self.feishu.deliver(push)
        push.answer()
        self.assertEqual(self.message()["text"], "in the middle")

    def test_duplicated_and_reordered(self):
        self.feishu.again = [0.3, 0.3, 0.3, 0.3]
        self.receive()
        events = [self.feishu.message(f"number {n}", message_id=f"om_{n}") for n in range(20)]
        pushes = [self.feishu.push(events[n]) for n in (3, 1, 2, 1, 3, 0, *range(19, -1, -1))]
        for push in pushes:
            push.answer()
        self.wait_for(lambda: len(self.lines()) >= 20, what="twenty lines")
        self.say("end")
        self.assertEqual(len({line["text"] for line in self.lines()}), 21)
        self.assertEqual(len(self.lines()), 21)

    @seconds(20)
    def test_killed_again_and_again(self):
        self.feishu.again = [0.4] * 200
        events = [self.feishu.message(f"number {n}", chat=f"oc_{n % 3}", message_id=f"om_{n}") for n in range(40)]
        pushes = []
        dice = random.Random(5)
        for number in range(5):
            self.receive()
            for event in events[number * 8:number * 8 + 8]:
                pushes.append(self.feishu.push(event))
                time.sleep(dice.random() * 0.02)
            self.recv.procs[0].kill()
            self.recv.wait()
        self.receive()
        for push in pushes:
            push.answer()
        self.assertEqual(self.count("inbox"), 40)
        self.wait_for(lambda: {line["text"] for line in self.lines()} == {f"number {n}" for n in range(40)},
                      what="all of them, printed by the last one")

    def test_credentials_are_not_shown(self):
        self.receive()
        self.say("hello")
        self.feishu.connections[0].cut()
        self.feishu.connected(since=1)
        said = self.recv.out + self.recv.err(0)
        for secret in (self.feishu.secret, "access_key", "ticket=", *self.feishu.tokens):
            self.assertNotIn(secret, said)

    def test_a_token_that_ends_is_fetched_anew(self):
        self.receive()
        self.feishu.stored("om_old", "text", {"text": "what was"}, chat="oc_1")
        self.feishu.expire_tokens()
        line = self.say("and now?", parent_id="om_old", root_id="om_old")
        self.assertEqual(line["quote"], {"id": "om_old", "text": "what was", "from": "ou_anna"})
        self.assertEqual(self.feishu.token_calls, 2)

    def test_the_end(self):
        self.receive()
        self.say("hello")
        self.recv.procs[0].terminate()
        self.assertEqual(self.recv.wait(), [0])
        self.wait_for(lambda: not self.feishu.connections, what="the end of the connection")


class Refusals(FeishuCase):
    """What ends the command, and with which words."""

    def ends(self, status, *words):
        running = self.start(["agim-recv", "feishu"])
        self.assertEqual(running.wait(), [status])
        for word in words:
            self.assertIn(word, running.err(0))
        self.assertNotIn(self.feishu.secret, running.err(0) + running.out)
        return running

    def test_a_wrong_secret(self):
        self.configure(secret="wr0ngSecret")
        running = self.ends(
            CONFIG, "agim-recv: feishu: app id cli_a1b2c3d4e5 is refused (10014: app secret invalid)",
            'check "app_id" and "secret" of account "feishu" in config.json')
        self.assertEqual(running.lines[-1]["state"], "refused")
        self.assertNotIn("wr0ngSecret", running.err(0) + running.out)

    def test_no_long_connection(self):
        self.feishu.misdeeds["ws/endpoint"] = [(200, {}, {"code": 1000040346, "msg": "not enabled"})]
        self.ends(NOT_PERMITTED, "1000040346: not enabled", "choose the long connection")

    def test_the_handshake_is_forbidden(self):
        self.feishu.misdeeds["UPGRADE"] = [
            (403, {"Handshake-Status": "403", "Handshake-Msg": "app is banned"}, b"")]
        self.ends(NOT_PERMITTED, "403: app is banned")

    def test_too_many_connections(self):
        self.feishu.misdeeds["UPGRADE"] = [
            (514, {"Handshake-Status": "514", "Handshake-Msg": "exceed", "Handshake-Autherrcode": "1000040350"}, b"")]
        self.ends(NOT_PERMITTED, "1000040350: exceed", "end other programs")

    @seconds(75)
    def test_nothing_is_heard(self):
        self.feishu.misdeeds["ws/endpoint"] = [(500, {}, b"oops")] * 100
        running = self.start(["agim-recv", "--deaf-after", "1m", "feishu"])
        self.assertEqual(running.wait(100), [AGAIN])
        self.assertIn("nothing was heard from Feishu for 1 min", running.err(0))
        self.assertEqual(running.lines[-1]["state"], "deaf")

    def test_no_bot(self):
        self.feishu.misdeeds["bot/v3/info"] = [(200, {}, {"code": 0, "bot": {}})]
        self.ends(NOT_PERMITTED, "has no bot")

    def test_an_app_that_is_switched_off(self):
        self.feishu.misdeeds["bot/v3/info"] = [(400, {}, {"code": 99991662, "msg": "app is disabled"})]
        self.ends(NOT_PERMITTED, "99991662: app is disabled")

    def test_what_the_configuration_lacks(self):
        self.config({"accounts": {"feishu": {"app_id": "cli_x"}}})
        self.ends(CONFIG, '"secret"')
        self.configure(groups="sometimes")
        self.ends(CONFIG, "'sometimes' is none of")
        self.configure(grups="all")
        self.ends(CONFIG, 'did you mean "groups"?')
        self.configure(receive="webhook")
        self.ends(USAGE, "--listen")
        self.configure(base_url="http://feishu.example")
        self.ends(CONFIG, "could be read on its way")

    def test_one_receiver_for_each_app(self):
        account = {"app_id": self.feishu.app, "secret": self.feishu.secret, "base_url": self.feishu.url}
        self.config({"accounts": {"feishu": account, "feishu@two": account}, "allow": {"*": "*"}})
        self.receive()
        second = self.start(["agim-recv", "feishu@two"])
        self.assertEqual(second.wait(), [AGAIN])
        self.assertIn("another agim-recv already receives feishu app cli_a1b2c3d4e5", second.err(0))

    def test_all_accounts_but_robots(self):
        self.configure(to="oc_1")
        with open(os.path.join(self.home, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        config["accounts"]["feishu@robot"] = {"robot": "https://open.feishu.cn/open-apis/bot/v2/hook/x"}
        self.config(config)
        self.recv = self.start(["agim-recv", "--all"])
        self.feishu.connected()
        self.assertEqual(self.say("hello")["session"], "feishu:oc_chat")

    def test_the_usual_variables(self):
        self.config({"allow": {"*": "*"}})
        self.env |= {"FEISHU_APP_ID": self.feishu.app, "FEISHU_APP_SECRET": self.feishu.secret,
                     "FEISHU_BASE_URL": self.feishu.url}
        self.receive()
        self.assertEqual(self.say("hello")["session"], "feishu:oc_chat")

    def test_another_account_by_its_other_name(self):
        account = {"app_id": self.feishu.app, "secret": self.feishu.secret, "base_url": self.feishu.url}
        self.config({"accounts": {"lark@work": account}, "allow": {"*": "*"}})
        self.recv = self.start(["agim-recv", "lark@work"])
        self.feishu.connected()
        self.assertEqual(self.say("hello")["session"], "feishu@work:oc_chat")


class Kinds(FeishuCase):
    """Messages of all kinds."""

    def setUp(self):
        super().setUp()
        self.receive()

    def attached(self, line):
        """The content of the only attachment."""
        one, = line["attachments"]
        with open(one["path"], "rb") as file:
            return one, file.read()

    def test_an_image(self):
        self.feishu.resources["om_1", "img_1"] = (PNG, "application/octet-stream", "x")
        line = self.say({"image_key": "img_1"}, kind="image", message_id="om_1")
        one, content = self.attached(line)
        self.assertEqual(content, PNG)
        self.assertEqual((one["kind"], one["mime"], one["name"]), ("image", "image/png", "image.png"))

    def test_files_of_each_kind(self):
        for number, (kind, content, data, wanted) in enumerate([
                ("file", {"file_key": "file_1", "file_name": "../a b.pdf"}, b"%PDF-1.7", ("file", "application/pdf")),
                ("audio", {"file_key": "file_2", "duration": 2000}, b"OggS\0\2", ("voice", "audio/ogg")),
                ("media", {"file_key": "file_3", "image_key": "img_x", "file_name": "v.mp4", "duration": 1},
                 b"\0\0\0\x20ftypisom", ("video", "video/mp4"))]):
            with self.subTest(kind=kind):
                mid = f"om_{number}"
                self.feishu.resources[mid, content["file_key"]] = (data, "application/json", "n")
                one, got = self.attached(self.say(content, kind=kind, message_id=mid))
                self.assertEqual(got, data)
                self.assertEqual((one["kind"], one["mime"]), wanted)

    def test_rich_text(self):
        self.feishu.resources["om_1", "img_7"] = (PNG, "image/png", "x")
        line = self.say({"title": "Plan", "content": [
            [{"tag": "text", "text": "see ", "style": []}, {"tag": "a", "text": "here", "href": "https://x.y/"},
             {"tag": "text", "text": " now", "style": ["bold"]}, {"tag": "text", "text": "bold", "style": ["bold"]}],
            [{"tag": "at", "user_id": "@_user_1", "user_name": "Bert"}, {"tag": "img", "image_key": "img_7"}],
            [{"tag": "code_block", "language": "SWIFT", "text": "let x = 1\n"}],
            [{"tag": "hr"}], [{"tag": "md", "text": "*as it is*"}, {"tag": "emotion", "emoji_type": "SMILE"}],
            [{"tag": "unheard_of", "text": "of"}]]},
            kind="post", message_id="om_1", mentions=[self.feishu.mention(1, "Bert")])
        self.assertEqual(
            line["text"], "**Plan**\nsee [here](https://x.y/) now**bold**\n@Bert[image]\n```swift\nlet x = 1\n```\n"
            "---\n*as it is*[SMILE]\nof")
        self.assertEqual(self.attached(line)[1], PNG)

    def test_a_place(self):
        line = self.say({"name": "Bund", "longitude": "121.490", "latitude": "31.24"}, kind="location")
        one, = line["attachments"]
        self.assertEqual((one["kind"], one["lat"], one["lon"], one["name"]), ("location", 31.24, 121.49, "Bund"))
        self.assertEqual(line["text"], "Bund")
        line = self.say({"name": "", "longitude": "x", "latitude": "99"}, kind="location")
        self.assertEqual(line["text"], "[location]")
        self.assertNotIn("attachments", line)

    def test_the_others(self):
        for kind, content, wanted in [
                ("sticker", {"file_key": "x"}, "[sticker]"),
                ("share_chat", {"chat_id": "oc_9"}, "[shared chat oc_9]"),
                ("share_user", {"user_id": "ou_9"}, "[shared contact ou_9]"),
                ("folder", {"file_key": "f", "file_name": "docs"}, "[folder docs]"),
                ("hongbao", {"text": "x"}, "[red packet]"),
                ("vote", {"topic": "Lunch?", "options": ["yes", "no"]}, "[vote] Lunch?: yes / no"),
                ("todo", {"task_id": "t", "summary": {"title": "Do", "content": [[{"tag": "text", "text": "it"}]]}},
                 "[task] **Do**\nit"),
                ("share_calendar_event", {"summary": "Meet", "start_time": "1700000000000", "end_time": "1700003600000"},
                 "[calendar event] Meet, 2023-11-14T22:13:20.000Z to 2023-11-14T23:13:20.000Z"),
                ("interactive", {"title": "Card", "elements": [[{"tag": "text", "text": "words"}]]}, "**Card**\nwords"),
                ("brand_new", {"x": 1}, "[brand_new message]")]:
            with self.subTest(kind=kind):
                self.assertEqual(self.say(content, kind=kind)["text"], wanted)

    def test_forwarded_messages(self):
        children = [
            {"message_id": f"om_c{n}", "msg_type": kind, "create_time": "1700000000000",
             "sender": {"id": "ou_bert", "id_type": "open_id", "sender_type": "user"},
             "body": {"content": json.dumps(content)}, "mentions": [
                 {"key": "@_user_1", "id": "ou_anna", "id_type": "open_id", "name": "Anna"}]}
            for n, (kind, content) in enumerate([("text", {"text": "@_user_1 look"}), ("image", {"image_key": "img_1"})])]
        self.feishu.stored("om_f", "merge_forward", {}, children=children)
        line = self.say({"text": "Merged and Forwarded Message"}, kind="merge_forward", message_id="om_f")
        self.assertEqual(
            line["text"], "[forwarded messages]\n2023-11-14T22:13:20.000Z ou_bert: @Anna look\n"
            "2023-11-14T22:13:20.000Z ou_bert: [image]")

    def test_a_download_that_fails_for_a_while(self):
        self.feishu.resources["om_1", "img_1"] = (PNG, "image/png", "x")
        self.feishu.misdeeds["/resources/"] = [(500, {}, b"oops"), False]
        line = self.say({"image_key": "img_1"}, kind="image", message_id="om_1")
        self.assertEqual(self.attached(line)[1], PNG)

    def test_a_download_that_is_refused(self):
        line = self.say({"file_key": "file_1", "file_name": "a.pdf"}, kind="file", message_id="om_1")
        self.assertEqual(line["text"], "[file a.pdf could not be fetched: 234003: File not in msg.]")
        self.assertNotIn("attachments", line)

    def test_a_slow_download_keeps_the_order_and_comes_once(self):
        self.feishu.again = [0.5, 0.5, 300, 300]
        self.feishu.resources["om_1", "img_1"] = (PNG, "image/png", "x")
        self.feishu.misdeeds["/resources/"] = [2]
        first = self.feishu.say({"image_key": "img_1"}, kind="image", message_id="om_1")
        second = self.feishu.say("what is it?")
        other = self.feishu.say("elsewhere", chat="oc_2")
        other.answer(1.9)
        first.answer()
        second.answer()
        self.message(3)
        self.say("end")
        self.assertEqual([line["text"] for line in self.lines()], ["elsewhere", "", "what is it?", "end"])
        self.assertEqual(self.feishu.downloads["img_1"], 1)
        self.assertGreater(len(first.sent), 1)

    def test_many_files(self):
        content = [[{"tag": "img", "image_key": f"img_{number}"}] for number in range(12)]
        for chat in range(3):
            for number in range(12):
                self.feishu.resources[f"om_{chat}", f"img_{number}"] = (PNG + bytes([chat, number]), "image/png", "x")
        pushes = [self.feishu.say({"content": content}, kind="post", chat=f"oc_{chat}", message_id=f"om_{chat}")
                  for chat in range(3)]
        for push in pushes:
            push.answer()
        self.message(3)
        for line in self.lines():
            ends = []
            for one in line["attachments"]:
                with open(one["path"], "rb") as file:
                    ends.append(file.read()[-2:])
            self.assertEqual(ends, [bytes([int(line["session"][-1]), number]) for number in range(12)])

    def test_ids_that_could_lead_elsewhere_are_encoded(self):
        self.feishu.resources["om_1", "file_../../x?y=1"] = (b"text", "text/plain", "x")
        line = self.say({"file_key": "file_../../x?y=1", "file_name": "a"}, kind="file", message_id="om_1")
        self.assertEqual(self.attached(line)[1], b"text")


class Limits(FeishuCase):
    """Sizes."""

    account = {"download_limit": 1000}

    def test_a_file_that_is_too_large(self):
        self.receive()
        self.feishu.resources["om_1", "img_1"] = (PNG + b"x" * 2000, "image/png", "x")
        line = self.say({"image_key": "img_1"}, kind="image", message_id="om_1")
        self.assertEqual(line["text"], "[image could not be fetched: it is larger than 1000 bytes]")

    def test_a_text_that_fits_no_line(self):
        self.receive()
        line = self.say("long " * 300_000)
        self.assertLess(len(line["text"]), 100_000)
        with open(line["attachments"][0]["path"], encoding="utf-8") as file:
            self.assertEqual(file.read(), "long " * 300_000)

    def test_no_downloads(self):
        self.configure(download_limit=0)
        self.receive()
        line = self.say({"image_key": "img_1"}, kind="image")
        self.assertEqual(line["text"], "[image was not fetched: downloads are off]")
        self.assertEqual(self.feishu.downloads["img_1"], 0)


class Groups(FeishuCase):
    """Who is spoken to."""

    def test_only_when_mentioned(self):
        self.receive()
        self.feishu.say("not for you", group=True).answer()
        bot, bert = self.feishu.mention(1, "Bot"), self.feishu.mention(10, "Bert")
        self.feishu.say("@_user_10 is told", group=True, mentions=[bert]).answer()
        self.feishu.say("@_all listen", group=True).answer()
        line = self.say("@_user_1 ask @_user_10 or @_user_100, @_all", group=True, mentions=[bot, bert])
        self.assertEqual(line["text"], "ask @Bert or @_user_100, @all")
        self.assertEqual((line["chat"], line["mentioned"]), ("group", True))
        self.assertEqual(len(self.lines()), 1)
        self.assertEqual(self.say("@_user_1", group=True, mentions=[bot])["text"], "@Bot")

    def test_names_that_were_mentioned_are_known(self):
        self.receive()
        bot = self.feishu.mention(1, "Bot")
        self.say("@_user_1 @_user_2", group=True, mentions=[bot, self.feishu.mention(2, "Bert", "ou_bert")])
        self.assertEqual(self.say("hi", sender="bert")["from"], {"id": "ou_bert", "name": "Bert"})

    def test_all(self):
        self.configure(groups={"oc_1": "all", "oc_3": "none"})
        self.receive()
        line = self.say("hello all", group=True, chat="oc_1")
        self.assertEqual((line["chat"], line["mentioned"]), ("group", False))
        bot = self.feishu.mention(1, "Bot")
        for chat, mentions in (("oc_2", []), ("oc_3", [bot])):
            self.feishu.say("@_user_1 hello", group=True, chat=chat, mentions=mentions).answer()
        self.say("@_user_1 hello", group=True, chat="oc_2", mentions=[bot])
        self.assertEqual([one["session"] for one in self.lines()], ["feishu:oc_1", "feishu:oc_2"])

    def test_a_reply_to_us(self):
        self.receive()
        self.feishu.stored("om_ours", "text", {"text": "our words"}, sender=self.feishu.app, sender_type="app")
        self.feishu.stored("om_other", "text", {"text": "words"}, sender="cli_other", sender_type="app")
        self.feishu.say("not to us", group=True, parent_id="om_other", root_id="om_other").answer()
        line = self.say("go on", group=True, parent_id="om_ours", root_id="om_ours")
        self.assertTrue(line["mentioned"])
        self.assertEqual(line["quote"], {"id": "om_ours", "text": "our words", "from": self.feishu.app})
        self.assertEqual(len(self.lines()), 1)

    def test_a_quote_that_is_gone(self):
        self.receive()
        line = self.say("what was that?", parent_id="om_gone", root_id="om_gone")
        self.assertEqual(line["quote"], {"id": "om_gone"})

    def test_topics_are_sessions(self):
        self.receive()
        line = self.say("in the topic", thread_id="omt_1", root_id="om_r", parent_id="om_r")
        self.assertEqual(line["session"], "feishu:oc_chat:omt_1")
        self.assertNotIn("quote", line)
        self.assertEqual((line["origin"]["thread_id"], line["origin"]["root_id"]), ("omt_1", "om_r"))

    def test_programs_are_not_heard(self):
        self.receive()
        for kind in ("app", "bot", "system", ""):
            event = self.feishu.message("beep")
            event["event"]["sender"]["sender_type"] = kind
            self.feishu.push(event).answer()
        self.say("a person")
        self.assertEqual(len(self.lines()), 1)

    def test_people_by_their_other_ids(self):
        self.configure(people="user_id")
        self.receive()
        event = self.feishu.message("unknown")
        del event["event"]["sender"]["sender_id"]["user_id"]
        self.feishu.push(event).answer()
        self.assertEqual(self.say("known", sender="anna")["from"]["id"], "u_anna")
        self.assertEqual(len(self.lines()), 1)
        self.assertIn("does not tell a person's user_id", self.recv.err(0))


class Events(FeishuCase):
    """Events that are no messages."""

    def happen(self, kind, body, count=1):
        before = len(self.lines("event"))
        self.feishu.push(self.feishu.event(kind, body)).answer()
        self.message(before + count, "event")
        return self.lines("event")[before:]

    def test_recalled(self):
        self.receive()
        line, = self.happen("im.message.recalled_v1", {
            "message_id": "om_1", "chat_id": "oc_1", "recall_time": "1700000000000", "recall_type": "message_owner"})
        self.assertEqual((line["kind"], line["session"], line["message"]), ("recalled", "feishu:oc_1", "om_1"))

    def test_reactions(self):
        self.receive()
        self.feishu.stored("om_1", "text", {"text": "x"}, chat="oc_7")
        body = {"message_id": "om_1", "reaction_type": {"emoji_type": "THUMBSUP"}, "operator_type": "user",
                "user_id": self.feishu.user("anna"), "action_time": "1700000000000"}
        line, = self.happen("im.message.reaction.created_v1", body)
        self.assertEqual((line["kind"], line["session"], line["emoji"]), ("reaction", "feishu:oc_7", "THUMBSUP"))
        self.assertEqual(line["from"]["id"], "ou_anna")
        line, = self.happen("im.message.reaction.deleted_v1", body)
        self.assertTrue(line["removed"])
        # Our own are not told.
        own = {**body, "operator_type": "app", "app_id": self.feishu.app}
        self.feishu.push(self.feishu.event("im.message.reaction.created_v1", own)).answer()
        self.say("end")
        self.assertEqual(len(self.lines("event")), 2)

    def test_members(self):
        self.receive()
        users = [{"name": name.capitalize(), "user_id": self.feishu.user(name)} for name in ("bert", "carl")]
        lines = self.happen("im.chat.member.user.added_v1", {
            "chat_id": "oc_1", "operator_id": self.feishu.user("anna"), "users": users}, 2)
        self.assertEqual([(line["kind"], line["from"], line["by"]) for line in lines], [
            ("joined", {"id": "ou_bert", "name": "Bert"}, "ou_anna"),
            ("joined", {"id": "ou_carl", "name": "Carl"}, "ou_anna")])
        line, = self.happen("im.chat.member.bot.added_v1", {
            "chat_id": "oc_1", "operator_id": self.feishu.user("anna"), "name": "Team"})
        self.assertEqual((line["kind"], line["us"], line["chat_name"]), ("joined", True, "Team"))
        line, = self.happen("im.chat.disbanded_v1", {"chat_id": "oc_1"})
        self.assertEqual((line["kind"], line["disbanded"]), ("left", True))

    def test_an_event_comes_once(self):
        self.receive()
        event = self.feishu.event("im.message.recalled_v1", {"message_id": "om_1", "chat_id": "oc_1"})
        self.feishu.push(event).answer()
        self.feishu.push(event).answer()
        self.say("end")
        self.assertEqual(len(self.lines("event")), 1)

    def test_a_button_that_is_none_of_ours(self):
        self.receive()
        answer = self.feishu.push(self.feishu.press({"agim": "A" * 46})).answer()
        self.assertEqual(answer["toast"]["type"], "warning")
        self.assertIsNone(self.feishu.push(self.feishu.press({"other": 1})).answer())
        self.assertEqual(self.lines("answer"), [])


class Webhook(FeishuCase):
    """Events that Feishu posts."""

    key = "an Encrypt Key"

    def listen(self, *words, platform="feishu", **more):
        more = more or {"encrypt_key": self.key, "verification_token": self.feishu.verification_token}
        self.configure(**more)
        self.recv = self.start(["agim-recv", "-v", "--listen", "127.0.0.1:0", *words, platform])

        def address():
            for line in self.recv.err(0).splitlines():
                if "listening for Feishu" in line:
                    return line.split("url=")[1].split()[0].strip('"')
            return None
        self.url = self.wait_for(address, what="the address")
        self.wait_for(lambda: self.lines("status"), what="the status")
        return self.url

    def post(self, event, **more):
        return self.feishu.post(self.url, event, **{"key": self.key, **more})

    def test_a_message_is_a_line(self):
        self.assertTrue(self.listen().endswith("/feishu"))
        event = self.feishu.message("hello 你好", message_id="om_1")
        self.assertEqual(self.post(event), (200, {"msg": "success"}))
        self.assertEqual(self.message()["text"], "hello 你好")
        self.assertEqual(self.lines("status")[0]["state"], "connected")
        # Again, and under another id of the event.
        self.assertEqual(self.post(event)[0], 200)
        self.assertEqual(self.post(self.feishu.message("x", message_id="om_1"))[0], 200)
        self.assertEqual(self.post(self.feishu.message("end"))[0], 200)
        self.message(2)
        self.assertEqual([line["text"] for line in self.lines()], ["hello 你好", "end"])
        self.assertEqual(self.feishu.endpoint_calls, 0)

    def test_the_check_of_the_address(self):
        self.listen()
        check = {"challenge": "c-1", "token": self.feishu.verification_token, "type": "url_verification"}
        self.assertEqual(self.post(check), (200, {"challenge": "c-1"}))
        self.assertEqual(self.post(check, signed=False), (200, {"challenge": "c-1"}))
        self.assertEqual(self.post({**check, "token": "x"})[0], 401)
        self.assertEqual(self.post(check, key=None)[0], 400)
        self.assertEqual(self.post(check, key="another")[0], 401)

    def test_what_is_not_feishu_s(self):
        self.listen()
        event = self.feishu.message("forged")
        body = json.dumps({"encrypt": feishu_wire.encrypt(self.key, json.dumps(event))}).encode()
        now = str(int(time.time()))
        good = {"X-Lark-Request-Timestamp": now, "X-Lark-Request-Nonce": "n",
                "X-Lark-Signature": feishu_wire.sign(now, "n", self.key, body)}
        for status, more in [
                (401, {"signed": False}), (401, {"key": "another"}), (400, {"key": None}),
                (401, {"at": str(int(time.time()) - 9 * 3600)}), (401, {"at": str(int(time.time()) + 600)}),
                (401, {"raw": body + b" ", "headers": good, "signed": False}),
                (401, {"raw": body, "headers": {**good, "X-Lark-Request-Nonce": "m"}, "signed": False}),
                (400, {"raw": b"{}"}), (400, {"raw": b"\xff\xfe"}), (400, {"raw": b"[" * 5000}),
                (413, {"raw": b"x" * (5 << 20)})]:
            with self.subTest(status=status, more=str(more)[:60]):
                self.assertEqual(self.post(event, **more)[0], status)
        other = self.feishu.message("for another")
        other["header"]["app_id"] = "cli_other"
        self.assertEqual(self.post(other)[0], 403)
        self.assertEqual(self.post(self.feishu.message("good"))[0], 200)
        self.message()
        self.assertEqual([line["text"] for line in self.lines()], ["good"])
        self.assertIn("a post that is not Feishu's", self.recv.err(0))
        self.assertNotIn(self.key, self.recv.err(0))

    def test_the_token_alone(self):
        self.listen(verification_token=self.feishu.verification_token)
        self.assertEqual(self.post(self.feishu.message("hello"), key=None)[0], 200)
        older = {"uuid": "u-1", "token": self.feishu.verification_token, "ts": "1700000000.5", "type": "event_callback",
                 "event": {"type": "message", "app_id": self.feishu.app, "open_id": "ou_anna", "open_message_id": "om_9",
                           "open_chat_id": "oc_1", "chat_type": "private", "msg_type": "text", "text": "older",
                           "text_without_at_bot": "older"}}
        self.assertEqual(self.post(older, key=None)[0], 200)
        self.message(2)
        self.assertEqual(self.lines()[1]["text"], "older")
        for token in ("", "x", self.feishu.verification_token + "x"):
            self.assertEqual(self.post({**older, "token": token, "uuid": "u-2"}, key=None)[0], 401)

    def test_a_button(self):
        self.listen()
        status, answer = self.post(self.feishu.press({"agim": "A" * 46}))
        self.assertEqual((status, answer["toast"]["type"]), (200, "warning"))
        self.assertEqual(self.post(self.feishu.press({"other": 1})), (200, {"msg": "success"}))

    def test_files_and_events_too(self):
        self.listen()
        self.feishu.resources["om_1", "img_1"] = (PNG, "image/png", "x")
        self.post(self.feishu.message({"image_key": "img_1"}, kind="image", message_id="om_1"))
        self.assertEqual(self.message()["attachments"][0]["kind"], "image")
        self.post(self.feishu.event("im.message.recalled_v1", {"message_id": "om_1", "chat_id": "oc_1"}))
        self.assertEqual(self.message(1, "event")["kind"], "recalled")

    def test_below_a_prefix_and_two_accounts(self):
        account = {"app_id": self.feishu.app, "secret": self.feishu.secret, "base_url": self.feishu.url,
                   "encrypt_key": self.key}
        self.config({"accounts": {"feishu@work": account}, "allow": {"*": "*"}})
        self.recv = self.start(["agim-recv", "-v", "--listen", "127.0.0.1:0", "--prefix", "/agim", "--public-url",
                                "https://bot.example/agim", "feishu@work"])
        self.wait_for(lambda: "url=https://bot.example/agim/feishu/work" in self.recv.err(0), what="the address")

    def test_neither_key(self):
        # Something else may be why it listens: then it is the connection.
        self.configure()
        self.recv = self.start(["agim-recv", "--listen", "127.0.0.1:0", "feishu"])
        self.feishu.connected()
        self.recv.procs[0].terminate()
        self.assertEqual(self.recv.wait(), [0])
        self.configure(receive="webhook")
        running = self.start(["agim-recv", "--listen", "127.0.0.1:0", "feishu"])
        self.assertEqual(running.wait(), [CONFIG])
        self.assertIn("anybody could post", running.err(0))

    def test_the_platform_is_away_at_first(self):
        self.feishu.misdeeds["tenant_access_token"] = [False, (502, {}, b"bad gateway")]
        self.listen()
        self.assertEqual(self.post(self.feishu.message("hello"))[0], 200)
        self.assertEqual(self.message()["text"], "hello")
