#!/usr/bin/env python3
"""How often people are asked: coding sessions replayed against the policy, beside the agents' own defaults.

usage: questions.py BIN-DIR [-v] [RECORDING...]

Without recordings the sessions in sessions/ are replayed, where README.md says what they are: each call of the
constructed ones is given to `agim-approve check` in the words of three agents, and the recorded ones in
sessions/recorded/ in the words of their own. A recording is a session file of Claude Code or
Codex, what recordings.py made of one, or a directory of them; it is replayed in the words of its own agent. What an
agent's own program would ask comes from the models in defaults.py. With -v it is also said what is asked about
although it only reads.
"""

import collections
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import recordings
from defaults import DEFAULTS, QUESTIONS, claude, codex_untrusted, reads_only

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Tests", "Policy"))


# The words of each agent.

def for_claude(call):
    return call["tool"], call["input"]


def for_codex(call):
    """Codex reads and searches with commands, and changes files with patches."""
    tool, given = call["tool"], call["input"]
    path = given.get("file_path", given.get("path", "."))
    if path.startswith("%W/"):
        path = path[3:]
    match tool:
        case "Bash":
            command = given["command"]
        case "Read":
            start = given.get("offset", 1)
            command = f"sed -n '{start},{start + given.get('limit', 200) - 1}p' {shlex.quote(path)}"
        case "Grep":
            command = f"rg -n {shlex.quote(given['pattern'])} {shlex.quote(path)}"
        case "Glob":
            command = f"rg --files -g {shlex.quote(given['pattern'])}"
        case "Edit" | "Write":
            verb = "Add" if tool == "Write" else "Update"
            body = given.get("content", f"@@\n-{given.get('old_string')}\n+{given.get('new_string')}")
            return "apply_patch", {"command": f"*** Begin Patch\n*** {verb} File: {path}\n{body}\n*** End Patch"}
        case "TodoWrite" | "Task":
            return "update_plan", {"plan": []}
        case "WebFetch" | "WebSearch":
            return "web_search", {"query": given.get("query", given.get("url"))}
    return "Bash", {"command": command}


def for_opencode(call):
    tool, given = call["tool"], dict(call["input"])
    if "file_path" in given:
        given["filePath"] = given.pop("file_path")
    match tool:
        case "Edit":
            return "edit", {"filePath": given["filePath"], "oldString": given["old_string"], "newString": given["new_string"]}
        case "Grep":
            return "grep", {name: given[name] for name in ("pattern", "path") if name in given}
        case "WebFetch":
            return "webfetch", {"url": given["url"], "format": "markdown"}
        case "TodoWrite" | "Task" | "WebSearch" | "Bash" | "Read" | "Write" | "Glob":
            return tool.lower(), given
    raise SystemExit(f"no tool {tool}")


WORDS = {"claude": for_claude, "codex": for_codex, "opencode": for_opencode}


def constructed():
    """(name, files, calls) of each session that was written for this."""
    for path in sorted(glob.glob(f"{HERE}/sessions/*.jsonl")):
        (head, calls), = recordings.replay(path)
        yield head["session"], head["files"], calls


def project(top, name, files):
    """A repository with the files that a session names."""
    work = f"{top}/home/{name}"
    for path in [*files, ".git/HEAD", ".git/objects/x", ".git/refs/x"]:
        os.makedirs(os.path.dirname(f"{work}/{path}"), exist_ok=True)
        if not os.path.isdir(f"{work}/{path}"):
            with open(f"{work}/{path}", "w", encoding="utf-8") as file:
                file.write("ref: refs/heads/main\n" if path == ".git/HEAD" else "text\n")
    with open(f"{work}/.git/config", "w", encoding="utf-8") as file:
        file.write("[core]\n\trepositoryformatversion = 0\n")
    return work


class Replay:
    """Calls of one agent given to the policy: rows of (session, tool, input), and a verdict of each."""

    def __init__(self, binaries, top, agent):
        self.binary, self.top, self.agent = os.path.join(binaries, "agim-approve"), top, agent
        self.rows, self.texts, self.verdicts = [], [], []

    def add(self, session, work, tool, given, workdir="%W"):
        text = json.dumps({"agent": self.agent, "tool": tool, "input": given, "workdir": workdir}, ensure_ascii=False)
        self.rows.append((session, tool, given))
        self.texts.append(text.replace("%W", work).replace("%H", f"{self.top}/home"))

    def run(self):
        """Asks for the verdicts; programs that are not on this machine are there for the policy as empty files."""
        import table
        stubs = f"{self.top}/stubs"
        os.makedirs(stubs, exist_ok=True)
        env = {"HOME": f"{self.top}/home", "PATH": "/usr/local/bin:/usr/bin:/bin", "AGIM_HOME": f"{self.top}/agim"}
        while True:
            checker = table.checker(self.binary, self.top)
            if os.listdir(stubs):
                checker = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", stubs, "/usr/local/bin", "--", *checker]
            done = subprocess.run(
                checker, input="".join(text + "\n" for text in self.texts), text=True, capture_output=True, env=env, check=True)
            self.verdicts = [json.loads(line) for line in done.stdout.splitlines()]
            if len(self.verdicts) != len(self.rows) or any("error" in verdict for verdict in self.verdicts):
                raise SystemExit(f"{len(self.verdicts)} answers to {len(self.rows)} calls: {done.stdout[:2000]}")
            missing = {found[1] for verdict in self.verdicts if (found := re.match(
                r"([\w.+-]+) is not found where programs are looked for", verdict.get("reason", "")))} - set(os.listdir(stubs))
            if not missing:
                return
            for name in missing:
                with open(f"{stubs}/{name}", "wb"):
                    os.chmod(f"{stubs}/{name}", 0o755)

    def rate(self, judge, among=lambda tool, given: True):
        """Questions per 100 calls, and those that are left where the second same yes is for the session."""
        seen, plain, kept, calls = collections.Counter(), 0, 0, 0
        for (session, tool, given), verdict in zip(self.rows, self.verdicts):
            if tool in QUESTIONS or not among(tool, given):
                continue
            calls += 1
            asks, grantable = judge(tool, given, verdict)
            if asks:
                plain += 1
                key = session, tool, json.dumps({name: value for name, value in given.items() if name != "description"})
                seen[key] += 1
                kept += seen[key] <= 2 or not grantable
        return 100 * plain / max(calls, 1), 100 * kept / max(calls, 1)

    def result(self, reading=reads_only):
        """The figures by rule, of all calls and of those that only read."""
        def ours(_tool, _given, verdict):
            return verdict["verdict"] == "ask", verdict.get("grantable", False)

        judges = [("agim", ours)] + [
            (title, lambda tool, given, _, model=model: (model(tool, given), True)) for title, model in DEFAULTS[self.agent]]
        figures = {}
        for title, judge in judges:
            figures[title] = self.rate(judge)
            figures[f"{title}, reading"] = self.rate(judge, reading)
        return figures

    def count(self):
        return sum(tool not in QUESTIONS for _, tool, _ in self.rows)

    def denied(self):
        return sum(verdict["verdict"] == "deny" for verdict in self.verdicts)

    def asked_reading(self, reading=reads_only):
        for (session, tool, given), verdict in zip(self.rows, self.verdicts):
            if verdict["verdict"] != "allow" and tool not in QUESTIONS and reading(tool, given):
                yield session, tool, given, verdict


class Workplace:
    """A home with a tree for each session, gone at the end."""

    def __enter__(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="agim-questions."))
        os.mkdir(f"{self.top}/home")
        return self.top

    def __exit__(self, *_):
        shutil.rmtree(self.top)


def figures(title, replay, sessions, result):
    turned = replay.denied()
    print(f"  {title}: {sessions}{replay.count()} calls" + (f", {turned} always denied and not asked about" if turned else ""))
    for name, (plain, kept) in result.items():
        print(f"    {name:32}{plain:9.1f}{kept:34.1f}")


def explain(replay, reading=reads_only):
    for session, tool, given, verdict in replay.asked_reading(reading):
        print(f"{replay.agent} {session}: {verdict['verdict']}: {tool} {json.dumps(given, ensure_ascii=False)}\n    {verdict['reason']}")


COLUMNS = f"  {'':34}{'asked':>9}{'the second yes for the session':>34}"


def report_constructed(binaries, verbose):
    """Prints and returns the figures of the constructed sessions, by agent."""
    print("questions per 100 tool calls (constructed sessions, see Benchmarks/sessions/README.md)")
    print(COLUMNS)
    found, replays = {}, []
    with Workplace() as top:
        every = [(name, project(top, name, files), calls) for name, files, calls in constructed()]
        for agent, words in WORDS.items():
            replay, reading = Replay(binaries, top, agent), {}
            for name, work, calls in every:
                for call in calls:
                    tool, given = words(call)
                    reading[id(given)] = reads_only(call["tool"], call["input"])
                    replay.add(name, work, tool, given)
            replay.run()
            # Which calls only read is said of them as they are written down, for every agent the same.
            replays.append((replay, lambda _tool, given, reading=reading: reading[id(given)]))
            found[agent] = replay.result(replays[-1][1])
            figures(agent, replay, "", found[agent])
    if verbose:
        for replay, reading in replays:
            explain(replay, reading)
    return found


def report_sessions(binaries, paths, verbose):
    """Prints and returns the figures of recorded sessions, by where they come from and by agent."""
    print("questions per 100 tool calls (recorded sessions)")
    print(COLUMNS)
    sources = collections.OrderedDict()
    for head, calls in recordings.load(paths):
        source = re.sub(r"-\d+$", "", head["session"])
        sources.setdefault((source, head["agent"]), []).append((head, calls))
    found = {}
    for (source, agent), sessions in sources.items():
        if agent not in DEFAULTS:
            print(f"  {source}: sessions of {agent} cannot be replayed")
            continue
        with Workplace() as top:
            replay = Replay(binaries, top, agent)
            for head, calls in sessions:
                work = project(top, head["session"], head["files"])
                for call in calls:
                    replay.add(head["session"], work, call["tool"], call["input"], call["workdir"])
            replay.run()
            found[source, agent] = replay.result()
            title = agent if source == agent else f"{source} ({agent})"
            figures(title, replay, f"{len(sessions)} sessions, ", found[source, agent])
            if verbose:
                explain(replay)
    if not found:
        raise SystemExit(f"questions.py: no call of a tool of Claude Code or Codex in {' '.join(paths)}")
    return found


def report_recorded(binaries):
    """Prints what real programs asked about in recordings of tests, beside agim and the models of their defaults."""
    with open(f"{HERE}/recorded.jsonl", encoding="utf-8") as file:
        calls = [json.loads(line) for line in file]
    print("recorded calls (real programs, whose model was a script: not coding sessions)")
    for agent, model in (("claude", claude), ("codex", codex_untrusted)):
        own = [call for call in calls if call["agent"] == agent]
        with Workplace() as top:
            replay, work = Replay(binaries, top, agent), project(top, "recorded", ["note.txt"])
            for call in own:
                replay.add("recorded", work, call["tool"], call["input"])
            replay.run()
        asks = sum(verdict["verdict"] != "allow" for verdict in replay.verdicts)
        # Of tools that are not in the sessions the models say nothing else than that they ask.
        like = sum(model(call["tool"], call["input"]) == call["asked"] for call in own)
        print(f"  {agent}: {len(own)} calls, the program asked about {sum(call['asked'] for call in own)}, "
              f"agim asks about {asks}; the model above says the same of {like}")


def kept():
    """The recordings that are there to be replayed with every run of the benchmark."""
    places = [f"{HERE}/sessions/recorded", f"{HERE}/recordings"]
    return [place for place in places if os.path.isdir(place) and os.listdir(place)]


def report(binaries, paths=(), verbose=False):
    """Prints the figures; returns those of the constructed sessions."""
    found = report_constructed(binaries, verbose)
    report_recorded(binaries)
    if paths:
        report_sessions(binaries, paths, verbose)
    return found


if __name__ == "__main__":
    WORDS_GIVEN = [word for word in sys.argv[1:] if word != "-v"]
    if not WORDS_GIVEN or WORDS_GIVEN[0].startswith("-"):
        raise SystemExit(__doc__)
    BINARIES = os.path.abspath(WORDS_GIVEN[0])
    if WORDS_GIVEN[1:]:
        report_sessions(BINARIES, WORDS_GIVEN[1:], "-v" in sys.argv)
    else:
        report(BINARIES, kept(), verbose="-v" in sys.argv)
