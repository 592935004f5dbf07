"""What README.md tells people to type is typed here, in its order and in one shell; the Chinese one says the same."""

import os
import re
import subprocess

from support import BIN, Case, OK, need

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILES = ("README.md", "README.zh-CN.md")


class Block:
    """Commands between fences, with the comments around them."""

    def __init__(self, number):
        self.number = number
        self.reason = None
        self.commands = ""
        self.expected = []


def text(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def blocks(name):
    """The fenced blocks of a file, in order."""
    found = []
    reason = None
    inside = False
    for number, line in enumerate(text(name).splitlines(), 1):
        if inside:
            if line == "```":
                inside = False
            else:
                found[-1].commands += line + "\n"
            continue
        comment = re.fullmatch(r"<!-- (not run|expect): (.+) -->", line)
        if line.startswith("```"):
            if line != "```sh":
                raise AssertionError(f"{name}:{number}: a block that is not of sh: {line}")
            found.append(Block(number))
            found[-1].reason, reason, inside = reason, None, True
        elif "<!--" in line and not comment:
            raise AssertionError(f"{name}:{number}: not a comment that means something here: {line}")
        elif comment and comment[1] == "not run":
            reason = comment[2]
        elif comment:
            found[-1].expected.append(comment[2])
        elif reason is not None:
            raise AssertionError(f"{name}:{number}: no block stands below the reason not to run it")
    return found


class Readme(Case):
    def test_the_commands_run(self):
        need("jq")
        # As in a clone that was built: the examples, and the programs where make puts them.
        os.symlink(os.path.join(TOP, "examples"), self.path("examples"))
        os.mkdir(self.path(".build"))
        os.symlink(BIN, self.path(".build/release"))
        run = [block for block in blocks("README.md") if block.reason is None]
        self.assertGreaterEqual(len(run), 7)
        script = "set -e -o pipefail\n" + "".join(
            f"echo '@@{block.number}'\n{block.commands}" for block in run)
        self.write("readme.sh", script)
        os.mkdir(self.path("tmp"))
        done = self.pipe(["bash", "readme.sh"], limit=60, PATH="/usr/bin:/bin", TMPDIR=self.path("tmp"))
        self.assertCodes(done, OK)
        parts = dict(re.findall(r"^@@(\d+)\n(.*?)(?=^@@|\Z)", done.out, re.M | re.S))
        for block in run:
            for piece in block.expected:
                self.assertIn(piece, parts[str(block.number)], f"README.md:{block.number}: {block.commands}")
        # All but the one line that sets up the shell promise something.
        self.assertEqual([block.commands.split()[0] for block in run if not block.expected], ["export"])

    def test_what_is_not_run_could_be(self):
        left = [block for block in blocks("README.md") if block.reason is not None]
        self.assertEqual(len(left), 9)
        for block in left:
            self.assertCodes(self.pipe(["bash", "-n"], stdin=block.commands), OK)
            if block.commands.startswith("make "):
                words = block.commands.split()
                done = subprocess.run(["make", "-n", *words[1:]], cwd=TOP, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_both_languages_say_the_same(self):
        one, other = (
            [(block.commands, block.expected, block.reason is None) for block in blocks(name)] for name in FILES)
        self.assertEqual(one, other)
        # The pipe, the tables' commands, the links, and the words that are code.
        for pattern in (r"^    agim-.*$", r"\]\(([^)]+)\)"):
            first, second = (
                [item for item in re.findall(pattern, text(name), re.M) if not item.startswith("README")]
                for name in FILES)
            self.assertEqual(first, second)
        for name in FILES:
            self.assertIn("agim-recv tty | agim-route | agim-approve", "\n".join(text(name).splitlines()[:20]))

    def test_links_and_commands_are_there(self):
        commands = [name for name in os.listdir(os.path.join(TOP, "Sources")) if name.startswith("agim")]
        for name in FILES:
            content = text(name)
            for link in re.findall(r"\]\(([^)]+)\)", content):
                self.assertTrue(os.path.exists(os.path.join(TOP, link)), f"{name}: {link}")
            for command in commands:
                self.assertIn(f"(man/{command}.1)", content, name)

    def test_the_map_names_what_is_there(self):
        """ARCHITECTURE.md: each proof of a promise is a file or a test."""
        proofs = text("ARCHITECTURE.md").split("## Promises and their proofs")[1]
        tests = ""
        for name in os.listdir(os.path.join(TOP, "Tests", "EndToEnd")):
            if name.startswith("test_"):
                tests += text(f"Tests/EndToEnd/{name}")
        folder = ""
        for item in re.findall(r"`([^`]+)`", proofs):
            if item.startswith("Tests/") or item.startswith("Benchmarks/"):
                folder = os.path.dirname(item) if item.endswith((".swift", ".py")) else item
                self.assertTrue(os.path.exists(os.path.join(TOP, item)), item)
            elif item.endswith(".swift"):
                self.assertTrue(os.path.exists(os.path.join(TOP, folder, item)), f"{folder}/{item}")
            elif item.endswith(".py"):
                self.assertTrue(os.path.exists(os.path.join(TOP, "Tests", "EndToEnd", item)), item)
            elif "test_" in item:
                self.assertIn(f"def {item.split('.')[-1]}(", tests, item)
