"""agim-approve hook and agim setup PROGRAM, with payloads as the real programs write them."""

import glob
import json
import os
import signal
import sqlite3
import stat
import subprocess
import time

from support import BIN, CANNOT_CREATE, DATA, OK, USAGE, fill, seconds
from talk import GateCase, Talk

BLOCKED = 2
SESSION = "2240b939-6e83-4c81-a9ca-34a190de2801"


class HookCase(GateCase):
    """A chat with a gate, and hooks that are called as a program calls them."""

    def chat(self, **config):
        self.configure(**config)
        talk = Talk(self, [["agim-approve"]])
        self.wait_for(lambda: self.lives("gate") and self.lives("send"), what="a gate and a sender")
        return talk

    def lives(self, role):
        return os.path.exists(f"{self.home}/run/{role}-main")

    def claude(self, event="PreToolUse", tool="Bash", input_=None, **more):
        """What Claude Code 2.1.329 writes."""
        value = {"session_id": SESSION, "transcript_path": f"{self.user}/.claude/projects/x/{SESSION}.jsonl",
                 "cwd": self.work, "prompt_id": "bdb187a5-e274-4eef-bfcd-97ce83471273", "permission_mode": "default",
                 "effort": {"level": "medium"}, "hook_event_name": event}
        if event in ("PreToolUse", "PermissionRequest"):
            value.update({"tool_name": tool, "tool_input": input_ or {"command": "touch ran", "description": "Make it"},
                          "tool_use_id": "toolu_b9c9ccd22ed849228751"})
        return {**value, **more}

    def codex(self, event="PreToolUse", tool="Bash", input_=None, **more):
        """What codex-cli writes."""
        value = {"session_id": "01a1c5d0-0000-7000-8000-000000000001", "turn_id": "t1", "transcript_path": None,
                 "cwd": self.work, "hook_event_name": event, "model": "m", "permission_mode": "default"}
        if event != "Stop":
            value.update({"tool_name": tool, "tool_input": input_ or {"command": "touch ran"}})
        return {**value, **more}

    def cursor(self, event, **more):
        return {"conversation_id": "c1", "generation_id": "g1", "hook_event_name": event, "cursor_version": "3.7.21",
                "workspace_roots": [self.work], "user_email": None, **more}

    def hook(self, value, *words, **env):
        """Calls the hook, as a program does: by a pipe each way."""
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        hook = self.start(["agim-approve", "hook", *(words or ("--to", "chat:1"))], **env)
        try:
            hook.write(data)
        except BrokenPipeError:
            pass
        hook.close()
        return hook

    def answer(self, hook, limit=20):
        hook.wait(limit)
        self.assertCodes(hook, OK)
        self.assertEqual(len(hook.lines), 1, hook.out)
        return hook.lines[0]

    def decision(self, hook, limit=20):
        """What Claude Code and Codex read of a PreToolUse hook."""
        output = self.answer(hook, limit)["hookSpecificOutput"]
        self.assertEqual(output["hookEventName"], "PreToolUse")
        return output["permissionDecision"], output["permissionDecisionReason"]

    def assertBlocked(self, hook, *words):
        """Exit status 2 with words for the model, and nothing that could pass for a decision."""
        hook.wait()
        self.assertEqual(hook.codes, [BLOCKED], hook.errors)
        self.assertEqual(hook.raw, b"")
        self.assertTrue(hook.err(0).strip())
        self.assertSaid(hook, 0, *words)

    def card_of(self):
        rows = self.wait_for(lambda: self.rows(
            "select r.* from request r join outbox o on o.id = r.id where r.state = 'pending' and o.state = 'delivered'"),
            what="a card")
        time.sleep(0.005)
        return rows[0]


class Decisions(HookCase):
    """What the hook of each program prints."""

    def test_allowed_by_a_person(self):
        talk = self.chat()
        hook = self.hook(self.claude())
        request = self.card_of()
        card = self.said(request["id"])["text"]
        for words in ("claude wants to run", "touch ran", f"in {self.work}", "started at a terminal by tty:", "Make it"):
            self.assertIn(words, card)
        self.assertEqual((request["parent"], request["session"], request["agent"]), (None, "chat:1", "claude"))
        talk.say("y " + request["code"])
        output = self.answer(hook)["hookSpecificOutput"]
        self.assertEqual(output, {
            "hookEventName": "PreToolUse", "permissionDecision": "allow",
            "permissionDecisionReason": "agim: allowed by command:U1",
            "updatedInput": {"command": "touch ran", "description": "Make it"}})
        self.assertEqual(talk.settled(request)["state"], "used")
        self.assertEqual([e["kind"] for e in self.entries()], ["decision", "used"])
        talk.stop()

    def test_a_bare_word_and_a_button(self):
        talk = self.chat()
        talk.say("hello")  # Now the chat is known to be a direct one.
        self.wait_for(lambda: self.count("inbox", "state in ('done', 'dead')") == 1, 15, "the message to be over")
        hook = self.hook(self.claude())
        request = self.card_of()
        self.assertEqual(request["chat"], "direct")
        talk.press(request["id"], "once")
        self.assertEqual(self.decision(hook)[0], "allow")
        hook = self.hook(self.claude())
        request = self.card_of()
        talk.say("n")
        verdict, reason = self.decision(hook)
        self.assertEqual(verdict, "deny")
        self.assertIn("command:U1 said no in chat:1", reason)
        talk.settled(request, "denied")
        talk.stop()

    def test_only_approvers(self):
        talk = self.chat(allow={"command": "*"})
        hook = self.hook(self.claude())
        request = self.card_of()
        self.assertIn("only approvers", talk.reply(talk.say("y " + request["code"], sender="U9")))
        self.assertIsNone(hook.procs[0].poll())
        talk.say("y " + request["code"], sender="U3")
        self.assertEqual(self.decision(hook)[0], "allow")
        talk.stop()

    def test_the_policy_alone(self):
        """What the policy decides needs no chat; an allow is only ever the policy's or a person's."""
        with open(os.path.join(self.work, "note"), "w") as file:
            file.write("x")
        self.configure(policy=[{"if": {"tool": "WebFetch"}, "then": "deny"}])
        for tool, input_, verdict, words in (
                ("Read", {"file_path": f"{self.work}/note"}, "allow", "only reads"),
                ("Bash", {"command": "ls"}, "allow", "only reads"),
                ("Read", {"file_path": f"{self.user}/.ssh/id_rsa"}, "deny", "must not be touched"),
                ("Bash", {"command": "cat ~/.ssh/id_rsa"}, "deny", "id_rsa"),
                ("Bash", {"command": "env"}, "deny", "environment"),
                ("WebFetch", {"url": "https://example.org", "prompt": "x"}, "deny", "Rule 1"),
                ("Bash", {"command": "touch x"}, "deny", "no agim-approve runs"),
                ("Frobnicate", {"x": 1}, "deny", "not known")):
            with self.subTest(f"{tool} {input_}"):
                found, reason = self.decision(self.hook(self.claude(tool=tool, input_=input_)))
                self.assertEqual(found, verdict, reason)
                self.assertIn(words, reason)
        self.assertEqual(self.count("request"), 0)
        kinds = {(entry["kind"], entry["verdict"]) for entry in self.entries()}
        self.assertEqual(kinds, {("policy", "allow"), ("policy", "deny")})

    def test_places_that_are_nobodys_project(self):
        """In `/`, a home or agim's own directory reading is asked about, too."""
        for place in ("/", self.user, self.home):
            with self.subTest(place):
                verdict, _ = self.decision(self.hook(self.claude(input_={"command": "ls"}, cwd=place)))
                self.assertEqual(verdict, "deny")

    def test_unknown_tools_are_asked_about(self):
        talk = self.chat()
        for tool in ("Frobnicate", "mcp__server__tool"):
            hook = self.hook(self.claude(tool=tool, input_={"x": 1}))
            request = self.card_of()
            self.assertEqual(request["tool"], tool)
            talk.say("y " + request["code"])
            self.assertEqual(self.decision(hook)[0], "allow")
        # Without its input it can be allowed once, never for good.
        hook = self.hook({k: v for k, v in self.claude(tool="Frobnicate").items() if k != "tool_input"})
        request = self.card_of()
        self.assertEqual((request["complete"], request["proposal"]), (0, None))
        talk.say("n " + request["code"])
        self.assertEqual(self.decision(hook)[0], "deny")
        talk.stop()

    def test_plan_mode(self):
        """Who only plans only reads, and nobody is asked to change that."""
        talk = self.chat()
        verdict, reason = self.decision(self.hook(self.claude(permission_mode="plan")))
        self.assertEqual(verdict, "deny")
        self.assertIn("Plan mode", reason)
        self.assertEqual(self.decision(self.hook(self.claude(input_={"command": "ls"}, permission_mode="plan")))[0],
                         "allow")
        self.assertEqual(self.count("request"), 0)
        talk.stop()

    QUESTIONS = {"questions": [
        {"question": "Which colour?", "header": "Colour", "multiSelect": False,
         "options": [{"label": "Red", "description": "like fire"}, {"label": "Blue", "description": ""}]},
        {"question": "Which sizes?", "header": "Size", "multiSelect": True,
         "options": [{"label": "S", "description": ""}, {"label": "M", "description": ""}]},
        {"question": "Which name?", "header": "Name", "multiSelect": False, "options": []}]}

    def test_questions_are_answered_in_the_chat(self):
        """One card a question, in their order; the answers go back together, and are a yes to nothing."""
        talk = self.chat()
        hook = self.hook(self.claude(tool="AskUserQuestion", input_=self.QUESTIONS))
        for text, answer in (("like fire", "{} 2"), ("several as", "{} 1,2"), ("Which name?", "{} Jolly Roger")):
            request = self.card_of()
            self.assertEqual(request["kind"], "question")
            self.assertIn(text, self.said(request["id"])["text"])
            talk.say(answer.format(request["code"]))
            talk.settled(request, "used")
        self.assertEqual(self.answer(hook)["hookSpecificOutput"], {
            "hookEventName": "PreToolUse", "permissionDecision": "allow",
            "permissionDecisionReason": "agim: answered in the chat",
            "updatedInput": {**self.QUESTIONS, "answers": {
                "Which colour?": "Blue", "Which sizes?": "S, M", "Which name?": "Jolly Roger"}}})
        talk.stop()

    def test_questions_without_an_answer(self):
        """What nobody answers in the chat, the terminal asks."""
        talk = self.chat(limits={"request": 3})
        hook = self.hook(self.claude(tool="AskUserQuestion", input_=self.QUESTIONS))
        talk.say("n " + self.card_of()["code"])
        self.assertEqual(self.decision(hook)[0], "ask")
        hook = self.hook(self.claude(tool="AskUserQuestion", input_=self.QUESTIONS))
        request = self.card_of()
        self.assertEqual(self.decision(hook)[0], "ask")
        self.assertEqual(talk.settled(request)["state"], "expired")
        talk.stop()
        began = time.monotonic()
        self.assertEqual(self.decision(self.hook(self.claude(tool="AskUserQuestion", input_=self.QUESTIONS)))[0], "ask")
        self.assertLess(time.monotonic() - began, 10)

    def test_questions_to_the_person(self):
        """A question is asked where it can be answered; the chat is told that it waits there."""
        talk = self.chat()
        for tool in ("AskUserQuestion", "ExitPlanMode"):
            verdict, _ = self.decision(self.hook(self.claude(tool=tool, input_={"questions": []})))
            self.assertEqual(verdict, "ask")
        self.assertEqual(self.answer(self.hook(self.claude("PermissionRequest", tool="AskUserQuestion"))), {})
        rows = self.wait_for(lambda: self.rows("select id from outbox where state = 'delivered'"), what="the notice")
        self.assertIn("asks something at its terminal", self.said(rows[0]["id"])["text"])
        self.assertEqual(self.count("request"), 0)
        talk.stop()

    def test_permission_request(self):
        """Claude's other hook has another form."""
        talk = self.chat()
        hook = self.hook(self.claude("PermissionRequest"))
        talk.say("y " + self.card_of()["code"])
        self.assertEqual(self.answer(hook), {"hookSpecificOutput": {
            "hookEventName": "PermissionRequest", "decision": {"behavior": "allow"}}})
        hook = self.hook(self.claude("PermissionRequest"))
        talk.say("n " + self.card_of()["code"])
        decision = self.answer(hook)["hookSpecificOutput"]["decision"]
        self.assertEqual(decision["behavior"], "deny")
        self.assertIn("said no", decision["message"])
        talk.stop()

    def test_codex(self):
        """Codex' own gate asks about what was allowed a moment ago: the chat is not asked a second time."""
        talk = self.chat()
        hook = self.hook(self.codex())
        request = self.card_of()
        self.assertEqual(request["agent"], "codex")
        talk.say("y " + request["code"])
        # Codex takes an allow without the input for none.
        self.assertEqual(self.answer(hook)["hookSpecificOutput"]["updatedInput"], {"command": "touch ran"})
        again = self.codex("PermissionRequest", input_={"command": "touch ran", "description": "needs the network"})
        self.assertEqual(self.answer(self.hook(again))["hookSpecificOutput"]["decision"], {"behavior": "allow"})
        self.assertEqual(self.count("request"), 1)
        # Another command is another question; so is the same one elsewhere.
        other = self.hook(self.codex("PermissionRequest", input_={"command": "touch other"}))
        talk.say("n " + self.card_of()["code"])
        self.assertEqual(self.answer(other)["hookSpecificOutput"]["decision"]["behavior"], "deny")
        patch = "*** Begin Patch\n*** Update File: a.txt\n*** End Patch"
        hook = self.hook(self.codex(tool="apply_patch", input_={"command": patch}))
        request = self.card_of()
        self.assertIn("a.txt", request["reason"])
        talk.say("y " + request["code"])
        self.assertEqual(self.answer(hook)["hookSpecificOutput"]["updatedInput"], {"command": patch})
        secret = patch.replace("a.txt", f"{self.user}/.ssh/authorized_keys")
        self.assertEqual(self.decision(self.hook(self.codex(tool="apply_patch", input_={"command": secret})))[0], "deny")
        talk.stop()

    def test_cursor(self):
        talk = self.chat()
        hook = self.hook(self.cursor("beforeShellExecution", command="touch ran", cwd=self.work))
        talk.say("y " + self.card_of()["code"])
        self.assertEqual(self.answer(hook), {"permission": "allow"})
        hook = self.hook(self.cursor("beforeMCPExecution", tool_name="query", tool_input='{"q": "drop"}', url="http://x"))
        request = self.card_of()
        self.assertEqual((request["tool"], json.loads(request["input"])), ("MCP:query", {"q": "drop"}))
        talk.say("n " + request["code"])
        answer = self.answer(hook)
        self.assertEqual(answer["permission"], "deny")
        self.assertIn("said no", answer["agent_message"])
        secret = self.cursor("beforeReadFile", file_path=f"{self.user}/.ssh/id_rsa", content="the key", attachments=[])
        self.assertEqual(self.answer(self.hook(secret))["permission"], "deny")
        os.mknod(os.path.join(self.work, "note"))
        plain = self.cursor("beforeReadFile", file_path=f"{self.work}/note", content="")
        self.assertEqual(self.answer(self.hook(plain)), {"permission": "allow"})
        elsewhere = self.hook(self.cursor("beforeShellExecution", command="ls", cwd="/etc"))
        request = self.card_of()
        self.assertEqual(json.loads(request["input"])["cwd"], "/etc")
        talk.say("n " + request["code"])
        self.assertEqual(self.answer(elsewhere)["permission"], "deny")
        hook = self.hook(self.cursor("preToolUse", tool_name="Write", tool_input={"file_path": f"{self.work}/x", "content": "x"}))
        talk.say("y " + self.card_of()["code"])
        self.assertEqual(self.answer(hook), {"permission": "allow"})
        talk.stop()

    def test_the_chat_of_the_configuration(self):
        talk = self.chat(addresses={"desk": "chat:1"}, hook={"to": "desk"})
        hook = self.hook(self.claude(), "--program", "claude")
        request = self.card_of()
        self.assertEqual(request["session"], "chat:1")
        talk.say("y " + request["code"])
        self.assertEqual(self.decision(hook)[0], "allow")
        # What the hook says itself stands above it.
        hook = self.hook(self.claude(), "--to", "chat:2")
        request = self.card_of()
        self.assertEqual(request["session"], "chat:2")
        self.assertCodes(self.approve("allow", request["code"]), OK)
        self.assertEqual(self.decision(hook)[0], "allow")
        talk.stop()

    def test_grants_and_absences(self):
        talk = self.chat()
        hook = self.hook(self.claude())
        talk.say("always " + self.card_of()["code"])
        self.assertEqual(self.decision(hook)[0], "allow")
        verdict, reason = self.decision(self.hook(self.claude()))
        self.assertEqual((verdict, "standing grant" in reason), ("allow", True))
        # Neither another directory nor another agent.
        other = self.path("other")
        os.mkdir(other)
        for value in (self.claude(cwd=other), self.codex()):
            hook = self.hook(value)
            talk.say("n " + self.card_of()["code"])
            self.assertEqual(self.decision(hook)[0], "deny")
        self.assertCodes(self.approve("away", "1h", "--agent", "codex"), OK)
        self.assertEqual(self.decision(self.hook(self.codex()))[0], "allow")
        secret = self.codex(input_={"command": "cat ~/.ssh/id_rsa"})
        self.assertEqual(self.decision(self.hook(secret))[0], "deny")
        talk.stop()


class Waiting(HookCase):
    """No answer, nobody who could give one, and what changes meanwhile."""

    def test_nobody_answers_in_time(self):
        talk = self.chat(limits={"request": 2})
        hook = self.hook(self.claude())
        request = self.card_of()
        verdict, reason = self.decision(hook)
        self.assertEqual(verdict, "deny")
        for words in ("nobody answered in time", "chat:1", request["code"], "agim-approve allow"):
            self.assertIn(words, reason)
        self.assertEqual(talk.settled(request)["state"], "expired")
        self.assertIn("Too late", talk.reply(talk.say("y " + request["code"])))
        talk.stop()

    def test_within(self):
        """The hook's own time can only be shorter than the configuration's."""
        talk = self.chat()
        hook = self.hook(self.claude(), "--to", "chat:1", "--within", "2s")
        request = self.card_of()
        self.assertEqual(request["expires"] - request["created"], 2000)
        self.assertEqual(self.decision(hook)[0], "deny")
        self.configure(limits={"request": 1})
        hook = self.hook(self.claude(), "--to", "chat:1", "--within", "1h")
        self.assertIn("in time", self.decision(hook)[1])
        talk.stop()

    def test_nobody_serves(self):
        """Nobody could see the card or answer it: denied after two seconds, with no card left behind."""
        for stages, words in (([], "no agim-approve runs"), ([["agim-approve"]], "no agim-send runs")):
            with self.subTest(words):
                live = None
                if stages:
                    live = self.start(*stages, stdin=subprocess.PIPE)
                    self.wait_for(lambda: self.lives("gate"), what="the gate")
                began = time.monotonic()
                verdict, reason = self.decision(self.hook(self.claude()))
                self.assertEqual(verdict, "deny")
                self.assertIn(words, reason)
                self.assertGreaterEqual(time.monotonic() - began, 1.9)
                if live:
                    live.close()
                    live.wait()
        self.assertEqual((self.count("request"), self.count("outbox")), (0, 0))

    def test_nobody_is_named(self):
        self.configure()
        verdict, reason = self.decision(self.hook(self.claude(), "--program", "claude"))
        self.assertEqual(verdict, "deny")
        self.assertIn("--to ADDRESS", reason)

    def test_a_card_that_cannot_be_shown(self):
        self.platform = self.script("platform", "echo no such chat >&2; exit 69\n")
        talk = self.chat()
        verdict, reason = self.decision(self.hook(self.claude()))
        self.assertEqual(verdict, "deny")
        self.assertIn("could not be shown", reason)
        self.assertEqual(self.states("request"), {"expired": 1})
        talk.stop()

    def test_the_rules_of_the_moment(self):
        """A yes counts by the rules of its own moment, for what was shown."""
        talk = self.chat()
        hook = self.hook(self.claude())
        request = self.card_of()
        self.configure(policy=[{"if": {"agent": "claude"}, "then": "deny"}])
        talk.say("y " + request["code"])
        verdict, reason = self.decision(hook)
        self.assertEqual((verdict, "Rule 1" in reason), ("deny", True))
        self.assertEqual(talk.settled(request)["state"], "void")
        self.configure()
        script = os.path.join(self.work, "script.sh")
        for text, verdict in (("touch ran\n", "allow"), ("touch other\n", "deny")):
            with open(script, "w") as file:
                file.write("touch ran\n")
            hook = self.hook(self.claude(input_={"command": "sh script.sh"}))
            request = self.card_of()
            with open(script, "w") as file:
                file.write(text)
            talk.say("y " + request["code"])
            self.assertEqual(self.decision(hook)[0], verdict, text)
        talk.stop()

    def test_ended_while_it_waits(self):
        """However the program goes: 2 where that can be said, and the card is taken back."""
        talk = self.chat()
        for how in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL, "reader"):
            with self.subTest(how):
                hook = subprocess.Popen(
                    ["agim-approve", "hook", "--to", "chat:1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, env=self.env, executable=f"{BIN}/agim-approve")
                hook.stdin.write(json.dumps(self.claude()).encode())
                hook.stdin.close()
                request = self.card_of()
                if how == "reader":
                    hook.stdout.close()
                else:
                    hook.send_signal(how)
                code = hook.wait(15)
                if how == "reader":
                    self.assertEqual(code, BLOCKED)
                else:
                    self.assertEqual(hook.stdout.read(), b"")
                    self.assertEqual(code, -9 if how == signal.SIGKILL else BLOCKED)
                    hook.stdout.close()
                hook.stderr.close()
                if how == signal.SIGKILL:
                    # The next one finds it.
                    self.decision(self.hook(self.claude(input_={"command": "ls"})))
                self.assertEqual(talk.settled(request)["state"], "void")
                self.assertIn("Too late", talk.reply(talk.say("y " + request["code"])))
        talk.stop()

    def test_killed_and_found_by_the_gate(self):
        """Without another hook the gate takes the card back: at its start, and every half minute."""
        talk = self.chat()
        hook = subprocess.Popen(
            ["agim-approve", "hook", "--to", "chat:1"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=self.env, executable=f"{BIN}/agim-approve")
        hook.stdin.write(json.dumps(self.claude()).encode())
        hook.stdin.close()
        request = self.card_of()
        hook.kill()
        hook.wait()
        self.assertEqual(self.rows("select state from request where id = ?", request["id"])[0]["state"], "pending")
        talk.stop()
        talk.start()
        self.assertEqual(talk.settled(request)["state"], "void")
        self.assertIn("Too late", talk.reply(talk.say("y " + request["code"])))
        talk.stop()

    def test_a_large_input(self):
        """What nobody would look through is not asked about."""
        talk = self.chat()
        verdict, reason = self.decision(self.hook(self.claude(
            tool="Write", input_={"file_path": f"{self.work}/x", "content": "x" * 300_000})))
        self.assertEqual(verdict, "deny")
        self.assertIn("smaller steps", reason)
        talk.stop()

    def test_several_at_once(self):
        """Parallel calls of one session: each has its own card and its own answer."""
        talk = self.chat()
        hooks = {name: self.hook(self.claude(input_={"command": f"touch {name}"})) for name in ("a", "b", "c")}
        rows = self.wait_for(lambda: (lambda r: r if len(r) == 3 else None)(self.rows(
            "select r.* from request r join outbox o on o.id = r.id where r.state = 'pending' and o.state = 'delivered'")))
        for row in rows:
            name = json.loads(row["input"])["command"][-1]
            talk.say(("n " if name == "b" else "y ") + row["code"])
        self.assertEqual({name: self.decision(hook)[0] for name, hook in hooks.items()},
                         {"a": "allow", "b": "deny", "c": "allow"})
        talk.stop()


class Faults(HookCase):
    """Whatever goes wrong: 2, and words for the model. Never 1, which would let the call pass."""

    def test_input(self):
        self.configure()
        deep = b'{"a":' * 100 + b"1" + b"}" * 100
        good = json.dumps(self.claude()).encode()
        for data in (b"", b"{", b"[]", b"null", b"\xff\xfe", good[:-1], good + b"x", deep, b'{"hook_event_name":7}',
                     b'{"hook_event_name":"PreToolUse"}', b'{"a":1,"a":2}',
                     json.dumps(self.claude(cwd="relative")).encode(), json.dumps(self.claude(cwd=None)).encode(),
                     json.dumps(self.claude(tool_name="")).encode(), json.dumps(self.claude(event="Nonesuch")).encode(),
                     json.dumps(self.cursor("beforeNonesuch")).encode(), b" " * (17 << 20)):
            with self.subTest(data[:60]):
                self.assertBlocked(self.hook(data))

    def test_options(self):
        self.configure()
        for words, said in ((("--nonsense",), "unknown option"), (("--program", "clod"), "clod"),
                            (("--within", "soon"), "soon"), (("--within", "0"), "0"), (("--to", "nowhere"), "nowhere"),
                            (("more",), "operand"), (("--json",), "--json"), (("--to",), "--to")):
            with self.subTest(words):
                self.assertBlocked(self.hook(self.claude(), *words), said)

    def test_no_input(self):
        """A terminal, and a program that never ends its line."""
        self.configure()
        hook = self.start(["script", "-qec", "agim-approve hook; echo status $?", "/dev/null"], stdin=subprocess.DEVNULL)
        hook.wait()
        self.assertIn("status 2", hook.out)

    def test_configuration(self):
        for text in ("{ nonsense", '{"polcy": []}', '{"policy": 7}'):
            with self.subTest(text):
                self.config(None, text=text)
                self.assertBlocked(self.hook(self.claude(input_={"command": "ls"})), "config.json")
        self.config({})
        os.chmod(f"{self.home}/config.json", 0o644)
        self.assertBlocked(self.hook(self.claude()), "config.json")
        self.config({"policy": [{"then": "perhaps"}]})
        verdict = self.hook(self.claude())
        verdict.wait()
        self.assertIn(verdict.codes[0], (OK, BLOCKED))
        if verdict.codes[0] == OK:
            self.assertEqual(self.decision(verdict)[0], "deny")

    def test_home(self):
        self.env["AGIM_HOME"] = "/proc/nowhere"
        self.assertBlocked(self.hook(self.claude()))
        self.env["AGIM_HOME"] = self.home
        self.assertBlocked(self.hook(self.claude(), AGIM_PIPE="no/pipe"), "AGIM_PIPE")

    @seconds(15)
    def test_a_locked_store(self):
        self.configure()
        self.decision(self.hook(self.claude(input_={"command": "ls"})))
        other = sqlite3.connect(f"{self.home}/agim.db", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("begin immediate")
        hook = self.hook(self.claude(input_={"command": "ls"}))
        self.assertBlocked(hook, "locked")

    def test_a_damaged_store(self):
        with open(f"{self.home}/agim.db", "wb") as file:
            file.write(b"this is no database, but it is long enough to be read as one" * 100)
        self.assertBlocked(self.hook(self.claude(input_={"command": "ls"})))
        os.unlink(f"{self.home}/agim.db")

    def test_a_full_disk(self):
        small = self.path("small")
        self.tmpfs(small, "2m")
        self.env["AGIM_HOME"] = small
        self.decision(self.hook(self.claude(input_={"command": "ls"})))
        fill(f"{small}/filler")
        self.assertBlocked(self.hook(self.claude(input_={"command": "ls"})), "space")

    def test_output(self):
        """A decision that cannot be written is none."""
        self.configure()
        for out in ("/dev/full", "closed"):
            with self.subTest(out):
                line = f"agim-approve hook >{'&-' if out == 'closed' else out}; echo $? >&2"
                hook = self.start(["sh", "-c", line])
                hook.write(json.dumps(self.claude(input_={"command": "ls"})))
                hook.close()
                hook.wait()
                self.assertEqual(hook.err(0).strip().splitlines()[-1], "2", hook.err(0))

    def test_notices_never_block(self):
        """A 2 would keep a program from ending its turn: who only tells leaves with 0."""
        self.config(None, text="{ nonsense")
        for value in (self.claude("Stop"), self.claude("Notification", message="x"), self.claude("SubagentStop"),
                      self.codex("Stop"), self.cursor("stop", status="completed")):
            with self.subTest(value["hook_event_name"]):
                hook = self.hook(value)
                hook.wait()
                self.assertEqual(hook.codes, [OK], hook.errors)
                self.assertIn(hook.out.strip(), ("", "{}"))


class Notices(HookCase):
    """The chat hears that a session has finished or waits."""

    def notices(self):
        return [self.said(row["id"]) for row in self.rows(
            "select id from outbox where id like 'hook-%' and state = 'delivered' order by n")]

    def test_what_is_told(self):
        talk = self.chat()
        for value, words in (
                (self.claude("Stop", last_assistant_message="All done.\u202e"),
                 ("claude 2240b939 has finished in", "> All done.\\u{202E}", f"claude --resume {SESSION}")),
                (self.codex("Stop"), ("codex 01a1c5d0 has finished", "codex resume 01a1c5d0")),
                (self.cursor("stop", status="completed"), ("cursor c1 has finished", "cursor-agent --resume c1")),
                (self.claude("Notification", session_id="other", message="Claude needs your permission"),
                 ("claude other waits at its terminal", "needs your permission"))):
            with self.subTest(words[0]):
                before = len(self.notices())
                self.assertEqual(self.answer(self.hook(value)), {})
                self.wait_for(lambda before=before: len(self.notices()) > before, what="the notice")
                line = self.notices()[-1]
                for word in words:
                    self.assertIn(word, line["text"])
                self.assertEqual((line["type"], line["final"], line["notice"], line["session"]),
                                 ("reply", False, True, "chat:1"))
        talk.stop()

    def test_once_a_minute(self):
        talk = self.chat()
        for _ in range(5):
            self.answer(self.hook(self.claude("Stop")))
        self.answer(self.hook(self.claude("Notification", notification_type="idle_prompt", message="waiting")))
        self.answer(self.hook(self.claude("Stop", session_id="second")))
        self.wait_for(lambda: len(self.notices()) == 2, what="a notice of each session")
        self.assertEqual(self.count("outbox"), 2)
        # A minute later, by the store's own times.
        self.sql("update outbox set created = created - 61000, id = replace(id, 'hook', 'past')")
        self.answer(self.hook(self.claude("Stop")))
        self.assertEqual(self.count("outbox"), 3)
        talk.stop()

    def test_what_is_not_told(self):
        talk = self.chat()
        for value in (self.claude("SubagentStop"), self.claude("SessionStart"), self.claude("SessionEnd"),
                      self.claude("UserPromptSubmit", prompt="x"), self.claude("PreCompact"),
                      self.claude("Notification", notification_type="auth_success", message="x"),
                      self.cursor("afterFileEdit", file_path="x"), self.cursor("sessionEnd")):
            self.assertEqual(self.answer(self.hook(value)), {})
        talk.stop()
        self.assertEqual(self.count("outbox"), 0)
        # Nobody is there to show it: it would come with all others tomorrow.
        self.answer(self.hook(self.claude("Stop")))
        self.assertEqual(self.count("outbox"), 0)

    def test_secrets_and_strange_ids(self):
        talk = self.chat()
        token = "ghp_" + "FAKE0fake1NotReal2Sample3" + "FAKE0fake1N"
        self.answer(self.hook(self.claude("Stop", session_id="x; rm -rf ~", last_assistant_message=f"token {token}")))
        self.wait_for(self.notices, what="the notice")
        text = self.notices()[0]["text"]
        self.assertNotIn(token, text)
        self.assertNotIn("--resume", text)
        talk.stop()


class BelowARun(HookCase):
    """The hook of a person's own settings also fires in a Claude that agim-run has started."""

    def test_no_opinion(self):
        value = self.write("payload", json.dumps(self.claude()))
        agent = self.script("agent", f"cat >/dev/null; agim-approve hook --to chat:1 <{value}; echo status $?\n")
        self.configure(agents={"a": {"driver": "exec", "command": [agent], "env": {"PATH": self.env["PATH"]}}})
        talk = Talk(self, [["agim-approve"], ["agim-run", "a"]])
        text = talk.reply(talk.say("go", agent="a"))
        self.assertEqual(text.split(), ["{}", "status", "0"])
        self.assertEqual(self.count("request"), 0)
        talk.stop()

    def test_its_variables_are_no_proof(self):
        """Variables alone make nobody a child of agim-run."""
        self.configure()
        hook = self.hook(self.claude(), AGIM_TURN="x", AGIM_HOLDER="y", AGIM_SESSION="chat:1", AGIM_LINE="/x")
        self.assertEqual(self.decision(hook)[0], "deny")


class Setup(HookCase):
    """agim setup claude|codex|cursor."""

    FILES = {"claude": ".claude/settings.json", "codex": ".codex/hooks.json", "cursor": ".cursor/hooks.json"}

    def file(self, program="claude"):
        return os.path.join(self.user, self.FILES[program])

    def put(self, text, program="claude", mode=0o600):
        os.makedirs(os.path.dirname(self.file(program)), exist_ok=True)
        with open(self.file(program), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(self.file(program), mode)

    def get(self, program="claude"):
        with open(self.file(program), "rb") as file:
            return file.read()

    def setup_(self, *words, stdin="", **env):
        return self.pipe(["agim", "setup", *words], stdin=stdin, **env)

    def install(self, program="claude", *words):
        done = self.setup_(program, "--to", "chat:1", "--yes", *words)
        self.assertCodes(done, OK)
        return done

    def commands(self, program="claude"):
        hooks = json.loads(self.get(program))["hooks"]
        return {event: [entry for element in list_ for entry in element.get("hooks", [element])]
                for event, list_ in hooks.items()}

    def test_what_is_installed(self):
        self.configure(limits={"request": "5m"})
        for program, gates, notices in (
                ("claude", ["PreToolUse"], ["Stop", "Notification"]),
                ("codex", ["PreToolUse", "PermissionRequest"], ["Stop"]),
                ("cursor", ["beforeShellExecution", "beforeMCPExecution", "beforeReadFile", "preToolUse"], ["stop"])):
            with self.subTest(program):
                done = self.install(program)
                self.assertIn("+ ", done.out)
                self.assertEqual(list(self.commands(program)), gates + notices)
                self.assertEqual(stat.S_IMODE(os.stat(self.file(program)).st_mode), 0o600)
                for event, (entry,) in self.commands(program).items():
                    command = entry["command"]
                    self.assertIn(f"AGIM_HOME={self.home} ", command)
                    self.assertIn(f"agim-approve hook --program {program} --to 'chat:1'", command)
                    if event in gates:
                        # A minute longer than the person has.
                        self.assertEqual(entry["timeout"], 360)
                        self.assertIn("--within 5m || ", command)
                        self.assertIn("exit 2", command)
                    else:
                        self.assertTrue(command.endswith("|| exit 0"))
                    self.assertEqual(
                        entry.get("statusMessage"),
                        "agim asks in chat:1" if program != "cursor" and event in gates else None)
                    self.assertEqual(entry.get("failClosed"), True if program == "cursor" and event in gates else None)
                # As it stands there it works.
                gate = next(iter(self.commands(program).values()))[0]["command"]
                payload = {"claude": self.claude(input_={"command": "ls"}), "codex": self.codex(input_={"command": "ls"}),
                           "cursor": self.cursor("beforeShellExecution", command="ls", cwd=self.work)}[program]
                done = self.pipe(["sh", "-c", gate], stdin=json.dumps(payload), AGIM_HOME="/nowhere", PATH="/usr/bin:/bin")
                self.assertCodes(done, OK)
                self.assertIn("allow", done.out)
                missing = gate.replace(os.path.realpath(f"{BIN}/agim-approve"), "/nowhere/agim-approve")
                done = self.pipe(["sh", "-c", missing], stdin=json.dumps(payload))
                self.assertCodes(done, BLOCKED)
                self.assertTrue(done.err(0).strip())

    def test_asks_first(self):
        # One question for the hooks, one for the tools.
        for answer in ("n\nn\n", "\n\n"):
            done = self.setup_("claude", "--to", "chat:1", stdin=answer)
            self.assertCodes(done, OK)
            self.assertFalse(os.path.exists(self.file()))
        done = self.setup_("claude", "--to", "chat:1")
        self.assertCodes(done, DATA)
        self.assertFalse(os.path.exists(self.file()))
        done = self.setup_("claude", "--to", "chat:1", "-n")
        self.assertCodes(done, OK)
        self.assertIn("Nothing was written", done.out)
        self.assertFalse(os.path.exists(self.file()))
        self.assertCodes(self.setup_("claude", "--to", "chat:1", stdin="y\nn\n"), OK)
        self.assertTrue(os.path.exists(self.file()))
        self.assertFalse(os.path.exists(f"{self.user}/.claude.json"))

    def test_the_rest_of_the_file(self):
        """Every other byte stays, in and out, without the copy that is kept."""
        mine = '{"type": "command", "command": "mine"}'
        for text in (
                '{}', '{ }\n', '{\n}\n', '{"model":"opus"}', '{"model": "opus"}\n',
                '{\n  "model": "opus",\n  "env": {"A": "\\u00e9 é"}\n}\n',
                '{\n\t"hooks": {\n\t\t"Stop": [{"hooks": [' + mine + ']}]\n\t},\n\t"z": 1\n}',
                '{\r\n    "hooks": {\r\n        "PreToolUse": [\r\n            {"matcher": "Bash", "hooks": [' + mine
                + ']}\r\n        ],\r\n        "PostToolUse": []\r\n    }\r\n}\r\n',
                '{"hooks":{"PreToolUse":[{"hooks":[' + mine + ',' + mine + ']}],"Stop":[{"hooks":[' + mine + ']}]}}',
                '{"hooks": {"Stop": []}, "a": [1, 2.50, 1e3, "}{", "\\""]}', '{"hooks": {}}', ' \n', ''):
            for keeps in (True, False):
                with self.subTest(text, keeps=keeps):
                    self.put(text, mode=0o640)
                    self.install()
                    now = json.loads(self.get())
                    before = json.loads(text or "{}") if text.strip() else {}
                    self.assertEqual({k: v for k, v in now.items() if k != "hooks"},
                                     {k: v for k, v in before.items() if k != "hooks"})
                    for event, list_ in before.get("hooks", {}).items():
                        self.assertEqual(now["hooks"][event][:len(list_)], list_)
                    self.assertEqual(stat.S_IMODE(os.stat(self.file()).st_mode), 0o640)
                    installed = self.get()
                    self.assertIn("Nothing to change", self.install().out)
                    self.assertEqual(self.get(), installed)
                    if not keeps:
                        for copy in glob.glob(self.file() + ".*.bak"):
                            os.unlink(copy)
                    self.assertCodes(self.setup_("claude", "--remove", "--yes"), OK)
                    if keeps:
                        self.assertEqual(self.get(), text.encode())
                    elif os.path.exists(self.file()):
                        left = json.loads(self.get())
                        empty = {k: v for k, v in before.get("hooks", {}).items() if v}
                        self.assertEqual({k: v for k, v in left.get("hooks", {}).items() if v}, empty)
                        if empty and "[]" not in text:
                            self.assertEqual(self.get(), text.encode())
                    else:
                        self.assertEqual({k: v for k, v in before.items() if v}, {})
                    for copy in glob.glob(self.file() + "*"):
                        os.unlink(copy)

    def test_a_file_that_was_not_there(self):
        for program in self.FILES:
            self.install(program)
            self.assertCodes(self.setup_(program, "--remove", "--yes"), OK)
            self.assertFalse(os.path.exists(self.file(program)))
            self.assertIn("Nothing to change", self.setup_(program, "--remove", "--yes").out)

    def test_another_chat(self):
        """Installing anew takes the place of what was installed."""
        self.install()
        self.assertCodes(self.setup_("claude", "--to", "chat:2", "--yes"), OK)
        for (entry,) in self.commands().values():
            self.assertIn("--to 'chat:2'", entry["command"])
        self.configure(hook={"to": "chat:3"})
        self.assertCodes(self.setup_("claude", "--yes"), OK)
        for (entry,) in self.commands().values():
            self.assertNotIn("--to", entry["command"])

    def test_files_that_cannot_be_changed(self):
        for text, place in (('{"a": 1,}', ":1:9"), ('{\n  // mine\n  "a": 1\n}', ":2:3"), ("[]", "object"),
                            ('{"hooks": []}', "hooks"), ('{"hooks": {"Stop": {}}}', "Stop"), (b"\xff\xfe", ":1:1"),
                            ('{"a": 1, "a": 2}', "1:")):
            with self.subTest(text):
                self.put(text)
                done = self.setup_("claude", "--to", "chat:1", "--yes")
                self.assertCodes(done, DATA)
                self.assertSaid(done, 0, self.file(), place)
                self.assertEqual(self.get(), text if isinstance(text, bytes) else text.encode())
        self.assertEqual(glob.glob(self.file() + ".*"), [])

    def test_links(self):
        """A link stays one, and what it leads to is changed; one that leads nowhere is left alone."""
        real = self.path("dotfiles.json")
        with open(real, "w") as file:
            file.write('{"model": "opus"}\n')
        os.mkdir(os.path.dirname(self.file()))
        os.symlink(real, self.file())
        self.install()
        self.assertTrue(os.path.islink(self.file()))
        with open(real) as file:
            self.assertIn("PreToolUse", file.read())
        os.unlink(self.file())
        os.symlink(self.path("nowhere"), self.file())
        done = self.setup_("claude", "--to", "chat:1", "--yes")
        self.assertNotEqual(done.codes, [OK])
        self.assertSaid(done, 0, "leads nowhere")

    def test_places(self):
        """The programs' own variables are respected."""
        for program, name, file in (("claude", "CLAUDE_CONFIG_DIR", "settings.json"), ("codex", "CODEX_HOME", "hooks.json")):
            place = self.path("own-" + program)
            self.assertCodes(self.setup_(program, "--to", "chat:1", "--yes", **{name: place}), OK)
            self.assertTrue(os.path.exists(f"{place}/{file}"))
            self.assertFalse(os.path.exists(self.file(program)))

    def test_usage(self):
        for words in (("claude",), ("clod", "--to", "chat:1"), ("claude", "--to", "nowhere"), ("--remove",), ("--to", "x:1"),
                      ("claude", "--remove", "--to", "chat:1"), ("claude", "--import", "x"), ("claude", "codex")):
            with self.subTest(words):
                self.assertCodes(self.setup_(*words), USAGE)

    def test_a_full_disk(self):
        place = self.path("small")
        self.tmpfs(place, "64k")
        with open(f"{place}/settings.json", "w") as file:
            file.write('{"model": "opus"}\n')
        fill(f"{place}/filler")
        done = self.setup_("claude", "--to", "chat:1", "--yes", CLAUDE_CONFIG_DIR=place)
        self.assertCodes(done, CANNOT_CREATE)
        with open(f"{place}/settings.json") as file:
            self.assertEqual(file.read(), '{"model": "opus"}\n')

    def test_doctor(self):
        def said():
            return [line for line in self.pipe(["agim", "doctor", "--json"]).lines if line["check"] == "hooks"]
        self.assertEqual(said(), [])
        programs = self.path("programs")
        os.mkdir(programs)
        os.symlink("/bin/true", f"{programs}/claude")
        self.env["PATH"] = f"{programs}:{self.env['PATH']}"
        self.assertEqual([line["level"] for line in said()], ["note"])
        self.install()
        self.assertEqual([line["level"] for line in said()], ["ok"])
        right = self.get().decode()
        for text, words in (
                (right.replace("agim-approve hook", "../gone/agim-approve hook"), "not there"),
                (right.replace(f"AGIM_HOME={self.home}", "AGIM_HOME=/elsewhere"), "/elsewhere"),
                (right.replace("chat:1", "nowhere"), "no address"),
                (right.replace("960", "900"), "ended after 900 s"),
                (right.replace("{", '{"disableAllHooks": true,', 1), "switches all off"),
                ("{", "expected")):
            with self.subTest(words):
                self.put(text)
                found = said()
                self.assertTrue(found and found[0]["level"] in ("error", "warning"), found)
                self.assertTrue(any(words in json.dumps(line) for line in found), found)
        # Codex runs only what it was told to trust, which it notes in its own settings.
        os.unlink(f"{programs}/claude")
        os.unlink(self.file())
        self.install("codex")
        self.assertEqual([line["level"] for line in said()], ["warning"])
        with open(f"{self.user}/.codex/config.toml", "w") as file:
            file.write(f'[hooks.state."{self.file("codex")}:pre_tool_use:0:0"]\ntrusted_hash = "sha256:0"\n')
        self.assertEqual([line["level"] for line in said()], ["ok"])


