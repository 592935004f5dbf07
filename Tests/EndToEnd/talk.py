"""A conversation through the gate: people who write, cards that are delivered to them, and the ledger."""

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import time

from support import Case

SETTLED = ("used", "denied", "expired", "void")


class Talk:
    """A pipeline with a gate, what people write into it, and what is delivered to them."""

    def __init__(self, test, stages=None, feed="feed", **env):
        self.test = test
        self.fifo = test.path(feed)
        if not os.path.exists(self.fifo):
            os.mkfifo(self.fifo)
        # Open for both, so that neither end waits for the other and the source never ends by itself.
        self.pen = os.open(self.fifo, os.O_RDWR)
        test.addCleanup(os.close, self.pen)
        self.stages = stages or [["agim-approve"], ["agim-run", "shell"]]
        self.env = env
        self.live = None
        self.start()

    def start(self):
        """Starts the pipeline, and starts it again after it has fallen."""
        self.live = self.test.start(
            ["agim-recv", f"command:cat {self.fifo}", *self.test.sources], *self.stages,
            ["agim-send", "--via", f"command:{self.test.platform}"], stdin=subprocess.DEVNULL, **self.env)

    def stop(self):
        """The end of the input: the source leaves, the others follow."""
        if self.live.procs[0].poll() is None:
            self.live.procs[0].send_signal(signal.SIGTERM)
        self.live.wait(30)

    def kill(self):
        """SIGKILL to all, agim-run before those whose end it would see."""
        for process in reversed(self.live.procs):
            worker = self.test.worker(process)
            for pid in {process.pid, worker}:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for process in self.live.procs:
            process.wait()

    def say(self, text, sender="U1", session="chat:1", chat="direct", **more):
        """Somebody writes; the id of the message."""
        self.test.count_of_messages += 1
        name = f"m{self.test.count_of_messages}"
        line = {"id": name, "session": session, "from": {"id": sender}, "chat": chat, "text": text, **more}
        os.write(self.pen, (json.dumps(line, ensure_ascii=False) + "\n").encode())
        return name

    def press(self, request, choice, sender="U1", session="chat:1", **more):
        """Somebody presses a button of a card."""
        self.test.count_of_messages += 1
        name = f"m{self.test.count_of_messages}"
        line = {"type": "answer", "id": name, "session": session, "from": {"id": sender}, "chat": "direct",
                "request": request, "choice": choice, **more}
        os.write(self.pen, (json.dumps(line) + "\n").encode())
        return name

    def reply(self, message, limit=15):
        """The text that answered a message, once it is delivered."""
        rows = self.test.wait_for(
            lambda: self.test.rows(
                "select id from outbox where parent = ? and final and state = 'delivered'", message),
            limit, f"the answer to {message}")
        return self.test.said(rows[0]["id"])["text"]

    def ask(self, text, limit=15, **more):
        """Somebody writes what is asked about; the row of the request, once its card stands in the chat."""
        message = self.say(text, **more)
        return self.card(message, limit)

    def card(self, message, limit=15):
        rows = self.test.wait_for(
            lambda: self.test.rows(
                "select r.* from request r join outbox o on o.id = r.id where r.parent = ? and o.state = 'delivered'",
                message), limit, f"the card of {message}")
        # A word counts if it is later than the card, by the clock's milliseconds.
        time.sleep(0.005)
        return rows[0]

    def settled(self, request, *states, limit=15):
        """Waits for the end of a request; its row."""
        wanted = states or SETTLED
        rows = self.test.wait_for(
            lambda: [row for row in self.test.rows("select * from request where id = ?", request["id"])
                     if row["state"] in wanted], limit, f"request {request['code']} to be {wanted}")
        return rows[0]


class GateCase(Case):
    """A home with approvers, a work directory, a platform, and a ledger that is checked after each test."""

    def setUp(self):
        super().setUp()
        self.count_of_messages = 0
        self.sources = []
        self.work = self.path("work")
        os.mkdir(self.work)
        self.platform = self.script("platform", f"""read -r line
printf '%s\\n' "$line" >> {self.path('said')}
id=${{line#*\\"id\\":\\"}}
echo "p-${{id%%\\"*}}"
""")
        self.configure()
        # Before the home goes: cleanups run in the order of the last one first.
        self.addCleanup(self.check_ledger)

    def configure(self, **more):
        agents = {"shell": {"driver": "shell", "workdir": self.work}, **more.pop("agents", {})}
        # Tests make agents fail on purpose and people write fast; test_limits.py is about what then happens.
        limits = {"breaker_failures": 0, "person_rate": 0, "agent_rate": 0, **more.pop("limits", {})}
        self.config({"agents": agents, "approvers": ["command:U1", "command:U3"], "limits": limits, **more})

    def talk(self, *stages, **options):
        return Talk(self, list(stages) or None, **options)

    def said(self, name):
        """The line of an id, as the platform was given it."""
        for line in self.read("said").splitlines():
            line = json.loads(line)
            if line["id"] == name:
                return line
        raise KeyError(name)

    def approve(self, *words, **env):
        return self.pipe(["agim-approve", *words], **env)

    def rows(self, text, *values):
        """Rows of the store; none while it has no tables yet."""
        try:
            return self.sql(text, *values)
        except sqlite3.OperationalError:
            return []

    def ran(self, name="ran"):
        """Whether the command left its file."""
        return os.path.exists(os.path.join(self.work, name))

    def entries(self, kind=None):
        """What the ledger says."""
        entries = [json.loads(row["entry"]) for row in self.rows("select entry from ledger order by n")]
        return [entry for entry in entries if kind in (None, entry["kind"])]

    def ledger_fault(self):
        """The number of the first wrong entry of the ledger, by its format alone; None when all are right."""
        previous = ""
        for number, row in enumerate(self.rows("select * from ledger order by n"), 1):
            text = f"{previous}\n{number}\n{row['time']}\n{row['entry']}"
            right = hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()
            if (row["n"], row["previous"], row["hash"]) != (number, previous, right):
                return number
            previous = row["hash"]
        return None

    def check_ledger(self):
        self.assertIsNone(self.ledger_fault(), "the ledger")
