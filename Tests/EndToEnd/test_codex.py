"""The codex driver against a scripted app-server: Tests/Support/agents/codex says what it can be told to do."""

import json
import os
import time

from support import CONFIG, SCRIPTED_AGENTS, seconds
from talk import GateCase

SCRIPT = os.path.join(SCRIPTED_AGENTS, "codex")
BEHIND_ROUTE = ["agim-route", "--agent", "codex"], ["agim-approve"], ["agim-run", "codex"]


class CodexCase(GateCase):

    def setUp(self):
        super().setUp()
        self.own = self.path("own")
        os.mkdir(self.own)

    def codex(self, *stages, modes="", agent=None, **more):
        """A pipeline with a scripted codex."""
        entry = {"driver": "codex", "command": [SCRIPT], "workdir": self.work,
                 "env": {"CODEX_HOME": self.own, "CODEX_SCRIPT": modes}, **(agent or {})}
        self.configure(agents={"codex": entry}, **more)
        return self.talk(*(stages or (["agim-approve"], ["agim-run", "codex"])))

    def log(self, word):
        """What the script noted: the rest of each line that begins with a word."""
        path = os.path.join(self.own, "log")
        if not os.path.exists(path):
            return []
        with open(path) as file:
            lines = file.read().splitlines()
        self.assertFalse([line for line in lines if line.startswith("FAULT")])
        return [line[len(word) + 1:] for line in lines if line.split(" ")[0] == word]

    def assertGone(self, *pieces, limit=10):
        """No process whose command line has one of these texts is left."""
        deadline = time.monotonic() + limit
        while True:
            left = {pid: words for pid, words in self.processes().items()
                    if any(piece in words for piece in pieces or (SCRIPT,))}
            if not left or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self.assertFalse(left, "processes are left")

    def notices(self):
        return [json.loads(line)["text"] for line in self.read("said").splitlines() if json.loads(line).get("notice")]

    def tearDown(self):
        self.log("FAULT")
        super().tearDown()


class Turns(CodexCase):

    def test_text_and_the_next_turn_in_the_same_program(self):
        talk = self.codex(agent={"show_resume": True})
        self.assertEqual(talk.reply(talk.say("say good morning\nsay and more")),
                         "good morning\n\nand more\n\n$ codex resume thread-1")
        self.assertEqual(talk.reply(talk.say("hello")).split("\n")[0], "You said: hello")
        self.assertEqual(len(self.log("start")), 1)
        self.assertEqual([json.loads(text) for text in self.log("prompt")],
                         ["say good morning\nsay and more", "hello"])
        # What its commands left running is ended after each turn.
        self.assertEqual(len(self.log("clean")), 2)
        talk.stop()
        self.assertGone()

    def test_what_it_is_started_with(self):
        """Secrets hidden, the directory not trusted, nothing that goes on by itself."""
        self.write("work/.env", "A=1\n")
        self.write("work/sub.pem", "x")
        os.makedirs(os.path.join(self.user, ".ssh"))
        talk = self.codex()
        talk.reply(talk.say("say x"))
        given = json.loads(self.log("start")[0])
        profile = next(one for one in given if one.startswith("permissions.agim="))
        for hidden in (self.home, os.path.join(self.user, ".ssh"), os.path.join(self.work, ".env"),
                       os.path.join(self.work, "sub.pem"), "/etc/shadow"):
            self.assertIn(f'"{hidden}"="deny"', profile)
        self.assertIn('extends=":workspace"', profile)
        self.assertIn("network={enabled=false}", profile)
        self.assertIn(f'projects={{"{self.work}"={{trust_level="untrusted"}}}}', given)
        for word in ("features.goals=false", "features.multi_agent=false", "features.unified_exec_tty=false",
                     'web_search="disabled"'):
            self.assertIn(word, given)
        talk.stop()

    def test_partial_text_and_progress(self):
        talk = self.codex()
        message = talk.say("say first words\nplan\nretry\nwait 2\nsay last words")
        talk.reply(message)
        lines = [json.loads(line) for line in self.read("said").splitlines()]
        self.assertEqual([line["text"] for line in lines if line["type"] == "reply"][-1], "first words\n\nlast words")
        talk.stop()

    def test_actions_and_partials_in_the_pipe(self):
        self.codex().stop()
        done = self.pipe(
            ["agim-run", "codex"], limit=30, stdin=json.dumps({
                "v": 1, "type": "message", "id": "m1", "session": "command:1", "text":
                "say first\nplan\nretry\nwait 2\nsay last", "from": {"id": "U1"}}) + "\n")
        replies = [line for line in done.lines if line["type"] == "reply"]
        self.assertEqual([line["text"] for line in replies], ["first", "first\n\nlast"])
        titles = {line["key"]: (line["title"], line.get("detail")) for line in done.lines if line["type"] == "action"}
        self.assertEqual(titles["plan"], ("plan", "[x] one\n[ ] two"))
        self.assertEqual(titles["retry"][0], "tries again")

    def test_usage_is_the_turn_s_own(self):
        talk = self.codex()
        for text in ("tokens 100\ntokens 20", "tokens 7"):
            talk.reply(talk.say(text))
        talk.stop()
        self.assertEqual([row["tokens"] for row in self.sql("select tokens from audit order by n")], [120, 7])

    def test_model_and_effort_last_for_their_turn(self):
        talk = self.codex()
        said = [talk.reply(talk.say("chosen", **more)) for more in (
            {}, {"model": "big", "think": "max"}, {})]
        self.assertEqual(said, ["model=None effort=None", "model=big effort=xhigh", "model=own-model effort=medium"])
        self.assertEqual(len(self.log("start")), 1)
        talk.stop()

    def test_files(self):
        found = [
            self.attachment("dot.png", b"dot", "image/png", "image"),
            self.attachment("notes.txt", b"notes", "text/plain")]
        talk = self.codex()
        self.assertEqual(talk.reply(talk.say("image", attachments=found)).split("\n\n")[0], "pictures: dot.png")
        self.assertRegex(json.loads(self.log("prompt")[0]), r'\[file "notes.txt": .*/\.agim/.*/notes\.txt\]')
        talk.stop()

    def test_plan_mode_is_another_program_that_only_reads(self):
        talk = self.codex()
        talk.reply(talk.say("say x"))
        reply = talk.reply(talk.say("command touch made\nsteered", mode="plan"))
        self.assertIn("declined", reply)
        self.assertIn("This was not allowed", reply)
        self.assertFalse(self.ran("made"))
        starts = self.log("start")
        self.assertEqual(len(starts), 2)
        self.assertIn(':read-only', starts[1])
        talk.stop()
        self.assertGone()

    def test_keep_alive_ends_and_the_thread_goes_on(self):
        talk = self.codex(agent={"keep_alive": "1s"})
        talk.reply(talk.say("say x"))
        self.wait_for(lambda: self.log("end"), 10, "the end of the program")
        self.assertGone()
        talk.reply(talk.say("say y"))
        self.assertEqual(os.listdir(os.path.join(self.own, "threads")), ["thread-1"])
        talk.stop()

    def test_two_sessions_side_by_side(self):
        talk = self.codex()
        slow = talk.say("wait 3\nsay slow", session="chat:1")
        quick = talk.say("say quick", session="chat:2")
        self.assertEqual(talk.reply(quick), "quick")
        self.assertFalse(self.rows("select 1 from outbox where parent = ? and final", slow))
        self.assertEqual(talk.reply(slow), "slow")
        self.assertEqual(len(self.log("start")), 2)
        talk.stop()
        self.assertGone()

    def test_compact_and_undo(self):
        talk = self.codex(*BEHIND_ROUTE)
        talk.reply(talk.say("say x"))
        self.assertEqual(talk.reply(talk.say("/compact")), "The conversation was compacted.")
        self.assertIn("are forgotten", talk.reply(talk.say("/undo")))
        self.assertEqual(self.log("reverted"), ["turn-last"])
        talk.stop()

    def test_steer(self):
        talk = self.codex(agent={"queue": "steer"})
        first = talk.say("say begun\nsteered\nsay end")
        self.wait_for(lambda: self.log("prompt"), 10)
        second = talk.say("also this")
        self.assertEqual(talk.reply(first), "begun\n\nsteered: also this\n\nend")
        self.assertIn("takes this into what it is doing", talk.reply(second))
        # One that cannot be steered takes it behind.
        self.assertEqual(len(self.log("prompt")), 1)
        talk.stop()

    def test_a_thread_that_is_not_known_any_more(self):
        talk = self.codex(agent={"keep_alive": 0})
        talk.reply(talk.say("say x"))
        os.rename(os.path.join(self.own, "threads", "thread-1"), os.path.join(self.own, "threads", "other"))
        self.assertEqual(talk.reply(talk.say("say y")), "y")
        self.assertTrue(any("a new one was begun" in text for text in self.notices()))
        talk.stop()


class Requests(CodexCase):

    def test_a_command(self):
        talk = self.codex()
        request = talk.ask("command touch 'it ran' && echo made")
        self.assertEqual(json.loads(request["input"])["command"], "touch 'it ran' && echo made")
        self.assertEqual(request["words"], "because")
        self.assertFalse(self.ran("it ran"))
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "ran: made")
        self.assertTrue(self.ran("it ran"))
        request = talk.ask("command touch no\nsteered")
        talk.say("n " + request["code"])
        self.assertRegex(talk.reply(request["parent"]), r"declined\n\nsteered: \[agim\] This was not allowed: denied by")
        self.assertFalse(self.ran("no"))
        talk.stop()

    def test_hard_denied_and_plain_reading_ask_nobody(self):
        self.write("work/plain.txt", "plain words\n")
        talk = self.codex()
        self.assertEqual(talk.reply(talk.say("command cat plain.txt")), "ran: plain words")
        self.assertIn("declined", talk.reply(talk.say("command cat ~/.ssh/id_ed25519")))
        self.assertFalse(self.rows("select 1 from request"))
        talk.stop()

    def test_nobody_answers(self):
        talk = self.codex(limits={"request": "1s"})
        message = talk.say("command touch late")
        self.assertEqual(talk.settled(talk.card(message), "expired")["state"], "expired")
        self.assertEqual(talk.reply(message), "declined")
        talk.stop()
        self.assertFalse(self.ran("late"))

    def test_a_file_change(self):
        talk = self.codex()
        request = talk.ask("patch a.txt b.txt")
        self.assertEqual(json.loads(request["input"])["changes"], [
            {"path": os.path.join(self.work, "a.txt"), "kind": "update", "move_path": "b.txt", "diff": "hello\n"}])
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "patched")
        # A secret is denied at once, an item that was never announced is not wholly known.
        self.assertEqual(talk.reply(talk.say("patch .ssh/authorized_keys")), "not patched")
        request = talk.ask('ask item/fileChange/requestApproval {"itemId": "none", "startedAtMs": 1}')
        self.assertFalse(request["complete"])
        talk.say("n " + request["code"])
        self.assertIn('"decline"', talk.reply(request["parent"]))
        # A whole directory is never granted, and nobody is asked.
        reply = talk.reply(talk.say(
            'ask item/fileChange/requestApproval {"itemId": "x", "startedAtMs": 1, "grantRoot": "/"}'))
        self.assertIn('"decline"', reply)
        talk.stop()

    def test_a_tool_of_a_server(self):
        talk = self.codex(modes="servers")
        request = talk.ask('tool mine set_reminder {"at": "08:00"}')
        self.assertEqual((request["tool"], json.loads(request["input"])), ("mcp__mine__set_reminder", {"at": "08:00"}))
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "tool accept")
        request = talk.ask('tool mine set_reminder {"at": "09:00"}')
        talk.say("n " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "tool decline")
        talk.stop()

    def test_more_permissions_are_asked_for_and_given_for_the_turn_alone(self):
        talk = self.codex()
        wanted = {"network": {"enabled": True}}
        text = "ask item/permissions/requestApproval " + json.dumps(
            {"itemId": "i", "startedAtMs": 1, "cwd": self.work, "permissions": wanted, "reason": "to fetch"})
        request = talk.ask(text)
        self.assertEqual(json.loads(request["input"])["permissions"], wanted)
        talk.say("y " + request["code"])
        self.assertEqual(json.loads(talk.reply(request["parent"]).removeprefix("answer ")),
                         {"permissions": wanted, "scope": "turn"})
        request = talk.ask(text)
        talk.say("n " + request["code"])
        self.assertEqual(json.loads(talk.reply(request["parent"]).removeprefix("answer ")),
                         {"permissions": {}, "scope": "turn"})
        talk.stop()

    def test_words_for_a_running_program_and_hosts_are_asked_about(self):
        talk = self.codex()
        for more, tool in (({"kind": "writeStdin", "command": "cat plain.txt"}, "other:writeStdin"),
                           ({"command": "ls", "networkApprovalContext": {"host": "example.com", "protocol": "https"}},
                            "other:network"),
                           ({"command": "ls", "additionalPermissions": {"network": {"enabled": True}}}, "other:command")):
            request = talk.ask("ask item/commandExecution/requestApproval " + json.dumps(
                {"itemId": "i", "startedAtMs": 1, "cwd": self.work, **more}))
            self.assertEqual(request["tool"], tool)
            talk.say("n " + request["code"])
            self.assertIn('"decline"', talk.reply(request["parent"]))
        talk.stop()

    def test_what_old_versions_ask(self):
        talk = self.codex()
        request = talk.ask("ask execCommandApproval " + json.dumps(
            {"callId": "c", "command": ["bash", "-lc", "touch x"], "cwd": self.work, "parsedCmd": []}))
        self.assertEqual(json.loads(request["input"])["command"], "touch x")
        talk.say("y " + request["code"])
        self.assertIn('"approved"', talk.reply(request["parent"]))
        request = talk.ask("ask applyPatchApproval " + json.dumps(
            {"callId": "c", "fileChanges": {os.path.join(self.work, "a"): {"type": "add", "content": "x"}}}))
        talk.say("n " + request["code"])
        self.assertIn('"denied"', talk.reply(request["parent"]))
        self.assertIn('"abort"', talk.reply(talk.say(
            'ask applyPatchApproval {"callId": "c", "fileChanges": {}, "grantRoot": "/"}')))
        talk.stop()

    def test_what_is_not_known_is_refused_and_told(self):
        talk = self.codex()
        for kind in ("item/tool/call", "account/chatgptAuthTokens/refresh", "attestation/generate", "brandnew/kind"):
            self.assertEqual(talk.reply(talk.say(f"ask {kind}")), 'answer {"error": -32601}')
        reply = talk.reply(talk.say('ask mcpServer/elicitation/request {"serverName": "s", "mode": "form", "message": '
                                    '"x", "_meta": {"codex_approval_kind": "brandnew"}, "requestedSchema": {}}'))
        self.assertIn('"decline"', reply)
        self.assertEqual(len([text for text in self.notices() if "refused" in text]), 5)
        talk.stop()

    def test_questions(self):
        talk = self.codex()
        message = talk.say("ask item/tool/requestUserInput " + json.dumps(
            {"itemId": "i", "isBlocking": True, "questions": [
                {"id": "a", "header": "h", "question": "Which colour?", "options": [
                    {"label": "red", "description": "warm"}, {"label": "blue", "description": "cold"}]},
                {"id": "b", "header": "h", "question": "Which name?"}]}))
        first = talk.card(message)
        talk.say("2")
        second = self.wait_for(lambda: self.rows(
            "select r.* from request r join outbox o on o.id = r.id where o.state = 'delivered' and r.id <> ?", first["id"]),
            10)[0]
        time.sleep(0.005)
        talk.say(second["code"] + " Ada")
        self.assertEqual(json.loads(talk.reply(message).removeprefix("answer ")),
                         {"answers": {"a": {"answers": ["blue"]}, "b": {"answers": ["Ada"]}}})
        message = talk.say("ask mcpServer/elicitation/request " + json.dumps(
            {"serverName": "s", "mode": "form", "message": "A form", "requestedSchema": {
                "type": "object", "properties": {"sure": {"type": "boolean"}}}}))
        talk.card(message)
        talk.say("1")
        self.assertEqual(json.loads(talk.reply(message).removeprefix("answer ")),
                         {"action": "accept", "content": {"sure": True}})
        talk.stop()

    def test_a_secret_is_not_asked_for_in_a_chat(self):
        talk = self.codex()
        reply = talk.reply(talk.say("ask item/tool/requestUserInput " + json.dumps(
            {"itemId": "i", "isBlocking": True, "questions": [
                {"id": "a", "header": "h", "question": "Password?", "isSecret": True}]})))
        self.assertEqual(reply, 'answer {"answers": {}}')
        talk.stop()

    def test_it_changes_its_mind(self):
        """`serverRequest/resolved` withdraws the card."""
        talk = self.codex()
        message = talk.say("abandon item/commandExecution/requestApproval " + json.dumps(
            {"itemId": "i", "startedAtMs": 1, "command": "touch x", "cwd": self.work}) + "\nwait 1")
        self.assertEqual(talk.settled(talk.card(message), "void")["via"], "the agent does not wait for it any more")
        self.assertIn("abandoned", talk.reply(message))
        talk.stop()

    def test_abort_while_one_is_pending_and_while_a_command_runs(self):
        talk = self.codex(*BEHIND_ROUTE)
        request = talk.ask("command touch never")
        talk.say("/abort")
        self.assertEqual(talk.settled(request)["state"], "void")
        self.assertIn("was stopped", talk.reply(request["parent"]))
        message = talk.say("say begun\nhang")
        self.wait_for(lambda: len(self.log("prompt")) == 2, 10)
        talk.say("/abort")
        self.assertEqual(talk.reply(message), "begun\n\ncodex was stopped.")
        # The same program is used again.
        self.assertEqual(talk.reply(talk.say("say still here")), "still here")
        self.assertEqual(len(self.log("start")), 1)
        self.assertFalse(self.ran("never"))
        talk.stop()
        self.assertGone()

    def test_one_that_does_not_hear_is_ended(self):
        talk = self.codex(*BEHIND_ROUTE, modes="deaf")
        message = talk.say("hang")
        self.wait_for(lambda: self.log("prompt"), 10)
        talk.say("/abort")
        self.assertIn("was stopped", talk.reply(message, 20))
        self.assertGone()
        talk.stop()


class Trouble(CodexCase):

    def test_errors_of_the_model_say_what_to_do(self):
        talk = self.codex()
        for line, code, piece in (
                ("error unauthorized no", "login", "codex login"), ("error usageLimitExceeded x", "usage_limit", "used up"),
                ("error rateLimitExceeded x", "rate_limit", "too many requests"),
                ("error serverOverloaded x", "overloaded", "overloaded"),
                ("error contextWindowExceeded x", "context", "/new"),
                ("error other unexpected status 401 Unauthorized: x", "login", "codex login"),
                ('error other {"error": {"message": "the words"}}', "model", "could not go on: the words")):
            message = talk.say("say before\n" + line)
            self.assertIn(piece, talk.reply(message))
            row = self.sql("select id from outbox where parent = ? and final", message)[0]
            line = self.said(row["id"])
            self.assertEqual((line["type"], line["code"]), ("error", code))
        talk.stop()

    def test_how_it_can_die(self):
        talk = self.codex()
        for line, piece in (("die", "panicked"), ("midline", "the last words"), ("child", "exit status 4")):
            self.assertIn(piece, talk.reply(talk.say(line)))
            self.assertGone(SCRIPT, "sleep 296", "sleep 295")
        self.assertEqual(talk.reply(talk.say("say back")), "back")
        talk.stop()

    def test_garbage(self):
        talk = self.codex()
        self.assertEqual(talk.reply(talk.say("garbage\nsay fine")), "fine")
        talk.stop()

    @seconds(15)
    def test_floods(self):
        talk = self.codex()
        self.assertIn("printed more than 64 MiB", talk.reply(talk.say("flood"), 60))
        self.assertGone()
        self.assertIn("longer than 16 MiB", talk.reply(talk.say("long"), 30))
        self.assertGone()
        self.assertEqual(talk.reply(talk.say("say back")), "back")
        talk.stop()

    def test_a_hang(self):
        talk = self.codex(agent={"idle_timeout": "2s"})
        self.assertIn("no output for 2s", talk.reply(talk.say("hang"), 20))
        talk.stop()
        self.assertGone()

    def test_agim_run_is_killed(self):
        talk = self.codex()
        message = talk.say("say begun\nwait 3\nsay went on")
        self.wait_for(lambda: self.log("prompt"), 10)
        talk.kill()
        self.assertGone()
        talk.start()
        self.assertIn("went on", talk.reply(message, 30))
        note = json.loads(self.log("prompt")[1])
        self.assertIn("was interrupted", note)
        self.assertEqual(os.listdir(os.path.join(self.own, "threads")), ["thread-1"])
        talk.stop()

    def test_one_that_does_not_hide_is_not_used(self):
        for mode in ("unhidden", "seen"):
            talk = self.codex(modes=mode)
            self.assertIn("does not keep secrets", talk.reply(talk.say("command cat x")))
            self.assertFalse(self.log("prompt"))
            talk.stop()
            self.assertGone()

    def test_one_that_cannot_run_commands_says_so_once(self):
        talk = self.codex(modes="broken")
        for _ in range(2):
            talk.reply(talk.say("say x"))
        self.assertEqual(len([text for text in self.notices() if "its own sandbox does not work" in text]), 1)
        talk.stop()

    def test_one_that_cannot_end_its_commands_is_ended(self):
        talk = self.codex(modes="unclean")
        talk.reply(talk.say("say x"))
        self.assertGone()
        self.assertEqual(talk.reply(talk.say("say y")), "y")
        talk.stop()

    def test_what_takes_its_questions_away_is_refused(self):
        for words in (["--dangerously-bypass-approvals-and-sandbox"], ["-c", "approval_policy=never"], ["--yolo"],
                      ["-s", "danger-full-access"]):
            self.codex(["true"], agent={"command": [SCRIPT, *words]}).live.kill()
            done = self.pipe(["agim-run", "codex"], stdin="")
            self.assertCodes(done, CONFIG)
            self.assertSaid(done, 0, "agent codex:", "trusted")

    def test_not_installed(self):
        talk = self.codex(agent={"command": ["no-such-codex"]})
        self.assertIn("there is no program no-such-codex in PATH", talk.reply(talk.say("say x")))
        talk.stop()
