"""Sessions that Claude Code and Codex wrote down, replayed against the policy (`Benchmarks/questions.py`)."""

import json
import os
import re
import subprocess
import sys
import unittest

import support
from support import Case

BENCHMARKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Benchmarks")
PRIVATE = ["jane", "jane.doe@corp.example", "internal.corp.example", "AbCd1234EfGh5678IjKl9012", "the body", "a secret plan"]


def claude(use, tool, given, cwd="/home/jane/app"):
    return {"type": "assistant", "sessionId": "one", "cwd": cwd, "message": {"role": "assistant", "content": [
        {"type": "text", "text": "a secret plan"}, {"type": "tool_use", "id": use, "name": tool, "input": given}]}}


CLAUDE = [
    {"type": "summary", "summary": "a secret plan"},
    claude("1", "Read", {"file_path": "/home/jane/app/src/main.c"}),
    claude("2", "Bash", {"command": "git -C /home/jane/app log --oneline -3", "description": "a secret plan"}),
    claude("3", "Bash", {"command": "cat main.c | head -5"}, "/home/jane/app/src"),
    claude("4", "Edit", {"file_path": "/home/jane/app/src/main.c", "old_string": "the body", "new_string": "the body 2"}),
    claude("5", "Bash", {"command": "git commit -m 'the body' && curl https://internal.corp.example/x?t=AbCd1234EfGh5678IjKl9012"}),
    claude("6", "Bash", {"command": "cat > /home/jane/app/x <<'EOF'\nthe body\njane.doe@corp.example\nEOF\n"}),
    # What a program says again when a session is resumed is one call.
    claude("6", "Bash", {"command": "cat > /home/jane/app/x <<'EOF'\nthe body\njane.doe@corp.example\nEOF\n"}),
    claude("7", "AskUserQuestion", {"questions": [{"question": "a secret plan"}]}),
    claude("8", "Read", {"file_path": "/home/jane/.ssh/id_rsa"}),
]


def codex(use, name, arguments, kind="function_call"):
    field = "input" if kind == "custom_tool_call" else "arguments"
    text = arguments if kind == "custom_tool_call" else json.dumps(arguments)
    return {"type": "response_item", "payload": {"type": kind, "name": name, field: text, "call_id": use}}


PATCH = "*** Begin Patch\n*** Update File: src/main.c\n@@\n-the body\n+the body 2\n*** End Patch"
CODEX = [
    {"type": "session_meta", "payload": {"id": "two", "cwd": "/Users/jane/app"}},
    codex("1", "shell", {"command": ["bash", "-lc", "sed -n '1,5p' src/main.c"], "workdir": "/Users/jane/app"}),
    codex("2", "exec_command", {"cmd": "make test", "workdir": "/Users/jane/app"}),
    codex("3", "apply_patch", PATCH, "custom_tool_call"),
    codex("4", "shell", {"command": ["bash", "-lc", f"apply_patch <<'EOF'\n{PATCH}\nEOF"]}),
    codex("5", "update_plan", {"plan": [{"step": "a secret plan"}]}),
]


class Questions(Case):
    def write(self, name, lines):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
            file.write('{"type":"assistant","message":{"content":[{"type":"tool_u\n')
        return path

    def bench(self, script, *words):
        return subprocess.run(
            [sys.executable, os.path.join(BENCHMARKS, script), *words], capture_output=True, text=True, env=self.env, check=False)

    def convert(self, *paths):
        done = self.bench("recordings.py", "--name", "app", *paths)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for word in PRIVATE:
            self.assertNotIn(word, done.stdout)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_what_stays_of_claude_code(self):
        head, *calls = self.convert(self.write("c.jsonl", CLAUDE))
        self.assertEqual((head["session"], head["agent"], head["files"]), ("app-1", "claude", ["src/main.c"]))
        self.assertEqual([call["tool"] for call in calls], ["Read", "Bash", "Bash", "Edit", "Bash", "Bash", "AskUserQuestion", "Read"])
        self.assertEqual(calls[0]["input"], {"file_path": "%W/src/main.c"})
        self.assertEqual(calls[1]["input"]["command"], "git -C %W log --oneline -3")
        self.assertEqual(calls[2]["workdir"], "%W/src")
        self.assertEqual(calls[3]["input"]["old_string"], "(8 characters, 0)")
        self.assertTrue(re.match(r"git commit -m '.*' && curl https://host.example/x\?t=token$", calls[4]["input"]["command"]))
        self.assertTrue(calls[5]["input"]["command"].startswith("cat > %W/x <<'EOF'\n(30 characters, "))
        self.assertEqual(calls[7]["input"]["file_path"], "%H/.ssh/id_rsa")

    def test_what_stays_of_codex(self):
        head, *calls = self.convert(self.write("r.jsonl", CODEX))
        self.assertEqual(head["agent"], "codex")
        self.assertEqual([call["tool"] for call in calls], ["Bash", "Bash", "apply_patch", "apply_patch", "update_plan"])
        self.assertEqual([call["input"].get("command") for call in calls[:2]], ["sed -n '1,5p' src/main.c", "make test"])
        self.assertEqual(calls[2]["input"], calls[3]["input"])
        self.assertIn("*** Update File: src/main.c", calls[2]["input"]["command"])

    def test_replay(self):
        """Said for each source and agent, the same whether it was converted before or not."""
        sessions = os.path.join(self.dir, "sessions")
        os.mkdir(sessions)
        self.write("sessions/c.jsonl", CLAUDE)
        self.write("sessions/r.jsonl", CODEX)
        done = self.bench("questions.py", support.BIN, sessions)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        said = re.sub(" +", " ", done.stdout)
        # Of seven calls: the change, the commit and the text written; the key is denied and nobody asked.
        self.assertIn(" claude: 1 sessions, 7 calls, 1 always denied and not asked about\n agim 42.9 42.9\n", said)
        self.assertIn(" claude's default mode 57.1 57.1\n", said)
        self.assertIn(" codex: 1 sessions, 5 calls\n agim 60.0 ", said)
        self.assertIn(" codex, untrusted 60.0 ", said)
        self.assertIn(" codex, on-request 0.0 ", said)
        converted = self.bench("recordings.py", sessions).stdout
        with open(os.path.join(self.dir, "converted.jsonl"), "w", encoding="utf-8") as file:
            file.write(converted)
        again = self.bench("questions.py", support.BIN, os.path.join(self.dir, "converted.jsonl"))
        self.assertEqual(again.stdout, done.stdout)

    def test_nothing_to_replay(self):
        done = self.bench("questions.py", support.BIN, self.write("x.jsonl", [{"a": 1}]))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no call of a tool of Claude Code or Codex", done.stderr)


if __name__ == "__main__":
    unittest.main()
