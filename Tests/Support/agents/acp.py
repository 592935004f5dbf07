#!/usr/bin/env python3
"""A scripted agent that speaks the Agent Client Protocol, version 1, and takes nothing that its specification forbids.

What a client does wrong is written to the file of ACP_LOG as `wrong: …`, and the agent leaves with status 70.
Directives in the prompt, one on a line, say what a turn does; ACP_OPTIONS is a JSON object of what the agent can:

    load, resume, fork, image, embedded   capabilities          modes     the ids of its modes, the first is the one it is in
    configs    its configOptions           models   ids of models         version   the protocol version that it answers
    start      hang, die, noise            login    an error -32000 for every session, with this reason
    state      a directory for its sessions
"""

import json
import os
import subprocess
import sys
import time

OPTIONS = json.loads(os.environ.get("ACP_OPTIONS", "{}"))
LOG = os.environ.get("ACP_LOG")


def log(text):
    if LOG:
        with open(LOG, "a") as file:
            file.write(text + "\n")


def wrong(text):
    log("wrong: " + text)
    print("acp.py: " + text, file=sys.stderr, flush=True)
    os._exit(70)


def expect(condition, text):
    if not condition:
        wrong(text)


class Cancelled(Exception):
    """The client has cancelled the turn."""


class Agent:
    def __init__(self):
        self.initialized = False
        self.sessions = {}
        self.ids = 0
        self.answers = {}
        self.open = {}
        self.prompt = None
        self.session = None
        self.cancelled = False
        self.permissions = {}

    # Lines

    def send(self, value):
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **value}) + "\n")
        sys.stdout.flush()

    def read(self):
        line = sys.stdin.readline()
        if not line:
            log("end of input")
            os._exit(0)
        expect(line.endswith("\n"), "a line without its end")
        try:
            message = json.loads(line)
        except ValueError:
            wrong(f"no JSON: {line[:200]!r}")
        expect(isinstance(message, dict) and message.get("jsonrpc") == "2.0", "no message of JSON-RPC 2.0")
        return message

    def request(self, method, params):
        """Asks the client; the id of the request."""
        number = self.ids
        self.ids += 1
        self.open[number] = method
        self.send({"id": number, "method": method, "params": {"sessionId": self.session, **params}})
        return number

    def call(self, method, params):
        """Asks the client and waits: ("result", value) or ("error", error)."""
        number = self.request(method, params)
        while number not in self.answers:
            self.take(self.read())
        return self.answers.pop(number)

    def update(self, **update):
        self.send({"method": "session/update", "params": {"sessionId": self.session, "update": update}})

    def say(self, text, **more):
        self.update(sessionUpdate="agent_message_chunk", content={"type": "text", "text": text}, **more)

    def take(self, message):
        if "method" not in message:
            return self.answered(message)
        method, params = message["method"], message.get("params")
        expect(isinstance(params, dict), f"{method} without params")
        if "id" not in message:
            expect(method == "session/cancel", f"an unknown notification {method}")
            expect(params.get("sessionId") == self.session, "a cancel of another session")
            log("cancel")
            self.cancelled = True
            return None
        expect(isinstance(message["id"], (int, str)), "an id that is neither number nor text")
        if self.prompt is not None:
            expect(method != "session/prompt", "a second prompt while the first runs")
        log(f"request {method} {json.dumps(params)}")
        return self.handle(message["id"], method, params)

    def answered(self, message):
        number = message.get("id")
        expect(number in self.open, f"an answer to nothing: {number!r}")
        expect(("result" in message) != ("error" in message), "an answer with result and error, or neither")
        method = self.open.pop(number)
        if "error" in message:
            error = message["error"]
            expect(isinstance(error.get("code"), int) and isinstance(error.get("message"), str), "a malformed error")
            self.answers[number] = ("error", error)
            return
        result = message["result"]
        if method == "session/request_permission":
            outcome = result["outcome"]
            offered = self.permissions.pop(number)
            expect(outcome["outcome"] in ("selected", "cancelled"), "an unknown outcome")
            if outcome["outcome"] == "selected":
                expect(not self.cancelled, "a choice after the cancel")
                expect(outcome["optionId"] in offered, "an option that was not offered")
                expect(not offered[outcome["optionId"]].endswith("_always"), "a choice for ever")
        self.answers[number] = ("result", result)

    # Requests of the client

    def handle(self, number, method, params):
        handlers = {
            "initialize": self.initialize, "session/new": self.new, "session/load": self.load,
            "session/resume": self.load, "session/fork": self.fork, "session/prompt": self.on_prompt,
            "session/set_mode": self.set_mode, "session/set_model": self.set_model,
            "session/set_config_option": self.set_config, "authenticate": self.authenticate}
        expect(method in handlers, f"an unknown method {method}")
        expect(self.initialized or method == "initialize", f"{method} before initialize")
        result = handlers[method](params, method)
        if result is not None:
            key, value = result
            self.send({"id": number, key: value})

    def initialize(self, params, _):
        expect(not self.initialized, "initialize twice")
        expect(params.get("protocolVersion") == 1, "another version than 1")
        capabilities = params["clientCapabilities"]
        for name in ("readTextFile", "writeTextFile"):
            expect(isinstance(capabilities["fs"][name], bool), f"fs.{name} is no truth value")
        expect(isinstance(capabilities["terminal"], bool), "terminal is no truth value")
        expect(isinstance(params["clientInfo"]["name"], str) and params["clientInfo"]["version"], "no clientInfo")
        start = OPTIONS.get("start")
        if start == "hang":
            time.sleep(3600)
        if start == "die":
            print("acp.py: I do not know how to begin", file=sys.stderr)
            os._exit(3)
        if start == "noise":
            sys.stdout.write("Welcome to the agent!\n\n[]\n{\"half\": \n\x00\xff\n")
            sys.stdout.flush()
        self.initialized = True
        sessions = {name: {} for name in ("resume", "fork") if OPTIONS.get(name)}
        return "result", {
            "protocolVersion": OPTIONS.get("version", 1),
            "agentCapabilities": {
                "loadSession": bool(OPTIONS.get("load")), "sessionCapabilities": sessions,
                "promptCapabilities": {"image": bool(OPTIONS.get("image")), "embeddedContext": bool(OPTIONS.get("embedded"))}},
            "authMethods": [{"id": "login", "name": "Log in", "description": "Log in at the door",
                             "_meta": {"terminal-auth": {"command": "/usr/bin/door", "args": ["open", "now"]}}}],
            "agentInfo": {"name": "scripted", "version": "1"}}

    def place(self, params):
        expect(os.path.isabs(params["cwd"]) and os.path.isdir(params["cwd"]), "cwd is no absolute directory")
        expect(isinstance(params["mcpServers"], list), "mcpServers is no list")
        if OPTIONS.get("login"):
            return "error", {"code": -32000, "message": "Authentication required", "data": {"reason": OPTIONS["login"]}}
        return None

    def opened(self, session):
        modes = OPTIONS.get("modes")
        result = {"sessionId": session["id"]}
        if modes:
            session.setdefault("mode", modes[0])
            result["modes"] = {"currentModeId": session["mode"], "availableModes": [{"id": m, "name": m} for m in modes]}
        if OPTIONS.get("configs"):
            session.setdefault("configs", OPTIONS["configs"])
            result["configOptions"] = session["configs"]
        if OPTIONS.get("models"):
            session.setdefault("model", OPTIONS["models"][0])
            result["models"] = {"currentModelId": session["model"],
                                "availableModels": [{"modelId": m, "name": m} for m in OPTIONS["models"]]}
        self.sessions[session["id"]] = session
        self.session = session["id"]
        self.save(session)
        return "result", result

    @staticmethod
    def save(session):
        if OPTIONS.get("state"):
            with open(os.path.join(OPTIONS["state"], session["id"]), "w") as file:
                json.dump(session, file)

    def new(self, params, _):
        return self.place(params) or self.opened({"id": os.urandom(8).hex(), "said": [], "cwd": params["cwd"]})

    def load(self, params, method):
        expect(OPTIONS.get(method.split("/")[1]), f"{method} is not offered")
        refusal = self.place(params)
        if refusal:
            return refusal
        try:
            with open(os.path.join(OPTIONS["state"], params["sessionId"])) as file:
                session = json.load(file)
        except OSError:
            return "error", {"code": -32002, "message": "Resource not found: no conversation of this id"}
        self.session = session["id"]
        if method == "session/load":
            for text in session["said"]:
                self.update(sessionUpdate="user_message_chunk", content={"type": "text", "text": text})
                self.say(f"REPLAYED {text}")
        key, result = self.opened(session)
        del result["sessionId"]
        return key, result

    def fork(self, params, _):
        expect(OPTIONS.get("fork"), "session/fork is not offered")
        return self.opened({"id": "fork-of-" + params["sessionId"], "said": ["(forked)"], "cwd": params["cwd"]})

    def authenticate(self, params, _):
        return "error", {"code": -32603, "message": f"cannot log in by {params['methodId']}"}

    def known(self, params):
        expect(params.get("sessionId") in self.sessions, "an unknown session")
        return self.sessions[params["sessionId"]]

    def set_mode(self, params, _):
        session = self.known(params)
        expect(params["modeId"] in OPTIONS.get("modes", []), "an unknown mode")
        session["mode"] = params["modeId"]
        return "result", {}

    def set_model(self, params, _):
        expect(params["modelId"] in OPTIONS.get("models", []), "an unknown model")
        self.known(params)["model"] = params["modelId"]
        return "result", {}

    def set_config(self, params, _):
        session = self.known(params)
        for config in session["configs"]:
            if config["id"] == params["configId"]:
                expect(params["value"] in [o["value"] for o in config["options"]], "a value that is not offered")
                config["currentValue"] = params["value"]
                return "result", {"configOptions": session["configs"]}
        return wrong("an unknown option")

    # A turn

    def on_prompt(self, params, _):
        session = self.known(params)
        expect(isinstance(params["prompt"], list) and params["prompt"], "an empty prompt")
        text, kinds = "", []
        for block in params["prompt"]:
            kind = block.get("type")
            kinds.append(kind)
            if kind == "text":
                text += block["text"]
            elif kind == "image":
                expect(OPTIONS.get("image"), "an image, which is not offered")
                expect(block["mimeType"].startswith("image/") and block["data"], "a malformed image")
            elif kind == "resource":
                expect(OPTIONS.get("embedded"), "a resource, which is not offered")
                expect(block["resource"]["uri"].startswith("file:///"), "a malformed resource")
            elif kind == "resource_link":
                expect(block["name"] and block["uri"].startswith("file:///"), "a malformed link")
            else:
                wrong(f"an unknown block {kind!r}")
        self.session = session["id"]
        self.prompt = session
        self.cancelled = False
        try:
            stop = self.follow(session, text, kinds)
        except Cancelled:
            stop = ("result", {"stopReason": "cancelled"})
        # With a permission open it never ends its turn, as some real ones.
        while self.cancelled and self.permissions:
            self.take(self.read())
        self.prompt = None
        session["said"].append(text)
        self.save(session)
        return stop

    def check(self):
        if self.cancelled:
            raise Cancelled

    def follow(self, session, text, kinds):
        lines = [line for line in text.splitlines() if line.startswith("@@")]
        if not lines:
            self.say(f"You said: {text}")
        for line in lines:
            name, _, rest = line[2:].partition(" ")
            stop = self.directive(session, name, rest, kinds)
            if stop:
                return stop
            self.check()
        return "result", {"stopReason": "end_turn"}

    def directive(self, session, name, rest, kinds):
        if name == "text":
            self.say(rest)
        elif name == "chunks":
            for piece in rest.split("|"):
                self.say(piece)
                time.sleep(0.4)
        elif name == "kinds":
            self.say(" ".join(kinds))
        elif name == "state":
            self.say(json.dumps({k: session.get(k) for k in rest.split()}))
        elif name == "said":
            self.say(json.dumps(session["said"]))
        elif name == "cwd":
            self.say(os.getcwd())
        elif name == "update":
            self.update(**json.loads(rest))
        elif name == "ask":
            self.ask(json.loads(rest))
        elif name == "ask-two":
            self.ask_two(json.loads(rest))
        elif name == "ask-and-withdraw":
            value = json.loads(rest)
            number = self.ask_begin(value)
            time.sleep(0.5)
            self.send({"method": "$/cancel_request", "params": {"requestId": number}})
            self.say(json.dumps(self.finish(number)[0]))
        elif name == "call":
            method, _, value = rest.partition(" ")
            key, answer = self.call(method, json.loads(value or "{}"))
            self.say(json.dumps({key: answer}) + "\n")
        elif name == "run":
            self.run(json.loads(rest))
        elif name == "long-write":
            self.say(self.call("fs/write_text_file", {**json.loads(rest), "content": "0123456789abcdef" * 65536})[0])
        elif name == "start":
            key, answer = self.call("terminal/create", json.loads(rest))
            self.say(answer.get("terminalId", answer.get("message")))
        elif name == "stop":
            return "result", {"stopReason": rest}
        elif name == "usage":
            return "result", {"stopReason": "end_turn", "usage": {"totalTokens": int(rest)}}
        elif name == "error":
            code, _, message = rest.partition(" ")
            return "error", {"code": int(code), "message": message}
        elif name == "hang":
            while True:
                self.take(self.read())
                self.check()
        elif name == "stubborn":
            while True:
                time.sleep(60)
        elif name == "die":
            print("acp.py: the last words", file=sys.stderr, flush=True)
            os._exit(int(rest or 1))
        elif name == "half":
            sys.stdout.write('{"jsonrpc":"2.0","method":"session/upd')
            sys.stdout.flush()
            os._exit(4)
        elif name == "flood":
            block = ("x" * 1023 + "\n") * 1024
            for _ in range(int(rest)):
                sys.stdout.write(block)
        elif name == "long":
            sys.stdout.write("{" + "x" * (int(rest) << 20) + "\n")
            sys.stdout.flush()
        elif name == "garbage":
            sys.stdout.write('nonsense\n{"jsonrpc":"2.0","id":77,"result":{}}\n{"id":{"a":1}}\n[1,2]\n{}\n{"method":5}\n')
            sys.stdout.flush()
        elif name == "child":
            child = subprocess.Popen(["setsid", "sleep", "1000"], stdin=subprocess.DEVNULL)
            self.say(str(child.pid))
        elif name == "sleep":
            time.sleep(float(rest))
        else:
            wrong(f"no such directive: {name}")
        return None

    OFFER = [("once", "allow_once"), ("ever", "allow_always"), ("no", "reject_once"), ("never", "reject_always")]

    def ask_begin(self, value):
        kinds = value.pop("options", None)
        offer = [(i, k) for i, k in self.OFFER if kinds is None or k in kinds]
        tool = value.pop("announce", None)
        if tool:
            self.update(sessionUpdate="tool_call", **tool)
        number = self.request("session/request_permission", {
            "toolCall": value, "options": [{"optionId": i, "name": i.title(), "kind": k} for i, k in offer]})
        self.permissions[number] = dict(offer)
        return number

    def finish(self, number):
        while number not in self.answers:
            self.take(self.read())
        return self.answers.pop(number)

    def ask(self, value):
        key, answer = self.finish(self.ask_begin(value))
        self.check()
        outcome = answer["outcome"] if key == "result" else answer
        self.say(f"[{outcome.get('optionId', outcome.get('outcome'))}]")

    def ask_two(self, values):
        numbers = [self.ask_begin(value) for value in values]
        answers = [self.finish(number)[1]["outcome"] for number in numbers]
        self.check()
        self.say(json.dumps([answer.get("optionId", answer["outcome"]) for answer in answers]))

    def run(self, params):
        key, answer = self.call("terminal/create", params)
        if key == "error":
            return self.say(f"[{answer['message']}]")
        terminal = {"terminalId": answer["terminalId"]}
        key, ended = self.call("terminal/wait_for_exit", terminal)
        self.check()
        output = self.call("terminal/output", terminal)[1]
        expect(set(output) >= {"output", "truncated"} and output["exitStatus"] == ended, "a malformed output")
        expect(self.call("terminal/release", terminal)[0] == "result", "no release")
        expect(self.call("terminal/output", terminal)[0] == "error", "an output after the release")
        return self.say(json.dumps({**output, "exitStatus": ended}))

    def serve(self):
        while True:
            self.take(self.read())


sys.stdin.reconfigure(encoding="utf-8", newline="\n")
sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
Agent().serve()
