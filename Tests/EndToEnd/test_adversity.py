"""What goes wrong on real machines: full disks, locks, damage, clocks, slow and dead neighbours."""

import glob
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

from support import (
    AGAIN, CANNOT_CREATE, CONFIG, Case, DATA, IO, OK, READER_GONE, UNAVAILABLE, digits, fill, need, nobody, seconds)

CAT = ["agim-run", "exec", "--", "cat"]
COMMANDS = (["agim-recv", "stdin"], CAT, ["agim-send"], ["agim-queue", "list"], ["agim-session", "list"])


class Disk(Case):

    @seconds(12)
    def test_a_disk_that_fills_up_under_load_loses_nothing(self):
        # Room for a log that has not been copied yet (4 MB), and no more.
        self.tmpfs(self.home, "6m")
        out = self.path("out")
        live = self.start(["agim-recv", "stdin"], CAT, ["agim-send", "--via", f"file:{out}"])
        live.write(digits(60))
        self.wait_for(lambda: self.count("inbox", "state = 'done'") > 10, what="some turns")
        fill(f"{self.home}/filler")
        live.write("".join(f"late{n}\n" for n in range(60)))
        self.wait_for(lambda: "cannot write the store" in live.errors, 15, "a warning")
        time.sleep(2)
        self.assertEqual([process.poll() for process in live.procs], [None] * 3, live.errors)
        os.unlink(f"{self.home}/filler")
        live.write("".join(f"after{n}\n" for n in range(10)))
        live.close()
        self.assertEqual(live.wait(40), [OK, OK, OK], live.errors)
        self.assertIn("the store can be written again", live.errors)
        self.assertEqual(
            sorted(self.read("out").splitlines()),
            sorted(digits(60).split() + [f"late{n}" for n in range(60)] + [f"after{n}" for n in range(10)]))
        self.assertAnswered(130)

    @seconds(5)
    def test_a_turn_that_ends_on_a_full_disk_is_stored_when_there_is_room(self):
        self.tmpfs(self.home, "2m")
        live = self.start(["agim-recv", "stdin"], ["agim-run", "exec", "--", "sh", "-c", "cat; sleep 1"], ["agim-send"])
        live.write("precious\n")
        self.wait_for(lambda: [words for words in self.processes().values() if words.startswith("sleep")], what="the turn")
        # An agim-run without room empties the log and tries again with what that gave: here that is nothing.
        self.empty_log()
        fill(f"{self.home}/filler")
        self.wait_for(lambda: "cannot write the store" in live.err(1), 10, "a warning")
        time.sleep(1.5)
        self.assertEqual(live.out, "")
        os.unlink(f"{self.home}/filler")
        self.wait_for(lambda: live.out == "precious\n", 5, "the reply")
        live.close()
        self.assertEqual(live.wait(), [OK, OK, OK])
        self.assertAnswered(1)

    @seconds(4)
    def test_a_turn_that_finds_no_room_to_begin_is_run_when_there_is(self):
        self.tmpfs(self.home, "8m,nr_inodes=60")
        live = self.start(["agim-recv", "stdin"], CAT, ["agim-send"])
        live.write("first\n")
        self.wait_for(lambda: live.out == "first\n", what="the first reply")
        # The store can still be written, but no file can be made.
        for number in range(60):
            try:
                os.mkdir(f"{self.home}/filler{number}")
            except OSError:
                break
        live.write("second\n")
        time.sleep(1.5)
        for name in glob.glob(f"{self.home}/filler*"):
            os.rmdir(name)
        live.close()
        self.assertEqual(live.wait(), [OK, OK, OK])
        self.assertEqual(live.out, "first\nsecond\n")
        self.assertAnswered(2)

    def test_a_start_on_a_full_disk_says_so_and_changes_nothing(self):
        self.tmpfs(self.home, "1m")
        self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin="hello\n")
        fill(f"{self.home}/filler")
        for words in (["agim-session", "post", "stdin:a", "x"], ["agim-send", "file:/dev/null", "x"]):
            done = self.pipe(words)
            self.assertCodes(done, AGAIN)
            self.assertSaid(done, 0, "make room and try again")
        os.unlink(f"{self.home}/filler")
        self.assertAnswered(1)

    def test_a_new_home_on_a_full_disk_is_refused_in_words(self):
        self.tmpfs(self.path("small"), "64k")
        fill(self.path("small/filler"))
        done = self.pipe(["agim-recv", "stdin"], stdin="x\n", AGIM_HOME=self.path("small/home"))
        self.assertIn(done.codes[0], (CANNOT_CREATE, AGAIN), done.errors)
        self.assertRegex(done.err(0), "No space left on device|make room")
        self.assertEqual(done.out, "")

    def test_a_source_does_not_print_what_it_could_not_store(self):
        self.tmpfs(self.home, "1m")
        self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin="hello\n")
        fill(f"{self.home}/filler")
        live = self.start(["agim-recv", "stdin"])
        live.write("x\n")
        self.wait_for(lambda: "cannot write the store" in live.err(0), what="the warning")
        self.assertEqual(live.out, "")
        live.procs[0].terminate()
        self.assertEqual(live.wait(), [AGAIN])
        os.unlink(f"{self.home}/filler")
        self.assertEqual(self.count("inbox"), 1)


    def empty_log(self):
        database = sqlite3.connect(f"{self.home}/agim.db", timeout=10)
        self.assertEqual(database.execute("pragma wal_checkpoint(truncate)").fetchone()[0], 0)
        database.close()


class Lock(Case):

    def lock(self):
        database = sqlite3.connect(f"{self.home}/agim.db", timeout=10, isolation_level=None, check_same_thread=False)
        database.execute("begin immediate")
        return database

    @seconds(16)
    def test_a_lock_of_thirteen_seconds_is_waited_out(self):
        live = self.start(["agim-recv", "stdin"], CAT, ["agim-send"])
        live.write("before\n")
        self.wait_for(lambda: live.out == "before\n", what="the first reply")
        other = self.lock()
        live.write("during\n")
        time.sleep(13)
        self.assertEqual([process.poll() for process in live.procs], [None] * 3, live.errors)
        other.execute("rollback")
        other.close()
        self.wait_for(lambda: live.out == "before\nduring\n", 5, "the second reply")
        live.close()
        self.assertEqual(live.wait(), [OK, OK, OK])
        self.assertSaid(live, 0, "the store is locked by another process; waiting", "cannot write the store")
        self.assertAnswered(2)

    @seconds(60)
    def test_a_lock_of_thirty_seconds_kills_nobody_even_when_lines_are_due_again(self):
        # Two messages nobody takes, and a reply nobody reads: they are printed again after 30 s, in the lock.
        live = self.start(["agim-recv", "stdin"], "grep --line-buffered -v lost", CAT, "grep --line-buffered -v unread", ["agim-send"])
        live.write("lost\nunread\n")
        self.wait_for(lambda: self.count("outbox", "state = 'ready'") == 1, what="the reply")
        time.sleep(19)
        other = self.lock()
        live.write("during\n")
        time.sleep(30)
        self.assertEqual([process.poll() for process in live.procs], [None] * 5, live.errors)
        other.execute("rollback")
        other.close()
        self.wait_for(lambda: "during\n" in live.out, 15, "the reply")
        live.procs[0].terminate()
        live.close()
        live.wait()
        self.assertEqual(self.states("inbox"), {"new": 1, "done": 2})
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"])
        self.assertEqual(sorted(done.out.split()), ["lost", "unread"])
        self.assertAnswered(3)

    @seconds(13)
    def test_sigterm_in_a_lock_ends_within_ten_seconds(self):
        live = self.start(["agim-recv", "stdin"])
        live.write("before\n")
        self.wait_for(lambda: "before" in live.out, what="the line")
        other = self.lock()
        live.write("during\n")
        time.sleep(1)
        began = time.monotonic()
        live.procs[0].terminate()
        live.wait(25)
        took = time.monotonic() - began
        other.execute("rollback")
        other.close()
        self.assertIn(live.codes[0], (OK, AGAIN), live.errors)
        self.assertNotIn("during", live.out)
        self.assertLess(took, 10.5)

    @seconds(12)
    def test_a_tool_waits_ten_seconds_for_a_lock_and_says_so(self):
        self.pipe(["agim-recv", "stdin"], stdin="x\n")
        other = self.lock()
        began = time.monotonic()
        done = self.pipe(["agim-session", "post", "stdin:a", "x"], limit=20)
        self.assertAlmostEqual(time.monotonic() - began, 10, delta=2)
        self.assertCodes(done, AGAIN)
        self.assertSaid(done, 0, "keeps the store locked", "nothing is lost; try again", "agim.db")
        self.assertCodes(self.queue("list"), OK)
        other.execute("rollback")
        other.close()


class Damage(Case):

    def all_refuse(self, code, *pieces, **env):
        for words in COMMANDS:
            with self.subTest(command=words[0]):
                done = self.pipe(words, **env)
                self.assertCodes(done, code)
                self.assertEqual(done.out, "")
                self.assertSaid(done, 0, *pieces)

    def test_garbage_in_place_of_the_store_is_named_with_what_to_do(self):
        self.write("home/agim.db", os.urandom(20_000))
        self.all_refuse(DATA, f"{self.home}/agim.db", "damaged", "restore a copy")

    def test_the_file_of_another_program_is_left_alone(self):
        with sqlite3.connect(f"{self.home}/agim.db") as database:
            database.execute("create table t (x)")
            database.execute("pragma application_id = 4711")
        database.close()
        self.all_refuse(DATA, f"{self.home}/agim.db", "not a store of agim")

    def test_a_truncated_store_is_named_with_what_to_do(self):
        self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin=digits(50))
        self.sql("pragma wal_checkpoint(truncate)")
        for name in ("agim.db-wal", "agim.db-shm"):
            if os.path.exists(f"{self.home}/{name}"):
                os.unlink(f"{self.home}/{name}")
        size = os.path.getsize(f"{self.home}/agim.db")
        os.truncate(f"{self.home}/agim.db", size // 2 // 4096 * 4096)
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin="x\n")
        self.assertIn(DATA, done.codes, done.errors)
        self.assertIn(f"{self.home}/agim.db", done.errors)
        self.assertIn("restore a copy", done.errors)
        check = self.queue("check")
        self.assertCodes(check, DATA)

    def test_a_store_of_a_newer_version_is_refused(self):
        self.pipe(["agim-recv", "stdin"], stdin="x\n")
        self.sql("pragma user_version = 99")
        self.all_refuse(UNAVAILABLE, f"{self.home}/agim.db", "newer agim", "store version 99")
        self.assertEqual(self.sql("pragma user_version")[0]["user_version"], 99)


class Homes(Case):

    def as_nobody(self, *stages, **options):
        need("setpriv", "util-linux")
        user = nobody()
        wrap = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        return self.pipe(*[wrap + stage for stage in stages], **options)

    def give(self, path):
        for folder, _, files in os.walk(path):
            os.chown(folder, nobody().pw_uid, nobody().pw_gid)
            for name in files:
                os.chown(os.path.join(folder, name), nobody().pw_uid, nobody().pw_gid)

    def test_a_pipeline_works_for_an_ordinary_user(self):
        self.give(self.home)
        done = self.as_nobody(["agim-recv", "stdin"], CAT, ["agim-send"], stdin=digits(20))
        self.assertCodes(done, OK, OK, OK)
        self.assertEqual(done.out, digits(20))
        self.assertAnswered(20)

    def test_a_home_that_cannot_be_made_is_named(self):
        done = self.as_nobody(["agim-recv", "stdin"], stdin="x\n", AGIM_HOME=self.path("new"))
        self.assertCodes(done, CANNOT_CREATE)
        self.assertSaid(done, 0, self.path("new"), "Permission denied")

    def test_a_home_that_cannot_be_written_is_named(self):
        self.give(self.home)
        os.chmod(self.home, 0o500)
        done = self.as_nobody(["agim-recv", "stdin"], stdin="x\n")
        self.assertCodes(done, CANNOT_CREATE)
        self.assertSaid(done, 0, self.home)

    def test_a_store_that_cannot_be_written_is_named(self):
        for what in ("home", "run", "store"):
            with self.subTest(what=what):
                home = self.path(f"home-{what}")
                self.pipe(["agim-recv", "stdin"], stdin="x\n", AGIM_HOME=home)
                self.give(home)
                for name in glob.glob(f"{home}/agim.db*") if what == "store" else []:
                    os.chmod(name, 0o400)
                if what != "store":
                    os.chmod(home if what == "home" else f"{home}/run", 0o500)
                done = self.as_nobody(["agim-recv", "stdin"], stdin="y\n", AGIM_HOME=home)
                os.chmod(home, 0o700)
                if what != "home":
                    self.assertCodes(done, CANNOT_CREATE)
                    self.assertSaid(done, 0, home)
                else:
                    # What is there can be written: nothing has to be made.
                    self.assertIn(done.codes, ([OK], [CANNOT_CREATE]), done.errors)

    def test_a_read_only_file_system_is_named(self):
        self.tmpfs(self.home, "2m")
        self.pipe(["agim-recv", "stdin"], stdin="x\n")
        subprocess.run(["mount", "-o", "remount,ro", self.home], check=True)
        for words in (["agim-recv", "stdin"], ["agim-session", "post", "stdin:a", "x"]):
            done = self.pipe(words, stdin="y\n")
            self.assertCodes(done, CANNOT_CREATE)
            self.assertSaid(done, 0, self.home)
            self.assertEqual(done.out, "")

    def test_a_home_that_others_may_enter_is_refused(self):
        os.chmod(self.home, 0o755)
        for words in COMMANDS:
            done = self.pipe(words)
            self.assertCodes(done, CONFIG)
            self.assertSaid(done, 0, self.home, "755")

    def test_a_home_of_another_user_is_refused(self):
        self.give(self.home)
        done = self.pipe(["agim-recv", "stdin"])
        self.assertCodes(done, CONFIG)
        self.assertSaid(done, 0, self.home)

    def test_a_broken_configuration_is_named_by_line_and_column(self):
        for text, pieces in (
                ('{\n  "limits": {\n', ["config.json:3"]),
                ('{\n  "langauge": "zh" }', ["config.json:2:3", "langauge", 'did you mean "language"?']),
                ('{ "limits": { "backlog": "1s" } }', ["config.json:1:", "limits.backlog", "1m"]),
                ('{ "agents": { "a": { "comand": ["x"] } } }', ["agents.a.comand", 'did you mean "command"?'])):
            with self.subTest(text=text):
                self.config(None, text=text)
                done = self.pipe(["agim-recv", "stdin"], stdin="x\n")
                self.assertCodes(done, CONFIG)
                self.assertSaid(done, 0, *pieces)
                self.assertEqual(done.out, "")

    def test_a_configuration_that_others_may_read_is_refused(self):
        self.config({})
        os.chmod(f"{self.home}/config.json", 0o644)
        done = self.pipe(["agim-recv", "stdin"])
        self.assertCodes(done, CONFIG)
        self.assertSaid(done, 0, "config.json", "600")

    def test_comments_and_trailing_commas_are_allowed(self):
        self.config(None, text='// a\n{ "limits": { "jobs": 2, }, /* b */ }\n')
        self.assertCodes(self.pipe(["agim-recv", "stdin"], stdin="x\n"), OK)

    def test_a_second_receiver_of_the_same_account_is_refused(self):
        words = ["agim-recv", "command:sleep 30"]
        live = self.start(words)
        sleeping = lambda: [words for words in self.processes().values() if words.startswith("sleep")]
        self.wait_for(lambda: len(sleeping()) == 1, what="the program")
        second = self.pipe(words)
        self.assertCodes(second, AGAIN)
        self.assertSaid(second, 0, "already receives", "sleep 30")
        other = self.start(["agim-recv", "command:sleep 31"])
        self.wait_for(lambda: len(sleeping()) == 2, what="another program")
        for pipeline in (live, other):
            pipeline.procs[0].terminate()
            self.assertEqual(pipeline.wait(), [OK])


class Clocks(Case):

    def setUp(self):
        super().setUp()
        need("faketime")
        self.offset("+0")
        self.env.update({
            "FAKETIME_TIMESTAMP_FILE": self.path("clock"), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"})
        # Through the wrapper, and not by LD_PRELOAD alone: the library would set FAKETIME_SHARED itself, which
        # moves the environment, and Swift's runtime (6.3) then finds no arguments. The clock is the file's.
        wrap = ["faketime", "-f", "+0", "env", "-u", "FAKETIME"]
        self.recv, self.run_, self.send = (wrap + words for words in (["agim-recv", "stdin"], CAT, ["agim-send"]))

    def offset(self, text):
        with open(self.path("clock.new"), "w") as file:
            file.write(text + "\n")
        os.rename(self.path("clock.new"), self.path("clock"))

    def live(self):
        target = self.script(
            "target", f"unset LD_PRELOAD FAKETIME_SHARED; [ -e {self.path('open')} ] || exit 75; cat >> {self.path('got')}\n")
        return self.start(self.recv, self.run_, [*self.send, "--via", f"command:{target}"])

    def say(self, live, text):
        live.write(text + "\n")
        self.wait_for(lambda: self.count("outbox join outbox_line using (n)", f"state <> 'ready' and line like '%\"{text}\"%'") == 1, what=text)
        self.wait_for(lambda: self.count("outbox", "attempts > 0"), what="a try")

    def got(self):
        return [json.loads(line) for line in self.read("got").splitlines()] if os.path.exists(self.path("got")) else []

    def check_ids(self):
        ids = [row["id"] for row in self.sql("select id from inbox order by n")]
        self.assertEqual(ids, sorted(ids), "ids sort as they were made")
        everything = ids + [row["id"] for row in self.sql("select id from outbox")]
        self.assertEqual(len(everything), len(set(everything)))

    @seconds(12)
    def test_a_clock_that_jumps_back_an_hour_holds_nothing_up(self):
        live = self.live()
        self.say(live, "before")
        first = self.sql("select accepted from inbox")[0]["accepted"]
        self.offset("-3600")
        self.say(live, "after")
        self.assertLess(self.sql("select max(accepted) a from inbox where line like '%after%'")[0]["a"], first, "the clock jumped")
        self.write("open", "")
        self.wait_for(lambda: len(self.got()) == 2, 12, "both deliveries")
        live.close()
        self.assertEqual(live.wait(), [OK, OK, OK])
        self.assertEqual([line["text"] for line in self.got()], ["before", "after"])
        self.check_ids()
        self.assertAnswered(2)

    @seconds(15)
    def test_a_clock_that_jumps_back_five_minutes_holds_nothing_up(self):
        live = self.live()
        self.say(live, "before")
        self.offset("-300")
        self.write("open", "")
        self.wait_for(lambda: len(self.got()) == 1, 12, "the delivery")
        live.close()
        live.wait()
        self.assertAnswered(1)

    @seconds(12)
    def test_a_clock_that_jumps_forward_a_day_stops_nothing(self):
        live = self.live()
        self.say(live, "before")
        self.offset("+86400")
        self.say(live, "tomorrow")
        self.write("open", "")
        self.wait_for(lambda: "tomorrow" in [line["text"] for line in self.got()], 12, "the delivery")
        self.offset("+0")
        self.say_when_open(live, "back")
        live.close()
        self.assertEqual(live.wait(), [OK, OK, OK])
        self.check_ids()
        # What was a day old when it was tried may be held, and is then shown; it is never lost.
        states = {json.loads(row["line"])["text"]: row["state"] for row in self.sql("select state, line from outbox join outbox_line using (n)")}
        self.assertIn(states.pop("before"), ("delivered", "held"))
        self.assertEqual(states, {"tomorrow": "delivered", "back": "delivered"})

    def say_when_open(self, live, text):
        live.write(text + "\n")
        self.wait_for(lambda: text in [line["text"] for line in self.got()], what=text)

    def test_a_restart_in_the_past_holds_nothing(self):
        self.config({"limits": {"backlog": "1m"}})
        self.pipe(self.recv, "cat >/dev/null", stdin="now\n")
        self.offset("-3600")
        done = self.pipe(self.recv, self.run_, self.send)
        self.assertEqual(done.out, "now\n")
        self.assertAnswered(1)
        self.check_ids()


class Neighbours(Case):

    def limit(self):
        """20 MB, and what a debug build needs more than a release build's 9 MB when it does nothing."""
        live = self.start(["agim-recv", "stdin"], AGIM_HOME=self.path("idle"))
        live.write("x\n")
        self.wait_for(lambda: live.raw, what="the line")
        idle = self.status(live.procs[0].pid, "VmHWM")
        live.close()
        live.wait()
        return 20 * 1024 + max(0, idle - 9 * 1024)

    def leaves(self, *words, stdin=subprocess.PIPE):
        """Starts a command whose reader goes away while it waits; returns how long it took to notice."""
        reading, writing = os.pipe()
        live = self.start(list(words), stdin=stdin, stdout=writing)
        os.close(writing)
        self.wait_for(lambda: self.count("inbox") >= 0, what="the store")
        time.sleep(0.4)
        self.assertIsNone(live.procs[0].poll(), live.errors)
        os.close(reading)
        began = time.monotonic()
        self.assertEqual(live.wait(5), [READER_GONE], live.errors)
        self.assertEqual(live.err(0), "")
        return time.monotonic() - began

    def test_a_receiver_leaves_at_once_with_its_reader(self):
        self.assertLess(self.leaves("agim-recv", "command:sleep 5"), 1)

    @seconds(2)
    def test_a_receiver_that_leaves_takes_its_program_along(self):
        self.leaves("agim-recv", "command:sleep 60")
        self.wait_for(lambda: not self.processes(), 2, "the end of the program")

    @seconds(3)
    def test_a_receiver_that_is_killed_takes_its_program_along(self):
        for which in ("process", "worker"):
            with self.subTest(killed=which):
                live = self.start(["agim-recv", "command:sleep 61"])
                self.wait_for(self.programs, what="the program")
                os.kill(live.procs[0].pid if which == "process" else self.worker(live.procs[0]), signal.SIGKILL)
                live.wait()
                self.wait_for(lambda: not self.processes(), 2, "the end of the program")

    def programs(self):
        return {pid for pid, words in self.processes().items() if words.startswith("sleep")}

    @seconds(13)
    def test_a_sender_that_is_stopped_leaves_no_delivery_running(self):
        target = self.script("target", "echo $$ >> pids; exec sleep 62\n")
        live = self.start(["agim-send", "--via", f"command:{target}"])
        live.write(json.dumps({"type": "reply", "id": "r1", "session": "stdin:a", "text": "x", "final": True}) + "\n")
        self.wait_for(lambda: self.count("outbox", "state = 'sending'") == 1, what="the delivery")
        live.procs[0].terminate()
        began = time.monotonic()
        self.assertEqual(live.wait(12), [AGAIN])
        self.assertLess(time.monotonic() - began, 10.5)
        self.wait_for(lambda: not self.processes(), 1, "the end of the program")

    def test_run_leaves_at_once_with_its_reader(self):
        self.assertLess(self.leaves(*CAT), 1)

    def test_send_with_receipts_leaves_at_once_with_its_reader(self):
        self.assertLess(self.leaves("agim-send", "--receipts", "--via", "file:/dev/null"), 1)

    def test_a_pipeline_falls_as_a_whole_when_its_end_dies(self):
        live = self.start(["agim-recv", "command:sleep 4"], CAT, ["agim-send"])
        self.wait_for(lambda: self.count("inbox") >= 0, what="the store")
        time.sleep(0.4)
        live.procs[2].kill()
        self.assertEqual(live.wait(3), [READER_GONE, READER_GONE, 137])

    @seconds(40)
    def test_a_slow_reader_costs_no_memory_and_no_message(self):
        count = 2500
        agent = self.script("agent", "cat; head -c 6000 /dev/zero | tr '\\0' x\n")
        source = self.script("source", f"""
i=0
while [ $i -lt {count} ]; do
  echo "{{\\"id\\":\\"m$i\\",\\"session\\":\\"stdin:$((i % 50))\\",\\"text\\":\\"m$i {'y' * 1500}\\"}}"
  i=$((i + 1))
done
exec sleep 100
""")
        live = self.start(
            ["agim-recv", f"command:{source}"], ["agim-run", "-j", "8", "exec", "--", agent],
            "sleep 20; exec cat", ["agim-send", "--via", f"file:{self.path('out')}"])
        peaks = {}
        pids = {name: self.worker(live.procs[number]) for name, number in (("recv", 0), ("run", 1), ("send", 3))}

        def measure():
            for name in pids:
                try:
                    peaks[name] = max(peaks.get(name, 0), self.status(pids[name], "VmHWM"))
                except (OSError, KeyError):
                    pass
            time.sleep(0.1)
            return self.count("outbox", "state = 'delivered'") == count

        self.wait_for(measure, 80, "all deliveries")
        live.procs[0].terminate()
        self.assertEqual(live.wait(), [OK] * 4)
        self.assertAnswered(count)
        texts = [line.split()[0] for line in self.read("out").splitlines() if line.startswith("m")]
        self.assertEqual(len(texts), count)
        self.assertEqual(set(texts), {f"m{n}" for n in range(count)})
        limit = self.limit()
        for name, peak in sorted(peaks.items()):
            with self.subTest(stage=name):
                self.assertLess(peak, limit, "kB")

    @seconds(25)
    def test_a_slow_platform_costs_no_memory(self):
        # agim-send never stops reading for a platform: what waits is in the store.
        text = "z" * 4000
        lines = "".join(json.dumps({
            "v": 1, "type": "reply", "id": f"r{n}", "session": f"stdin:{n % 20}", "text": f"r{n} {text}", "final": True}) + "\n"
            for n in range(5000))
        target = self.script("target", "sleep 9; exit 75\n")
        live = self.start(["agim-send", "--via", f"command:{target}"])
        feeder = threading.Thread(target=live.write, args=(lines,))
        feeder.start()
        self.wait_for(lambda: self.count("outbox") == 5000, 40, "all lines in the store")
        feeder.join()
        peak = self.status(self.worker(live.procs[0]), "VmHWM")
        live.procs[0].terminate()
        live.wait(15)
        limit = self.limit()
        self.assertEqual(live.codes, [AGAIN])
        self.assertEqual(self.count("outbox", "state in ('queued', 'sending')"), 5000)
        self.assertLess(peak, limit, "kB")


class Descriptors(Case):

    def test_a_closed_standard_input_is_an_empty_one_or_said(self):
        for command in ("agim-recv stdin", "agim-run exec -- cat", "agim-send"):
            done = self.pipe(f"{command} <&-")
            self.assertIn(done.codes[0], (OK, IO, 66, 71), done.errors)
            self.assertTrue(done.codes[0] == OK or done.err(0))

    def test_a_closed_standard_output_is_said_and_harms_no_file(self):
        done = self.pipe("agim-recv stdin >&-", stdin="hello\n")
        self.assertCodes(done, IO)
        self.assertSaid(done, 0, "standard output")
        done = self.pipe(["agim-recv", "stdin"], "agim-run exec -- cat >&-")
        self.assertEqual(done.codes[1], IO, done.errors)
        self.assertSaid(done, 1, "standard output")
        for command in ("agim-send stdout x", "agim-queue list", "agim-recv --help"):
            self.assertCodes(self.pipe(f"{command} >&-"), IO)
        self.assertEqual(self.sql("pragma integrity_check"), [{"integrity_check": "ok"}])
        for name in os.listdir(f"{self.home}/run"):
            if not name.startswith("line-"):
                self.assertEqual(os.path.getsize(f"{self.home}/run/{name}"), 0, name)
        # Nothing is lost by it.
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"])
        self.assertEqual(done.codes, [OK] * 3)
        rows = self.sql("select state from inbox where type = 'message'")
        self.assertEqual(len(rows), 1)

    def test_a_full_standard_output_is_said(self):
        for command in ("agim-recv stdin", "agim-queue list", "agim-recv --help", "agim-send stdout x", "agim-recv"):
            self.pipe(["agim-recv", "stdin"], stdin="x\n")
            done = self.pipe(f"{command} >/dev/full", stdin="hello\n")
            self.assertCodes(done, IO)
            self.assertSaid(done, 0, "standard output", "No space left on device")

    def test_an_unwritable_standard_error_kills_nobody(self):
        for number, error in enumerate(("2>/dev/full", "2>&-")):
            home = self.path(f"home{number}")
            done = self.pipe(
                f"agim-recv -v stdin {error}", f"agim-run -v exec -- sh -c 'cat; exit 1' {error}", f"agim-send -v {error}",
                stdin=b"a\xff\n", AGIM_HOME=home)
            self.assertEqual(done.codes, [OK] * 3)
            self.assertIn("ended with exit status 1", done.out)
            self.assertAnswered(1, home=home, errors=1)

    def test_an_unread_standard_error_kills_nobody(self):
        reading, writing = os.pipe()
        os.close(reading)
        live = subprocess.run(
            ["agim-recv", "stdin"], input=b"a\xff\n", stdout=subprocess.PIPE, stderr=writing, env=self.env, timeout=10,
            executable=shutil.which("agim-recv", path=self.env["PATH"]))
        os.close(writing)
        self.assertEqual(live.returncode, OK)
        self.assertEqual(live.stdout.count(b"\n"), 1)


class Garbage(Case):

    def garbage(self):
        kinds = [b"plain words", b"{", b"[1,2]", b'"text"', b"null", b'{"a":1}}', b'{"type":"message"', b"\xff\xfe\x00",
                 b'{"type":"message","id":"x" "y"}', b'{"a":01}', b"{'a':1}", b'{"a":"\x01"}', b"\x00" * 20]
        return b"\n".join(kinds[n % len(kinds)] for n in range(1000)) + b"\n"

    def test_a_thousand_lines_of_garbage_are_numbered_and_go_no_further(self):
        good = json.dumps({"type": "message", "id": "m1", "session": "stdin:main", "text": "alive"}).encode() + b"\n"
        done = self.pipe(CAT, ["agim-send"], stdin=self.garbage() + good)
        self.assertCodes(done, OK, OK)
        self.assertEqual(done.out, "alive\n")
        self.assertSaid(done, 0, "line 1, column 1: expected '{', found 'p'; left out", "line 1000, column 7: ")
        self.assertEqual(done.err(0).count("left out"), 1000)
        self.assertAnswered(1)

    def test_strict_makes_garbage_fatal(self):
        done = self.pipe(["agim-run", "--strict", "exec", "--", "cat"], stdin=b'{"type":"x"}\nplain words\n')
        self.assertCodes(done, DATA)
        self.assertSaid(done, 0, "line 2, column 1: expected '{'")
        self.assertCodes(self.pipe(["agim-send", "--strict"], stdin=b"x\n"), DATA)

    def test_odd_but_valid_lines_are_survived(self):
        odd = [
            {"type": "message"}, {"type": "message", "id": "a b", "session": "stdin:main"}, {"type": 5},
            {"type": "message", "id": "m9", "session": "no address", "text": "x"}, {"type": "reply", "text": "x"},
            {"type": "message", "id": "m8", "session": "stdin:main", "text": {"no": "text"}},
            {"type": "message", "id": "m7", "session": "stdin:main", "agent": 5, "text": "x"},
            {"type": "message", "id": "é", "session": "stdin:main"}, {"type": "control", "action": "abort"},
            {"type": "reply", "id": "r1", "session": "stdin:main", "final": "yes", "text": "x"},
            {"type": "error", "id": "e1"}, {"type": "reply", "id": "r2", "session": "stdin:main"}, {}]
        done = self.pipe(CAT, ["agim-send"], stdin="".join(json.dumps(line) + "\n" for line in odd))
        self.assertCodes(done, OK, OK)
        self.assertEqual(set(self.states("inbox")) - {"done", "dead"}, set())

    def test_a_line_of_five_megabytes_is_left_out_and_told_about(self):
        huge = b'{"type":"message","id":"m1","session":"stdin:main","text":"' + b"x" * 5_000_000 + b'"}\n'
        good = json.dumps({"type": "message", "id": "m2", "session": "stdin:main", "text": "alive"}).encode() + b"\n"
        done = self.pipe(CAT, ["agim-send"], stdin=huge + good)
        self.assertCodes(done, OK, OK)
        self.assertEqual(done.out, "alive\n")
        self.assertSaid(done, 0, "line 1: longer than 1048576 bytes; left out")

    @seconds(4)
    def test_a_message_of_five_megabytes_travels_as_a_file(self):
        whole = b"0123456789abcde\xc3\xa9" * 300_000
        done = self.pipe(
            ["agim-recv", "stdin"], "tee lines", CAT, ["agim-send"], stdin=whole + b"\nalso alive\n")
        self.assertCodes(done, OK, OK, OK, OK)
        self.assertTrue(done.out.endswith("\nalso alive\n"))
        with open(self.path("lines"), encoding="utf-8") as file:
            attachment = json.loads(file.readline())["attachments"][0]
        with open(attachment["path"], "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(), hashlib.sha256(whole).hexdigest())
        self.assertEqual((attachment["sha256"], attachment["size"]), (hashlib.sha256(whole).hexdigest(), len(whole)))
        self.assertAnswered(2)


class Idle(Case):
    alone = True

    def test_an_idle_pipeline_hardly_wakes(self):
        live = self.start(["agim-recv", "inbox"], CAT, ["agim-send"])
        self.wait_for(lambda: self.count("inbox") >= 0, what="the store")
        post = self.pipe(["agim-session", "post", "stdin:main", "warm up"])
        self.assertCodes(post, OK)
        self.wait_for(lambda: live.out == "warm up\n", what="the reply")
        time.sleep(1)
        pids = {
            "recv": self.worker(live.procs[0]), "guardian": live.procs[1].pid, "run": self.worker(live.procs[1]),
            "send": self.worker(live.procs[2])}
        before = {name: self.status(pid, "voluntary_ctxt_switches") for name, pid in pids.items()}
        time.sleep(10)
        grown = {name: self.status(pid, "voluntary_ctxt_switches") - before[name] for name, pid in pids.items()}
        live.procs[0].terminate()
        self.assertEqual(live.wait(), [OK, OK, OK])
        for name, switches in grown.items():
            self.assertLess(switches, 15, name)


if __name__ == "__main__":
    unittest.main()
