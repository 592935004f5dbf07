"""What the crash tests of chat platforms share: the pipeline whose stages are killed, and the wait for its end."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time


class Pipeline:
    """agim-recv PLATFORM | agim-run | agim-send."""

    def __init__(self, platform, binaries, home, logs):
        self.platform, self.bin, self.logs = platform, binaries, logs
        self.env = dict(os.environ, AGIM_HOME=home, CRASH_LOGS=logs)
        self.errors = open(os.path.join(logs, "stderr"), "ab")
        self.processes = {}
        self.ends = []

    def start(self):
        before = subprocess.DEVNULL
        self.processes = {}
        for name, words in (("recv", ["agim-recv", self.platform]), ("run", ["agim-run", "-j", "6", "crash"]),
                            ("send", ["agim-send"])):
            process = subprocess.Popen(
                [f"{self.bin}/{words[0]}", *words[1:]], stdin=before, env=self.env, stderr=self.errors,
                stdout=subprocess.DEVNULL if name == "send" else subprocess.PIPE)
            if before is not subprocess.DEVNULL:
                before.close()
            before = process.stdout
            self.processes[name] = process

    def kill(self, what):
        self.processes[what].send_signal(signal.SIGKILL)
        if what != "send":
            # agim-send is at the end of its input then, and leaves in order.
            self.wait(60)
        self.ends.append(time.monotonic())
        self.wait(60)

    def wait(self, limit):
        deadline = time.monotonic() + limit
        for name, process in self.processes.items():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise SystemExit(f"{name} does not end after a stage was killed; see {self.logs}") from None

    def stop(self):
        self.processes["recv"].send_signal(signal.SIGTERM)
        self.wait(90)


class Run:
    """One run of a crash test: its arguments, its dice and its folders."""

    def __init__(self, platform):
        words = sys.argv[1:]
        self.binaries = os.path.abspath(words.pop(0))
        self.soak, self.rounds = None, 0
        if words and words[0] == "--soak":
            self.soak = float(words[1])
            words = words[2:]
        else:
            self.rounds = int(words.pop(0)) if words else 30
        self.seed = int(words[0]) if words else int(time.time())
        self.dice = random.Random(self.seed)
        self.name = f"soak with {platform}" if self.soak else f"crash test with {platform}"
        length = f"{self.soak:g} s" if self.soak else f"{self.rounds} rounds"
        print(f"{self.name}, {length}, seed {self.seed}", flush=True)
        self.top = tempfile.mkdtemp(prefix=f"agim-crash-{platform.lower()}.")
        self.home, self.logs = f"{self.top}/home", f"{self.top}/logs"
        os.mkdir(self.home, 0o700)
        os.mkdir(self.logs)

    def finish(self, database, count):
        """Waits until so many messages and all replies have come to their end."""
        deadline = time.monotonic() + 240
        while True:
            done, open_rows = database.execute(
                "select (select count(*) from inbox where type = 'message' and state in ('done','dead')),"
                " (select count(*) from outbox where state in ('ready','queued','sending'))").fetchone()
            if done == count and open_rows == 0:
                return
            if time.monotonic() > deadline:
                rows = database.execute(
                    "select state, count(*) from inbox group by 1 union all select state, count(*) from outbox group by 1").fetchall()
                raise SystemExit(f"not finished after 240 s: {done} of {count} done; {rows}; see {self.top}")
            time.sleep(0.1)
