#!/usr/bin/env python3
"""Kills the stages of `agim-remind watch | agim-run | agim-send` and of `agim-remind due | agim-send` at random.

Afterwards every time of every reminder has come once: there is one reply, or one message, for each of them, and
none is missing; each reply was delivered, and no prompt ran twice.

usage: remind_crash.py BIN [ROUNDS [SEED]]
"""

import collections
import datetime
import json
import os
import signal
import subprocess
import time

from crash import HERE, conclude, left_behind, opened, say
from pipeline import Run

STEP = 10


class Reminders:
    """The commands on one home."""

    def __init__(self, run):
        self.bin, self.dice = run.binaries, run.dice
        self.env = dict(os.environ, AGIM_HOME=run.home, CRASH_LOGS=run.logs)
        self.errors = open(os.path.join(run.logs, "stderr"), "ab")
        self.send = ["agim-send", "--via", f"command:{HERE}/deliver.sh"]

    def pipe(self, *stages):
        before, processes = subprocess.DEVNULL, []
        for number, words in enumerate(stages):
            last = number == len(stages) - 1
            process = subprocess.Popen(
                [f"{self.bin}/{words[0]}", *words[1:]], stdin=before, env=self.env, stderr=self.errors,
                stdout=subprocess.DEVNULL if last else subprocess.PIPE)
            if before is not subprocess.DEVNULL:
                before.close()
            before = process.stdout
            processes.append(process)
        return processes

    def watch(self):
        return self.pipe(["agim-remind", "watch"], ["agim-run", "crash"], self.send)

    def due(self):
        return self.pipe(["agim-remind", "due", "--only", "reminders"], self.send)

    def add(self, *words):
        subprocess.run([f"{self.bin}/agim-remind", "add", "--to", "stdin:crash", *words], env=self.env, check=True,
                       stdout=subprocess.DEVNULL, stderr=self.errors)

    @staticmethod
    def wait(processes, what):
        deadline = time.monotonic() + 60
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise SystemExit(f"{what}: a stage does not end") from None


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def main():
    run = Run("reminders")
    dice, reminders = run.dice, Reminders(run)
    with open(f"{run.home}/config.json", "w") as config:
        os.chmod(f"{run.home}/config.json", 0o600)
        json.dump({
            "zone": "UTC", "limits": {"person_rate": 0, "agent_rate": 0, "breaker_failures": 0},
            "agents": {"crash": {"driver": "exec", "command": [f"{HERE}/agent.sh"], "env": {"CRASH_LOGS": run.logs}}}}, config)
    began = time.monotonic()
    count = collections.Counter()
    kills = collections.Counter()

    def feed(number):
        for _ in range(number):
            kind = dice.choice(["text", "text", "prompt"])
            count[kind] += 1
            name = f"{kind[0]}{count[kind]}"
            more = ["--prompt", "--agent", "crash"] if kind == "prompt" else []
            reminders.add(*more, f"{dice.randrange(1, 6)}s {name} {dice.choice(['0', '0.05', '0.2'])}")

    for number in range(3):
        reminders.add("--missed", "all", f"every:{STEP}s again{number}")
    feed(10)
    for _ in range(run.rounds):
        feed(dice.randrange(3))
        isWatch = dice.randrange(3) > 0
        processes = reminders.watch() if isWatch else reminders.due()
        time.sleep(dice.uniform(0, 0.9 if isWatch else 0.08))
        victim = dice.randrange(len(processes))
        processes[victim].send_signal(signal.SIGKILL)
        kills[("watch", "run", "send")[victim] if isWatch else ("due", "send")[victim]] += 1
        # Without its source the rest ends by itself; without the rest the source does.
        if isWatch and victim > 0:
            processes[0].send_signal(signal.SIGTERM)
        reminders.wait(processes, "watch" if isWatch else "due")
    # What is left comes now.
    database = opened(run.home, "reminder")
    processes = reminders.watch()
    once = count["text"] + count["prompt"]
    deadline = time.monotonic() + 120
    while True:
        done = database.execute("select count(*) from reminder where state = 'done'").fetchone()[0]
        left = database.execute(
            "select (select count(*) from outbox where open = 1) + (select count(*) from inbox where open = 1)").fetchone()[0]
        least = database.execute("select min(runs) from reminder where state = 'active'").fetchone()[0]
        if done == once and left == 0 and least > 1:
            break
        if time.monotonic() > deadline:
            raise SystemExit(f"not finished after 120 s: {done} of {once} done, {left} rows open; see {run.top}")
        time.sleep(0.1)
    processes[0].send_signal(signal.SIGTERM)
    reminders.wait(processes, "the last watch")

    faults = []
    times = collections.defaultdict(list)
    for table, sql in (("outbox", "select id, state, line from outbox join outbox_line using (n) where stage = 'remind'"),
                       ("inbox", "select id, state, line from inbox where platform = 'remind'")):
        for number, state, line in database.execute(sql):
            entry = json.loads(line)["reminder"]
            times[entry["n"]].append(instant(entry["due"]))
            if state not in (("delivered",) if table == "outbox" else ("done", "dead")):
                faults.append(f"{table} {number}: {state}")
    with open(f"{run.logs}/turns") as lines:
        turns = collections.Counter(line.strip() for line in lines)
    for n, kind, text, schedule, runs in database.execute("select n, kind, text, schedule, runs from reminder"):
        came = sorted(times[n])
        if runs != len(came):
            faults.append(f"reminder {n}: {len(came)} lines, but {runs} runs")
        if schedule.startswith("every:"):
            gaps = {round(later - earlier) for earlier, later in zip(came, came[1:])}
            if gaps != {STEP}:
                faults.append(f"reminder {n} ({text}): steps of {gaps} seconds, {len(came)} times")
        elif len(came) != 1:
            faults.append(f"reminder {n} ({text}): came {len(came)} times")
        if kind == "prompt" and turns[text.split()[0]] > 1:
            faults.append(f"reminder {n} ({text}): {turns[text.split()[0]]} turns")
    for number, answers in database.execute(
            "select id, (select count(*) from outbox o where o.parent = inbox.id and o.final) from inbox"):
        if answers != 1:
            faults.append(f"message {number}: {answers} answers")
    faults += left_behind(database, run.logs)
    say(f"  {sum(len(came) for came in times.values())} times of {once + 3} reminders; kills: {dict(kills)};"
        f" {int(time.monotonic() - began)} s")
    conclude(run.name, faults, run.seed, run.top)


if __name__ == "__main__":
    main()
