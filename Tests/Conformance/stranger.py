#!/usr/bin/env python3
"""A stage as a stranger might write it: an echo agent that keeps to the line format.

It passes every class for filters, and its mutations, each with one fault, show that the fixtures find
that fault. The format wants strictness that Python's json has not, hence the checks before it.

usage: stranger.py [--strict] [MUTATION]
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import sys
import uuid
from typing import Any

LIMIT = 1 << 20
STRICT = "--strict" in sys.argv
MUTATION = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
STORE = os.path.join(os.environ["AGIM_HOME"], "replies.json")


class Stage:
    """The loop, and what was answered."""

    def __init__(self) -> None:
        self.number = 0
        self.buffer = bytearray()
        self.replies: dict[str, dict[str, Any]] = {}
        if os.path.exists(STORE) and MUTATION != "forgets":
            with open(STORE, encoding="utf-8") as file:
                self.replies = json.load(file)

    def write(self, line: bytes) -> None:
        """Writes a line at once, or ends as SIGPIPE would."""
        if MUTATION == "buffers":
            self.buffer += line + b"\n"
            return
        rest = memoryview(line + b"\n")
        try:
            while rest:
                rest = rest[os.write(1, rest):]
        except BrokenPipeError:
            sys.exit(0 if MUTATION == "ignores-reader" else 141)

    def reply(self, message: dict[str, Any]) -> None:
        """Answers a message once, however often it comes."""
        own = message["id"]
        known = self.replies.get(own)
        if known and MUTATION != "runs-twice":
            if MUTATION != "stays-silent":
                self.write(json.dumps(known if MUTATION == "unmarked" else {**known, "again": True}).encode())
            return
        reply = {
            "v": 1, "type": "reply", "id": own if MUTATION == "same-id" else str(uuid.uuid4()), "parent": own,
            "trace": own if MUTATION == "own-trace" else message.get("trace") or own,
            "session": "x:1" if MUTATION == "other-session" else message["session"],
            "text": message.get("text") or "", "final": MUTATION != "never-final"}
        if MUTATION == "no-parent":
            del reply["parent"]
        self.replies[own] = reply
        with open(STORE, "w", encoding="utf-8") as file:
            json.dump(self.replies, file)
        self.write(json.dumps(reply).encode())

    def take(self, line: bytes) -> None:
        """Handles one line, without its line feed."""
        self.number += 1
        if not line:
            return
        try:
            value = parse(line)
        except ValueError as error:
            if MUTATION == "passes-bad":
                return self.write(line)
            number = self.number + (1 if MUTATION == "miscounts" else 0)
            if MUTATION != "says-nothing":
                print(f"stranger: line {number}: left out: {error}", file=sys.stderr)
            if STRICT:
                sys.exit(65)
            return
        is_ours = value.get("type") == "message" and value.get("agent") is None and "session" in value
        if is_ours:
            self.reply(value)
        if not is_ours or MUTATION == "does-not-consume":
            if MUTATION == "drops-control" and value.get("type") == "control":
                return
            self.write(json.dumps(value).encode() if MUTATION == "reformats" else line)

    def serve(self) -> int:
        """Reads until the end of the input."""
        waiting = bytearray()
        skipping = False
        hangup = select.poll()
        hangup.register(0, select.POLLIN)
        if MUTATION != "ignores-reader":
            hangup.register(1, 0)
        while True:
            ready = dict(hangup.poll())
            if ready.get(1, 0) & select.POLLERR:
                return 141
            if 0 not in ready:
                continue
            piece = os.read(0, 65536)
            waiting += piece
            *whole, rest = bytes(waiting).split(b"\n")
            waiting = bytearray(rest)
            for line in whole if piece else [*whole, rest] if rest or skipping else whole:
                self.take(b"x" * (LIMIT + 1) if skipping else line)
                skipping = False
            if not piece:
                break
            if len(waiting) > LIMIT:
                skipping = True
                waiting.clear()
        if self.buffer:
            os.write(1, self.buffer)
        return 1 if MUTATION == "fails-at-end" else 0


def unique(pairs: list[tuple[str, Any]]) -> Any:
    """An object; whether names are unique matters at the top only, so they are kept as pairs."""
    return pairs


def parse(line: bytes) -> dict[str, Any]:
    """The object that a line is; ValueError says why it is none."""
    if MUTATION == "lenient":
        value = json.loads(line)
        if isinstance(value, dict):
            return value
        raise ValueError("not an object")
    if len(line) > LIMIT:
        raise ValueError("longer than 1 MiB")
    text = line.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("a byte order mark")
    depth = deepest = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if token[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in "]}":
            depth -= 1
    if deepest > 64:
        raise ValueError("more than 64 levels")

    def no_constant(name: str) -> None:
        raise ValueError(f"{name} is no number")

    value = json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
    if text.lstrip(" \t\r\n")[0] != "{":
        raise ValueError("not an object")
    for name in re.findall(r"(?:\\u[0-9a-fA-F]{4})+", re.sub(r"\\[^u]", "", text)):
        json.loads(f'"{name}"').encode()
    names = [name for name, _ in value]
    if len(set(names)) != len(names):
        raise ValueError("a name twice")
    return dict(value)


signal.signal(signal.SIGINT, signal.SIG_DFL)
if MUTATION == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
sys.exit(Stage().serve())
