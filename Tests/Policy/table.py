#!/usr/bin/env python3
"""Holds `agim-approve check --batch` against calls.txt, on a real tree made from tree.txt.

usage: table.py BIN-DIR [-v]

Prints each call whose verdict is another than the table's; leaves with 1 if there is one.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def tree(top):
    """Makes the files of tree.txt below a directory."""
    for line in open(f"{HERE}/tree.txt", encoding="utf-8"):
        kind, _, rest = line.rstrip("\n").partition(" ")
        if kind == "#":
            continue
        path, _, value = rest.partition(" ")
        path = f"{top}/{path}"
        if kind == "d":
            os.mkdir(path)
            os.chmod(path, 0o700)
        elif kind == "f":
            with open(path, "w", encoding="utf-8") as out:
                out.write(value.replace("\\n", "\n").replace("\\t", "\t") + "\n")
        elif kind == "l":
            os.symlink(value, path)
        elif kind == "h":
            os.link(f"{top}/{value}", path)
        elif kind == "p":
            os.mkfifo(path)
        else:
            raise SystemExit(f"tree.txt: {line}")
    os.chmod(f"{top}/home/project/node/bin/ls", 0o755)


def calls(home):
    """(number, condition, verdict, text, call) of each line of calls.txt."""
    work = f"{home}/project"
    for number, line in enumerate(open(f"{HERE}/calls.txt", encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        head, _, text = line.partition("\t")
        match = re.fullmatch(r"(?:\[(\w+)\])?(allow|ask|deny|pass)", head)
        if not match or not text:
            raise SystemExit(f"calls.txt:{number}: {line}")
        text = text.replace("%H", home).replace("%W", work)
        named = re.fullmatch(r"([A-Za-z_]+) (\{.*\})", text)
        # Braces also begin a group of commands.
        if named and named[1] not in ("ls",) and text.endswith("}") and valid(named[2]):
            call = {"tool": named[1], "input": json.loads(named[2]), "workdir": work}
        else:
            command = text.replace("%B", "\\").replace("%N", "\n")
            call = {"tool": "Bash", "input": {"command": command}, "workdir": work}
        yield number, match[1], match[2], line, call


def agents(home):
    """The same of agents.txt: AGENT VERDICT, a tab, the tool and its input."""
    work = f"{home}/project"
    for number, line in enumerate(open(f"{HERE}/agents.txt", encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        head, _, text = line.partition("\t")
        agent, _, verdict = head.partition(" ")
        tool, _, value = text.replace("%H", home).replace("%W", work).partition(" ")
        if verdict not in ("allow", "ask", "deny") or not valid(value):
            raise SystemExit(f"agents.txt:{number}: {line}")
        call = {"agent": agent, "tool": tool, "input": json.loads(value), "workdir": work}
        yield number, None, verdict, line, call


def checker(binary, top):
    """The words that start the checker; a configuration of git for the whole machine is hidden from it."""
    words = [binary, "check", "--batch"]
    if not os.path.exists("/etc/gitconfig"):
        return words
    empty = f"{top}/empty"
    with open(empty, "w", encoding="utf-8"):
        pass
    return ["bwrap", "--dev-bind", "/", "/", "--ro-bind", empty, "/etc/gitconfig", "--", *words]


def valid(text):
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def main():
    binary = os.path.join(os.path.abspath(sys.argv[1]), "agim-approve")
    # Not below /tmp itself: the directory must not be one that others share.
    top = os.path.realpath(tempfile.mkdtemp(prefix="agim-policy."))
    tree(top)
    home = f"{top}/home"
    table = list(calls(home)) + list(agents(home))
    conditions = {"rg": shutil.which("rg") is not None}
    env = {"HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "AGIM_HOME": f"{home}/.agim"}
    done = subprocess.run(
        checker(binary, top), input="".join(json.dumps(row[4]) + "\n" for row in table), text=True,
        capture_output=True, env=env, timeout=120, check=False)
    shutil.rmtree(top)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(answers) != len(table):
        raise SystemExit(f"agim-approve: exit status {done.returncode}, {len(answers)} answers to {len(table)} calls: {done.stderr}")
    failed = skipped = 0
    for (number, condition, wanted, text, _), answer in zip(table, answers):
        got = answer["verdict"]
        if condition and not conditions[condition]:
            skipped += 1
            continue
        good = got == wanted or wanted == "pass" and got != "deny"
        if not good:
            failed += 1
            print(f"{number}: {got}: {text}\n    {answer['rule']}: {answer.get('reason')}")
        elif "-v" in sys.argv:
            print(f"{got:6}{text}\n      {answer['rule']}: {answer['reason']}")
    print(f"policy: {len(table) - failed - skipped} calls as in the table, {failed} not, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
