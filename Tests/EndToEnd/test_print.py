"""Agents that print what they do and can ask nobody, against scripted ones: Tests/Support/agents/print."""

import json
import os

from support import CONFIG, SCRIPTED_AGENTS, need
from talk import GateCase

AGENTS = SCRIPTED_AGENTS


class Print:
    """What both of them do; `driver`, `program`, `own` and `resume` say whose turn it is."""

    def setUp(self):
        super().setUp()
        need("bwrap", "bubblewrap")
        os.makedirs(os.path.join(self.user, self.own))

    def print_agent(self, *stages, agent=None, **more):
        entry = {"driver": self.driver, "command": [os.path.join(AGENTS, self.program)], "workdir": self.work,
                 **(agent or {})}
        self.configure(agents={"printer": entry}, **more)
        return self.talk(*(stages or (["agim-approve"], ["agim-run", "printer"])))

    def tearDown(self):
        path = os.path.join(self.user, self.own, "log")
        if os.path.exists(path):
            with open(path) as file:
                self.assertNotIn("FAULT", file.read())
        super().tearDown()

    def notices(self):
        return [json.loads(line)["text"] for line in self.read("said").splitlines() if json.loads(line).get("notice")]

    def test_text_and_resume(self):
        talk = self.print_agent(agent={"show_resume": True})
        self.assertEqual(talk.reply(talk.say("say hello")), "hello\n\n$ " + self.resume + " s1")
        self.assertIn("You said: again", talk.reply(talk.say("again")))
        self.assertEqual(self.read(f"user/{self.own}/sessions/s1"), "say hello\nagain\n")
        self.assertEqual(len([text for text in self.notices() if "only reads" in text]), 1)
        self.assertEqual([row["tokens"] for row in self.sql("select tokens from audit order by n")], [18, 18])
        talk.stop()

    def test_a_text_like_an_option(self):
        talk = self.print_agent()
        self.assertIn("You said:", talk.reply(talk.say("--force it")))
        self.assertIn("--force it", self.read(f"user/{self.own}/sessions/s1"))
        talk.stop()

    def test_it_only_reads_and_no_secret(self):
        os.makedirs(os.path.join(self.user, ".ssh"))
        self.write("user/.ssh/id_ed25519", "THE-SECRET\n")
        self.write("work/.env", "THE-SECRET\n")
        self.write("work/plain.txt", "plain words\n")
        talk = self.print_agent()
        self.assertIn("plain words", talk.reply(talk.say("cat plain.txt")))
        self.assertIn("Read-only", talk.reply(talk.say("touch made")))
        for path in ("~/.ssh/id_ed25519", ".env", os.path.join(self.home, "config.json")):
            self.assertNotIn("SECRET", talk.reply(talk.say("cat " + path)))
        self.assertFalse(self.ran("made"))
        talk.stop()

    def test_a_session_that_is_not_known_any_more(self):
        talk = self.print_agent()
        talk.reply(talk.say("say x"))
        os.rename(os.path.join(self.user, self.own, "sessions", "s1"), os.path.join(self.user, self.own, "s0"))
        self.assertEqual(talk.reply(talk.say("say y")), "y")
        self.assertTrue(any("a new one was begun" in text for text in self.notices()))
        talk.stop()

    def test_trouble(self):
        talk = self.print_agent(agent={"idle_timeout": "2s"})
        for text, piece in (("error the words", "could not go on: the words"), ("die", "the last words"),
                            ("garbage\nsay fine", "fine"), ("hang", "no output for 2s")):
            self.assertIn(piece, talk.reply(talk.say(text), 20))
        self.assertEqual(talk.reply(talk.say("say done\nsay stay")).replace("\n\n", ""), "donestay")
        self.wait_for(lambda: not self.processes(os.path.join(AGENTS, self.program)), 10, "the end of the program")
        talk.stop()

    def test_not_logged_in(self):
        talk = self.print_agent(agent={"env": {"SCRIPT": "no-login"}})
        self.assertIn("is not logged in", talk.reply(talk.say("say x")))
        talk.stop()

    def test_tools_are_progress(self):
        self.print_agent().stop()
        done = self.pipe(["agim-run", "printer"], limit=30, stdin=json.dumps({
            "v": 1, "type": "message", "id": "m1", "session": "command:1", "text": "tool readThing\nsay x",
            "from": {"id": "U1"}}) + "\n")
        titles = [line["title"] for line in done.lines if line["type"] == "action"]
        self.assertIn('readThing {"a":1}', titles)

    def test_words_that_keep_it_from_asking(self):
        talk = self.print_agent()
        self.assertIn("is not told /yolo", talk.reply(talk.say("\n/yolo\nand go on")))
        self.assertFalse(os.path.exists(os.path.join(self.user, self.own, "log")), "it was started")
        self.assertIn("You said: /other", talk.reply(talk.say("/other")))
        talk.stop()

    def test_a_bypass_is_refused(self):
        self.print_agent(["true"], agent={"command": [os.path.join(AGENTS, self.program), self.bypass]}).live.kill()
        done = self.pipe(["agim-run", "printer"], stdin="")
        self.assertCodes(done, CONFIG)
        self.assertSaid(done, 0, self.bypass)


class Agy(Print, GateCase):
    driver, program, own, resume = "agy", "agy", ".gemini", "agy --conversation"
    bypass = "--dangerously-skip-permissions"


class Cursor(Print, GateCase):
    driver, program, own, resume = "cursor-print", "cursor-agent", ".cursor", "cursor-agent --resume"
    bypass = "--force"
