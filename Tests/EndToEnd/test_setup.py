"""agim setup: questions, what it writes, what it leaves alone."""

import glob
import json
import os
import pty
import signal
import stat
import subprocess
import time

from support import BIN, CANNOT_CREATE, CONFIG, Case, DATA, NO_INPUT, OK, fill

OWN = "a program of your own"
NONE = "none for now"
# The answer to the question about approvers; before versions in which that key has an effect, it is
# an answer to "Write it?" that is asked again.
NOBODY = "-"

OTHER = {
    "messengers": ["feishu", "dingtalk", "fax"], "agents": ["claude-code", "native"], "defaultAgent": "claude-code",
    "feishu": {"appId": "cli_1", "appSecret": "hush-feishu", "nested": {"a": 1}},
    "dingtalk": {"clientId": "d1", "clientSecret": "hush-ding"}, "acpAgents": [{"name": "x", "token": "hush-acp"}],
    "llmBackends": [{"apiKey": "hush-llm"}], "llmRoles": {}, "webPort": 3000,
}


class Setup(Case):

    def setup(self, *answers, words=(), end="\n", limit=20, **env):
        return self.pipe(["agim", "setup", *words], stdin="".join(answer + end for answer in answers), limit=limit, **env)

    def program(self, *more, name="shout", line="tr a-z A-Z", **env):
        return self.setup("English", OWN, name, line, NOBODY, *more, **env)

    @property
    def config_path(self):
        return f"{self.home}/config.json"

    @property
    def written(self):
        with open(self.config_path, encoding="utf-8") as file:
            return json.load(file)

    def assertNothingMade(self):
        self.assertEqual(glob.glob(f"{self.home}/*.json*"), [])

    def other(self, place=".im-hub", value=None, **files):
        folder = f"{self.user}/{place}"
        os.makedirs(folder, exist_ok=True)
        for name, text in {"config.json": json.dumps(value or OTHER), **files}.items():
            with open(f"{folder}/{name}", "w") as file:
                file.write(text)
        return folder

    def test_a_first_time(self):
        os.rmdir(self.home)
        done = self.program("y")
        self.assertCodes(done, OK)
        self.assertEqual(stat.S_IMODE(os.stat(self.home).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(self.config_path).st_mode), 0o600)
        self.assertEqual(self.written["agents"], {"shout": {"driver": "exec", "command": ["tr", "a-z", "A-Z"]}})
        self.assertEqual(self.written["default_agent"], "shout")
        self.assertIn("+ ", done.out)
        self.assertEqual(self.pipe(
            ["agim-recv", "stdin"], ["agim-run"], ["agim-send"], stdin="hello\n").out, "HELLO\n")

    def test_what_a_shell_must_read_is_given_to_one(self):
        self.assertCodes(self.program("y", line="tr a-z A-Z | rev; echo 'done'"), OK)
        self.assertEqual(self.written["agents"]["shout"]["command"], ["sh", "-c", "tr a-z A-Z | rev; echo 'done'"])

    def test_it_speaks_chinese(self):
        done = self.setup("中文", "自己的程序", "喊", "shout", "rev", NOBODY, "是")
        self.assertCodes(done, OK)
        self.assertIn("写入吗?", done.out)
        self.assertEqual(self.written["language"], "zh")
        self.assertIn("请用 1 到 32 个小写字母", done.out)
        self.assertIn("已写入", done.out)
        self.assertEqual(self.written["default_agent"], "shout")
        os.remove(self.config_path)
        for lang in ("zh_CN.UTF-8", "zh_TW"):
            self.assertIn("[2]", self.setup(LANG=lang).out)
        self.assertIn("[1]", self.setup(LANG="de_DE.UTF-8").out)

    def test_no_and_dry_run_write_nothing(self):
        self.assertCodes(self.program("n"), OK)
        self.assertNothingMade()
        done = self.setup("English", OWN, "shout", "rev", NOBODY, words=["--dry-run"])
        self.assertCodes(done, OK)
        self.assertIn("Nothing was written", done.out)
        self.assertNothingMade()

    def test_answers_that_end_early_write_nothing(self):
        answers = ["English", OWN, "shout", "rev", NOBODY]
        for count in range(len(answers) - 1):
            done = self.setup(*answers[:count])
            self.assertCodes(done, DATA)
            self.assertSaid(done, 0, "ended before the last question", "nothing was changed")
            self.assertNothingMade()
        # The last line needs no line feed.
        self.assertCodes(self.setup(*answers, "y", end="\n"), OK)

    def test_answers_that_make_no_sense_are_asked_again(self):
        done = self.setup("Klingon", "9", "0", "-1", "1", OWN, "Big Name", "../x", "shout", "", "rev", NOBODY, "maybe", "y")
        self.assertCodes(done, OK)
        self.assertEqual(done.out.count("A number from 1 to 2, please."), 4)
        self.assertIn("Please answer y or n.", done.out)
        self.assertEqual(self.written["default_agent"], "shout")

    def test_hostile_answers(self):
        for data in (b"\xff\xfe\n", b"a\0b\n", b"x" * 10_000 + b"\n", b"x" * 2_000_000):
            done = self.pipe(["agim", "setup"], stdin=data)
            self.assertCodes(done, DATA)
            self.assertNothingMade()
        done = self.setup("\x1b[31m", "\u202e", "1", NONE, NOBODY, "n")
        self.assertCodes(done, OK)
        self.assertNotIn(b"\x1b", done.raw)

    def test_what_is_there_stays_and_comments_are_told_about(self):
        old = '{ // mine\n  "limits": {"jobs": 7}, /* and\n this */ "agents": {"back": {"driver": "exec",' \
              ' "command": ["rev"], "env": {"A": "hush", "N": "a // b /* c */"}}},\n}\n'
        self.config(None, text=old)
        done = self.program("y")
        self.assertCodes(done, OK)
        self.assertIn("The file holds 2 comments", done.out)
        self.assertIn('+   "default_agent": "shout"', done.out)
        self.assertNotIn("hush", done.out)
        self.assertEqual(self.written["limits"], {"jobs": 7})
        self.assertEqual(list(self.written["agents"]), ["back", "shout"])
        self.assertEqual(self.written["agents"]["back"]["env"], {"A": "hush", "N": "a // b /* c */"})
        backup = glob.glob(f"{self.config_path}.*.bak")
        self.assertEqual(len(backup), 1)
        with open(backup[0], encoding="utf-8") as file:
            self.assertEqual(file.read(), old)
        self.assertEqual(stat.S_IMODE(os.stat(backup[0]).st_mode), 0o600)
        # The standard answer to a change is no.
        before = self.written
        self.assertCodes(self.setup("English", NONE, NOBODY, ""), OK)
        self.assertEqual(self.written, before)

    def test_without_a_change_there_is_nothing_to_ask(self):
        self.program("y")
        done = self.setup("", "", "", "")
        self.assertCodes(done, OK)
        self.assertIn("Nothing to change.", done.out)
        self.assertEqual(glob.glob(f"{self.config_path}.*"), [])

    def test_a_configuration_that_cannot_be_read_is_not_touched(self):
        for text in ("{", '{"agnets": {}}', "[1]"):
            self.config(None, text=text)
            done = self.program("y")
            self.assertCodes(done, CONFIG)
            self.assertSaid(done, 0, "config.json:1:")
            with open(self.config_path) as file:
                self.assertEqual(file.read(), text)
        os.remove(self.config_path)
        for make in (os.mkdir, os.mkfifo):
            make(self.config_path)
            self.assertCodes(self.program("y"), CONFIG)
            subprocess.run(["rm", "-r", self.config_path], check=True)
        with open(self.config_path, "wb") as file:
            file.truncate(100 << 20)
        os.chmod(self.config_path, 0o600)
        self.assertCodes(self.program("y"), CONFIG)
        self.write("home/config.json", b'{"language": "\xff"}')
        self.assertCodes(self.program("y"), CONFIG)

    def test_the_configuration_of_agim_cli_is_never_written(self):
        self.config(OTHER)
        done = self.program("y")
        self.assertCodes(done, CONFIG)
        self.assertSaid(done, 0, "belongs to agim-cli", "set AGIM_HOME")
        self.assertEqual(self.written, OTHER)

    def test_import_takes_what_it_can_and_names_the_rest(self):
        env = "IMHUB_SMTP_PASS=hush-smtp\nOPENAI_API_KEY=hush-openai\nIMHUB_APPROVAL_DISABLED=1\n"
        folder = self.other(env=env, **{"wechat-credentials.json": "{}"})
        for words, answers in (((), ["y"]), (("--import", f"{folder}/config.json"), [])):
            done = self.setup("English", *answers, NONE, NOBODY, "y", words=words)
            self.assertCodes(done, OK)
            self.assertEqual(self.written["accounts"], {
                "feishu": {"app_id": "cli_1", "secret": "hush-feishu", "enabled": False},
                "dingtalk": {"client_id": "d1", "secret": "hush-ding", "enabled": False}})
            for name in ("messengers: fax", "agents: native", "acpAgents", "llmBackends", "llmRoles",
                         "webPort", "feishu.nested", "IMHUB_SMTP_PASS", "OPENAI_API_KEY", "IMHUB_APPROVAL_DISABLED",
                         "wechat-credentials.json"):
                self.assertRegex(done.out, rf"\n  {name}: ")
            self.assertNotIn("hush", done.out)
            os.remove(self.config_path)
        self.assertEqual(self.pipe(["agim", "doctor"]).codes, [OK])

    def test_import_may_be_declined_and_is_found_in_both_places(self):
        for place in (".im-hub", ".agim"):
            folder = self.other(place)
            done = self.setup("English", "n", NONE, NOBODY, "y")
            self.assertCodes(done, OK)
            self.assertIn(f"{folder}/config.json", done.out)
            self.assertNotIn("accounts", self.written)
            os.remove(self.config_path)
            os.remove(f"{folder}/config.json")

    def test_our_own_configuration_elsewhere_is_no_agim_cli(self):
        self.other(".agim", value={"agents": {"a": {"driver": "exec", "command": ["cat"]}}})
        self.assertNotIn("agim-cli", self.setup("English", NONE, NOBODY, "y").out)

    def test_import_of_garbage(self):
        for data, code in ((b"{", DATA), (b"[]", DATA), (b"\xff\xff", DATA), (b"x" * (2 << 20), NO_INPUT), (b"", DATA)):
            path = self.write("garbage", data)
            done = self.setup("English", NONE, NOBODY, "y", words=["--import", path])
            self.assertCodes(done, code)
            self.assertNothingMade()
        os.mkfifo(self.path("fifo"))
        for path in (self.path("fifo"), self.dir, self.path("nothing")):
            self.assertCodes(self.setup("English", words=["--import", path]), NO_INPUT)
        deep = {"agents": 1, "messengers": {"feishu": 5, "x": None}, "defaultAgent": [], "feishu": {"appId": ""},
                "acpAgents": "?", "\x1b[31m": 1}
        done = self.setup("English", NONE, NOBODY, "y", words=["--import", self.write("odd", json.dumps(deep))])
        self.assertCodes(done, OK)
        self.assertNotIn(b"\x1b", done.raw)
        self.assertNotIn("accounts", self.written)

    def test_a_secret_that_changes_is_shown_as_changed_only(self):
        folder = self.other()
        self.setup("English", "y", NONE, NOBODY, "y")
        self.other(value={**OTHER, "feishu": {"appId": "cli_1", "appSecret": "hush-new"}})
        done = self.setup("English", NONE, NOBODY, "y", words=["--import", f"{folder}/config.json"])
        self.assertIn('"secret": "*** (changed)"', done.out)
        self.assertNotIn("hush", done.out)
        self.assertEqual(self.written["accounts"]["feishu"]["secret"], "hush-new")

    def test_a_file_that_changes_meanwhile_is_not_overwritten(self):
        self.config({"limits": {"jobs": 2}})
        running = self.start(["agim", "setup"])
        running.write(f"English\n{OWN}\nshout\nrev\n{NOBODY}\n")
        self.wait_for(lambda: "Write it?" in running.out, what="the last question")
        self.config({"limits": {"jobs": 3}})
        running.write("y\n")
        running.close()
        running.wait()
        self.assertCodes(running, 75)
        self.assertEqual(self.written, {"limits": {"jobs": 3}})

    def test_ctrl_c_leaves_everything_as_it_was(self):
        self.config({"limits": {"jobs": 2}})
        process, terminal = pty.fork()
        if process == 0:
            # Where these tests run in the background of a script it is ignored, and stays so over an exec.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execve(f"{BIN}/agim", ["agim", "setup"], self.env)
        try:
            text = b""
            for answer in ("English", OWN, "shout"):
                os.write(terminal, answer.encode() + b"\n")
            deadline = time.monotonic() + 10
            while b"command line" not in text.lower() and time.monotonic() < deadline:
                text += os.read(terminal, 4096)
            os.write(terminal, b"\x03")
            _, status = os.waitpid(process, 0)
        finally:
            os.close(terminal)
        self.assertTrue(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT, status)
        self.assertEqual(self.written, {"limits": {"jobs": 2}})
        self.assertEqual(os.listdir(self.home), ["config.json"])

    def test_a_disk_without_room(self):
        self.tmpfs(self.home, "64k")
        self.config({"limits": {"jobs": 2}})
        fill(f"{self.home}/ballast")
        done = self.program("y")
        self.assertCodes(done, CANNOT_CREATE)
        self.assertSaid(done, 0, "No space left on device", "nothing was changed")
        self.assertEqual(self.written, {"limits": {"jobs": 2}})
        self.assertEqual(sorted(name for name in os.listdir(self.home) if name.endswith(".new")), [])

    def test_a_home_that_cannot_be_made(self):
        self.env["AGIM_HOME"] = self.write("file", "") + "/home"
        done = self.program("y")
        self.assertIn(done.codes[0], (CANNOT_CREATE, CONFIG))
