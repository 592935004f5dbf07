#!/usr/bin/env python3
"""A recording of a real program, played again: usage: player.py claude|codex RECORDING [the program's own arguments].

What the program said comes as it was recorded. Where the recording has a line that was sent to the program, the player
waits for one that says the same; another decision, or a line that nobody has asked for, is a fault, and the player leaves
with 1. What lies between is answered as the program does: the beginning of a conversation, and for Claude Code the hook
that today's driver asks for and some recordings did without.
"""

import json
import os
import sys

KIND, RECORDING = sys.argv[1:3]
with open(RECORDING, encoding="utf-8") as file:
    # The work directory of the recording is that of the test.
    ENTRIES = [json.loads(line) for line in file.read().replace("/home/u/project", os.getcwd()).splitlines()]
# What Claude Code is told between turns, and is in no recording.
BETWEEN = {"set_model", "set_permission_mode"}


def fault(words):
    sys.stderr.write(f"player: {words}\n")
    sys.stderr.flush()
    os._exit(1)


def say(message):
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def hear():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


class Claude:
    """Its control requests, by the ids of the recording."""

    def __init__(self):
        self.ours = {}
        self.hooked = set()

    def play(self):
        hello = self.control("initialize")
        self.hook = hello["request"]["hooks"]["PreToolUse"][0]["hookCallbackIds"][0]
        entries = list(self.entries())
        answer = next(m for way, m in entries if way == "from-agent" and m["type"] == "control_response")
        answer["response"]["request_id"] = hello["request_id"]
        answer["response"]["response"].update(hooks_applied=True, hook_on_failure_supported=True)
        say(answer)
        entries = [(way, m) for way, m in entries if m is not answer and self.subtype(m) != "initialize"]
        for way, message in entries:
            if way == "to-agent":
                self.sent(message)
            else:
                self.said(message)
        # The end of its input is the end of the program.
        while True:
            self.next()

    @staticmethod
    def entries():
        for entry in ENTRIES:
            if entry["dir"] != "exit":
                yield entry["dir"], entry["msg"]

    @staticmethod
    def subtype(message):
        return (message.get("request") or {}).get("subtype")

    def control(self, subtype):
        message = self.next()
        if message.get("type") != "control_request" or self.subtype(message) != subtype:
            fault(f"not {subtype}: {json.dumps(message)[:300]}")
        return message

    def next(self):
        while True:
            message = hear()
            if self.subtype(message) not in BETWEEN:
                return message
            say({"type": "control_response", "response": {"subtype": "success", "request_id": message["request_id"]}})

    def answer(self, request):
        message = hear()
        if message.get("type") != "control_response" or message["response"].get("request_id") != request:
            fault(f"no answer to {request}: {json.dumps(message)[:300]}")
        if message["response"]["subtype"] != "success":
            fault(f"refused: {json.dumps(message)[:300]}")
        return message["response"]["response"]

    def sent(self, message):
        if message["type"] == "user":
            if self.next().get("type") != "user":
                fault("no message of a person")
        elif message["type"] == "control_request":
            self.ours[message["request_id"]] = self.control(self.subtype(message))["request_id"]
        else:
            answer = message["response"]["response"]
            given = self.answer(message["response"]["request_id"])
            if "behavior" in answer:
                if given["behavior"] != answer["behavior"]:
                    fault(f"{given['behavior']} where {answer['behavior']} was recorded")
            elif "hookSpecificOutput" in answer:
                if given["hookSpecificOutput"]["permissionDecision"] != answer["hookSpecificOutput"]["permissionDecision"]:
                    fault(f"{given} where {answer} was recorded")

    def said(self, message):
        if message["type"] == "control_response":
            message["response"]["request_id"] = self.ours[message["response"]["request_id"]]
        elif self.subtype(message) == "hook_callback":
            message["request"]["callback_id"] = self.hook
            self.hooked.add(message["request"]["input"].get("tool_use_id"))
        elif self.subtype(message) == "can_use_tool" and message["request"]["tool_use_id"] not in self.hooked:
            asked = message["request"]
            say({"type": "control_request", "request_id": "hook-" + message["request_id"], "request": {
                "subtype": "hook_callback", "callback_id": self.hook, "tool_use_id": asked["tool_use_id"], "input": {
                    "hook_event_name": "PreToolUse", "tool_name": asked["tool_name"], "tool_input": asked["input"],
                    "tool_use_id": asked["tool_use_id"], "cwd": os.getcwd()}}})
            if self.answer("hook-" + message["request_id"])["hookSpecificOutput"]["permissionDecision"] != "ask":
                fault("the hook does not ask about what was asked about")
        say(message)


class Codex:
    """Its app-server: the recording from `turn/start` on."""

    def play(self):
        entries = [(entry["dir"], entry["msg"]) for entry in ENTRIES if entry["dir"] != "exit"]
        begin = next(at for at, (way, m) in enumerate(entries) if way == "to-agent" and m.get("method") == "turn/start")
        thread = entries[begin][1]["params"]["threadId"]
        started = next(m["result"] for way, m in entries if way == "from-agent" and "thread" in (m.get("result") or {}))
        started.update(activePermissionProfile={"id": "agim"}, approvalPolicy="untrusted", approvalsReviewer="user")
        self.replies = {
            "initialize": next(m["result"] for way, m in entries if way == "from-agent" and "userAgent" in (m.get("result") or {})),
            "config/read": {"config": {}}, "command/exec": {"exitCode": 0, "stdout": "hidden\n", "stderr": ""},
            "thread/start": started, "thread/backgroundTerminals/clean": {}}
        self.ids = {}
        if started["thread"]["id"] != thread:
            fault("the recording has two threads")
        for way, message in entries[begin:]:
            if way == "from-agent":
                if "result" in message or "error" in message:
                    message["id"] = self.ids[message["id"]]
                say(message)
            elif "method" in message:
                given = self.expect(lambda m, wanted=message: m.get("method") == wanted["method"], message["method"])
                self.ids[message.get("id")] = given.get("id")
            else:
                given = self.expect(lambda m, wanted=message: m.get("id") == wanted["id"] and "method" not in m, "an answer")
                if given.get("result") != message.get("result"):
                    fault(f"{given.get('result')} where {message.get('result')} was recorded")
        while True:
            self.expect(lambda m: False, "the end")

    def expect(self, wanted, what):
        while True:
            message = hear()
            if wanted(message):
                return message
            if message.get("method") in self.replies:
                say({"id": message["id"], "result": self.replies[message["method"]]})
            elif message.get("method") != "initialized":
                fault(f"not {what}: {json.dumps(message)[:300]}")


try:
    {"claude": Claude, "codex": Codex}[KIND]().play()
except BrokenPipeError:
    sys.exit(0)
