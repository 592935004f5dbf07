"""agim setup of chat platforms: questions, what it writes, what it leaves alone, and that it tests what it wrote."""

import fcntl
import glob
import json
import os
import pty
import select
import signal
import stat
import struct
import subprocess
import termios
import time

from support import BIN, CONFIG, OK, UNAVAILABLE, USAGE, seconds
from test_email import ANN, AUTHSERV, PASSWORD, USER, MailCase
from test_push import PushCase
import feishu  # beside push.py, whose folder test_push knows
from telegram import FakeTelegram

COMMENTED = """{
  // who I am
  "language": "en",   // spoken here
  "accounts": {
    "feishu": { "app_id": "cli_1", "secret": "hush-feishu" }, /* the company's */
  },
}
"""


class Robots(PushCase):
    def setup(self, *words, answers=(), **env):
        return self.pipe(["agim", "setup", *words], stdin="".join(f"{answer}\n" for answer in answers), **env)

    @property
    def text(self):
        with open(f"{self.home}/config.json") as file:
            return file.read()

    def test_a_robot(self):
        server = self.server(dingtalk={"secret": "SECabc123agim"})
        done = self.setup("dingtalk", answers=[server.robot("dingtalk"), "SECabc123agim", "y"])
        self.assertCodes(done, OK)
        self.assertIn("Add Robot", done.out)
        self.assertIn("A first message was delivered.", done.out)
        self.assertNotIn("SECabc123agim", done.out)
        self.assertNotIn("ding-token-1", done.out)
        self.assertEqual(json.loads(self.text), {"accounts": {"dingtalk": {
            "robot": server.robot("dingtalk"), "secret": "SECabc123agim"}}})
        self.assertEqual(stat.S_IMODE(os.stat(f"{self.home}/config.json").st_mode), 0o600)
        self.assertEqual(len(server.got["dingtalk"]), 1)
        # Again: what is there stands in the brackets, and nothing changes.
        before = self.text
        done = self.setup("dingtalk", answers=["", ""])
        self.assertCodes(done, OK)
        self.assertEqual((self.text, len(server.got["dingtalk"])), (before, 2))
        self.assertCodes(self.setup("dingtalk", "--remove", answers=["y"]), OK)
        self.assertEqual(json.loads(self.text), {})
        self.assertEqual(server.faults, [])

    def typed(self, *words):
        """agim setup at a terminal of its own: its process and the terminal."""
        process, terminal = pty.fork()
        if process == 0:
            # Where these tests run in the background of a script they are ignored, and stay so over an exec.
            for number in (signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)
            os.execve(f"{BIN}/agim", ["agim", "setup", *words], self.env)
        self.addCleanup(os.close, terminal)
        self.shown = b""
        return process, terminal

    def until(self, terminal, words):
        """Reads what the terminal shows, to these words."""
        deadline = time.monotonic() + 20
        while words.encode() not in self.shown:
            self.assertLess(time.monotonic(), deadline, self.shown)
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    piece = os.read(terminal, 4096)
                except OSError:
                    piece = b""
                self.assertTrue(piece, self.shown)
                self.shown += piece
        start, _, self.shown = self.shown.partition(words.encode())
        return start.decode()

    @staticmethod
    def echoes(terminal):
        return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

    @staticmethod
    def other_end(terminal):
        """The path of the end that programs see."""
        number = fcntl.ioctl(terminal, 0x80045430, struct.pack("I", 0))  # TIOCGPTN
        return f"/dev/pts/{struct.unpack('I', number)[0]}"

    def test_a_terminal_does_not_show_secrets(self):
        server = self.server(dingtalk={"secret": "SECabc123agim"})
        process, terminal = self.typed("dingtalk")
        self.until(terminal, "(not shown while you type): ")
        self.assertFalse(self.echoes(terminal))
        os.write(terminal, server.robot("dingtalk").encode() + b"\n")
        shown = self.until(terminal, "(not shown while you type) [-]: ")
        self.assertTrue(shown.startswith("\r\n"), shown)
        os.write(terminal, b"SECabc123agim\n")
        shown += self.until(terminal, "[Y/n]")
        self.assertTrue(self.echoes(terminal))
        os.write(terminal, b"y\n")
        shown += self.until(terminal, "A first message was delivered.")
        _, status = os.waitpid(process, 0)
        self.assertEqual(status, 0)
        self.assertNotIn("ding-token", shown)
        self.assertNotIn("SECabc123agim", shown)
        # What is no secret is shown.
        self.assertIn("y\r\n", shown)
        self.assertEqual(json.loads(self.text)["accounts"]["dingtalk"]["secret"], "SECabc123agim")

    def test_a_terminal_gets_its_echo_back(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                process, terminal = self.typed("dingtalk")
                self.until(terminal, "(not shown while you type): ")
                self.assertFalse(self.echoes(terminal))
                # An end of the terminal that outlives the program.
                other = os.open(self.other_end(terminal), os.O_RDWR | os.O_NOCTTY)
                self.addCleanup(os.close, other)
                if number == signal.SIGINT:
                    os.write(terminal, b"SECabc\x03")
                else:
                    os.kill(process, number)
                _, status = os.waitpid(process, 0)
                self.assertTrue(os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, status)
                self.assertTrue(self.echoes(terminal))
        self.assertFalse(os.path.exists(f"{self.home}/config.json"))

    def test_a_terminal_gets_its_echo_back_while_it_is_stopped(self):
        process, terminal = self.typed("dingtalk")
        self.until(terminal, "(not shown while you type): ")
        os.kill(process, signal.SIGTSTP)
        self.assertTrue(os.WIFSTOPPED(os.waitpid(process, os.WUNTRACED)[1]))
        self.assertTrue(self.echoes(terminal))
        os.kill(process, signal.SIGCONT)
        self.wait_for(lambda: not self.echoes(terminal))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)

    def test_comments_stay(self):
        server = self.server()
        self.config(None, text=COMMENTED)
        done = self.setup("dingtalk@ops", "--set", f"robot={server.robot('dingtalk')}", "--set", "secret=-", "--yes")
        self.assertCodes(done, OK)
        for piece in ("// who I am", "// spoken here", "/* the company's */", "hush-feishu", '"dingtalk@ops"'):
            self.assertIn(piece, self.text)
        self.assertNotIn("hush-feishu", done.out)
        with open(glob.glob(f"{self.home}/config.json.*.bak")[0]) as file:
            self.assertEqual(file.read(), COMMENTED)
        self.assertCodes(self.setup("dingtalk@ops", "--remove", "--yes"), OK)
        self.assertEqual(self.pipe(["agim-send", "dingtalk@ops", "x"]).codes, [CONFIG])
        for piece in ("// who I am", "// spoken here", "/* the company's */", "hush-feishu"):
            self.assertIn(piece, self.text)

    def test_every_service_by_flags(self):
        server = self.server()
        for name in server.options:
            with self.subTest(name):
                words = [f"--set={key}={value}" for key, value in self.account(server, name).items()]
                if name in ("ntfy", "webhook", "dingtalk", "feishu"):
                    words += ["--set", "token=-" if name == "ntfy" else "secret=-"]
                done = self.setup(name, *words, "--yes", WHERE="x")
                self.assertCodes(done, OK)
                self.assertEqual(len(server.got[name]), 1)
        self.assertEqual(server.faults, [])

    def test_secrets_may_be_elsewhere(self):
        server = self.server()
        done = self.setup("slack", "--set", "robot=env:HOOK", "--yes", HOOK=server.robot("slack"))
        self.assertCodes(done, OK)
        self.assertEqual(json.loads(self.text)["accounts"]["slack"], {"robot": {"env": "HOOK"}})

    def test_nothing_is_written(self):
        server = self.server()
        answers = [server.robot("slack")]
        done = self.setup("slack", "--dry-run", answers=answers)
        self.assertCodes(done, OK)
        self.assertIn("--dry-run", done.out)
        done = self.setup("slack", answers=[*answers, "n"])
        self.assertCodes(done, OK)
        self.assertIn("Nothing was changed.", done.out)
        done = self.setup("slack", answers=answers)
        self.assertNotEqual(done.codes, [OK])
        self.assertEqual((os.path.exists(f"{self.home}/config.json"), dict(server.got)), (False, {}))

    def test_a_bad_answer_is_asked_again(self):
        server = self.server()
        done = self.setup("slack", answers=["", "two words", server.robot("slack"), "y"])
        self.assertCodes(done, OK)
        self.assertIn("a text without blanks, please", done.out)

    def test_an_account_that_does_not_work(self):
        server = self.server()
        done = self.setup("slack", answers=[server.robot("slack") + "x", "y"])
        self.assertCodes(done, UNAVAILABLE)
        self.assertSaid(done, 0, "invalid_token", "first message was not delivered")
        done = self.setup("matrix", answers=[server.url, "wrong-token-123", "!room:example.org", "y"])
        self.assertCodes(done, UNAVAILABLE)
        self.assertSaid(done, 0, "HTTP 401", "its test failed", "--remove")

    def test_unknown_words(self):
        for words, said in ((["dingtlk"], "did you mean dingtalk?"), (["slack", "--set", "robot"], "KEY=VALUE"),
                            (["slack", "--remove", "--set", "robot=x"], "--remove goes without"),
                            (["claude", "--set", "robot=x"], "--set goes with a chat platform"),
                            (["slack", "--import", "x"], "--import"), (["--set", "a=b"], "--set goes with")):
            with self.subTest(words):
                done = self.setup(*words)
                self.assertCodes(done, USAGE)
                self.assertSaid(done, 0, said)

    def test_a_configuration_of_agim_cli_is_not_written(self):
        other = {"messengers": ["telegram"], "defaultAgent": "claude-code", "agents": ["claude-code"]}
        self.config(other)
        self.assertCodes(self.setup("slack", answers=["https://hooks.slack.com/services/T/B/xyz", "y"]), CONFIG)
        self.assertEqual(json.loads(self.text), other)

    def test_in_chinese(self):
        server = self.server()
        done = self.setup("dingtalk", answers=[server.robot("dingtalk"), "-", "是"], LANG="zh_CN.UTF-8")
        self.assertCodes(done, OK)
        self.assertIn("群设置", done.out)
        self.assertIn("第一条消息已送达", done.out)


class Telegram(PushCase):
    """From the README to the first answered message."""

    def bot(self):
        bot = FakeTelegram()
        self.addCleanup(bot.close)
        bot.private()
        return bot

    def answer(self, process, written, question, answer, limit=60):
        """Waits for a question, and answers it."""
        self.wait_for(lambda: question in process.out[written[0]:], limit, f"{question!r} in {process.out!r}")
        written[0] = process.out.index(question, written[0]) + len(question)
        written[1] += 1
        process.write(f"{answer}\n")

    @seconds(30)
    def test_five_answers_to_the_first_answered_message(self):
        bot = self.bot()
        self.write_agent()
        for name in ("telegram", "reminders", "jobs"):
            self.addCleanup(lambda name=name: self.pipe(["agim", "stop", name], limit=30))
        # The one thing that is not as in life: where Telegram is.
        process = self.start(["agim", "setup", "telegram", "--set", f"base_url={bot.url}"], stdin=subprocess.PIPE)
        count = [0, 0]
        self.answer(process, count, "The token", bot.token)
        self.answer(process, count, "Write it?", "")
        self.wait_for(lambda: "Now write something" in process.out, 60, "being asked to write")
        self.assertIn("agim_test_bot", process.out)
        bot.say("hello from my phone")
        self.answer(process, count, "Is that you?", "y")
        self.answer(process, count, "Which agent answers", "shout")
        self.answer(process, count, "Start it now", "")
        process.close()
        process.wait(60)
        self.assertCodes(process, OK)
        self.wait_for(lambda: any("HELLO FROM MY PHONE" in text for text in self.sent(bot)), 60, "the answer")
        self.assertEqual(count[1], 5)
        self.assertIn("agim is connected to this chat.", self.sent(bot)[0])
        config = json.loads(self.text)
        self.assertEqual((config["allow"], config["approvers"], config["accounts"]["telegram"]["to"]),
                         ({"telegram": ["501"]}, ["telegram:501"], "501"))
        self.assertCodes(self.pipe(["agim-send", "telegram", "one more"]), OK)
        # What comes by the clock, and what takes long, works too.
        bot.say("/remind 1s drink some tea")
        self.wait_for(lambda: any(text.endswith("drink some tea") and "Reminder" not in text for text in self.sent(bot)),
                      30, "the reminder")
        bot.say("/job run walk the dog")
        self.wait_for(lambda: any("WALK THE DOG" in text for text in self.sent(bot)), 30, "the job's answer")
        self.assertNotIn("nobody", "".join(self.sent(bot)))
        self.assertCodes(self.pipe(["agim", "setup", "telegram", "--remove", "--yes"], limit=40), OK)
        self.assertEqual([name for name in json.loads(self.text) if name != "agents"], [])
        self.assertEqual(os.listdir(f"{self.home}/pipes"), [])
        self.assertEqual(bot.faults, [])

    def write_agent(self):
        self.config({"agents": {"shout": {"driver": "exec", "command": ["tr", "a-z", "A-Z"]}}})

    @property
    def text(self):
        with open(f"{self.home}/config.json") as file:
            return file.read()

    @staticmethod
    def sent(bot):
        return [call["parameters"].get("text", "") for call in list(bot.calls) if call["method"] == "sendMessage"]

    def test_a_token_that_is_refused(self):
        bot = self.bot()
        wrong = "123456789:WRONG" + "x" * 30
        done = self.pipe(["agim", "setup", "telegram", "--set", f"base_url={bot.url}", "--set", f"token={wrong}",
                          "--to", "501", "--yes"])
        self.assertCodes(done, UNAVAILABLE)
        self.assertSaid(done, 0, "setup telegram")
        self.assertNotIn(wrong, done.out + done.errors)

    def test_without_a_person(self):
        bot = self.bot()
        done = self.pipe(["agim", "setup", "telegram", "--set", f"base_url={bot.url}", "--set", f"token={bot.token}",
                          "--to", "501", "--yes"])
        self.assertCodes(done, OK)
        self.assertEqual(len(self.sent(bot)), 1)


class Feishu(Telegram):
    """An app that people talk to: from nothing to the first answer."""

    bot = test_a_token_that_is_refused = test_without_a_person = None

    test_five_answers_to_the_first_answered_message = None

    @seconds(30)
    def test_seven_answers_to_the_first_answered_message(self):
        server = feishu.Feishu()
        self.addCleanup(server.close)
        server.sending.chat("oc_li")
        self.write_agent()
        self.addCleanup(lambda: self.pipe(["agim", "stop", "feishu"], limit=30))
        process = self.start(["agim", "setup", "feishu", "--set", f"base_url={server.url}"], stdin=subprocess.PIPE)
        count = [0, 0]
        self.answer(process, count, "Number", "1")
        self.answer(process, count, "App ID", server.app)
        self.answer(process, count, "App Secret", server.secret)
        self.answer(process, count, "Write it?", "")
        self.wait_for(lambda: "Now write something" in process.out, 60, "being asked to write")
        server.connected(since=0)
        server.say("hello from my desk", chat="oc_li").answer()
        self.answer(process, count, "Is that you?", "y")
        self.answer(process, count, "Which agent answers", "shout")
        self.answer(process, count, "Start it now", "")
        process.close()
        process.wait(60)
        self.assertCodes(process, OK)
        said = server.sending.said
        self.wait_for(lambda: any("HELLO FROM MY DESK" in server.sending.shown(one) for one in said("oc_li")), 60,
                      "the answer")
        config = json.loads(self.text)
        self.assertEqual((config["allow"], config["approvers"]), ({"feishu": ["ou_anna"]}, ["feishu:ou_anna"]))
        self.assertNotIn(server.secret, process.out + process.errors)
        self.assertCodes(self.pipe(["agim", "setup", "feishu", "--remove", "--yes"], limit=40), OK)
        self.assertEqual([name for name in json.loads(self.text) if name != "agents"], [])
        self.assertEqual((server.wrong, server.sending.wrong), ([], []))


class Mail(MailCase):
    """A mailbox: what is asked, its test, and a first mail."""

    def test_a_mailbox(self):
        server = self.server(tls="wrapped")
        os.remove(f"{self.home}/config.json")
        answers = [USER, PASSWORD, f"localhost:{server.smtp_port}", f"localhost:{server.imap_port}", AUTHSERV, "y", ANN]
        done = self.pipe(["agim", "setup", "email"], stdin="".join(f"{answer}\n" for answer in answers), limit=40)
        self.assertCodes(done, OK)
        self.assertIn("A first message was delivered.", done.out)
        self.assertNotIn(PASSWORD, done.out + done.errors)
        self.assertEqual(server.sent[0]["to"], [ANN])
        with open(f"{self.home}/config.json") as file:
            account = json.load(file)["accounts"]["email"]
        self.assertEqual((account["address"], account["authserv_id"], account["to"]), (USER, AUTHSERV, ANN))
        self.assertEqual(stat.S_IMODE(os.stat(f"{self.home}/config.json").st_mode), 0o600)

    def test_a_wrong_password(self):
        server = self.server(tls="wrapped")
        os.remove(f"{self.home}/config.json")
        answers = [USER, "wrong-password-9", f"localhost:{server.smtp_port}", "-", "-", "y", ANN]
        done = self.pipe(["agim", "setup", "email"], stdin="".join(f"{answer}\n" for answer in answers), limit=40)
        self.assertCodes(done, UNAVAILABLE)
        self.assertIn("--remove", done.out + done.errors)
        self.assertNotIn("wrong-password-9", done.out + done.errors)
        self.assertEqual(server.sent, [])
