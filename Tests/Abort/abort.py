#!/usr/bin/env python3
"""Aborts every stage at every commit and every write, one after the other, and compares the outcome.

Debug builds kill themselves at their n-th crash point when AGIM_CRASH_AT=n is set; the points stand
around every COMMIT and every write. A small pipeline (agim-recv | agim-run | agim-send, whose source
delivers the same three messages in two sessions at every start) runs with n = 1, 2, 3… set for one
of its stages, falls, and is started again without. The store and what was delivered must then be
what they are after a run that nobody interrupted, but for what DESIGN section 4 allows: a turn killed
while `running` ends `dead`, interrupted, with a notice that is delivered, and a delivery to a program
may be repeated when agim-send was killed in it. One-shot commands are aborted in the same way.

usage: abort.py BIN
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from route import LEAST_POINTS as LEAST_ROUTE_POINTS
from route import Fault as RouteFault
from route import RouteScenario

SESSIONS = {"m1": "abort:a", "m2": "abort:b", "m3": "abort:a"}
STAGES = ["recv", "run", "send"]
FINISHED = {"done", "dead", "delivered", "refused", "passed"}
KILLED = -signal.SIGKILL
# How stages may end. Where nothing was left to do, SIGTERM may come before the source has a handler.
ENDS = {"recv": {0, 141, -signal.SIGTERM}, "run": {0, 141}, "send": {0}}
# A column that is larger is a time, in milliseconds.
ANY_TIME = 1_000_000_000_000
# A stage that shows fewer points is not looked at closely enough. agim-send takes over, begins and settles all that
# is there in two transactions and one write: six, when everything arrives at once.
LEAST_POINTS = {"recv": 8, "run": 8, "send": 6}
RUN_LIMIT = 30.0
# Far more points than any stage has: a stage that is still interrupted there makes no progress.
MOST_POINTS = 120
NOTICE = "interrupted"

SOURCE = """#!/bin/sh
# Delivers the same messages at every start, one by one, then stays until its reader is gone.
for line in 'm1 a one' 'm2 b two' 'm3 a three'; do
  set -- $line
  printf '{"type":"message","id":"%s","session":"abort:%s","text":"%s %s"}\\n' "$1" "$2" "$1" "$3"
  sleep "$ABORT_PAUSE"
done
exec tail -f /dev/null
"""
AGENT = """#!/bin/sh
# Notes that its turn began and answers.
read -r id word
echo "$id" >>"$ABORT_LOGS/turns"
echo "reply to $id $word"
"""
DELIVER = """#!/bin/sh
# Notes each delivery and gives it a number that is always the same.
read -r line
printf '%s\\n' "$line" >>"$ABORT_LOGS/deliveries"
id=${line#*\\"id\\":\\"}
echo "platform-${id%%\\"*}"
"""
REFUSE = """#!/bin/sh
exit 1
"""

Rows = dict[str, list[dict[str, Any]]]


class Fault(Exception):
    """What an abort broke. `reached`: whether there was an abort at all."""

    reached = True


class Place:
    """A home with its scripts and logs."""

    def __init__(self, top: str, binaries: str, name: str) -> None:
        self.top = os.path.join(top, name)
        self.home = os.path.join(self.top, "home")
        self.bin = binaries
        self.delivered = os.path.join(self.top, "delivered")
        os.makedirs(self.home, mode=0o700)
        os.chmod(self.home, 0o700)
        for script, text in (("source", SOURCE), ("agent", AGENT), ("deliver", DELIVER), ("refuse", REFUSE)):
            path = os.path.join(self.top, script)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o755)
        with open(os.path.join(self.home, "config.json"), "w", encoding="utf-8") as config:
            os.fchmod(config.fileno(), 0o600)
            agent = {"driver": "exec", "command": [f"{self.top}/agent"], "env": {"ABORT_LOGS": self.top}}
            json.dump({"agents": {"abort": agent}}, config)
        self.errors = open(os.path.join(self.top, "stderr"), "ab")  # noqa: SIM115 (closed with the place)

    def environment(self, crash_at: int | None = None) -> dict[str, str]:
        """What the commands get."""
        variables = dict(os.environ, AGIM_HOME=self.home, ABORT_LOGS=self.top)
        variables.pop("AGIM_CRASH_AT", None)
        variables.pop("AGIM_PIPE", None)
        if crash_at is not None:
            variables["AGIM_CRASH_AT"] = str(crash_at)
        return variables

    def command(self, *words: str, crash_at: int | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a one-shot command to its end."""
        try:
            return subprocess.run(
                [f"{self.bin}/{words[0]}", *words[1:]], env=self.environment(crash_at), timeout=RUN_LIMIT, check=False,
                stdin=subprocess.DEVNULL, capture_output=True, text=True)
        except subprocess.TimeoutExpired:
            raise Fault(f"{words[0]} does not end within {RUN_LIMIT:g} s") from None

    def rows(self) -> Rows:
        """The tables as they are; empty ones where there is no store yet."""
        result: Rows = {"inbox": [], "outbox": [], "session": []}
        path = os.path.join(self.home, "agim.db")
        if not os.path.exists(path):
            return result
        try:
            database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        except sqlite3.OperationalError:
            return result
        with contextlib.closing(database):
            database.row_factory = sqlite3.Row
            for table in result:
                try:
                    found = database.execute(f"SELECT * FROM {table}{' JOIN outbox_line USING (n)' if table == 'outbox' else ''} ORDER BY n").fetchall()
                except sqlite3.OperationalError as error:
                    if "no such table" in str(error) or "unable to open" in str(error):
                        continue
                    raise
                result[table] = [dict(row) for row in found]
        return result

    def is_sound(self) -> None:
        """Demands that SQLite and agim-queue find nothing wrong."""
        check = self.command("agim-queue", "check")
        if check.returncode:
            raise Fault(f"agim-queue check: {(check.stdout + check.stderr).strip()}")

    def log(self, name: str) -> list[str]:
        """The lines of a log."""
        try:
            with open(os.path.join(self.top, name), encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def close(self) -> None:
        """Removes it all."""
        self.errors.close()
        shutil.rmtree(self.top, ignore_errors=True)


class Pipeline:
    """agim-recv | agim-run | agim-send."""

    def __init__(
            self, place: Place, via: str, victim: str | None = None, crash_at: int | None = None,
            pause: str = "0.02") -> None:
        commands = {
            "recv": [f"{place.bin}/agim-recv", f"command:{place.top}/source"],
            "run": [f"{place.bin}/agim-run", "abort"],
            "send": [f"{place.bin}/agim-send", "--via", via],
        }
        self.place = place
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        # One at a time: a child must not inherit a pipe of another pipeline, which would never end.
        first, second = os.pipe(), os.pipe()
        ends = {"recv": (None, first[1]), "run": (first[0], second[1]), "send": (second[0], None)}
        for name, (stdin, stdout) in ends.items():
            self.processes[name] = subprocess.Popen(
                commands[name], stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=subprocess.DEVNULL if stdout is None else stdout, stderr=place.errors,
                env=place.environment(crash_at if name == victim else None) | {"ABORT_PAUSE": pause},
                start_new_session=True)
        for fd in (*first, *second):
            os.close(fd)

    def fell(self) -> bool:
        """Whether a stage has ended."""
        return any(process.poll() is not None for process in self.processes.values())

    def until_done(self) -> bool:
        """Waits until everything is delivered, then ends the source; false when a stage fell first."""
        deadline = time.monotonic() + RUN_LIMIT
        while not self.fell():
            if time.monotonic() > deadline:
                raise Fault(f"not finished within {RUN_LIMIT:g} s: {states(self.place.rows())}")
            rows = self.place.rows()
            every = rows["inbox"] + rows["outbox"]
            if len(rows["inbox"]) >= len(SESSIONS) and rows["outbox"] and all(r["state"] in FINISHED for r in every):
                self.processes["recv"].send_signal(signal.SIGTERM)
                return True
            time.sleep(0.01)
        return False

    def wait(self) -> dict[str, int]:
        """Demands that all stages end, now that one has; their statuses."""
        deadline = time.monotonic() + 15
        statuses = {}
        for name, process in self.processes.items():
            try:
                statuses[name] = process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise Fault(f"agim-{name} does not end although the pipeline fell") from None
        return statuses

    def kill(self) -> None:
        """Ends what is left."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def running(
        place: Place, via: str, victim: str | None = None, crash_at: int | None = None,
        pause: str = "0.02") -> Iterator[Pipeline]:
    """A pipeline that is over afterwards."""
    pipeline = Pipeline(place, via, victim, crash_at, pause)
    try:
        yield pipeline
    finally:
        pipeline.kill()


def states(rows: Rows) -> str:
    """The states of all rows, for a message."""
    return ", ".join(f"{row['id'][-6:]} {row['state']}" for row in rows["inbox"] + rows["outbox"]) or "no rows"


def finish(place: Place, via: str) -> None:
    """Starts the pipeline as a supervisor does, until it has done everything, and lets it end in order."""
    with running(place, via) as pipeline:
        done = pipeline.until_done()
        statuses = pipeline.wait()
        if not done:
            raise Fault(f"the restarted pipeline fell: {statuses}")
        if any(status not in ENDS[name] - {141} for name, status in statuses.items()):
            raise Fault(f"the restarted pipeline ended with {statuses}")


class Normal:
    """A dump of the store without ids, times, holders, attempts and prints."""

    def __init__(self, rows: Rows) -> None:
        self.names = {row["id"]: row["id"] for row in rows["inbox"]}
        counts: collections.Counter[str] = collections.Counter()
        for row in rows["outbox"]:
            counts[row["parent"]] += 1
            self.names.setdefault(row["id"], f"reply {counts[row['parent']]} to {row['parent']}")
        self.inbox = {row["id"]: self.row(row) for row in rows["inbox"]}
        self.outbox: dict[str, list[dict[str, Any]]] = {}
        for row in rows["outbox"]:
            self.outbox.setdefault(row["parent"], []).append(self.row(row))
        self.session = sorted((self.row(row) for row in rows["session"]), key=str)

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        """One row."""
        left_out = {"n", "holder", "prints", "attempts", "reprint", "next", "mark", "account", "target"}
        kept = {
            name: self.text(value) for name, value in row.items()
            if name not in left_out and not (isinstance(value, int) and value > ANY_TIME)}
        if "line" in row:
            line = json.loads(row["line"])
            line.pop("time", None)
            line.pop("again", None)
            kept["line"] = {name: self.text(value) for name, value in line.items()}
        return kept

    def text(self, value: Any) -> Any:
        """A value with ids by their order, and without offsets and folders."""
        if not isinstance(value, str):
            return value
        for known, name in self.names.items():
            if known not in SESSIONS:
                value = value.replace(known, name)
        return re.sub(r"\S*/delivered at byte \d+", "written", value)


def differences(wanted: dict[str, Any], got: dict[str, Any]) -> str:
    """The members in which two rows differ."""
    return "; ".join(
        f"{name} is {got.get(name)!r}, not {wanted.get(name)!r}" for name in sorted(wanted.keys() | got.keys())
        if wanted.get(name) != got.get(name))


class Scenario:
    """A pipeline with one kind of target, and what it leaves when nobody interrupts it."""

    def __init__(self, top: str, binaries: str, kind: str) -> None:
        self.top = top
        self.bin = binaries
        self.kind = kind
        place = self.place("whole")
        finish(place, self.via(place))
        self.normal = Normal(place.rows())
        self.check(place, before={"inbox": [], "outbox": []})
        place.close()

    def place(self, name: str) -> Place:
        """A fresh home."""
        return Place(self.top, self.bin, f"{self.kind}-{name}")

    def via(self, place: Place) -> str:
        """The target of agim-send."""
        return f"file:{place.delivered}" if self.kind == "file" else f"command:{place.top}/deliver"

    def abort(self, victim: str, *points: int) -> bool:
        """Aborts a stage at a point, and in further starts at further ones; false when the last was not reached."""
        place = self.place(f"{victim}-{'-'.join(map(str, points))}")
        via = self.via(place)
        before: Rows = {"inbox": [], "outbox": []}
        was_reached = True
        try:
            for point in points:
                # Lines that come one by one make a commit each: more points, but slowly.
                with running(place, via, victim, point, "0.02" if len(points) > 1 else "0.12") as pipeline:
                    pipeline.until_done()
                    statuses = pipeline.wait()
                for name, status in statuses.items():
                    if status not in ENDS[name] and (name, status) != (victim, KILLED):
                        raise Fault(f"agim-{name} ended with {status} when agim-{victim} was aborted")
                was_reached = statuses[victim] == KILLED
                left = place.rows()
                for table in ("inbox", "outbox"):
                    before[table] += left[table]
            finish(place, via)
            self.check(place, before)
            place.is_sound()
        except Fault as fault:
            said = "".join(f"\n    {line}" for line in place.log("stderr")[-4:])
            whole = Fault(f"{fault}{said}")
            whole.reached = was_reached
            raise whole from None
        finally:
            place.close()
        return was_reached

    def check(self, place: Place, before: Rows) -> None:
        """Compares what a place holds with the uninterrupted run's. `before`: the rows as an abort left them."""
        rows = place.rows()
        got = Normal(rows)
        was_running = {row["id"] for row in before["inbox"] if row["state"] == "running"}
        was_sending = {row["id"] for row in before["outbox"] if row["state"] == "sending"}
        turns = collections.Counter(place.log("turns"))
        if got.inbox.keys() != SESSIONS.keys():
            raise Fault(f"messages {sorted(got.inbox)}, expected {sorted(SESSIONS)}")
        for message in SESSIONS:
            wanted = getattr(self, "normal", got)
            if message in was_running:
                self.check_interrupted(message, got)
                if turns[message] > 1:
                    raise Fault(f"message {message} had {turns[message]} turns")
                continue
            if difference := differences(wanted.inbox[message], got.inbox[message]):
                raise Fault(f"message {message}: {difference}")
            replies = got.outbox.get(message, [])
            if len(replies) != 1:
                raise Fault(f"message {message} has {len(replies)} replies")
            if difference := differences(wanted.outbox[message][0], replies[0]):
                raise Fault(f"the reply to {message}: {difference}")
            if turns[message] != 1:
                raise Fault(f"message {message} had {turns[message]} turns")
            if got.inbox[message]["state"] != "done" or replies[0]["state"] != "delivered":
                raise Fault(f"message {message} is {got.inbox[message]['state']}, its reply {replies[0]['state']}")
        if got.outbox.keys() - SESSIONS.keys():
            raise Fault(f"replies to {got.outbox.keys() - SESSIONS.keys()}")
        if got.session != getattr(self, "normal", got).session:
            raise Fault(f"sessions are {got.session}")
        (self.check_file if self.kind == "file" else self.check_program)(place, rows["outbox"], was_sending)

    @staticmethod
    def check_interrupted(message: str, got: Normal) -> None:
        """A turn that was killed while it was running is dead, and its person was told."""
        row = got.inbox[message]
        if (row["state"], row["reason"]) != ("dead", NOTICE):
            raise Fault(f"message {message} was running and is {row['state']}, {row['reason']}")
        replies = got.outbox.get(message, [])
        told = [(r["type"], r["line"].get("code"), r["state"], r["final"]) for r in replies]
        if told != [("error", NOTICE, "delivered", 1)]:
            raise Fault(f"message {message} was running and was answered by {told}")

    def check_file(self, place: Place, outbox: list[dict[str, Any]], _: set[str]) -> None:
        """Every text is in the file once, where its proof says, and a session's are in order."""
        with open(place.delivered, "rb") as file:
            content = file.read()
        texts = [json.loads(row["line"])["text"].encode() + b"\n" for row in outbox]
        if collections.Counter(content.splitlines(keepends=True)) != collections.Counter(texts):
            raise Fault(f"the file holds {content!r}")
        places = {}
        for row, text in zip(outbox, texts, strict=True):
            at = int(str(row["proof"]).rsplit(" ", 1)[-1])
            places[row["parent"]] = at
            if not content[at:].startswith(text):
                raise Fault(f"the reply to {row['parent']} is not at byte {at} of the file, as its proof says")
        # A notice about a turn is made at the next start, and may come behind later replies.
        if all(row["type"] == "reply" for row in outbox) and places["m1"] > places["m3"]:
            raise Fault("the replies of a session changed their order")

    def check_program(self, place: Place, outbox: list[dict[str, Any]], was_sending: set[str]) -> None:
        """Every reply was delivered once, or again where agim-send was killed in the delivery."""
        seen = [json.loads(line) for line in place.log("deliveries")]
        counts = collections.Counter(line["id"] for line in seen)
        for row in outbox:
            most = 2 if row["id"] in was_sending else 1
            if not 1 <= counts[row["id"]] <= max(most, int(row["attempts"]) if row["id"] in was_sending else 1):
                raise Fault(f"the reply to {row['parent']} was delivered {counts[row['id']]} times")
            if row["proof"] != f"platform-{row['id']}":
                raise Fault(f"the reply to {row['parent']} has the proof {row['proof']}")
        if unknown := counts.keys() - {row["id"] for row in outbox}:
            raise Fault(f"deliveries of unknown ids {unknown}")
        first = {line["parent"]: index for index, line in reversed(list(enumerate(seen)))}
        if all(row["type"] == "reply" for row in outbox) and first["m1"] > first["m3"]:
            raise Fault("the replies of a session changed their order")


class OneShot:
    """A command that does one thing and ends."""

    def __init__(self, top: str, binaries: str, name: str) -> None:
        self.top = top
        self.bin = binaries
        self.name = name

    def abort(self, point: int) -> bool:
        """Aborts the command at a point and finishes its work; false when the point was not reached."""
        place = Place(self.top, self.bin, f"{self.name}-{point}")
        try:
            reached = getattr(self, self.name)(place, point)
            place.is_sound()
        finally:
            place.close()
        return bool(reached)

    @staticmethod
    def expect(done: subprocess.CompletedProcess[str], statuses: tuple[int, ...] = (0,)) -> None:
        """Demands an exit status."""
        if done.returncode not in statuses:
            raise Fault(f"exit status {done.returncode}: {done.stderr.strip()}")

    def text(self, place: Place, point: int) -> bool:
        """agim-send file:PATH: what was stored is delivered by the next agim-send, once; what was not, never."""
        words = ("agim-send", f"file:{place.delivered}", "hello")
        done = place.command(*words, crash_at=point)
        self.expect(done, (KILLED, 0))
        stored = len(place.rows()["outbox"])
        self.expect(place.command("agim-send", "--flush"))
        if place.log("delivered") != ["hello"] * stored:
            raise Fault(f"{stored} rows are stored, and the file holds {place.log('delivered')}")
        if stored == 0:
            self.expect(place.command(*words))
        if place.log("delivered") != ["hello"]:
            raise Fault(f"after another try the file holds {place.log('delivered')}")
        for row in place.rows()["outbox"]:
            if row["state"] != "delivered" or row["proof"] != f"{place.delivered} at byte 0":
                raise Fault(f"the row is {row['state']}, proof {row['proof']}")
        return done.returncode == KILLED

    def post(self, place: Place, point: int) -> bool:
        """agim-session post: the message is there, whole, or it is not."""
        words = ("agim-session", "post", "abort:a", "hello")
        done = place.command(*words, crash_at=point)
        self.expect(done, (KILLED, 0))
        rows = place.rows()["inbox"]
        if done.returncode == 0 and [row["id"] for row in rows] != done.stdout.split():
            raise Fault(f"printed {done.stdout.strip()!r}, stored {[row['id'] for row in rows]}")
        if not rows:
            self.expect(place.command(*words))
        rows = place.rows()["inbox"]
        if [(row["state"], row["session"], json.loads(row["line"])["text"]) for row in rows] != [
                ("new", "abort:a", "hello")]:
            raise Fault(f"the inbox holds {[row['line'] for row in rows]}")
        return done.returncode == KILLED

    def retry(self, place: Place, point: int) -> bool:
        """agim-queue retry: a refused reply is sent after all, once, when the command is repeated."""
        line = '{"type":"reply","id":"r1","session":"abort:a","text":"hello"}\n'
        via = f"command:{place.top}/refuse"
        send = subprocess.run(
            [f"{place.bin}/agim-send", "-q", "--via", via], input=line, env=place.environment(), timeout=RUN_LIMIT,
            check=False, capture_output=True, text=True)
        if send.returncode:
            raise Fault(f"agim-send ended with {send.returncode}")
        shutil.copy(os.path.join(place.top, "deliver"), os.path.join(place.top, "refuse"))
        done = place.command("agim-queue", "retry", "r1", crash_at=point)
        self.expect(done, (KILLED, 0))
        state = place.rows()["outbox"][0]["state"]
        if state not in ("refused", "queued") or (done.returncode == 0) > (state == "queued"):
            raise Fault(f"the row is {state} after status {done.returncode}")
        # What is queued already is not to be retried: status 65 says so.
        self.expect(place.command("agim-queue", "retry", "r1"), (0,) if state == "refused" else (65,))
        self.expect(place.command("agim-send", "--flush"))
        if (delivered := len(place.log("deliveries"))) != 1:
            raise Fault(f"delivered {delivered} times")
        if place.rows()["outbox"][0]["proof"] != "platform-r1":
            raise Fault(f"the row is {place.rows()['outbox'][0]}")
        return done.returncode == KILLED


class Report:
    """What was aborted where, and what broke."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.passed = 0
        self.failed = 0

    def try_one(self, name: str, body: Callable[[], bool]) -> bool:
        """One abort; whether its point was reached."""
        try:
            reached = body()
        except (Fault, RouteFault) as fault:
            with self.lock:
                self.failed += 1
                print(f"FAULT {name}: {fault}", flush=True)
            return fault.reached
        with self.lock:
            self.passed += 1
        return reached

    def enumerate(self, name: str, least: int, body: Callable[[int], bool]) -> None:
        """Aborts at n = 1, 2, 3… until a run is not interrupted."""
        points = 0
        while points < MOST_POINTS and self.try_one(f"{name} at point {points + 1}", partial(body, points + 1)):
            points += 1
        with self.lock:
            print(f"  {name}: {points} points", flush=True)
            if not least <= points < MOST_POINTS:
                self.failed += 1
                print(f"FAULT {name}: {points} points, expected at least {least} and fewer than {MOST_POINTS}")

    def enumerate_pairs(self, name: str, body: Callable[[int, int], bool]) -> None:
        """Aborts at every point, and once more at every point of the start that mends it."""
        pairs = 0
        for first in range(1, MOST_POINTS):
            second = 1
            while self.try_one(f"{name} at points {first}, {second}", partial(body, first, second)):
                second += 1
                if second > MOST_POINTS:
                    break
            pairs += second - 1
            if second == 1:
                break
        with self.lock:
            print(f"  {name}, twice: {pairs} pairs of points", flush=True)


def main() -> int:
    """Aborts everything, two at a time."""
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        print("usage: abort.py BIN", file=sys.stderr)
        return 64
    binaries = os.path.abspath(sys.argv[1])
    began = time.monotonic()
    report = Report()
    top = tempfile.mkdtemp(prefix="agim-abort.")
    try:
        try:
            scenarios = [Scenario(top, binaries, kind) for kind in ("file", "command")]
        except Fault as fault:
            print(f"FAULT uninterrupted run: {fault}\nabort: 0 passed, 1 failed")
            return 1
        jobs: list[Callable[[], None]] = []
        try:
            commands = RouteScenario(partial(Place, top, binaries))
        except RouteFault as fault:
            print(f"FAULT uninterrupted run with agim-route: {fault}\nabort: 0 passed, 1 failed")
            return 1
        jobs.append(partial(report.enumerate, "agim-route", LEAST_ROUTE_POINTS, commands.abort))
        for scenario in scenarios:
            for victim in STAGES:
                name = f"agim-{victim}, {scenario.kind} target"
                jobs.append(partial(report.enumerate, name, LEAST_POINTS[victim], partial(scenario.abort, victim)))
        # A file can tell what has arrived, so that even two aborts on end repeat nothing.
        jobs.append(partial(report.enumerate_pairs, "agim-send, file target", partial(scenarios[0].abort, "send")))
        for name, least in (("text", 8), ("post", 4), ("retry", 2)):
            shot = OneShot(top, binaries, name)
            jobs.append(partial(report.enumerate, f"one-shot {name}", least, shot.abort))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for job in [pool.submit(job) for job in jobs]:
                job.result()
    finally:
        shutil.rmtree(top, ignore_errors=True)
    if not report.passed:
        print("FAULT nothing was aborted: is this a debug build?")
        report.failed += 1
    print(f"  {time.monotonic() - began:.0f} s")
    print(f"abort: {report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
