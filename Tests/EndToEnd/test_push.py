"""Robots, webhooks and push services, against a strict server of all of them on loopback."""

import glob
import json
import os
import re
import sys

from support import AGAIN, CONFIG, Case, HERE, NOT_PERMITTED, OK, USAGE

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Support", "platforms"))
import feishu_messages  # noqa: E402
from email_server import PASSWORD, USER, MailServer  # noqa: E402
from push import PushServer  # noqa: E402
from telegram import FakeTelegram  # noqa: E402

ROBOTS = ("dingtalk", "feishu", "wecom", "slack", "discord")
SECRETS = {"dingtalk": "SECabc123agim", "feishu": "agimSecret"}
KEY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class PushCase(Case):
    def server(self, **options):
        server = PushServer(**options)
        self.addCleanup(server.stop)
        return server

    def accounts(self, server, **more):
        """Every service, as a configuration says it."""
        self.config({"accounts": {**{name: self.account(server, name) for name in server.options}, **more},
                     "allow": {"*": "*"}})

    @staticmethod
    def account(server, name):
        want = server.options[name]
        if name in ROBOTS:
            return {"robot": server.robot(name), **({"secret": want["secret"]} if want.get("secret") else {})}
        return {
            "ntfy": {"url": f"{server.url}/ntfy", "to": "alerts"},
            "gotify": {"url": f"{server.url}/gotify", "token": want.get("token")},
            "bark": {"url": f"{server.url}/bark", "key": want.get("token")},
            "pushover": {"base_url": f"{server.url}/pushover", "token": want.get("token"), "user": want.get("user")},
            "matrix": {"url": server.url, "token": want.get("token"), "to": want.get("room")},
            "webhook": {"url": f"{server.url}/hook", **({"secret": want["secret"]} if want.get("secret") else {})},
        }.get(name) or {"url": server.robot(name)}

    def send(self, *words, stdin="", **env):
        return self.pipe(["agim-send", *words], stdin=stdin, **env)

    def sql_delete(self):
        """A store without anything."""
        for path in glob.glob(f"{self.home}/agim.db*"):
            os.remove(path)

    def rows(self):
        return self.sql("select state, proof, reason, part from outbox order by n")


class Texts(PushCase):
    def test_every_service_takes_a_text(self):
        server = self.server(dingtalk={"secret": SECRETS["dingtalk"]}, feishu={"secret": SECRETS["feishu"]},
                             webhook={"secret": KEY})
        self.accounts(server)
        for name in server.options:
            with self.subTest(name):
                done = self.send(name, "deployed", "v1.2")
                self.assertEqual((done.codes, done.errors.strip()), ([OK], "[0]"))
                self.assertIn("deployed v1.2", server.got[name][0]["text"])
        self.assertEqual(server.faults, [])
        self.assertEqual({row["state"] for row in self.rows()}, {"delivered"})


class Errors(PushCase):
    """What a service says against a message, and what becomes of it."""

    def one(self, name, plan, code, *words, **options):
        server = self.server(**options)
        self.accounts(server)
        server.misbehave(name, plan)
        done = self.send(name, "hello")
        self.assertCodes(done, code)
        self.assertSaid(done, 0, *words)
        # The credential stands in no error, and nowhere in the store.
        token = server.options[name].get("token")
        if token:
            self.assertNotIn(token.rsplit("/", 1)[-1], done.errors)
            self.assertNotIn(token.rsplit("/", 1)[-1], str(self.rows()))
        return server, self.rows()[0]

    def test_an_error_in_a_200(self):
        for name, number in (("dingtalk", 310000), ("dingtalk", 40035), ("feishu", 19021), ("feishu", 9499),
                             ("wecom", 93000), ("bark", 460)):
            with self.subTest(f"{name} {number}"):
                self.sql_delete()
                _, row = self.one(name, number, NOT_PERMITTED, f"error {number}", f"error {number} of the")
                self.assertEqual(row["state"], "refused")

    def test_too_fast_in_a_200(self):
        for name, number in (("dingtalk", 130101), ("dingtalk", 302033), ("wecom", 45009), ("feishu", 11232)):
            with self.subTest(f"{name} {number}"):
                self.sql_delete()
                _, row = self.one(name, number, AGAIN, f"error {number}", "agim-send --flush")
                self.assertEqual(row["state"], "queued")

    def test_429_is_waited_for(self):
        for name in ("slack", "discord", "ntfy", "gotify", "pushover", "matrix", "mattermost", "teams", "googlechat",
                     "webhook"):
            with self.subTest(name):
                self.sql_delete()
                _, row = self.one(name, 429, AGAIN, "429" if name != "matrix" else "HTTP 429")
                self.assertEqual(row["state"], "queued")
                wait = self.sql("select next - since as wait from outbox")[0]["wait"]
                self.assertTrue(4000 <= wait <= 10_000, f"{name} waits {wait} ms")

    def test_errors_of_a_server_pass(self):
        for plan in ("500", "503", "garbage", "empty", "drop", "half"):
            with self.subTest(plan):
                self.sql_delete()
                _, row = self.one("dingtalk", plan, AGAIN)
                self.assertEqual(row["state"], "queued")

    def test_other_errors_are_final(self):
        for name, status in (("slack", 403), ("slack", 404), ("discord", 404), ("ntfy", 403), ("gotify", 401),
                             ("matrix", 401), ("matrix", 403), ("pushover", 400), ("mattermost", 400), ("teams", 401),
                             ("googlechat", 403), ("webhook", 410)):
            with self.subTest(f"{name} {status}"):
                self.sql_delete()
                _, row = self.one(name, status, NOT_PERMITTED)
                self.assertEqual(row["state"], "refused")

    def test_a_redirect_is_not_followed(self):
        server, row = self.one("slack", "redirect", NOT_PERMITTED)
        self.assertEqual((row["state"], server.faults), ("refused", []))

    def test_what_robots_want(self):
        for options, word in (({"dingtalk": {"keyword": "ALERT"}}, "keywords not in content"),
                              ({"dingtalk": {"allowed": False}}, "not in whitelist"),
                              ({"feishu": {"keyword": "ALERT"}}, "Key Words Not Found"),
                              ({"feishu": {"allowed": False}}, "Ip Not Allowed")):
            with self.subTest(word):
                self.sql_delete()
                self.one(next(iter(options)), "ok", NOT_PERMITTED, word, **options)

    def test_a_wrong_secret(self):
        for name, word in (("dingtalk", "sign not match"), ("feishu", "sign match fail")):
            server = self.server(**{name: {"secret": "SECright"}})
            self.config({"accounts": {name: {"robot": server.robot(name), "secret": "SECwrong-one"}}})
            done = self.send(name, "hello")
            self.assertCodes(done, NOT_PERMITTED)
            self.assertSaid(done, 0, word, '"secret"', "clock")
            self.assertNotIn("SECwrong-one", done.errors)

    def test_it_goes_out_later(self):
        server = self.server()
        self.accounts(server)
        server.misbehave("dingtalk", 500)
        self.assertCodes(self.send("dingtalk", "hello"), AGAIN)
        self.assertCodes(self.pipe(["agim-send", "--flush"]), OK)
        self.assertEqual([got["text"] for got in server.got["dingtalk"]], ["hello"])
        self.assertEqual(self.rows()[0]["proof"], "errcode 0")

    def test_a_secret_is_not_said(self):
        server = self.server()
        self.accounts(server)
        self.assertCodes(self.send("dingtalk", f"the robot is at {server.robot('dingtalk')}"), OK)
        self.assertNotIn("ding-token-1", server.got["dingtalk"][0]["text"])


class Accounts(PushCase):
    def test_what_is_missing_is_said_with_a_page_that_exists(self):
        pages = os.path.join(os.path.dirname(HERE), "..", "man")
        for name in (*self.server().options, "telegram", "email"):
            with self.subTest(name):
                done = self.pipe(["agim-send", f"{name}:x" if name in ("telegram", "email") else name, "hi"])
                self.assertCodes(done, CONFIG)
                page = re.search(r"see (agim-\w+)\(7\)", done.errors)
                if name not in ("ntfy", "gotify", "bark") or page:
                    self.assertTrue(page, done.errors)
                    self.assertTrue(os.path.exists(f"{pages}/{page[1]}.7"), page[1])

    def test_variables_make_an_account(self):
        server = self.server(dingtalk={"secret": "SECx1y2z3"})
        variables = {
            "DINGTALK_ROBOT_URL": server.robot("dingtalk"), "DINGTALK_ROBOT_SECRET": "SECx1y2z3",
            "FEISHU_ROBOT_URL": server.robot("feishu"), "WECOM_ROBOT_URL": server.robot("wecom"),
            "SLACK_WEBHOOK_URL": server.robot("slack"), "DISCORD_WEBHOOK_URL": server.robot("discord"),
            "NTFY_URL": f"{server.url}/ntfy", "NTFY_TOPIC": "alerts", "GOTIFY_URL": f"{server.url}/gotify",
            "GOTIFY_TOKEN": "gotify-app-token", "BARK_URL": f"{server.url}/bark", "BARK_KEY": "bark-device-key",
            "MATRIX_HOMESERVER": server.url, "MATRIX_ACCESS_TOKEN": "matrix-access-token",
            "MATRIX_ROOM": "!room:example.org", "MATTERMOST_WEBHOOK_URL": server.robot("mattermost"),
            "TEAMS_WEBHOOK_URL": server.robot("teams"), "GOOGLE_CHAT_WEBHOOK_URL": server.robot("googlechat"),
            "WEBHOOK_URL": server.robot("webhook")}
        for name in [name for name in server.options if name != "pushover"]:
            with self.subTest(name):
                self.assertCodes(self.send(name, "hello", **variables), OK)
                self.assertEqual(len(server.got[name]), 1)
        self.assertEqual(server.faults, [])

    def test_several_accounts_and_a_token_alone(self):
        server = self.server()
        self.config({"accounts": {
            "feishu@ops": {"robot": "feishu-hook-1", "base_url": server.url},
            "dingtalk@ops": {"robot": {"env": "ROBOT"}}}, "addresses": {"ops": "dingtalk@ops:robot"}})
        self.assertCodes(self.send("feishu@ops", "one"), OK)
        self.assertCodes(self.send("ops", "two", ROBOT=server.robot("dingtalk")), OK)
        self.assertEqual((server.got["feishu"][0]["text"], server.got["dingtalk"][0]["text"]), ("one", "two"))

    def test_mistakes(self):
        for account, words in (
                ({"robot": "http://example.org/robot/send?access_token=x"}, ["could be read on its way", "insecure"]),
                ({"robot": "no address"}, ["robot"]), ({}, ['has no "robot"', "DINGTALK_ROBOT_URL"]),
                ({"robot": "t", "sceret": "x"}, ['"secret"']), ({"robot": "t", "enabled": False}, ["switched off"])):
            with self.subTest(account):
                self.sql_delete()
                self.config({"accounts": {"dingtalk": account}})
                done = self.send("dingtalk", "hello")
                self.assertIn(done.codes, ([CONFIG], [NOT_PERMITTED]), done.errors)
                self.assertSaid(done, 0, *words)
        self.config({"accounts": {"ntfy": {}}})
        done = self.send("ntfy", "hello")
        self.assertCodes(done, CONFIG)
        self.assertSaid(done, 0, "--to", '"to"')
        done = self.send("dingtalkk:robot", "hello")
        self.assertSaid(done, 0, "no messenger for dingtalkk")

    def test_receiving_from_all_leaves_them_out(self):
        server = self.server()
        self.accounts(server)
        done = self.pipe(["agim-recv", "--all"])
        self.assertCodes(done, CONFIG)
        self.assertSaid(done, 0, "no account is enabled")

    def test_check(self):
        server = self.server()
        self.accounts(server)
        for name, words in (("dingtalk", "only be tested by a message"), ("discord", "the webhook is called ops"),
                            ("ntfy", "healthy"), ("gotify", "healthy"), ("bark", "the server answers"),
                            ("pushover", "are known"), ("matrix", "@bot:example.org")):
            with self.subTest(name):
                done = self.send("check", name)
                self.assertCodes(done, OK)
                self.assertIn(words, done.out)
        self.config({"accounts": {"matrix": {"url": server.url, "token": "wrong-token-12345"}}})
        done = self.send("check", "matrix")
        self.assertCodes(done, NOT_PERMITTED)
        self.assertSaid(done, 0, "HTTP 401", '"token"')
        self.assertNotIn("wrong-token-12345", done.errors)
        done = self.send("check", "matrx")
        self.assertCodes(done, USAGE)
        self.assertSaid(done, 0, "matrix")
        self.assertEqual(dict(server.got), {})


class Forms(PushCase):
    """Titles, long texts, markup, files, and how fast they go."""

    def test_titles(self):
        server = self.server()
        self.accounts(server)
        for name in server.options:
            with self.subTest(name):
                self.assertCodes(self.send(name, "-s", "Build 7", "all", "green"), OK)
                got = server.got[name][0]
                if name == "dingtalk":
                    self.assertEqual(got["title"], "Build 7")
                said = got.get("title") if got.get("title") == "Build 7" else got["text"]
                if name == "webhook":
                    said = got["body"]["title"]
                self.assertIn("Build 7", said)
                self.assertIn("all green", got["text"])
        self.assertEqual(server.faults, [])

    def test_nobody_is_called(self):
        server = self.server()
        self.accounts(server)
        for name in ("slack", "discord"):
            self.assertCodes(self.send(name, "<!channel> @everyone <@U1>"), OK)
        self.assertEqual(server.faults, [])
        self.assertNotIn("<!", server.got["slack"][0]["text"])
        self.assertEqual(server.got["discord"][0]["body"]["allowed_mentions"], {"parse": []})

    def test_a_long_text_is_cut_within_limits(self):
        server = self.server()
        self.accounts(server)
        words = [f"word{number}" for number in range(1500)]
        for name in ("wecom", "discord", "slack", "ntfy", "dingtalk"):
            with self.subTest(name):
                self.sql_delete()
                self.assertCodes(self.send(name, stdin=" ".join(words)), OK)
                parts = [got["text"] for got in server.got[name]]
                self.assertEqual(re.findall(r"word\d+", " ".join(parts)), words)
                self.assertEqual([row["part"] for row in self.rows()], list(range(1, len(parts) + 1)))
        self.assertEqual(server.faults, [])
        self.assertGreater(len(server.got["wecom"]), 2)

    def test_what_would_be_too_many_messages_is_a_file_where_files_are_taken(self):
        server = self.server()
        self.accounts(server)
        text = "# Log\n\n" + "\n".join(f"* line **{number}** of the log" for number in range(4000))
        for name, limit in (("discord", 2000), ("wecom", 4096), ("ntfy", 4096), ("matrix", 24_000)):
            with self.subTest(name):
                self.sql_delete()
                # More than eight messages, each of them as long as it may be.
                whole = text[:limit * 10]
                if name == "matrix":
                    # Its limit counts the HTML, in which these are long.
                    whole = "\n\n".join(f"line {number} & & & & & & & & & & & &" for number in range(3000))
                self.assertCodes(self.send(name, stdin=whole), OK)
                first, second = server.got[name]
                self.assertIn("line", first["text"])
                self.assertIn("1", first["text"])
                self.assertTrue(first["text"].rstrip().endswith("(All of it is in the file.)"), first["text"][-60:])
                self.assertNotIn("(1/", first["text"])
                file = second["files"][0] if name == "discord" else (second["file"], second["content"])
                self.assertEqual((file[0], file[1].decode()), ("reply.md", whole.rstrip("\n")))
                self.assertEqual([(row["part"], row["state"]) for row in self.rows()], [(1, "delivered"), (2, "delivered")])
        self.assertEqual(server.faults, [])

    def test_a_text_of_eight_messages_is_eight_messages(self):
        server = self.server()
        self.accounts(server)
        self.assertCodes(self.send("discord", stdin=" ".join(["word"] * 2800)), OK)
        self.assertEqual(len(server.got["discord"]), 8)
        self.assertTrue(server.got["discord"][7]["text"].startswith("(8/8)"))
        self.assertEqual(server.faults, [])

    def test_a_robot_that_takes_no_files_gets_all_of_it(self):
        server = self.server()
        self.accounts(server)
        words = [f"word{number}" for number in range(1150)]
        # It takes pictures, but no other files.
        self.assertCodes(self.send("pushover", stdin=" ".join(words)), OK)
        parts = [got["text"] for got in server.got["pushover"]]
        self.assertGreater(len(parts), 8)
        self.assertEqual(re.findall(r"word\d+", " ".join(parts)), words)
        self.assertEqual(server.faults, [])

    def test_the_file_of_a_long_text_is_sent_again_alone(self):
        server = self.server()
        self.accounts(server)
        text = "\n".join(f"line {number}" for number in range(4000))
        server.misbehave("discord", "ok", 500)
        self.assertCodes(self.send("discord", stdin=text), AGAIN)
        self.assertCodes(self.pipe(["agim-send", "--flush"]), OK)
        first, second = server.got["discord"]
        self.assertEqual((first["files"], second["files"][0][1].decode()), ([], text))

    def test_a_secret_is_in_no_part_and_in_no_file(self):
        server = self.server()
        self.accounts(server)
        # What markup hides is not to be seen by who looks for it in the source.
        text = "\n\n".join(f"line {number} of sk-**ant**-api03-{'Ab1' * 12}" for number in range(900))
        self.assertCodes(self.send("discord", stdin=text), OK)
        first, second = server.got["discord"]
        for found in (first["text"], second["files"][0][1].decode()):
            self.assertNotIn("Ab1Ab1", found)
            self.assertIn("line 7", found)

    def test_lines_of_a_pipe_go_at_the_robots_pace(self):
        server = self.server()
        self.accounts(server)
        lines = "".join(json.dumps({"v": 1, "type": "reply", "id": f"r{number}", "session": "feishu:robot",
                                    "text": f"number {number}", "final": True}) + "\n" for number in range(8))
        done = self.pipe(["agim-send", "--receipts"], stdin=lines)
        self.assertCodes(done, OK)
        self.assertEqual([got["text"] for got in server.got["feishu"]], [f"number {number}" for number in range(8)])
        self.assertEqual(server.faults, [])
        self.assertEqual({(line["state"], line["proof"]) for line in done.lines}, {("delivered", "code 0")})

    def test_files(self):
        server = self.server()
        self.accounts(server)
        png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
        path = f"{self.dir}/chärt.png"
        with open(path, "wb") as file:
            file.write(png)
        for name in ("discord", "wecom", "ntfy", "pushover", "matrix"):
            with self.subTest(name):
                self.sql_delete()
                self.assertCodes(self.send(name, "-a", path, "the chart"), OK)
                first, second = server.got[name]
                self.assertIn("the chart", first["text"])
                found = {"discord": lambda got: got["files"][0], "pushover": lambda got: (got["file"][0], got["file"][2])}.get(
                    name, lambda got: (got["file"], got["content"]))(second)
                self.assertEqual(found, ("chärt.png", png))
        self.assertEqual(server.faults, [])
        for name in ("dingtalk", "slack", "gotify"):
            done = self.send(name, "-a", path, "the chart")
            self.assertCodes(done, NOT_PERMITTED)
            self.assertSaid(done, 0, "takes no files", "nothing was sent")
            self.assertEqual(server.got[name], [])
        self.assertSaid(self.send("wecom", "--as-file", "log.txt", stdin="text"), 0, "at least 6 bytes")
        self.assertSaid(self.send("pushover", "--as-file", "log.txt", stdin="text"), 0, "pictures alone")

    def test_an_upload_that_fails(self):
        server = self.server()
        self.accounts(server)
        server.misbehave("wecom", 45009)
        done = self.send("wecom", "--as-file", "log.txt", stdin="a whole log")
        self.assertCodes(done, AGAIN)
        self.assertCodes(self.pipe(["agim-send", "--flush"]), OK)
        self.assertEqual([(got["file"], got["content"]) for got in server.got["wecom"]], [("log.txt", b"a whole log")])

    def test_a_retry_has_the_same_key(self):
        server = self.server()
        self.accounts(server)
        for name in ("matrix", "googlechat"):
            # The server has it, but its answer is lost.
            server.misbehave(name, "slow0.1")
            self.assertCodes(self.send(name, "once"), OK)
        row = self.sql("select id from outbox order by n")[0]
        self.assertEqual(server.got["matrix"][0]["transaction"], row["id"])

    def test_files_of_replies_that_a_robot_does_not_take_are_named(self):
        server = self.server()
        self.accounts(server)
        line = {"v": 1, "type": "reply", "id": "r1", "session": "dingtalk:robot", "text": "see there", "final": True,
                "attachments": [self.attachment("a.txt", b"hello", "text/plain")]}
        self.assertCodes(self.pipe(["agim-send"], stdin=json.dumps(line) + "\n"), OK)
        text = server.got["dingtalk"][0]["text"]
        self.assertIn("see there", text)
        self.assertIn("a.txt", text)
        self.assertNotIn(self.home, text)


class AdHoc(PushCase):
    """What people type who do not stand at the end of a pipe."""

    def setUp(self):
        super().setUp()
        self.push = self.server()
        self.accounts(self.push)

    def test_several_targets(self):
        done = self.send("-t", "dingtalk", "-t", "slack", "-t", f"file:{self.dir}/out.txt", "to all of you", "--receipts")
        self.assertCodes(done, OK)
        with open(f"{self.dir}/out.txt") as file:
            self.assertIn("to all of you", file.read())
        self.assertEqual([len(self.push.got[name]) for name in ("dingtalk", "slack")], [1, 1])

    def test_one_of_several_fails(self):
        self.push.misbehave("slack", 404)
        self.push.misbehave("wecom", 500)
        done = self.send("-t", "dingtalk", "-t", "slack", "-t", "wecom", "hello")
        self.assertCodes(done, NOT_PERMITTED)
        self.assertSaid(done, 0, "slack:robot refused", "no_service", "wecom:robot")
        self.assertEqual(self.states("outbox"), {"delivered": 1, "refused": 1, "queued": 1})

    def test_receipts(self):
        done = self.send("--receipts", "ntfy", "hello")
        self.assertCodes(done, OK)
        self.assertEqual([(line["type"], line["state"], line["proof"]) for line in done.lines],
                         [("receipt", "delivered", "n1")])
        self.assertCodes(self.send("ntfy", "--receipts", "--to", "other", "hello"), OK)
        self.assertEqual(self.push.got["ntfy"][1]["topic"], "other")

    def test_to_is_repeated_and_named(self):
        self.config({"accounts": {"ntfy": self.account(self.push, "ntfy")},
                     "addresses": {"night": "ntfy:night-shift", "ops": "dingtalk:robot"}})
        self.assertCodes(self.send("ntfy", "--to", "night", "--to", "day", "hello"), OK)
        self.assertCodes(self.send("night", "hello"), OK)
        topics = [got["topic"] for got in self.push.got["ntfy"]]
        # Chats go side by side.
        self.assertEqual((sorted(topics[:2]), topics[2:]), (["day", "night-shift"], ["night-shift"]))
        done = self.send("ntfy", "--to", "ops", "hello")
        self.assertCodes(done, USAGE)
        self.assertSaid(done, 0, "dingtalk:robot", "not on ntfy")
        self.assertCodes(self.send("night", "--to", "x", "hello"), USAGE)

    def test_tail(self):
        log = "".join(f"line {number} *with* `ticks`\n" for number in range(5000))
        self.assertCodes(self.send("dingtalk", "-s", "build", "--tail", "3", stdin=log), OK)
        text = self.push.got["dingtalk"][0]["text"]
        self.assertIn("line 4999 *with* `ticks`", text)
        self.assertIn("line 4997", text)
        self.assertNotIn("line 4996", text)
        self.assertCodes(self.send(f"file:{self.dir}/out.txt", "--tail", "2", stdin=log), OK)
        with open(f"{self.dir}/out.txt") as file:
            self.assertEqual(file.read(), "line 4998 *with* `ticks`\nline 4999 *with* `ticks`\n")

    def test_a_log_as_a_file(self):
        data = os.urandom(100_000)
        self.assertCodes(self.send("discord", "--as-file", "core.bin", stdin=data), OK)
        self.assertEqual(self.push.got["discord"][0]["files"], [("core.bin", data)])

    def test_words_behind_the_text_are_text(self):
        self.assertCodes(self.send("dingtalk", "take", "-s", "and", "--to"), OK)
        self.assertIn("take -s and --to", self.push.got["dingtalk"][0]["text"])
        self.assertCodes(self.send("dingtalk", "--", "-5 degrees"), OK)
        self.assertIn("-5 degrees", self.push.got["dingtalk"][1]["text"])

    def test_mistakes(self):
        for words, said in ((["--tail", "3"], "needs a TARGET"), (["--via", "stdout", "dingtalk", "x"], "without a TARGET"),
                            (["dingtalk", "--tail", "0"], "--tail"), (["dingtalk", "-a", "/nonexistent", "x"], "nonexistent"),
                            (["discord", "--as-file", "a/b"], "not the name of a file"),
                            (["dingtalk", "--tail", "3", "--as-file", "x"], "exclude each other"),
                            (["dingtalk", "-s", "a\nb", "x"], "a single line")):
            with self.subTest(words):
                done = self.send(*words, stdin="text")
                self.assertNotEqual(done.codes, [OK])
                self.assertSaid(done, 0, said)
        self.assertEqual(dict(self.push.got), {})

    def test_a_dry_run(self):
        done = self.send("-n", "ntfy", "-s", "Title", "hello")
        self.assertCodes(done, OK)
        self.assertEqual(done.out, "to ntfy:alerts: Title\nhello\n")
        self.assertEqual(dict(self.push.got), {})

    def test_an_agent_attaches_nothing(self):
        script = f"{self.dir}/agent.sh"
        with open(script, "w") as file:
            file.write("#!/bin/sh\ncat >/dev/null\nagim-send discord -a /etc/hostname x; echo status $?\n")
        os.chmod(script, 0o755)
        config = {"accounts": {"discord": self.account(self.push, "discord")},
                  "agents": {"tool": {"driver": "exec", "command": [script], "env": {"AGIM_HOME": self.home, "PATH": self.env["PATH"]}}}}
        self.config(config)
        done = self.pipe(["agim-recv", "stdin"], ["agim-run", "tool"], ["agim-send"], stdin="go\n")
        self.assertIn("status 77", done.out)
        self.assertEqual(dict(self.push.got), {})


class Readme(PushCase):
    """The commands of README.md's section on telling a chat, as they stand there."""

    def test_every_command(self):
        readme = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")
        with open(readme, encoding="utf-8") as file:
            section = file.read().split("## Tell a chat")[1].split("\n## ")[0]
        commands = section.split("```sh\n")[2].split("```")[0].strip().split("\n")
        self.assertEqual(len(commands), 7)
        push, telegram = self.server(), FakeTelegram()
        self.addCleanup(telegram.close)
        telegram.private()
        messages = feishu_messages.Server()
        self.addCleanup(messages.close)
        messages.messages.chat("oc_x")
        mail = MailServer(self.dir)
        self.addCleanup(mail.stop)
        self.config({
            "accounts": {
                "dingtalk": self.account(push, "dingtalk"),
                "telegram": {"token": telegram.token, "base_url": telegram.url},
                "feishu": {"app_id": messages.APP, "secret": messages.SECRET, "base_url": messages.url},
                "email": {"address": USER, "password": PASSWORD, "smtp": mail.smtp_url}},
            "addresses": {"ops": "telegram:501"}, "allow": {"*": "*"}})
        # What the machine of the test may not have, or would take long for.
        tools = f"{self.dir}/tools"
        os.mkdir(tools)
        for name, words in (("git", "echo v1.2-3-gabc"), ("journalctl", "seq 3"), ("make", "seq 100; echo error: no >&2")):
            with open(f"{tools}/{name}", "w") as file:
                file.write(f"#!/bin/sh\n{words}\n")
            os.chmod(f"{tools}/{name}", 0o755)
        with open(f"{self.dir}/report.md", "w") as file:
            file.write("# All is *well*\n")
        with open(f"{self.dir}/chart.png", "wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
        for command in commands:
            with self.subTest(command):
                done = self.pipe(["bash", "-c", f"set -o pipefail; {command}"], PATH=f"{tools}:{self.env['PATH']}")
                self.assertCodes(done, OK)
        self.assertIn("deployed v1.2-3-gabc", push.got["dingtalk"][0]["text"])
        methods = [call["method"] for call in telegram.calls]
        self.assertEqual([name for name in methods if name in ("sendMessage", "sendDocument")], ["sendMessage", "sendDocument"])
        sent = mail.sent[0]["mail"]
        self.assertEqual((sent["Subject"], [part.get_filename() for part in sent.iter_attachments()]), ("Report", ["chart.png"]))
        [message] = messages.messages.said("oc_x")
        shown = messages.messages.shown(message)
        for words in ("build", "error: no", "100", "63"):
            self.assertIn(words, shown)
        self.assertNotIn("\n61\n", shown)
        self.assertEqual((push.faults, telegram.faults, mail.faults, messages.messages.wrong), ([], [], [], []))
