#!/usr/bin/env python3
"""How fast a running Claude Code gets what people say: a message to its prompt, a decision to its resumption.

usage: claude.py BIN-DIR [COUNT]

The program is a small one of this file's own (--agent), as the real one takes its own time. Times are those at which
a line passed by: in a relay before agim-run, and in the agent.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def note(file, kind):
    os.write(file, f"{kind} {time.monotonic_ns()}\n".encode())


def agent(times):
    """Answers the control protocol, and notes when a prompt and when a permission came."""
    file = os.open(times, os.O_WRONLY | os.O_APPEND)

    def say(value):
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()

    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "control_request":
            say({"type": "control_response", "response": {
                "subtype": "success", "request_id": message["request_id"],
                "response": {"hooks_applied": True, "hook_on_failure_supported": True}}})
        elif message["type"] == "user":
            note(file, "prompt")
            say({"type": "system", "subtype": "init", "session_id": "bench"})
            say({**message, "isReplay": True})
            if "slow" in message["message"]["content"]:
                time.sleep(8)
            if "tool" not in message["message"]["content"]:
                say({"type": "result", "is_error": False, "result": "done", "total_cost_usd": 0})
                continue
            say({"type": "control_request", "request_id": "h", "request": {
                "subtype": "hook_callback", "callback_id": "agim", "tool_use_id": "t", "input": {
                    "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "touch x"}}}})
        elif message["response"]["request_id"] == "h":
            say({"type": "control_request", "request_id": "q", "request": {
                "subtype": "can_use_tool", "tool_name": "Bash", "tool_use_id": "t", "input": {"command": "touch x"}}})
        else:
            note(file, "permission")
            say({"type": "result", "is_error": False, "result": "done", "total_cost_usd": 0})


def relay(times):
    """Passes lines on, and notes when messages and decisions do."""
    file = os.open(times, os.O_WRONLY | os.O_APPEND)
    for line in sys.stdin.buffer:
        kind = json.loads(line)["type"]
        if kind in ("message", "decision"):
            note(file, kind)
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


def measure(binaries, count):
    """Seconds from message to prompt, from decision to permission, and from `agim-approve allow` to permission, one at
    a time, everything warm."""
    top = tempfile.mkdtemp(prefix="agim-bench.")
    home, times = f"{top}/home", f"{top}/times"
    os.mkdir(home, 0o700)
    open(times, "w").close()
    me = [sys.executable, os.path.abspath(__file__)]
    with open(f"{home}/config.json", "w") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump({"agents": {"claude": {"command": [*me, "--agent", times], "workdir": f"{top}/work"}},
                   "approvers": ["stdin:local"]}, file)
    env = {**os.environ, "AGIM_HOME": home, "PATH": f"{binaries}:{os.environ['PATH']}"}
    script = f"agim-recv stdin | agim-approve | {me[0]} {me[1]} --relay {times} | agim-run claude | agim-send"
    process = subprocess.Popen(["sh", "-c", script], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def until(piece):
        while piece not in (line := process.stdout.readline()):
            if not line:
                raise SystemExit("the pipeline has ended")

    def say(text, piece):
        process.stdin.write(text)
        process.stdin.flush()
        until(piece)
        time.sleep(0.05)

    for number in range(count + 3):
        say(b"hello\n", b"done")
        say(b"tool\n", b"Digest")
        say(b"y\n", b"done")
    # The same by another process, which tells agim-run through the store alone; its own start counts.
    began = []
    for number in range(count // 2):
        say(b"tool\n", b"Digest")
        listed = subprocess.run(["agim-approve", "list", "--json"], env=env, capture_output=True, check=True).stdout
        began.append(time.monotonic())
        subprocess.run(["agim-approve", "allow", json.loads(listed)["id"]], env=env, capture_output=True, check=True)
        until(b"done")
    process.stdin.close()
    process.wait()
    noted = {}
    with open(times) as file:
        for line in file:
            kind, at = line.split()
            noted.setdefault(kind, []).append(int(at) / 1e9)
    shutil.rmtree(top)
    prompts = [after - before for before, after in zip(noted["message"], noted["prompt"])]
    # A typed answer is consumed by agim-approve, so a message that passes is always a prompt.
    permissions = [after - before for before, after in zip(noted["decision"], noted["permission"])]
    stored = [after - before for before, after in zip(began, noted["permission"][count + 3:])]
    return prompts[6:], permissions[3:], stored


def crowd(binaries, count=100):
    """Kilobytes that agim-run takes at most with so many sessions at work at once, and the replies that came."""
    top = tempfile.mkdtemp(prefix="agim-bench.")
    home, times = f"{top}/home", f"{top}/times"
    os.mkdir(home, 0o700)
    open(times, "w").close()
    me = [sys.executable, os.path.abspath(__file__)]
    with open(f"{home}/config.json", "w") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump({"agents": {"claude": {"command": [*me, "--agent", times], "workdir": f"{top}/work"}}}, file)
    env = {**os.environ, "AGIM_HOME": home, "PATH": f"{binaries}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        ["agim-run", "-j", str(count), "claude"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for number in range(count):
        process.stdin.write(json.dumps({
            "v": 1, "type": "message", "id": f"m{number}", "session": f"stdin:{number}", "text": "slow"}).encode() + b"\n")
    process.stdin.flush()
    answered, most, together = set(), 0, 0
    while len(answered) < count:
        line = process.stdout.readline()
        if not line:
            break
        line = json.loads(line)
        if line["type"] == "reply" and line["final"] and not line.get("notice"):
            together = together or len(open(times).readlines())
            answered.add(line["parent"])
            most = max([most, *(peak(pid) for pid in family(process.pid))])
    process.stdin.close()
    process.wait()
    shutil.rmtree(top)
    return most, len(answered), together


def family(pid):
    """agim-run and its worker."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [pid, *map(int, file.read().split()[:1])]


def peak(pid):
    with open(f"/proc/{pid}/status") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("VmHWM")), 0)


def main():
    if sys.argv[1] == "--agent":
        return agent(sys.argv[2])
    if sys.argv[1] == "--relay":
        return relay(sys.argv[2])
    prompts, permissions, stored = measure(os.path.abspath(sys.argv[1]), int((sys.argv + ["50"])[2]))
    print(f"message to prompt: {statistics.median(prompts) * 1000:.2f} ms (budget 5)")
    print(f"decision to permission: {statistics.median(permissions) * 1000:.2f} ms (budget 5)")
    print(f"agim-approve allow to permission: {statistics.median(stored) * 1000:.2f} ms (budget 100)")
    most, answered, together = crowd(os.path.abspath(sys.argv[1]))
    print(f"100 sessions: {answered} answered, {together} at work at once, {most / 1000:.1f} MB (budget 60)")


if __name__ == "__main__":
    main()
