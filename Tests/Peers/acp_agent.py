"""An agent on the independent library agent-client-protocol, for test_acp.py: a prompt is a list of things to do.

Run by the Python of an environment that holds the library; whatever a client answers goes through its models.
"""

import asyncio
import json

import acp
from acp import schema


class Agent:
    def __init__(self):
        self.client = None
        self.cancelled = asyncio.Event()

    def on_connect(self, client):
        self.client = client

    async def initialize(self, protocol_version, client_capabilities=None, client_info=None, **_):
        assert client_capabilities.terminal and client_capabilities.fs.read_text_file, client_capabilities
        assert client_capabilities.elicitation.form is not None and client_info.name == "agim", client_info
        return acp.InitializeResponse(
            protocol_version=protocol_version,
            agent_capabilities=schema.AgentCapabilities(
                prompt_capabilities=schema.PromptCapabilities(image=True, embedded_context=True)))

    async def new_session(self, cwd, mcp_servers=None, **_):
        return acp.NewSessionResponse(session_id=f"library:{cwd}:{len(mcp_servers or [])}")

    async def cancel(self, session_id, **_):
        self.cancelled.set()

    async def prompt(self, prompt, session_id, **_):
        self.cancelled.clear()
        kinds = [type(block).__name__ for block in prompt]
        for step in json.loads(prompt[0].text):
            said = await getattr(self, "do_" + step.pop("do"))(session_id, kinds, **step)
            await self.client.session_update(session_id, acp.update_agent_message_text(f"{said}\n"))
            if self.cancelled.is_set():
                return acp.PromptResponse(stop_reason="cancelled")
        return acp.PromptResponse(stop_reason="end_turn")

    async def do_kinds(self, _, kinds):
        return " ".join(kinds)

    async def do_ask(self, session_id, _, command):
        call = acp.start_tool_call("call-1", f"Run {command}", kind="execute", raw_input={"command": command})
        await self.client.session_update(session_id, call)
        answer = await self.client.request_permission(
            session_id=session_id, tool_call=schema.ToolCallUpdate(tool_call_id="call-1"), options=[
                schema.PermissionOption(option_id=kind, name=kind, kind=kind)
                for kind in ("allow_always", "allow_once", "reject_once")])
        outcome = answer.outcome
        return getattr(outcome, "option_id", outcome.outcome)

    async def do_read(self, session_id, _, path):
        try:
            return (await self.client.read_text_file(session_id=session_id, path=path)).content
        except acp.RequestError as error:
            return f"error {error.code}"

    async def do_write(self, session_id, _, path, content):
        try:
            await self.client.write_text_file(session_id=session_id, path=path, content=content)
            return "written"
        except acp.RequestError as error:
            return f"error {error.code}"

    async def do_run(self, session_id, _, command, args=None):
        made = await self.client.create_terminal(session_id=session_id, command=command, args=args)
        ids = {"session_id": session_id, "terminal_id": made.terminal_id}
        ended = await self.client.wait_for_terminal_exit(**ids)
        output = await self.client.terminal_output(**ids)
        await self.client.release_terminal(**ids)
        return f"{ended.exit_code} {output.truncated} {output.output!r}"

    async def do_form(self, session_id, _, message):
        answer = await self.client.create_elicitation(
            message=message, mode=schema.ElicitationFormSessionMode(
                session_id=session_id, requested_schema=schema.ElicitationSchema(
                    properties={"sure": schema.ElicitationBooleanPropertySchema(type="boolean", title="Sure?")},
                    required=["sure"])))
        return f"{type(answer).__name__} {getattr(answer, 'content', None)}"


asyncio.run(acp.run_agent(Agent(), use_unstable_protocol=True))
