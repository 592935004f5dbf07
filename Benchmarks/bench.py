#!/usr/bin/env python3
"""Speed and memory beside the tools that people would use instead, as ratios of one run.

usage: bench.py BIN-DIR [--quick] [--json FILE] [--recordings FILE-OR-DIRECTORY]

Every figure is a median; the budgets are those of the project and are printed beside them. The
exit status says whether all were met, but nothing else depends on it: machines differ.
"""

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import claude
import feishu_frames
import memory as memos
import questions
import reminders
import webhooks

import telegram_bench

LINES = 200_000
RESULTS = []


def clock(words, stdin=None, stdout=subprocess.DEVNULL, env=None):
    """Wall seconds and the most memory (kB) of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(words, stdin=stdin or subprocess.DEVNULL, stdout=stdout, env=env)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{words}: exit status {process.returncode}")
    return seconds, usage.ru_maxrss


def note(name, value, unit, limit=None, better="less"):
    met = limit is None or (value <= limit if better == "less" else value >= limit)
    RESULTS.append({"name": name, "value": value, "unit": unit, "limit": limit, "better": better, "met": met})
    budget = "" if limit is None else f"  (budget: {'at most' if better == 'less' else 'at least'} {limit:g} {unit})"
    print(f"{'  ' if met else '! '}{name:58} {value:10.2f} {unit}{budget}", flush=True)


def corpus(path, agent):
    """Chat lines of about 400 bytes with CJK text, emoji, escapes, nested objects and an array."""
    dice = random.Random(1)
    words = ["部署完成了吗", "请看一下日志", "测试通过", "hello", "deploy the api", "\\\"quoted\\\"", "😀👍", "tab\\tnew\\nline"]
    with open(path, "w", encoding="utf-8") as out:
        for number in range(LINES):
            text = " ".join(dice.choice(words) for _ in range(dice.randrange(4, 12)))
            out.write(
                f'{{"v":1,"type":"message","id":"01a1fcc2-8217-7000-8000-{number:012x}","time":"2026-11-21T08:00:00.000Z",'
                f'"session":"feishu:oc_{number % 97:06d}","from":{{"id":"ou_{number % 50}","name":"张三"}},'
                f'"chat":"group","mentioned":true,"agent":"{agent}","text":"{text}","n":{number}.5,'
                f'"attachments":[{{"kind":"image","size":{number},"name":"图.png"}}]}}\n')


def replies(path):
    with open(path, "w", encoding="utf-8") as out:
        for number in range(LINES):
            out.write(
                f'{{"v":1,"type":"reply","id":"01a1fcc2-8217-7000-9000-{number:012x}","time":"2026-11-21T08:00:00.000Z",'
                f'"parent":"01a1fcc2-8217-7000-8000-{number:012x}","session":"stdin:main",'
                f'"text":"部署完成，{number} 个测试通过 😀 and some more words to make a line of usual length, as people write them'
                f' when they answer each other in a group about the state of a build","final":true}}\n')


def texts(path):
    dice = random.Random(2)
    words = ["部署完成了吗", "请看一下日志", "测试通过", "hello", "deploy the api", "\"quoted\"", "😀👍", "and so on"]
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(LINES):
            out.write(" ".join(dice.choice(words) for _ in range(dice.randrange(6, 14))) + "\n")


def decisions(top):
    """Calls of all kinds in a file, from the table of the policy's test, and the environment to judge them in."""
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Policy"))
    import table
    os.mkdir(f"{top}/policy")
    table.tree(f"{top}/policy")
    home = f"{top}/policy/home"
    lines = [json.dumps(row[4]) + "\n" for row in table.calls(home)]
    path = f"{top}/calls"
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(40_000 // len(lines)):
            out.writelines(lines)
    return path, {"HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "AGIM_HOME": f"{home}/.agim"}


class Home:
    """A fresh home for each measurement."""

    def __init__(self, top, binaries):
        self.top, self.bin, self.count = top, binaries, 0

    def env(self):
        self.count += 1
        path = f"{self.top}/home{self.count}"
        return dict(os.environ, AGIM_HOME=path, PATH=f"{self.bin}:{os.environ['PATH']}")


def main():
    binaries = os.path.abspath(sys.argv[1])
    quick = "--quick" in sys.argv
    rounds = 3 if quick else 5
    top = tempfile.mkdtemp(prefix="agim-bench.")
    home = Home(top, binaries)
    agim = lambda name: f"{binaries}/agim-{name}"

    print("start-up, existing store, empty input (interleaved)")
    env = home.env()
    subprocess.run([agim("queue"), "list"], env=env, check=True)
    starts = {
        "sqlite3": ["sqlite3", ":memory:", "select 1"], "jq": ["jq", "-n", "1"],
        "recv": [agim("recv"), "stdin"], "route": [agim("route")], "approve": [agim("approve")],
        "run": [agim("run"), "exec", "--", "cat"], "send": [agim("send")],
        "queue": [agim("queue"), "list"], "session": [agim("session"), "list"],
        "memo": [agim("memo"), "list"], "remind": [agim("remind"), "list"]}
    times = {name: [] for name in starts}
    for _ in range(20 if quick else 60):
        for name, words in starts.items():
            times[name].append(clock(words, env=env)[0])
    start = {name: statistics.median(list_) * 1000 for name, list_ in times.items()}
    note("sqlite3 :memory: 'select 1'", start["sqlite3"], "ms")
    note("jq -n 1", start["jq"], "ms")
    for name in ("recv", "route", "approve", "run", "send", "queue", "session", "memo", "remind"):
        # agim-memo looks up besides who asks, in the system's table of users.
        most, share = (2.5, 0.3) if name == "memo" else (2, 0.25)
        note(f"agim-{name}", start[name], "ms")
        note(f"agim-{name} / sqlite3", start[name] / start["sqlite3"], "x", most)
        note(f"agim-{name} / jq", start[name] / start["jq"], "x", share)

    print(f"throughput, {LINES} lines")
    lines, answers, plain = f"{top}/lines", f"{top}/replies", f"{top}/texts"
    corpus(lines, "somebody-else")
    fresh = f"{top}/fresh"
    unrouted(lines, fresh)
    known = routed_home(home, agim("route"), fresh)
    replies(answers)
    texts(plain)
    jobs = {
        "jq": lambda: clock(["jq", "-c", "."], open(lines)),
        "cat": lambda: clock(["cat"], open(lines)),
        "run": lambda: clock([agim("run"), "mine"], open(lines), env=with_agent(home)),
        "jq unrouted": lambda: clock(["jq", "-c", "."], open(fresh)),
        "route": lambda: clock([agim("route")], open(fresh), env=known),
        "recv": lambda: clock([agim("recv"), "stdin"], open(plain), env=home.env()),
        "send": lambda: clock([agim("send"), "--via", f"file:{top}/out{home.count}"], open(answers), env=home.env()),
        "jq replies": lambda: clock(["jq", "-c", "."], open(answers)),
        "jq recv": None,
    }
    # jq passes on the lines that agim-recv makes of the texts: the same work for both.
    made = f"{top}/made"
    with open(made, "wb") as out:
        clock([agim("recv"), "stdin"], open(plain), out, home.env())
    jobs["jq recv"] = lambda: clock(["jq", "-c", "."], open(made))
    seconds = {name: [] for name in jobs}
    memory = {name: 0 for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            # What an earlier job has written is not this one's to wait for.
            os.sync()
            took, kilobytes = job()
            seconds[name].append(took)
            memory[name] = max(memory[name], kilobytes)
    median = {name: statistics.median(list_) for name, list_ in seconds.items()}
    for name, value in median.items():
        note(f"{name}", value * 1000, "ms")
    note("passing lines: agim-run, times jq -c .", median["jq"] / median["run"], "x", 20, "more")
    note("deciding, 1,000 known sessions: agim-route, times jq -c .", median["jq unrouted"] / median["route"], "x", 3,
         "more")
    note("accepting durably: agim-recv stdin, times jq -c .", median["jq recv"] / median["recv"], "x", 1, "more")
    note("delivering to file: agim-send, times jq -c .", median["jq replies"] / median["send"], "x", 0.5, "more")

    print("policy")
    calls, env = decisions(top)
    count = sum(1 for _ in open(calls, "rb"))
    times = [clock([agim("approve"), "check", "--batch"], open(calls), env=env)[0] for _ in range(rounds)]
    note("agim-approve check --batch", count / statistics.median(times), "decisions/s", 20_000, "more")

    own = questions.kept()
    if "--recordings" in sys.argv:
        own.append(sys.argv[sys.argv.index("--recordings") + 1])
    for agent, result in questions.report(binaries, own).items():
        for title in ("agim", "agim, reading"):
            # What its own program asks less is what agim always asks: what tells about the machine, and a
            # search through a directory that holds a secret.
            limit = 3 if title == "agim, reading" else None
            note(f"{title}, questions for 100 calls of {agent}", result[title][0], "", limit)

    print("markup")
    measured, parsed = markup(binaries, top, rounds)
    for name, milliseconds in measured.items():
        note(f"100,000 characters of Markdown, cut and written: {name}", milliseconds, "ms", 50)
        note(f"... times cmark-gfm to HTML, whole process: {name}", milliseconds / parsed, "x")

    print("turns")
    count = 500 if quick else 1500
    for sessions in (1, 8):
        rates = []
        for _ in range(rounds):
            rates.append(count / turns(home, top, count, sessions))
        note(f"recv | run exec -- cat | send --via file:, {sessions} session(s)", statistics.median(rates), "turns/s",
             300, "more")
    for words, stages, limit in (
            ("recv, run, send", "agim-recv stdin | agim-run exec -- cat | agim-send", 12),
            ("all five stages",
             "agim-recv stdin | agim-route --agent exec | agim-approve | agim-run exec -- cat | agim-send", 15)):
        waits = latency(home, stages, 30 if quick else 100)
        note(f"one message through {words}: median", statistics.median(waits) * 1000, "ms", limit)
        note(f"one message through {words}: 95 of 100", sorted(waits)[int(len(waits) * 0.95)] * 1000, "ms")
    waits = answer(home, top, 20 if quick else 60)
    note("from the typed y to the running command: median", statistics.median(waits) * 1000, "ms", 10)
    note("from the typed y to the running command: 95 of 100", sorted(waits)[int(len(waits) * 0.95)] * 1000, "ms")
    prompts, permissions, stored = claude.measure(binaries, 20 if quick else 60)
    note("from a message line to the prompt of a running agent: median", statistics.median(prompts) * 1000, "ms", 5)
    note("from a decision line to the agent's permission: median", statistics.median(permissions) * 1000, "ms", 5)
    note("from agim-approve allow, by itself, to the agent's permission: median", statistics.median(stored) * 1000, "ms", 100)

    print("webhooks")
    measured = [webhooks.measure(agim("recv"), home.env(), 5_000 if quick else 20_000) for _ in range(rounds)]
    rate, of_core, half, most = (statistics.median(column) for column in zip(*measured))
    note("agim-recv webhook, signed, stored, 50 connections", rate, "requests/s", 5_000, "more")
    note("a second of the receiver's CPU", of_core, "requests", 5_000, "more")
    note("an answer: median", half, "ms")
    note("an answer: 99 of 100", most, "ms", 20)

    print("reminders")
    few, many = reminders.measure(binaries, top, 5 if quick else 15)
    note("agim-remind due, three of ten: median", few, "ms")
    note("agim-remind due, three of a million: median", many, "ms")
    note("... times that with ten", many / few, "x", 3)

    print("platforms")
    waits = feishu_frames.frames(home, 50 if quick else 200)
    note("from a frame on Feishu's socket to the line: median", statistics.median(waits) * 1000, "ms", 5)
    note("from a frame on Feishu's socket to the line: 95 of 100", sorted(waits)[int(len(waits) * 0.95)] * 1000, "ms")

    print("memos")
    memos.run(binaries, note, quick)

    print("memory and idleness")
    most, answered, together = claude.crowd(binaries)
    note("agim-run with 100 agents at work at once", most / 1000, "MB", 60)
    note("of 100 sessions answered", answered, "", 100, "more")
    note("of 100 sessions at work at once", together, "", 100, "more")
    million = f"{top}/million"
    with open(million, "wb") as out, open(lines, "rb") as piece:
        data = piece.read()
        for _ in range(5):
            out.write(data)
    note("agim-run after a million lines", most_memory([agim("run"), "mine"], million, with_agent(home)), "MB", 10)
    resting = idle(home, 5 if quick else 10)
    for name, resident, wakes in resting:
        note(f"idle {name}", resident, "MB", 8)
        note(f"idle {name}: wake-ups", wakes, "/s", 1)
    note("the five idle stages together", sum(resident for _, resident, _ in resting), "MB", 40)
    reply, resident = tools(home, 10 if quick else 30)
    note("agim-mcp: from its start to its first answer, median", reply, "ms", 10)
    note("idle agim-mcp", resident, "MB", 10)
    for name in ("recv", "route", "approve", "run", "send", "queue", "session", "remind", "memo", "model", "mcp"):
        note(f"size of agim-{name}", os.path.getsize(agim(name)) / 1e6, "MB", 8)

    print("a message to a chat platform on loopback, whole processes")
    telegram_bench.measure(binaries, home, clock, note, quick)

    shutil.rmtree(top)
    missed = [result["name"] for result in RESULTS if not result["met"]]
    print(f"{len(missed)} budgets missed" + (": " + "; ".join(missed) if missed else ""))
    if "--json" in sys.argv:
        with open(sys.argv[sys.argv.index("--json") + 1], "w") as out:
            json.dump(RESULTS, out, indent=1)
    sys.exit(1 if missed else 0)


def markup(binaries, top, rounds):
    """Milliseconds for each form of a long answer with all that Markdown has, and for cmark-gfm."""
    dice = random.Random(3)
    words = ["the", "build", "部署完成了", "**strong words**", "*soft*", "`code --flag`", "~~gone~~", "[link](https://x.y/z?a=1)",
             "snake_case_name", "1 < 2", "👍🏽", "测试通过。", "done.", "https://a.b/c?d=e&f=g", "a & b", "请看一下日志"]

    def line(count):
        return " ".join(dice.choice(words) for _ in range(count)) + "\n"

    text = ""
    while len(text) < 100_000:
        kind = dice.randrange(6)
        if kind == 0:
            text += "## " + line(5)
        elif kind == 1:
            text += "".join("- " + line(12) for _ in range(6))
        elif kind == 2:
            text += "```swift\n" + "".join(f'let value{n} = call({n}, "x<y>") // *why*\n' for n in range(20)) + "```\n"
        elif kind == 3:
            text += "| name | 状态 | n |\n|:---|:-:|--:|\n" + "".join(f"| row {n} | 通过 | `{n}` |\n" for n in range(12))
        elif kind == 4:
            text += "> " + line(20)
        else:
            text += line(60) + line(30)
        text += "\n"
    path = f"{top}/answer.md"
    with open(path, "w", encoding="utf-8") as out:
        out.write(text[:100_000])
    with open(path, encoding="utf-8") as source:
        answer = subprocess.run(
            [f"{binaries}/bench-markup", "--time", str(rounds)], stdin=source, capture_output=True, text=True, check=True)
    measured = {name: float(took) for name, took, _ in (row.split() for row in answer.stdout.splitlines())}
    other = ["cmark-gfm", "-e", "table", "-e", "strikethrough", "-e", "tasklist"]
    return measured, min(clock(other, open(path))[0] for _ in range(rounds)) * 1000


def unrouted(source, path):
    """The lines of a corpus as a source prints them: in 1,000 sessions, without an agent."""
    with open(source, encoding="utf-8") as lines, open(path, "w", encoding="utf-8") as out:
        for number, line in enumerate(lines):
            line = line.replace('"agent":"somebody-else",', "", 1)
            out.write(line.replace(f'"session":"feishu:oc_{number % 97:06d}"', f'"session":"feishu:oc_{number * 7 % 1000:06d}"', 1))


def routed_home(home, route, path):
    """A home whose store knows the sessions of a corpus, with two agents and everybody allowed."""
    env = home.env()
    os.mkdir(env["AGIM_HOME"], 0o700)
    config = f"{env['AGIM_HOME']}/config.json"
    with open(config, "w") as out:
        os.fchmod(out.fileno(), 0o600)
        json.dump({"agents": {"claude": {}, "codex": {}}, "default_agent": "claude", "allow": {"*": "*"}}, out)
    clock([route], open(path), env=env)
    return env


def with_agent(home):
    env = home.env()
    os.mkdir(env["AGIM_HOME"], 0o700)
    path = f"{env['AGIM_HOME']}/config.json"
    with open(path, "w") as out:
        out.write('{"agents": {"mine": {"driver": "exec", "command": ["cat"]}}}')
    os.chmod(path, 0o600)
    return env


def most_memory(words, path, env):
    """The most memory (MB) that a filter has had when it has passed all lines of a file and waits for more.

    Not from wait4: that counts the pages of this program, from before the exec.
    """
    reading, writing = os.pipe()
    process = subprocess.Popen(words, stdin=reading, stdout=subprocess.DEVNULL, env=env)
    os.close(reading)
    with open(path, "rb") as lines, os.fdopen(writing, "wb") as pipe:
        shutil.copyfileobj(lines, pipe, 1 << 20)
        pipe.flush()
        time.sleep(0.5)
        most = 0
        # A command with a guardian is two processes.
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as children:
            pids = [str(process.pid)] + children.read().split()
        for pid in pids:
            with open(f"/proc/{pid}/status") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        most = max(most, int(line.split()[1]) / 1024)
    process.wait()
    return most


def turns(home, top, count, sessions):
    """Seconds for so many messages from the first byte in to the last reply in the file."""
    env = home.env()
    out = f"{top}/turns{home.count}"
    if sessions == 1:
        source = f"seq {count} | agim-recv stdin"
    else:
        feed = f"{top}/feed{home.count}"
        with open(feed, "w") as lines:
            for number in range(count):
                lines.write(json.dumps({"session": f"bench:{number % sessions}", "text": f"{number}"}) + "\n")
        source = f"agim-recv --once 'command:cat {feed}'"
    start = time.perf_counter()
    # --once closes rows for programs of the user's own; here the rows must stay open, so the source
    # is stopped by its end instead.
    script = source.replace("--once ", "") + f" | agim-run -j 8 exec -- cat | agim-send --via file:{out}"
    process = subprocess.Popen(["sh", "-c", script], env=env, stderr=subprocess.DEVNULL, start_new_session=True)
    while True:
        try:
            with open(out, "rb") as lines:
                if lines.read().count(b"\n") >= count:
                    break
        except FileNotFoundError:
            pass
        if time.perf_counter() - start > 120:
            raise SystemExit("turns: not finished in 120 s")
        time.sleep(0.01)
    seconds = time.perf_counter() - start
    subprocess.run(["pkill", "-TERM", "-g", str(process.pid)], check=False)
    process.wait()
    return seconds


def latency(home, stages, count):
    """Seconds from a line typed to its reply on standard output, one at a time, everything warm."""
    env = home.env()
    process = subprocess.Popen(["sh", "-c", stages], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    waits = []
    for number in range(count + 5):
        start = time.perf_counter()
        process.stdin.write(f"message {number}\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        if number >= 5:
            waits.append(time.perf_counter() - start)
        time.sleep(0.01)
    process.stdin.close()
    process.wait()
    return waits


def answer(home, top, count):
    """Seconds from the typed y to the first sign of the command that it allows, one at a time, everything warm."""
    env = home.env()
    work, sign = f"{top}/work", f"{top}/work/sign"
    os.mkdir(work)
    os.mkfifo(sign)
    # Open for both, so that neither end waits for the other.
    reader = os.open(sign, os.O_RDWR)
    os.mkdir(env["AGIM_HOME"], 0o700)
    config = f"{env['AGIM_HOME']}/config.json"
    with open(config, "w") as out:
        os.fchmod(out.fileno(), 0o600)
        json.dump({
            "agents": {"shell": {"driver": "shell", "workdir": work}}, "default_agent": "shell",
            "approvers": ["stdin:local"]}, out)
    process = subprocess.Popen(
        ["sh", "-c", "agim-recv stdin | agim-route | agim-approve | agim-run shell | agim-send"], env=env,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def until(piece):
        while piece not in process.stdout.readline():
            pass

    waits = []
    for number in range(count + 5):
        process.stdin.write(f"echo {number} > sign; echo over {number}\n".encode())
        process.stdin.flush()
        # The last line of the card; then agim-send notes that it stands there.
        until(b"Digest")
        time.sleep(0.05)
        start = time.perf_counter()
        process.stdin.write(b"y\n")
        process.stdin.flush()
        os.read(reader, 100)
        if number >= 5:
            waits.append(time.perf_counter() - start)
        until(f"over {number}".encode())
        time.sleep(0.02)
    process.stdin.close()
    process.wait()
    os.close(reader)
    return waits


def tools(home, rounds):
    """Milliseconds from the start of agim-mcp to its first answer, and its resident MB while it waits."""
    hello = json.dumps({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}})
    env = home.env()
    times, resident = [], 0
    for _ in range(rounds):
        began = time.perf_counter()
        with subprocess.Popen(["agim-mcp"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdin.write(hello.encode() + b"\n")
            process.stdin.flush()
            process.stdout.readline()
            times.append((time.perf_counter() - began) * 1000)
            with open(f"/proc/{process.pid}/status") as status:
                resident = max([resident] + [int(l.split()[1]) / 1024 for l in status if l.startswith("VmRSS:")])
            process.stdin.close()
    return statistics.median(times), resident


def idle(home, seconds):
    """Resident MB (its own pages and its share of others') and wake-ups a second of a pipeline at rest."""
    env = home.env()
    process = subprocess.Popen(
        ["sh", "-c", "agim-recv inbox | agim-route | agim-approve | agim-run exec -- cat | agim-send"],
        env=env,
        start_new_session=True)
    # Past the first tidying, five seconds after start.
    time.sleep(7)
    pids = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            if os.getsid(int(entry)) != process.pid:
                continue
            with open(f"/proc/{entry}/comm") as comm:
                name = comm.read().strip()
        except OSError:
            continue
        if name.startswith("agim-"):
            pids[entry] = name

    def switches(pid):
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("voluntary_ctxt_switches"):
                    return int(line.split()[1])
        return 0

    before = {pid: switches(pid) for pid in pids}
    time.sleep(seconds)
    result = []
    for pid, name in pids.items():
        resident = 0
        try:
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                for line in rollup:
                    if line.startswith("Pss:"):
                        resident = int(line.split()[1]) / 1024
        except PermissionError:
            # Commands hide their memory from others of the same user: the resident size will do.
            with open(f"/proc/{pid}/status") as status:
                for line in status:
                    if line.startswith("VmRSS:"):
                        resident = int(line.split()[1]) / 1024
        result.append((name, resident, (switches(pid) - before[pid]) / seconds))
    subprocess.run(["pkill", "-TERM", "-s", str(process.pid)], check=False)
    process.wait()
    return result


main()
