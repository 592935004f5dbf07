"""Goals: what is set in a chat or at the desk stands before the prompts of its conversation, and nowhere else."""

import json
import os
import signal
import time

from support import NO_INPUT, USAGE, DATA, Case

PIPE = "agim-recv stdin --session {} | agim-route | agim-run cat | agim-send"


class WorkCase(Case):
    def setUp(self):
        super().setUp()
        self.config({"agents": {"cat": {"driver": "exec", "command": ["cat"]}, "sh": {"driver": "shell"}},
                     "default_agent": "cat", "allow": {"*": "*"}})

    def say(self, text, session="stdin:a"):
        """What is answered to a message."""
        done = self.pipe(["bash", "-c", PIPE.format(session)], stdin=text + "\n")
        self.assertCodes(done, 0)
        return done.out


class Goals(WorkCase):
    def test_a_goal_stands_before_every_prompt_of_its_conversation(self):
        self.assertEqual(self.say("hello"), "hello\n")
        self.assertIn("put before every prompt from now on: ship it", self.say("/goal set ship it"))
        answer = self.say("hello")
        self.assertIn("goal of this conversation, set by stdin:tester on ", answer)
        self.assertIn(": ship it\n", answer)
        self.assertTrue(answer.endswith("\n\nhello\n"), answer)
        self.assertEqual(self.say("hello", "stdin:b"), "hello\n")
        self.assertEqual(self.say("/goal progress tests are green"), "Noted.\n")
        self.assertRegex(self.say("hello"), r"Noted on the way:\n- \d{4}-\d\d-\d\d tests are green\n")
        # A new conversation under the same address goes on towards it, and says so.
        self.assertIn("Kept: ship it.", self.say("/new"))
        self.assertIn("ship it", self.say("hello"))
        self.assertIn("Goal: ship it", self.say("/status"))
        shown = self.say("/goal")
        self.assertIn("ship it\n", shown)
        self.assertIn("tests are green", shown)
        self.assertEqual(self.say("/complete_goal all of it"), "Reached: ship it\n")
        self.assertEqual(self.say("hello"), "hello\n")
        rows = self.sql("select state, person, generation from goal")
        self.assertEqual([tuple(row.values()) for row in rows], [("done", "stdin:tester", 1)])
        self.assertEqual([row["text"] for row in self.sql("select text from goal_note order by n")],
                         ["tests are green", "all of it"])

    def test_there_is_one_at_a_time(self):
        self.say("/long_task one")
        self.assertIn("It takes the place of: one", self.say("/long_task two"))
        answer = self.say("x")
        self.assertIn(": two\n", answer)
        self.assertNotIn(": one", answer)
        self.assertEqual(self.say("/goal drop"), "Given up: two\n")
        self.assertIn("no goal", self.say("/complete_goal"))
        self.assertEqual(sorted(row["state"] for row in self.sql("select state from goal")), ["dropped", "replaced"])

    def test_in_chinese(self):
        self.assertIn("目标已设定", self.say("/goal set 发布新版本"))
        self.assertIn("发布新版本", self.say("好"))
        self.assertEqual(self.say("/goal 完成 已发布"), "目标已达成：发布新版本\n")

    def test_what_is_not_understood_changes_nothing(self):
        self.say("/goal set one")
        self.assertIn("This is written /goal [set TEXT|", self.say("/goal progres two"))
        self.assertIn("longer than 4000 bytes", self.say("/goal set " + "x" * 4001))
        self.assertEqual([row["text"] for row in self.sql("select text from goal")], ["one"])

    def test_commands_of_agents_and_command_lines_stay_as_they_are(self):
        self.say("/goal set one")
        # A slash that is no command of agim's goes to nobody; one behind an agent's name is the agent's.
        self.assertEqual(self.say("/agent cat /review it"), "/review it\n")
        done = self.pipe(["bash", "-c", PIPE.format("stdin:a").replace("agim-run cat", "agim-run cat sh")],
                         stdin="/sh echo hi\n")
        self.assertNotIn("[agim] The lasting goal", done.out)

    def test_at_the_desk(self):
        def goal(*words, code=0, **more):
            done = self.pipe(["agim-session", "goal", *words], **more)
            self.assertCodes(done, code)
            return done.out if code == 0 else done.err(0)

        self.assertIn("stdin:a has no goal", goal("show", "stdin:a", code=NO_INPUT))
        goal("set", "stdin:a", "ship", "it")
        goal("progress", "stdin:a", "half")
        self.assertIn("ship it", self.say("x"))
        shown = json.loads(goal("show", "--json", "stdin:a"))
        self.assertEqual((shown["text"], shown["person"], [note["text"] for note in shown["notes"]]),
                         ("ship it", "local:tester", ["half"]))
        self.assertIn("  ship it", goal("list"))
        goal("complete", "stdin:a")
        self.assertEqual(goal("list"), "")
        self.assertIn("  done  ", goal("list", "--all"))
        for words, code, text in [
                (["set", "stdin:a"], USAGE, "the text is missing"), (["set", "nowhere", "x"], USAGE, "not an address"),
                (["sett", "stdin:a", "x"], USAGE, "did you mean set?"), (["drop", "stdin:a"], NO_INPUT, "no goal"),
                (["set", "stdin:a", "x" * 4001], DATA, "longer than 4000 bytes"), (["show"], USAGE, "address is missing")]:
            with self.subTest(words[0]):
                self.assertIn(text, goal(*words, code=code))

    def test_an_agent_does_not_change_them_from_outside(self):
        self.config({"agents": {"cat": {
            "driver": "exec", "command": ["sh", "-c", "agim-session goal set stdin:b mine 2>&1; echo $?"]}},
            "default_agent": "cat", "allow": {"*": "*"}})
        self.assertIn(f"may not change what others work towards", self.say("x"))
        self.assertFalse(self.sql("select n from goal"))


class Jobs(WorkCase):
    """Two pipelines: one for the chat, and one for the jobs, which lives by itself."""

    # Works until the file `go` is there, then says what it was told.
    AGENT = "cat > \"$0.$$\"; echo begun; while [ ! -e \"$0\" ]; do sleep 0.05; done; echo got $(cat \"$0.$$\")"

    def setUp(self):
        super().setUp()
        self.go = self.path("go")
        self.configure()

    def configure(self, **more):
        self.config({"agents": {
            "slow": {"driver": "exec", "command": ["sh", "-c", self.AGENT, self.go]}, "sh": {"driver": "shell"}},
            "default_agent": "slow", "allow": {"*": "*"}, **more})

    def serve(self):
        # The reader of what it prints is a file; stage 1 is agim-run.
        return self.start(["agim-recv", "job"], ["agim-run"], ["agim-send"], AGIM_PIPE="jobs")

    def job(self, words, session="stdin:a", person="tester"):
        done = self.pipe(
            ["bash", "-c", f"agim-recv stdin --session {session} --from {person} | agim-route | agim-send"],
            stdin=f"/{words}\n")
        self.assertCodes(done, 0)
        return done.out

    def states(self):
        if self.count("job") < 1:
            return []
        return [row["state"] for row in self.sql(
            "select inbox.state from job join inbox on inbox.id = message order by job.n")]

    def until(self, *states, limit=15):
        self.wait_for(lambda: self.states() == list(states), limit, f"jobs that are {states}")

    def release(self):
        with open(self.go, "w"):
            pass

    def output(self, n, file="output"):
        try:
            with open(f"{self.home}/jobs/{n}/{file}") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def test_a_job_works_beside_the_chat_and_its_answer_comes_there(self):
        serving = self.serve()
        self.wait_for(lambda: os.path.exists(f"{self.home}/run/source-job"), what="the source")
        self.assertIn("Job 1 begins.", self.job("job run count the stars"))
        self.until("running")
        self.wait_for(lambda: self.output(1) == "begun\n", what="the output so far")
        self.assertRegex(self.job("job"), r"^1  running  \d+ min  slow  count the stars\n$")
        shown = self.job("check 1")
        self.assertIn("What it has put out last:\nbegun\n", shown)
        self.assertIn(" begins\n", shown)
        self.assertIn("Job 1 is not finished", self.job("collect 1"))
        self.release()
        self.wait_for(lambda: "got count the stars" in serving.out, what="the answer")
        self.assertEqual(serving.out, "Job 1, count the stars:\n\nbegun\ngot count the stars\n")
        self.until("done")
        self.assertEqual(self.output(1).strip(), "begun\ngot count the stars")
        self.assertIn("ends: ok\n", self.output(1, "log"))
        self.assertIn("got count the stars", self.job("job collect"))
        self.assertIn("1  done", self.job("tasks"))
        row = self.sql("select session, target from outbox where final and session = 'job:1'")[0]
        self.assertEqual(row, {"session": "job:1", "target": "stdout"})
        self.assertEqual(os.stat(f"{self.home}/jobs/1").st_mode & 0o777, 0o700)
        serving.procs[0].terminate()
        serving.wait()

    def test_it_outlives_the_agim_run_of_the_chat(self):
        serving = self.serve()
        chat = self.start(
            ["agim-recv", "stdin", "--session", "stdin:a"], ["agim-route"], ["agim-run"], ["agim-send"])
        chat.write("/job run count\n")
        self.until("running")
        os.kill(self.worker(chat.procs[2]), signal.SIGKILL)
        for process in chat.procs:
            process.kill()
        chat.wait()
        self.release()
        self.wait_for(lambda: "got count" in serving.out, what="the answer")
        self.until("done")

    def test_three_of_one_person_are_worked_on_at_once(self):
        for text in "abcde":
            self.job(f"job run {text}")
        self.job("job run f", "stdin:b", "ann")
        serving = self.serve()
        self.until("running", "running", "running", "new", "new", "running")
        self.assertIn("5  waiting", self.job("jobs"))
        self.assertIn("Job 5 is cancelled.", self.job("cancel 5"))
        self.assertIn("5  cancelled", self.job("jobs"))
        self.release()
        self.until("done", "done", "done", "done", "dead", "done")
        self.wait_for(lambda: serving.out.count("got ") == 5, what="the answers")

    def test_who_cancels_a_job_ends_its_work(self):
        serving = self.serve()
        self.job("job run count")
        self.until("running")
        self.wait_for(lambda: self.output(1), what="the output")
        self.assertIn("Job 1 is told to stop.", self.job("job cancel 1"))
        self.until("done")
        self.wait_for(lambda: "slow was stopped." in serving.out, what="the words")
        self.assertIn("1  cancelled", self.job("job list"))
        self.assertIn("Job 1 has ended already.", self.job("job cancel 1"))
        self.wait_for(lambda: not self.processes(self.go), what="the end of the agent")

    def test_a_killed_pipeline_leaves_no_agent_and_the_job_can_be_run_again(self):
        serving = self.serve()
        self.job("job run count")
        self.until("running")
        self.wait_for(lambda: self.output(1), what="the output")
        for process in serving.procs:
            os.kill(self.worker(process), signal.SIGKILL)
        serving.wait()
        self.wait_for(lambda: not [
            line for line in self.processes("AGIM_TURN").values() if self.go in line], what="the end of the agent")
        self.assertEqual(self.states(), ["running"])
        serving = self.serve()
        self.until("dead")
        self.wait_for(lambda: "Job 1 was interrupted" in serving.out, what="the words")
        self.assertIn("1  interrupted", self.job("job"))
        self.assertIn("Job 1 is run again.", self.job("job retry 1"))
        self.release()
        self.wait_for(lambda: "got count" in serving.out, what="the answer")
        self.assertIn("1  done", self.job("job"))
        self.assertIn("was not interrupted", self.job("job retry 1"))

    def test_what_it_may_do_is_asked_where_it_was_begun(self):
        self.configure(approvers=["stdin:tester"], default_agent="sh")
        gate = self.start(["agim-recv", "command:" + self.script("silent", "sleep 60")], ["agim-approve"], ["cat"])
        serving = self.serve()
        self.job("job run touch made")
        self.wait_for(lambda: "sh wants to run" in serving.out, what="the card")
        request = self.sql("select session, person, state, code from request")[0]
        self.assertEqual((request["session"], request["person"], request["state"]), ("job:1", "stdin:tester", "pending"))
        made = f"{self.home}/work/sh/job_1/made"
        # It waits longer than a request without any gate would.
        self.assertFalse(os.path.exists(made))
        # Several jobs may ask in one chat: a word alone does not tell which of them is meant.
        answer = ["bash", "-c", "agim-recv stdin --session stdin:a | agim-approve | agim-send"]
        self.assertIn(f"y {request['code']}", self.pipe(answer, stdin="y\n").out)
        self.assertFalse(os.path.exists(made))
        self.pipe(answer, stdin=f"y {request['code']}\n")
        self.until("done")
        self.assertTrue(os.path.exists(made), serving.out + str(self.sql("select * from request")))
        gate.kill()

    def test_without_a_gate_nothing_runs(self):
        self.configure(default_agent="sh")
        serving = self.serve()
        self.job("job run touch made")
        self.until("done")
        self.wait_for(lambda: "no agim-approve" in serving.out, what="the words")
        self.assertFalse(os.path.exists(f"{self.home}/work/sh/job_1/made"))

    def test_only_who_began_it_sees_it(self):
        self.job("job run count the stars")
        self.assertEqual(self.job("job", "stdin:b", "ann"), "There are no jobs. /job run TEXT begins one.\n")
        for words in ("check", "collect", "cancel", "switch", "job retry"):
            self.assertIn("There is no job 1 here.", self.job(f"{words} 1", "stdin:b", "ann"))
        self.assertIn("Job 1 belongs to somebody else.", self.job("cancel 1", "stdin:a", "ann"))
        self.assertIn("count the stars", self.job("job", "stdin:c"))
        self.assertEqual(self.states(), ["new"])

    def test_its_lines_are_printed_by_its_own_source_alone(self):
        answer = self.job("job run count")
        self.assertIn("nobody runs jobs now", answer)
        for source in ("stdin", "inbox"):
            done = self.pipe(["bash", "-c", f"timeout 1 agim-recv {source} --once"])
            self.assertNotIn("count", done.out)
        done = self.pipe(["bash", "-c", "timeout 1 agim-recv job"])
        line = done.lines[0]
        self.assertEqual(
            (line["session"], line["reply_to"], line["agent"], line["text"], line["from"]["id"], line["job"]),
            ("job:1", "stdin:a", "slow", "count", "tester", 1))
        self.assertEqual(self.sql("select platform, account from inbox where session = 'job:1'"),
                         [{"platform": "stdin", "account": "/job"}])

    def test_switching_goes_on_from_what_its_agent_knows(self):
        self.job("job run count")
        self.assertIn("Job 1 is not finished", self.job("switch 1"))
        self.job("cancel 1")
        self.assertIn("nothing to go on from", self.job("switch 1"))
        native = json.dumps({"native": {"slow": {"id": "n-1", "workdir": "/w"}}})
        self.sql("update session set data = ? where address = 'job:1'", native)
        self.job("plan on")
        self.assertIn("slow goes on here from job 1.", self.job("switch 1"))
        data = json.loads(self.sql(
            "select data from session where address = 'stdin:a' and state = 'active'")[0]["data"])
        self.assertEqual(data["native"]["slow"]["id"], "n-1")
        self.assertEqual(self.job("job switch main"), "Back where this conversation was.\n")
        row = self.sql("select data, generation from session where address = 'stdin:a' and state = 'active'")[0]
        self.assertEqual((json.loads(row["data"])["mode"], row["generation"]), ("plan", 3))
        self.assertNotIn("native", json.loads(row["data"]))
        self.assertIn("in no job", self.job("job switch main"))

    def test_what_is_no_command_is_told(self):
        for words in ("job run", "job fly", "check", "check x", "job list 3", "job switch", "cancel -1"):
            self.assertIn("This is written /job [run TEXT|", self.job(words))
        self.assertIn("这里没有任务 7", self.job("job 查看 7"))


class Budgets(WorkCase):
    def cost(self, session, amount, days=0):
        began = int(time.time() * 1000) - days * 86_400_000
        self.sql(
            """insert into audit (id, agent, person, platform, session, began, ended, code, prompt, reply, cost)
               values ('old', 'cat', 'stdin:tester', 'stdin', ?, ?, ?, 'ok', 1, 1, ?)""",
            session, began, began + 1, int(amount * 1_000_000))

    def limits(self, **limits):
        self.config({"agents": {"cat": {"driver": "exec", "command": ["cat"]}}, "default_agent": "cat",
                     "allow": {"*": "*"}, "limits": limits})

    def test_a_conversation_s_day(self):
        self.limits(spend_session_day=2)
        self.assertEqual(self.say("hello"), "hello\n")
        self.cost("stdin:a", 5, days=2)
        self.cost("stdin:a", 1.5)
        self.assertEqual(self.say("hello"), "hello\n")
        self.cost("stdin:a", 0.5)
        answer = self.say("hello")
        for piece in ("this conversation and its jobs have cost $2.00 today", "$2.00", "limits.spend_session_day"):
            self.assertIn(piece, answer)
        # A new conversation under the address does not begin the day anew; another address has its own.
        self.say("/new")
        self.assertIn("Not begun", self.say("hello"))
        self.assertEqual(self.say("hello", "stdin:b"), "hello\n")

    def test_jobs_are_counted_with_their_conversation_and_stopped_with_it(self):
        for limit in ("spend_session", "spend_session_day"):
            with self.subTest(limit):
                session = f"stdin:{limit}"
                self.limits(**{limit: 1})
                self.say("hello", session)
                self.say("/job run one", session)
                self.pipe(["bash", "-c", "timeout 2 agim-recv job | agim-run | agim-send"], AGIM_PIPE="jobs")
                n = self.sql("select max(n) n from job")[0]["n"]
                self.assertEqual(self.sql("select code from job where n = ?", n)[0]["code"], "ok")
                self.cost(f"job:{n}", 1)
                self.assertIn("Not begun", self.say("hello", session))
                self.say("/job run two", session)
                done = self.pipe(["bash", "-c", "timeout 2 agim-recv job | agim-run | agim-send"], AGIM_PIPE="jobs")
                self.assertIn(f"Job {n + 1}, two:\n\nNot begun: ", done.out)
                self.assertEqual(self.sql("select code from job where n = ?", n + 1)[0]["code"], "spend_limit")


class Heartbeats(WorkCase):
    """A check by the clock: an agent is asked where it finds something, and nowhere else."""

    def setUp(self):
        super().setUp()
        self.found = self.path("found")
        self.told = self.path("told")
        self.beats(command=["sh", "-c", f"cat {self.found} 2>/dev/null || exit 1"])

    def beats(self, limits=None, **beat):
        self.config({
            "agents": {"cat": {"driver": "exec", "command": ["sh", "-c", "cat | tee -a \"$0\"", self.told]}},
            "default_agent": "cat", "allow": {"*": "*"}, "approvers": ["stdin:tester"], "limits": limits or {},
            "heartbeats": {"watch": {"to": "stdin:a", "idle": 0, **beat}}})

    def finds(self, text):
        if text is None:
            os.unlink(self.found)
        else:
            self.write("found", text)

    def beat(self):
        """The time of the heartbeat has come: what is said, and why nothing is."""
        self.sql("update reminder set next = ? where state = 'active'", int(time.time() * 1000) - 1000)
        done = self.pipe(["bash", "-c", "agim-remind due | agim-route | agim-run | agim-send"])
        self.assertCodes(done, 0)
        row = self.sql("select state, reason from inbox where platform = 'remind' order by n desc limit 1")
        return done.out, row[0]["reason"] if row else None

    def prompts(self):
        try:
            return self.read("told")
        except FileNotFoundError:
            return ""

    def test_it_is_off_until_somebody_turns_it_on(self):
        self.assertEqual(self.say("/heartbeat"), "watch  off  every:30m\n")
        self.assertEqual(self.sql("select n from reminder"), [])
        self.assertIn("watch is on: every:30m", self.say("/heartbeat on watch"))
        row = self.sql("select kind, session, person, missed, state from reminder")
        self.assertEqual(row, [
            {"kind": "prompt", "session": "stdin:a", "person": "stdin:tester", "missed": "skip", "state": "active"}])
        # Once is enough.
        self.say("/heartbeat on watch")
        self.assertEqual(sorted(row["state"] for row in self.sql("select state from reminder")), ["active", "cancelled"])
        self.assertIn("watch is off.", self.say("/heartbeat off watch"))
        self.assertIn("off already", self.say("/heartbeat off watch"))
        self.finds("smoke")
        self.assertEqual(self.beat(), ("", None))

    def test_no_model_is_called_unless_something_was_found(self):
        self.say("/heartbeat on watch")
        self.assertEqual(self.beat(), ("", "heartbeat watch: nothing was found."))
        self.assertEqual(self.prompts(), "")
        self.finds("disk is full\n")
        said, reason = self.beat()
        self.assertIn("heartbeat watch, not from a person. Its check has found:\n\ndisk is full\n\n", said)
        self.assertIsNone(reason)
        line = json.loads(self.sql("select line from inbox where platform = 'remind' order by n desc limit 1")[0]["line"])
        self.assertEqual((line["aside"], line["heartbeat"]), (True, "watch"))
        # What is known already asks nobody again, and what comes back does.
        self.assertEqual(self.beat(), ("", "heartbeat watch: nothing new was found."))
        self.finds("disk is fuller\n")
        self.assertIn("fuller", self.beat()[0])
        self.finds(None)
        self.assertEqual(self.beat()[0], "")
        self.finds("disk is fuller\n")
        self.assertIn("fuller", self.beat()[0])
        self.assertEqual(self.prompts().count("[agim] This comes from the heartbeat"), 3)
        shown = self.say("/heartbeat list")
        self.assertRegex(shown, r"^watch  on  every:30m  looked \d{4}-\S+  found something \d{4}-\S+\n$")

    def test_no_model_is_called_where_nothing_has_looked(self):
        """A pipe without agim-route: what it says there, and not to the agent."""
        self.say("/heartbeat on watch")
        self.finds("smoke")
        self.sql("update reminder set next = ? where state = 'active'", int(time.time() * 1000) - 1000)
        done = self.pipe(["bash", "-c", "agim-remind due | agim-run | agim-send"])
        self.assertCodes(done, 0)
        self.assertIn("Heartbeat watch was not given to cat", done.out)
        self.assertIn("agim-route", done.out)
        self.assertEqual(self.prompts(), "")

    def test_its_own_words_and_its_own_agent(self):
        self.config({
            "agents": {"cat": {"driver": "exec", "command": ["cat"]}, "rev": {"driver": "exec", "command": ["rev"]}},
            "default_agent": "cat", "allow": {"*": "*"}, "approvers": ["stdin:tester"], "heartbeats": {
                "watch": {"to": "stdin:a", "idle": 0, "command": ["echo", "abc"], "prompt": "Mend it.", "agent": "rev"}}})
        self.say("/heartbeat on watch")
        self.assertIn("\ncba\n\n.ti dneM", self.beat()[0])

    def test_nobody_is_disturbed(self):
        self.beats(command=["echo", "smoke"], idle="10m")
        self.say("/heartbeat on watch")
        self.assertEqual(self.beat(), ("", "heartbeat watch: somebody is at work here."))
        self.sql("update inbox set accepted = accepted - 700000")
        self.sql("update session set used = used - 700000")
        self.assertIn("smoke", self.beat()[0])

    def test_a_limit_of_money_stops_it_before_it_looks(self):
        ran = self.path("ran")
        self.beats({"spend_session_day": 1}, command=["sh", "-c", f"echo x >> {ran}; echo smoke"])
        self.say("/heartbeat on watch")
        Budgets.cost(self, "stdin:a", 1)
        self.assertEqual(self.beat(), ("", "heartbeat watch: a limit of money is reached."))
        self.assertFalse(os.path.exists(ran))

    def test_a_goal_is_asked_about_twice_and_then_waits_for_somebody(self):
        self.beats(goal=True)
        self.say("/heartbeat on watch")
        self.assertIn("nothing was found", self.beat()[1])
        self.say("/goal set ship it")
        for _ in range(2):
            said, _ = self.beat()
            self.assertIn("the goal is not reached: ship it", said)
            self.assertIn("[agim] The lasting goal of this conversation", said)
        self.assertEqual(self.beat(), ("", "heartbeat watch: it has asked often enough since somebody said something."))
        self.say("go on")
        self.assertIn("not reached", self.beat()[0])
        self.say("/complete_goal")
        self.assertIn("nothing was found", self.beat()[1])

    def test_a_file_that_changes(self):
        self.beats(changed=self.found)
        self.say("/heartbeat on watch")
        self.finds("one")
        self.assertEqual(self.beat()[0], "")
        self.assertEqual(self.beat()[0], "")
        self.finds("other")
        self.assertIn(f"{self.found} has changed.", self.beat()[0])
        self.assertEqual(self.beat()[0], "")

    def test_a_check_that_fails_is_told_of_in_the_log_and_asks_nobody(self):
        self.beats(command=["sh", "-c", "echo no such host >&2; exit 4"])
        self.say("/heartbeat on watch")
        self.assertIn("its check failed: exit status 4: no such host", self.beat()[1])
        self.assertIn("its check failed: exit status 4: no such host", self.say("/heartbeat now watch"))
        self.beats(command=["/nowhere/at-all"])
        self.assertIn("its check failed", self.beat()[1])
        self.assertEqual(self.prompts(), "")

    def test_one_may_look_now(self):
        self.beats(command=["sh", "-c", f"cat {self.found} 2>/dev/null || exit 1"], idle="1h")
        self.assertEqual(self.say("/heartbeat now watch"), "watch: nothing was found.\n")
        self.finds("smoke")
        self.assertIn("Its check has found:\n\nsmoke", self.say("/heartbeat now watch"))

    def test_who_may_what_and_what_is_no_heartbeat(self):
        done = self.pipe(
            ["bash", "-c", "agim-recv stdin --session stdin:a --from ann | agim-route | agim-send"],
            stdin="/heartbeat on watch\n")
        self.assertIn("Only an approver", done.out)
        self.assertIn("No heartbeat other", self.say("/heartbeat on other"))
        self.assertIn("No heartbeat watch is configured for this chat", self.say("/heartbeat on watch", "stdin:b"))
        self.assertIn("This is written /heartbeat", self.say("/heartbeat on"))
        self.assertIn("心跳", self.say("/heartbeat 开启 别的"))
        self.beats(schedule="whenever", command=["true"])
        self.assertIn("watch cannot be turned on: ", self.say("/heartbeat on watch"))
        self.beats()
        self.assertIn("not one thing that it looks at", self.say("/heartbeat on watch"))
        self.assertEqual(self.sql("select n from reminder"), [])

    def test_one_that_is_cut_short_comes_again(self):
        self.beats(command=["sleep", "61"])
        self.say("/heartbeat on watch")
        self.sql("update reminder set next = ?", int(time.time() * 1000) - 1000)
        live = self.start(["agim-remind", "watch"], ["agim-route"], ["cat"])
        check = self.wait_for(
            lambda: [pid for pid, words in self.processes().items() if words == "sleep 61 "], what="the check")
        live.procs[1].terminate()
        self.assertEqual(live.procs[1].wait(10), 0)
        self.assertFalse(os.path.exists(f"/proc/{check[0]}"))
        live.kill()
        self.assertEqual([row["state"] for row in self.sql("select state from inbox where platform = 'remind'")], ["new"])
        self.beats(command=["echo", "smoke"])
        done = self.pipe(["bash", "-c", "agim-remind due | agim-route | agim-run | agim-send"])
        self.assertIn("smoke", done.out)

    def test_one_that_nobody_took_asks_once_more_when_it_comes_again(self):
        self.say("/heartbeat on watch")
        self.finds("smoke")
        self.sql("update reminder set next = ?", int(time.time() * 1000) - 1000)
        # The pipeline dies behind agim-route.
        done = self.pipe(["bash", "-c", "agim-remind due | agim-route"])
        self.assertIn("smoke", done.lines[-1]["text"])
        done = self.pipe(["bash", "-c", "agim-remind due | agim-route | agim-run | agim-send"])
        self.assertIn("smoke", done.out)
        self.assertEqual(self.beat(), ("", "heartbeat watch: nothing new was found."))


class Crashes(WorkCase):
    def test_a_command_is_neither_lost_nor_done_twice_wherever_it_is_cut(self):
        # Debug builds end where AGIM_CRASH_AT says: at each commit and each write, one after the other.
        commands = {"/job run count": ("job", "title", "count"), "/goal set ship it": ("goal", "text", "ship it")}
        for text, (table, column, value) in commands.items():
            for crash in range(1, 40):
                home = self.path(f"home-{table}-{crash}")
                os.mkdir(home, 0o700)
                self.config({"agents": {"cat": {"driver": "exec", "command": ["cat"]}}, "default_agent": "cat",
                             "allow": {"*": "*"}}, home=home)
                line = json.dumps({"v": 1, "type": "message", "id": "m1", "session": "chat:1", "from": {"id": "u"},
                                   "chat": "direct", "text": text}) + "\n"
                cut = self.pipe(["agim-route"], stdin=line, AGIM_HOME=home, AGIM_CRASH_AT=str(crash))
                done = self.pipe(["agim-route"], stdin=line, AGIM_HOME=home)
                self.assertCodes(done, 0)
                with self.subTest(text=text, crash=crash):
                    rows = self.sql(f"select {column} from {table}", home=home)
                    self.assertEqual([row[column] for row in rows], [value])
                    self.assertEqual(self.count("outbox", "final", home=home), 1)
                    self.assertEqual(len({line["id"] for line in done.lines if line["type"] == "reply"}), 1)
                if cut.codes == [0]:
                    break
            self.assertGreater(crash, 1, "nothing was cut")
            self.assertLess(crash, 39, "it did not come to its end")
