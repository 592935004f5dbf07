"""What the programs of agents ask by default: models of their defaults, each with its source.

Where one was in doubt, the model takes the program to ask less.
"""

import re
import shlex

READING = {"Read", "Grep", "Glob", "LSP", "NotebookRead", "LS"}
# Claude Code's tools reference: these need no permission, and touch neither files nor the network.
CLAUDE_FREE = READING | {
    "TodoWrite", "Task", "Agent", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "TaskOutput", "TaskStop", "BashOutput",
    "KillShell", "EnterPlanMode", "ToolSearch", "StructuredOutput", "ScheduleWakeup", "CronCreate", "CronList", "CronDelete",
    "SendUserFile", "ListMcpResourcesTool", "ReadMcpResourceTool", "Workflow"}
# What asks the person something of itself is no permission.
QUESTIONS = {"AskUserQuestion", "ExitPlanMode", "question", "request_user_input"}
GIT_READS = {"status", "log", "diff", "show", "blame", "shortlog", "rev-parse", "ls-files", "describe"}


def parts(command):
    """The simple commands of a line as words; None where there is more in it than pipes and lists."""
    plain = re.sub(r"2>&1|2>/dev/null", " ", command.replace("\\\n", " ").strip())
    if re.search(r"[`<>]|\$\(", re.sub(r"'[^']*'", "''", plain)):
        return None
    lexer = shlex.shlex(plain, posix=True, punctuation_chars="|&;\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return None
    commands = [[]]
    for word in words:
        if word.replace("\n", "") in ("|", "||", "&&", ";", "") and word:
            commands.append([])
        elif word and set(word) <= set("|&;\n"):
            return None
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def outside(path):
    """Whether a path, in the form of the sessions, is not in the work directory."""
    if not isinstance(path, str) or path.startswith(("%H/.claude/", "~/.claude/")):
        # Where Claude Code keeps its plans, and what it was told by tools.
        return False
    return path.startswith(("/", "~", "%H")) or path == ".." or path.startswith("../")


def git_reads(words):
    rest = words[1:]
    while rest[:1] == ["-C"] and len(rest) > 2:
        rest = rest[2:]
    rest = [word for word in rest if word not in ("--no-pager", "--no-optional-locks")]
    if not rest:
        return False
    if rest[0] in GIT_READS:
        return True
    return rest[0] == "branch" and all(word.startswith("-") for word in rest[1:]) or rest[:2] == ["stash", "list"]


def sed_reads(words):
    return len(words) > 2 and words[1] == "-n" and words[2].endswith("p")


CLAUDE_READERS = {
    "ls", "cat", "head", "tail", "grep", "rg", "wc", "diff", "stat", "du", "cd", "pwd", "echo", "sort", "uniq",
    "cut", "tr", "nl", "tree", "file", "which", "df", "ps", "uname", "whoami", "date", "jq", "true", "xargs"}


def claude(tool, given):
    """Claude Code in its default mode: its tools reference says which tools ask; of commands, those that
    only read do not (its documentation on permissions; the list here is longer than the one given there).
    What lies outside the work directory is asked about."""
    if tool in CLAUDE_FREE:
        return outside(given.get("file_path", given.get("path", "")))
    if tool != "Bash":
        return True
    commands = parts(given["command"])
    if commands is None:
        return True

    def reads(words):
        if words[0] == "xargs":
            words = words[1:]
        if not words or words[0] not in ("echo", "grep", "rg", "jq") and any(
                outside(word) and word != "/dev/null" for word in words[1:]):
            return False
        if words[0] == "git":
            return git_reads(words)
        if words[0] == "find":
            return not {"-exec", "-execdir", "-ok", "-delete"} & set(words)
        if words[0] == "sed":
            return sed_reads(words)
        return words[0] in CLAUDE_READERS or words[1:] == ["--version"]
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
            return len(words) <= 4 and words[1:2] == ["-n"] and re.fullmatch(r"\d+(,\d+)?p", words[2]) is not None
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


def opencode(_tool, given):
    """OpenCode: its documentation says that it asks about other directories and about loops; of other
    directories those are taken that a tool is given as its path."""
    return any(outside(given.get(name, "")) for name in ("filePath", "path", "workdir"))


def reads_only(tool, given):
    """Whether a call only reads, by the longest of the lists."""
    if tool.lower() in ("bash", "shell"):
        return not claude("Bash", given)
    return tool in READING or tool in ("read", "grep", "glob", "list")


DEFAULTS = {
    "claude": [("claude's default mode", claude)],
    "codex": [("codex, untrusted", codex_untrusted), ("codex, on-request", codex_on_request)],
    "opencode": [("opencode's default", opencode)],
}
