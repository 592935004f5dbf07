"""The scripts in examples/ do what they say; test_terminal.py has those of terminal.sh."""

import os

from support import AGAIN, CONFIG, Case, DATA, OK, need

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLES = os.path.join(TOP, "examples")
STAGE = os.path.join(EXAMPLES, "stage.sh")
MESSENGER = os.path.join(EXAMPLES, "messenger.sh")


class Everything(Case):
    def test_every_example_has_a_test(self):
        tests = ""
        for name in ("test_examples.py", "test_terminal.py"):
            with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), encoding="utf-8") as file:
                tests += file.read()
        for name in os.listdir(EXAMPLES):
            self.assertIn(f'"{name}"', tests, f"examples/{name} is run by no test")


class Stage(Case):
    def test_answers_and_passes_on(self):
        need("jq")
        done = self.pipe(
            ["agim-recv", "stdin"], [STAGE], ["agim-run", "exec", "--", "tr", "a-z", "A-Z"], ["agim-send"],
            stdin="ping\nhello\n")
        self.assertCodes(done, OK, OK, OK, OK)
        self.assertEqual(sorted(done.out.splitlines()), ["HELLO", "pong"])
        self.assertAnswered(2)
        # What is answered is not printed again, and a line that comes twice is answered once.
        self.assertEqual(self.pipe(["agim-recv", "stdin"]).out, "")

    def test_a_repeated_message_is_answered_once(self):
        need("jq")
        line = '{"v":1,"type":"message","id":"m1","session":"stdin:main","text":"ping"}\n'
        done = self.pipe([STAGE], ["agim-send"], stdin=line * 2)
        self.assertEqual(done.out, "pong\n")

    def test_other_lines_stay_as_they_came(self):
        need("jq")
        lines = '{ "type":"x",  "n":1.0e0 }\n{"type":"message","text":"a\\u0000\\\\n"}\n'
        self.assertEqual(self.pipe([STAGE], stdin=lines).out, lines)

    def test_the_manual_shows_the_same(self):
        with open(os.path.join(TOP, "man", "agim-message.5"), encoding="utf-8") as file:
            block = file.read().split('.\\" file: ping.sh\n.Bd -literal -offset indent\n')[1].split(".Ed\n")[0]
        with open(STAGE, encoding="utf-8") as file:
            script = [line for line in file.read().splitlines() if not line.startswith("# ")]
        self.assertEqual(block.replace("\\e", "\\").splitlines(), script)


class Messenger(Case):
    def setUp(self):
        super().setUp()
        need("jq")
        self.chat = self.path("chat")
        os.makedirs(f"{self.chat}/in")

    def listen(self, *agent, **env):
        agent = agent or ("agim-run", "exec", "--", "tr", "a-z", "A-Z")
        return self.start(
            ["agim-recv", f"command:{MESSENGER} receive {self.chat}"], *([["agim-approve"]] if "shell" in agent else []),
            list(agent), ["agim-send", "--via", f"command:{MESSENGER} send {self.chat}"], **env)

    def say(self, name, text):
        """Puts a file there at once, as the script wants it."""
        self.write(name, text)
        os.rename(self.path(name), f"{self.chat}/in/{name}")

    def answers(self, count, who=None):
        place = f"{self.chat}/out/{who or 'root'}"

        def read():
            names = sorted(os.listdir(place)) if os.path.isdir(place) else []
            # A name with a dot is being written.
            texts = []
            for name in names:
                if "." not in name:
                    with open(os.path.join(place, name), encoding="utf-8") as file:
                        texts.append(file.read())
            return texts if len(texts) >= count else None
        return self.wait_for(read, what=f"{count} answers")

    def stop(self, live):
        live.procs[0].terminate()
        live.wait()

    def test_talks(self):
        self.say("one", "hello there\n")
        live = self.listen()
        self.assertEqual(self.answers(1), ["HELLO THERE\n"])
        self.say("two", "二 lines\nof 'it' \"all\" \\n\n")
        self.assertEqual(sorted(self.answers(2))[1], "二 LINES\nOF 'IT' \"ALL\" \\N\n")
        # It is taken away once it is known to be stored, which may be after the answer.
        self.wait_for(lambda: os.listdir(f"{self.chat}/in") == [], what="an empty directory")
        self.stop(live)
        self.assertAnswered(2)
        for row in self.sql("select session, platform from inbox"):
            self.assertEqual((row["session"], row["platform"]), ("drop:root", "command"))
        # The path is the proof.
        for row in self.sql("select proof from outbox"):
            self.assertTrue(os.path.isfile(row["proof"]), row)

    def test_what_agim_does_not_have_yet_stays(self):
        """Killed in between, a message is neither lost nor taken twice."""
        self.say("one", "first\n")
        # Prints, and has nobody who stores it.
        alone = self.start([MESSENGER, "receive", self.chat])
        self.wait_for(lambda: alone.out, what="the message")
        self.assertEqual(os.listdir(f"{self.chat}/in"), ["one"])
        alone.kill()
        # Stored, and killed before the file went: printed once more, under the id that agim knows.
        os.mkdir(self.path("stub"))
        self.script("stub/agim-queue", "exit 66\n")
        deaf = self.start(
            ["agim-recv", f"command:{MESSENGER} receive {self.chat}"], "cat >/dev/null",
            PATH=f"{self.path('stub')}:{self.env['PATH']}")
        self.wait_for(lambda: self.count("inbox") == 1, what="the message in the store")
        deaf.kill()
        self.assertEqual(os.listdir(f"{self.chat}/in"), ["one"])
        live = self.listen()
        self.assertEqual(self.answers(1), ["FIRST\n"])
        self.wait_for(lambda: not os.listdir(f"{self.chat}/in"), what="an empty directory")
        self.stop(live)
        self.assertAnswered(1)

    def test_the_same_reply_twice_is_one_file(self):
        line = '{"v":1,"type":"reply","id":"r/../1","session":"drop:ann","text":"hi"}\n'
        for _ in range(2):
            done = self.pipe([MESSENGER, "send", self.chat], stdin=line)
            self.assertCodes(done, OK)
            self.assertEqual(done.out, f"{self.chat}/out/ann/r____1\n")
        self.assertEqual(os.listdir(f"{self.chat}/out/ann"), ["r____1"])
        # A session cannot lead out of the directory.
        done = self.pipe([MESSENGER, "send", self.chat], stdin=line.replace("drop:ann", "drop:../../x"))
        self.assertEqual(done.out, f"{self.chat}/out/______x/r____1\n")

    def test_a_request_can_be_answered(self):
        """The owner of the file is who speaks: only an approver's yes counts."""
        self.config({"approvers": ["command:root"]})
        live = self.listen("agim-run", "shell")
        self.say("one", "echo done by $USER\n")
        self.assertIn("shell wants to run\n  echo done", self.answers(1)[0])
        self.say("two", "y\n")
        self.assertIn("done by tester\n", self.answers(2))
        os.chown(self.write("three", "echo again\n"), 1, 1)
        os.rename(self.path("three"), f"{self.chat}/in/three")
        self.assertIn("echo again", self.answers(1, "daemon")[0])
        os.chown(self.write("four", "y\n"), 1, 1)
        os.rename(self.path("four"), f"{self.chat}/in/four")
        self.assertIn("only approvers can", "".join(self.answers(2, "daemon")))
        self.stop(live)

    def test_says_what_is_wrong(self):
        for words, status in (([], CONFIG), (["receive"], CONFIG), (["listen", self.chat], CONFIG)):
            self.assertCodes(self.pipe([MESSENGER, *words]), status)
        self.assertCodes(self.pipe([MESSENGER, "send", self.chat], stdin="no line\n"), DATA)
        line = '{"id":"r","session":"drop:a","text":"x"}\n'
        self.assertCodes(self.pipe([MESSENGER, "send", "/proc/nowhere"], stdin=line), AGAIN)
