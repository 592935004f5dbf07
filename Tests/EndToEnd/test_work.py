"""Goals: what is set in a chat or at the desk stands before the prompts of its conversation, and nowhere else."""

import json
import os
import signal

from support import NO_INPUT, NOT_PERMITTED, USAGE, DATA, Case

PIPE = "agim-recv stdin --session {} | agim-route | agim-run cat | agim-send"


class WorkCase(Case):
    def setUp(self):
        super().setUp()
        self.config({"agents": {"cat": {"driver": "exec", "command": ["cat"]}, "sh": {"driver": "shell"}},
                     "default_agent": "cat", "allow": {"*": "*"}})

    def say(self, text, session="stdin:a"):
        """What is answered to a message."""
        done = self.pipe(["bash", "-c", PIPE.format(session)], stdin=text + "\n")
        self.assertCodes(done, 0)
        return done.out


class Goals(WorkCase):
    def test_a_goal_stands_before_every_prompt_of_its_conversation(self):
        self.assertEqual(self.say("hello"), "hello\n")
        self.assertIn("put before every prompt from now on: ship it", self.say("/goal set ship it"))
        answer = self.say("hello")
        self.assertIn("goal of this conversation, set by stdin:tester on ", answer)
        self.assertIn(": ship it\n", answer)
        self.assertTrue(answer.endswith("\n\nhello\n"), answer)
        self.assertEqual(self.say("hello", "stdin:b"), "hello\n")
        self.assertEqual(self.say("/goal progress tests are green"), "Noted.\n")
        self.assertRegex(self.say("hello"), r"Noted on the way:\n- \d{4}-\d\d-\d\d tests are green\n")
        # A new conversation under the same address goes on towards it, and says so.
        self.assertIn("Kept: ship it.", self.say("/new"))
        self.assertIn("ship it", self.say("hello"))
        self.assertIn("Goal: ship it", self.say("/status"))
        shown = self.say("/goal")
        self.assertIn("ship it\n", shown)
        self.assertIn("tests are green", shown)
        self.assertEqual(self.say("/complete_goal all of it"), "Reached: ship it\n")
        self.assertEqual(self.say("hello"), "hello\n")
        rows = self.sql("select state, person, generation from goal")
        self.assertEqual([tuple(row.values()) for row in rows], [("done", "stdin:tester", 1)])
        self.assertEqual([row["text"] for row in self.sql("select text from goal_note order by n")],
                         ["tests are green", "all of it"])

    def test_there_is_one_at_a_time(self):
        self.say("/long_task one")
        self.assertIn("It takes the place of: one", self.say("/long_task two"))
        answer = self.say("x")
        self.assertIn(": two\n", answer)
        self.assertNotIn(": one", answer)
        self.assertEqual(self.say("/goal drop"), "Given up: two\n")
        self.assertIn("no goal", self.say("/complete_goal"))
        self.assertEqual(sorted(row["state"] for row in self.sql("select state from goal")), ["dropped", "replaced"])

    def test_in_chinese(self):
        self.assertIn("目标已设定", self.say("/goal set 发布新版本"))
        self.assertIn("发布新版本", self.say("好"))
        self.assertEqual(self.say("/goal 完成 已发布"), "目标已达成：发布新版本\n")

    def test_what_is_not_understood_changes_nothing(self):
        self.say("/goal set one")
        self.assertIn("This is written /goal [set TEXT|", self.say("/goal progres two"))
        self.assertIn("longer than 4000 bytes", self.say("/goal set " + "x" * 4001))
        self.assertEqual([row["text"] for row in self.sql("select text from goal")], ["one"])

    def test_commands_of_agents_and_command_lines_stay_as_they_are(self):
        self.say("/goal set one")
        # A slash that is no command of agim's goes to nobody; one behind an agent's name is the agent's.
        self.assertEqual(self.say("/agent cat /review it"), "/review it\n")
        done = self.pipe(["bash", "-c", PIPE.format("stdin:a").replace("agim-run cat", "agim-run cat sh")],
                         stdin="/sh echo hi\n")
        self.assertNotIn("[agim] The lasting goal", done.out)

    def test_at_the_desk(self):
        def goal(*words, code=0, **more):
            done = self.pipe(["agim-session", "goal", *words], **more)
            self.assertCodes(done, code)
            return done.out if code == 0 else done.err(0)

        self.assertIn("stdin:a has no goal", goal("show", "stdin:a", code=NO_INPUT))
        goal("set", "stdin:a", "ship", "it")
        goal("progress", "stdin:a", "half")
        self.assertIn("ship it", self.say("x"))
        shown = json.loads(goal("show", "--json", "stdin:a"))
        self.assertEqual((shown["text"], shown["person"], [note["text"] for note in shown["notes"]]),
                         ("ship it", "local:tester", ["half"]))
        self.assertIn("  ship it", goal("list"))
        goal("complete", "stdin:a")
        self.assertEqual(goal("list"), "")
        self.assertIn("  done  ", goal("list", "--all"))
        for words, code, text in [
                (["set", "stdin:a"], USAGE, "the text is missing"), (["set", "nowhere", "x"], USAGE, "not an address"),
                (["sett", "stdin:a", "x"], USAGE, "did you mean set?"), (["drop", "stdin:a"], NO_INPUT, "no goal"),
                (["set", "stdin:a", "x" * 4001], DATA, "longer than 4000 bytes"), (["show"], USAGE, "address is missing")]:
            with self.subTest(words[0]):
                self.assertIn(text, goal(*words, code=code))

    def test_an_agent_does_not_change_them_from_outside(self):
        self.config({"agents": {"cat": {
            "driver": "exec", "command": ["sh", "-c", "agim-session goal set stdin:b mine 2>&1; echo $?"]}},
            "default_agent": "cat", "allow": {"*": "*"}})
        self.assertIn(f"may not change what others work towards", self.say("x"))
        self.assertFalse(self.sql("select n from goal"))
