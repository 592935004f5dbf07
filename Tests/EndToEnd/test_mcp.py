"""agim-mcp: the protocol with a strict client, and the tools in turns of real pipelines."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
import tomllib
import unittest

from support import BIN, CONFIG, DATA, OK, UNAVAILABLE, USAGE, Case, need
from talk import GateCase, Talk

MODERN = "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "strict", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}
TOOLS = ["send_message", "send_file", "ask_person", "ask_agent",
         "save_memo", "search_memos", "list_memos", "remember", "recall", "forget",
         "create_reminder", "list_reminders", "cancel_reminder", "snooze_reminder",
         "set_goal", "goal_progress", "complete_goal"]


class Client:
    """A client that takes nothing but what the protocol allows."""

    def __init__(self, test, *words, **env):
        self.test = test
        self.process = subprocess.Popen(
            ["agim-mcp", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**test.env, **env}, cwd=test.dir)
        test.addCleanup(self.end)
        self.buffer = b""
        self.last = 0

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except OSError:
                pass

    def raw(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, **message):
        self.raw(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def receive(self, limit=10):
        """One line of the server, checked."""
        deadline = time.monotonic() + limit
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.process.stdout], [], [], max(left, 0))
            if not ready:
                self.test.fail(f"the server has said nothing for {limit} s; so far {self.buffer[:500]!r}")
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                self.test.fail(f"the server has ended: {self.process.stderr.read()[:2000]!r}")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        message = json.loads(line)
        self.test.assertEqual(message.get("jsonrpc"), "2.0", message)
        if "method" in message:
            self.test.assertNotIn("id", message, "a server asks nothing here")
        else:
            self.test.assertEqual(("result" in message) + ("error" in message), 1, message)
            self.test.assertIn("id", message)
        return message

    def request(self, method, params=None, limit=10):
        self.last += 1
        self.send(id=self.last, method=method, **({} if params is None else {"params": params}))
        message = self.receive(limit)
        self.test.assertEqual(message["id"], self.last)
        self.test.assertIs(type(message["id"]), int)
        return message

    def result(self, method, params=None, limit=10):
        message = self.request(method, params, limit)
        self.test.assertIn("result", message, message)
        return message["result"]

    def error(self, method, params=None):
        return self.request(method, params)["error"]

    def handshake(self, version="2025-11-25"):
        result = self.result("initialize", {
            "protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "strict", "version": "1"}})
        self.send(method="notifications/initialized")
        return result

    def call(self, tool, limit=10, **arguments):
        """The text of a tool, and whether it failed."""
        result = self.result("tools/call", {"name": tool, "arguments": arguments}, limit)
        self.test.assertEqual([block["type"] for block in result["content"]], ["text"])
        self.test.assertNotIn("structuredContent", result)
        return result["content"][0]["text"], result.get("isError", False)


class Protocol(Case):
    """What a client may say before any tool is called; nothing of this needs a store."""

    def client(self, *words):
        return Client(self, *words)

    def test_every_revision_with_a_handshake(self):
        for version in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"):
            client = self.client()
            result = client.handshake(version)
            self.assertEqual(result["protocolVersion"], version)
            self.assertEqual(result["capabilities"], {"tools": {}})
            self.assertEqual(result["serverInfo"]["name"], "agim")
            self.assertEqual(client.result("ping"), {})
            self.assertEqual([tool["name"] for tool in client.result("tools/list")["tools"]], TOOLS)
        self.assertFalse(os.path.exists(f"{self.home}/agim.db"), "no call, no store")

    def test_an_unknown_revision_gets_the_newest_with_a_handshake(self):
        for version in ("1999-01-01", MODERN, ""):
            self.assertEqual(self.client().handshake(version)["protocolVersion"], "2025-11-25")

    def test_the_stateless_revision(self):
        client = self.client()
        client.send(id="server-discover-probe-1", method="server/discover", params={"_meta": META})
        answer = client.receive()
        self.assertEqual(answer["id"], "server-discover-probe-1")
        result = answer["result"]
        self.assertEqual((result["resultType"], result["supportedVersions"]), ("complete", [MODERN]))
        self.assertEqual(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "agim")
        listed = client.result("tools/list", {"_meta": META})
        self.assertEqual(
            (listed["resultType"], listed["cacheScope"], type(listed["ttlMs"])), ("complete", "private", int))
        # No state: the same connection may speak the other era.
        self.assertNotIn("resultType", client.result("tools/list"))
        self.assertEqual(client.error("ping", {"_meta": META})["code"], -32601)
        called = client.result(
            "tools/call", {"name": "send_message", "arguments": {"text": "x"}, "_meta": META})
        self.assertEqual((called["resultType"], called["isError"]), ("complete", True))

    def test_errors_have_the_codes_of_the_protocol(self):
        client = self.client()
        self.assertEqual(client.error("server/discover")["code"], -32602)
        later = client.error("tools/list", {"_meta": {**META, "io.modelcontextprotocol/protocolVersion": "2030-01-01"}})
        self.assertEqual(later["code"], -32022)
        self.assertEqual(later["data"]["requested"], "2030-01-01")
        self.assertIn(MODERN, later["data"]["supported"])
        self.assertIn("2025-11-25", later["data"]["supported"])
        for method in ("resources/list", "prompts/list", "logging/setLevel", "no/such", ""):
            self.assertEqual(client.error(method)["code"], -32601, method)
        self.assertEqual(client.error("tools/call", {"name": "no_such"})["code"], -32602)
        self.assertEqual(client.error("tools/call", {})["code"], -32602)
        self.assertEqual(client.error("tools/call", {"name": "send_message", "arguments": []})["code"], -32602)
        self.assertEqual(client.error("tools/list", {"cursor": "2"})["code"], -32602)
        self.assertEqual(client.error("tools/list", [])["code"], -32602)

    def test_garbage_is_answered_and_the_next_line_is_read(self):
        client = self.client()
        for line, code in ((b"garbage", -32700), (b"\xff\xfe", -32700), (b"[]", -32600), (b"1", -32600),
                           (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600), (b"{}", -32600),
                           (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
                           (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
                           (b'{"jsonrpc":"1.0","id":null,"method":"ping"}', -32600),
                           (b"[" * 100 + b"]" * 100, -32700), (b'{"a":"' + b"x" * (5 << 20) + b'"}', -32700)):
            client.raw(line + b"\n")
            answer = client.receive()
            self.assertEqual((answer["id"], answer["error"]["code"]), (None, code), line[:60])
        client.raw(b"\n  \r\n")
        client.send(method="notifications/no_such", params={"x": 1})
        client.send(method="notifications/cancelled", params={"requestId": 77})
        client.send(id=5, result={})
        self.assertEqual(client.result("ping"), {})

    def test_a_wrong_input_is_the_outcome_of_the_call(self):
        client = self.client()
        for tool, arguments, word in (
                ("send_message", {}, "text"), ("send_message", {"text": 1}, "text"),
                ("send_message", {"text": "x", "to": "y"}, "'to'"), ("ask_person", {"question": "x" * 9000}, "8000"),
                ("ask_person", {"question": "x", "minutes": 0}, "1 to 1440"),
                ("ask_agent", {"agents": ["a"] * 9, "text": "x"}, "at most 8")):
            text, failed = client.call(tool, **arguments)
            self.assertTrue(failed)
            self.assertIn(word, text)

    def test_ids_come_back_as_they_were(self):
        client = self.client()
        for name in ("a", "1", 1, 0, -7, "中"):
            client.send(id=name, method="ping")
            answer = client.receive()
            self.assertEqual((answer["id"], type(answer["id"])), (name, type(name)))

    def test_schemas_are_plain_and_described(self):
        for tool in self.client().result("tools/list")["tools"]:
            schema = tool["inputSchema"]
            self.assertRegex(tool["name"], r"^[a-z_]{1,64}$")
            self.assertEqual((schema["type"], schema["additionalProperties"]), ("object", False))
            self.assertRegex(tool["description"], "[a-z]{3}.*[一-鿿]")
            self.assertLess(len(json.dumps(schema)), 4000)
            for word in ("$ref", "oneOf", "anyOf", "allOf"):
                self.assertNotIn(word, json.dumps(schema))
            for name, member in schema.get("properties", {}).items():
                self.assertTrue(member["description"], name)
            self.assertTrue(set(schema.get("required", [])) <= set(schema.get("properties", {})))
            self.assertEqual(
                set(tool["annotations"]),
                {"title", "readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"})

    def test_the_end_of_the_input_ends_it_at_once(self):
        client = self.client()
        client.handshake()
        client.process.stdin.close()
        self.assertEqual(client.process.wait(5), 0)

    def test_a_signal_ends_it(self):
        client = self.client()
        client.handshake()
        client.process.send_signal(signal.SIGTERM)
        self.assertEqual(client.process.wait(5), 0)

    def test_a_last_line_without_its_end_is_answered(self):
        client = self.client()
        client.raw(b'{"jsonrpc":"2.0","id":9,"method":"ping"}')
        client.process.stdin.close()
        self.assertEqual(client.receive()["id"], 9)

    def test_words_that_are_wrong(self):
        for words in (["nothing"], ["call"], ["call", "no_such"], ["list", "x"], ["--json"], ["--scope", "x"],
                      ["--scope", "/x", "--to", "y"]):
            done = self.pipe(["agim-mcp", *words])
            self.assertCodes(done, USAGE)
        self.assertCodes(self.pipe(["agim-mcp", "call", "send_message", "{"]), DATA)
        self.assertCodes(self.pipe(["agim-mcp", "call", "send_message", "{}"]), DATA)
        self.assertEqual(len(self.pipe(["agim-mcp", "list", "--json"]).lines), len(TOOLS))


# An agent that does what it is told: a tool and its input, one a line.
CALLER = """while read -r tool json; do
  agim-mcp call "$tool" "$json" 2>&1
  echo "[$?]"
done
"""


class ToolCase(GateCase):
    """A pipeline with an agent that calls tools."""

    def caller(self, stages=None, agents=None, **config):
        path = self.script("callall", CALLER)
        agents = agents or {"caller": {"driver": "exec", "command": [path], "workdir": self.work}}
        self.configure(agents=agents, default_agent="caller", **config)
        talk = Talk(self, stages or [["agim-approve"], ["agim-run", *agents]])
        self.wait_for(lambda: os.path.exists(f"{self.home}/run/send-main"), what="a sender")
        return talk

    def tell(self, talk, tool, limit=15, **arguments):
        """One call in a turn of its own: the reply."""
        return talk.reply(talk.say(f"{tool} {json.dumps(arguments)}"), limit)

    def delivered(self):
        return [json.loads(line) for line in self.read("said").splitlines()]


class Turns(ToolCase):
    """Tools in turns: what reaches the chat, the person and other agents, and nobody else's."""

    def test_a_message_reaches_the_chat_before_the_reply(self):
        talk = self.caller()
        self.assertEqual(self.tell(talk, "send_message", text="half done"), "Delivered.\n[0]")
        first, second = self.delivered()
        self.assertEqual((first["text"], first["session"], first["notice"], first["final"], first["parent"]),
                         ("half done", "chat:1", True, False, "m1"))
        self.assertEqual(second["final"], True)

    def test_a_file_in_the_work_directory_goes_at_once(self):
        talk = self.caller()
        with open(f"{self.work}/a.txt", "w") as file:
            file.write("content")
        self.assertEqual(self.tell(talk, "send_file", path="a.txt", caption="here"), "Delivered.\n[0]")
        first = self.delivered()[0]
        self.assertEqual(first["text"], "here")
        with open(first["attachments"][0]["path"]) as file:
            self.assertEqual(file.read(), "content")
        self.assertEqual(self.rows("select count(*) c from request")[0]["c"], 0)

    def test_another_file_only_when_a_person_allows_it(self):
        talk = self.caller()
        path = self.write("far.txt", "far")
        message = talk.say("send_file " + json.dumps({"path": path}))
        card = talk.card(message)
        self.assertEqual(card["tool"], "mcp__agim__send_file")
        self.assertIn(path, card["input"])
        talk.say("y")
        self.assertEqual(talk.reply(message), "Delivered.\n[0]")
        message = talk.say("send_file " + json.dumps({"path": path}))
        talk.card(message)
        talk.say("n")
        self.assertIn("said no", talk.reply(message))
        self.assertEqual(sum("attachments" in line for line in self.delivered()), 1)

    def test_a_secret_goes_never(self):
        talk = self.caller()
        self.write("work/.env", "KEY=1")
        os.symlink(f"{self.work}/.env", f"{self.work}/innocent.txt")
        for path in (".env", "innocent.txt", f"{self.home}/config.json", f"{self.home}/agim.db"):
            self.assertIn("Not allowed", self.tell(talk, "send_file", path=path), path)
        self.assertEqual(self.rows("select count(*) c from request")[0]["c"], 0)
        self.assertFalse([line for line in self.delivered() if "attachments" in line])

    def test_a_file_that_is_not_there(self):
        talk = self.caller()
        self.assertIn("There is no file", self.tell(talk, "send_file", path="no.txt"))

    def test_a_rule_of_the_configuration_holds_for_a_script_as_well(self):
        talk = self.caller(policy=[{"if": {"tool": "mcp__agim__send_message"}, "then": "deny"}])
        self.assertIn("Not allowed", self.tell(talk, "send_message", text="x"))

    def test_the_person_is_asked_and_answers(self):
        talk = self.caller()
        message = talk.say("ask_person " + json.dumps({"question": "Which?", "options": ["red", "blue"]}))
        card = talk.card(message)
        self.assertEqual((card["kind"], card["agent"]), ("question", "caller"))
        talk.say("2")
        self.assertEqual(talk.reply(message), "The person chose: blue\n[0]")
        message = talk.say("ask_person " + json.dumps({"question": "Why?"}))
        card = talk.card(message)
        talk.say(f"{card['code']} because of it")
        self.assertEqual(talk.reply(message), "The person answered: because of it\n[0]")

    def test_a_question_without_an_answer(self):
        talk = self.caller(limits={"request": "2s"})
        reply = self.tell(talk, "ask_person", question="Anybody?")
        self.assertIn("There is no answer: nobody answered in time", reply)
        self.assertIn(f"[{UNAVAILABLE}]", reply)

    def test_a_question_ends_with_its_turn(self):
        talk = self.caller(stages=[["agim-route"], ["agim-approve"], ["agim-run", "caller"]])
        message = talk.say("ask_person " + json.dumps({"question": "Wait?"}))
        card = talk.card(message)
        talk.say("/abort")
        talk.settled(card, "void")

    def test_the_token_is_in_no_environment_and_no_argument_and_dies_with_the_turn(self):
        path = self.script("caller", f"""read -r word
tr '\\0' '\\n' < /proc/$$/environ > {self.path('environ')}
stat -c %a "$AGIM_SCOPE" > {self.path('mode')}
cp "$AGIM_SCOPE" {self.path('stolen')}
echo ok
""")
        talk = self.caller(agents={"caller": {"driver": "exec", "command": [path], "workdir": self.work}})
        self.assertEqual(talk.reply(talk.say("go")), "ok")
        token = json.loads(self.read("stolen"))["token"]
        self.assertEqual(len(token), 64)
        self.assertEqual(self.read("mode").strip(), "600")
        self.assertNotIn(token, self.read("environ"))
        scope = [line for line in self.read("environ").splitlines() if line.startswith("AGIM_SCOPE=")]
        self.assertFalse(os.path.exists(scope[0].split("=", 1)[1]), "the file goes with the turn")
        self.assertEqual(self.rows("select count(*) c from turn_scope")[0]["c"], 0)
        for name in ("agim.db", "agim.db-wal"):
            with open(f"{self.home}/{name}", "rb") as file:
                self.assertNotIn(token.encode(), file.read(), "the store has only its hash")
        late = self.pipe(["agim-mcp", "--scope", self.path("stolen"), "call", "send_message", '{"text":"x"}'])
        self.assertCodes(late, UNAVAILABLE)
        self.assertSaid(late, 0, "This turn is over")

    def test_a_token_leads_to_its_own_session_and_person_alone(self):
        talk = self.caller()
        first = talk.say('ask_person {"question":"One?"}', session="chat:1", sender="U1")
        talk.card(first)
        second = talk.say('ask_person {"question":"Two?"}', session="chat:2", sender="U3")
        talk.card(second)
        rows = self.rows("select session, person, message from turn_scope order by session")
        self.assertEqual([(row["session"], row["person"], row["message"]) for row in rows],
                         [("chat:1", "command:U1", first), ("chat:2", "command:U3", second)])
        # The answer of another person in another chat is not this one's.
        talk.say("mine", session="chat:2", sender="U3", chat="direct")
        card = self.rows("select * from request where parent = ?", second)[0]
        talk.say(f"{card['code']} two", session="chat:2", sender="U3")
        self.assertIn("answered: two", talk.reply(second))
        self.assertEqual(self.rows("select state from request where parent = ?", first)[0]["state"], "pending")

    def test_when_its_agim_run_is_killed_the_token_is_dead(self):
        path = self.script("caller", f"read -r x; cp \"$AGIM_SCOPE\" {self.path('stolen')}; sleep 60")
        talk = self.caller(agents={"caller": {"driver": "exec", "command": [path], "workdir": self.work}})
        talk.say("go")
        self.wait_for(lambda: os.path.exists(self.path("stolen")) and self.read("stolen"), what="the file")
        run = talk.live.procs[2]
        os.kill(self.worker(run), signal.SIGKILL)
        run.wait(10)
        late = self.pipe(["agim-mcp", "--scope", self.path("stolen"), "call", "send_message", '{"text":"x"}'])
        self.assertCodes(late, UNAVAILABLE)
        self.assertSaid(late, 0, "This turn is over")

    def test_an_agent_may_not_make_a_scope_of_its_own(self):
        path = self.script(
            "caller", "unset AGIM_SCOPE; agim-mcp --to chat:9 call send_message '{\"text\":\"x\"}' 2>&1; echo \"[$?]\"")
        talk = self.caller(agents={"caller": {"driver": "exec", "command": [path], "workdir": self.work}})
        reply = talk.reply(talk.say("go"))
        self.assertIn("This turn is over", reply)
        self.assertFalse([line for line in self.delivered() if line["session"] == "chat:9"])

    def test_the_server_is_found_beside_agim_run(self):
        path = self.script("caller", 'cat > /dev/null; test -s "$AGIM_SCOPE" && echo there')
        self.configure(agents={"caller": {"driver": "exec", "command": [path], "workdir": self.work}})
        line = {"v": 1, "type": "message", "id": "m1", "session": "stdin:main", "text": "go"}
        done = self.pipe([f"{BIN}/agim-run", "caller"], stdin=json.dumps(line) + "\n", PATH="/usr/bin:/bin")
        self.assertEqual([line["text"] for line in done.lines if line.get("final")], ["there"])

    def test_too_many_messages(self):
        talk = self.caller()
        lines = "\n".join('send_message {"text":"%d"}' % number for number in range(22))
        reply = talk.reply(talk.say(lines), 60)
        self.assertEqual(reply.count("[0]"), 20, reply)
        self.assertIn("more than 20 messages in a minute", reply)

    def test_several_calls_at_once_over_the_protocol(self):
        path = self.script("caller", f"""exec python3 - <<'EOS'
import json, os, subprocess
server = subprocess.Popen(["agim-mcp", "--scope", os.environ["AGIM_SCOPE"]], stdin=-1, stdout=-1)
def send(**message):
    server.stdin.write(json.dumps({{"jsonrpc": "2.0", **message}}).encode() + b"\\n"); server.stdin.flush()
send(id=1, method="tools/call", params={{"name": "ask_person", "arguments": {{"question": "Slow?"}}}})
send(id=2, method="tools/call", params={{"name": "ask_person", "arguments": {{"question": "Never?"}}}})
send(id=3, method="tools/call", params={{"name": "send_message", "arguments": {{"text": "fast"}}}})
send(id=4, method="ping")
seen = [json.loads(server.stdout.readline())["id"] for _ in range(2)]
send(method="notifications/cancelled", params={{"requestId": 2}})
last = json.loads(server.stdout.readline())
server.stdin.close()
print(sorted(seen), last["id"], last["result"]["content"][0]["text"], server.wait())
EOS
""")
        talk = self.caller(agents={"caller": {"driver": "exec", "command": [path], "workdir": self.work}})
        message = talk.say("go")
        self.wait_for(lambda: self.rows("select 1 from request where parent = ? and state = 'void'", message),
                      what="the cancelled question")
        card = self.wait_for(lambda: self.rows(
            "select r.* from request r join outbox o on o.id = r.id where r.parent = ? and r.state = 'pending'"
            " and o.state = 'delivered'", message), what="the card")[0]
        talk.say(f"{card['code']} yes it is")
        self.assertEqual(talk.reply(message), "[3, 4] 1 The person answered: yes it is 0")


class Agents(ToolCase):
    """What agents ask each other."""

    def others(self, **more):
        path = self.script("caller", CALLER)
        # Another agent: what it was told, below its name.
        other = self.script("other", 'echo "$0 heard:"; cat; pwd')
        agents = {"caller": {"driver": "exec", "command": [path], "workdir": self.work},
                  "codex": {"driver": "exec", "command": [other]},
                  "kimi": {"driver": "exec", "command": [other]}, **more}
        return self.caller(agents=agents)

    def test_an_agent_answers_another(self):
        talk = self.others()
        reply = self.tell(talk, "ask_agent", agents=["codex"], text="What is 6 times 7?")
        self.assertIn("What is 6 times 7?", reply)
        self.assertIn("The agent caller asks you this", reply)
        self.assertIn(self.work, reply, "it works where the one who asks works")
        row = self.rows("select * from inbox where platform = 'agent'")[0]
        self.assertEqual((row["agent"], row["state"], row["account"]), ("codex", "done", "chat:1"))
        self.assertEqual(row["session"], "agent:codex:chat%3A1")
        # Its answer goes to who asked, and nowhere else.
        self.assertEqual(len(self.delivered()), 1)
        self.assertEqual(self.rows("select state from outbox where parent = ?", row["id"]), [{"state": "delivered"}])
        self.assertEqual(self.rows("select person from audit where agent = 'codex'"), [{"person": "command:U1"}])

    def test_several_at_once(self):
        talk = self.others()
        reply = self.tell(talk, "ask_agent", agents=["codex", "kimi"], text="Hello")
        self.assertIn("## codex", reply)
        self.assertIn("## kimi", reply)

    def test_one_job_at_a_time_is_no_deadlock(self):
        path = self.script("caller", CALLER)
        other = self.script("other", "echo fine")
        agents = {"caller": {"driver": "exec", "command": [path], "workdir": self.work},
                  "codex": {"driver": "exec", "command": [other]}}
        talk = self.caller(stages=[["agim-approve"], ["agim-run", "-j", "1", *agents]], agents=agents)
        self.assertEqual(self.tell(talk, "ask_agent", agents=["codex"], text="Hello"), "fine\n[0]")

    def test_who_cannot_be_asked(self):
        talk = self.others(sh={"driver": "shell"})
        self.assertIn("You can ask: codex, kimi.", self.tell(talk, "ask_agent", agents=["gemini"], text="x"))
        self.assertIn("You can ask: codex, kimi.", self.tell(talk, "ask_agent", agents=["sh"], text="echo x"))
        self.assertIn("or is you", self.tell(talk, "ask_agent", agents=["caller"], text="x"))
        self.assertIn("names nobody", self.tell(talk, "ask_agent", agents=[], text="x"))
        self.assertEqual(self.count("inbox", "platform = 'agent'"), 0)

    def test_a_chain_ends(self):
        """Each asks the next one, and the third may ask nobody; nobody asks who waits for it."""
        def asks(name):
            return self.script(name, f"cat >/dev/null; agim-mcp call ask_agent "
                               f"'{{\"agents\":[\"'\"$1\"'\"],\"text\":\"x\"}}' 2>&1")
        agents = {name: {"driver": "exec", "command": [asks(name), following], "workdir": self.work}
                  for name, following in (("caller", "b"), ("b", "c"), ("c", "d"), ("d", "x"))}
        talk = self.caller(agents=agents)
        self.assertIn("caller > b > c", talk.reply(talk.say("go"), 30))
        agents = {name: {"driver": "exec", "command": [asks(name), following], "workdir": self.work}
                  for name, following in (("caller", "b"), ("b", "caller"))}
        talk.stop()
        talk = self.caller(agents=agents)
        self.assertIn("caller waits for your answer itself", talk.reply(talk.say("go"), 30))

    def test_what_was_asked_is_not_run_when_nobody_waits(self):
        path = self.script("caller", f"""cat > /dev/null
agim-mcp call ask_agent '{{"agents":["codex"],"text":"x","minutes":60}}' & sleep 1; kill -9 $!; wait; echo left""")
        other = self.script("other", f"echo ran >> {self.path('ran')}; sleep 1; echo fine")
        agents = {"caller": {"driver": "exec", "command": [path], "workdir": self.work},
                  "codex": {"driver": "exec", "command": [other]}}
        talk = self.caller(agents=agents)
        self.assertEqual(talk.reply(talk.say("go")), "left")

    def test_ten_in_a_minute(self):
        talk = self.others()
        lines = "\n".join('ask_agent {"agents":["codex"],"text":"%d"}' % number for number in range(11))
        reply = talk.reply(talk.say(lines), 60)
        self.assertEqual(reply.count("[0]"), 10, reply)
        self.assertIn("more than 10 questions", reply)

    def test_a_permission_of_the_asked_agent_is_asked_in_the_chat(self):
        path = self.script("caller", CALLER)
        far = self.write("far.txt", "far")
        other = self.script("other", f"cat >/dev/null; agim-mcp call send_file '{{\"path\":\"{far}\"}}' 2>&1")
        talk = self.caller(agents={"caller": {"driver": "exec", "command": [path], "workdir": self.work},
                                   "codex": {"driver": "exec", "command": [other]}})
        message = talk.say('ask_agent {"agents":["codex"],"text":"send it"}')
        row = self.wait_for(lambda: self.rows("select * from inbox where platform = 'agent'"), what="the question")[0]
        card = talk.card(row["id"])
        self.assertEqual(self.said(card["id"])["reply_to"], "chat:1")
        self.assertEqual(card["person"], "command:U1")
        talk.say(f"y {card['code']}")
        self.assertEqual(talk.reply(message), "Delivered.\n[0]")


class Memory(ToolCase):
    """Memos, facts and reminders: the person's own, and nobody else's."""

    def test_memos(self):
        talk = self.caller()
        self.assertIn("Memo 1 is kept.", self.tell(talk, "save_memo", what="蓝色自行车停在地下室", who="Ann", tags=["bike"]))
        self.assertIn("自行车", self.tell(talk, "search_memos", query="自行车"))
        self.assertIn("Ann", self.tell(talk, "list_memos"))
        self.assertIn("There is no memo about that", self.tell(talk, "search_memos", query="helicopter"))
        row = self.rows("select session, source from memo")[0]
        self.assertEqual((row["session"], row["source"]), ("chat:1", "m1"))
        # Somebody else finds nothing, and in a group nothing is shown.
        other = talk.reply(talk.say("list_memos {}", sender="U3", session="chat:2"))
        self.assertIn("There are no memos yet", other)
        group = talk.reply(talk.say("list_memos {}", session="chat:3", chat="group"))
        self.assertIn("in a direct chat only", group)

    def test_facts(self):
        talk = self.caller()
        self.assertIn("fact 1", self.tell(talk, "remember", text="Ann prefers tea to coffee", **{"class": "preference"}))
        self.assertIn("Ann prefers tea", self.tell(talk, "recall", query="does Ann prefer tea or coffee"))
        self.assertEqual(self.tell(talk, "recall", query="tea"), "fact 1  Ann prefers tea to coffee\n[0]")
        self.assertIn("fact 2", self.tell(talk, "remember", text="Ann prefers cocoa to coffee", replaces=1))
        self.assertNotIn("tea", self.tell(talk, "recall", query="does Ann prefer tea or coffee"))
        # Another person can neither read nor forget it.
        other = {"sender": "U3", "session": "chat:2"}
        self.assertNotIn("cocoa", talk.reply(talk.say('recall {"query":"does Ann prefer cocoa"}', **other)))
        self.assertIn("There is no fact 2", talk.reply(talk.say('forget {"fact":2}', **other)))
        self.assertIn("There is no fact 2", talk.reply(
            talk.say('remember {"text":"Ann is a fish","replaces":2}', **other)))
        group = talk.reply(talk.say('recall {"query":"does Ann prefer cocoa"}', session="chat:3", chat="group"))
        self.assertNotIn("cocoa", group)
        self.assertIn("not recalled any more", self.tell(talk, "forget", fact=2))
        self.assertIn("Nothing is remembered", self.tell(talk, "recall", query="does Ann prefer cocoa"))

    def test_secrets_are_not_remembered(self):
        talk = self.caller()
        key = "sk-ant-api03-" + "Fake0Sample1" * 8
        self.tell(talk, "remember", text=f"the key is {key}")
        self.assertNotIn(key, self.rows("select text from fact")[0]["text"])

    def test_reminders(self):
        talk = self.caller()
        made = self.tell(talk, "create_reminder", when="明天早上9点", text="喝水", zone="Asia/Shanghai")
        self.assertIn("Reminder 1 is set", made)
        self.assertIn("09:00", made)
        self.assertIn("喝水", self.tell(talk, "list_reminders"))
        row = self.rows("select * from reminder")[0]
        self.assertEqual((row["kind"], row["session"], row["person"]), ("text", "chat:1", "command:U1"))
        self.assertIn("put off", self.tell(talk, "snooze_reminder", reminder=1, until="3h"))
        other = {"sender": "U3", "session": "chat:2"}
        self.assertIn("There is no reminder 1", talk.reply(talk.say('cancel_reminder {"reminder":1}', **other)))
        self.assertIn("There are no reminders", talk.reply(talk.say("list_reminders {}", **other)))
        # In the same group it is seen, but is another one's.
        group = {"session": "chat:3", "chat": "group"}
        talk.reply(talk.say('create_reminder {"when":"2h","text":"tea"}', **group))
        self.assertIn("tea", talk.reply(talk.say("list_reminders {}", sender="U3", **group)))
        self.assertIn("another person's", talk.reply(talk.say('cancel_reminder {"reminder":2}', sender="U3", **group)))
        self.assertIn("cancelled", self.tell(talk, "cancel_reminder", reminder=1))
        self.assertIn("it cannot be cancelled", self.tell(talk, "cancel_reminder", reminder=1))

    def test_goals(self):
        talk = self.caller()
        self.assertIn("has no goal", self.tell(talk, "goal_progress", text="half"))
        message = talk.say('set_goal {"text":"ship it"}')
        self.assertIn("The goal is set", talk.reply(message))
        row = self.rows("select session, person, state from goal")[0]
        self.assertEqual((row["session"], row["person"], row["state"]), ("chat:1", "command:U1", "active"))
        # Another conversation has none; this one's stands before what is said next.
        self.assertIn("has no goal", talk.reply(talk.say("complete_goal {}", session="chat:2", sender="U3")))
        self.assertIn("ship it", talk.reply(talk.say('complete_goal {"text":"all of it"}')))
        self.assertEqual(self.rows("select state from goal"), [{"state": "done"}])

    def test_a_time_that_is_not_understood_names_what_is(self):
        talk = self.caller()
        reply = self.tell(talk, "create_reminder", when="when the cows come home", text="x")
        self.assertIn("say it as '", reply)
        self.assertEqual(self.count("reminder"), 0)


class Servers(GateCase):
    """What agents are handed: our own server, and those of the configuration."""

    def handed(self, servers, **env):
        """What Claude Code would be started with: its arguments, its environment, and its file of servers."""
        path = self.script("claude", f"""printf '%s\\n' "$@" > {self.path('argv')}
tr '\\0' '\\n' < /proc/$$/environ > {self.path('environ')}
for word; do case $word in --mcp-config=*)
  cat "${{word#*=}}" > {self.path('servers')}; stat -c %a "${{word#*=}}" > {self.path('mode')};; esac; done
""")
        self.configure(agents={"claude": {"command": [path], "workdir": self.work}}, default_agent="claude",
                       mcp_servers=servers)
        talk = Talk(self, [["agim-approve"], ["agim-run", "claude"]], **env)
        talk.reply(talk.say("go"))
        return self.read("argv"), self.read("environ"), json.loads(self.read("servers"))["mcpServers"]

    def test_secrets_are_in_a_private_file_alone(self):
        secret = "s3cret-of-a-server"
        argv, environ, servers = self.handed({
            "notes": {"command": ["notes-server", "-x"], "env": {"NOTES_KEY": {"env": "MY_KEY"}, "PLAIN": "p"}},
            "far": {"url": "https://mcp.example/mcp", "headers": {"Authorization": {"env": "MY_KEY"}}},
            "off": {"command": ["x"], "enabled": False},
            "lost": {"command": ["x"], "env": {"KEY": {"env": "NOT_SET"}}}}, MY_KEY=secret)
        self.assertNotIn(secret, argv + environ)
        self.assertEqual(self.read("mode").strip(), "600")
        self.assertEqual(list(servers), ["agim", "notes", "far"])
        self.assertEqual(servers["notes"], {"type": "stdio", "command": "notes-server", "args": ["-x"],
                                            "env": {"NOTES_KEY": secret, "PLAIN": "p"}})
        self.assertEqual(servers["far"], {"type": "http", "url": "https://mcp.example/mcp",
                                          "headers": {"Authorization": secret}})
        self.assertTrue(servers["agim"]["command"].endswith("/agim-mcp"))
        self.assertIn("--strict-mcp-config", argv)
        left = [name for name in os.listdir(f"{self.home}/run") if ".scope-" in name]
        self.assertEqual(left, [], "the files go with the program")

    @unittest.skipUnless(os.geteuid() == 0, "only root can run an agent as somebody else")
    def test_another_account_cannot_read_the_file_and_runs_without_servers(self):
        path = self.script("claude", f"""printf '%s\\n' "$@" > {self.path('work/argv')}\n""")
        os.chmod(self.dir, 0o755)
        os.chmod(path, 0o755)
        os.chmod(self.work, 0o777)
        self.configure(agents={"claude": {"command": [path], "workdir": self.work, "run_as": "nobody"}},
                       default_agent="claude", mcp_servers={"notes": {"command": ["notes-server"]}})
        talk = Talk(self, [["agim-approve"], ["agim-run", "claude"]])
        talk.reply(talk.say("go"))
        self.assertIn("--strict-mcp-config", self.read("work/argv"))
        self.assertNotIn("--mcp-config=", self.read("work/argv"))

    def test_what_is_no_server(self):
        for servers, word in (
                ({"agim": {"command": ["x"]}}, "not beginning with agim"),
                ({"agim2": {"command": ["x"]}}, "not beginning with agim"), ({"a__b": {"command": ["x"]}}, "a__b"),
                ({"a": {}}, "either"), ({"a": {"command": ["x"], "url": "https://x"}}, "either"),
                ({"a": {"command": ["x"], "headers": {"X": "y"}}}, "headers"),
                ({"a": {"url": "https://x", "env": {"X": "y"}}}, "env"), ({"a": {"url": "ftp://x"}}, "https://"),
                ({"a": {"command": ["x"], "env": {"X=": "y"}}}, "not the name"),
                ({"a": {"command": ["x"], "env": {"X": {"envv": "y"}}}}, "did you mean"),
                ({"a": {"comand": ["x"]}}, "did you mean")):
            self.config({"mcp_servers": servers})
            done = self.pipe(["agim-session", "list"])
            self.assertCodes(done, CONFIG)
            self.assertSaid(done, 0, word)


class Confined(GateCase):
    """In a sandbox the store is not there: the tools come through a socket."""

    def test_a_script_and_a_server_in_a_sandbox(self):
        need("bwrap", "bubblewrap")
        # A sandbox has a /tmp of its own, and these may be below it.
        programs = tempfile.mkdtemp(prefix="agim-mcp-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, programs, True)
        os.chmod(programs, 0o755)
        shutil.copy(f"{BIN}/agim-mcp", programs)
        place = f"{self.work}/caller"
        with open(place, "w") as file:
            file.write("""#!/bin/sh
ls "$AGIM_HOME" 2>&1 | tr '\\n' ' '
agim-mcp call send_message '{"text":"out of the box"}' 2>&1
echo '{"jsonrpc":"2.0","id":1,"method":"ping"}' | agim-mcp --scope "$AGIM_SCOPE"
""")
        os.chmod(place, 0o755)
        self.configure(agents={"caller": {"driver": "exec", "command": [place], "workdir": self.work,
                                          "sandbox": "bwrap"}}, default_agent="caller")
        talk = Talk(self, [["agim-approve"], ["agim-run", "caller"]], PATH=f"{programs}:{self.env['PATH']}")
        reply = talk.reply(talk.say("go"))
        self.assertNotIn("agim.db", reply)
        self.assertIn("Delivered.", reply)
        self.assertIn('{"jsonrpc":"2.0","id":1,"result":{}}', reply)


class Terminal(GateCase):
    """A program that a person uses without agim: the chat is the one that the configuration names."""

    def test_a_message_goes_to_the_named_chat(self):
        self.configure(hook={"to": "chat:1"})
        talk = Talk(self, [["agim-approve"]])
        self.wait_for(lambda: os.path.exists(f"{self.home}/run/send-main"), what="a sender")
        client = Client(self, "--agent", "claude")
        client.handshake()
        self.assertEqual(client.call("send_message", text="from the terminal"), ("Delivered.", False))
        line = json.loads(self.read("said").splitlines()[0])
        self.assertEqual((line["session"], line["agent"], line["text"]), ("chat:1", "claude", "from the terminal"))
        text, failed = client.call("ask_agent", agents=["codex"], text="x")
        self.assertTrue(failed)
        self.assertIn("only in a conversation that agim runs", text)
        self.assertIsNotNone(talk)

    def test_nothing_that_a_tool_says_acts_on_a_terminal(self):
        self.assertCodes(self.pipe(["agim-mcp", "call", "save_memo", '{"what":"a\\u202eb"}']), OK)
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        subprocess.run(["agim-mcp", "call", "list_memos"], stdout=slave, env=self.env, check=True, timeout=20)
        os.close(slave)
        said = os.read(master, 999).decode()
        self.assertTrue(said.endswith("  a\\u{202E}b\r\n"), said)

    def test_no_chat_is_named(self):
        text, failed = Client(self).call("send_message", text="x")
        self.assertTrue(failed)
        self.assertIn('"hook"', text)


class Setup(Case):
    """agim setup PROGRAM, the part about tools: in and out again, every other byte as it was."""

    FILES = {"claude": ".claude.json", "codex": ".codex/config.toml", "cursor": ".cursor/mcp.json",
             "gemini": ".gemini/settings.json", "opencode": ".config/opencode/opencode.json"}
    BEFORE = {"codex": 'model = "m"\n\n[mcp_servers.mine]\ncommand = "x"\n\n\n[tui]\ntheme = "a"\n'}

    def setup_(self, *words):
        done = self.pipe(["agim", "setup", *words, "--yes"])
        self.assertCodes(done, OK)
        return done

    def entry(self, program):
        with open(f"{self.user}/{self.FILES[program]}", "rb") as file:
            if program == "codex":
                return tomllib.load(file)["mcp_servers"]["agim"]
            return json.load(file)["mcp" if program == "opencode" else "mcpServers"]["agim"]

    def test_in_and_out_again(self):
        for program, name in self.FILES.items():
            path = f"{self.user}/{name}"
            before = self.BEFORE.get(program, '{\n  "theme": "dark",\n  "other": {"x": [1, 2]}\n}\n')
            for content in (None, before):
                with self.subTest(program, content=content):
                    if content:
                        os.makedirs(os.path.dirname(path), exist_ok=True)
                        with open(path, "w") as file:
                            file.write(content)
                        os.chmod(path, 0o640)
                    self.assertIn("agim-mcp", self.setup_(program, "--to", "chat:1").out)
                    entry = self.entry(program)
                    words = entry["command"] if program == "opencode" else [entry["command"], *entry["args"]]
                    self.assertTrue(os.path.isabs(words[0]))
                    self.assertEqual(words[1:], ["--agent", program, "--to", "chat:1"])
                    self.assertEqual(entry["environment" if program == "opencode" else "env"], {"AGIM_HOME": self.home})
                    with open(path, "rb") as file:
                        installed = file.read()
                    if content:
                        self.assertEqual(os.stat(path).st_mode & 0o777, 0o640)
                    self.assertIn("Nothing to change", self.setup_(program, "--to", "chat:1").out)
                    with open(path, "rb") as file:
                        self.assertEqual(file.read(), installed)
                    # What it says works.
                    done = self.pipe(words, stdin='{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
                    self.assertEqual(done.lines, [{"jsonrpc": "2.0", "id": 1, "result": {}}])
                    self.setup_(program, "--remove")
                    self.assertEqual(os.path.exists(path), content is not None)
                    if content:
                        with open(path) as file:
                            self.assertEqual(file.read().replace("\n\n", "\n"), content.replace("\n\n", "\n"))

    def test_another_chat_takes_the_place_of_the_first(self):
        for program in self.FILES:
            self.setup_(program, "--to", "chat:1")
            self.setup_(program, "--to", "chat:2")
            entry = self.entry(program)
            self.assertEqual((entry.get("args") or entry["command"])[-1], "chat:2")

    def test_a_file_that_cannot_be_read_stays(self):
        os.mkdir(f"{self.user}/.gemini")
        for text in ("{", "[]", '{"mcpServers": 1}', "// comment\n{}"):
            with open(f"{self.user}/.gemini/settings.json", "w") as file:
                file.write(text)
            done = self.pipe(["agim", "setup", "gemini", "--to", "chat:1", "--yes"])
            self.assertCodes(done, DATA)
            with open(f"{self.user}/.gemini/settings.json") as file:
                self.assertEqual(file.read(), text)


class Budget(Case):
    """Start to the first answer, and memory while it waits."""

    def test_memory_while_idle(self):
        client = Client(self)
        client.handshake()
        with open(f"/proc/{client.process.pid}/status") as file:
            size = next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))
        # What is built without optimisation is larger; the release is looked at in the benchmark.
        self.assertLess(size, 20_000)


if __name__ == "__main__":
    unittest.main()
