"""The terminal, in a real one: tmux draws what agim-recv tty says, and types what a person would."""

import os
import re
import signal
import subprocess
import time

from support import AGAIN, Case, NOT_PERMITTED, OK, USAGE, need, seconds

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Terminal:
    """A window of a tmux server of its own, with a shell in it."""

    def __init__(self, test, columns=80, rows=24, **env):
        need("tmux")
        self.test = test
        self.socket = os.path.join(test.dir, f"tmux-{id(self)}")
        self.env = {**test.env, **env}
        shell = ["env", "PS1=$ ", "bash", "--norc", "--noprofile"]
        self.run(
            "-f", test.write("tmux.conf", "set -g history-limit 50000\n"), "new-session", "-d", "-x", str(columns),
            "-y", str(rows), *shell)
        test.addCleanup(self.kill)
        test.wait_for(lambda: "$" in self.screen, what="a shell")

    def run(self, *words, data=None):
        done = subprocess.run(
            ["tmux", "-S", self.socket, *words], env=self.env, cwd=self.test.dir, input=data,
            capture_output=True, check=False)
        if done.returncode:
            raise AssertionError(f"tmux {words}: {done.stderr.decode()}")
        return done.stdout.decode()

    def kill(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, check=False)

    def type(self, text):
        self.run("send-keys", "-l", "--", text)

    def key(self, *names):
        self.run("send-keys", *names)

    def say(self, text):
        self.type(text)
        self.key("Enter")

    def paste(self, data):
        self.run("load-buffer", "-", data=data)
        self.run("paste-buffer", "-p")

    def resize(self, columns, rows):
        self.run("resize-window", "-x", str(columns), "-y", str(rows))

    def show(self, what):
        return self.run("display-message", "-p", what).strip()

    @property
    def cursor(self):
        column, row = self.show("#{cursor_x},#{cursor_y}").split(",")
        return int(column), int(row)

    @property
    def screen(self):
        return self.run("capture-pane", "-p")

    @property
    def lines(self):
        return [line for line in self.screen.splitlines() if line.strip()]

    @property
    def all(self):
        return self.run("capture-pane", "-p", "-J", "-S", "-")

    def wait(self, text, limit=10, all=False):
        try:
            self.test.wait_for(lambda: text in (self.all if all else self.screen), limit)
        except AssertionError:
            raise AssertionError(f"{text!r} is not on the screen:\n{self.screen}{self.test.logs()}") from None

    def wait_line(self, line, limit=10):
        """Waits until this is the last line of the screen."""
        try:
            self.test.wait_for(lambda: self.lines[-1:] == [line], limit, "the last line")
        except AssertionError:
            raise AssertionError(f"{line!r} is not the last line:\n{self.screen}") from None


class TerminalTests(Case):
    def talk(self, agent="exec -- cat", columns=80, rows=24, before="", after="", **env):
        """Starts a conversation, and waits for its prompt."""
        term = Terminal(self, columns, rows, **env)
        agent = agent.replace("{go}", self.path("go"))
        self.write("talk", f"""#!/bin/bash
{before}
agim-recv tty 2>recv.log | agim-run {agent} 2>run.log | agim-send 2>send.log
echo "left ${{PIPESTATUS[*]}}" >left
{after}
""")
        term.key("clear; bash ./talk", "Enter")
        term.wait_line(">")
        return term

    def left(self):
        try:
            return self.read("left").strip()
        except FileNotFoundError:
            return ""

    def wait_left(self, codes="0 0 0", limit=15):
        self.wait_for(self.left, limit, "the end of the pipe")
        self.assertEqual(self.left(), f"left {codes}", self.read("recv.log") + self.read("send.log"))

    def poke(self):
        """Lets an agent that reads `go` go on."""
        def open_():
            try:
                return os.open(self.path("go"), os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                return None

        file = self.wait_for(open_, what="an agent that waits")
        os.write(file, b"x\n")
        os.close(file)

    @staticmethod
    def state(pid):
        with open(f"/proc/{pid}/status") as status:
            return status.read()

    def logs(self):
        """What the stages said."""
        names = [name for name in os.listdir(self.dir) if name.endswith(".log")]
        return "".join(f"{name}: {self.read(name)}\n" for name in sorted(names))

    def pid(self, name):
        for pid, words in self.processes().items():
            if words.startswith(f"{name} "):
                return pid
        raise AssertionError(f"{name} does not run: {self.processes()}")

    def test_talks_above_the_line_being_typed(self):
        term = self.talk("exec -- sh -c 'cat; echo; read x <{go}; echo second'", before="mkfifo go")
        term.say("first line")
        term.wait("> first line\nfirst line")
        term.type("half a word")
        term.wait_line("> half a word")
        self.poke()
        term.wait("second\n> half a word")
        self.assertEqual(term.cursor[0], len("> half a word"))
        term.key("C-u")
        term.wait_line(">")
        term.key("C-d")
        self.wait_left()
        rows = self.sql("select state, session, platform, line from inbox")
        self.assertEqual([row["state"] for row in rows], ["done"])
        self.assertRegex(rows[0]["session"], r"^tty:\w+-pts\d+$")
        self.assertEqual(rows[0]["platform"], "tty")
        self.assertIn('"chat":"direct"', rows[0]["line"])
        replies = self.sql("select state, proof from outbox")
        self.assertEqual(replies, [{"state": "delivered", "proof": "shown on the terminal"}])
        term.wait("$")
        term.say("stty -a | grep -o ' -*icanon'")
        term.wait("\n icanon")
        self.assertEqual(term.show("#{bracketed_paste_flag}") or "0", "0")

    @seconds(11)
    def test_shows_progress_and_a_card(self):
        term = Terminal(self)
        self.write("talk", """#!/bin/bash
agim-recv tty 2>recv.log | while IFS= read -r line; do
  session=$(jq -r .session <<<"$line") id=$(jq -r .id <<<"$line") text=$(jq -r .text <<<"$line")
  say() { jq -nc --arg s "$session" --arg p "$id" "{v:1,session:\\$s,parent:\\$p} + $1"; }
  case $text in
  act) say '{type:"action",key:"k",phase:"started",title:"Bash",detail:"df -h"}' ;;
  more) say '{type:"action",key:"k",phase:"updated",title:"Bash",detail:"50 %"}' ;;
  done) say '{type:"action",key:"k",phase:"done",title:"Bash"}' ;;
  ask) say '{type:"request",id:"q1",kind:"permission",code:"K7Q2",text:"Permission K7Q2\\nshell wants to run:\\n  df -h\\nanswer y or n"}' ;;
  forge) say '{type:"reply",id:"f1",text:"\\u250c\\u2500 Permission\\n\\u2502 forged",final:true}' ;;
  *) say '{type:"reply",id:("r"+$p),text:"ok",final:true}' ;;
  esac
done | agim-send 2>send.log
echo "left" >left
""")
        term.key("clear; bash ./talk", "Enter")
        term.wait_line(">")
        term.say("act")
        term.wait("· Bash: df -h\n>")
        term.type("typing")
        term.wait("· Bash: df -h\n> typing")
        term.key("C-u")
        term.say("more")
        term.wait("· Bash: 50 %\n>")
        self.assertNotIn("df -h", term.screen)
        term.say("done")
        self.wait_for(lambda: "Bash" not in term.screen, what="the end of the progress")
        term.say("ask")
        term.wait("┌─ Permission K7Q2\n│ shell wants to run:\n│   df -h\n│ answer y or n\n└─\n>")
        self.wait_for(lambda: self.count("outbox", "id = 'q1' and state = 'delivered'") == 1, what="the proof")
        term.say("forge")
        term.wait("\n ┌─ Permission\n │ forged\n>")
        term.key("C-d")
        self.wait_for(self.left, 25)

    @seconds(11)
    def test_without_colours_and_boxes(self):
        term = Terminal(self, NO_COLOR="1", LANG="C", LC_ALL="")
        self.write("talk", """#!/bin/bash
agim-recv tty 2>recv.log | while IFS= read -r line; do
  jq -c '{v:1,type:"request",id:"q1",session,parent:.id,kind:"permission",text:"Permission\\nrun it?"}' <<<"$line"
done | agim-send 2>send.log
""")
        term.key("clear; bash ./talk", "Enter")
        term.wait_line(">")
        term.say("ask")
        term.wait("+- Permission\n| run it?\n+-\n>")
        self.assertNotIn("\x1b", term.run("capture-pane", "-p", "-e"))
        term.key("C-c")
        time.sleep(0.1)
        term.key("C-c")
        term.wait("$", 20)

    def test_edits_and_remembers(self):
        term = self.talk()
        term.type("one two three")
        term.key("C-w")
        term.type("four")
        term.key("C-a")
        term.type("zero ")
        term.key("M-f", "C-k", "C-y", "C-e")
        term.type("!")
        term.key("Home", "Delete", "End", "BSpace", "Left", "C-t")
        term.wait_line("> ero one two foru")
        term.key("Enter")
        term.wait("> ero one two foru\nero one two foru\n>")
        term.say("second")
        term.wait("second\nsecond\n>")
        term.say(" secret")
        term.wait(" secret\n>")
        term.key("Up")
        term.wait_line("> second")
        term.key("Up")
        term.wait_line("> ero one two foru")
        term.key("Down", "Down")
        term.wait_line(">")
        term.key("C-r")
        term.type("two")
        term.wait_line("(search: two) ero one two foru")
        term.key("Enter")
        term.wait("ero one two foru\nero one two foru\n>")
        term.key("C-d")
        self.wait_left()
        self.assertEqual(self.read("home/history"), "ero one two foru\nsecond\nero one two foru\n")
        self.assertEqual(os.stat(self.path("home/history")).st_mode & 0o777, 0o600)
        term.wait("$")
        term.key("clear; bash ./talk", "Enter")
        term.wait_line(">")
        term.key("Up", "Up")
        term.wait_line("> second")
        term.key("C-u", "C-d")
        term.wait_line("$")

    def test_types_chinese(self):
        term = self.talk()
        term.type("你好，世界ab")
        term.wait_line("> 你好，世界ab")
        self.assertEqual(term.cursor[0], 2 + 5 * 2 + 2)
        term.key("BSpace", "BSpace", "BSpace")
        term.wait_line("> 你好，世")
        self.assertEqual(term.cursor[0], 2 + 4 * 2)
        term.key("Left", "Left")
        term.type("们")
        term.wait_line("> 你好们，世")
        self.assertEqual(term.cursor[0], 2 + 3 * 2)
        # A combining mark joins the letter before it, and goes with it.
        term.key("End")
        term.type("e\u0301x")
        self.wait_for(lambda: term.cursor[0] == 2 + 5 * 2 + 2, what="the cursor behind é and x")
        term.key("BSpace", "BSpace", "Enter")
        term.wait("> 你好们，世\n你好们，世\n>")
        term.key("C-d")
        self.wait_left()

    def test_wraps_and_follows_the_window(self):
        term = self.talk(columns=40, rows=12)
        text = "".join(str(number % 10) for number in range(60)) + "世界"
        term.type(text)
        term.wait("\n  89")
        term.resize(30, 12)
        self.wait_for(lambda: term.lines[-3:] == ["> " + text[:28], "  " + text[28:56], "  " + text[56:]],
                      what="three rows")
        term.resize(100, 12)
        term.wait_line("> " + text)
        # Nothing that was drawn for another width is left.
        self.assertEqual(len(term.lines), 1, term.screen)
        term.key("Enter")
        self.wait_for(lambda: term.lines == ["> " + text, text, ">"], what="the answer")
        term.key("C-d")
        self.wait_left()

    @seconds(8)
    def test_pastes_100_kilobytes(self):
        term = self.talk("exec -- wc -c")
        data = b"".join(b"line %05d of a paste\n" % number for number in range(4800))
        self.assertGreater(len(data), 100_000)
        term.paste(data)
        term.wait("line 04799 of a paste", 20)
        self.assertEqual(self.count("inbox"), 0)
        term.type("end")
        term.wait_line("  end")
        term.key("Enter")
        term.wait(f"\n{len(data) + 4}\n>", 20)
        rows = self.sql("select json_extract(line, '$.text') text from inbox")
        self.assertEqual([row["text"] for row in rows], [data.decode() + "end"])
        term.key("C-d")
        self.wait_left()

    @seconds(8)
    def test_ten_thousand_lines(self):
        term = self.talk("exec -- seq 10000")
        term.say("go")
        term.type("still here")
        term.wait("10000\n> still here", 20)
        lines = [line for line in term.all.splitlines() if re.fullmatch(r"\d+", line)]
        self.assertEqual(lines, [str(number) for number in range(1, 10001)])
        term.key("C-u", "C-d")
        self.wait_left()

    def test_text_cannot_act_on_the_terminal(self):
        attack = self.write(
            "attack", "#!/bin/sh\nprintf '\\033]0;pwned\\007a\\033[2Jb\\033]52;c;cHduZWQ=\\007c\\rd\\302\\2332Je\\342\\200\\256f\\n'\n")
        os.chmod(attack, 0o755)
        term = self.talk(f"exec -- {attack}")
        title = term.show("#{pane_title}")
        term.say("go")
        term.wait("\\u{001B}]0;pwned\\u{0007}a\\u{001B}[2Jb\\u{001B}]52;c;cHduZWQ=\\u{0007}c\\u{000D}d\\u{009B}2Je"
                  .replace("\n", "")[:60])
        self.assertIn("\\u{202E}f", term.all)
        self.assertIn("> go", term.screen)
        self.assertEqual(term.show("#{pane_title}"), title)
        self.assertNotIn("pwned", term.show("#{pane_title}"))
        term.key("C-d")
        self.wait_left()

    def test_interrupts(self):
        term = self.talk("exec -- sh -c 'read x <{go}; echo woken'", before="mkfifo go")
        term.say("work")
        self.wait_for(lambda: self.states("inbox") == {"running": 1}, what="a running turn")
        term.type("draft")
        before = {name: self.pid(name) for name in ("agim-recv", "agim-run", "agim-send")}
        term.key("C-c")
        term.wait("aborting; Ctrl-C again leaves\n> draft")
        self.wait_for(lambda: self.count("inbox") == 2, what="a second message")
        self.assertEqual(
            [row["text"] for row in self.sql("select json_extract(line, '$.text') text from inbox order by n")],
            ["work", "/abort"])
        self.assertEqual({name: self.pid(name) for name in before}, before)
        # This pipe has no router: the word is a message like others.
        self.poke()
        self.wait_for(lambda: self.states("inbox").get("running") == 1 and "woken" in term.screen, what="the second turn")
        self.poke()
        self.wait_for(lambda: self.states("inbox") == {"done": 2}, what="both turns")
        time.sleep(2.1)
        # Nothing runs: the first takes away what is typed, the next one leaves.
        term.key("C-c")
        term.wait_line(">")
        self.assertEqual(self.left(), "")
        term.key("C-c")
        self.wait_left()

    def test_a_second_interrupt_leaves_what_runs_to_finish(self):
        term = self.talk("exec -- sh -c 'read x <{go}; echo woken'", before="mkfifo go")
        term.say("work")
        self.wait_for(lambda: self.states("inbox") == {"running": 1}, what="a running turn")
        term.key("C-c", "C-c")
        term.wait("waiting for what was started; Ctrl-C stops it")
        # Both turns: the message, and the word that no router took.
        self.poke()
        term.wait("woken")
        self.poke()
        self.wait_left()
        self.assertEqual(term.screen.count("woken"), 2)
        self.assertEqual(self.states("outbox"), {"delivered": 2})

    def test_the_end_of_the_wait_can_be_forced(self):
        term = self.talk("exec -- sh -c 'read x <{go}; echo woken'", before="mkfifo go")
        term.say("work")
        self.wait_for(lambda: self.states("inbox") == {"running": 1}, what="a running turn")
        term.key("C-d")
        term.wait("waiting for what was started")
        term.key("C-c")
        term.wait("$", 20)
        self.assertFalse([words for words in self.processes().values() if words.startswith("agim-recv")])

    def test_stops_and_goes_on(self):
        term = Terminal(self)
        line = "agim-recv tty 2>recv.log | agim-run exec -- cat 2>run.log | agim-send 2>send.log"
        term.say("clear; " + line)
        term.wait_line(">")
        term.type("before")
        term.wait_line("> before")
        term.key("C-z")
        term.wait("Stopped")
        term.say("stty -a | grep -o ' -*icanon'; echo shell works")
        term.wait("\n icanon\nshell works")
        self.assertNotIn("> before", term.screen)
        term.say("fg")
        term.wait_line("> before")
        term.say(" and after")
        term.wait("> before and after\nbefore and after\n>")
        # Stopped from outside, and in the background, it must not take the shell's keys.
        pid = self.pid("agim-recv")
        os.kill(pid, signal.SIGTSTP)
        self.wait_for(lambda: "T (stopped)" in self.state(pid), what="a stopped agim-recv")
        term.key("C-z")
        term.wait("Stopped")
        term.say("bg; sleep 0.3; echo shell still works")
        term.wait("\nshell still works")
        term.say("fg")
        term.wait_line(">")
        term.say("again")
        term.wait("> again\nagain\n>")
        term.key("C-d")
        term.wait_line("$")

    def test_the_terminal_is_closed(self):
        term = self.talk("exec -- sh -c 'read x <{go}; echo woken'", before="mkfifo go; trap '' HUP")
        term.say("work")
        self.wait_for(lambda: self.states("inbox") == {"running": 1}, what="a running turn")
        session = self.sql("select session from inbox")[0]["session"]
        term.kill()
        self.wait_for(
            lambda: not any(words.startswith("agim-recv") for words in self.processes().values()),
            what="the end of agim-recv")
        self.poke()
        self.wait_left()
        self.assertEqual(
            self.sql("select state, reason from outbox"), [{"state": "refused", "reason": "its terminal is gone"}])
        # What waits for a terminal that nobody has is told so.
        done = self.pipe(["agim-send", session, "too late"])
        self.assertEqual(done.codes, [69])
        self.assertSaid(done, 0, "its terminal is gone")

    def test_messages_that_nobody_took_die(self):
        term = Terminal(self)
        term.say("clear; agim-recv tty 2>recv.log | sleep 1000")
        term.wait_line(">")
        term.say("to nobody")
        self.wait_for(lambda: self.states("inbox") == {"new": 1}, what="a message")
        os.kill(self.pid("agim-recv"), signal.SIGKILL)
        os.kill(self.pid("sleep"), signal.SIGKILL)
        term.run("send-keys", "C-j", "stty sane", "C-j")
        term.wait("$")
        term.say("clear; agim-recv tty 2>recv.log | agim-run exec -- cat 2>run.log | agim-send 2>send.log")
        term.wait_line(">")
        self.assertEqual(self.sql("select state, reason from inbox"), [{"state": "dead", "reason": "its terminal is gone"}])
        self.assertIn("ended what was left of a terminal that is gone", self.read("recv.log"))
        term.say("to somebody")
        term.wait("to somebody\nto somebody\n>")
        term.key("C-d")
        term.wait_line("$")

    def test_signals_restore_the_terminal(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGABRT):
            with self.subTest(number=number):
                term = Terminal(self)
                term.say("clear; agim-recv tty 2>recv.log | agim-run exec -- cat 2>run.log | agim-send 2>send.log")
                term.wait_line(">")
                os.kill(self.pid("agim-recv"), number)
                term.wait("$")
                term.say("stty -a | grep -o ' -*icanon'")
                term.wait("\n icanon")
                term.kill()
                self.wait_for(lambda: "agim-recv" not in str(self.processes().values()), what="the end of the pipe")

    def test_a_dead_pipe_restores_the_terminal(self):
        term = Terminal(self)
        term.say("clear; agim-recv tty 2>recv.log | sleep 1000")
        term.wait_line(">")
        os.kill(self.pid("sleep"), signal.SIGKILL)
        term.wait("$")
        term.say("stty -a | grep -o ' -*icanon'")
        term.wait("\n icanon")

    def test_one_at_a_time(self):
        term = self.talk()
        session = "tty:" + self.show_user() + "-" + term.show("#{pane_tty}").removeprefix("/dev/").replace("/", "")
        self.write("second", f"agim-recv --session {session} tty | cat\necho ${{PIPESTATUS[0]}} >code\n")
        other = Terminal(self)
        other.say("bash ./second")
        other.wait(f"another agim-recv already receives {session}")
        self.wait_for(lambda: os.path.exists(self.path("code")) and self.read("code").strip() == str(AGAIN), what="its status")
        other.say("agim-recv tty | agim-run exec -- tr a-z A-Z 2>run2.log | agim-send 2>send2.log")
        other.wait_line(">")
        other.say("mine")
        term.say("yours")
        other.wait("> mine\nMINE\n>")
        term.wait("> yours\nyours\n>")
        self.assertNotIn("yours", other.screen)
        # Another process may send to a terminal, too.
        done = self.pipe(["agim-send", session, "from elsewhere"])
        self.assertEqual(done.codes, [OK])
        term.wait("from elsewhere\n>")
        other.key("C-d")
        term.key("C-d")
        self.wait_left()
        other.wait("$")

    @staticmethod
    def show_user():
        return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()

    def test_logs_are_drawn_above(self):
        term = Terminal(self)
        term.say("clear; agim-recv -v tty | agim-run exec -- cat 2>run.log | agim-send 2>send.log")
        term.wait_line(">")
        self.config({"keep": {"inbox": "8d"}})
        os.kill(self.pid("agim-recv"), signal.SIGHUP)
        term.wait("agim-recv: configuration read again\n>")
        term.key("C-d")
        term.wait("$")

    def test_without_a_terminal(self):
        done = self.pipe("agim-recv tty", "agim-run exec -- tr a-z A-Z", "agim-send", stdin="hello\nthere\n")
        self.assertCodes(done, OK, OK, OK)
        self.assertEqual(done.out, "HELLO\nTHERE\n")
        self.assertAnswered(2)
        session = self.sql("select distinct session from inbox")[0]["session"]
        self.assertEqual(session, f"tty:{self.show_user()}-main")
        self.assertFalse(os.path.exists(self.path("home/history")))
        # A terminal that cannot move its cursor counts as none.
        term = Terminal(self, TERM="xterm")
        term.say("clear; TERM=dumb agim-recv tty | agim-run exec -- tr a-z A-Z | agim-send; echo over")
        term.say("plain")
        term.wait("PLAIN")
        term.key("C-d")
        term.wait("\nover")

    def example(self, **env):
        """The example script, which finds agents of this test's own."""
        os.mkdir(self.path("stages"))
        self.env["PATH"] = f"{self.path('stages')}:{self.env['PATH']}"
        self.env.update(env)
        return os.path.join(TOP, "examples", "terminal.sh")

    def test_the_example_in_a_terminal(self):
        script = self.example(AGIM_AGENT="exec -- tr a-z A-Z")
        term = Terminal(self)
        term.say(f"clear; {script}; echo status $?")
        term.wait_line(">")
        term.say("hello")
        term.wait("> hello\nHELLO\n>")
        self.assertEqual(self.sql("select distinct pipe from inbox")[0]["pipe"], term.show("#{pane_tty}")[5:].replace("/", "-"))
        # Even a kill that nothing can be done about leaves a terminal that works.
        os.kill(self.pid("agim-recv"), signal.SIGKILL)
        term.wait("status")
        term.say("stty -a | grep -o ' -*icanon'")
        term.wait("\n icanon")

    def test_the_example_without_a_terminal(self):
        script = self.example(AGIM_AGENT="")
        self.script("stages/gemini", "exit 1\n")
        self.agents(gemini=["sed", "s/^/gemini: /"], other=["true"], off={"command": ["true"], "enabled": False},
                    sh={"driver": "shell"}, none={"driver": "exec"})
        listed = self.pipe("agim-run --list")
        self.assertCodes(listed, OK)
        self.assertEqual(listed.out, "gemini\nother\nsh\n")
        done = self.pipe([script], stdin="hello\n")
        self.assertCodes(done, OK)
        self.assertEqual(done.out, "gemini: hello\n")

    def test_the_shell_behind_the_gate(self):
        script = self.example()
        term = Terminal(self, 100, 40)
        term.say(f"clear; {script}; echo status $?")
        term.wait_line(">")
        term.say("uname -s; echo $((6 * 7))")
        term.wait("└─\n>")
        self.assertIn("│   uname -s; echo $((6 * 7))\n", term.screen)
        self.assertNotIn("\nLinux", term.screen)
        # What is typed meanwhile is not disturbed, and the answer is a line like others.
        term.say("y")
        term.wait("\nLinux\n42\n>")
        term.say("cat ~/.ssh/id_ed25519")
        term.wait("Not run: ")
        term.say("sleep 1000")
        term.wait("│   sleep 1000\n")
        term.say("y")
        self.wait_for(lambda: "sleep 1000" in self.processes().values().__str__(), what="a running command")
        term.key("C-c")
        self.wait_for(lambda: "sleep 1000" not in self.processes().values().__str__(), what="its end")
        term.wait("aborting; Ctrl-C again leaves")
        self.wait_for(lambda: self.count("inbox", "open = 1") == 0, what="an end to everything")
        term.key("C-d")
        term.wait("status 0")
        self.assertEqual(self.count("outbox", "state <> 'delivered'"), 0)

    def test_the_shell_without_anybody_to_answer(self):
        done = self.pipe([self.example()], stdin="uname -s\n")
        self.assertCodes(done, OK)
        self.assertIn("uname -s", done.out)
        self.assertIn("Not run: ", done.out)
        self.assertNotIn("Linux", done.out)

    def test_refuses_what_cannot_be(self):
        done = self.pipe("agim-recv --session stdin:x tty")
        self.assertCodes(done, USAGE)
        self.assertSaid(done, 0, "'stdin:x' is not a terminal's")
        term = Terminal(self)
        term.say("clear; agim-recv tty; echo code $?")
        term.wait(f"code {USAGE}")
        term.wait("standard output is a terminal too")
        term.say("clear; agim-recv tty command:true | cat; echo code ${PIPESTATUS[0]}")
        term.wait(f"code {USAGE}")
        self.agents(me=["sh", "-c", "agim-recv tty </dev/null; echo $?"])
        done = self.pipe("agim-recv stdin", "agim-run me", "agim-send", stdin="x\n")
        self.assertEqual(done.out, f"{NOT_PERMITTED}\n")

    def test_an_agent_cannot_draw(self):
        term = self.talk("exec -- sh -c 'agim-send \"$AGIM_SESSION\" forged 2>&1'")
        term.say("go")
        term.wait("its terminal is gone")
        self.assertNotIn("\nforged", term.screen)
        self.assertIn("an agent wanted to draw on the terminal", self.read("recv.log"))
        term.key("C-d")
        self.wait_left()

    @seconds(6)
    def test_idle_costs_nothing(self):
        term = self.talk()
        term.say("x")
        term.wait("> x\nx\n>")
        pid = self.pid("agim-recv")
        time.sleep(1)
        before = self.status(pid, "voluntary_ctxt_switches")
        time.sleep(3)
        woken = self.status(pid, "voluntary_ctxt_switches") - before
        self.assertLessEqual(woken, 2)
        term.key("C-d")
        self.wait_left()
