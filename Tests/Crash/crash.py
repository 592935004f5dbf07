#!/usr/bin/env python3
"""Kills stages at random instants and proves that nothing is lost and nothing happens twice.

Two pipelines share one home. Their sources redeliver everything at each start, as platforms do. In
each round, with at least 20 messages in flight, one stage of one pipeline is killed with SIGKILL
(of agim-run: the guardian, the worker, or both), the pipeline falls, and is started again.

Afterwards every accepted message has exactly one turn and one delivered reply, or is dead with a
reason and a notice that was delivered; a reply reached the platform twice only where agim-send was
killed in that delivery.

usage: crash.py BIN [ROUNDS [SEED]]
"""

import collections
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
STATES = {
    "inbox": {"new", "taken", "running", "done", "dead", "held"},
    "outbox": {"ready", "queued", "sending", "delivered", "refused", "passed", "held"},
}
IN_FLIGHT = 20


class Pipeline:
    """agim-recv | agim-route | agim-run | agim-send, with known processes."""

    platform = "deliver.sh"

    def __init__(self, name, binaries, home, logs):
        self.name = name
        self.bin = binaries
        self.logs = logs
        self.feed = os.path.join(logs, f"feed-{name}")
        open(self.feed, "a").close()
        self.env = dict(os.environ, AGIM_HOME=home, AGIM_PIPE=name, CRASH_LOGS=logs)
        self.processes = {}
        self.errors = open(os.path.join(logs, f"stderr-{name}"), "ab")

    def stages(self):
        """The stages between source and sink: names and words."""
        return {"route": ["agim-route"], "run": ["agim-run", "-j", "6", "crash"]}

    def start(self):
        # A feed of its own for each pipeline; tail prints all of it again at each start.
        source = f"command:tail -n +1 -s 0.05 -f {self.feed}"
        stages = {
            "recv": ["agim-recv", source], **self.stages(),
            "send": ["agim-send", "--via", f"command:{HERE}/{self.platform}"]}
        before = subprocess.DEVNULL
        self.processes = {}
        for name, words in stages.items():
            out = subprocess.DEVNULL if name == "send" else subprocess.PIPE
            process = subprocess.Popen(
                [f"{self.bin}/{words[0]}", *words[1:]], stdin=before, stdout=out, stderr=self.errors, env=self.env)
            if before is not subprocess.DEVNULL:
                before.close()
            before = process.stdout
            self.processes[name] = process

    def worker(self):
        """The pid of agim-run behind its guardian."""
        pid = self.processes["run"].pid
        try:
            with open(f"/proc/{pid}/task/{pid}/children") as children:
                words = children.read().split()
                return int(words[0]) if words else None
        except OSError:
            return None

    def kill(self, what):
        if what in ("guardian", "worker", "both"):
            pids = {"guardian": [self.processes["run"].pid], "worker": [self.worker()]}
            pids["both"] = pids["guardian"] + pids["worker"]
            targets = [pid for pid in pids[what] if pid]
            if not targets:
                # Started a moment ago, and not split yet.
                targets = pids["guardian"]
        else:
            targets = [self.processes[what].pid]
        for pid in targets:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def wait(self, seconds):
        """The pipeline falls as a whole: every stage must be gone in time."""
        deadline = time.monotonic() + seconds
        for name, process in self.processes.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise SystemExit(f"pipeline {self.name}: {name} does not end after a stage was killed")

    def stop(self):
        """An orderly end: the source first, the others at the end of their input."""
        self.processes["recv"].send_signal(signal.SIGTERM)
        self.wait(90)


def say(text):
    print(text, flush=True)


def opened(home, table):
    """The store, for reading, once a command has made it."""
    deadline = time.monotonic() + 30
    while True:
        try:
            database = sqlite3.connect(f"file:{home}/agim.db?mode=ro", uri=True, timeout=30)
            database.execute(f"select count(*) from {table}").fetchone()
            return database
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def left_behind(database, logs):
    """What must be in order after every crash test: a sound store, and no process that outlived its pipeline."""
    faults = []
    check = database.execute("pragma integrity_check").fetchone()[0]
    if check != "ok":
        faults.append(f"store: {check}")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as variables:
                if b"CRASH_LOGS=" + logs.encode() in variables.read():
                    faults.append(f"process {pid} was left behind")
        except OSError:
            pass
    return faults


def conclude(name, faults, seed, top):
    """Tells the faults and fails, or tidies up."""
    if faults:
        for fault in faults[:40]:
            say(f"  FAULT {fault}")
        raise SystemExit(f"{name}: {len(faults)} faults, seed {seed}; see {top}")
    shutil.rmtree(top)
    say(f"{name}: 1 passed, 0 failed")


def main():
    binaries = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    dice = random.Random(seed)
    say(f"crash test: {rounds} rounds, seed {seed}")
    top = tempfile.mkdtemp(prefix="agim-crash.")
    home, logs = f"{top}/home", f"{top}/logs"
    os.mkdir(home, 0o700)
    os.mkdir(logs)
    with open(f"{home}/config.json", "w") as config:
        os.chmod(f"{home}/config.json", 0o600)
        json.dump({"agents": {"crash": {
            "driver": "exec", "command": [f"{HERE}/agent.sh"], "env": {"CRASH_LOGS": logs}}}}, config)
    pipelines = [Pipeline(name, binaries, home, logs) for name in ("a", "b")]
    counter = 0
    fed = {}
    commands = set()

    def feed(pipeline, count):
        nonlocal counter
        with open(pipeline.feed, "a") as out:
            for _ in range(count):
                counter += 1
                name = f"m{counter}"
                text = f"{name} {dice.choice(['0', '0.01', '0.03', '0.1', '0.4'])}"
                # Some are chat commands, which are answered without a turn.
                if dice.randrange(6) == 0:
                    text = dice.choice(["/status", "/new", "/plan on", "/agent crash"])
                    commands.add(name)
                out.write(json.dumps({
                    "type": "message", "id": name, "session": f"crash:{pipeline.name}{dice.randrange(12)}",
                    "text": text}) + "\n")
                fed[name] = pipeline.name

    for pipeline in pipelines:
        feed(pipeline, 40)
        pipeline.start()
    database = opened(home, "inbox")

    def in_flight():
        return database.execute(
            "select (select count(*) from inbox where state in ('new','taken','running'))"
            " + (select count(*) from outbox where state in ('ready','queued','sending'))").fetchone()[0]

    kills = collections.Counter()
    most = least = None
    began = time.monotonic()
    for number in range(rounds):
        time.sleep(dice.uniform(0, 0.35))
        pipeline = dice.choice(pipelines)
        what = dice.choice(["recv", "route", "route", "send", "send", "guardian", "worker", "worker", "both"])
        deadline = time.monotonic() + 60
        while in_flight() < IN_FLIGHT:
            feed(dice.choice(pipelines), 10)
            time.sleep(0.03)
            if time.monotonic() > deadline:
                raise SystemExit(f"round {number}: nothing moves: {in_flight()} in flight")
        flying = in_flight()
        least = flying if least is None else min(least, flying)
        most = flying if most is None else max(most, flying)
        pipeline.kill(what)
        kills[what] += 1
        pipeline.wait(20)
        pipeline.start()
        if flying < 60:
            feed(dice.choice(pipelines), dice.randrange(5, 25))
        if (number + 1) % 50 == 0:
            say(f"  {number + 1} rounds, {counter} messages, {int(time.monotonic() - began)} s")
    say(f"  kills: {dict(kills)}; in flight at a kill: {least} to {most}")

    # Everything in flight comes to its end.
    deadline = time.monotonic() + 300
    while True:
        known = database.execute("select count(*) from inbox").fetchone()[0]
        if known == counter and in_flight() == 0:
            break
        if time.monotonic() > deadline:
            rows = database.execute(
                "select state, count(*) from inbox group by 1 union all"
                " select state, count(*) from outbox group by 1").fetchall()
            raise SystemExit(f"not finished after 300 s: {known} of {counter} accepted; {rows}; see {top}")
        time.sleep(0.1)
    for pipeline in pipelines:
        pipeline.stop()

    def log(name):
        with open(f"{logs}/{name}") as lines:
            return collections.Counter(line.strip() for line in lines)

    turns, deliveries = log("turns"), log("deliveries")
    faults = []
    repeated = 0
    for table, states in STATES.items():
        for (state,) in database.execute(f"select distinct state from {table}"):
            if state not in states:
                faults.append(f"{table}: unknown state {state}")
    ends = collections.Counter()
    for name, state, reason in database.execute("select id, state, reason from inbox"):
        if name not in fed:
            faults.append(f"{name}: a message that nobody sent")
        replies = database.execute(
            "select id, type, state, proof, attempts from outbox where parent = ? and final", (name,)).fetchall()
        ends[state] += 1
        if len(replies) != 1:
            faults.append(f"{name} ({state}): {len(replies)} final replies: {replies}")
            continue
        reply, kind, fate, proof, attempts = replies[0]
        if fate != "delivered" or proof != f"platform-{reply}":
            faults.append(f"{name}: reply is {fate}, proof {proof}")
        if deliveries[reply] != 1:
            if deliveries[reply] == 0 or deliveries[reply] > attempts:
                faults.append(f"{name}: delivered {deliveries[reply]} times in {attempts} attempts")
            repeated += 1
        if state == "done":
            if turns[name] != (0 if name in commands else 1) or kind != "reply":
                faults.append(f"{name}: done with {turns[name]} turns and a final {kind}")
        elif state == "dead":
            if turns[name] > 1 or name in commands or not reason or kind != "error":
                faults.append(f"{name}: dead ({reason}) with {turns[name]} turns and a final {kind}")
        else:
            faults.append(f"{name}: {state}")
    for name in fed:
        if not database.execute("select 1 from inbox where id = ?", (name,)).fetchone():
            faults.append(f"{name}: never accepted")
    faults += left_behind(database, logs)
    say(
        f"  {counter} messages: {dict(ends)}; {sum(turns.values())} turns; {sum(deliveries.values())} deliveries,"
        f" {repeated} replies more than once; {int(time.monotonic() - began)} s")
    conclude("crash test", faults, seed, top)


if __name__ == "__main__":
    main()
