"""The driver `acp` with a scripted agent that takes nothing the protocol forbids."""

import hashlib
import json
import os
import signal
import sys
import time

from support import CONFIG, OK, PATH, SCRIPTED_AGENTS, seconds
from talk import GateCase

AGENT = os.path.join(SCRIPTED_AGENTS, "acp.py")


class ACP(GateCase):

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("sessions"))
        self.addCleanup(self.check_agent)

    def check_agent(self):
        """The agent found nothing wrong with us."""
        self.assertEqual([line for line in self.log() if line.startswith("wrong")], [])

    def log(self):
        try:
            return self.read("log").splitlines()
        except FileNotFoundError:
            return []

    def asked(self, method):
        """What the agent was asked for by a method: the params."""
        prefix = f"request {method} "
        return [json.loads(line[len(prefix):]) for line in self.log() if line.startswith(prefix)]

    def agent(self, options=None, env=None, **settings):
        options = {"state": self.path("sessions"), "resume": True, **(options or {})}
        variables = {"ACP_OPTIONS": json.dumps(options), "ACP_LOG": self.path("log"), **(env or {})}
        return {"driver": "acp", "command": [sys.executable, AGENT], "env": variables, "workdir": self.work, **settings}

    def begin(self, options=None, *, stages=None, limits=None, **settings):
        extra = {"limits": limits} if limits else {}
        self.configure(agents={"robot": self.agent(options, **settings)}, **extra)
        return self.talk(*(stages or (["agim-approve"], ["agim-run", "robot"])))

    def end(self, talk):
        talk.stop()
        self.assertEqual(self.left(), {})

    def left(self):
        """What runs of the agents."""
        return {pid: words for pid, words in self.processes().items() if "acp.py" in words or "sleep" in words}

    def code(self, message):
        rows = self.sql(
            "select l.line from outbox o join outbox_line l on l.n = o.n where o.parent = ? and o.final", message)
        return json.loads(rows[0]["line"]).get("code")

    @staticmethod
    def directive(name, value):
        return f"@@{name} {json.dumps(value)}"


def shell(command, identity="c1", **more):
    """A permission request for a command."""
    return {"toolCallId": identity, "title": f"Run {command}", "kind": "execute", "rawInput": {"command": command}, **more}


class Text(ACP):

    def test_text_and_the_next_turn(self):
        """One process for a conversation, a session id that is kept, and words apart where tools were between."""
        talk = self.begin()
        self.assertEqual(talk.reply(talk.say("hello")), "You said: hello")
        call = self.directive("update", {"sessionUpdate": "tool_call", "toolCallId": "t", "title": "Look"})
        done = self.directive("update", {"sessionUpdate": "tool_call_update", "toolCallId": "t", "status": "completed"})
        self.assertEqual(talk.reply(talk.say(f"@@text I look.\n{call}\n{done}\n@@text There it is.")),
                         "I look.\n\nThere it is.")
        self.assertEqual((len(self.asked("initialize")), len(self.asked("session/new"))), (1, 1))
        asked = self.asked("session/new")[0]
        self.assertEqual((set(asked), asked["cwd"], len(asked["mcpServers"])), ({"cwd", "mcpServers"}, self.work, 1))
        server = asked["mcpServers"][0]
        self.assertEqual((set(server), server["name"]), ({"name", "command", "args", "env"}, "agim"))
        self.assertTrue(os.path.isabs(server["command"]) and server["command"].endswith("/agim-mcp"))
        self.assertEqual((server["args"][0], server["env"]),
                         ("--scope", [{"name": "AGIM_HOME", "value": self.home}]))
        self.end(talk)

    def test_partial_text_and_actions(self):
        """What there is so far is shown, and each tool call has a line when it begins and when it ends."""
        self.configure(agents={"robot": self.agent()})
        plan = {"sessionUpdate": "plan", "entries": [{"content": "a", "status": "completed"}, {"content": "b", "status": "pending"}]}
        text = "\n".join((
            self.directive("update", {"sessionUpdate": "tool_call", "toolCallId": "t", "title": "Look\nclosely"}),
            self.directive("update", {"sessionUpdate": "tool_call_update", "toolCallId": "t", "status": "failed"}),
            self.directive("update", plan), "@@chunks one|, two|, three"))
        line = {"v": 1, "type": "message", "id": "m", "session": "stdin:a", "from": {"id": "U1"}, "text": text}
        done = self.pipe(["agim-run", "robot"], stdin=json.dumps(line) + "\n")
        self.assertCodes(done, OK)
        actions = [(a["key"], a["phase"], a["title"]) for a in done.lines if a["type"] == "action"]
        self.assertEqual(actions, [
            ("tool-t", "started", "Look closely"), ("tool-t", "done", "Look closely"), ("plan", "updated", "plan: 1 of 2")])
        replies = [(r["text"], r["final"]) for r in done.lines if r["type"] == "reply"]
        self.assertEqual(replies[-1], ("one, two, three", True))
        self.assertTrue(any(text.startswith("one") and not final for text, final in replies), replies)

    def test_what_is_not_for_the_chat(self):
        """Thoughts, echoes and unknown updates are left out; lines that are no messages are skipped."""
        talk = self.begin({"start": "noise"})
        hidden = [{"sessionUpdate": kind, "content": {"type": "text", "text": "HIDDEN"}}
                  for kind in ("agent_thought_chunk", "user_message_chunk", "from_the_future")]
        text = "\n".join([self.directive("update", update) for update in hidden] + ["@@garbage", "@@text seen"])
        self.assertEqual(talk.reply(talk.say(text)), "seen")
        self.end(talk)

    def test_usage(self):
        talk = self.begin()
        message = talk.say("@@text x\n@@usage 1234")
        talk.reply(message)
        self.assertEqual(self.sql("select tokens from audit")[0]["tokens"], 1234)
        self.end(talk)

    def test_two_sessions_at_once(self):
        """Each conversation has a process of its own."""
        talk = self.begin()
        first = talk.say("@@sleep 1\n@@said", session="chat:1")
        second = talk.say("@@said", session="chat:2")
        self.assertEqual(talk.reply(second), "[]")
        self.assertEqual(talk.reply(first), "[]")
        self.assertEqual(len(self.asked("session/new")), 2)
        self.end(talk)

    def test_files_as_the_agent_takes_them(self):
        """A picture and a text as they are where the agent takes that, else as links to what it can open."""
        files = [
            self.attachment("dot.png", b"\x89PNG not really", "image/png", "image"),
            self.attachment("a b.txt", b"words\n", "text/plain")]
        for options, kinds in (({}, "text resource_link resource_link"),
                               ({"image": True, "embedded": True}, "text image resource")):
            talk = self.begin(options)
            self.assertEqual(talk.reply(talk.say("@@kinds", attachments=files, session=f"chat:{len(kinds)}")), kinds)
            self.end(talk)
        blocks = self.asked("session/prompt")[0]["prompt"]
        self.assertTrue(blocks[2]["uri"].endswith("/a%20b.txt"), blocks[2])
        with open(blocks[2]["uri"][7:].replace("%20", " "), "rb") as file:
            self.assertEqual(file.read(), b"words\n")


class Tools(ACP):

    def test_allowed_and_denied(self):
        """The once-only option by its id, and never one for ever."""
        talk = self.begin()
        text = self.directive("ask", shell("touch ran"))
        request = talk.ask(text)
        self.assertEqual((json.loads(request["input"]), request["workdir"]), ({"command": "touch ran"}, self.work))
        self.assertIn("Run touch ran", request["words"])
        talk.say("y")
        self.assertEqual(talk.reply(request["parent"]), "[once]")
        request = talk.ask(text)
        talk.say("n")
        self.assertEqual(talk.reply(request["parent"]), "[no]")
        # A person's "always" is a grant of ours, and the agent is still told once.
        request = talk.ask(text)
        talk.say("always")
        self.assertEqual(talk.reply(request["parent"]), "[once]")
        self.assertEqual(talk.reply(talk.say(text)), "[once]")
        self.assertEqual(self.count("request"), 3)
        self.end(talk)

    def test_options_of_another_kind(self):
        """Where nothing holds once, a yes is a no; a no for ever is not taken either."""
        talk = self.begin()
        request = talk.ask(self.directive("ask", shell("touch a", options=["allow_always", "reject_always"])))
        talk.say("y")
        self.assertEqual(talk.reply(request["parent"]), "[cancelled]")
        request = talk.ask(self.directive("ask", shell("touch a", options=["allow_once", "reject_always"])))
        talk.say("n")
        self.assertEqual(talk.reply(request["parent"]), "[cancelled]")
        self.end(talk)

    def test_a_call_that_was_announced(self):
        """A request that has only an id is joined with what was told of the call before."""
        talk = self.begin()
        value = {"toolCallId": "c9", "announce": shell("touch announced", "c9", status="in_progress")}
        request = talk.ask(self.directive("ask", value))
        self.assertIn("touch announced", request["input"])
        talk.say("n")
        self.assertEqual(talk.reply(request["parent"]), "[no]")
        self.end(talk)

    def test_what_reads_is_not_asked(self):
        """Where the agent is known; a stranger's word for what its tool does is not enough."""
        self.write("work/note", "words\n")
        self.configure(agents={"vibe": self.agent(), "robot": self.agent()})
        talk = self.talk(["agim-approve"], ["agim-run", "vibe", "robot"])
        text = self.directive("ask", shell("cat note", _meta={"tool_name": "bash"}))
        self.assertEqual(talk.reply(talk.say(text, agent="vibe")), "[once]")
        self.assertEqual(self.count("request"), 0)
        request = talk.ask(text, agent="robot", session="chat:2")
        talk.say("n", session="chat:2")
        self.assertEqual(talk.reply(request["parent"]), "[no]")
        self.end(talk)

    def test_a_secret(self):
        """What the policy always denies is denied without a question."""
        talk = self.begin()
        self.assertEqual(talk.reply(talk.say(self.directive("ask", shell("cat ~/.ssh/id_rsa")))), "[no]")
        value = {"toolCallId": "r", "title": "Read", "kind": "read", "rawInput": {"path": "/etc/shadow"}}
        self.assertEqual(talk.reply(talk.say(self.directive("ask", value))), "[no]")
        self.assertEqual(self.count("request"), 0)
        self.end(talk)

    def test_several_at_once(self):
        talk = self.begin()
        message = talk.say(self.directive("ask-two", [shell("touch a", "a"), shell("touch b", "b")]))
        rows = self.wait_for(lambda: len(self.rows("select * from request")) == 2 and self.rows(
            "select r.* from request r join outbox o on o.id = r.id where o.state = 'delivered' order by r.input"),
            what="both cards") or []
        self.wait_for(lambda: self.count("outbox", "type = 'request' and state = 'delivered'") == 2)
        codes = {json.loads(row["input"])["command"]: row["code"] for row in self.rows("select * from request")}
        talk.say("n " + codes["touch b"])
        talk.say("y " + codes["touch a"])
        self.assertEqual(json.loads(talk.reply(message)), ["once", "no"], rows)
        self.end(talk)

    def test_timed_out(self):
        talk = self.begin(limits={"request": 1})
        request = talk.ask(self.directive("ask", shell("touch ran")))
        self.assertEqual(talk.reply(request["parent"]), "[no]")
        self.assertEqual(talk.settled(request)["state"], "expired")
        self.end(talk)

    def test_aborted_while_requests_wait(self):
        """Every one is answered, the cards are withdrawn, and the process goes on with the next message."""
        talk = self.begin(stages=(["agim-route"], ["agim-approve"], ["agim-run", "robot"]))
        message = talk.say("@@text Before.\n" + self.directive("ask-two", [shell("touch a", "a"), shell("touch b", "b")]))
        self.wait_for(lambda: self.count("request") == 2, what="both requests")
        talk.say("/abort")
        self.assertEqual(talk.reply(message), "Before.\n\nrobot was stopped.")
        self.assertEqual(self.code(message), "aborted")
        self.wait_for(lambda: [r["state"] for r in self.rows("select state from request")] == ["void"] * 2)
        self.assertEqual(talk.reply(talk.say("hello")), "You said: hello")
        self.assertEqual(len(self.asked("initialize")), 1)
        self.end(talk)

    def test_a_request_that_the_agent_withdraws(self):
        talk = self.begin()
        request = talk.ask(self.directive("ask-and-withdraw", shell("touch ran")))
        talk.settled(request, "void")
        self.assertEqual(json.loads(talk.reply(request["parent"])), "result")
        self.end(talk)

    def test_unknown_requests(self):
        """They get an error, and the person is told."""
        talk = self.begin()
        said = json.loads(talk.reply(talk.say("@@call _strange/thing {}")))
        self.assertEqual(said["error"]["code"], -32601)
        self.wait_for(lambda: "_strange/thing" in self.read("said"), what="the notice")
        for line in ("@@call session/request_permission {}", "@@call fs/read_text_file {\"path\": \"relative\"}",
                     "@@call terminal/create {}", "@@call terminal/output {\"terminalId\": \"x\"}",
                     "@@call fs/read_text_file {\"sessionId\": \"another\", \"path\": \"/etc/hosts\"}"):
            self.assertIn("error", json.loads(talk.reply(talk.say(line))), line)
        self.end(talk)


class Files(ACP):

    def call(self, talk, method, **params):
        return json.loads(talk.reply(talk.say(f"@@call {method} {json.dumps(params)}")))

    def test_reading(self):
        """Below the work directory unasked, by lines; what is missing has a code of its own."""
        talk = self.begin()
        path = self.write("work/text", "one\ntwo\nthree\n")
        self.assertEqual(self.call(talk, "fs/read_text_file", path=path)["result"], {"content": "one\ntwo\nthree\n"})
        for line, limit, content in ((2, 1, "two\n"), (2, None, "two\nthree\n"), (None, 2, "one\ntwo\n"), (9, 1, "")):
            params = {k: v for k, v in (("line", line), ("limit", limit)) if v is not None}
            self.assertEqual(self.call(talk, "fs/read_text_file", path=path, **params)["result"]["content"], content)
        missing = self.call(talk, "fs/read_text_file", path=path + ".none")
        self.assertEqual(missing["error"]["code"], -32002)
        self.write("work/binary", b"\xff\xfe\x00")
        self.assertIn("UTF-8", self.call(talk, "fs/read_text_file", path=self.path("work/binary"))["error"]["message"])
        self.assertEqual(self.count("request"), 0)
        self.end(talk)

    def test_secrets(self):
        """Neither by their own names nor through a link."""
        os.mkdir(os.path.join(self.user, ".ssh"))
        key = self.write("user/.ssh/id_rsa", "the key itself")
        os.symlink(key, os.path.join(self.work, "innocent"))
        talk = self.begin()
        for path in (key, os.path.join(self.work, "innocent"), "/etc/shadow"):
            self.assertIn("not allowed", self.call(talk, "fs/read_text_file", path=path)["error"]["message"], path)
            self.assertIn("error", self.call(talk, "fs/write_text_file", path=path, content="x"), path)
        self.assertEqual(self.count("request"), 0)
        with open(key) as file:
            self.assertEqual(file.read(), "the key itself")
        self.end(talk)

    def test_writing(self):
        """Asked as Write; the file keeps its mode."""
        path = self.write("work/tool", "old")
        os.chmod(path, 0o755)
        talk = self.begin()
        request = talk.ask(self.directive("call fs/write_text_file", {"path": path, "content": "new"}))
        self.assertEqual((request["tool"], json.loads(request["input"])), ("Write", {"file_path": path, "content": "new"}))
        talk.say("y")
        self.assertEqual(json.loads(talk.reply(request["parent"])), {"result": {}})
        with open(path) as file:
            self.assertEqual(file.read(), "new")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o755)
        request = talk.ask(self.directive("call fs/write_text_file", {"path": path, "content": "newer"}))
        talk.say("n")
        self.assertIn("error", json.loads(talk.reply(request["parent"])))
        with open(path) as file:
            self.assertEqual(file.read(), "new")
        self.end(talk)

    def test_a_long_text(self):
        """The card says how much there is and what it is by its hash; the whole is written."""
        path, text = os.path.join(self.work, "long"), "0123456789abcdef" * 65536
        talk = self.begin()
        # Too long for a message, so the agent makes it up.
        request = talk.ask(self.directive("long-write", {"path": path}))
        self.assertIn(f"{len(text)} bytes in all, SHA-256 {hashlib.sha256(text.encode()).hexdigest()}", request["input"])
        self.assertEqual((request["complete"], request["proposal"]), (0, None))
        talk.say("y")
        self.assertEqual(talk.reply(request["parent"]), "result")
        with open(path) as file:
            self.assertEqual(file.read(), text)
        self.end(talk)

    def test_a_link_that_comes_while_the_card_waits(self):
        """What was judged is what is written: never what a name leads to by then."""
        target = self.write("outside", "untouched")
        path = os.path.join(self.work, "sub", "file")
        os.mkdir(os.path.dirname(path))
        talk = self.begin()
        request = talk.ask(self.directive("call fs/write_text_file", {"path": path, "content": "written"}))
        os.rmdir(os.path.dirname(path))
        os.symlink(self.dir, os.path.dirname(path))
        os.rename(target, self.path("file"))
        talk.say("y")
        self.assertIn("error", json.loads(talk.reply(request["parent"])))
        self.assertEqual(self.read("file"), "untouched")
        self.end(talk)

    def test_what_was_allowed_is_not_asked_again(self):
        """One card for the permission and the write; for any other text a second one."""
        path = os.path.join(self.work, "new")
        value = {"toolCallId": "w", "title": "Write new", "kind": "edit",
                 "rawInput": {"path": path, "content": "shown"},
                 "content": [{"type": "diff", "path": path, "newText": "shown"}]}
        for content, cards in (("shown", 1), ("something else", 3)):
            with self.subTest(content):
                talk = self.begin()
                write = self.directive("call fs/write_text_file", {"path": path, "content": content})
                request = talk.ask(self.directive("ask", value) + "\n" + write)
                talk.say("y " + request["code"])
                if cards > 1:
                    self.wait_for(lambda: self.count("outbox", "type = 'request' and state = 'delivered'") == cards)
                    row = self.rows("select * from request order by n desc")[0]
                    talk.say("n " + row["code"])
                talk.reply(request["parent"])
                self.assertEqual(self.count("request"), cards)
                self.end(talk)
        with open(path) as file:
            self.assertEqual(file.read(), "shown")


class Terminals(ACP):

    def test_a_line_for_a_shell(self):
        """Asked about as a command; both outputs in order, and its status."""
        talk = self.begin()
        request = talk.ask(self.directive("run", {"command": "echo out; echo err >&2; touch ran; exit 3"}))
        self.assertEqual(request["tool"], "Bash")
        self.assertFalse(self.ran())
        talk.say("y")
        self.assertEqual(json.loads(talk.reply(request["parent"])), {
            "output": "out\nerr\n", "truncated": False, "exitStatus": {"exitCode": 3, "signal": None}})
        self.assertTrue(self.ran())
        request = talk.ask(self.directive("run", {"command": "touch other"}))
        talk.say("n")
        self.assertIn("not allowed", talk.reply(request["parent"]))
        self.assertFalse(self.ran("other"))
        self.end(talk)

    def test_words_environment_and_directory(self):
        os.mkdir(self.path("work/below"))
        talk = self.begin()
        request = talk.ask(self.directive("run", {
            "command": "/bin/sh", "args": ["-c", "pwd; echo $COLOUR"], "cwd": self.path("work/below"),
            "env": [{"name": "COLOUR", "value": "green"}]}))
        for part in ("pwd; echo $COLOUR", "below", "green"):
            self.assertIn(part, request["input"])
        talk.say("y")
        self.assertEqual(json.loads(talk.reply(request["parent"]))["output"], self.path("work/below") + "\ngreen\n")
        self.end(talk)

    def test_the_end_of_a_long_output(self):
        """Cut at the beginning of a character."""
        talk = self.begin()
        # It only reads, so nobody is asked.
        said = json.loads(talk.reply(talk.say(self.directive("run", {"command": "printf 'aa€€€'", "outputByteLimit": 8}))))
        self.assertEqual((said["output"], said["truncated"]), ("€€", True))
        self.end(talk)

    def test_one_card_for_permission_and_command(self):
        """The same line only, once, and hard denies stand above it."""
        talk = self.begin()
        text = self.directive("ask", shell("touch ran")) + "\n" + self.directive("run", {"command": "touch ran"})
        request = talk.ask(text)
        talk.say("y")
        self.assertIn('"exitCode": 0', talk.reply(request["parent"]))
        self.assertTrue(self.ran())
        self.assertEqual(self.count("request"), 1)
        self.assertEqual([e["rule"] for e in self.entries("policy") if e["rule"] == "covered"], ["covered"])
        # Split into words it is the same.
        request = talk.ask(self.directive("ask", shell("touch split"))
                           + "\n" + self.directive("run", {"command": "touch", "args": ["split"]}))
        talk.say("y")
        self.assertIn('"exitCode": 0', talk.reply(request["parent"]))
        self.assertEqual(self.count("request"), 2)
        # A second run of it is asked about, and so is another line.
        for again in ("touch ran", "touch ran two"):
            request = talk.ask(self.directive("ask", shell("touch ran")) + "\n" + self.directive("run", {"command": "touch ran"})
                               + "\n" + self.directive("run", {"command": again}))
            before = self.count("request")
            talk.say("y " + request["code"])
            self.wait_for(lambda: self.count("outbox", "type = 'request' and state = 'delivered'") == before + 1)
            talk.say("n " + self.rows("select code from request order by n desc")[0]["code"])
            self.assertIn("not allowed", talk.reply(request["parent"]))
        self.assertFalse(self.ran("two"))
        self.end(talk)

    def test_a_command_ends_with_its_turn(self):
        talk = self.begin()
        message = talk.say(self.directive("start", {"command": "sleep 1000"}))
        request = talk.card(message)
        talk.say("y")
        talk.reply(message)
        self.assertIsNotNone(request)
        self.wait_for(lambda: not any("sleep" in words for words in self.left().values()), what="the end of the command")
        self.end(talk)

    def test_aborted_while_a_command_runs(self):
        talk = self.begin(stages=(["agim-route"], ["agim-approve"], ["agim-run", "robot"]))
        request = talk.ask(self.directive("run", {"command": "sleep 1000"}))
        talk.say("y")
        self.wait_for(lambda: any("sleep" in words for words in self.left().values()), what="the command")
        talk.say("/abort")
        self.assertIn("was stopped", talk.reply(request["parent"]))
        self.wait_for(lambda: not any("sleep" in words for words in self.left().values()), what="the end of the command")
        self.end(talk)


class Questions(ACP):

    def test_a_form(self):
        """Each field is a question of the agent's, and its answer a value of the right type."""
        talk = self.begin()
        message = talk.say(self.directive("call elicitation/create", {
            "mode": "form", "message": "Some things", "requestedSchema": {"type": "object", "required": ["colour"], "properties": {
                "colour": {"type": "string", "title": "Colour", "oneOf": [
                    {"const": "r", "title": "Red"}, {"const": "g", "title": "Green"}]},
                "number": {"type": "integer", "description": "How many"}}}}))
        request = talk.card(message)
        self.assertEqual(request["kind"], "question")
        talk.say("2")
        talk.settled(request)
        second = self.wait_for(lambda: self.rows(
            "select r.* from request r join outbox o on o.id = r.id where r.id <> ? and o.state = 'delivered'", request["id"]))[0]
        time.sleep(0.005)
        talk.say(second["code"] + " 17")
        talk.settled(second)
        self.assertEqual(json.loads(talk.reply(message))["result"], {"action": "accept", "content": {"colour": "g", "number": 17}})
        self.end(talk)

    def test_a_form_that_nobody_fills(self):
        talk = self.begin(limits={"request": 1})
        message = talk.say(self.directive("call elicitation/create", {
            "mode": "form", "message": "x", "requestedSchema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}}))
        self.assertEqual(json.loads(talk.reply(message))["result"], {"action": "decline"})
        message = talk.say(self.directive("call elicitation/create", {"mode": "url", "message": "x", "url": "https://example.org"}))
        self.assertEqual(json.loads(talk.reply(message))["error"]["code"], -32602)
        self.end(talk)


class Sessions(ACP):

    def test_resume_after_the_program_was_killed(self):
        """By resume, else by load; what is replayed is not said again."""
        for options, method in (({"resume": True, "load": True}, "session/resume"),
                                ({"resume": False, "load": True}, "session/load")):
            with self.subTest(method):
                session = "chat:" + method[8:]
                talk = self.begin(options)
                talk.reply(talk.say("first", session=session))
                for pid in self.left():
                    os.kill(pid, signal.SIGKILL)
                self.wait_for(lambda: not self.left(), what="the end of the program")
                self.assertEqual(talk.reply(talk.say("@@said", session=session)), '["first"]')
                self.assertEqual(len(self.asked(method)), 1)
                self.end(talk)

    def test_a_session_that_is_gone(self):
        """The person is told that a new one was begun."""
        talk = self.begin()
        talk.reply(talk.say("first"))
        talk.stop()
        for name in os.listdir(self.path("sessions")):
            os.unlink(os.path.join(self.path("sessions"), name))
        talk.start()
        self.assertEqual(talk.reply(talk.say("@@said")), "[]")
        self.assertIn("could not take up its session", self.read("said"))
        self.end(talk)

    def test_an_agent_that_cannot_resume(self):
        talk = self.begin({"resume": False})
        talk.reply(talk.say("first"))
        talk.stop()
        talk.start()
        self.assertEqual(talk.reply(talk.say("@@said")), "[]")
        self.assertIn("cannot take up an earlier session", self.read("said"))
        self.end(talk)

    def test_keep_alive(self):
        """An idle program ends after a while, and the next message takes up its session."""
        talk = self.begin(keep_alive=1)
        talk.reply(talk.say("first"))
        self.wait_for(lambda: not self.left(), what="the end of the idle program")
        self.assertEqual(talk.reply(talk.say("@@said")), '["first"]')
        self.assertEqual((len(self.asked("initialize")), len(self.asked("session/resume"))), (2, 1))
        self.end(talk)

    def test_agim_run_is_killed_in_a_turn(self):
        """Nothing is left running; the turn goes on in the agent's session, and its call takes over the card."""
        talk = self.begin({"resume": True})
        request = talk.ask(self.directive("ask", shell("touch ran")))
        talk.kill()
        self.wait_for(lambda: not self.left(), what="the end of the program")
        talk.start()
        talk.say("y " + request["code"])
        self.assertIn("[once]", talk.reply(request["parent"]))
        self.assertEqual((len(self.asked("session/resume")), self.count("request")), (1, 1))
        self.end(talk)


class Settings(ACP):

    def test_the_mode_that_asks(self):
        """An agent that begins in a mode that asks for less is put into one that asks."""
        talk = self.begin({"modes": ["accept-edits", "ask", "yolo"]})
        self.assertEqual(json.loads(talk.reply(talk.say("@@state mode"))), {"mode": "ask"})
        self.end(talk)

    def test_only_modes_that_do_not_ask(self):
        """Such an agent gets nothing, unless it is trusted."""
        talk = self.begin({"modes": ["yolo", "auto"]})
        message = talk.say("hello")
        self.assertIn("does not ask", talk.reply(message))
        self.assertEqual((self.code(message), self.asked("session/prompt")), ("mode", []))
        self.end(talk)
        talk = self.begin({"modes": ["yolo", "auto"]}, trusted=True)
        self.assertEqual(talk.reply(talk.say("hello", session="chat:2")), "You said: hello")
        self.end(talk)

    def test_a_mode_that_changes_by_itself(self):
        talk = self.begin({"modes": ["ask", "yolo"]})
        update = self.directive("update", {"sessionUpdate": "current_mode_update", "currentModeId": "yolo"})
        talk.reply(talk.say(f"{update}\n@@sleep 1\n@@text x"))
        self.assertEqual(json.loads(talk.reply(talk.say("@@state mode"))), {"mode": "ask"})
        self.assertEqual([p["modeId"] for p in self.asked("session/set_mode")][:1], ["ask"])
        self.end(talk)

    def test_plan_mode(self):
        """The agent's own where it has one; what would act is denied in any case."""
        talk = self.begin({"modes": ["default", "plan"]}, mode="plan")
        self.assertEqual(json.loads(talk.reply(talk.say("@@state mode"))), {"mode": "plan"})
        self.assertEqual(talk.reply(talk.say(self.directive("ask", shell("touch ran")))), "[no]")
        self.assertEqual(self.count("request"), 0)
        self.end(talk)

    def test_model_and_effort(self):
        configs = [
            {"id": "m", "name": "Model", "category": "model", "type": "select", "currentValue": "small",
             "options": [{"value": "small", "name": "S"}, {"value": "big", "name": "B"}]},
            {"id": "t", "name": "Thinking", "category": "thought_level", "type": "select", "currentValue": "off",
             "options": [{"value": "off", "name": "Off"}, {"value": "high", "name": "High"}]}]
        talk = self.begin({"configs": configs}, model="big")
        said = json.loads(talk.reply(talk.say("@@state configs", think="high")))
        self.assertEqual([config["currentValue"] for config in said["configs"]], ["big", "high"])
        talk.reply(talk.say("x", model="huge"))
        self.assertIn("There is no model huge here; these are: small, big.", self.read("said"))
        self.end(talk)
        talk = self.begin({"models": ["one", "two"]}, model="two")
        self.assertEqual(json.loads(talk.reply(talk.say("@@state model", session="chat:2"))), {"model": "two"})
        self.end(talk)

    def test_words_that_keep_it_from_asking(self):
        """What is typed reaches the agent, but not this, unless it is trusted."""
        talk = self.begin()
        message = talk.say("/yolo on")
        self.assertIn("is not told /yolo", talk.reply(message))
        self.assertEqual((self.code(message), self.asked("initialize")), ("not_trusted", []))
        # Programs of Python strip more than blanks.
        self.assertIn("is not told /yolo", talk.reply(talk.say("\u3000/YOLO\nnow")))
        self.assertEqual(talk.reply(talk.say("/other")), "You said: /other")
        self.end(talk)
        talk = self.begin(trusted=True)
        self.assertEqual(talk.reply(talk.say("/yolo", session="chat:2")), "You said: /yolo")
        self.end(talk)

    def test_names(self):
        """Well-known programs need no entry; only those that are installed are listed."""
        listed = self.pipe(["agim-run", "--list"]).out.split()
        self.assertNotIn("gemini", listed)
        bin_ = self.path("bin")
        os.mkdir(bin_)
        with open(os.path.join(bin_, "gemini"), "w") as file:
            file.write(f"""#!/bin/sh
case $1 in --acp) echo "unknown option --acp" >&2; exit 2;; esac
exec {sys.executable} {AGENT}
""")
        os.chmod(os.path.join(bin_, "gemini"), 0o755)
        path = f"{bin_}:{PATH}"
        self.assertIn("gemini", self.pipe(["agim-run", "--list"], PATH=path).out.split())
        # An older version, which knows another option only.
        talk = self.talk(["agim-approve"], ["agim-run", "gemini"], PATH=path)
        self.assertEqual(talk.reply(talk.say("hello")), "You said: hello")
        self.end(talk)

    def test_no_program(self):
        talk = self.begin(command=["/nowhere/robot", "acp"])
        said = talk.reply(talk.say("x"))
        self.assertIn("there is no program /nowhere/robot", said)
        self.end(talk)
        self.configure(agents={"robot": {"driver": "acp"}})
        self.assertCodes(self.pipe(["agim-run", "robot"]), CONFIG)


class Hiding(ACP):
    """What a program does by itself, and nobody asks about."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("user/.ssh"))
        self.key = self.write("user/.ssh/id_ed25519", "the-key-itself")
        self.secret = self.write("work/.env", "the-key-itself")
        self.plain = self.write("user/plain", "plain")

    def cats(self, *paths):
        return [f"@@cat {path}" for path in paths]

    def test_secrets_are_hidden(self):
        talk = self.begin()
        text = talk.reply(talk.say("\n".join(self.cats(self.key, self.secret, self.home + "/config.json", self.plain))))
        self.assertNotIn("the-key-itself", text)
        self.assertEqual(text.count("["), 4)
        self.assertTrue(text.endswith("[No such file or directory][plain]"), text)
        # Its own process is the only one that it sees, and so no other's environment.
        self.assertEqual(talk.reply(talk.say(f"@@cat /proc/{os.getpid()}/environ")), "[No such file or directory]")
        # What it may do otherwise is as it was.
        self.assertEqual(talk.reply(talk.say(f"@@touch {self.path('user/made')}")), "[made]")
        self.end(talk)

    def test_not_where_the_configuration_says_so(self):
        talk = self.begin(sandbox="none")
        self.assertEqual(talk.reply(talk.say(f"@@cat {self.key}")), "[the-key-itself]")
        self.end(talk)

    def test_one_that_runs_commands_unasked(self):
        """It may change its work directory and its own files alone, and does not plan."""
        own = self.path("user/.hermes")
        os.mkdir(own)
        agent = self.agent(command=["/usr/bin/python3", AGENT], env={"ACP_LOG": own + "/log"})
        agent["env"]["ACP_OPTIONS"] = json.dumps({})
        self.configure(agents={"hermes": agent, "planner": {**agent, "driver": "hermes", "mode": "plan"}})
        talk = self.talk(["agim-approve"], ["agim-run", "hermes", "planner"])
        text = talk.reply(talk.say("\n".join(
            [*self.cats(self.key, self.secret), *(f"@@touch {path}" for path in (
                self.path("user/made"), self.path("work/made"), own + "/made"))]), agent="hermes"))
        self.assertNotIn("the-key-itself", text)
        self.assertTrue(text.endswith("[made][made]"), text)
        # What it made elsewhere was never there.
        made = [os.path.exists(path) for path in (self.path("user/made"), self.path("work/made"), own + "/made")]
        self.assertEqual(made, [False, True, True])
        message = talk.say("x", agent="planner", session="chat:2")
        self.assertIn("no mode in which it only plans", talk.reply(message))
        self.assertEqual(self.code(message), "mode")
        self.end(talk)


class Failures(ACP):

    def fails(self, text, code, *pieces, options=None, **settings):
        """A turn that ends in an error with these words."""
        talk = self.begin(options, **settings)
        message = talk.say(text)
        said = talk.reply(message, 30)
        for piece in pieces:
            self.assertIn(piece, said)
        self.assertEqual(self.code(message), code)
        self.end(talk)
        return said

    def test_login(self):
        self.fails("x", "login", "wants a login first (no key)", "run `/usr/bin/door open now` in a terminal",
                   options={"login": "no key"})

    def test_errors_of_the_model(self):
        self.fails("@@error -32603 HTTP 401 Unauthorized", "agent", "401", "login is missing or wrong")
        self.fails("@@error -32603 HTTP 429 Too Many Requests", "agent", "429", "try again later")
        self.fails("@@error -32603 HTTP 529 overloaded_error", "agent", "overloaded; try again later")

    def test_a_turn_without_words(self):
        self.fails("@@stop end_turn", "empty", "without a word")

    def test_stop_reasons(self):
        for reason, code in (("max_tokens", "max_tokens"), ("max_turn_requests", "max_turn_requests"), ("refusal", "refusal")):
            self.assertTrue(self.fails(f"@@text Half\n@@stop {reason}", code).startswith("Half\n\nrobot"))

    def test_another_version(self):
        self.fails("x", "protocol", "speaks version 2", options={"version": 2})

    def test_a_program_that_dies(self):
        self.fails("x", "program", "at its start with exit status 3", "I do not know how to begin", options={"start": "die"})
        self.fails("@@text Half\n@@die 5", "program", "Half", "in the middle of its turn with exit status 5", "the last words")
        self.fails("@@half", "program", "in the middle of its turn")

    def test_a_program_that_hangs(self):
        """It is stopped after the time-out; one that does not listen is ended."""
        self.fails("@@text Half\n@@hang", "idle_timeout", "Half", "no output for", idle_timeout=1)
        self.fails("x", "idle_timeout", "no output for", options={"start": "hang"}, idle_timeout=1)

    @seconds(15)
    def test_a_program_that_does_not_listen(self):
        self.fails("@@stubborn", "idle_timeout", "no output for", idle_timeout=1)

    @seconds(10)
    def test_a_flood(self):
        self.fails("@@flood 100", "program", "it printed more than 64 MiB")
        self.fails("@@long 17\n@@sleep 30", "program", "it printed a line longer than 16 MiB")

    def test_a_child_that_outlives_it(self):
        talk = self.begin(keep_alive=0)
        child = int(talk.reply(talk.say("@@child")))
        self.assertGreater(child, 0)
        self.wait_for(lambda: not self.left(), what="the end of the child")
        self.end(talk)

    def test_agim_run_is_killed(self):
        """SIGKILL in the middle of a turn with a command: nothing is left."""
        talk = self.begin()
        request = talk.ask("@@child\n" + self.directive("run", {"command": "sleep 1000; touch late"}))
        talk.say("y")
        self.wait_for(lambda: any("sleep 1000; touch" in w or w.startswith("sleep") for w in self.left().values()))
        process = next(p for p in talk.live.procs if p.args[0] == "agim-run")
        os.kill(self.worker(process), signal.SIGKILL)
        self.wait_for(lambda: not self.left(), what="the end of everything")
        self.assertFalse(self.ran("late"))
        self.assertIsNotNone(request)
        talk.kill()
