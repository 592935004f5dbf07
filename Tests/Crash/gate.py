#!/usr/bin/env python3
"""Kills stages of a pipeline with a gate at random instants, always while a request waits for an answer.

Commands of the shell agent are asked about, and a scripted person answers each card with its code, yes or
no. The source redelivers everything at each start, the answers too. Afterwards no command ran twice, none
ran without a yes of its own in the ledger, none after a no; every message is answered, or dead with a
notice; no request is open, and the ledger is whole.

usage: gate.py BIN [ROUNDS [SEED]]
"""

import collections
import hashlib
import json
import os
import random
import re
import sys
import tempfile
import time

from crash import Pipeline, conclude, left_behind, opened, say

SESSIONS = 8


class Gated(Pipeline):
    """agim-recv | agim-route | agim-approve | agim-run | agim-send."""

    platform = "show.sh"

    def stages(self):
        return {
            "route": ["agim-route", "--agent", "shell"], "approve": ["agim-approve"],
            "run": ["agim-run", "-j", "6", "shell"]}


class Person:
    """Reads what is shown, and answers every card; one whose answer did not count says it again."""

    def __init__(self, pipeline, logs, dice):
        self.pipeline, self.logs, self.dice = pipeline, logs, dice
        self.count = self.read = 0
        # What is meant, by the code of a request.
        self.verdicts = {}
        # What was said to each request, by its code.
        self.said = collections.defaultdict(set)

    def feed(self, name, session, text):
        with open(self.pipeline.feed, "a") as out:
            out.write(json.dumps({
                "type": "message", "id": name, "session": f"crash:{session}", "from": {"id": "U1"},
                "chat": "direct", "text": text}) + "\n")

    def look(self):
        try:
            with open(f"{self.logs}/shown", encoding="utf-8") as shown:
                shown.seek(self.read)
                lines = shown.readlines()
                while lines and not lines[-1].endswith("\n"):
                    lines.pop()
                self.read += sum(len(line.encode()) for line in lines)
        except FileNotFoundError:
            return
        for line in lines:
            line = json.loads(line)
            session = line["session"].split(":", 1)[1]
            if line["type"] == "request":
                self.verdicts[line["code"]] = "n" if self.dice.randrange(5) == 0 else "y"
                # A few are never answered, until the pipeline ends.
                if self.dice.randrange(12):
                    self.answer(line["code"], session)
            elif "counts only right after" in line.get("text", ""):
                code = re.search(r"y ([0-9a-z]{4}) or n", line["text"]).group(1)
                self.answer(code, session)

    def answer(self, code, session):
        self.count += 1
        verdict = self.verdicts.get(code, "n")
        self.said[code].add(verdict)
        self.feed(f"a{self.count}", session, f"{verdict} {code}")


def faults_of_ledger(database):
    previous = ""
    rows = database.execute("select n, time, entry, previous, hash from ledger order by n").fetchall()
    for number, (n, moment, entry, before, found) in enumerate(rows, 1):
        right = hashlib.sha256(f"{previous}\n{number}\n{moment}\n{entry}".encode()).hexdigest()
        if (n, before, found) != (number, previous, right):
            return [f"ledger: entry {number} is wrong"]
        previous = found
    return []


def main():
    binaries = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    dice = random.Random(seed)
    say(f"crash test of the gate: {rounds} rounds, seed {seed}")
    top = tempfile.mkdtemp(prefix="agim-crash-gate.")
    home, logs, work = f"{top}/home", f"{top}/logs", f"{top}/work"
    os.mkdir(home, 0o700)
    os.mkdir(logs)
    os.mkdir(work)
    with open(f"{home}/config.json", "w") as config:
        os.chmod(f"{home}/config.json", 0o600)
        json.dump({
            "agents": {"shell": {"driver": "shell", "workdir": work}}, "approvers": ["command:U1"],
            "limits": {"request": "20s"}}, config)
    pipeline = Gated("gate", binaries, home, logs)
    person = Person(pipeline, logs, dice)
    commands, switches = set(), set()
    counter = 0

    def feed(count):
        nonlocal counter
        for _ in range(count):
            counter += 1
            name = f"m{counter}"
            if dice.randrange(8) == 0:
                person.feed(name, dice.randrange(SESSIONS), "/status")
                switches.add(name)
                continue
            rest = dice.choice(["", "; sleep 0.05", "; sleep 0.3"])
            person.feed(name, dice.randrange(SESSIONS), f"echo {name} >> ran{rest}")
            commands.add(name)

    feed(20)
    pipeline.start()
    database = opened(home, "request")

    def number(text):
        return database.execute(text).fetchone()[0]

    def in_flight():
        return number(
            "select (select count(*) from inbox where state in ('new','taken','running'))"
            " + (select count(*) from outbox where state in ('ready','queued','sending'))")

    def waiting():
        return number("select count(*) from request where open = 1")

    kills = collections.Counter()
    least = None
    began = time.monotonic()
    for turn in range(rounds):
        deadline = time.monotonic() + 60
        until = time.monotonic() + dice.uniform(0, 0.5)
        while time.monotonic() < until or not waiting():
            person.look()
            if in_flight() < 12:
                feed(6)
            time.sleep(0.01)
            if time.monotonic() > deadline:
                raise SystemExit(f"round {turn}: nothing is asked; {in_flight()} in flight; see {top}")
        least = min(waiting(), least or 99)
        what = dice.choice(["recv", "route", "approve", "approve", "guardian", "worker", "worker", "both", "send"])
        pipeline.kill(what)
        kills[what] += 1
        pipeline.wait(30)
        pipeline.start()
    say(f"  kills: {dict(kills)}, {int(time.monotonic() - began)} s")

    # Everything comes to its end; the person goes on answering, and what is not answered expires.
    deadline = time.monotonic() + 240
    quiet = 0
    while quiet < 10:
        person.look()
        known = number("select count(*) from inbox")
        over = known == counter + person.count and in_flight() == 0 and waiting() == 0
        quiet = quiet + 1 if over else 0
        if time.monotonic() > deadline:
            rows = database.execute(
                "select state, count(*) from inbox group by 1 union all select state, count(*) from outbox group by 1"
                " union all select state, count(*) from request group by 1").fetchall()
            raise SystemExit(f"not finished: {known} of {counter + person.count} accepted; {rows}; see {top}")
        time.sleep(0.05)
    pipeline.stop()

    with open(f"{work}/ran") as lines:
        ran = collections.Counter(line.strip() for line in lines)
    entries = [json.loads(row[0]) for row in database.execute("select entry from ledger order by n")]
    decided = collections.defaultdict(list)
    for entry in entries:
        if entry["kind"] in ("decision", "used", "void"):
            decided[entry["request"]].append((entry["kind"], entry.get("verdict"), entry.get("by")))
    requests = collections.defaultdict(list)
    for name, parent, code, state in database.execute("select id, parent, code, state from request"):
        requests[parent].append((name, code, state))
    faults = faults_of_ledger(database)
    states = collections.Counter(state for rows in requests.values() for _, _, state in rows)
    ends = collections.Counter()
    for name, state, reason in database.execute("select id, state, reason from inbox"):
        replies = database.execute(
            "select type, state from outbox where parent = ? and final", (name,)).fetchall()
        if any(fate != "delivered" for _, fate in replies):
            faults.append(f"{name}: a reply was not delivered: {replies}")
        if state not in ("done", "dead") or state == "dead" and not reason:
            faults.append(f"{name}: {state} ({reason})")
        if name not in commands:
            # An answer needs no reply; a chat command has one.
            if len(replies) > 1 or name in switches and len(replies) != 1:
                faults.append(f"{name} ({state}): {len(replies)} final replies")
            continue
        ends[state] += 1
        if len(replies) != 1 or state == "dead" and replies[0][0] != "error":
            faults.append(f"{name} ({state}): final replies {replies}")
        if ran[name] > 1:
            faults.append(f"{name}: ran {ran[name]} times")
        if len(requests[name]) > 1:
            faults.append(f"{name}: asked {len(requests[name])} times")
        for request, code, fate in requests[name]:
            words = decided[request]
            said_yes = [word for word in words if word == ("decision", "allow", "command:U1")]
            used = [word for word in words if word[0] == "used"]
            if fate not in ("used", "denied", "expired", "void"):
                faults.append(f"{name}: request {code} is {fate}")
            if len(said_yes) > 1 or len(used) > 1 or used and not said_yes or bool(used) != (fate == "used"):
                faults.append(f"{name}: request {code} is {fate}, the ledger says {words}")
            if said_yes and "y" not in person.said[code]:
                faults.append(f"{name}: nobody said yes to {code}")
            if ran[name] and not used:
                faults.append(f"{name}: ran, but request {code} is {fate}: {words}")
            if state == "done" and fate == "used" and ran[name] != 1:
                faults.append(f"{name}: done and allowed, but ran {ran[name]} times")
        if ran[name] and not requests[name]:
            faults.append(f"{name}: ran unasked")
    for name in ran:
        if name not in commands:
            faults.append(f"{name}: ran, and nobody sent it")
    if not states["used"] or not states["denied"] or not states["void"]:
        faults.append(f"this proves too little: requests {dict(states)}")
    faults += left_behind(database, logs)
    say(
        f"  {len(commands)} commands: {dict(ends)}; {sum(ran.values())} ran; requests {dict(states)};"
        f" {person.count} answers; {len(entries)} ledger entries; at least {least} waiting at a kill;"
        f" {int(time.monotonic() - began)} s")
    conclude("crash test of the gate", faults, seed, top)


if __name__ == "__main__":
    main()
