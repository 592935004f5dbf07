"""What a model of the tests is to do: directives in the newest user text that has any, and how far they have come.

A request of any API becomes a list of entries in their order: ("user", text), ("assistant", text), ("call", name),
("result", text), ("image", (mime, bytes)). Agents put texts of their own around and behind a person's words, so the
newest user text that holds a directive counts, and what has been done of it is known by the results that came since.
"""

import json
import re

# Our driver of Claude Code puts a backslash before an @, so that it names no file.
DIRECTIVE = re.compile(r"^[ \t]*\\?@\\?@([a-z-]+)(?:[ \t]+(.*?))?[ \t]*$", re.MULTILINE)
# With these a round of the model ends.
LAST = {"final", "garbage", "hang", "die", "error", "last-result", "echo-image"}
KNOWN = LAST | {"tool", "also", "text", "think", "slow", "flood", "dump"}
# What a request without tools may be told to do; agents ask for titles and summaries, and quote the prompt in them.
PLAIN = {"final", "text", "think", "echo-image", "last-result", "dump"}


class Wrong(Exception):
    """A directive that cannot be followed, said to whoever wrote it."""


def parse(text):
    """The directives of a text: [(name, rest of its line)]."""
    return [(name, rest or "") for name, rest in DIRECTIVE.findall(text) if name in KNOWN]


def call(rest):
    """`NAME {json}` as (name, value)."""
    name, _, value = rest.partition(" ")
    try:
        return name, json.loads(value) if value.strip() else {}
    except ValueError as error:
        raise Wrong(f"@@tool {name}: {error}") from None


def rounds(directives):
    """The directives of each round: a round ends with its tool calls, or with a word that ends it."""
    found = [[]]
    calls = False
    for name, rest in directives:
        if calls and name != "also":
            found.append([])
            calls = False
        found[-1].append((name, rest))
        calls = calls or name in ("tool", "also")
    return found


class Plan:
    """What the next answer of the model holds."""

    def __init__(self, entries, has_tools):
        self.entries = entries
        self.key = None
        self.actions = self.choose(entries, has_tools)

    def choose(self, entries, has_tools):
        at = max((n for n, (kind, what) in enumerate(entries) if kind == "user" and parse(what)), default=None)
        if at is None:
            return self.plain()
        if self.finished(entries[at + 1:]):
            return self.plain()
        directives = parse(entries[at][1])
        if not has_tools and any(name not in PLAIN for name, _ in directives):
            return [("final", "A title")]
        results = sum(kind == "result" for kind, _ in entries[at + 1:])
        for number, actions in enumerate(rounds(directives)):
            calls = sum(name in ("tool", "also") for name, _ in actions)
            if calls == 0 or results < calls:
                self.key = (at, entries[at][1], number)
                return actions
            results -= calls
        return [("final", "Done.")]

    @staticmethod
    def finished(after):
        """Whether the model has had its last word, and a user wrote something else since."""
        spoken = False
        for kind, what in after:
            if kind == "assistant" and what.strip():
                spoken = True
            elif kind == "user" and spoken and what.strip():
                return True
            elif kind in ("call", "result"):
                spoken = False
        return False

    def plain(self):
        """An answer to words without directives, in which they can be found."""
        said = [what for kind, what in self.entries if kind == "user" and what.strip()]
        return [("final", f"You said: {said[-1].strip()[-2000:]}" if said else "Nothing was said.")]

    def newest(self, wanted, otherwise):
        return next((what for kind, what in reversed(self.entries) if kind == wanted), otherwise)

    def last_result(self):
        return self.newest("result", "no result")

    def image(self):
        mime, size = self.newest("image", (None, 0))
        return f"{mime} {size} bytes" if mime else "no image"
