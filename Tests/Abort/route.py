"""Aborts agim-route at every commit and every write of chat commands, one after the other.

The pipeline is agim-recv | agim-route | agim-run | agim-send with messages that change a conversation,
begin another, go to the agent, and run a command of the installation. Afterwards each has one answer,
delivered once, the conversations are what they are without an abort, and the command has run once, or
was interrupted and its person told.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import signal
import subprocess
import time
from typing import Any

MESSAGES = {"r1": ("abort:a", "/plan on"), "r2": ("abort:b", "/new"), "r3": ("abort:a", "hello"),
            "r4": ("abort:c", "/own"), "r5": ("abort:b", "/agent abort")}
FINISHED = {"done", "dead", "delivered", "refused", "passed"}
KILLED = -signal.SIGKILL
ENDS = {"recv": {0, 141, -signal.SIGTERM}, "route": {0, 141}, "run": {0, 141}, "send": {0}}
LIMIT = 30.0
# Each of the four commands is a transaction and a write, the installation's own one two.
LEAST_POINTS = 16

SOURCE = """#!/bin/sh
send() {
  printf '{"type":"message","id":"%s","session":"%s","from":{"id":"u"},"text":"%s"}\\n' "$1" "$2" "$3"
  sleep "$ABORT_PAUSE"
}
"""
OWN = """#!/bin/sh
read -r line
echo r4 >>"$AGIM_HOME/../ran"
echo own answer
"""


class Fault(Exception):
    """What an abort broke."""

    reached = True


class RouteScenario:
    """The pipeline with agim-route, and what it leaves when nobody interrupts it."""

    def __init__(self, make_place: Any) -> None:
        self.make_place = make_place
        place = self.place("whole")
        self.finish(place)
        self.wanted = self.sessions(place.rows())
        self.check(place, set())
        place.close()

    def place(self, name: str) -> Any:
        """A fresh home."""
        place = self.make_place(f"route-{name}")
        lines = "".join(f"send {name} {session} '{text}'\n" for name, (session, text) in MESSAGES.items())
        for path, text in ((f"{place.top}/source", SOURCE + lines + "exec tail -f /dev/null\n"),
                           (f"{place.home}/commands/own", OWN)):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o755)
        with open(f"{place.home}/config.json", encoding="utf-8") as file:
            config = json.load(file)
        with open(f"{place.home}/config.json", "w", encoding="utf-8") as file:
            json.dump(config | {"admins": ["command:u"], "default_agent": "abort"}, file)
        return place

    @contextlib.contextmanager
    def running(self, place: Any, crash_at: int | None, pause: str) -> Any:
        """The four stages, gone afterwards."""
        commands = {
            "recv": ["agim-recv", f"command:{place.top}/source"], "route": ["agim-route"], "run": ["agim-run", "abort"],
            "send": ["agim-send", "--via", f"file:{place.delivered}"]}
        pipes = [os.pipe() for _ in range(3)]
        ends = [None, *pipes, None]
        stages: dict[str, subprocess.Popen[bytes]] = {}
        for number, (name, words) in enumerate(commands.items()):
            before, after = ends[number], ends[number + 1]
            stages[name] = subprocess.Popen(
                [f"{place.bin}/{words[0]}", *words[1:]], stdin=before[0] if before else subprocess.DEVNULL,
                stdout=after[1] if after else subprocess.DEVNULL, stderr=place.errors, start_new_session=True,
                env=place.environment(crash_at if name == "route" else None) | {"ABORT_PAUSE": pause})
        for pipe in pipes:
            for fd in pipe:
                os.close(fd)
        try:
            yield stages
        finally:
            for process in stages.values():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    @staticmethod
    def until_done(place: Any, stages: dict[str, subprocess.Popen[bytes]]) -> dict[str, int]:
        """Waits until all is finished or a stage fell, then until all have ended; their statuses."""
        deadline = time.monotonic() + LIMIT
        while all(process.poll() is None for process in stages.values()):
            rows = place.rows()
            every = rows["inbox"] + rows["outbox"]
            if len(rows["inbox"]) >= len(MESSAGES) and rows["outbox"] and all(r["state"] in FINISHED for r in every):
                stages["recv"].send_signal(signal.SIGTERM)
                break
            if time.monotonic() > deadline:
                states = [(row["id"][-4:], row["state"]) for row in every]
                raise Fault(f"not finished within {LIMIT:g} s: {states}")
            time.sleep(0.01)
        deadline = time.monotonic() + 15
        statuses = {}
        for name, process in stages.items():
            try:
                statuses[name] = process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise Fault(f"agim-{name} does not end although the pipeline fell") from None
        return statuses

    def finish(self, place: Any) -> None:
        """Starts the pipeline again, as a supervisor does."""
        with self.running(place, None, "0.02") as stages:
            statuses = self.until_done(place, stages)
        if any(status not in ENDS[name] - {141} for name, status in statuses.items()):
            raise Fault(f"the restarted pipeline ended with {statuses}")

    def abort(self, point: int) -> bool:
        """Aborts agim-route at a point; false when it was not reached."""
        place = self.place(str(point))
        reached = True
        try:
            # One by one: a commit and a write each.
            with self.running(place, point, "0.1") as stages:
                statuses = self.until_done(place, stages)
            for name, status in statuses.items():
                if status not in ENDS[name] and (name, status) != ("route", KILLED):
                    raise Fault(f"agim-{name} ended with {status}")
            reached = statuses["route"] == KILLED
            was_running = {row["id"] for row in place.rows()["inbox"] if row["state"] == "running"}
            self.finish(place)
            self.check(place, was_running)
            place.is_sound()
        except Fault as fault:
            said = "".join(f"\n    {line}" for line in place.log("stderr")[-4:])
            whole = Fault(f"{fault}{said}")
            whole.reached = reached
            raise whole from None
        finally:
            place.close()
        return reached

    @staticmethod
    def sessions(rows: Any) -> list[tuple[Any, ...]]:
        """The conversations without times."""
        found = []
        for row in rows["session"]:
            data = json.loads(row["data"])
            # The number of a row: a source that starts again uses some up.
            data.pop("changed_by", None)
            names = ("address", "generation", "state", "agent")
            found.append((*(row[name] for name in names), json.dumps(data)))
        return sorted(found)

    def check(self, place: Any, was_running: set[str]) -> None:
        """One answer for each message, delivered once, and the same conversations."""
        rows = place.rows()
        answers = collections.defaultdict(list)
        for row in rows["outbox"]:
            answers[row["parent"]].append(row)
        if {row["id"] for row in rows["inbox"]} != MESSAGES.keys():
            raise Fault(f"messages {[row['id'] for row in rows['inbox']]}")
        for row in rows["inbox"]:
            got = answers[row["id"]]
            if len(got) != 1 or got[0]["state"] != "delivered" or not got[0]["final"]:
                raise Fault(f"{row['id']} was answered by {[(r['type'], r['state']) for r in got]}")
            cut = row["id"] in was_running
            wanted = ("dead", "interrupted", "error") if cut else ("done", None, "reply")
            if (row["state"], row["reason"], got[0]["type"]) != wanted:
                raise Fault(f"{row['id']} is {row['state']}, {row['reason']}, {got[0]['type']}, not {wanted}")
        ran = place.log("ran")
        if ran != ["r4"] and not (ran == [] and "r4" in was_running):
            raise Fault(f"the command ran {len(ran)} times")
        if hasattr(self, "wanted") and self.sessions(rows) != self.wanted:
            raise Fault(f"conversations are {self.sessions(rows)}, not {self.wanted}")
        said = collections.Counter("\n".join(place.log("delivered")).splitlines())
        texts = collections.Counter(
            line for row in rows["outbox"] for line in json.loads(row["line"])["text"].splitlines())
        if said != texts:
            raise Fault(f"delivered {said}, stored {texts}")
