"""agim-run: turns, what ends them, and what an agent sees."""

import json
import os
import re
import shutil
import signal
import tempfile
import time
import unittest

from support import AGENTS, CONFIG, Case, HERE, NOT_PERMITTED, OK, READER_GONE, USAGE, need, seconds


def message(number, text, session="stdin:main", **more):
    return json.dumps({
        "v": 1, "type": "message", "id": f"m{number}", "session": session, "text": text, **more}) + "\n"


class Turns(Case):

    def run_agent(self, *command, stdin="x\n", limit=20):
        """A whole pipeline around an agent."""
        return self.pipe(
            ["agim-recv", "stdin"], ["agim-run", "exec", "--", *command], ["agim-send"], stdin=stdin, limit=limit)

    def turn(self, **settings):
        """The reply line of one turn of a configured agent."""
        text = settings.pop("text", "x")
        number = settings.pop("number", 1)
        self.agents(a=settings)
        done = self.pipe(["agim-run", "a"], stdin=message(number, text))
        self.assertCodes(done, OK)
        return [line for line in done.lines if line["type"] != "reply" or line["final"]][-1]

    @unittest.skipUnless(os.geteuid() == 0, "only root can start a program as another user")
    def test_an_agent_under_an_account_of_its_own(self):
        work = tempfile.mkdtemp(prefix="agim-run-as-")
        self.addCleanup(shutil.rmtree, work, True)
        os.chmod(work, 0o755)
        script = (
            'id -un; echo "$HOME $USER"; cat "$AGIM_HOME/config.json" "$AGIM_LINE" 2>&1; '
            'touch /etc/agim-was-here 2>&1; grep -c "CapEff:.*[1-9a-f]" /proc/self/status; :')
        line = self.turn(command=["sh", "-c", script], run_as="nobody", workdir=work)
        self.assertTrue(line["text"].startswith("nobody\n/nonexistent nobody\n"), line)
        self.assertEqual(line["text"].count("Permission denied"), 3, line)
        self.assertTrue(line["text"].endswith("\n0"), line)
        self.assertFalse(os.path.exists("/etc/agim-was-here"))
        # Its program is ended like any other's.
        line = self.turn(command=["sh", "-c", "sleep 61"], run_as="nobody", workdir=work, idle_timeout="1s", number=2)
        self.assertEqual(line["code"], "idle_timeout")
        self.assertEqual([words for words in self.processes().values() if "sleep 61" in words], [])
        line = self.turn(command=["true"], run_as="nobody", number=3)
        self.assertEqual(line["code"], "cannot_start")
        self.assertIn("no home directory to work in", line["text"])
        line = self.turn(command=["true"], run_as="no-such-user", workdir=work, number=4)
        self.assertIn("there is no such user", line["text"])
        done = self.pipe(["agim", "doctor"])
        self.assertIn("is to run as 'no-such-user', and there is no such user", done.out)
        self.agents(a={"command": ["true"], "run_as": "nobody", "workdir": work})
        done = self.pipe(["agim", "doctor"])
        self.assertIn("runs as 'nobody', to whom all that agim keeps is closed", done.out)
        os.chmod(self.home, 0o755)
        os.chmod(f"{self.home}/agim.db", 0o644)
        self.assertIn("who can read", self.pipe(["agim", "doctor"]).out)

    def test_a_session_keeps_its_order_and_sessions_run_side_by_side(self):
        log = self.path("log")
        agent = self.script("agent", f"read -r name; echo begin $name >> {log}; sleep 0.4; echo end $name >> {log}; echo $name\n")
        lines = "".join(message(n, f"{'ab'[n % 2]}{n}", f"stdin:{'ab'[n % 2]}") for n in range(4))
        began = time.monotonic()
        done = self.pipe(["agim-run", "-j", "4", "exec", "--", agent], ["agim-send"], stdin=lines)
        took = time.monotonic() - began
        self.assertCodes(done, OK, OK)
        events = self.read("log").split("\n")
        for session in "ab":
            own = [event for event in events if f" {session}" in event]
            expected = [f"{what} {session}{n}" for n in range(4) if "ab"[n % 2] == session for what in ("begin", "end")]
            self.assertEqual(own, expected)
        self.assertEqual({event[:5] for event in events[:2]}, {"begin"}, "two sessions at once")
        self.assertLess(took, 1.6 + 0.5)
        self.assertAnswered(4)

    def test_no_more_turns_run_at_once_than_said(self):
        log = self.path("log")
        agent = self.script("agent", f"echo b >> {log}; sleep 0.2; echo e >> {log}; echo ok\n")
        lines = "".join(message(n, "x", f"stdin:{n}") for n in range(6))
        self.pipe(["agim-run", "-j", "2", "exec", "--", agent], ["agim-send"], stdin=lines)
        running = most = 0
        for event in self.read("log").split():
            running += 1 if event == "b" else -1
            most = max(most, running)
        self.assertEqual(most, 2)
        self.assertAnswered(6)

    def test_an_agent_that_fails_is_told_about_with_its_last_words(self):
        agent = self.script("agent", "echo partly done; for i in $(seq 1 30); do echo err $i >&2; done; exit 7\n")
        done = self.run_agent(agent)
        self.assertCodes(done, OK, OK, OK)
        self.assertTrue(done.out.startswith("partly done\n\nexec ended with exit status 7.\nerr 21\n"), done.out)
        self.assertTrue(done.out.endswith("err 30\n"), done.out)
        self.assertAnswered(1, errors=1)

    def test_an_agent_that_a_signal_ends_is_told_about(self):
        done = self.run_agent("sh", "-c", "kill -SEGV $$")
        self.assertEqual(done.out, "exec ended with signal 11.\n")
        self.assertAnswered(1, errors=1)

    def test_a_missing_program_is_told_about(self):
        done = self.run_agent("no-such-program-here")
        self.assertCodes(done, OK, OK, OK)
        self.assertIn("cannot be started", done.out)
        self.assertIn("no-such-program-here", done.out)
        self.assertAnswered(1, errors=1)

    def test_an_agent_that_ignores_its_input_answers(self):
        done = self.run_agent("echo", "fixed", stdin="y" * 300_000 + "\n")
        self.assertEqual(done.out, "fixed\n")
        self.assertAnswered(1)

    def test_an_agent_that_closes_its_output_early_is_waited_for(self):
        log = self.path("log")
        done = self.run_agent("sh", "-c", f"echo said; exec >&- 2>&-; sleep 0.7; echo over > {log}")
        self.assertEqual(done.out, "said\n")
        self.assertEqual(self.read("log"), "over\n")
        self.assertAnswered(1)

    @seconds(4)
    def test_fifty_megabytes_are_cut_at_the_limit_and_cost_no_memory(self):
        self.agents(a={"command": ["sh", "-c", "yes 0123456789 | head -c 50000000"], "output_limit": 100_000})
        live = self.start(["agim-run", "a"])
        live.write(message(1, "x"))
        self.wait_for(lambda: b'"final":true' in live.raw, 20, "the reply")
        peak = self.status(self.worker(live.procs[0]), "VmHWM")
        live.close()
        live.wait()
        reply = live.lines[-1]
        text = reply["text"]
        self.assertTrue(text.startswith("0123456789\n"))
        self.assertIn("100000", text[-200:])
        self.assertLess(len(text), 101_000)
        self.assertLess(peak, 24_000, "kB")

    def test_a_process_that_holds_the_pipe_does_not_hold_the_turn(self):
        began = time.monotonic()
        done = self.run_agent("sh", "-c", "sleep 30 & echo finished")
        self.assertEqual(done.out, "finished\n")
        self.assertLess(time.monotonic() - began, 4)
        self.assertAnswered(1)

    @seconds(2)
    def test_what_a_turn_left_running_ends_with_the_turn(self):
        live = self.start(["agim-recv", "stdin"], ["agim-run", "exec", "--", f"{AGENTS}/runaway.sh"], ["agim-send"])
        live.write("x\n")
        self.wait_for(lambda: live.out == "finished\n", what="the reply")
        self.wait_for(lambda: not [p for p in self.processes().values() if "sleep 30" in p], 2, "the end of what it left")
        live.close()
        live.wait()

    @seconds(2)
    def test_what_hides_without_its_environment_ends_at_the_latest_with_agim_run(self):
        # `env -i` takes away what marks a turn's processes.
        mark = self.write("mark", "")
        live = self.start(
            ["agim-recv", "stdin"],
            ["agim-run", "exec", "--", "sh", "-c", f"setsid env -i tail -f {mark} >/dev/null 2>&1 & sleep 0.2; echo hidden"],
            ["agim-send"])
        live.write("x\n")
        self.wait_for(lambda: live.out == "hidden\n", what="the reply")
        live.close()
        live.wait()
        self.assertEqual([p for p in self.all_processes() if mark in p], [])

    @staticmethod
    def all_processes():
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    found.append(file.read().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                pass
        return found

    @seconds(2)
    def test_an_agent_without_a_sign_of_life_is_stopped(self):
        line = self.turn(command=["sh", "-c", "echo began; sleep 60"], idle_timeout="1s")
        self.assertEqual((line["type"], line["code"]), ("error", "idle_timeout"))
        self.assertEqual(line["text"], "began\n\na was stopped: no output for 1s.")

    @seconds(3)
    def test_signs_of_life_keep_an_agent_going(self):
        line = self.turn(
            command=["sh", "-c", "for i in 1 2 3 4; do sleep 0.6; echo $i >&2; done; echo over"], idle_timeout="1s")
        self.assertEqual((line["type"], line["text"]), ("reply", "over"))

    @seconds(2)
    def test_a_turn_that_takes_too_long_is_stopped(self):
        line = self.turn(command=["sh", "-c", "while :; do echo x; sleep 0.2; done"], turn_limit="1s")
        self.assertEqual((line["type"], line["code"]), ("error", "turn_limit"))
        self.assertIn("a was stopped: it worked longer than 1s.", line["text"])

    @seconds(8)
    def test_an_abort_stops_even_an_agent_that_ignores_term(self):
        live = self.start(["agim-run", "exec", "--", f"{AGENTS}/stubborn.sh"])
        live.write(message(1, "x", "stdin:a"))
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 1, what="the turn")
        time.sleep(0.3)
        control = {"v": 1, "type": "control", "id": "c1", "action": "abort", "session": "stdin:a", "extra": 1}
        live.write(json.dumps(control) + "\n")
        began = time.monotonic()
        self.wait_for(lambda: '"code":"aborted"' in live.out, 8, "the end of the turn")
        self.assertGreater(time.monotonic() - began, 4, "KILL comes 5 s after TERM")
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertIn(json.dumps(control) + "\n", live.out, "the control line is passed on as it came")
        error = [line for line in live.lines if line["type"] == "error"][0]
        self.assertEqual(error["text"], "working\n\nexec was stopped.")

    def test_an_abort_ends_a_willing_agent_at_once_and_no_other_session(self):
        live = self.start(["agim-run", "exec", "--", "sh", "-c", "read -r s; sleep $s; echo slept"])
        live.write(message(1, "60", "stdin:a") + message(2, "1", "stdin:b"))
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 2, what="the turns")
        live.write('{"type":"control","action":"abort","session":"stdin:a"}\n')
        live.close()
        self.assertEqual(live.wait(6), [OK])
        ends = {line["parent"]: line["text"] for line in live.lines if line["type"] in ("reply", "error")}
        self.assertEqual(ends, {"m1": "exec was stopped.", "m2": "slept"})

    @seconds(5)
    def test_parts_come_at_most_once_a_second_under_the_final_id(self):
        live = self.start(["agim-run", "exec", "--", "sh", "-c", "for i in $(seq 1 30); do echo $i; sleep 0.1; done"])
        seen = []
        live.write(message(1, "x"))
        live.close()
        deadline = time.monotonic() + 10
        while live.procs[0].poll() is None and time.monotonic() < deadline:
            lines = live.raw.count(b'"type":"reply"')
            while len(seen) < lines:
                seen.append(time.monotonic())
            time.sleep(0.01)
        live.wait()
        *parts, final = [line for line in live.lines if line["type"] == "reply"]
        self.assertEqual([part["final"] for part in parts], [False] * len(parts))
        self.assertTrue(2 <= len(parts) <= 4, len(parts))
        self.assertEqual({part["id"] for part in parts}, {final["id"]})
        self.assertEqual(final["text"], "\n".join(map(str, range(1, 31))))
        for part in parts:
            self.assertTrue(final["text"].startswith(part["text"].rstrip("\n")))
        for earlier, later in zip(seen[:-2], seen[1:-1]):
            self.assertGreater(later - earlier, 0.9)

    def test_parts_cost_no_rows_and_no_second_delivery(self):
        done = self.run_agent("sh", "-c", "echo one; sleep 1.5; echo two")
        self.assertEqual(done.out, "one\ntwo\n")
        self.assertAnswered(1)

    # What an agent sees

    def test_an_agent_gets_the_documented_variables_and_no_credentials(self):
        self.config({"agents": {"a": {"driver": "exec", "command": ["env", "-0"], "env": {"MINE": "yes"}}}})
        done = self.pipe(
            ["agim-run", "a"], stdin=message(1, "x"), TELEGRAM_BOT_TOKEN="do-not-leak", SECRET="do-not-leak",
            AGIM_PIPE="other", LC_ALL="C.UTF-8", TZ="UTC", TMPDIR="/tmp")
        reply = done.lines[-1]
        variables = dict(entry.split("=", 1) for entry in reply["text"].split("\0") if entry)
        fixed = {
            "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TERM",
            "AGIM_HOME", "AGIM_SESSION", "AGIM_TURN", "AGIM_LINE"}
        self.assertLessEqual(fixed | {"MINE"}, set(variables))
        manual = os.path.join(HERE, "..", "..", "man", "agim-run.1")
        with open(manual, encoding="utf-8") as file:
            documented = set(re.findall(r"\bEv ([A-Z_]+)", file.read()))
        self.assertEqual(set(variables) - fixed - {"MINE"} - documented, set(), "variables that agim-run(1) does not name")
        self.assertEqual((variables["MINE"], variables["AGIM_SESSION"]), ("yes", "stdin:main"))
        self.assertEqual(variables["AGIM_TURN"], reply["id"])
        self.assertNotIn("do-not-leak", done.out)

    def test_the_agent_cannot_read_the_environment_of_agim_run(self):
        need("setpriv", "util-linux")
        # Another user's process, as the same user: root may read everything.
        home = self.path("nobody")
        os.mkdir(home, 0o700)
        os.chown(home, 65534, 65534)
        agent = self.script("agent", "cat /proc/$PPID/environ 2>&1 | tr '\\0' ' '\n")
        done = self.pipe(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "agim-run", "exec", "--", agent],
            stdin=message(1, "x"), AGIM_HOME=home, TELEGRAM_BOT_TOKEN="do-not-leak")
        self.assertCodes(done, OK)
        self.assertIn("Permission denied", done.out)
        self.assertNotIn("do-not-leak", done.out)

    def test_the_prompt_is_on_no_command_line(self):
        live = self.start(["agim-recv", "stdin"], ["agim-run", "exec", "--", "sleep", "1"], ["agim-send"])
        live.write("very-private-words\n")
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 1, what="the turn")
        for words in self.all_processes():
            self.assertNotIn("very-private-words", words)
        for pid in self.processes():
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    self.assertNotIn(b"very-private-words", file.read())
            except OSError:
                pass
        live.close()
        live.wait()

    def test_the_line_is_in_a_private_file_while_the_turn_runs(self):
        agent = self.script("agent", 'stat -c %a "$AGIM_LINE"; cat "$AGIM_LINE"; echo "$AGIM_LINE"\n')
        line = message(1, "x", extra={"kept": [1, 2.50]})
        done = self.pipe(["agim-run", "exec", "--", agent], stdin=line)
        mode, content, path = done.lines[-1]["text"].split("\n")
        self.assertEqual(mode, "600")
        self.assertEqual(content, line.rstrip("\n"))
        self.assertFalse(os.path.exists(path))

    @seconds(2)
    def test_the_line_file_of_a_killed_run_is_gone_after_the_next_start(self):
        live = self.start(["agim-run", "exec", "--", "sleep", "60"])
        live.write(message(1, "private"))
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 1, what="the turn")
        files = self.wait_for(
            lambda: [name for name in os.listdir(f"{self.home}/run") if "line-" in name], what="the file")
        os.kill(self.worker(live.procs[0]), signal.SIGKILL)
        live.wait()
        self.pipe(["agim-run", "exec", "--", "cat"])
        self.assertFalse(os.path.exists(f"{self.home}/run/{files[0]}"))

    def test_an_agent_works_in_a_directory_of_its_own(self):
        done = self.run_agent("pwd")
        self.assertEqual(done.out, f"{self.home}/work/exec\n")
        place = self.path("place")
        os.mkdir(place)
        self.assertEqual(self.turn(command=["pwd"], workdir=place)["text"], place)

    def test_no_descriptor_and_no_signal_mask_is_inherited(self):
        done = self.run_agent("sh", "-c", "ls /proc/self/fd | wc -l; grep -E 'Sig(Blk|Ign)' /proc/self/status")
        lines = done.out.split("\n")
        self.assertEqual(lines[0], "4", "0, 1, 2 and the directory itself")
        # 32 and 33 belong to the C library: whoever started us may have left them ignored.
        own = ~(3 << 31)
        self.assertEqual([int(line.split()[1], 16) & own for line in lines[1:3]], [0, 0])

    def test_an_agent_may_not_speak_as_a_person(self):
        done = self.run_agent("sh", "-c", "agim-session post stdin:main x; echo $?; echo x | agim-recv stdin; echo $?")
        self.assertEqual(done.out, f"{NOT_PERMITTED}\n{NOT_PERMITTED}\n")
        self.assertAnswered(1)
        hidden = self.run_agent(
            "sh", "-c", "setsid sh -c 'agim-session post stdin:main x; echo $?' 2>&1 | cat")
        self.assertIn("an agent may not speak as a person", hidden.out)
        self.assertTrue(hidden.out.endswith(f"{NOT_PERMITTED}\n"))

    # Ends

    @seconds(12)
    def test_sigterm_ends_within_ten_seconds_and_the_cut_turn_is_told_about(self):
        live = self.start(["agim-recv", "stdin"], ["agim-run", "exec", "--", f"{AGENTS}/stubborn.sh"], ["agim-send"])
        live.write("first\nsecond\n")
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 1, what="the turn")
        began = time.monotonic()
        live.procs[1].terminate()
        live.wait(12)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(self.states("inbox"), {"running": 1, "taken": 1})
        done = self.pipe(["agim-recv", "stdin"], ["agim-run", "exec", "--", "cat"], ["agim-send"])
        self.assertIn("was interrupted", done.out)
        self.assertTrue(done.out.endswith("second\n"), done.out)
        self.assertSaid(done, 1, "recovered", "to_run=1", "interrupted=1")
        self.assertAnswered(2, errors=1)

    def test_sigterm_lets_a_short_turn_end(self):
        live = self.start(["agim-recv", "stdin"], ["agim-run", "exec", "--", f"{AGENTS}/slow.sh"], ["agim-send"])
        live.write("1\n")
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 1, what="the turn")
        live.procs[1].terminate()
        live.wait()
        self.assertEqual(live.procs[1].returncode, 0)
        self.assertEqual(live.out, "slept 1\n")
        self.assertAnswered(1)

    def killed(self, which):
        live = self.start(
            ["agim-recv", "stdin"],
            ["agim-run", "exec", "--", "sh", "-c", "setsid sleep 303 & sleep 300 & sleep 301"], ["agim-send"])
        live.write("cut\n")
        self.wait_for(lambda: len([p for p in self.processes().values() if "sleep 30" in p and "sh" not in p]) == 3,
                      what="the agent")
        pids = {"guardian": [live.procs[1].pid], "worker": [self.worker(live.procs[1])]}
        pids["both"] = pids["guardian"] + pids["worker"]
        for pid in pids[which]:
            os.kill(pid, signal.SIGKILL)
        codes = live.wait(10)
        self.assertEqual((codes[0], codes[2]), (READER_GONE, OK), live.errors)
        return live

    def agents_left(self):
        return [words for words in self.processes().values() if "sleep 30" in words]

    def test_no_agent_outlives_the_worker(self):
        self.assertEqual(self.killed("worker").codes[1], 137)
        self.wait_for(lambda: not self.agents_left(), 2, "the end of the agent")
        self.after_a_kill()

    def test_no_agent_outlives_the_guardian(self):
        self.killed("guardian")
        self.wait_for(lambda: not self.agents_left(), 2, "the end of the agent")
        self.after_a_kill()

    def test_no_agent_outlives_the_next_start_when_both_are_killed(self):
        self.killed("both")
        self.after_a_kill()
        self.wait_for(lambda: not self.agents_left(), 3, "the end of the agent")

    def after_a_kill(self):
        done = self.pipe(["agim-recv", "stdin"], ["agim-run", "exec", "--", "cat"], ["agim-send"])
        self.assertIn("was interrupted", done.out)
        self.assertAnswered(1, errors=1)

    # Usage

    def test_a_program_that_would_not_ask_is_refused_unless_trusted(self):
        program = self.script("gemini", "cat\n")
        loose = {"command": [program, "--acp", "--approvalMode=yolo"]}
        self.agents(loose=loose, plain=["cat"])
        named = self.pipe(["agim-run", "loose"], stdin=message(1, "x"))
        self.assertCodes(named, CONFIG)
        self.assertSaid(named, 0, "agent loose: command: '--approvalMode=yolo'", "trusted")
        self.assertEqual(self.count("inbox"), 0, "nothing was taken")
        rest = self.pipe(["agim-run"], stdin=message(2, "hello"))
        self.assertCodes(rest, OK)
        self.assertSaid(rest, 0, "agent loose", "it is left out")
        self.assertEqual([line["text"].strip() for line in rest.lines if line["type"] == "reply"], ["hello"])
        variable = {"command": [program], "env": {"GEMINI_YOLO": "1"}}
        self.agents(loose=variable)
        self.assertSaid(self.pipe(["agim-run", "loose"]), 0, "env: 'GEMINI_YOLO'")
        self.agents(loose={**loose, "trusted": True})
        trusted = self.pipe(["agim-run", "loose"], stdin=message(3, "trusted"))
        self.assertCodes(trusted, OK)
        self.assertIn("trusted", trusted.out)

    def test_what_cannot_run_is_said_at_start(self):
        nothing = self.pipe(["agim-run"])
        self.assertCodes(nothing, CONFIG)
        self.assertSaid(nothing, 0, "no agent to run", "agim-run exec -- PROGRAM")
        unknown = self.pipe(["agim-run", "claud"])
        self.assertCodes(unknown, CONFIG)
        self.assertSaid(unknown, 0, "claud")
        no_program = self.pipe(["agim-run", "exec", "--"])
        self.assertCodes(no_program, USAGE)
        self.config({"agents": {"a": {"driver": "exec", "command": ["cat"], "enabled": False}}})
        disabled = self.pipe(["agim-run", "a"])
        self.assertCodes(disabled, CONFIG)
        self.assertSaid(disabled, 0, "agent a is disabled")
        jobs = self.pipe(["agim-run", "-j", "0", "exec", "--", "cat"])
        self.assertCodes(jobs, USAGE)

    def test_a_terminal_is_no_input(self):
        for words in (["agim-run", "exec", "--", "cat"], ["agim-send"]):
            leader, terminal = os.openpty()
            try:
                live = self.start(words, stdin=terminal)
                live.wait(5)
            finally:
                os.close(leader)
                os.close(terminal)
            self.assertCodes(live, USAGE)
            self.assertSaid(live, 0, "standard input is a terminal")


if __name__ == "__main__":
    unittest.main()
