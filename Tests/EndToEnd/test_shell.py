"""The shell as an agent: what a person allowed runs as it was shown, where it belongs, and no wider."""

import json
import os
import shutil
import socket
import tempfile

from support import need, seconds
from talk import GateCase


class Shell(GateCase):
    """Commands that run unasked, by a rule: here it is about how they run."""

    def setUp(self):
        super().setUp()
        self.allow()

    def allow(self, **shell):
        self.configure(
            agents={"shell": {"driver": "shell", "workdir": self.work, **shell}}, policy=[{"then": "allow"}],
            limits={"jobs": 8})
        # What is not wholly known, such as a loop, is asked even so: away answers for nobody.
        self.pipe(["agim-approve", "away", "1h", "--agent", "shell"])

    def test_the_exit_status_is_shown(self):
        talk = self.talk()
        for command, wanted in (
                ("echo hello", "hello"), ("true", "(no output)"), ("echo out; echo err >&2", "out\nerr"),
                ("sh -c 'exit 3'", "[exit status 3]"), ("echo x; false", "x\n[exit status 1]"),
                ("no-such-command-here", "[exit status 127]"), ("kill -9 $$", "[signal 9]"), ("cat", "(no output)"),
                ("exit 4", "[exit status 4]"), ("set -- a b; echo $# $1", "2 a"), ("echo \"$AGIM_COMMAND$0\"", "shell")):
            with self.subTest(command):
                self.assertIn(wanted, talk.reply(talk.say(command)))
        self.assertIn("no command", talk.reply(talk.say("  \n ")))
        talk.stop()

    @seconds(3)
    def test_output_comes_as_it_is_written(self):
        seen = self.path("seen")
        talk = self.talk(["agim-approve"], ["agim-run", "shell"], ["tee", seen])
        stop = self.path("work/stop")
        message = talk.say("echo first; while [ ! -e stop ]; do sleep 0.1; done; echo second")
        rows = self.wait_for(
            lambda: [json.loads(line) for line in self.read("seen").splitlines() if '"text":"first' in line]
            if os.path.exists(seen) else None, what="the first part")
        self.assertEqual((rows[0]["type"], rows[0]["final"], rows[0]["parent"]), ("reply", False, message))
        open(stop, "w").close()
        self.assertEqual(talk.reply(message), "first\nsecond")
        talk.stop()

    def test_a_directory_is_kept_across_turns(self):
        os.makedirs(os.path.join(self.work, "a b/c"))
        os.makedirs(os.path.join(self.work, "deep/er"))
        talk = self.talk()
        say = lambda text, **more: talk.reply(talk.say(text, **more))
        self.assertEqual(say("pwd"), self.work)
        self.assertEqual(say("cd deep"), self.work + "/deep")
        self.assertEqual(say("cd er"), self.work + "/deep/er")
        self.assertEqual(say("pwd"), self.work + "/deep/er")
        # Another session is where it was, and a restart changes nothing.
        self.assertEqual(say("pwd", session="chat:2"), self.work)
        talk.stop()
        talk.start()
        self.assertEqual(say("pwd"), self.work + "/deep/er")
        self.assertEqual(say("cd .."), self.work + "/deep")
        self.assertIn("no such directory", say("cd nowhere"))
        # What a command does to its own shell ends with it.
        self.assertEqual(say("cd er && pwd"), self.work + "/deep/er")
        self.assertEqual(say("pwd"), self.work + "/deep")
        os.rmdir(self.work + "/deep/er")
        os.rmdir(self.work + "/deep")
        self.assertEqual(say("pwd"), self.work, "a directory that is gone")
        say("cd /")
        self.assertEqual(say("cd"), self.work)
        talk.stop()

    def test_every_session_has_a_directory_of_its_own(self):
        self.configure(agents={"shell": {"driver": "shell"}}, policy=[{"then": "allow"}])
        talk = self.talk()
        places = [talk.reply(talk.say("pwd", session=session)) for session in ("chat:1", "chat:2", "chat:%2E%2E%2Fx")]
        self.assertEqual(len(set(places)), 3)
        for place in places:
            self.assertEqual(os.path.dirname(place), f"{self.home}/work/shell")
        talk.stop()

    def test_the_command_is_in_no_process_s_arguments(self):
        """Everybody on the machine can read those."""
        talk = self.talk()
        for sandbox in ("none", "bwrap"):
            self.allow(sandbox=sandbox)
            word = f"very-private-{sandbox}"
            message = talk.say(f": {word}; touch started-{sandbox}; while [ ! -e stop-{sandbox} ]; do read -t 0.1 x; done; echo done")
            self.wait_for(lambda: self.ran(f"started-{sandbox}"), what="the command")
            found = []
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{pid}/cmdline", "rb") as file:
                        if word.encode() in file.read():
                            found.append(pid)
                except OSError:
                    pass
            open(self.path(f"work/stop-{sandbox}"), "w").close()
            self.assertEqual(talk.reply(message), "done")
            self.assertEqual(found, [])
        talk.stop()

    def test_nul_and_long_commands(self):
        talk = self.talk()
        self.assertIn("NUL", talk.reply(talk.say("echo a\0b")))
        long = "echo " + "x" * 100_000
        self.assertEqual(talk.reply(talk.say(long)), "x" * 100_000)
        # What no program can be given is told about, and the next command runs.
        self.assertIn("cannot be started", talk.reply(talk.say("echo " + "x" * 200_000)))
        self.assertEqual(talk.reply(talk.say("echo 好 'a\nb' \"$(printf 'c\\td')\"")), "好 a\nb c\td")
        talk.stop()

    def test_its_environment(self):
        """ "Agents run with a fixed small environment plus what the configuration names" """
        self.allow(env={"MINE": "named"})
        talk = self.talk(TELEGRAM_BOT_TOKEN="a-credential", LD_PRELOAD_X="1", BASH_ENV="/nowhere", SHELLOPTS="xtrace")
        text = talk.reply(talk.say("echo \"${TELEGRAM_BOT_TOKEN-none} ${BASH_ENV-none} ${LD_PRELOAD_X-none} $MINE\""))
        self.assertEqual(text, "none none none named")
        talk.stop()


class Sandboxed(GateCase):
    """`sandbox`: the work directory writable, the rest read-only, hard-denied paths hidden."""

    def setUp(self):
        super().setUp()
        need("bwrap", "bubblewrap")
        os.makedirs(os.path.join(self.user, ".ssh"))
        with open(os.path.join(self.user, ".ssh", "id_ed25519"), "w") as file:
            file.write("the key itself\n")
        # Not below /tmp, of which a sandbox has its own.
        self.outside = tempfile.mkdtemp(prefix="agim-e2e-", dir="/var/tmp")
        self.addCleanup(shutil.rmtree, self.outside)

    def confine(self, **settings):
        self.configure(
            agents={"shell": {"driver": "shell", "workdir": self.work, "sandbox": "bwrap", **settings}},
            policy=[{"then": "allow"}])
        self.pipe(["agim-approve", "away", "1h", "--agent", "shell"])

    def script_of(self, text):
        """A command that the policy cannot look into, so that the sandbox alone holds it; it says `began` first."""
        self.count_of_messages += 1
        path = os.path.join(self.outside, f"s{self.count_of_messages}.py")
        with open(path, "w") as file:
            file.write(f"""import subprocess
print("began", flush=True)
subprocess.run(["bash", "-c", bytes.fromhex("{text.encode().hex()}").decode()], stderr=subprocess.STDOUT)
""")
        return f"python3 {path}"

    def run_in(self, talk, text, **more):
        """What a script said, once it is certain that it ran."""
        text = talk.reply(talk.say(self.script_of(text), **more))
        self.assertTrue(text.startswith("began"), text)
        return text.removeprefix("began").lstrip("\n")

    def test_a_directory_for_temporary_files(self):
        """Its own, whatever agim-run and the configuration say: theirs is not there, or cannot be written."""
        self.confine()
        for env, own in (({"TMPDIR": self.outside}, {}), ({}, {"TMPDIR": self.path("tmp")})):
            self.confine(env=own)
            talk = self.talk(**env)
            self.assertRegex(self.run_in(talk, "echo $TMPDIR; mktemp"), r"^/tmp\n/tmp/tmp\.\w+$")
            talk.stop()

    def test_writes_outside_fail(self):
        self.confine()
        talk = self.talk()
        run = lambda text: self.run_in(talk, text)
        self.assertEqual(run("echo in > file; cat file"), "in")
        self.assertEqual(self.read("work/file"), "in\n")
        for place in ("/etc", "/usr", "/var/tmp", self.user, self.outside, "/opt", "/home", "/root", "/"):
            text = run(f"touch {place}/written-by-agim 2>&1; echo status $?")
            self.assertFalse(os.path.exists(f"{place}/written-by-agim"), place)
            # What is hidden is empty and its own; nothing of it is seen outside.
            self.assertIn("status", text)
        # Reading the rest of the machine is possible, where it is not hidden; /tmp is its own.
        self.assertEqual(run("test -s /etc/debian_version && echo readable"), "readable")
        run("touch /tmp/written-by-agim")
        self.assertFalse(os.path.exists("/tmp/written-by-agim"))
        talk.stop()

    def test_hard_denied_paths_are_hidden(self):
        self.write("work/.env", "SECRET=in the work directory\n")
        self.confine()
        talk = self.talk()
        run = lambda text: self.run_in(talk, text)
        for path in (f"{self.user}/.ssh/id_ed25519", f"{self.home}/agim.db", f"{self.home}/config.json", "/etc/shadow",
                     f"{self.work}/.env", "/proc/1/root/etc/shadow"):
            text = run(f"cat {path} 2>&1")
            for piece in ("the key itself", "root:", "approvers", "SQLite", "SECRET"):
                self.assertNotIn(piece, text, path)
        talk.stop()

    def test_the_network(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        for network, wanted in ((False, "refused"), (True, "connected")):
            with self.subTest(network):
                self.confine(network=network)
                talk = self.talk()
                text = self.run_in(
                    talk, f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo connected || echo refused")
                self.assertEqual(text, wanted)
                talk.stop()

    def test_its_first_process_has_nothing_more(self):
        self.confine(env={"MINE": "named"})
        talk = self.talk(TELEGRAM_BOT_TOKEN="a-credential")
        text = self.run_in(talk, "tr '\\0' '\\n' < /proc/1/environ; echo; echo ---; ls /proc | grep -c '^[0-9]'")
        self.assertNotIn("a-credential", text)
        self.assertNotIn("TELEGRAM", text)
        names = {line.split("=")[0] for line in text.split("---")[0].splitlines() if "=" in line}
        own = {line.split("=")[0] for line in self.run_in(talk, "printenv").splitlines() if "=" in line}
        self.assertIn("MINE", names)
        self.assertLessEqual(names - {"AGIM_COMMAND"}, own)
        # It sees no process of the machine.
        self.assertLess(int(text.split("---")[1]), 8)
        talk.stop()

    def test_cd_does_not_carry_the_sandbox_along(self):
        """The work directory is writable, not whatever directory the session went to."""
        self.confine()
        talk = self.talk()
        for place in (self.outside, "/etc", "/", "/var/tmp", "/usr/lib"):
            self.assertEqual(talk.reply(talk.say(f"cd {place}")), place)
            text = self.run_in(
                talk, "touch written-by-agim; cat id_ed25519 agim.db config.json; cat $HOME/.ssh/id_ed25519")
            self.assertFalse(os.path.exists(f"{place}/written-by-agim"), place)
            for piece in ("the key itself", "approvers", "SQLite"):
                self.assertNotIn(piece, text, place)
        # What is hidden or agim's own is not even there to start in; the policy denies what it can tell.
        for place in (os.path.join(self.user, ".ssh"), self.user, self.home):
            talk.reply(talk.say(f"cd {place}"))
            text = talk.reply(talk.say(self.script_of("cat id_ed25519 config.json; touch written-by-agim")))
            self.assertFalse(os.path.exists(f"{place}/written-by-agim"), place)
            for piece in ("the key itself", "approvers"):
                self.assertNotIn(piece, text, place)
        # Inside, below the work directory, it works.
        os.mkdir(os.path.join(self.work, "sub"))
        talk.reply(talk.say(f"cd {self.work}/sub"))
        talk.reply(talk.say("touch here ../there"))
        self.assertTrue(self.ran("sub/here") and self.ran("there"))
        talk.stop()

    def test_a_work_directory_that_holds_what_is_hidden(self):
        """ "`/`, the home directory and `$AGIM_HOME` never count as a work directory." """
        for place in (self.user, "/", "/var", "/tmp"):
            with self.subTest(place):
                self.confine(workdir=place)
                talk = self.talk()
                text = self.run_in(
                    talk, "cat $HOME/.ssh/id_ed25519 $AGIM_HOME/config.json;"
                    " touch /etc/written-by-agim $AGIM_HOME/written-by-agim $HOME/written-by-agim")
                for piece in ("the key itself", "approvers"):
                    self.assertNotIn(piece, text)
                for directory in ("/etc", self.home, self.user):
                    self.assertFalse(os.path.exists(f"{directory}/written-by-agim"), directory)
                talk.stop()

    def test_without_bubblewrap(self):
        """Where it is missing "bwrap" refuses, and "auto" runs bare."""
        # In a mount namespace of its own, where the program is not.
        hidden = ["unshare", "-m", "sh", "-c", "mount --bind /dev/null /usr/bin/bwrap && exec agim-run shell"]
        for sandbox, wanted in (("bwrap", "bubblewrap does not work here"), ("auto", "ran bare")):
            with self.subTest(sandbox):
                self.confine(sandbox=sandbox)
                talk = self.talk(["agim-approve"], hidden)
                text = talk.reply(talk.say("echo ran bare"))
                self.assertIn(wanted, text)
                if sandbox == "bwrap":
                    self.assertNotIn("ran bare", text)
                talk.stop()

    def test_auto_uses_it_where_it_is(self):
        self.confine(sandbox="auto")
        talk = self.talk()
        self.run_in(talk, f"touch {self.outside}/x")
        self.assertFalse(os.path.exists(f"{self.outside}/x"))
        talk.stop()
