"""Recordings of real programs played to our drivers: what Claude Code 2.1.329 and Codex 0.163 said, byte for byte but for
lists that no driver reads. What the drivers answer must be what was answered then; see Support/agents/player.py."""

import json
import os
import sys

from support import HERE, SCRIPTED_AGENTS
from talk import GateCase

PLAYER = os.path.join(SCRIPTED_AGENTS, "player.py")


class Recorded(GateCase):
    """A conversation with a player in place of the program."""

    def begin(self, kind, name):
        recording = os.path.join(HERE, "recordings", f"{kind}-{name}.jsonl")
        self.configure(allow={"*": "*"}, agents={kind: {
            "driver": kind, "command": [sys.executable, PLAYER, kind, recording], "workdir": self.work, "queue": "steer"}})
        return self.talk(["agim-route", "--agent", kind], ["agim-approve"], ["agim-run", kind])

    def code(self, message):
        return self.rows("select code from audit where id = ?", message)[0]["code"]


class Claude(Recorded):
    COMMAND = {"command": "touch made-by-bash.txt && echo made", "description": "Make a file"}

    def asked(self, name, tool="Bash"):
        talk = self.begin("claude", name)
        request = talk.ask("please")
        self.assertEqual(request["tool"], tool)
        return talk, request

    def test_allowed(self):
        talk, request = self.asked("03-allow")
        self.assertEqual(json.loads(request["input"]), self.COMMAND)
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "I will use a tool.\n\nMade it.")
        spent = self.rows("select tokens, cost from audit")[0]
        self.assertGreater(spent["tokens"], 30)
        self.assertGreater(spent["cost"], 0)
        talk.stop()

    def test_denied(self):
        talk, request = self.asked("04-deny")
        talk.say("n " + request["code"])
        self.assertTrue(talk.reply(request["parent"]).startswith("I will use a tool."))
        talk.stop()

    def test_two_turns(self):
        talk, request = self.asked("06-write-two-turns", "Write")
        talk.say("y " + request["code"])
        self.assertTrue(talk.reply(request["parent"]).endswith("Wrote it."))
        self.write("work/note.txt", "hello\n")
        self.assertTrue(talk.reply(talk.say("read it")).endswith("Read it."))
        self.assertEqual(self.count("request"), 1)
        talk.stop()

    def test_denied_by_the_hook(self):
        """What the policy denies never becomes a question."""
        talk = self.begin("claude", "08-hook-deny")
        self.configure(allow={"*": "*"}, policy=[{"if": {"tool": "Bash"}, "then": "deny"}], agents=json.loads(self.read("home/config.json"))["agents"])
        self.assertTrue(talk.reply(talk.say("please")).startswith("I will use a tool."))
        self.assertEqual(self.count("request"), 0)
        talk.stop()

    def test_interrupted(self):
        talk = self.begin("claude", "09-interrupt")
        message = talk.say("go")
        self.wait_for(lambda: self.rows("select * from inbox where id = ? and state = 'running'", message))
        self.wait_for(lambda: self.rows("select * from session where data like '%128ea780%'"), what="its session")
        talk.say("/abort")
        said = talk.reply(message)
        self.assertIn("part 0. part 1.", said)
        self.assertIn("claude was stopped.", said)
        self.assertEqual(self.code(message), "aborted")
        talk.stop()

    def test_a_question(self):
        talk = self.begin("claude", "34-askuserquestion")
        request = talk.ask("ask")
        self.assertEqual(request["kind"], "question")
        talk.say("1 " + request["code"])
        self.assertTrue(talk.reply(request["parent"]).endswith("Fine."))
        talk.stop()

    def test_a_plan(self):
        talk = self.begin("claude", "35-exitplanmode")
        request = talk.ask("plan")
        self.assertIn("1. do it", json.loads(request["input"])["question"])
        talk.say("1 " + request["code"])
        self.assertTrue(talk.reply(request["parent"]).endswith("Planned."))
        talk.stop()


class Codex(Recorded):
    def test_text(self):
        talk = self.begin("codex", "20-plain")
        self.assertEqual(talk.reply(talk.say("hi")), "Hello there.")
        self.assertEqual(self.rows("select tokens from audit")[0]["tokens"], 18)
        talk.stop()

    def test_allowed(self):
        talk = self.begin("codex", "21-untrusted_accept")
        request = talk.ask("go")
        self.assertEqual(json.loads(request["input"])["command"], "touch c.txt && echo made")
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "Done.")
        talk.stop()

    def test_denied(self):
        talk = self.begin("codex", "22-untrusted_decline")
        request = talk.ask("go")
        talk.say("n " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "Done.")
        talk.stop()

    def test_a_patch(self):
        """Its request names the item alone; what is asked about was told before."""
        talk = self.begin("codex", "25-patch_untrusted")
        request = talk.ask("go")
        self.assertEqual([(c["path"], c["kind"], c["diff"]) for c in json.loads(request["input"])["changes"]],
                         [(os.path.join(self.work, "q.txt"), "add", "hello\n")])
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "Patched.")
        talk.stop()

    def test_interrupted(self):
        talk = self.begin("codex", "28-interrupt")
        message = talk.say("go")
        self.wait_for(lambda: self.rows("select * from session where data like '%01a1fbd8-ccd0%'"), what="its thread")
        talk.say("/abort")
        self.assertIn("codex was stopped.", talk.reply(message))
        self.assertEqual(self.code(message), "aborted")
        talk.stop()

    def test_steered(self):
        talk = self.begin("codex", "29-steer")
        message = talk.say("go")
        self.wait_for(lambda: self.rows("select * from session where data like '%01a1fbd8-de02%'"), what="its thread")
        talk.say("also this")
        said = talk.reply(message)
        self.assertTrue(said.startswith("part 0. "), said)
        self.assertTrue(said.endswith("steered"), said)
        talk.stop()

    def test_an_error(self):
        talk = self.begin("codex", "30-error")
        message = talk.say("x")
        self.assertIn("mock error", talk.reply(message))
        self.assertNotEqual(self.code(message), "ok")
        talk.stop()


del Recorded
