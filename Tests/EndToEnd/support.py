"""What the end-to-end tests share: a home of their own, pipelines with time limits, and the store."""

import atexit
import hashlib
import json
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

BIN = os.environ["AGIM_E2E_BIN"]
HERE = os.path.dirname(os.path.abspath(__file__))
AGENTS = os.path.join(HERE, "agents")


def scripted_agents():
    """The folder of the scripted agents, or a copy of it: in the sandbox of an agent /tmp is its own."""
    folder = os.path.join(os.path.dirname(HERE), "Support", "agents")
    if not os.path.realpath(folder).startswith("/tmp/"):
        return folder
    place = tempfile.mkdtemp(prefix="agim-agents-", dir="/var/tmp")
    atexit.register(shutil.rmtree, place, True)
    os.chmod(place, 0o755)
    return shutil.copytree(folder, os.path.join(place, "agents"))


SCRIPTED_AGENTS = scripted_agents()
PATH = f"{BIN}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

# The sysexits that the commands use.
OK, USAGE, DATA, NO_INPUT, UNAVAILABLE, SYSTEM = 0, 64, 65, 66, 69, 71
CANNOT_CREATE, IO, AGAIN, NOT_PERMITTED, CONFIG, READER_GONE = 73, 74, 75, 77, 78, 141


def seconds(number):
    """Marks a test that takes long, so that it is started early."""
    def mark(test):
        test.seconds = number
        return test
    return mark


def fake(length):
    """Letters and digits that look like a token's, and are none."""
    return ("FAKE0fake1NotReal2Sample3" * (length // 25 + 1))[:length]


def need(program, package=None):
    """Fails, not skips, when a program is missing."""
    if shutil.which(program, path=PATH) is None:
        raise AssertionError(f"Debian package {package or program} is missing: apt-get install {package or program}")


class Stages:
    """A running pipeline: a process for each stage, what they say, and how they ended."""

    def __init__(self, test, stages, stdin, env, stdout):
        self.test = test
        self.outfile = tempfile.TemporaryFile(dir=test.dir)
        self.errfiles = []
        self.procs = []
        before = stdin
        for number, stage in enumerate(stages):
            own = dict(env)
            if isinstance(stage, tuple):
                stage, more = stage
                own.update(more)
                own = {name: value for name, value in own.items() if value is not None}
            words = ["/bin/sh", "-c", stage] if isinstance(stage, str) else stage
            errors = tempfile.TemporaryFile(dir=test.dir)
            last = number == len(stages) - 1
            out = (self.outfile if stdout is None else stdout) if last else subprocess.PIPE
            process = subprocess.Popen(
                words, stdin=before, stdout=out, stderr=errors, env=own, cwd=test.dir)
            if number > 0 and before is not None and not isinstance(before, int):
                before.close()
            before = process.stdout
            self.procs.append(process)
            self.errfiles.append(errors)
        self.stdin = self.procs[0].stdin
        test.running.append(self)

    def write(self, text):
        self.stdin.write(text.encode() if isinstance(text, str) else text)
        self.stdin.flush()

    def close(self):
        try:
            self.stdin.close()
        except BrokenPipeError:
            pass

    @staticmethod
    def content(file):
        at = file.tell()
        file.seek(0)
        data = file.read()
        file.seek(at)
        return data

    @property
    def raw(self):
        # The child shares the file's position, so it is read by another way.
        return os.pread(self.outfile.fileno(), 1 << 30, 0)

    @property
    def out(self):
        return self.raw.decode(errors="surrogateescape")

    @property
    def lines(self):
        return [json.loads(line) for line in self.raw.splitlines() if line]

    def err(self, number):
        return os.pread(self.errfiles[number].fileno(), 1 << 24, 0).decode(errors="replace")

    @property
    def errors(self):
        return "".join(f"[{n}] {self.err(n)[:4000]}" for n in range(len(self.procs)))

    def wait(self, limit=20):
        """Waits until all stages have ended, and gives their statuses."""
        deadline = time.monotonic() + limit
        for number, process in enumerate(self.procs):
            try:
                process.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                words = process.args if isinstance(process.args, list) else [process.args]
                self.kill()
                raise AssertionError(
                    f"stage {number} ({' '.join(words)[:200]}) has not ended after {limit} s\n{self.errors}") from None
        return self.codes

    @property
    def codes(self):
        return [128 - p.returncode if p.returncode is not None and p.returncode < 0 else p.returncode for p in self.procs]

    def kill(self):
        for process in self.procs:
            if process.poll() is None:
                process.kill()
                process.wait()


class Case(unittest.TestCase):
    """A test with a fresh home, a hermetic environment, and no process left behind."""

    maxDiff = 4000

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="agim-e2e-")
        os.chmod(self.dir, 0o755)
        self.home = os.path.join(self.dir, "home")
        self.user = os.path.join(self.dir, "user")
        os.mkdir(self.home, 0o700)
        os.mkdir(self.user)
        self.running = []
        self.mounts = []
        self.env = {
            "PATH": PATH, "HOME": self.user, "LANG": "C.UTF-8", "LOGNAME": "tester", "USER": "tester",
            "AGIM_HOME": self.home}
        self.addCleanup(self.clean)

    def clean(self):
        for pipeline in self.running:
            pipeline.kill()
            for process in pipeline.procs:
                for stream in (process.stdin, process.stdout):
                    try:
                        if stream:
                            stream.close()
                    except OSError:
                        pass
            for file in pipeline.errfiles + [pipeline.outfile]:
                file.close()
        left = self.processes()
        deadline = time.monotonic() + 3
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = self.processes()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for path in self.mounts:
            subprocess.run(["umount", "-l", path], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
        self.assertFalse(left, f"processes left behind: {left}")

    def processes(self, text=None):
        """Processes whose environment names this test's directory: {pid: command line}."""
        found = {}
        wanted = (text or self.dir).encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if int(pid) == os.getpid():
                continue
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if wanted not in file.read():
                        continue
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    found[int(pid)] = file.read().replace(b"\0", b" ").decode(errors="replace")[:160]
            except OSError:
                continue
        return found

    # Homes

    def config(self, value, home=None, text=None):
        path = os.path.join(home or self.home, "config.json")
        # At once, as whoever reads it just then must find the one or the other.
        with open(path + ".new", "w") as file:
            file.write(text if text is not None else json.dumps(value))
        os.chmod(path + ".new", 0o600)
        os.replace(path + ".new", path)

    def agents(self, **agents):
        """Configures exec agents: name=[program, ...] or name={...}."""
        self.config({"agents": {
            name: {"driver": "exec", "command": agent} if isinstance(agent, list) else {"driver": "exec", **agent}
            for name, agent in agents.items()}})

    def script(self, name, text):
        """A helper script of this test alone."""
        path = os.path.join(self.dir, name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
        return path

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
        return path

    def read(self, name):
        with open(os.path.join(self.dir, name), encoding="utf-8", errors="surrogateescape") as file:
            return file.read()

    def attachment(self, name, content, mime="application/octet-stream", kind="file"):
        """What a line says about a file, which is stored as a platform's stage stores it."""
        digest = hashlib.sha256(content).hexdigest()
        path = os.path.join(self.home, "files", digest)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return {"kind": kind, "path": path, "sha256": digest, "size": len(content), "mime": mime, "name": name}

    def tmpfs(self, path, size):
        os.makedirs(path, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "agim-e2e", path], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"this test mounts a tmpfs, and must be root for that: {done.stderr}")
        self.mounts.append(path)

    # Processes

    def start(self, *stages, stdin=subprocess.PIPE, stdout=None, **env):
        """Starts a pipeline: each stage a list of words, a line of shell, or (either, more variables)."""
        return Stages(self, stages, stdin, {**self.env, **env}, stdout)

    def pipe(self, *stages, stdin=b"", limit=20, **env):
        """Runs a pipeline to its end."""
        data = stdin.encode() if isinstance(stdin, str) else stdin
        with tempfile.TemporaryFile(dir=self.dir) as file:
            file.write(data)
            file.seek(0)
            pipeline = self.start(*stages, stdin=file, **env)
        pipeline.wait(limit)
        return pipeline

    def wait_for(self, condition, limit=10, what="the condition"):
        deadline = time.monotonic() + limit
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                said = "\n".join(pipeline.errors for pipeline in self.running)
                self.fail(f"{what} has not come after {limit} s\n{said}")
            time.sleep(0.03)

    @staticmethod
    def worker(process):
        """The pid of a command behind its guardian; its own where it has none."""
        def words(pid):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return file.read()

        deadline = time.monotonic() + 0.5
        while time.monotonic() < deadline:
            with open(f"/proc/{process.pid}/task/{process.pid}/children") as children:
                for pid in children.read().split():
                    # A guardian and its worker are one program, split in two.
                    if words(pid) == words(process.pid):
                        return int(pid)
            time.sleep(0.02)
        return process.pid

    @staticmethod
    def status(pid, name):
        """A value of /proc/PID/status as a number."""
        with open(f"/proc/{pid}/status") as lines:
            for line in lines:
                if line.startswith(name + ":"):
                    return int(line.split()[1])
        raise KeyError(name)

    # The store

    def sql(self, text, *values, home=None):
        with sqlite3.connect(f"{home or self.home}/agim.db", timeout=20) as database:
            database.row_factory = sqlite3.Row
            rows = [dict(row) for row in database.execute(text, values)]
        database.close()
        return rows

    def states(self, table, home=None):
        """How many rows are in each state."""
        return {row["state"]: row["c"] for row in self.sql(
            f"select state, count(*) c from {table} group by 1", home=home)}

    def count(self, table, where="1", home=None):
        try:
            return self.sql(f"select count(*) c from {table} where {where}", home=home)[0]["c"]
        except sqlite3.OperationalError:
            return -1

    def queue(self, *words, limit=20):
        return self.pipe(["agim-queue", *words], limit=limit)

    # What must hold

    def assertCodes(self, pipeline, *codes):
        self.assertEqual(pipeline.codes, list(codes), pipeline.errors)

    def assertSaid(self, pipeline, number, *pieces):
        said = pipeline.err(number)
        for piece in pieces:
            if piece not in said:
                self.fail(f"{piece!r} is not in what stage {number} said:\n{said[:2000]} […] {said[-1000:]}")

    def assertAnswered(self, messages, home=None, errors=0):
        """Every accepted message was answered exactly once, and the answer was delivered."""
        rows = self.sql(
            """select i.id, i.state, i.line,
                 (select count(*) from outbox o where o.parent = i.id and o.final) finals,
                 (select count(*) from outbox o where o.parent = i.id and o.final and o.state = 'delivered') delivered,
                 (select max(type) from outbox o where o.parent = i.id and o.final) type
               from inbox i where i.type = 'message' order by n""", home=home)
        self.assertEqual(len(rows), messages, "accepted messages")
        for row in rows:
            self.assertEqual(
                (row["state"] in ("done", "dead"), row["finals"], row["delivered"]), (True, 1, 1), dict(row))
        self.assertEqual(sum(row["type"] == "error" for row in rows), errors, "messages that ended in an error")
        check = self.sql("pragma integrity_check", home=home)
        self.assertEqual(check, [{"integrity_check": "ok"}])


def nobody():
    return pwd.getpwnam("nobody")


def digits(count):
    return "".join(f"m{number}\n" for number in range(count))


def fill(path):
    """Fills a file system up to its last block."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for size in (65_536, 4096, 512, 1):
            try:
                while os.write(file, b"x" * size):
                    pass
            except OSError:
                pass
    finally:
        os.close(file)
