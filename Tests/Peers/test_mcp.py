"""agim's own tools, called by real programs: Claude Code, Codex, Kimi CLI, and the protocol's own Python library."""

import json
import os

from harness import PeerCase
from peers import program
from support import seconds

# How each program's model names a tool of a server.
NAMES = {"claude": "mcp__agim__{}", "codex": "mcp__agim/{}", "kimi": "{}"}


class ToolCase(PeerCase):
    def begin(self, name, **options):
        other = self.script("other", "echo the other one heard; cat")
        agents = {"other": {"driver": "exec", "command": [other]}}
        return self.talk_with(
            name, agents=agents, stages=[["agim-approve"], ["agim-run", name, "other"]], **options)

    def call(self, name, tool, **value):
        return f"@@tool {NAMES[name].format(tool)} {json.dumps(value)}\n"

    def every_tool(self, name, asks=False):
        """Each tool once: nobody is asked for permission, and the model is shown what came of it."""
        with open(os.path.join(self.work, "a.txt"), "w") as file:
            file.write("content")
        talk = self.begin(name)

        def turn(tool, **value):
            message = talk.say(self.call(name, tool, **value) + "@@last-result")
            if asks:
                self.allow(talk, talk.card(message))
            return message

        self.assertIn("Delivered.", talk.reply(turn("send_message", text="on the way"), 60))
        self.assertIn("Delivered.", talk.reply(turn("send_file", path="a.txt"), 60))
        message = turn("ask_person", question="Which colour?", options=["red", "blue"])
        rows = self.wait_for(lambda: self.rows(
            "select r.* from request r join outbox o on o.id = r.id where r.parent = ? and r.kind = 'question'"
            " and o.state = 'delivered'", message), 60, "the question")
        talk.say(f"{rows[0]['code']} 2")
        self.assertIn("The person chose: blue", talk.reply(message, 60))
        self.assertIn("the other one heard", talk.reply(turn("ask_agent", agents=["other"], text="Hello"), 60))
        self.assertIn("There is no file", talk.reply(turn("send_file", path="no.txt"), 60))
        for tool, value, words in (
                ("save_memo", {"what": "the bike is blue"}, "Memo 1 is kept"),
                ("search_memos", {"query": "which bike is blue"}, "the bike is blue"),
                ("list_memos", {}, "the bike is blue"),
                ("remember", {"text": "Ann prefers tea to coffee"}, "fact 1"),
                ("recall", {"query": "does Ann prefer tea"}, "Ann prefers tea"),
                ("forget", {"fact": 1}, "not recalled any more"),
                ("create_reminder", {"when": "2h", "text": "drink"}, "Reminder 1 is set"),
                ("list_reminders", {}, "drink"),
                ("snooze_reminder", {"reminder": 1, "until": "3h"}, "put off"),
                ("cancel_reminder", {"reminder": 1}, "cancelled"),
                ("set_goal", {"text": "ship it"}, "The goal is set"), ("goal_progress", {"text": "half"}, "Noted."),
                ("complete_goal", {}, "The goal is reached")):
            self.assertIn(words, talk.reply(turn(tool, **value), 60), tool)
        if not asks:
            self.assertEqual(self.rows("select count(*) c from request where kind = 'permission'")[0]["c"], 0)
        said = [json.loads(line) for line in self.read("said").splitlines()]
        self.assertEqual([line["text"] for line in said if line.get("notice") and line["type"] == "reply"][:2],
                         ["on the way", "a.txt"])
        talk.stop()
        self.assertNoAgents()


class Programs(ToolCase):
    @seconds(60)
    def test_claude_calls_every_tool(self):
        self.every_tool("claude")

    @seconds(60)
    def test_codex_calls_every_tool(self):
        self.every_tool("codex")

    @seconds(60)
    def test_kimi_calls_every_tool_and_its_person_is_asked(self):
        self.every_tool("kimi", asks=True)


LIBRARY = """
import asyncio, json, os, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

async def main():
    parameters = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:], env=dict(os.environ))
    async with stdio_client(parameters) as (reading, writing):
        async with ClientSession(reading, writing) as session:
            hello = await session.initialize()
            tools = await session.list_tools()
            calls = await asyncio.gather(*(session.call_tool(name, value) for name, value in json.load(sys.stdin)))
            await session.send_ping()
            def first(value, *names):
                return next(getattr(value, name) for name in names if hasattr(value, name))
            print(json.dumps({
                "version": str(first(hello, "protocolVersion", "protocol_version")),
                "tools": [tool.name for tool in tools.tools],
                "calls": [[call.content[0].text, bool(first(call, "isError", "is_error"))] for call in calls]}))

asyncio.run(main())
"""


class Library(ToolCase):
    """The client of the protocol's own Python library, which checks every answer against its models."""

    def test_the_library_calls_every_tool(self):
        script = self.write("client.py", LIBRARY)
        calls = self.write("calls.json", json.dumps([
            ["send_message", {"text": "by the library"}], ["send_file", {"path": "no.txt"}],
            ["ask_person", {"question": ""}], ["ask_agent", {"agents": ["other"], "text": "Hello"}],
            ["send_message", {}]]))
        caller = self.script("caller", f'exec {program("mcp")} {script} agim-mcp --scope "$AGIM_SCOPE" < {calls}')
        other = self.script("other", "echo heard")
        self.configure(agents={"caller": {"driver": "exec", "command": [caller], "workdir": self.work},
                               "other": {"driver": "exec", "command": [other]}}, default_agent="caller")
        talk = self.talk(["agim-approve"], ["agim-run", "caller", "other"])
        said = json.loads(talk.reply(talk.say("go"), 60))
        self.assertIn(said["version"], ("2025-11-25", "2026-07-28"))
        self.assertEqual(said["tools"][:4], ["send_message", "send_file", "ask_person", "ask_agent"])
        texts = said["calls"]
        self.assertEqual(texts[0], ["Delivered.", False])
        self.assertEqual(texts[3], ["heard", False])
        self.assertEqual([failed for _, failed in texts], [False, True, True, False, True])
