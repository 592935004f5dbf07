#!/usr/bin/env python3
"""How often people are asked: coding sessions replayed against the policy, beside the agents' own defaults.

usage: questions.py BIN-DIR [-v]

The sessions are in sessions/, where README.md says what they are. Each call is given to `agim-approve check`
in the words of three agents. What an agent's own program would ask by default comes from the models below,
each with its source; where one was in doubt, the model takes the program to ask less.
"""

import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Tests", "Policy"))

READING = {"Read", "Grep", "Glob"}
GIT_READS = {"status", "log", "diff", "show", "blame", "shortlog", "rev-parse", "ls-files", "describe"}


def sessions():
    """(name, files, calls) of each session."""
    for path in sorted(glob.glob(f"{HERE}/sessions/*.jsonl")):
        with open(path, encoding="utf-8") as file:
            head, *calls = [json.loads(line) for line in file]
        yield head["session"], head["files"], calls


# The models of the agents' own defaults.

def parts(command):
    """The simple commands of a line as words; None where there is more in it than pipes and lists."""
    if re.search(r"[`<>]|\$\(", re.sub(r"2>&1|2>/dev/null", " ", re.sub(r"'[^']*'", "''", command))):
        return None
    lexer = shlex.shlex(re.sub(r"2>&1|2>/dev/null", " ", command), posix=True, punctuation_chars="|&;")
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return None
    commands = [[]]
    for word in words:
        if word in ("|", "||", "&&", ";"):
            commands.append([])
        elif set(word) <= set("|&;"):
            return None
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def git_reads(words):
    rest = words[1:]
    if not rest:
        return False
    if rest[0] in GIT_READS:
        return True
    return rest[0] == "branch" and all(word.startswith("-") for word in rest[1:]) or rest[:2] == ["stash", "list"]


def claude(tool, given):
    """Claude Code in its default mode: its tools reference says which tools ask; of commands, those that
    only read do not (its documentation on permissions; the list here is longer than the one given there)."""
    if tool in READING | {"TodoWrite", "Task"}:
        return False
    if tool != "Bash":
        return True
    commands = parts(given["command"])
    if commands is None:
        return True
    free = {
        "ls", "cat", "head", "tail", "grep", "rg", "wc", "diff", "stat", "du", "cd", "pwd", "echo", "sort", "uniq",
        "cut", "tr", "nl", "tree", "file", "which", "df", "ps", "uname", "whoami", "date", "jq", "true", "xargs"}

    def reads(words):
        if words[0] == "xargs":
            words = words[1:]
        if words[0] == "git":
            return git_reads(words)
        if words[0] == "find":
            return not {"-exec", "-execdir", "-ok", "-delete"} & set(words)
        if words[0] == "sed":
            return words[1] == "-n" and words[2].endswith("p")
        return words[0] in free or words[1:] == ["--version"]
    return not all(reads(words) for words in commands)


CODEX_SAFE = {
    "cat", "cd", "cut", "echo", "expr", "false", "grep", "head", "id", "ls", "nl", "paste", "pwd", "rev", "seq",
    "stat", "tail", "tr", "true", "uname", "uniq", "wc", "which", "whoami", "tac", "numfmt"}


def codex_safe(command):
    commands = parts(command)

    def safe(words):
        if words[0] == "git":
            return git_reads(words) and words[1] in ("status", "log", "diff", "show", "branch")
        if words[0] == "find":
            return not {"-exec", "-execdir", "-ok", "-okdir", "-delete", "-fls", "-fprint"} & set(words)
        if words[0] == "rg":
            return not {"--pre", "--search-zip", "-z", "--hostname-bin"} & set(words)
        if words[0] == "sed":
            return len(words) <= 4 and words[1] == "-n" and re.fullmatch(r"\d+(,\d+)?p", words[2]) is not None
        return words[0] in CODEX_SAFE or words[1:] == ["--version"]
    return commands is not None and all(safe(words) for words in commands)


def codex_untrusted(tool, given):
    """Codex with the policy `untrusted`: every command that is not in the list of its source, every change."""
    return not codex_safe(given["command"]) if tool == "Bash" else tool == "apply_patch"


def codex_on_request(tool, given):
    """Codex with the policy `on-request`: what its sandbox forbids, which is the network, what lies outside,
    and writing into .git; taken as if the model asked for exactly these."""
    if tool != "Bash":
        return False
    text = given["command"]
    network = r"\b(npm install|npx|pnpm add|gh |git push|curl|docker|systemctl|journalctl|wget|pip install)"
    return bool(re.search(network + r"|git (add|commit|checkout|stash(?! list))", text))


def opencode(_tool, _given):
    """OpenCode: its documentation says that it asks about other directories and about loops, and these
    sessions have neither."""
    return False


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


AGENTS = {
    "claude": (for_claude, [("claude's default mode", claude)]),
    "codex": (for_codex, [("codex, untrusted", codex_untrusted), ("codex, on-request", codex_on_request)]),
    "opencode": (for_opencode, [("opencode's default", opencode)]),
}


def asked(answers):
    """Questions among (key, asks, grantable), and how many where the second same yes is for the session."""
    seen = {}
    plain = kept = 0
    for key, asks, grantable in answers:
        if not asks:
            continue
        plain += 1
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= 2 or not grantable:
            kept += 1
    return plain, kept


def reads_only(call):
    return call["tool"] in READING or call["tool"] == "Bash" and not claude("Bash", call["input"])


def project(top, name, files):
    """A repository with the files that a session names."""
    work = f"{top}/home/{name}"
    for path in [*files, ".git/HEAD", ".git/objects/x", ".git/refs/x"]:
        os.makedirs(os.path.dirname(f"{work}/{path}"), exist_ok=True)
        with open(f"{work}/{path}", "w", encoding="utf-8") as file:
            file.write("ref: refs/heads/main\n" if path == ".git/HEAD" else "text\n")
    with open(f"{work}/.git/config", "w", encoding="utf-8") as file:
        file.write("[core]\n\trepositoryformatversion = 0\n")
    return work


def measure(binaries):
    """By agent: calls, and questions per 100 calls by each rule; and the calls of reading that were asked about."""
    import table
    top = os.path.realpath(tempfile.mkdtemp(prefix="agim-questions."))
    os.mkdir(f"{top}/home")
    found, asked_reads = {}, []
    try:
        every = [(name, project(top, name, files), calls) for name, files, calls in sessions()]
        for agent, (words, defaults) in AGENTS.items():
            rows = []
            for name, work, calls in every:
                for call in calls:
                    tool, given = words(call)
                    text = json.dumps({"agent": agent, "tool": tool, "input": given, "workdir": "%W"}, ensure_ascii=False)
                    rows.append((name, call, tool, given, text.replace("%W", work)))
            env = {"HOME": f"{top}/home", "PATH": "/usr/local/bin:/usr/bin:/bin", "AGIM_HOME": f"{top}/agim"}
            checker = table.checker(os.path.join(binaries, "agim-approve"), top)
            done = subprocess.run(
                checker, input="".join(row[4] + "\n" for row in rows), text=True, capture_output=True, env=env, check=True)
            verdicts = [json.loads(line) for line in done.stdout.splitlines()]
            if len(verdicts) != len(rows) or any("error" in verdict for verdict in verdicts):
                raise SystemExit(f"{len(verdicts)} answers to {len(rows)} calls: {done.stdout}")
            # Nobody would call a program that is not on the machine.
            missing = [verdict.get("reason", "").endswith("is not found where programs are looked for.") for verdict in verdicts]
            left_out = sum(missing)
            rows = [row for row, gone in zip(rows, missing) if not gone]
            verdicts = [verdict for verdict, gone in zip(verdicts, missing) if not gone]

            def rate(judge, among=lambda row: True, rows=rows, verdicts=verdicts):
                chosen = [(row, verdict) for row, verdict in zip(rows, verdicts) if among(row)]
                answers = []
                for (name, _, tool, given, _), verdict in chosen:
                    bare = {key: value for key, value in given.items() if key != "description"}
                    answers.append(((name, tool, json.dumps(bare)), *judge(tool, given, verdict)))
                plain, kept = asked(answers)
                return 100 * plain / len(chosen), 100 * kept / len(chosen)

            def ours(_tool, _given, verdict):
                return verdict["verdict"] != "allow", verdict.get("grantable", False)

            result = {"calls": len(rows), "left out": left_out, "agim": rate(ours), "agim, reading": rate(ours, lambda row: reads_only(row[1]))}
            for title, model in defaults:
                result[title] = rate(lambda tool, given, _, model=model: (model(tool, given), True))
                result[f"{title}, reading"] = rate(
                    lambda tool, given, _, model=model: (model(tool, given), True), lambda row: reads_only(row[1]))
            found[agent] = result
            for row, verdict in zip(rows, verdicts):
                if verdict["verdict"] != "allow" and reads_only(row[1]):
                    asked_reads.append((agent, row[0], row[2], row[3], verdict["reason"]))
    finally:
        shutil.rmtree(top)
    return found, asked_reads


def recorded(binaries):
    """The calls of recordings of real programs, with whether the program asked: (call, whether agim asks)."""
    import table
    with open(f"{HERE}/recorded.jsonl", encoding="utf-8") as file:
        calls = [json.loads(line) for line in file]
    top = os.path.realpath(tempfile.mkdtemp(prefix="agim-questions."))
    try:
        os.mkdir(f"{top}/home")
        work = project(top, "recorded", ["note.txt"])
        text = "".join(json.dumps({name: call[name] for name in ("agent", "tool", "input", "workdir")}) + "\n" for call in calls)
        env = {"HOME": f"{top}/home", "PATH": "/usr/local/bin:/usr/bin:/bin", "AGIM_HOME": f"{top}/agim"}
        done = subprocess.run(
            table.checker(os.path.join(binaries, "agim-approve"), top), input=text.replace("%W", work), text=True,
            capture_output=True, env=env, check=True)
        verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    finally:
        shutil.rmtree(top)
    if len(verdicts) != len(calls) or any("error" in verdict for verdict in verdicts):
        raise SystemExit(f"{len(verdicts)} answers to {len(calls)} calls: {done.stdout}")
    return [(call, verdict["verdict"] != "allow") for call, verdict in zip(calls, verdicts)]


def report_recorded(binaries):
    """Prints what real programs asked about in recordings, beside agim and the models of their defaults."""
    print("recorded calls (real programs, whose model was a script: not coding sessions)")
    rows = recorded(binaries)
    for agent, model in (("claude", claude), ("codex", codex_untrusted)):
        own = [(call, asks) for call, asks in rows if call["agent"] == agent]
        # Of tools that are not in the constructed sessions the models say nothing else than that they ask.
        like = sum(model(call["tool"], call["input"]) == call["asked"] for call, _ in own)
        print(f"  {agent}: {len(own)} calls, the program asked about {sum(call['asked'] for call, _ in own)}, "
              f"agim asks about {sum(asks for _, asks in own)}; the model above says the same of {like}")


def report(binaries, verbose=False):
    """Prints the figures; returns them."""
    found, asked_reads = measure(binaries)
    print("questions per 100 tool calls (constructed sessions, see Benchmarks/sessions/README.md)")
    print(f"  {'':34}{'asked':>9}{'the second yes for the session':>34}")
    for agent, result in found.items():
        without = f", {result['left out']} left out because their programs are not installed" if result["left out"] else ""
        print(f"  {agent}: {result['calls']} calls{without}")
        for title, value in result.items():
            if title not in ("calls", "left out"):
                print(f"    {title:32}{value[0]:9.1f}{value[1]:34.1f}")
    report_recorded(binaries)
    if verbose:
        for agent, name, tool, given, reason in asked_reads:
            print(f"{agent} {name}: {tool} {json.dumps(given, ensure_ascii=False)}\n    {reason}")
    return found


if __name__ == "__main__":
    report(os.path.abspath(sys.argv[1]), "-v" in sys.argv)
