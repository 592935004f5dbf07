"""packaging/install and uninstall, as `make install` calls them, and the systemd units."""

import os
import re
import shutil
import subprocess

from support import BIN, CANNOT_CREATE, Case, HERE, NO_INPUT, OK, USAGE, nobody

TOP = os.path.dirname(os.path.dirname(HERE))
PACKAGING = os.path.join(TOP, "packaging")


class Install(Case):

    def setUp(self):
        super().setUp()
        self.root = self.path("root")
        os.mkdir(self.root)

    def install(self, prefix="/usr", dest=None, binaries=BIN, user=None):
        words = [f"{PACKAGING}/install", binaries, prefix, self.root if dest is None else dest]
        if user:
            words = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *words]
        return subprocess.run(words, env=self.env, capture_output=True, text=True, check=False, cwd=self.dir)

    def uninstall(self, prefix="/usr", dest=None):
        return subprocess.run(
            [f"{PACKAGING}/uninstall", prefix, self.root if dest is None else dest], env=self.env, capture_output=True,
            text=True, check=False, cwd=self.dir)

    def tree(self, top=None):
        top = top or self.root
        return sorted(
            os.path.relpath(os.path.join(folder, name), top)
            for folder, folders, files in os.walk(top) for name in folders + files)

    def assertDone(self, done, code=OK):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)

    def test_everything_is_where_it_belongs(self):
        self.assertDone(self.install())
        commands = [name for name in os.listdir(f"{TOP}/Sources") if name.startswith("agim")]
        self.assertEqual(sorted(os.listdir(f"{self.root}/usr/bin")), sorted(commands))
        for name in commands:
            path = f"{self.root}/usr/bin/{name}"
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o755)
            sections = subprocess.run(["readelf", "-S", "-W", path], capture_output=True, text=True, check=True).stdout
            self.assertNotIn(".symtab", sections, name)
            for place in (f"bash-completion/completions/{name}", f"fish/vendor_completions.d/{name}.fish"):
                self.assertTrue(os.path.getsize(f"{self.root}/usr/share/{place}") > 100, place)
            self.assertTrue(os.path.exists(f"{self.root}/usr/share/man/man1/{name}.1"), name)
        with open(f"{self.root}/usr/share/zsh/site-functions/_agim", encoding="utf-8") as file:
            self.assertEqual(set(file.readline().split()[1:]), set(commands))
        for kind in ("system", "user"):
            with open(f"{self.root}/usr/lib/systemd/{kind}/agim@.service", encoding="utf-8") as file:
                self.assertIn("\nExecStart=/usr/bin/agim start %i\n", file.read())
        self.assertTrue(os.path.exists(f"{self.root}/usr/lib/sysusers.d/agim.conf"))

    def test_what_is_installed_works(self):
        prefix = self.path("prefix")
        self.assertDone(self.install(prefix, ""))
        self.env["PATH"] = f"{prefix}/bin:/usr/bin:/bin"
        done = self.pipe(["agim", "recv", "stdin"], ["agim", "run", "exec", "--", "rev"], ["agim", "send"], stdin="olleh\n")
        self.assertEqual(done.out, "hello\n")
        # bash finds the completions of a command by its name.
        done = subprocess.run(
            ["bash", "--norc", "-c", "source /usr/share/bash-completion/bash_completion; _completion_loader agim-queue;"
             " complete -p agim-queue"],
            env={**self.env, "XDG_DATA_DIRS": f"{prefix}/share"}, capture_output=True, text=True, check=False)
        self.assertIn("-F _agim agim-queue", done.stdout, done.stderr)

    def test_nothing_is_left_and_nothing_of_others_goes(self):
        os.makedirs(f"{self.root}/usr/share/man/man1")
        self.write("root/usr/share/man/man1/other.1", "page")
        os.makedirs(f"{self.root}/usr/bin")
        os.mkdir(f"{self.root}/usr/share/zsh")
        before = self.tree()
        self.assertDone(self.install())
        self.assertDone(self.uninstall())
        self.assertEqual(self.tree(), before)
        # Even what others put into our directories meanwhile.
        self.assertDone(self.install())
        self.write("root/usr/share/agim/note", "theirs")
        self.assertDone(self.uninstall())
        self.assertEqual(set(self.tree()) - set(before), {"usr/share/agim", "usr/share/agim/note"})

    def test_a_prefix_that_is_not_there_is_made_and_taken_away(self):
        for prefix, dest in (("/opt/a b/agim", None), (self.path("new/er/prefix"), "")):
            self.assertDone(self.install(prefix, dest))
            self.assertDone(self.uninstall(prefix, dest))
        self.assertEqual(self.tree(), [])
        self.assertFalse(os.path.exists(self.path("new")))

    def test_twice_and_from_an_older_version(self):
        self.assertDone(self.install())
        first = self.tree()
        manifest = f"{self.root}/usr/share/agim/manifest"
        with open(manifest, "a", encoding="utf-8") as file:
            file.write("file /usr/bin/agim-old\n")
        self.write("root/usr/bin/agim-old", "an older command")
        self.assertDone(self.install())
        self.assertEqual(self.tree(), first)
        self.assertDone(self.uninstall())
        self.assertEqual(self.tree(), [])

    def test_a_program_that_runs_is_replaced(self):
        self.assertDone(self.install())
        running = self.start([f"{self.root}/usr/bin/agim-recv", "inbox"])
        self.wait_for(lambda: os.path.exists(f"{self.home}/agim.db"))
        self.assertDone(self.install())
        self.assertIsNone(running.procs[0].poll())
        running.procs[0].terminate()
        running.wait()

    def test_a_prefix_that_cannot_be_written(self):
        self.write("file", "")
        done = self.install(self.path("file/below"), "")
        self.assertDone(done, CANNOT_CREATE)
        self.assertIn("cannot write to", done.stderr)
        os.chmod(self.root, 0o755)
        done = self.install(user=nobody())
        self.assertDone(done, CANNOT_CREATE)
        self.assertIn("PREFIX=$HOME/.local", done.stderr)
        self.assertEqual(self.tree(), [])

    def test_what_was_made_before_the_disk_was_full_can_be_removed(self):
        self.tmpfs(self.root, "4m")
        done = self.install()
        self.assertDone(done, CANNOT_CREATE)
        self.assertIn("it did not work", done.stderr)
        self.assertIn("No space left on device", done.stderr)
        self.assertDone(self.uninstall())
        self.assertEqual(self.tree(), [])

    def test_words_that_make_no_sense(self):
        self.assertDone(self.install("relative"), USAGE)
        self.assertDone(self.install("/a\nb"), USAGE)
        self.assertDone(self.install(binaries=self.dir), NO_INPUT)
        done = self.uninstall()
        self.assertDone(done, NO_INPUT)
        self.assertIn("there is no agim below", done.stderr)
        self.assertEqual(self.tree(), [])

    def test_a_forged_manifest_does_not_lead_outside(self):
        self.assertDone(self.install())
        victim = self.write("root/precious", "x")
        with open(f"{self.root}/usr/share/agim/manifest", "a", encoding="utf-8") as file:
            file.write("file /usr/../precious\nfile /precious\nnonsense\n\n")
        done = self.uninstall()
        self.assertDone(done)
        self.assertTrue(os.path.exists(victim))
        self.assertEqual(done.stderr.count("left alone"), 4)

    def test_make_does_it_by_these_names(self):
        for verb, code in (("install", f"packaging/install .build/release \"{self.root}\" \"\""),
                           ("uninstall", f"packaging/uninstall \"{self.root}\" \"\"")):
            done = subprocess.run(
                ["make", "-n", verb, f"PREFIX={self.root}"], cwd=TOP, capture_output=True, text=True, check=True)
            self.assertIn(code, done.stdout)


class Units(Case):

    def unit(self, kind):
        prefix = self.path("prefix")
        if not os.path.isdir(prefix):
            subprocess.run([f"{PACKAGING}/install", BIN, prefix], check=True, capture_output=True)
        folder = self.path(f"units-{kind}")
        os.makedirs(folder, exist_ok=True)
        # An instance of it, as it would be started.
        shutil.copy(f"{prefix}/lib/systemd/{kind}/agim@.service", f"{folder}/agim@.service")
        return f"{folder}/agim@.service"

    def test_both_are_what_systemd_reads(self):
        for kind in ("system", "user"):
            path = self.unit(kind)
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", f"--{kind}" if kind == "user" else "--system", path],
                capture_output=True, text=True, check=False, env={**self.env, "XDG_RUNTIME_DIR": self.dir})
            said = [line for line in done.stderr.splitlines() if "agim@" in line]
            self.assertEqual((done.returncode, said), (0, []), done.stderr)

    def test_the_systems_unit_is_exposed_little(self):
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", self.unit("system")],
            capture_output=True, text=True, check=False, env=self.env)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout).group(1))
        self.assertLessEqual(exposure, 1.5)
        self.assertGreater(exposure, 0)
