"""agim doctor: what it finds, that it says how to mend it, and that it changes nothing."""

import glob
import os
import subprocess

from support import BIN, Case, DATA, OK, fill, need, nobody


class Doctor(Case):

    def doctor(self, *words, limit=30):
        return self.pipe(["agim", "doctor", *words], limit=limit)

    def found(self, level=None, check=None, code=None):
        done = self.doctor("--json")
        if code is not None:
            self.assertCodes(done, code)
        self.assertEqual(done.codes, [DATA if any(line["level"] == "error" for line in done.lines) else OK])
        return [line for line in done.lines if level in (None, line["level"]) and check in (None, line["check"])]

    def assertFound(self, level, check, *pieces):
        """One finding of this kind, which says all of this; anything but `ok` says how to mend it."""
        found = self.found(level, check)
        texts = [f"{line['what']}: {line.get('mend', '')}" for line in found]
        self.assertTrue(any(all(piece in text for piece in pieces) for text in texts), (level, check, pieces, self.found()))
        if level in ("warning", "error"):
            self.assertTrue(all(line.get("mend") for line in found), found)

    def test_an_empty_machine_has_no_error(self):
        self.env = {"PATH": BIN + ":/usr/bin:/bin", "HOME": self.user}
        done = self.doctor()
        self.assertCodes(done, OK)
        for line in done.out.splitlines():
            self.assertRegex(line, "^(ok|note|warning): .")
        self.assertIn("does not exist yet: 'agim setup'", done.out)
        self.assertIn("warning: no locale is set: export LANG=C.UTF-8", done.out)
        self.assertFalse(os.path.exists(self.path("user/.agim")), "nothing was made")

    def test_without_any_environment_it_still_answers(self):
        done = subprocess.run([f"{BIN}/agim", "doctor"], env={}, capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (OK, DATA))
        self.assertIn("locale", done.stdout)

    def test_a_sound_home_is_called_so(self):
        self.agents(shout=["tr", "a-z", "A-Z"])
        self.pipe(["agim-recv", "stdin"], ["agim-run", "shout"], ["agim-send"], stdin="a\n")
        self.assertFound("ok", "home", self.home, "mode 700")
        self.assertFound("ok", "store", "is sound")
        self.assertFound("ok", "config", "config.json")
        self.assertFound("ok", "agents", "agent shout", "/tr")
        self.assertFound("ok", "clock", "nothing in the store is from the future")
        self.assertFound("note", "protection", "agent shout has all the rights of this user")
        self.assertFound("ok", "locale", "C.UTF-8")
        self.assertEqual(self.found("error"), [])

    def test_it_leaves_everything_as_it_was(self):
        self.pipe(["agim-recv", "stdin"], stdin="a\n")
        self.sql("pragma wal_checkpoint(truncate)")
        before = self.tree()
        self.doctor()
        self.assertEqual(self.tree(), before)

    def tree(self):
        # SQLite keeps its own two files; the store itself must not be touched.
        return {
            name: (os.stat(f"{self.home}/{name}").st_mtime_ns, os.stat(f"{self.home}/{name}").st_mode)
            for name in os.listdir(self.home) if not name.endswith(("-wal", "-shm"))
        } | {f"run/{name}": 0 for name in os.listdir(f"{self.home}/run")}

    def test_the_home(self):
        os.chmod(self.home, 0o755)
        self.write("home/config.json", "{}")
        self.assertFound("error", "home", "may be entered by others", "chmod 700")
        self.env["AGIM_HOME"] = self.write("file", "")
        self.assertFound("error", "home", "is not a directory")
        self.env["AGIM_HOME"] = self.path("file/below")
        self.assertFound("error", "home", "Not a directory")

    def test_somebody_elses_home(self):
        os.chown(self.home, nobody().pw_uid, -1)
        self.assertFound("error", "home", "belongs to user")

    def test_the_configuration(self):
        for text, piece in (
                ("{", "config.json:1:2"), ('{"agnets": {}}', 'did you mean "agents"'), ("[]", "expected an object"),
                ("\udcff", "config.json:1:1"), ('{"messengers": []}', "belongs to agim-cli")):
            self.write("home/config.json", text.encode(errors="surrogateescape"))
            os.chmod(f"{self.home}/config.json", 0o600)
            self.assertFound("error", "config", piece)
        self.config({})
        os.chmod(f"{self.home}/config.json", 0o644)
        self.assertFound("error", "config", "is open to others", "chmod 600")
        os.chmod(f"{self.home}/config.json", 0o600)
        self.write("home/env", "FINE=1\n")
        os.chmod(f"{self.home}/env", 0o640)
        self.assertFound("error", "config", "env", "chmod 600")

    def test_files_that_are_no_files(self):
        for make in (os.mkdir, os.mkfifo):
            make(f"{self.home}/config.json")
            self.assertFound("error", "config", "is not a regular file")
            subprocess.run(["rm", "-r", f"{self.home}/config.json"], check=True)
        with open(f"{self.home}/config.json", "wb") as file:
            file.truncate(100 << 20)
        os.chmod(f"{self.home}/config.json", 0o600)
        self.assertFound("error", "config", "has more than 1048576 bytes")

    def test_both_files_are_told_about_at_once(self):
        self.config(None, text="{")
        self.write("home/env", "no sign\n")
        os.chmod(f"{self.home}/env", 0o600)
        what = " ".join(line["what"] for line in self.found("error", "config"))
        self.assertIn("config.json:1", what)
        self.assertIn("env:1", what)

    def test_no_secret_is_printed(self):
        self.config({"accounts": {"feishu": {"app_id": "x", "secret": "hush-hush", "enabled": False}},
                     "agents": {"a": {"driver": "exec", "command": ["cat"], "env": {"KEY": "hush-hush"}}}})
        self.assertNotIn("hush", self.doctor().out + self.doctor("--json").out)
        self.config(None, text='{"accounts": {"feishu": {"secret": hush-hush}}}')
        self.assertNotIn("hush-hush", self.doctor().out)

    def test_accounts_without_effect(self):
        self.config({"accounts": {"carrier-pigeon": {"token": "x"}}})
        self.assertFound("warning", "config", "account carrier-pigeon", "enabled")

    def test_accounts(self):
        accounts = {"telegram": {"token": "123456:" + "x" * 35}, "dingtalk": {"robot": "https://oapi.dingtalk.com/robot/send?access_token=hush"},
                    "webhook": {"secret": "hush-webhook"}, "slack": {"enabled": False}}
        self.config({"accounts": accounts})
        self.assertFound("ok", "config", "account telegram", "this version has its platform")
        self.assertFalse(os.path.exists(f"{self.home}/agim.db"))
        self.pipe(["agim-queue", "list"])
        self.assertFound("ok", "config", "account telegram is complete", "agim-send check telegram")
        self.assertFound("ok", "config", "account dingtalk is complete")
        self.assertFound("ok", "config", "account webhook")
        self.config({"accounts": {"telegram": {"token": "123456:hush", "tokn": 1}, "feishu@work": {"app_id": "cli_1"}}})
        self.assertFound("error", "config", "tokn", "did you mean")
        self.assertFound("error", "config", "feishu@work", "secret")
        self.assertNotIn("hush", self.doctor().out)

    def test_agents_that_cannot_run(self):
        self.config({"default_agent": "shuot", "agents": {
            "gone": {"driver": "exec", "command": ["no-such-program"]}, "empty": {"driver": "exec"},
            "new": {"driver": "newest"}, "shout": {"driver": "exec", "command": ["tr"]},
            "off": {"driver": "claude", "enabled": False}}})
        self.assertFound("error", "agents", "agent gone", "no-such-program")
        self.assertFound("error", "agents", "agent empty: no program")
        self.assertFound("error", "agents", "agent new: this version has no driver 'newest'")
        self.assertFound("error", "agents", "default agent 'shuot'", "did you mean shout?")
        self.assertNotIn("agent off", self.doctor().out)

    def test_opencode(self):
        self.config({"agents": {
            "opencode": {"command": ["tr"]}, "other": {"driver": "opencode", "command": ["no-such-program"]}}})
        self.assertFound("ok", "agents", "agent opencode", "/tr")
        self.assertFound("note", "gate", "agent opencode is partly gated; unasked: in some versions, what its sub-agents do")
        self.assertFound("error", "agents", "agent other: there is no program", "no-such-program")

    def test_an_agent_on_another_machine(self):
        self.config({"agents": {"far": {"driver": "remote", "url": "https://agents.example"}, "lost": {"driver": "remote"}}})
        self.assertFound("note", "gate", "agent far is not gated", "no card is shown")
        self.assertFound("error", "agents", "agent lost: no address", "agents.lost")
        self.assertFalse([line for line in self.found(check="protection") if "far" in line["what"]])

    def test_what_programs_say_of_themselves(self):
        program = self.script(
            "claude", 'case "$1 $2" in "--version "*) echo "9.9 (Test)";; "auth status") exit "${LOGIN:-1}";; *) exit 3;; esac\n')
        self.config({"agents": {
            "claude": {"command": [program]}, "in": {"driver": "claude", "command": [program], "env": {"LOGIN": "0"}},
            "old": {"driver": "claude", "command": [program], "env": {"LOGIN": "64"}},
            "plain": {"driver": "exec", "command": [program]}}})
        self.assertFound("ok", "agents", "agent claude: ", "claude\", 9.9 (Test)")
        self.assertFound("warning", "agents", "agent claude is not logged in", "in a terminal once")
        self.assertFound("ok", "agents", "agent in is logged in")
        self.assertNotIn("agent old is", [line["what"] for line in self.found(check="agents")])
        # Any program may do anything when it is run.
        self.assertNotIn("9.9", [line["what"] for line in self.found(check="agents") if "agent plain" in line["what"]][0])
        self.assertFound("ok", "gate", "agent claude is gated")
        self.assertFound("note", "gate", "agent plain is not gated")

    def test_agents_that_would_not_ask(self):
        program = self.script("kimi", "cat\n")
        self.config({"agents": {
            "loose": {"driver": "exec", "command": [program, "--yolo"], "env": {"KIMI_AUTO_APPROVE": "1"}},
            "known": {"driver": "exec", "command": [program, "--yolo"], "trusted": True},
            "strict": {"driver": "exec", "command": [program, "acp"]}}})
        self.assertFound("error", "agents", "agent loose: command: '--yolo'", "trusted")
        self.assertFound("error", "agents", "agent loose: env: 'KIMI_AUTO_APPROVE'")
        self.assertFound("note", "agents", "agent known is trusted")
        self.assertNotIn("agent strict: command", self.doctor().out)
        self.assertNotIn("agent known: command", self.doctor().out)

    def test_a_damaged_store(self):
        self.pipe(["agim-recv", "stdin"], stdin="".join(f"message {n}\n" for n in range(300)))
        self.sql("pragma wal_checkpoint(truncate)")
        size = os.path.getsize(f"{self.home}/agim.db")
        with open(f"{self.home}/agim.db", "r+b") as file:
            file.seek(size // 2)
            file.write(os.urandom(size // 4))
        self.assertFound("error", "store", "agim-queue backup")
        self.write("home/agim.db", "not a store at all" * 1000)
        self.assertFound("error", "store", "file is not a database")
        os.remove(f"{self.home}/agim.db")
        os.mkdir(f"{self.home}/agim.db")
        self.assertFound("error", "store")

    def test_a_store_of_another_version_or_program(self):
        self.pipe(["agim-recv", "stdin"], stdin="a\n")
        self.sql("pragma user_version = 999")
        self.assertFound("error", "store", "made by a newer agim")
        self.sql("pragma application_id = 7")
        self.assertFound("error", "store", "not a store of agim")

    def test_rows_that_wait_for_somebody(self):
        self.pipe(["agim-recv", "stdin"], stdin="a\nb\nc\nd\n")
        ids = [row["id"] for row in self.sql("select id from inbox order by n")]
        self.sql("update inbox set state = 'held', reason = 'too old' where id = ?", ids[0])
        self.sql("update inbox set state = 'taken', holder = '01890000-0000-7000-8000-000000000000' where id = ?", ids[1])
        self.sql("update inbox set state = 'dead', reason = 'x' where id = ?", ids[2])
        self.assertFound("warning", "held", "1 messages or replies were too old", "agim-queue retry")
        self.assertFound("warning", "holders", "1 messages or replies are in the hands of dead processes")
        self.assertFound("note", "dead", "1 messages ended without an answer")
        self.sql("insert into job (message, session, generation, person, agent, title, created) "
                 "values (?, 'stdin:main', 1, 'stdin:x', 'exec', 't', 0)", ids[3])
        self.sql("update inbox set since = since - 61000 where id = ?", ids[3])
        self.assertFound("warning", "jobs", "1 jobs wait, and nobody runs them", "agim-recv job")
        self.pipe(["agim-remind", "add", "--to", "stdin:main", "1h", "tea"])
        self.sql("update reminder set next = next - 3600000 - 121000")
        self.assertFound("warning", "reminders", "1 reminders are due, and nobody prints them", "agim-remind watch")
        self.sql("update inbox set accepted = accepted + 86400000 where id = ?", ids[3])
        self.assertFound("error", "clock", "1 rows are from the future", "timedatectl")

    def test_the_log_of_the_store(self):
        self.pipe(["agim-recv", "stdin"], stdin="a\n")
        with open(f"{self.home}/agim.db-wal", "ab") as file:
            file.truncate(40 << 20)
        self.assertFound("warning", "log", "has grown to 41 MB")

    def test_a_full_disk(self):
        self.tmpfs(self.home, "24m")
        self.pipe(["agim-recv", "stdin"], stdin="a\n")
        self.assertFound("warning", "disk", "free", "make room")
        fill(f"{self.home}/ballast")
        self.assertFound("error", "disk", "0 bytes free", "make room")
        # The store is looked at all the same.
        self.assertTrue(self.found(check="store"))

    def test_a_locked_store(self):
        self.pipe(["agim-recv", "stdin"], stdin="a\n")
        holder = subprocess.Popen(
            ["sqlite3", f"{self.home}/agim.db"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.communicate)
        holder.stdin.write("begin immediate; select 'locked';\n")
        holder.stdin.flush()
        self.assertEqual(holder.stdout.readline(), "locked\n")
        # Writers do not stop who reads.
        self.assertFound("ok", "store", "is sound")

    def test_pipelines(self):
        os.mkdir(f"{self.home}/pipes")
        self.write("home/pipes/good", "agim-recv inbox | agim-send\n")
        self.write("home/pipes/bad", "agim-recv inbox | ( agim-send\n")
        self.write("home/pipes/open", "true\n")
        os.chmod(f"{self.home}/pipes/open", 0o666)
        self.write("home/pipes/no good", "true\n")
        self.assertFound("note", "pipes", "pipeline good does not run", "agim start good")
        self.assertFound("error", "pipes", "pipeline bad", "syntax error")
        self.assertFound("error", "pipes", "pipeline open", "can be written by others", "chmod go-w")
        self.assertFound("warning", "pipes", "no good", "cannot be the name")

    def test_what_protects_each_agent(self):
        tools = self.path("tools")
        os.mkdir(tools)
        self.env["PATH"] = f"{tools}:{self.env['PATH']}"
        self.config({"default_agent": "shell", "agents": {
            "own": {"driver": "exec", "command": ["cat"], "sandbox": "bwrap"},
            "must": {"driver": "shell", "sandbox": "bwrap"}, "may": {"driver": "shell", "sandbox": "auto"}}})
        for text, must, may in (("exit 0", "ok", "ok"), ("exit 1", "error", "note")):
            with open(f"{tools}/bwrap", "w") as file:
                file.write(f"#!/bin/sh\n{text}\n")
            os.chmod(f"{tools}/bwrap", 0o755)
            self.assertFound(must, "protection", "agent must")
            self.assertFound(may, "protection", "agent may")
            self.assertFound(must, "protection", "agent own")
            self.assertFound("note", "protection", "agent shell has all the rights")
        self.assertFound("note", "approvers", "only the person at the terminal")
        self.config({"default_agent": "shell", "approvers": ["telegram:7"]})
        self.assertEqual(self.found(check="approvers"), [])

    def test_the_policy(self):
        self.config({"policy": [{"if": {"chat": "group"}, "then": "ask"}]})
        self.assertFound("ok", "policy", "can read")
        self.config({"policy": [{"if": {"chatt": "group"}, "then": "ask"}]})
        self.assertFound("error", "policy", "chatt", "mend \"policy\"")

    def test_bubblewrap_that_does_not_work(self):
        self.config({"agents": {"a": {"driver": "exec", "command": ["cat"]}}})
        tools = self.path("tools")
        os.mkdir(tools)
        self.env["PATH"] = f"{tools}:{self.env['PATH']}"
        for text, piece in (("exit 1", "exit status 1"), ("kill -9 $$", "signal 9")):
            with open(f"{tools}/bwrap", "w") as file:
                file.write(f"#!/bin/sh\n{text}\n")
            os.chmod(f"{tools}/bwrap", 0o755)
            self.assertFound("warning", "bubblewrap", "does not work", piece)

    def test_markdown(self):
        self.assertFound("ok", "markdown", "own form")
        need("bwrap", "bubblewrap")
        # A machine without the library, but for its empty files.
        words = ["bwrap", "--dev-bind", "/", "/"]
        for path in glob.glob("/usr/lib/*/libcmark-gfm*.so*"):
            if not os.path.islink(path):
                words += ["--ro-bind", "/dev/null", path]
        done = self.pipe([*words, "agim", "doctor"])
        self.assertIn("warning: Markdown goes out as it is written, because libcmark-gfm cannot be used: ", done.out)
        self.assertIn("install libcmark-gfm-extensions", done.out)

    def test_an_unreadable_home_of_somebody_who_is_not_root(self):
        os.chmod(self.home, 0o000)
        done = subprocess.run(
            ["setpriv", f"--reuid={nobody().pw_uid}", f"--regid={nobody().pw_gid}", "--clear-groups",
             f"{BIN}/agim", "doctor"], env=self.env, capture_output=True, text=True, check=False)
        if "Permission denied" in done.stderr and "agim" not in done.stdout:
            self.skipTest("the build directory is closed to other users")
        self.assertEqual(done.returncode, DATA, done.stderr)
        self.assertIn("error: ", done.stdout)

    def test_a_full_standard_output_is_noticed(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [f"{BIN}/agim", "doctor"], env=self.env, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 74)
        self.assertIn("standard output", done.stderr)
