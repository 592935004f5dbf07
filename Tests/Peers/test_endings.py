"""What each real program may do instead of ending well: it hangs, floods, dies in the middle of a line, or leaves a
child behind. The turn ends with clear words, the next message is answered, and nothing is left running."""

import json
import os
import signal

from harness import PeerCase
from support import seconds

RELAY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "relay.py")
# What the model's `@@flood` says, and no prompt.
FLOOD = "0123456789abcdef"
# kB that agim-run may ever have needed, whatever an agent prints: a few of its longest lines.
MEMORY = 160 << 10


class Endings:
    """One test for each way, for every program."""

    peer = None
    # How its tool that runs a command is called.
    tool, parameter = None, "command"
    # How a command of it leaves a child behind.
    child = "setsid sleep 3571 > /dev/null 2>&1 &"

    def begin(self, relay=None, **more):
        if relay:
            more["command"] = [RELAY, relay, FLOOD, self.path("relayed"), *self.agent(self.peer)["command"]]
        return self.talk_with(self.peer, agents={self.peer: more})

    def ended(self, message, limit=90):
        """The error that ended a message: its code and its words."""
        rows = self.wait_for(lambda: self.rows(
            "select id from outbox where parent = ? and final and state = 'delivered'", message), limit, "its end")
        line = self.said(rows[0]["id"])
        self.assertEqual(line["type"], "error", line)
        return line["code"], line["text"]

    def assertGoesOn(self, talk, session="chat:1"):
        """The next message is answered, and with the end of agim-run all is gone."""
        # One joins what was said last and got no answer with this.
        said = talk.reply(talk.say("@@final still here", session=session), 60)
        self.assertTrue(said.endswith("still here"), said[-2000:])
        talk.stop()
        self.assertNoAgents()

    def bounded(self, talk):
        """What agim-run has needed at most."""
        self.assertLess(self.status(self.worker(self.stage(talk, "agim-run")), "VmHWM"), MEMORY)

    def assertFlooded(self, talk, message):
        """The turn ended by our limit, and its words stand in the chat behind the beginning of the flood."""
        _, said = self.ended(message)
        self.assertTrue(said.startswith(FLOOD), said[:200])
        self.assertIn(f"{self.peer} was ended: it printed more than 64 MiB in one turn.", said[4000:])
        self.assertLess(len(said), 10_000)
        self.bounded(talk)
        # What was told of the flood may be in its session, and too long for any model.
        self.assertGoesOn(talk, "chat:2")

    @seconds(30)
    def test_it_hangs(self):
        talk = self.begin()
        self.assertEqual(talk.reply(talk.say("@@final warm"), 60).split("\n")[-1], "warm")
        # Longer than any of them takes to start: for Claude Code other settings mean another process.
        self.configure_peers(self.peer, agents={self.peer: {"idle_timeout": "10s"}})
        message = talk.say("@@slow 2\n@@final never")
        self.wait_for_model(lambda note: "slow 2\\n" in json.dumps(note.get("body")))
        for pid in self.of_agents():
            os.kill(pid, signal.SIGSTOP)
        code, said = self.ended(message)
        self.assertEqual(code, "idle_timeout")
        self.assertIn(f"{self.peer} was stopped: no output for 10s.", said)
        self.configure_peers(self.peer)
        self.assertGoesOn(talk)

    @seconds(40)
    def test_its_model_floods(self):
        """A hundred megabytes of an answer, and the program tells all of it."""
        talk = self.begin()
        self.assertFlooded(talk, talk.say("@@flood 110000"))

    @seconds(40)
    def test_it_floods(self):
        """A line of its own, a hundred megabytes of it."""
        talk = self.begin("multiply")
        self.assertFlooded(talk, talk.say("@@flood 8"))

    @seconds(30)
    def test_it_dies_in_the_middle_of_a_line(self):
        talk = self.begin("cut")
        code, said = self.ended(talk.say("@@flood 8"))
        # Where a shell starts it, it says so in its own way.
        self.assertRegex(said, r"ended (in the middle of its turn )?with (signal 9|exit status 137)")
        self.assertGoesOn(talk)

    @seconds(30)
    def test_a_child_that_outlives_it(self):
        talk = self.begin()
        command = self.child + " sleep 2; touch ran"
        request = talk.ask(f"@@tool {self.tool} {json.dumps({self.parameter: command})}\n@@final Left it.")
        self.allow(talk, request)
        self.wait_for(lambda: self.commands("sleep 3571"), 30, "the child")
        self.assertEqual(talk.reply(request["parent"]).split("\n")[-1], "Left it.")
        self.assertTrue(self.ran())
        talk.stop()
        self.assertNoAgents()
        self.assertFalse(self.commands("sleep 3571"))


class Claude(Endings, PeerCase):
    peer, tool = "claude", "Bash"


class Codex(Endings, PeerCase):
    peer, tool, parameter = "codex", "exec_command", "cmd"


class Slow(Endings):
    """A program that takes its time over long answers: then it is the turn's own limit that ends it."""

    @seconds(40)
    def test_its_model_floods(self):
        talk = self.begin(turn_limit="15s")
        code, said = self.ended(talk.say("@@flood 110000"))
        self.assertEqual(code, "turn_limit")
        self.assertIn(f"{self.peer} was stopped: it worked longer than 15s.", said)
        self.bounded(talk)
        self.configure_peers(self.peer)
        self.assertGoesOn(talk, "chat:2")


class Kimi(Slow, PeerCase):
    peer, tool = "kimi", "Shell"


class Vibe(Slow, PeerCase):
    peer, tool = "vibe", "bash"


class FastAgent(Endings, PeerCase):
    peer, tool = "fastagent", "execute"

    @seconds(40)
    def test_its_model_floods(self):
        """It reads all of it, and tells no more than the beginning."""
        talk = self.begin()
        said = talk.reply(talk.say("@@flood 110000"))
        self.assertTrue(said.startswith(FLOOD))
        self.assertLess(len(said), 10_000)
        self.bounded(talk)
        # What was told of the flood may be in its session, and too long for any model.
        self.assertGoesOn(talk, "chat:2")


class Hermes(Slow, PeerCase):
    peer, tool = "hermes", "terminal"
    # It asks about what looks dangerous, and takes no setsid.
    child = ("rm -rf ./nothing; python3 -c 'import subprocess as s; "
             "s.Popen([\"sleep\", \"3571\"], start_new_session=True, stdout=s.DEVNULL)';")


del Endings, Slow
