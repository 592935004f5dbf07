#!/usr/bin/env python3
"""Tool calls of recorded sessions: what Claude Code and Codex write down, as lines that can be replayed.

usage: recordings.py [--name NAME] FILE-OR-DIRECTORY...

Reads session files of Claude Code (~/.claude/projects/**/*.jsonl) and Codex (~/.codex/sessions/**/rollout-*.jsonl)
and prints them in the form of sessions/*.jsonl. Of each call its tool and its input stay, with %W for the work
directory and %H for the home; contents of files, patches, messages, prompts and here-documents become their lengths;
names of the user, mail addresses, hosts and what looks like a token are replaced. Look through the result before you
give it to anybody all the same.
"""

import collections
import glob
import hashlib
import json
import os
import re
import sys

# What says something about a call itself; of any other input only its length stays.
KEPT = {
    "command", "cmd", "workdir", "file_path", "filePath", "notebook_path", "path", "pattern", "glob", "include", "type",
    "output_mode", "offset", "limit", "head_limit", "context", "multiline", "-A", "-B", "-C", "-n", "-i", "-o", "url",
    "replace_all", "replaceAll", "run_in_background", "timeout", "skill", "subagent_type"}
MESSAGES = re.compile(
    r"((?:^|\s)(?:-m|--message|-b|--body|-t|--title|--notes)[ =]|(?:-f|-F|--field|--raw-field) body=)"
    r"""("(?:[^"\\$`]|\\.)*"|'[^']*')""")
HEREDOC = re.compile(r"(<<-?[ ]*(['\"]?)(\w+)\2[^\n]*\n)(.*?)(\n[ \t]*\3(?=\n|\)|$))", re.DOTALL)
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
HOST = re.compile(r"(\w+://)[^/\s'\"]+")
TOKEN = re.compile(r"(?<![\w/.-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[A-Za-z0-9_-]{24,}(?![\w/.-])")


def lines(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                yield value


def parsed(text):
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def blocks(value):
    content = value.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def claude_calls(line, _state):
    """(session, id, tool, input, directory) of the calls in a line of Claude Code."""
    if line.get("type") == "assistant" and isinstance(line.get("message"), dict):
        for block in blocks(line["message"]):
            if block.get("type") == "tool_use":
                yield line.get("sessionId"), block.get("id"), block.get("name"), block.get("input"), line.get("cwd")


def codex_calls(line, state):
    """The same of a line of Codex, whose older versions write items without an envelope."""
    item = line.get("payload") if isinstance(line.get("payload"), dict) else line
    if line.get("type") in ("session_meta", "turn_context") or "cwd" in item:
        state["cwd"] = item.get("cwd") or state.get("cwd")
    said = re.search(r"<cwd>([^<]+)</cwd>", json.dumps(item)) if item.get("type") == "message" else None
    if said and "cwd" not in state:
        state["cwd"] = said[1]
    tool, given = item.get("name"), None
    if item.get("type") == "function_call":
        given = parsed(item.get("arguments"))
    elif item.get("type") == "custom_tool_call":
        given = {"command": item.get("input")}
    elif item.get("type") == "local_shell_call":
        tool, given = "shell", dict(item.get("action") or {})
    if given is None:
        return
    command = given.pop("cmd", given.get("command"))
    if tool in ("shell", "exec_command", "shell_command", "local_shell", "container.exec") and command:
        tool = "Bash"
        if isinstance(command, list):
            script = len(command) == 3 and command[1] in ("-lc", "-c") and os.path.basename(command[0]) in ("bash", "sh", "zsh")
            command = command[2] if script else " ".join(map(str, command))
        patch = re.search(r"^\s*(?:apply_patch|applypatch)\b.*?(\*\*\* Begin Patch.*?\*\*\* End Patch)", command, re.DOTALL)
        if patch:
            tool, command = "apply_patch", patch[1]
        given = {"command": command}
    yield state["path"], item.get("call_id"), tool, given, item.get("workdir") or given.get("workdir") or state.get("cwd")


READERS = {"claude": claude_calls, "codex": codex_calls}


def kind(path):
    """Whose file it is, by its first lines."""
    for number, line in enumerate(lines(path)):
        if "session" in line and "files" in line:
            return "replay"
        if "sessionId" in line or line.get("type") in ("assistant", "summary", "file-history-snapshot"):
            return "claude"
        if line.get("type") in ("session_meta", "response_item") or {"id", "instructions"} <= line.keys():
            return "codex"
        if number > 50:
            break
    return None


class Cleaner:
    """Takes out of a session's calls what is nobody's business."""

    def __init__(self, work):
        self.work = work.rstrip("/")
        home = re.match(r"(/Users|/home)/([^/]+)", work) or re.match(r"(/)(root)(?=/)", work)
        self.user = home[2] if home else None
        self.contents = {}

    def text(self, text):
        if self.work:
            text = re.sub(re.escape(self.work) + r"(?![\w.-])", "%W", text)
        text = re.sub(r"(?<![\w.%])(?:/Users|/home)/[\w.-]+|(?<![\w.%])/root(?=/)", "%H", text)
        if self.user and len(self.user) > 2:
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(self.user)}(?![A-Za-z0-9])", "user", text)
        text = HOST.sub(lambda found: found[1] + ("localhost" if "localhost" in found[0] else "host.example"), text)
        return TOKEN.sub("token", MAIL.sub("user@host.example", text))

    def length(self, value):
        """Contents as their length, with a number that tells different ones of one length apart."""
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        same = self.contents.setdefault(len(text), [])
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        if digest not in same:
            same.append(digest)
        return f"({len(text)} characters, {same.index(digest)})"

    def command(self, text):
        text = HEREDOC.sub(lambda found: found[1] + self.length(found[4]) + found[5], text)
        text = MESSAGES.sub(lambda found: found[1] + found[2][0] + self.length(found[2]) + found[2][0], text)
        return self.text(text)

    def patch(self, text):
        """The files of a patch, with one line of each."""
        heads = [line for line in text.splitlines() if re.match(r"\*\*\* (Add|Update|Delete) File: |\*\*\* Move to: ", line)]
        body = "".join(f"{line}\n" + ("@@\n-old\n+new\n" if "Update" in line else "+new\n" if "Add" in line else "") for line in heads)
        return self.text(f"*** Begin Patch\n{body}*** End Patch")

    def input(self, tool, given):
        result = {}
        for name, value in given.items():
            if name in ("command", "cmd") and isinstance(value, str):
                result[name] = self.patch(value) if tool == "apply_patch" else self.command(value)
            elif tool == "apply_patch" and name in ("input", "patch", "patchText") and isinstance(value, str):
                result[name] = self.patch(value)
            elif isinstance(value, (bool, int, float)) or value is None:
                result[name] = value
            elif name in KEPT and isinstance(value, str):
                result[name] = self.text(value)
            else:
                result[name] = self.length(value)
        return result


WORD = re.compile(r"(?:\./)?[\w.-]+(?:/[\w.-]+)*/?")


def mentioned(calls):
    """The files that must be there for the calls, below the work directory."""
    files, written, places = {}, set(), set()

    def note(path, certain):
        if path.startswith("%W/"):
            path = path[3:]
        path = os.path.normpath(path.removeprefix("./")) + ("/" if path.endswith("/") else "")
        if path[:1] not in "/%." or path.startswith((".github", ".env", ".claude", ".gitignore")):
            if certain or any(path.startswith(place) for place in places):
                files.setdefault(path)

    for call in calls:
        if call["workdir"].startswith("%W/"):
            files.setdefault(call["workdir"][3:] + "/")
        for name in ("file_path", "filePath", "notebook_path", "path"):
            path = call["input"].get(name)
            if isinstance(path, str) and path.startswith(("%W/", "./")) or isinstance(path, str) and path[:1] not in ("/", "%", "~", ""):
                if call["tool"] in ("Write", "write") and path not in files:
                    written.add(path.removeprefix("%W/"))
                note(path, True)
    places.update(path.split("/")[0] + "/" for path in files if "/" in path)
    for call in calls:
        for word in re.split(r"[\s'\"=,:;|&()<>]+", str(call["input"].get("command", ""))):
            word = word.removeprefix("%W/")
            if WORD.fullmatch(word):
                note(word, False)
    # What is written first was not there; what others lie below is a directory.
    every = {path for path in files if path.rstrip("/") not in written and not any(part in (".git", "..") for part in path.split("/"))}
    above = {"/".join(path.split("/")[:depth]) for path in every for depth in range(1, len(path.rstrip("/").split("/")))}
    plain = {path.rstrip("/") for path in every}
    return sorted(path + "/" if path + "/" in every else path for path in plain - above if path not in ("", "."))


def listed(paths):
    """The files, and those below the directories."""
    return [file for path in paths for file in (
        sorted(glob.glob(f"{path}/**/*.jsonl", recursive=True)) if os.path.isdir(path) else [path])]


def convert(paths, name=None):
    """(head, calls) of each session in files that programs wrote; what stands in several of them counts once."""
    sessions, seen = collections.OrderedDict(), set()
    for path in paths:
        whose = kind(path)
        if whose not in READERS:
            continue
        state = {"path": path}
        for line in lines(path):
            for session, use, tool, given, directory in READERS[whose](line, state):
                if (whose, use) in seen or not isinstance(given, dict) or not isinstance(tool, str):
                    continue
                seen.add((whose, use))
                sessions.setdefault((whose, session or path), []).append((tool, given, directory))
    for number, ((whose, _), found) in enumerate(sessions.items(), 1):
        work = next((directory for _, _, directory in found if directory), "")
        cleaner, calls = Cleaner(work), []
        for tool, given, directory in found:
            place = cleaner.text(directory) if directory else "%W"
            calls.append({"tool": tool, "input": cleaner.input(tool, given), "workdir": place})
        head = {"session": f"{name or whose}-{number}", "agent": whose, "origin": "recorded", "files": mentioned(calls)}
        yield head, calls


def replay(path):
    """(head, calls) of each session in a file that was converted."""
    found = []
    for line in lines(path):
        if "session" in line:
            found.append((line, []))
        elif found:
            found[-1][1].append(line)
    return found


def load(paths):
    """(head, calls) of each session, of whatever kind the files are."""
    files = listed(paths)
    raw = [path for path in files if kind(path) != "replay"]
    return [session for path in files if path not in raw for session in replay(path)] + list(convert(raw))


def main():
    words = sys.argv[1:]
    name = None
    if words[:1] == ["--name"] and len(words) > 2:
        name, words = words[1], words[2:]
    if not words or words[0].startswith("-"):
        raise SystemExit(__doc__)
    for head, calls in convert(listed(words), name):
        for line in [head, *calls]:
            print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
