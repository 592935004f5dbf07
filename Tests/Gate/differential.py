#!/usr/bin/env python3
"""What the policy allows unasked is run, and must do nothing but read.

usage: differential.py BIN-DIR [N] [SEED]

Makes commands from those of Tests/Policy/calls.txt and from pieces that shells and programs take for
something special, asks `agim-approve check --batch` about them, and runs N that are allowed, below strace,
in a bubblewrap that holds nothing but the system and the tree of Tests/Policy/tree.txt. A violation is

    a file opened for writing, made, renamed, linked or removed anywhere but /dev/null;
    a connection, or a socket for one;
    a program started that the table of readers does not name;
    the content of a secret in the output.

Each is printed with its command, the seed and the way to try it again.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Policy"))
import table  # noqa: E402

SECRET = "differential-secret-7f3a"
PATHS = [
    "one.txt", "two.txt", "src", "src/main.c", ".", "..", "/", "~", "~/.ssh/id_rsa", "$HOME", "/etc/passwd", "/etc/shadow",
    "links/key", "links/home", "links/inside", "conf/.env", "conf", "docs", "*", "*.txt", "src/*", "{one,two}.txt", "flags/*",
    "-", "missing", "out.txt", "README.md", "../notes.txt", "./src/../one.txt", "/dev/null", "/proc/self/environ", "good", "bad",
    "'one.txt'", '"one.txt"', "o\\ne.txt", "$'one.txt'", "on?.txt", "[o]ne.txt", "${HOME}/notes.txt", "\"$HOME\"/x", "$PWD/one.txt",
    "@one.txt", "--", "-x", "one.txt:two.txt", "HEAD", "HEAD:conf/.env", "src//main.c", "links/etc/hostname", "~+/one.txt",
]
OPTIONS = [
    "-a", "-n", "-r", "-R", "-i", "-o", "-o out.txt", "-e", "-f one.txt", "-c", "-w", "-x", "-z", "-l", "-L", "-s", "-S 1", "-T .", "-d x",
    "-k1", "-t,", "-u", "-v", "-p", "-q", "-h", "-H", "-b", "-1", "-5", "-n 1", "-n1", "-nw", "--output=out.txt", "--output out.txt",
    "--pre cat", "--files", "-exec cat {} ;", "-delete", "-fprint out.txt", "-name '*.c'", "-newer one.txt", "-printf %p", "-type f",
    "--compress-program=cat", "--files0-from=one.txt", "--help", "--version", "-i.bak", "--in-place", "-ni", "-ne p", "-m 1", "-A1", "--color=always",
    "--include=*.c", "--exclude-from=one.txt", "-D", "-O", "-C 1", "--stat", "--oneline", "-p", "--ext-diff", "--no-index", "-rn", "-nr", "-sno",
    "-ro", "-nro", "-G", "-P", "-E", "-F", "-N 3", "-j 4", "-U0", "--name-only", "-mo out.txt", "-bo", "-ps", "-ao",
]
SCRIPTS = [
    "'1,3p'", "p", "'s/o/x/'", "'s/o/x/w out.txt'", "'s/o/date/e'", "'w out.txt'", "'1e date'", "'r one.txt'", "'$!d'", "'/o/,/e/p'", "'y/o/x/'",
    "'s|o|x|g'", "'s/[/]/x/w out.txt/'", "'p;w out.txt'", "'{p}'", "'{p;w out.txt\n}'", "'s/a/b/;s/c/d/'", "'i x'", "'a\\x'", "'1~2p'", "'F'", "'=;q5'",
    "'s/a/\\\nb/w out.txt'", "'s,a,b,w out.txt'", "'\\,a,w out.txt'", "'s/\\//x/w out.txt'", ".", ".a", "'.[]'", "'env'", "'$ENV'", "'input'", "'import \"x\" as x; .'",
    "%s", "'%(x)T'", "+%F", "x", "'a[$(touch out.txt)]'", "'[a-z]'", "a-z",
    "'{print $1}'", "'{print > \"out.txt\"}'", "'{print | \"cat\"}'", "'BEGIN{system(\"touch out.txt\")}'", "'{\"touch out.txt\" | getline}'", "'NR>1'", "'/o/'",
    "'BEGIN{ARGV[1]=\"../.ssh/id_rsa\"} 1'", "'BEGIN{while ((getline l < \"../notes.txt\") > 0) print l}'", "'{printf \"%s\", $0 >> \"out.txt\"}'", "'END{print NR}'",
    "'BEGIN{for (k in ENVIRON) print ENVIRON[k]}'", "'{print $1 > $2}'", "'@include \"one.txt\"'", "'{ n += $1 } END { print n }'", "'$1 ~ /o/ || NR==1 {print; exit}'", "1",
]
JOINTS = [" | ", " && ", " || ", "; ", "\n", " & ", " |& ", " > ", " >> ", " < ", " 2>&1 ", " 2>/dev/null ", " <<< ", " >| ", " &> ", " <> ", " # "]
WRAPS = [
    "({})", "{{ {}; }}", "cd src && {}", "cd src; {}", "cd .. && {}", "if true; then {}; fi", "! {}", "time {}", "echo $({})", "echo `{}`", "cat <({})",
    "{} <<E\nx\nE", "{} <<'E'\n$(touch out.txt)\nE", "{} <<E\n$(touch out.txt)\nE", "A=1 {}", "env {}", "command {}", "eval '{}'", "sh -c '{}'", "nohup {}",
    "cd good && {}", "cd bad && {}", "cd bare && {}", "cd flags && {}", "cd links/home && {}", "for i in 1; do {}; done", "f() {{ {}; }}; f", "{} \\\n one.txt",
    "true && {}", "false || {}", "cd src && cd .. && {}", "(cd src) && {}", "cd src | {}", "cd node/bin && {}", "test -f one.txt && {}", "{{ {}; }} < one.txt",
]
PROGRAMS = [
    "cat", "ls", "head", "tail", "wc", "grep", "find", "sort", "uniq", "cut", "tr", "diff", "cmp", "stat", "file", "du", "sed", "sed -n", "jq", "echo", "printf",
    "xxd", "od", "nl", "tac", "rev", "fold", "column", "comm", "paste", "base64", "strings", "md5sum", "date", "test", "[", "git status", "git log", "git diff",
    "git show", "git branch", "git grep", "git -C good status", "git -C good log", "git -C bad status", "git -C . diff", "git -C", "awk", "awk -F:", "awk -v n=1", "mawk", "git ls-files", "git blame", "readlink", "realpath", "join", "seq", "expand", "fmt", "hexdump", "sha1sum", "cksum",
    "/bin/cat", "/usr/bin/sort", "node/bin/ls", "./node/bin/ls", "pwd", "cd", "rg", "tree",
]


def mutated(dice, seeds):
    """One more command."""
    def simple():
        words = [dice.choice(PROGRAMS)]
        for _ in range(dice.randrange(4)):
            words.append(dice.choice(dice.choice([OPTIONS, PATHS, PATHS, SCRIPTS])))
        if words[0] == "[":
            words.append("]")
        return " ".join(words)

    command = dice.choice(seeds) if dice.random() < 0.5 else simple()
    for _ in range(dice.randrange(4)):
        kind = dice.randrange(7)
        words = command.split(" ")
        place = dice.randrange(len(words) + 1)
        if kind == 0:
            words.insert(place, dice.choice(dice.choice([OPTIONS, PATHS, SCRIPTS])))
            command = " ".join(words)
        elif kind == 1 and words:
            words[place % len(words)] = dice.choice(dice.choice([PATHS, OPTIONS, SCRIPTS]))
            command = " ".join(words)
        elif kind == 2:
            joint = dice.choice(JOINTS)
            command = command + joint + (dice.choice(PATHS) if joint.strip() in (">", ">>", "<", "<>", ">|", "&>", "<<<") else simple())
        elif kind == 3:
            command = dice.choice(WRAPS).format(command.replace("{", "{{").replace("}", "}}")) if "{" not in command else "( " + command + " )"
        elif kind == 4 and len(command) > 1:
            at = dice.randrange(len(command))
            command = command[:at] + dice.choice("'\"\\$`{}[]*?~;|&<>() \n=#!-/.,") + command[at:]
        elif kind == 5 and len(command) > 1:
            at = dice.randrange(len(command))
            command = command[:at] + command[at + 1:]
        else:
            command = command + " " + dice.choice(PATHS)
    return command


NAMED = {
    "cat", "tac", "rev", "head", "tail", "wc", "nl", "od", "hexdump", "hd", "strings", "ls", "dir", "tree", "du", "stat", "file", "realpath", "readlink",
    "basename", "dirname", "cmp", "comm", "diff", "grep", "rg", "uniq", "sort", "cut", "paste", "join", "fold", "fmt", "expand", "unexpand", "column", "tr",
    "seq", "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum", "cksum", "sum", "base64", "base32", "find", "sed", "jq", "date",
    "git", "xxd", "awk", "mawk", "gawk", "echo", "printf", "pwd", "true", "false", "test", "[", "bash", "which", "which.debianutils",
}
# Programs that may be started to print their version, and for nothing else.
VERSION_WORDS = {"--version", "-V", "-v", "-version", "-dumpversion"}


def versioned():
    """The names that the table of readers has for that."""
    with open(os.path.join(HERE, "../../Sources/Kit/Policy/Readers/ReaderTable.swift"), encoding="utf-8") as file:
        text = file.read().split("static let versions", 1)[1].split("]", 2)
    return set(re.findall(r'"([^"]+)":', text[1]))


VERSIONED = versioned()
WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE")
CHANGING = re.compile(
    r"^(?:mkdir|mkdirat|rmdir|unlink|unlinkat|rename|renameat|renameat2|link|linkat|symlink|symlinkat|mknod|mknodat|truncate|ftruncate|chmod|fchmod|fchmodat|"
    r"chown|lchown|fchown|fchownat|setxattr|utimensat|utime|utimes|mount|umount2)\(")


def violations(trace, output):
    """What a run did that reading does not need."""
    found = []
    for line in trace.splitlines():
        line = re.sub(r"^\d+ +", "", line)
        failed = " = -1 " in line
        # What cannot be read backwards tac keeps in a file of its own, which nobody else sees.
        if '"/tmp/tac' in line:
            continue
        if line.startswith(("openat(", "open(", "openat2(", "creat(")):
            path = re.search(r'"((?:[^"\\]|\\.)*)"', line)
            # git keeps what it found out about files in its index.
            if (WRITING.search(line) or line.startswith("creat(")) and path and path[1] not in ("/dev/null", "/dev/tty") \
                    and not path[1].endswith(".git/index.lock"):
                found.append(line)
        elif CHANGING.match(line) and "index.lock" not in line:
            found.append(line)
        elif line.startswith(("connect(", "sendto(", "sendmsg(", "bind(", "listen(")) and "/nscd/socket" not in line:
            found.append(line)
        # The C library asks the name service cache about users before it reads /etc/passwd.
        elif line.startswith("socket(") and not failed and "AF_UNIX" not in line:
            found.append(line)
        elif line.startswith("execve(") and not failed:
            path = re.search(r'"((?:[^"\\]|\\.)*)"', line)
            words = re.findall(r'"((?:[^"\\]|\\.)*)"', line.split("[", 1)[1].split("]", 1)[0])
            name = os.path.basename(path[1]) if path else ""
            is_version = name in VERSIONED and len(words) == 2 and words[1] in VERSION_WORDS
            if path and not is_version and name not in NAMED or path and not path[1].startswith(("/usr/bin/", "/bin/")):
                found.append(line)
    if SECRET.encode() in output:
        found.append("the output holds a secret")
    return found


def run(top, home, command):
    """The trace and output of a command in an empty sandbox."""
    trace = f"{top}/trace"
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    words = [
        "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", env["PATH"],
        "--setenv", "HOME", home, "--setenv", "LANG", "C.UTF-8", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin",
        "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--ro-bind-try", "/etc", "/etc", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
        *(["--ro-bind", f"{top}/empty", "/etc/gitconfig"] if os.path.exists("/etc/gitconfig") else []),
        # Writable, so that what would write does.
        "--bind", f"{top}/copy", home, "--chdir", f"{home}/project", "--bind", top, "/trace",
        "--", "timeout", "5", "strace", "-f", "-qq", "-o", "/trace/trace", "-e", "trace=file,network,process,ftruncate,fchmod,fchown,openat2",
        "bash", "-c", command,
    ]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, env=env, check=False, timeout=30)
    text = open(trace, encoding="utf-8", errors="replace").read() if os.path.exists(trace) else None
    if text is None:
        raise SystemExit(f"strace did not run: {done.stderr.decode(errors='replace')}")
    os.unlink(trace)
    return text, done.stdout + done.stderr


def selftest(top, home):
    """The net must catch what it is for."""
    for command, word in (("touch out.txt", "out.txt"), ("dash -c :", "dash"), ("cat ~/.ssh/id_rsa", "secret"), ("rm one.txt", "unlink")):
        if not any(word in line for line in violations(*run(top, home, command))):
            raise SystemExit(f"differential.py: '{command}' was not noticed")


def main():
    binary = os.path.join(os.path.abspath(sys.argv[1]), "agim-approve")
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    top = os.path.realpath(tempfile.mkdtemp(prefix="agim-gate."))
    # The same place inside and outside of the sandbox, which has a /tmp of its own.
    table.tree(top)
    home = f"{top}/home"
    for path in (".ssh/id_rsa", ".ssh/config", "project/conf/.env"):
        with open(f"{home}/{path}", "w", encoding="utf-8") as out:
            out.write(SECRET + "\n")
    shutil.rmtree(f"{home}/project/good/.git")
    subprocess.run(
        "git init -q . && git config user.name x && git config user.email x@example.org && git config --unset core.bare; git add . && git commit -qm one",
        shell=True, cwd=f"{home}/project/good", check=False, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"})
    seeds = [row[4]["input"]["command"] for row in table.calls(home) if row[4]["tool"] == "Bash" and row[2] in ("allow", "ask") and "command" in row[4]["input"]
             and isinstance(row[4]["input"]["command"], str)]
    env = {"HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "AGIM_HOME": f"{home}/.agim"}
    allowed, asked = [], 0
    seen = set()
    while len(allowed) < wanted and asked < wanted * 400:
        batch = [mutated(dice, seeds) for _ in range(2000)]
        batch = [command for command in batch if "\0" not in command]
        lines = "".join(json.dumps({"tool": "Bash", "input": {"command": command}, "workdir": f"{home}/project"}) + "\n" for command in batch)
        done = subprocess.run(table.checker(binary, top), input=lines, text=True, capture_output=True, env=env, check=False, timeout=120)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode != 0 or len(answers) != len(batch):
            raise SystemExit(f"agim-approve: exit status {done.returncode}, {len(answers)} answers to {len(batch)} calls: {done.stderr}")
        asked += len(batch)
        for command, answer in zip(batch, answers):
            if answer["verdict"] == "allow" and command not in seen:
                seen.add(command)
                allowed.append(command)
    allowed = allowed[:wanted]
    shutil.copytree(home, f"{top}/copy", symlinks=True, ignore=lambda d, names: [n for n in names if n == "pipe"])
    selftest(top, home)
    shutil.rmtree(f"{top}/copy")
    shutil.copytree(home, f"{top}/copy", symlinks=True, ignore=lambda d, names: [n for n in names if n == "pipe"])
    failed = 0
    for command in allowed:
        found = violations(*run(top, home, command))
        if found:
            failed += 1
            if failed > 10:
                continue
            print(f"{json.dumps(command)}\n    " + "\n    ".join(found[:4]))
    shutil.rmtree(top)
    print(f"differential: {len(allowed)} of {asked} commands were allowed and run, {failed} did more than read (seed {seed})")
    if len(allowed) < wanted:
        raise SystemExit("differential: too few commands were allowed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
