"""`agim setup PROGRAM` and `agim-approve hook` with the real programs: somebody starts one in a terminal, walks away,
and answers what it asks from the chat."""

import json
import os
import signal
import subprocess
import time

from harness import Dialogue, PeerCase
from support import BIN, OK, need

TOUCH = '@@tool Bash {"command": "touch ran && echo made", "description": "Make a file"}\n@@last-result'


class HookCase(PeerCase):
    """A chat with a gate and without any agent: the agent is a program of its own."""

    name = "claude"

    def setUp(self):
        super().setUp()
        self.words, self.own_env = self.environment(self.name)
        # The person's own shell: nothing says where agim is.
        self.own_env.pop("AGIM_HOME")

    def setup_hooks(self, *words):
        done = self.pipe(["agim", "setup", self.name, *words], **{
            name: self.own_env[name] for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME") if name in self.own_env})
        self.assertCodes(done, OK)

    def chat(self, **config):
        """A chat that is listened to, and the hooks that ask in it."""
        self.configure(**config)
        talk = self.talk(["agim-approve"])
        self.wait_for(lambda: self.held("gate") and self.held("send"), what="a gate and a sender")
        self.setup_hooks("--to", "chat:1", "--yes")
        return talk

    def held(self, role):
        return os.path.exists(f"{self.home}/run/{role}-main")

    def program_process(self, prompt, *more):
        """The program, started as somebody would; its output is read at its end."""
        process = subprocess.Popen(
            [*self.words, "-p", prompt, "--output-format", "json", *more], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.own_env, cwd=self.work, text=True,
            start_new_session=True)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def result(self, process, limit=60):
        out, err = process.communicate(timeout=limit)
        try:
            return json.loads(out)["result"]
        except ValueError:
            raise AssertionError(f"no result\n{out}\n{err}") from None

    def card_of(self, limit=30):
        """The row of the only request that waits, once its card stands in the chat."""
        rows = self.wait_for(
            lambda: self.rows("select r.* from request r join outbox o on o.id = r.id "
                              "where r.state = 'pending' and o.state = 'delivered'"), limit, "a card")
        time.sleep(0.005)
        return rows[0]

    def settings_path(self):
        return os.path.join(self.own_env["CLAUDE_CONFIG_DIR"], "settings.json")

    def edit(self, change):
        with open(self.settings_path(), encoding="utf-8") as file:
            text = file.read()
        with open(self.settings_path(), "w", encoding="utf-8") as file:
            file.write(change(text))


class Claude(HookCase):
    """Claude Code with its PreToolUse, Stop and Notification hooks."""

    def test_allowed(self):
        """It asks in the chat, and what was allowed runs once; the chat hears that it has finished."""
        talk = self.chat()
        process = self.program_process(TOUCH)
        request = self.card_of()
        self.assertEqual((request["agent"], request["tool"], request["workdir"], request["session"]),
                         ("claude", "Bash", self.work, "chat:1"))
        self.assertFalse(self.ran(), "before anybody answered")
        self.allow(talk, request)
        self.assertIn("made", self.result(process))
        self.assertTrue(self.ran())
        self.assertEqual(talk.settled(request)["state"], "used")
        notice = self.wait_for(
            lambda: self.rows("select id from outbox where id like 'hook-claude-%' and state = 'delivered'"),
            what="the notice of its end")
        said = self.said(notice[0]["id"])
        self.assertIn("has finished", said["text"])
        self.assertIn("claude --resume ", said["text"])
        self.assertTrue(said["notice"])
        talk.stop()

    def test_denied(self):
        """A no keeps it from running, and the model is told who said it."""
        talk = self.chat()
        process = self.program_process(TOUCH)
        self.deny(talk, self.card_of())
        self.assertIn("said no", self.result(process))
        self.assertFalse(self.ran())
        talk.stop()

    def test_nobody_answers(self):
        """Without an answer in time it is denied, long before Claude would give up the hook."""
        talk = self.chat(limits={"request": 3})
        process = self.program_process(TOUCH)
        request = self.card_of()
        self.assertIn("nobody answered in time", self.result(process))
        self.assertFalse(self.ran())
        self.assertEqual(talk.settled(request)["state"], "expired")
        talk.stop()

    def test_reading(self):
        """What only reads in the work directory is not asked; a secret is denied whatever its settings allow."""
        with open(os.path.join(self.work, "note"), "w") as file:
            file.write("the note itself\n")
        os.makedirs(os.path.join(self.user, ".ssh"))
        with open(os.path.join(self.user, ".ssh", "id_ed25519"), "w") as file:
            file.write("the key itself\n")
        talk = self.chat()
        text = self.result(self.program_process(
            f'@@tool Read {{"file_path": "{self.work}/note"}}\n@@last-result'))
        self.assertIn("the note itself", text)
        text = self.result(self.program_process(
            f'@@tool Read {{"file_path": "{self.user}/.ssh/id_ed25519"}}\n@@last-result',
            "--allowedTools", "Read"))
        self.assertNotIn("the key itself", text)
        self.assertIn("must not be touched", text)
        self.assertEqual(self.count("request"), 0)
        talk.stop()

    def test_no_pipeline(self):
        """Where nobody could see a card it is denied at once, in clear words."""
        self.chat().stop()
        began = time.monotonic()
        self.assertIn("no agim-approve runs", self.result(self.program_process(TOUCH)))
        self.assertLess(time.monotonic() - began, 30)
        self.assertFalse(self.ran())

    def test_faults(self):
        """A missing program, a damaged configuration and a program that dies: nothing runs."""
        talk = self.chat()
        talk.stop()
        with open(self.settings_path(), encoding="utf-8") as file:
            right = file.read()
        path = os.path.realpath(os.path.join(BIN, "agim-approve"))
        self.assertIn(path, right)
        dies = self.script("agim-approve", "kill -9 $$\n")
        for name, text in (("missing", right.replace(path, "/nowhere/agim-approve")),
                           ("dies", right.replace(path, dies)),
                           ("option", right.replace("--program claude", "--program clod"))):
            with self.subTest(name):
                self.edit(lambda _, text=text: text)
                text = self.result(self.program_process(TOUCH))
                self.assertIn("hook error", text)
                self.assertFalse(self.ran())
        self.edit(lambda _: right)
        self.config(None, text="{ nonsense")
        with self.subTest("config"):
            self.assertIn("config.json", self.result(self.program_process(TOUCH)))
            self.assertFalse(self.ran())
        # The control: without hooks Claude would have run it, as its own settings allow it.
        self.configure()
        self.setup_hooks("--remove", "--yes")
        self.assertIn("made", self.result(self.program_process(TOUCH, "--allowedTools", "Bash")))

    def test_its_own_time_runs_out(self):
        """A fact of Claude Code: past a hook's time it goes on without an answer. So ours is always the shorter."""
        talk = self.chat()
        self.edit(lambda text: text.replace('"timeout": 960', '"timeout": 3'))
        process = self.program_process(TOUCH, "--allowedTools", "Bash")
        request = self.card_of()
        self.assertIn("made", self.result(process))
        self.assertTrue(self.ran())
        # What nobody waits for any more is taken back.
        self.assertEqual(talk.settled(request)["state"], "void")
        doctor = self.pipe(["agim", "doctor"], CLAUDE_CONFIG_DIR=self.own_env["CLAUDE_CONFIG_DIR"])
        self.assertIn("is ended after 3 s", doctor.out)
        talk.stop()

    def test_interrupted(self):
        """Somebody stops Claude while a card waits: the card is taken back, and a yes comes too late."""
        talk = self.chat()
        process = self.program_process(TOUCH)
        request = self.card_of()
        os.killpg(process.pid, signal.SIGKILL)
        self.assertEqual(talk.settled(request)["state"], "void")
        self.assertIn("Too late", talk.reply(self.allow(talk, request)))
        self.assertFalse(self.ran())
        talk.stop()

    def test_always(self):
        """What was granted from a card of the hook holds for the same agent in the same directory."""
        talk = self.chat()
        process = self.program_process('@@tool Bash {"command": "touch ran"}\n@@final Done')
        talk.say("always " + self.card_of()["code"])
        self.assertEqual(self.result(process), "Done")
        os.unlink(os.path.join(self.work, "ran"))
        self.assertEqual(self.result(self.program_process('@@tool Bash {"command": "touch ran"}\n@@final Done')), "Done")
        self.assertTrue(self.ran())
        self.assertEqual(self.count("request"), 1)
        talk.stop()


class Terminal(HookCase):
    """Claude Code in a terminal, as people use it."""

    def tmux(self, *words):
        return subprocess.run(
            ["tmux", "-S", self.path("tmux"), "-f", "/dev/null", *words], env={**self.own_env, "TERM": "xterm-256color"},
            capture_output=True, text=True, check=False).stdout

    def type(self, text):
        self.tmux("send-keys", "-l", text)
        # An Enter that comes together with a text is taken for a part of it.
        self.wait_for_screen(text[-20:])
        self.tmux("send-keys", "Enter")

    def wait_for_screen(self, text, limit=30):
        try:
            self.wait_for(lambda: text in self.tmux("capture-pane", "-p"), limit, f"{text!r} on the screen")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tmux('capture-pane', '-p')}") from None

    def begin(self):
        need("tmux")
        talk = self.chat()
        with open(os.path.join(self.own_env["CLAUDE_CONFIG_DIR"], ".claude.json"), "w") as file:
            json.dump({"hasCompletedOnboarding": True, "theme": "dark",
                       "customApiKeyResponses": {"approved": [self.own_env["ANTHROPIC_API_KEY"]], "rejected": []},
                       "projects": {self.work: {"hasTrustDialogAccepted": True, "allowedTools": []}}}, file)
        self.addCleanup(self.tmux, "kill-server")
        self.tmux("new-session", "-d", "-x", "120", "-y", "40", "-c", self.work, *self.words)
        self.wait_for_screen("/effort")
        return talk

    def test_questions(self):
        """What Claude asks its person is answered in the chat, and Claude takes it for the person's answer."""
        talk = self.begin()
        question = {"questions": [{"question": "Which colour?", "header": "Colour", "multiSelect": False, "options": [
            {"label": "Red", "description": "fire"}, {"label": "Blue", "description": "water"}]}]}
        self.type(f"@@tool AskUserQuestion {json.dumps(question)}")
        request = self.card_of()
        self.assertEqual(request["kind"], "question")
        talk.say(request["code"] + " 2")
        talk.settled(request, "used")
        note = self.wait_for_model(
            lambda note: any("Blue" in json.dumps(m) and "tool_result" in json.dumps(m)
                             for m in note.get("body", {}).get("messages", [])[-2:]), what="the answer, seen by the model")
        self.assertIn("Which colour?", json.dumps(note["body"]["messages"][-2:]))
        talk.stop()

    def test_walk_away(self):
        """Asked in the chat, answered there, told there; Escape at the terminal takes the card back."""
        talk = self.begin()
        self.type(TOUCH.split("\n", maxsplit=1)[0])
        request = self.card_of()
        self.wait_for_screen("agim asks in chat:1")
        self.allow(talk, request)
        self.wait_for_screen("Done.")
        self.assertTrue(self.ran())
        rows = self.wait_for(
            lambda: self.rows("select id from outbox where id like 'hook-claude-%' and state = 'delivered'"),
            what="the notice of its end")
        self.assertIn("has finished", self.said(rows[0]["id"])["text"])
        self.type('@@tool Bash {"command": "touch other"}')
        request = self.card_of()
        self.tmux("send-keys", "Escape")
        self.assertEqual(talk.settled(request)["state"], "void")
        self.wait_for_screen("Interrupted")
        self.assertFalse(self.ran("other"))
        talk.stop()


class Codex(HookCase):
    """Codex with its PreToolUse, PermissionRequest and Stop hooks, which it runs only once they are trusted."""

    name = "codex"

    def program_process(self, prompt, *more):
        process = subprocess.Popen(
            [*self.words, "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-hook-trust",
             "-s", "workspace-write", *more, prompt],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.own_env,
            cwd=self.work, text=True, start_new_session=True)
        self.addCleanup(self.end, process)
        return process

    def result(self, process, limit=60):
        out, err = process.communicate(timeout=limit)
        said = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        texts = [m["item"]["text"] for m in said
                 if m["type"] == "item.completed" and m["item"]["type"] == "agent_message"]
        if not texts:
            raise AssertionError(f"no result\n{out}\n{err}")
        return texts[-1]

    def test_asked(self):
        """It asks in the chat before each command: an allow runs it, a deny does not."""
        talk = self.chat()
        for answer in ("y", "n"):
            process = self.program_process('@@tool exec_command {"cmd": "touch ran"}\n@@last-result')
            request = self.card_of()
            talk.say(f"{answer} {request['code']}")
            text = self.result(process)
            self.assertEqual(self.ran(), answer == "y", text)
            if answer == "y":
                os.unlink(os.path.join(self.work, "ran"))
            else:
                self.assertIn("said no", text)
        talk.stop()

    def app_server(self):
        server = Dialogue(self, [*self.words, "app-server"], self.own_env, self.work)
        server.call("initialize", {"clientInfo": {"name": "test", "title": "test", "version": "1"}})
        server.send({"method": "initialized"})
        return server

    def turn(self, server):
        thread = server.call(
            "thread/start", {"cwd": self.work, "approvalPolicy": "untrusted", "sandbox": "workspace-write"})["thread"]
        server.call("turn/start", {"threadId": thread["id"], "input": [
            {"type": "text", "text": '@@tool exec_command {"cmd": "touch ran"}\n@@last-result'}]})

    @staticmethod
    def next(server):
        return server.expect(lambda m: m.get("method") in (
            "turn/completed", "item/commandExecution/requestApproval"), what="the end, or its own question")

    def test_its_own_gate(self):
        """Untrusted hooks do not run; with trusted ones the chat answers its own gate, too, and is asked once."""
        talk = self.chat()
        server = self.app_server()
        self.turn(server)
        asked = self.next(server)
        self.assertEqual(asked["method"], "item/commandExecution/requestApproval")
        self.assertEqual(self.count("request"), 0)
        server.send({"id": asked["id"], "result": {"decision": "cancel"}})
        self.next(server)
        hooks = server.call("hooks/list", {"cwds": [self.work]})["data"][0]["hooks"]
        self.assertEqual({hook["trustStatus"] for hook in hooks}, {"untrusted"})
        # What /hooks in its terminal does.
        server.call("config/batchWrite", {"reloadUserConfig": True, "edits": [
            {"keyPath": "hooks.state", "mergeStrategy": "upsert",
             "value": {hook["key"]: {"trusted_hash": hook["currentHash"]} for hook in hooks}}]})
        self.assertIn("codex asks in a chat", self.pipe(["agim", "doctor"], CODEX_HOME=self.own_env["CODEX_HOME"]).out)
        self.turn(server)
        self.allow(talk, self.card_of())
        self.assertEqual(self.next(server)["method"], "turn/completed")
        self.assertTrue(self.ran())
        self.assertEqual(self.count("request"), 1)
        self.assertEqual([entry["rule"] for entry in self.entries("policy")], ["answered"])
        self.assertEqual(server.end(), 0)
        talk.stop()

    def test_faults(self):
        """A program that is missing, and one that is killed without a word: nothing runs."""
        self.chat().stop()
        path = os.path.join(self.own_env["CODEX_HOME"], "hooks.json")
        with open(path, encoding="utf-8") as file:
            right = file.read()
        own = os.path.realpath(os.path.join(BIN, "agim-approve"))
        for other in ("/nowhere/agim-approve", self.script("agim-approve", "exec 2>/dev/null; kill -9 $$\n")):
            with self.subTest(other):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(right.replace(own, other))
                self.result(self.program_process('@@tool exec_command {"cmd": "touch ran"}\n@@last-result'))
                self.assertFalse(self.ran())
        # The control: without hooks it runs in the program's own sandbox.
        os.unlink(path)
        self.result(self.program_process('@@tool exec_command {"cmd": "touch ran"}\n@@last-result'))
        self.assertTrue(self.ran())



