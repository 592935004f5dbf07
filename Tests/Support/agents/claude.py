#!/usr/bin/env python3
"""A Claude Code of the tests: its stream-json with the control protocol, no model, and no patience.

It is as strict as the real one, and stricter: a line that is no JSON, a member that is missing or wrong, an answer to
nothing, an answer twice, or a prompt before `initialize` was answered makes it write a complaint and leave with 1.
What it does is written in the prompt, a directive on a line:

    say TEXT          a block of text, in pieces first          tool NAME {json}   uses a tool: hook, question, result
    both {json} {json}  two Bash calls whose questions overlap  change {json}      the question has another input
    unseen NAME {json}  a question that the hook has not seen   sneak NAME {json}  uses a tool and asks nobody
    ask {json}        AskUserQuestion                           plan TEXT          ExitPlanMode
    cancel NAME {json}  withdraws its question at once          retry STATUS       its service makes it wait
    fail STATUS KIND WORDS  the turn ends with an API error     unknown            a request that nobody knows
    garbage           lines that are no messages                long               a line of 17 MiB
    flood MB          prints so much                            half               dies in the middle of a line
    die STATUS        leaves without a result                   hang               neither answers nor stops
    slow SECONDS      waits, and can be interrupted             child              a child that outlives it
    env NAME          says a variable                           args               says its arguments
    count             says how many turns it has had            echo               says the content it got
    agent SECONDS TEXT  a sub-agent, whose text comes in a turn of its own    later SECONDS TEXT  a turn unasked
"""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
import uuid

STATE = os.environ.get("SCRIPTED_STATE", "/nonexistent")


def complain(words):
    sys.stderr.write(f"scripted claude: {words}\n")
    sys.stderr.flush()
    os._exit(1)


def option(name, default=None):
    found = [word.split("=", 1)[1] for word in sys.argv if word.startswith(f"--{name}=")]
    return found[0] if found else default


class Claude:
    def __init__(self):
        self.check_arguments()
        self.lines = queue.Queue()
        self.out = threading.Lock()
        self.open = {}
        self.answers = {}
        self.timeout = None
        self.interrupted = threading.Event()
        self.prompts = queue.Queue()
        self.turns = 0
        self.cost = 0.0
        self.mode = option("permission-mode")
        self.model = option("model", "scripted")
        self.effort = option("effort", "none")
        self.tasks = []
        resume = option("resume")
        if resume is None:
            self.session = str(uuid.uuid4())
        else:
            if not os.path.exists(os.path.join(STATE, resume)):
                self.print(type="result", subtype="error_during_execution", is_error=True, session_id=resume,
                           errors=[f"No conversation found with session ID: {resume}"], total_cost_usd=0)
                sys.stderr.write(f"No conversation found with session ID: {resume}\n")
                sys.exit(1)
            with open(os.path.join(STATE, resume)) as file:
                before = json.load(file)
            self.turns, self.cost = before["turns"], before["cost"]
            self.session = str(uuid.uuid4()) if "--fork-session" in sys.argv else resume

    def check_arguments(self):
        words = sys.argv[1:]
        for needed in ("-p", "--verbose", "--include-partial-messages", "--replay-user-messages", "--strict-mcp-config",
                       "--setting-sources=user", '--settings={"disableAllHooks":true}'):
            if needed not in words:
                complain(f"{needed} is missing")
        for name, value in (("--input-format", "stream-json"), ("--output-format", "stream-json"),
                            ("--permission-prompt-tool", "stdio")):
            if name not in words or words[words.index(name) + 1] != value:
                complain(f"{name} is not {value}")
        if option("permission-mode") not in ("default", "plan"):
            complain("the permission mode is neither default nor plan")
        if "CLAUDECODE" in os.environ or os.environ.get("PWD") != os.getcwd():
            complain("CLAUDECODE is there, or PWD is not the working directory")
        if os.environ.get("DISABLE_AUTOUPDATER") != "1":
            complain("it may update itself")

    # Printing

    def print(self, **message):
        message.setdefault("uuid", str(uuid.uuid4()))
        self.raw(json.dumps(message).encode() + b"\n")

    def raw(self, data):
        try:
            with self.out:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
        except OSError:
            os._exit(0)

    def event(self, event):
        self.print(type="stream_event", event=event, session_id=self.session, parent_tool_use_id=None)

    def assistant(self, block, parent=None, **more):
        message = {"id": "msg_1", "role": "assistant", "model": "scripted", "content": [block], **more.pop("message", {})}
        self.print(type="assistant", message=message, session_id=self.session, parent_tool_use_id=parent, **more)

    def say(self, text):
        self.event({"type": "message_start", "message": {}})
        for at in range(0, len(text), 7):
            self.event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text[at:at + 7]}})
        self.assistant({"type": "text", "text": text})

    # Reading

    def read(self):
        for line in sys.stdin.buffer:
            try:
                message = json.loads(line)
                self.take(message)
            except (ValueError, KeyError, TypeError, AssertionError) as error:
                complain(f"a line that is wrong ({error!r}): {line[:300]!r}")
        self.prompts.put(None)

    def take(self, message):
        kind = message["type"]
        if kind == "control_request":
            assert set(message) == {"type", "request_id", "request"}, "members"
            self.control(message["request_id"], message["request"])
        elif kind == "control_response":
            response = message["response"]
            number = response["request_id"]
            assert number in self.open, "an answer to nothing, or twice"
            self.check_answer(self.open.pop(number), response)
            self.answers[number].put(response)
        elif kind == "user":
            assert set(message) == {"type", "message", "parent_tool_use_id", "session_id", "uuid"}, "members"
            assert message["message"]["role"] == "user" and message["parent_tool_use_id"] is None
            assert self.timeout is not None, "a prompt before initialize"
            content = message["message"]["content"]
            assert isinstance(content, str) or all(block["type"] in ("text", "image") for block in content)
            self.prompts.put(message)
        else:
            raise ValueError(kind)

    def check_answer(self, asked, response):
        if response["subtype"] == "error":
            assert asked["subtype"] == "nonsense" and response["error"], "an error where an answer is due"
            return
        value = response["response"]
        if asked["subtype"] == "hook_callback":
            output = value["hookSpecificOutput"]
            assert output["hookEventName"] == "PreToolUse"
            assert output["permissionDecision"] in ("allow", "deny", "ask")
            if output["permissionDecision"] == "allow":
                assert output["updatedInput"] == asked["input"]["tool_input"], "another input than was asked about"
        else:
            assert value["behavior"] in ("allow", "deny"), "behavior"
            assert "updatedPermissions" not in value, "only this once"
            if value["behavior"] == "allow":
                wanted = dict(value["updatedInput"])
                if asked["tool_name"] == "AskUserQuestion":
                    wanted.pop("answers")
                assert wanted == asked["input"], "another input than was asked about"
            else:
                assert value["message"], "a denial says why"

    def control(self, number, request):
        kind = request["subtype"]
        value = {}
        if kind == "initialize":
            assert self.timeout is None, "initialize twice"
            hook, = request["hooks"]["PreToolUse"]
            assert hook["matcher"] is None and hook["hookCallbackIds"] == ["agim"] and hook["onFailure"] == "block"
            self.timeout = hook["timeout"]
            value = {"claude_code_version": "0", "hooks_applied": True, "hook_on_failure_supported": True}
            if os.environ.get("SCRIPTED_OLD"):
                value = {"claude_code_version": "0"}
        elif kind == "interrupt":
            self.interrupted.set()
            for asked in list(self.open):
                self.open.pop(asked)
                self.print(type="control_cancel_request", request_id=asked)
                self.answers[asked].put(None)
        elif kind == "set_model":
            self.model = request["model"] or "scripted"
        elif kind == "set_permission_mode":
            self.mode = request["mode"]
        else:
            raise ValueError(kind)
        self.print(type="control_response", response={"subtype": "success", "request_id": number, "response": value})

    def request(self, **request):
        number = str(uuid.uuid4())
        self.answers[number] = queue.Queue()
        self.open[number] = request
        self.print(type="control_request", request_id=number, request=request)
        return number

    def wait(self, number):
        answer = self.answers[number].get()
        del self.answers[number]
        return answer

    # Tools

    def hook(self, name, value, use):
        return self.request(subtype="hook_callback", callback_id="agim", tool_use_id=use, input={
            "session_id": self.session, "cwd": os.getcwd(), "permission_mode": self.mode, "hook_event_name": "PreToolUse",
            "tool_name": name, "tool_input": value, "tool_use_id": use})

    def question(self, name, value, use):
        return self.request(subtype="can_use_tool", tool_name=name, display_name=name, input=value, tool_use_id=use,
                            description="in its own words")

    def begin_tool(self, name, value):
        use = "toolu_" + uuid.uuid4().hex
        self.assistant({"type": "tool_use", "id": use, "name": name, "input": value})
        return use

    def tool(self, name, value, changed=None, hooked=True):
        use = self.begin_tool(name, value)
        decision, why = "ask", ""
        if hooked:
            answer = self.wait(self.hook(name, value, use))
            if answer is None:
                return self.result(use, "interrupted", True)
            output = answer["response"]["hookSpecificOutput"]
            decision, why = output["permissionDecision"], output["permissionDecisionReason"]
        if decision == "ask":
            answer = self.wait(self.question(name, changed or value, use))
            if answer is None:
                return self.result(use, "interrupted", True)
            decision, why = answer["response"]["behavior"], answer["response"].get("message", "")
            value = answer["response"].get("updatedInput", value)
        return self.run(use, name, value) if decision == "allow" else self.result(use, why, True)

    def run(self, use, name, value):
        text = json.dumps(value)
        if name == "Bash":
            text = subprocess.run(["sh", "-c", value["command"]], capture_output=True, text=True).stdout.strip()
        return self.result(use, text, False)

    def result(self, use, text, is_error):
        self.print(type="user", session_id=self.session, parent_tool_use_id=None, message={"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": use, "content": text, "is_error": is_error}]})
        return text

    # Turns

    def serve(self):
        threading.Thread(target=self.read, daemon=True).start()
        while True:
            prompt = self.prompts.get()
            if prompt is None:
                os._exit(0)
            self.turn(prompt)

    def turn(self, prompt):
        self.turns += 1
        self.interrupted.clear()
        self.save()
        self.print(type="system", subtype="init", session_id=self.session, permissionMode=self.mode, model=self.model)
        texts, error = [], None
        if "message" in prompt:
            self.print(type="user", message=prompt["message"], session_id=self.session, uuid=prompt["uuid"], isReplay=True)
            content = prompt["message"]["content"]
            text = content if isinstance(content, str) else "\n".join(b.get("text", "") for b in content)
            self.content = content
            for line in text.splitlines():
                if self.interrupted.is_set():
                    break
                error = self.do(line, texts) or error
        else:
            texts.append(prompt["text"])
            self.say(prompt["text"])
        self.cost += 0.01
        self.save()
        final = {"subtype": "success", "is_error": False, "result": texts[-1] if texts else ""}
        if self.interrupted.is_set():
            final = {"subtype": "error_during_execution", "is_error": True, "errors": ["diagnostic"], "terminal_reason": "aborted"}
        elif error:
            final = error
        self.print(type="result", session_id=self.session, total_cost_usd=self.cost, result_index=self.turns,
                   usage={"input_tokens": 10, "output_tokens": 5}, permission_denials=[],
                   model_usage_since_last_result={"scripted": {"costUSD": 0.01}}, **final)

    def save(self):
        if STATE != "/nonexistent":
            with open(os.path.join(STATE, self.session), "w") as file:
                json.dump({"turns": self.turns, "cost": self.cost}, file)

    def do(self, line, texts):
        word, _, rest = line.partition(" ")

        def say(text):
            texts.append(text)
            self.say(text)

        def named():
            name, _, value = rest.partition(" ")
            return name, json.loads(value)

        if word == "say":
            say(rest)
        elif word == "tool":
            say("result: " + self.tool(*named()))
        elif word == "change":
            value = json.loads(rest)
            say("result: " + self.tool("Bash", value, changed={**value, "command": value["command"] + "; touch ran"}))
        elif word == "unseen":
            say("result: " + self.tool(*named(), hooked=False))
        elif word == "sneak":
            name, value = named()
            self.run(self.begin_tool(name, value), name, value)
        elif word == "both":
            values = [json.loads(part) for part in re.findall(r"\{.*?\}", rest)]
            uses = [self.begin_tool("Bash", value) for value in values]
            hooks = [self.hook("Bash", value, use) for value, use in zip(values, uses)]
            for hook in hooks:
                if self.wait(hook)["response"]["hookSpecificOutput"]["permissionDecision"] != "ask":
                    complain("both is for calls that are asked")
            asked = [self.question("Bash", value, use) for value, use in zip(values, uses)]
            for number, use, value in reversed(list(zip(asked, uses, values))):
                response = self.wait(number)["response"]
                if response["behavior"] == "allow":
                    self.run(use, "Bash", response["updatedInput"])
                else:
                    self.result(use, response["message"], True)
            say("both are done")
        elif word == "cancel":
            name, value = named()
            use = self.begin_tool(name, value)
            self.wait(self.hook(name, value, use))
            number = self.question(name, value, use)
            time.sleep(0.5)
            self.open.pop(number)
            self.print(type="control_cancel_request", request_id=number)
            self.result(use, "withdrawn", True)
            say("withdrawn")
        elif word == "ask":
            value = json.loads(rest)
            use = self.begin_tool("AskUserQuestion", value)
            decision = self.wait(self.hook("AskUserQuestion", value, use))["response"]["hookSpecificOutput"]
            if decision["permissionDecision"] != "ask":
                complain("a question that is not put")
            answer = self.wait(self.question("AskUserQuestion", value, use))
            if answer is not None:
                response = answer["response"]
                say(json.dumps(response.get("updatedInput", {}).get("answers", response.get("message")), ensure_ascii=False))
        elif word == "plan":
            use = self.begin_tool("ExitPlanMode", {"plan": rest})
            self.wait(self.hook("ExitPlanMode", {}, use))
            response = self.wait(self.question("ExitPlanMode", {}, use))["response"]
            say(response["behavior"] + " " + response.get("message", ""))
        elif word == "retry":
            self.print(type="system", subtype="api_retry", attempt=1, max_retries=3, retry_delay_ms=4000.5,
                       error_status=int(rest), error="overloaded", session_id=self.session)
        elif word == "fail":
            status, kind, words = rest.split(" ", 2)
            words = f"API Error: {words}"
            self.assistant({"type": "text", "text": words}, message={"model": "<synthetic>"}, error=kind)
            return {"subtype": "success", "is_error": True, "result": words,
                    "api_error_status": int(status) or None}
        elif word == "unknown":
            self.wait(self.request(subtype="nonsense"))
            say("it was refused")
        elif word == "garbage":
            self.raw(b"hello\n\xff\xfe{\n{\"type\": 1}\n[]\n{\"type\":\"assistant\"}\n{\"type\":\"result\"\n{}\n"
                     b'{"type":"system","subtype":"init"}\n{"type":"user","message":{"content":7}}\n'
                     b'{"type":"stream_event","event":[]}\n{"type":"new_kind","x":1}\n{"type":"control_request"}\n')
        elif word == "long":
            self.raw(b'{"type":"x","y":"' + b"z" * (17 << 20) + b'"}\n')
        elif word == "flood":
            block = (b'{"type":"keep_alive","x":"' + b"z" * 1000 + b'"}\n') * 1000
            for _ in range(int(rest)):
                self.raw(block)
        elif word == "half":
            self.raw(b'{"type":"assistant","message":{"content":[{"ty')
            os._exit(0)
        elif word == "die":
            sys.stderr.write("the last words of a program\n")
            sys.stderr.flush()
            os._exit(int(rest))
        elif word == "hang":
            import signal
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.out.acquire()
            time.sleep(1000)
        elif word == "slow":
            self.interrupted.wait(float(rest))
        elif word == "child":
            subprocess.Popen(["setsid", "sleep", "1000"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        elif word == "env":
            say(f"{rest}={os.environ.get(rest, '(none)')}")
        elif word == "args":
            say(" ".join(sys.argv[1:]))
        elif word == "count":
            say(f"turn {self.turns} of {self.session[:8]}, model {self.model}, mode {self.mode}, effort {self.effort}")
        elif word == "echo":
            say(json.dumps(self.content)[:2000])
        elif word in ("agent", "later"):
            delay, _, text = rest.partition(" ")
            self.background(float(delay), text, "local_agent" if word == "agent" else "local_bash")
        return None

    def background(self, delay, text, kind):
        task = {"task_id": uuid.uuid4().hex, "task_type": kind, "description": text}
        self.tasks.append(task)
        self.print(type="system", subtype="background_tasks_changed", tasks=self.tasks, session_id=self.session)

        def end():
            time.sleep(delay)
            self.assistant({"type": "text", "text": "words of a sub-agent"}, parent="toolu_parent")
            self.tasks.remove(task)
            self.print(type="system", subtype="background_tasks_changed", tasks=self.tasks, session_id=self.session)
            self.prompts.put({"text": text})

        threading.Thread(target=end, daemon=True).start()


if __name__ == "__main__":
    Claude().serve()
