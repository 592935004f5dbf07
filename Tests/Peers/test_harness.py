"""The harness with real agents in a pipe of agim, by the one driver that needs no protocol."""

import os
import signal
import time

from harness import PeerCase


class Harness(PeerCase):
    def agent(self, name, **more):
        agent = super().agent(name, **more)
        return {**agent, "driver": "exec", "command": [*agent["command"], *(
            ["-p"] if name == "claude" else ["exec", "--skip-git-repo-check", "-"])]}

    def test_a_turn_through_the_pipe(self):
        talk = self.talk_with("claude", "codex")
        for name in ("claude", "codex"):
            message = talk.say(f"@@final Good morning, {name}", agent=name)
            self.assertIn(f"Good morning, {name}", talk.reply(message))
            self.assertTrue(self.model.seen(f"@@final Good morning, {name}"))
        talk.stop()
        self.assertNoAgents()

    def test_an_agent_at_work_is_found(self):
        """What a test that kills relies on: the agent is seen while it works, and its end is."""
        talk = self.talk_with("claude")
        talk.say("@@hang")
        self.wait_for_model(lambda note: note["path"] == "/v1/messages")
        found = self.of_agents()
        self.assertTrue([words for words in found.values() if "claude" in words], found)
        self.kill_stage(talk, "agim-run")
        self.assertEqual(talk.live.procs[2].wait(10), -signal.SIGKILL)
        deadline = time.monotonic() + 10
        # It goes with its guardian, or at the next start.
        talk.live.kill()
        talk.start()
        while self.of_agents() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertNoAgents()
        talk.stop()

    def test_a_kill_hits_one(self):
        program = self.dialogue("claude", "-p", "@@hang")
        self.wait_for_model(lambda note: note["path"] == "/v1/messages")
        self.assertIn(program.process.pid, self.of_agents())
        self.kill(program.process.pid)
        self.assertEqual(program.process.wait(10), -signal.SIGKILL)
        self.assertNoAgents()
        self.assertFalse(os.path.exists(f"/proc/{program.process.pid}/exe"))
