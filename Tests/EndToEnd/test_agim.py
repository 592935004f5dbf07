"""agim itself: running other commands, lists, manual pages, and what it refuses."""

import json
import os
import shutil
import subprocess

from support import BIN, Case, DATA, NO_INPUT, OK, UNAVAILABLE, USAGE

OWN = ["setup", "doctor", "status", "start", "stop", "restart", "help", "completions"]


class Agim(Case):

    def agim(self, *words, **more):
        return self.pipe(["agim", *words], **more)

    def place(self):
        """A directory with a copy of agim and a program or two beside it."""
        place = self.path("bin")
        os.makedirs(place, exist_ok=True)
        for name in ("agim", "agim-queue"):
            if not os.path.exists(f"{place}/{name}"):
                shutil.copy(f"{BIN}/{name}", place)
        return place

    def program(self, place, name, text):
        path = os.path.join(place, name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)

    def test_a_command_gets_its_words_its_input_and_leaves_with_its_status(self):
        done = self.pipe(["agim", "recv", "stdin"], ["agim", "run", "exec", "--", "tr", "a-z", "A-Z"], ["agim", "send"],
                         stdin="hello\n")
        self.assertCodes(done, OK, OK, OK)
        self.assertEqual(done.out, "HELLO\n")
        self.assertCodes(self.agim("queue", "show", "nothing"), NO_INPUT)
        self.assertIn("usage: agim-queue", self.agim("queue", "--help").out)
        self.assertIn("agim-queue", self.agim("queue", "--version").out)

    def test_words_are_passed_as_bytes(self):
        place = self.place()
        self.program(place, "agim-echo", 'printf "%s|" "$@"')
        words = [f"{place}/agim", "echo", "", "a b", "--", "-x", "--help", "*", b"\xff\xfe", "\u202e"]
        done = subprocess.run(words, env=self.env, capture_output=True, check=False)
        self.assertEqual(done.stdout, b"|a b|--|-x|--help|*|\xff\xfe|\xe2\x80\xae|")

    def test_the_program_beside_it_comes_before_the_path(self):
        place, other = self.place(), self.path("other")
        os.mkdir(other)
        self.program(other, "agim-which", "echo path")
        self.env["PATH"] = f"{other}:/usr/bin:/bin"
        self.assertEqual(self.pipe([f"{place}/agim", "which"]).out, "path\n")
        self.program(place, "agim-which", "echo beside")
        self.assertEqual(self.pipe([f"{place}/agim", "which"]).out, "beside\n")
        # Through a link, what lies beside the program itself counts.
        os.symlink(f"{place}/agim", f"{other}/agim")
        self.assertEqual(self.pipe([f"{other}/agim", "which"]).out, "beside\n")

    def test_what_is_no_command_is_named_with_the_nearest(self):
        done = self.agim("qeue")
        self.assertCodes(done, USAGE)
        self.assertSaid(done, 0, "there is no command 'qeue'", "did you mean queue?")
        self.assertSaid(self.agim("docter"), 0, "did you mean doctor?")
        self.assertSaid(self.agim("zzzzzz"), 0, "'agim' lists them")
        for word in ("../../bin/ls", "", "a b", "run;id", "x" * 5000, "-queue", "\n"):
            self.assertCodes(self.agim(word), USAGE)

    def test_a_file_that_is_no_program_is_not_run(self):
        place = self.place()
        with open(f"{place}/agim-text", "w") as file:
            file.write("#!/bin/sh\necho no\n")
        os.mkdir(f"{place}/agim-folder")
        for word in ("text", "folder"):
            done = self.pipe([f"{place}/agim", word])
            self.assertCodes(done, USAGE)
            self.assertEqual(done.out, "")

    def test_it_lists_what_is_installed_with_a_line_each(self):
        for words in ([], ["--help"], ["-h"]):
            done = self.agim(*words)
            self.assertCodes(done, OK)
            for name in ("queue", "recv", "remind", "run", "send", "session"):
                self.assertRegex(done.out, rf"\n  {name} +[A-Z].+\.\n")
            for name in OWN:
                self.assertRegex(done.out, rf"\n  {name}\b")

    def test_strangers_programs_are_listed_but_not_started_for_it(self):
        other = self.path("other")
        os.mkdir(other)
        self.program(other, "agim-stranger", f"touch {self.path('started')}")
        self.env["PATH"] += f":{other}"
        self.assertIn("\n  stranger\n", self.agim().out)
        self.assertFalse(os.path.exists(self.path("started")))

    def test_help_opens_the_manual_page(self):
        place = self.path("prefix/bin")
        os.makedirs(place)
        for name in ("agim", "agim-queue"):
            os.link(f"{BIN}/{name}", f"{place}/{name}") if os.stat(BIN).st_dev == os.stat(place).st_dev else shutil.copy(
                f"{BIN}/{name}", place)
        tools = self.path("tools")
        os.mkdir(tools)
        self.program(tools, "man", 'echo "man $*"')
        self.env["PATH"] = f"{tools}:/usr/bin:/bin"
        self.assertEqual(self.pipe([f"{place}/agim", "help", "queue"]).out, "man agim-queue\n")
        self.assertEqual(self.pipe([f"{place}/agim", "help", "tutorial"]).out, "man agim-tutorial\n")
        for words in (["help"], ["help", "agim"], ["help", "doctor"]):
            self.assertEqual(self.pipe([f"{place}/agim", *words]).out, "man agim\n")
        pages = self.path("prefix/share/man/man1")
        os.makedirs(pages)
        self.write("prefix/share/man/man1/agim-queue.1", "page")
        shown = self.pipe([f"{place}/agim", "help", "queue"]).out
        self.assertTrue(shown.startswith("man -l ") and shown.endswith("/share/man/man1/agim-queue.1\n"), shown)
        done = self.pipe([f"{place}/agim", "help", "quee"])
        self.assertCodes(done, USAGE)
        self.assertSaid(done, 0, "did you mean queue?")
        self.env["PATH"] = self.path("nowhere")
        done = self.pipe([f"{place}/agim", "help", "queue"])
        self.assertCodes(done, UNAVAILABLE)
        self.assertSaid(done, 0, "install man-db or mandoc")

    def test_words_that_do_not_fit_are_refused(self):
        for words in (
                ["start"], ["stop"], ["restart"], ["completions"], ["status", "x"], ["doctor", "x"], ["setup", "x"],
                ["start", "a", "b"], ["help", "a", "b"], ["status", "--bg"], ["doctor", "--prometheus"],
                ["status", "--json", "--prometheus"], ["start", "a", "--json"], ["doctor", "--import", "x"],
                ["--no-such"], ["completions", "tcsh"], ["--", "queue"]):
            done = self.agim(*words)
            self.assertCodes(done, USAGE)
            self.assertEqual(done.out, "")
        self.assertSaid(self.agim("completions", "bush"), 0, "did you mean bash?")
        self.assertEqual(os.listdir(self.home), [], "nothing was made")


class Status(Case):

    def status(self, *words):
        return self.pipe(["agim", "status", *words])

    def test_it_works_without_a_store_and_without_a_home(self):
        for home in (self.home, self.path("nowhere")):
            self.env["AGIM_HOME"] = home
            done = self.status()
            self.assertCodes(done, OK)
            self.assertIn("store  none yet", done.out)
            self.assertEqual(self.status("--json").lines, [{"kind": "store", "exists": False}])
            self.assertIn("agim_store_readable 0\n", self.status("--prometheus").out)
        self.assertFalse(os.path.exists(self.path("nowhere")))

    def test_it_counts_what_waits_by_pipeline(self):
        self.pipe(["agim-recv", "stdin"], stdin="a\nb\n", AGIM_PIPE="one")
        self.pipe(["agim-recv", "stdin"], ["agim-run", "exec", "--", "cat"], stdin="c\n", AGIM_PIPE="two")
        self.pipe(["agim-session", "post", "demo:1", "d"])
        lines = self.status("--json").lines
        pipes = {line["name"]: line for line in lines if line["kind"] == "pipe"}
        self.assertEqual(set(pipes), {"one", "two", None})
        self.assertEqual((pipes["one"]["inbox"], pipes["one"]["outbox"]), ({"new": 2}, {}))
        self.assertEqual((pipes["two"]["inbox"], pipes["two"]["outbox"]), ({}, {"ready": 1}))
        self.assertEqual(pipes[None]["inbox"], {"new": 1})
        self.assertEqual(pipes["one"]["oldest"], self.sql(
            "select strftime('%Y-%m-%dT%H:%M:%S', min(accepted) / 1000, 'unixepoch') t, min(accepted) % 1000 ms from inbox"
        )[0]["t"] + pipes["one"]["oldest"][19:])
        accounts = {line["platform"] for line in lines if line["kind"] == "account"}
        self.assertEqual(accounts, {"stdin", "inbox"})
        text = self.status().out
        self.assertIn("inbox: 2 new, the oldest for", text)
        self.assertIn("any pipeline", text)
        self.assertRegex(text, r"stdin +heard last 20")

    def test_the_metrics_are_what_prometheus_reads(self):
        self.pipe(["agim-recv", "stdin"], ["agim-run", "exec", "--", "cat"], stdin="a\n", AGIM_PIPE="p.1")
        # Names that other programs put into the store.
        self.sql("update inbox set platform = ?, account = ?", 'a"b\\c\nd', "\u00fc{}")
        text = self.status("--prometheus").out
        families = self.parsed(text)
        self.assertEqual(families["agim_outbox_replies"], [({"pipe": "p.1", "state": "ready"}, 1.0)])
        self.assertEqual(families["agim_store_readable"], [({}, 1.0)])
        labels, value = families["agim_account_last_inbound_timestamp_seconds"][0]
        self.assertEqual(labels, {"platform": 'a"b\\c\nd', "account": "\u00fc{}"})
        self.assertAlmostEqual(value, self.sql("select max(accepted) m from inbox")[0]["m"] / 1000, delta=1)

    def parsed(self, text):
        """The families as Debian's python3-prometheus-client reads them, and the rules of promtool's linter."""
        script = (
            "import json, sys; from prometheus_client.parser import text_string_to_metric_families as read; "
            "print(json.dumps([[f.name, f.type, f.documentation, [[s.name, s.labels, s.value] for s in f.samples]]"
            " for f in read(sys.stdin.read())]))")
        done = subprocess.run(["/usr/bin/python3", "-c", script], input=text, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        families = {}
        for name, kind, help_text, samples in json.loads(done.stdout):
            self.assertRegex(name, r"^agim_[a-z_]+$")
            self.assertEqual(kind, "gauge")
            self.assertTrue(help_text.endswith("."), help_text)
            self.assertFalse(name.endswith(("_total", "_count", "_sum", "_bucket", "_milliseconds", "_gauge")), name)
            self.assertNotIn(name, families)
            families[name] = [(labels, value) for _, labels, value in samples]
            for sample, labels, _ in samples:
                self.assertEqual(sample, name)
                self.assertFalse(any(label.startswith("__") for label in labels))
        return families

    def test_a_damaged_store_is_told_and_the_rest_is_shown(self):
        os.mkdir(f"{self.home}/pipes")
        self.write("home/pipes/night", "true\n")
        self.write("home/agim.db", b"SQLite format 3\0" + b"x" * 9000)
        done = self.status()
        self.assertCodes(done, DATA)
        self.assertIn("night  not run by agim start", done.out)
        self.assertSaid(done, 0, "the store is damaged")
        self.assertIn("trouble", self.status("--json").lines[-1])
        self.assertIn("agim_store_readable 0", self.status("--prometheus").out)

    def test_text_for_a_terminal_holds_no_control_characters(self):
        self.pipe(["agim-recv", "stdin"], stdin="a\n")
        self.sql("update inbox set platform = ?, pipe = ?", "\x1b[31mred", "\x1b]0;title\x07")
        self.assertNotIn(b"\x1b", self.status().raw)


class Completions(Case):

    def setUp(self):
        super().setUp()
        os.mkdir(f"{self.home}/pipes")
        for name in ("night", "noon", "night~"):
            self.write(f"home/pipes/{name}", "true\n")
        self.pipe(["agim-recv", "stdin"], stdin="a\n")
        self.row = self.sql("select id from inbox")[0]["id"]
        for shell in ("bash", "zsh", "fish"):
            done = self.pipe(["agim", "completions", shell])
            self.assertCodes(done, OK)
            self.write(f"agim.{shell}", done.raw)

    # What is typed, and words that must and must not be offered.
    CASES = [
        (["agim", "st"], {"start", "stop", "status"}, {"setup"}),
        (["agim", "que"], {"queue"}, set()),
        (["agim", "start", "n"], {"night", "noon"}, {"night~"}),
        (["agim", "restart", "--"], {"--bg", "--help"}, {"--json", "--import"}),
        (["agim", "completions", ""], {"bash", "zsh", "fish"}, set()),
        (["agim", "queue", "dr"], {"drop"}, set()),
        (["agim", "queue", "list", "--"], {"--inbox", "--all"}, {"--dry-run"}),
        (["agim-queue", "li"], {"list"}, {"show"}),
        (["agim-queue", "drop", "--"], {"--dry-run"}, {"--inbox"}),
        (["agim-queue", "show", "ROW"], {"ID"}, set()),
        (["agim-recv", "--on"], {"--once"}, set()),
        (["agim-send", "--v"], {"--via", "--version"}, set()),
        (["agim", "approve", "allow", "--for", ""], {"session", "always"}, set()),
        (["agim-approve", "check", "--mode", "p"], {"plan"}, {"ask"}),
        (["agim", "setup", "--import", "agim.b"], {"agim.bash"}, set()),
    ]

    def check(self, complete):
        for words, wanted, unwanted in self.CASES:
            words = [self.row[:10] if word == "ROW" else word for word in words]
            wanted = {self.row if word == "ID" else word for word in wanted}
            offered = complete(words)
            self.assertLessEqual(wanted, offered, words)
            self.assertFalse(unwanted & offered, (words, offered))

    def run_shell(self, words, script):
        done = subprocess.run(
            [*words, script], env=self.env, cwd=self.dir, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_bash_completes(self):
        def complete(words):
            quoted = " ".join(f"'{word}'" for word in words)
            out = self.run_shell(["bash", "--norc", "-c"], f"""
                source ./agim.bash
                spec=$(complete -p {words[0]}) || exit 1
                [[ $spec == *"-F _agim "* ]] || exit 2
                COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}
                _agim; printf '%s\\n' "${{COMPREPLY[@]}}" """)
            return set(out.split())
        self.check(complete)
        # With a real line, where bash has split it at the sign.
        out = self.run_shell(["bash", "--norc", "-c"], """
            source ./agim.bash
            COMP_WORDS=(agim setup --import = agim.z); COMP_CWORD=4; _agim; printf '%s\\n' "${COMPREPLY[@]}" """)
        self.assertEqual(out.split(), ["agim.zsh"])

    def test_fish_completes(self):
        def complete(words):
            line = " ".join(words)
            out = self.run_shell(["fish", "--no-config", "-c"], f"source ./agim.fish; complete -C '{line}'")
            return {line.split("\t")[0] for line in out.splitlines()}
        self.check(complete)

    def test_zsh_completes(self):
        os.mkdir(self.path("functions"))
        shutil.copy(self.path("agim.zsh"), self.path("functions/_agim"))
        with open(os.path.join(os.path.dirname(__file__), "zsh-complete"), encoding="utf-8") as file:
            script = file.read()
        lines = [" ".join(self.row[:10] if word == "ROW" else word for word in words) for words, _, _ in self.CASES]
        self.write("lines", "\n".join(lines) + "\n")
        self.env["TERM"] = "dumb"
        out = self.run_shell(["zsh", "-f", "-c"], script)
        answers = dict(zip(lines, [set(part.split("\n")) for part in out.split("\x1e\n")]))
        self.check(lambda words: answers[" ".join(words)])

    def test_the_scripts_are_well_formed(self):
        need = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}
        for shell, words in need.items():
            done = subprocess.run([*words, self.path(f"agim.{shell}")], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), shell)
