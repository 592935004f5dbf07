"""agim-approve check: what the policy would say."""

import json
import os

from support import CONFIG, Case, USAGE

DATA = 65


class Check(Case):

    def setUp(self):
        super().setUp()
        # What holds a home is no work directory.
        os.mkdir(self.path("project"))
        self.write("project/note.txt", "x")

    def batch(self, *lines, words=()):
        text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
        return self.pipe(["agim-approve", "check", "--batch", "--workdir", self.path("project"), *words], stdin=text)

    def test_a_line_that_is_not_understood_is_named_once_and_answered(self):
        done = self.batch(
            {"tool": "TodoWrite", "input": {}}, '{"tool"', "[]", {"tool": 7}, {"tol": "x"}, {"tool": "TodoWrite", "input": {}})
        self.assertCodes(done, DATA)
        self.assertEqual(len(done.lines), 6)
        errors = [line.get("error") for line in done.lines]
        self.assertEqual(errors[0], None)
        self.assertTrue(errors[1].startswith("line 2, column 8: expected"), errors[1])
        self.assertEqual(errors[2], "line 3: expected an object")
        self.assertEqual(errors[3], 'line 4: "tool": expected a text')
        self.assertEqual(errors[4], 'line 5: no such member "tol": did you mean "tool"?')
        self.assertEqual([line["verdict"] for line in done.lines], ["allow"] + 4 * ["deny"] + ["allow"])

    def test_tools_mean_what_they_mean_to_the_agent_that_is_named(self):
        read = {"tool": "Read", "input": {"file_path": "note.txt"}}
        for agent, verdict in ((None, "allow"), ("claude", "allow"), ("codex", "ask"), ("kimi", "ask"), ("unheard-of", "ask")):
            words = ["--agent", agent] if agent else []
            self.assertEqual(self.batch(read, words=words).lines[0]["verdict"], verdict, agent)
        mixed = self.batch(read, {**read, "agent": "codex"}, {"agent": "opencode", "tool": "read", "input": {"filePath": "note.txt"}})
        self.assertEqual([line["verdict"] for line in mixed.lines], ["allow", "ask", "allow"])

    def test_an_agent_of_the_configuration_has_the_tools_of_its_program(self):
        self.config({"agents": {"ours": {"driver": "acp", "command": ["/opt/kimi", "acp"]}}})
        read = {"agent": "ours", "tool": "ReadFile", "input": {"path": "note.txt"}}
        self.assertEqual(self.batch(read).lines[0]["verdict"], "allow")

    def test_usage(self):
        self.assertCodes(self.pipe(["agim-approve", "check", "--batch", "--tool", "Read"]), USAGE)
        self.config({"policy": [{"then": "maybe"}]})
        self.assertCodes(self.batch({"tool": "Read"}), CONFIG)
