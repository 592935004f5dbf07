"""agim start, stop and restart: one of a name, started again, ended as a whole."""

import os
import re
import signal
import subprocess

from support import BIN, CONFIG, Case, DATA, NO_INPUT, NOT_PERMITTED, OK, UNAVAILABLE, USAGE, nobody, seconds

ECHO = "agim-recv inbox | agim-run exec -- rev | agim-send --via file:$AGIM_HOME/out.txt\n"


class Named(Case):

    def setUp(self):
        super().setUp()
        os.mkdir(f"{self.home}/pipes", 0o700)

    def named(self, name, text=ECHO, mode=0o600):
        path = self.write(f"home/pipes/{name}", text)
        os.chmod(path, mode)

    def agim(self, *words, limit=30):
        return self.pipe(["agim", *words], limit=limit)

    def pid(self, name="main"):
        lines = self.pipe(["agim", "status", "--json"]).lines
        return next((line.get("pid") for line in lines if line.get("name") == name), None)

    def begun(self, running, name="main"):
        self.wait_for(lambda: f"started pipe={name}" in running.err(0), what="the start")

    def ended(self, text=None):
        self.wait_for(lambda: not self.processes(text), what="the end of every process")

    def foreground(self, name="main", **more):
        running = self.start(["agim", "start", name], **more)
        self.begun(running, name)
        return running

    def test_in_the_foreground_it_runs_until_a_signal(self):
        self.named("main")
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            running = self.foreground()
            self.pipe(["agim-session", "post", "demo:1", f"signal{number}"])
            self.wait_for(lambda: os.path.exists(f"{self.home}/out.txt")
                          and f"signal{number}"[::-1] in self.read("home/out.txt"), what="the reply")
            running.procs[0].send_signal(number)
            running.wait()
            self.assertCodes(running, OK)
            self.ended()

    def test_the_text_runs_under_bash_with_pipefail_and_its_name(self):
        self.named("main", 'set -o | grep pipefail; echo "$AGIM_PIPE|$AGIM_HOME|$PWD|$BASH_VERSION"; readlink /proc/self/fd/0\n'
                   'command -v agim-recv; [[ -n ${BASHPID-} ]] && echo bash\n')
        done = self.agim("start", "main")
        self.assertCodes(done, OK)
        self.assertRegex(done.out, r"pipefail\s+on\n")
        self.assertIn(f"main|{self.home}|{self.home}|", done.out)
        self.assertIn("/dev/null", done.out)
        self.assertIn(f"{os.path.realpath(BIN)}/agim-recv", done.out)
        # A stage that fails fails the pipeline, though the last one does not.
        self.named("main", "exit 78 | cat\n")
        self.assertCodes(self.agim("start", "main"), CONFIG)

    def test_it_is_started_again_when_it_fails(self):
        self.named("main", 'echo run >> $AGIM_HOME/runs; [ $(wc -l < $AGIM_HOME/runs) -ge 3 ] || exit 1\n')
        done = self.agim("start", "main")
        self.assertCodes(done, OK)
        self.assertEqual(self.read("home/runs"), "run\n" * 3)
        pauses = [int(text) for text in re.findall(r'in="(\d+) ms"', done.err(0))]
        self.assertEqual(len(pauses), 2)
        self.assertTrue(500 <= pauses[0] <= 1000 <= pauses[1] <= 2000, pauses)

    def test_it_is_started_again_when_a_signal_ends_it(self):
        self.named("main", 'if [ -e $AGIM_HOME/once ]; then exit 0; fi; touch $AGIM_HOME/once; kill -9 $$\n')
        done = self.agim("start", "main")
        self.assertCodes(done, OK)
        self.assertSaid(done, 0, "starting again", "status=137")

    def test_what_does_not_go_away_by_itself_ends_it(self):
        for code, word in ((NOT_PERMITTED, "not permitted"), (CONFIG, "configuration")):
            self.named("main", f"exit {code}\n")
            done = self.agim("start", "main")
            self.assertCodes(done, code)
            self.assertSaid(done, 0, f"ended with status {code} and is not started again", word)

    def test_a_signal_between_two_runs_ends_it_at_once(self):
        self.named("main", "exit 1\n")
        running = self.foreground()
        self.wait_for(lambda: running.err(0).count("starting again") >= 2)
        running.procs[0].terminate()
        running.wait(5)
        self.assertCodes(running, OK)

    def test_in_the_background_until_it_is_stopped(self):
        self.named("main")
        done = self.agim("start", "main", "--bg")
        self.assertCodes(done, OK)
        self.assertSaid(done, 0, "started", "run/pipe.main.log")
        pid = self.pid()
        self.assertNotEqual(os.getsid(pid), os.getsid(0))
        self.assertRegex(self.agim("status").out, r"main +runs, process \d+, up \d+ s: agim-recv \| agim-run \| agim-send\n")
        self.pipe(["agim-session", "post", "demo:1", "olleh"])
        self.wait_for(lambda: os.path.exists(f"{self.home}/out.txt") and "hello" in self.read("home/out.txt"))
        done = self.agim("stop", "main")
        self.assertCodes(done, OK)
        self.assertSaid(done, 0, "stopped")
        self.ended()
        self.assertIn("stopped pipe=main", self.read("home/run/pipe.main.log"))
        self.assertIsNone(self.pid())
        # Once more, and once more: nothing is in the way.
        self.assertCodes(self.agim("start", "--bg", "main"), OK)
        self.assertNotEqual(self.pid(), pid)
        self.assertCodes(self.agim("stop", "main"), OK)
        done = self.agim("stop", "main")
        self.assertCodes(done, OK)
        self.assertSaid(done, 0, "does not run")

    def test_a_second_start_is_refused_in_words(self):
        self.named("main")
        self.agim("start", "main", "--bg")
        for words in (["start", "main"], ["start", "main", "--bg"]):
            done = self.agim(*words)
            self.assertCodes(done, UNAVAILABLE)
            self.assertSaid(done, 0, f"pipeline main runs already, as process {self.pid()}", "agim restart main")
        # Another name and another home do not mind.
        self.named("other")
        self.assertCodes(self.agim("start", "other", "--bg"), OK)
        self.assertCodes(self.agim("stop", "other"), OK)
        self.assertCodes(self.agim("stop", "main"), OK)
        self.ended()

    @seconds(3)
    def test_of_many_starts_one_wins(self):
        self.named("main", "echo run >> $AGIM_HOME/runs; exec sleep 1000\n")
        running = [self.start(["agim", "start", "main"]) for _ in range(8)]
        self.wait_for(lambda: sum(one.procs[0].poll() is not None for one in running) == 7, limit=30, what="seven refusals")
        self.wait_for(lambda: os.path.exists(f"{self.home}/runs"))
        self.assertEqual(self.read("home/runs"), "run\n")
        self.assertCodes(self.agim("stop", "main"), OK)
        codes = sorted(one.wait()[0] for one in running)
        self.assertEqual(codes[0], OK)
        self.assertTrue(set(codes[1:]) <= {UNAVAILABLE, 75}, codes)

    def test_restart(self):
        self.named("main")
        self.assertCodes(self.agim("restart", "main", "--bg"), OK)
        first = self.pid()
        self.assertCodes(self.agim("restart", "main", "--bg"), OK)
        self.assertNotEqual(self.pid(), first)
        self.agim("stop", "main")
        self.ended()

    def test_it_does_not_outlive_whoever_looks_after_it(self):
        self.named("main")
        for victim in ("worker", "guardian"):
            running = self.foreground()
            self.wait_for(lambda: self.pid() and len(self.processes()) >= 6, what="all stages")
            worker = self.pid()
            os.kill(worker if victim == "worker" else running.procs[0].pid, signal.SIGKILL)
            self.ended()
            self.assertIsNone(self.pid())

    @seconds(12)
    def test_stages_that_do_not_want_to_end_are_killed(self):
        self.named("main", "trap '' TERM INT; bash -c 'trap \"\" TERM; while :; do sleep 1; done' | cat\n")
        self.agim("start", "main", "--bg")
        done = self.agim("stop", "main", limit=30)
        self.assertCodes(done, OK)
        self.ended()
        self.assertIn("killing them", self.read("home/run/pipe.main.log"))

    def test_a_second_signal_does_not_wait(self):
        self.named("main", "trap '' TERM; while :; do sleep 0.1; done\n")
        running = self.foreground()
        running.procs[0].terminate()
        self.wait_for(lambda: "stopping" in running.err(0))
        running.procs[0].terminate()
        running.wait(5)
        self.ended()

    def test_what_a_pipeline_leaves_behind_ends_with_it(self):
        self.named("main", "sleep 1000 & setsid sleep 1000 & exit 0\n")
        self.assertCodes(self.agim("start", "main"), OK)
        self.ended()

    def test_a_pipeline_that_ends_at_once_is_told_about(self):
        self.config(None, text="{")
        self.named("main", "agim-recv inbox | agim-send\n")
        done = self.agim("start", "main", "--bg")
        self.assertCodes(done, CONFIG)
        self.assertSaid(done, 0, "ended at once", "config.json:1:2")

    def test_a_stale_or_forged_file_does_not_pass_for_a_process(self):
        self.named("main")
        os.mkdir(f"{self.home}/run")
        sleeper = subprocess.Popen(["sleep", "1000"], env=self.env)
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        for text in (f"{sleeper.pid} 1 agim\n", "garbage", "", "-1 0 agim\n", "1 0 agim\n", "9" * 5000):
            self.write("home/run/pipe.main", text)
            self.assertIsNone(self.pid())
            done = self.agim("stop", "main")
            self.assertCodes(done, OK)
            self.assertSaid(done, 0, "does not run")
        self.assertIsNone(sleeper.poll())
        self.assertCodes(self.agim("start", "main", "--bg"), OK)
        self.assertCodes(self.agim("stop", "main"), OK)

    @seconds(3)
    def test_a_lock_without_a_name_is_told_about(self):
        self.named("main")
        os.mkdir(f"{self.home}/run")
        path = self.write("home/run/pipe.main", "1 7 agim\n")
        holder = subprocess.Popen(
            ["python3", "-c", "import fcntl,struct,sys,os\n"
             "f=os.open(sys.argv[1],os.O_RDWR)\nfcntl.fcntl(f,37,struct.pack('hhqqi4x',1,0,0,0,0))\n"
             "print('locked',flush=True)\nsys.stdin.read()", path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.communicate)
        self.assertEqual(holder.stdout.readline(), "locked\n")
        for words in (["start", "main"], ["stop", "main"]):
            done = self.agim(*words)
            self.assertCodes(done, DATA)
            self.assertSaid(done, 0, "is locked by a process that it does not name")

    def test_names_that_are_none(self):
        for name in ("../main", "a/b", "", ".", "..", "a b", "x" * 65, "\u00e4", "a\nb", "$(id)"):
            for verb in ("start", "stop", "restart"):
                done = self.agim(verb, "--", name)
                self.assertCodes(done, USAGE)
                self.assertSaid(done, 0, "is not the name of a pipeline")

    def test_a_pipeline_that_is_not_there(self):
        self.named("night")
        for verb in ("start", "stop", "restart"):
            done = self.agim(verb, "nigth")
            self.assertCodes(done, NO_INPUT)
            self.assertSaid(done, 0, "there is no pipeline nigth", "did you mean night?")
        self.assertSaid(self.agim("start"), 0, "there are night")

    def test_files_that_must_not_be_run(self):
        self.named("open", mode=0o622)
        self.assertSaid(self.agim("start", "open"), 0, "can be written by others", "chmod go-w")
        self.assertCodes(self.agim("start", "open"), CONFIG)
        self.named("theirs")
        os.chown(f"{self.home}/pipes/theirs", nobody().pw_uid, -1)
        self.assertSaid(self.agim("start", "theirs"), 0, "belongs to user")
        os.mkdir(f"{self.home}/pipes/folder")
        os.mkfifo(f"{self.home}/pipes/fifo")
        for name in ("folder", "fifo"):
            done = self.agim("start", name)
            self.assertCodes(done, CONFIG)
            self.assertSaid(done, 0, "is not a regular file")
        # It needs no executable bit, and what follows it may be a link.
        self.named("plain", "echo fine\n", mode=0o400)
        os.symlink("plain", f"{self.home}/pipes/link")
        self.assertEqual(self.agim("start", "plain").out, "fine\n")
        self.assertEqual(self.agim("start", "link").out, "fine\n")

    def test_a_text_that_is_no_bash_is_tried_again_and_can_be_ended(self):
        self.named("main", b"\0\xff\xfe( ((\n")
        running = self.foreground()
        self.wait_for(lambda: "starting again" in running.err(0))
        self.assertCodes(self.agim("stop", "main"), OK)
        running.wait()

    def test_without_bash_it_says_so(self):
        self.named("main")
        tools = self.path("empty")
        os.mkdir(tools)
        done = subprocess.run(
            [f"{BIN}/agim", "start", "main"], env={**self.env, "PATH": tools}, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, UNAVAILABLE, done.stderr)
        self.assertIn("bash is not installed", done.stderr)

    def test_one_that_systemd_runs_is_left_to_it(self):
        self.named("main")
        # As systemd does it: the variable names the process that it started.
        running = self.start(["sh", "-c", "SYSTEMD_EXEC_PID=$$ exec agim start main"])
        self.begun(running)
        done = self.agim("stop", "main")
        self.assertCodes(done, UNAVAILABLE)
        self.assertSaid(done, 0, "is run by systemd", "systemctl stop agim@main")
        self.assertIn("under systemd", self.agim("status").out)
        running.procs[0].terminate()
        running.wait()
        # An inherited one does not count.
        running = self.start(["sh", "-c", "SYSTEMD_EXEC_PID=$$ agim start main; true"])
        self.begun(running)
        self.assertCodes(self.agim("stop", "main"), OK)
        running.wait()

    def test_the_log_does_not_grow_without_end(self):
        self.named("main", "exec sleep 1000\n")
        os.mkdir(f"{self.home}/run")
        log = "home/run/pipe.main.log"
        for size, kept in ((1000, True), (9 << 20, False)):
            self.write(log, "before\n" * (size // 7))
            self.assertCodes(self.agim("start", "main", "--bg"), OK)
            self.assertEqual(self.read(log).startswith("before\n"), kept)
            self.assertIn("started pipe=main", self.read(log))
            self.assertCodes(self.agim("stop", "main"), OK)
        self.assertEqual(self.read(log + ".1").count("before\n"), (9 << 20) // 7)
