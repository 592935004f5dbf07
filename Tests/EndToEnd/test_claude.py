"""The driver of Claude Code against a scripted one, stricter than the real program; see Support/agents/claude.py."""

import json
import os
import signal
import sqlite3
import sys

from support import SCRIPTED_AGENTS, seconds
from talk import GateCase

SCRIPTED = os.path.join(SCRIPTED_AGENTS, "claude.py")


def bash(command):
    return json.dumps({"command": command, "description": "why"})


class ClaudeCase(GateCase):
    def setUp(self):
        super().setUp()
        self.state = self.path("sessions")
        os.mkdir(self.state)

    def begin(self, *stages, env=None, limits=None, **agent):
        agent = {"driver": "claude", "command": [sys.executable, SCRIPTED], "workdir": self.work,
                 "env": {"SCRIPTED_STATE": self.state, **(env or {})}, **agent}
        self.configure(agents={"claude": agent}, allow={"*": "*"}, **({"limits": limits} if limits else {}))
        return self.talk(*(stages or (["agim-approve"], ["agim-run", "claude"])))

    def routed(self, **options):
        """With agim-route, for the commands of a chat."""
        return self.begin(["agim-route"], ["agim-approve"], ["agim-run", "claude"], **options)

    def watched(self, **options):
        """What agim-run prints is kept, beside going on."""
        talk = self.begin(["agim-approve"], ["agim-run", "claude"], f"tee {self.path('lines')}", **options)
        return talk

    def lines(self, kind):
        return [line for line in map(json.loads, self.read("lines").splitlines()) if line["type"] == kind]

    def programs(self):
        return [pid for pid, words in self.processes("AGIM_TURN=").items()
                if "--input-format" in words and f"AGIM_HOME={self.home}".encode() in self.environ(pid)]

    @staticmethod
    def environ(pid):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                return file.read()
        except OSError:
            return b""

    def gone(self):
        """Nothing that an agent has started is left."""
        self.wait_for(lambda: not [pid for pid in self.processes() if b"AGIM_TURN=" in self.environ(pid)], 10,
                      "the end of every program of an agent")

    def turns_of_its_own(self):
        """How many turns the scripted program has ended, its own ones included."""
        name, = os.listdir(self.state)
        try:
            with open(os.path.join(self.state, name)) as file:
                state = json.load(file)
        except ValueError:
            return 0
        return round(state["cost"] * 100)

    def request_count(self):
        return self.count("request")

    def audit(self):
        return self.rows("select * from audit order by n")


class Turns(ClaudeCase):
    def test_text_in_parts(self):
        talk = self.watched()
        message = talk.say("say First some words.\nslow 1\nsay Then others.")
        self.assertEqual(talk.reply(message), "First some words.\n\nThen others.")
        partial = [line["text"] for line in self.lines("reply") if not line["final"]]
        self.assertIn("First some words.", partial)
        talk.stop()
        self.gone()

    def test_files_that_a_reply_shows_go_out_with_it_and_secrets_do_not(self):
        picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
        for name, content in (("chart.png", picture), (".env", b"KEY=hush"), ("two words.txt", b"seen")):
            with open(os.path.join(self.work, name), "wb") as file:
                file.write(content)
        os.symlink("/etc/hostname", os.path.join(self.work, "link.txt"))
        talk = self.watched()
        message = talk.say(
            "say ![the chart](chart.png \"of today\") and ![x](https://example.com/x.png) and ![env](.env) "
            "![out](../../etc/passwd) ![link](link.txt) ![gone](gone.png)\nsay MEDIA: two words.txt")
        talk.reply(message)
        final, = [line for line in self.lines("reply") if line["final"] and line.get("parent") == message]
        self.assertEqual(
            [(one["name"], one["kind"], one["mime"], one["size"]) for one in final["attachments"]],
            [("chart.png", "image", "image/png", 108), ("two words.txt", "file", "text/plain; charset=utf-8", 4)])
        for one in final["attachments"]:
            self.assertEqual(os.path.dirname(one["path"]), f"{self.home}/files")
        talk.stop()

    def test_a_side_question_knows_nothing_and_leaves_nothing(self):
        talk = self.begin()
        first = talk.reply(talk.say("count"))
        aside = talk.reply(talk.say("count", aside=True))
        self.assertTrue(aside.startswith("turn 1 "), aside)
        self.assertNotEqual(aside, first)
        self.assertEqual(talk.reply(talk.say("count")), first.replace("turn 1", "turn 2"))
        self.wait_for(lambda: len(self.programs()) == 1, what="the end of the side question's program")
        talk.stop()

    def test_a_conversation(self):
        talk = self.begin()
        first = talk.reply(talk.say("count"))
        second = talk.reply(talk.say("count"))
        self.assertEqual((first[:7], second), ("turn 1 ", first.replace("turn 1", "turn 2")))
        self.assertEqual(len(self.programs()), 1)
        self.assertEqual([(row["tokens"], row["cost"]) for row in self.audit()], [(15, 10_000)] * 2)
        talk.stop()

    def test_keep_alive_and_resume(self):
        talk = self.begin(keep_alive="1s")
        first = talk.reply(talk.say("count"))
        self.wait_for(lambda: not self.programs(), 10, "the end of the program that waited")
        self.assertEqual(talk.reply(talk.say("count")), first.replace("turn 1", "turn 2"))
        kept = json.loads(self.rows("select data from session")[0]["data"])["native"]["claude"]
        self.assertEqual(kept["workdir"], self.work)
        talk.stop()

    def test_resume_after_it_was_killed(self):
        talk = self.begin()
        first = talk.reply(talk.say("count"))
        os.kill(self.programs()[0], signal.SIGKILL)
        self.gone()
        self.assertEqual(talk.reply(talk.say("count")), first.replace("turn 1", "turn 2"))
        talk.stop()

    def test_a_session_that_is_gone(self):
        talk = self.begin(keep_alive=0)
        first = talk.reply(talk.say("count"))
        os.unlink(os.path.join(self.state, os.listdir(self.state)[0]))
        second = talk.reply(talk.say("count"))
        self.assertRegex(second, r"^\(claude does not find .* a new one\.\)\n\nturn 1 of ")
        self.assertNotEqual(second[-60:], first[-60:])
        self.assertEqual(talk.reply(talk.say("count"))[:6], "turn 2")
        talk.stop()

    def test_a_foreign_session_is_forked(self):
        talk = self.begin(keep_alive=0)
        talk.reply(talk.say("count"))
        theirs = "0b0b0b0b-0000-4000-8000-000000000000"
        with open(os.path.join(self.state, theirs), "w") as file:
            json.dump({"turns": 41, "cost": 1}, file)
        native = {"native": {"claude": {"id": theirs, "workdir": self.work, "foreign": True}}}
        with sqlite3.connect(f"{self.home}/agim.db", timeout=20) as store:
            store.execute("update session set data = ?", (json.dumps(native),))
        store.close()
        self.assertEqual(talk.reply(talk.say("count"))[:8], "turn 42 ")
        kept = json.loads(self.rows("select data from session")[0]["data"])["native"]["claude"]
        self.assertNotEqual(kept["id"], theirs)
        self.assertNotIn("foreign", kept)
        self.assertEqual(self.audit()[1]["cost"], 10_000, "what it had cost before is not this turn's")
        talk.stop()

    def test_model_mode_and_effort(self):
        talk = self.begin(model="big")
        self.assertIn("model big, mode default, effort none", talk.reply(talk.say("count")))
        program = self.programs()
        self.assertIn("model small, mode plan", talk.reply(talk.say("count", model="small", mode="plan")))
        self.assertIn("turn 3 ", talk.reply(talk.say("count")))
        self.assertEqual(self.programs(), program, "one program for all of that")
        self.assertRegex(talk.reply(talk.say("count", think="high")), "turn 4 .*model big, mode default, effort high")
        self.assertNotEqual(self.programs(), program, "another effort takes another program")
        talk.stop()

    def test_pictures_and_files(self):
        talk = self.begin()
        picture, words = b"\x89PNG" + bytes(range(256)), b"words"
        said = talk.reply(talk.say("echo", attachments=[
            self.attachment("a.png", picture, "image/png", "image"), self.attachment("b.txt", words, "text/plain")]))
        blocks = json.loads(said)
        self.assertEqual(blocks[1]["source"]["media_type"], "image/png")
        self.assertTrue(blocks[1]["source"]["data"].startswith("iVBORw") or blocks[1]["source"]["data"].startswith("iVBO"))
        self.assertIn("/b.txt", blocks[0]["text"])
        self.assertTrue(os.path.exists(blocks[0]["text"].splitlines()[-1][2:]))
        # A picture that is too large for a prompt is named alone.
        said = talk.reply(talk.say("echo", attachments=[self.attachment("big.png", bytes(4_000_000), "image/png", "image")]))
        self.assertIn("big.png (image)", json.loads(said))
        talk.stop()

    def test_a_message_names_no_file(self):
        talk = self.begin()
        said = talk.reply(talk.say("echo\n@/etc/passwd and @\"a b\" and me@example.org, 看@x, @ 5 and @@y"))
        self.assertEqual(json.loads(said), "echo\n\\@/etc/passwd and \\@\"a b\" and me@example.org, 看\\@x, @ 5 and \\@\\@y")
        talk.stop()

    def test_the_environment(self):
        talk = self.begin(env={"ANTHROPIC_BASE_URL": "for-the-agent"})
        said = talk.reply(talk.say("env ANTHROPIC_BASE_URL\nenv CLAUDECODE\nenv TELEGRAM_BOT_TOKEN\nenv AGIM_SESSION"))
        self.assertIn("ANTHROPIC_BASE_URL=for-the-agent", said)
        self.assertIn("CLAUDECODE=(none)", said)
        self.assertIn("TELEGRAM_BOT_TOKEN=(none)", said)
        talk.stop()

    def test_in_a_sandbox(self):
        # Debian's, as another may be installed where the sandbox hides it.
        talk = self.begin(sandbox="bwrap", keep_alive=0, env={"CLAUDE_CONFIG_DIR": self.state},
                          command=["/usr/bin/python3", SCRIPTED])
        first = talk.reply(talk.say("count"))
        request = talk.ask(f"tool Bash {bash('touch ran; touch ../outside; echo made')}")
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "result: made")
        self.assertTrue(self.ran())
        self.assertFalse(os.path.exists(self.path("outside")))
        self.assertEqual(talk.reply(talk.say("count")), first.replace("turn 1", "turn 3"), "its sessions are kept")
        talk.stop()
        self.gone()

    def test_two_sessions(self):
        talk = self.begin()
        one, two = talk.say("slow 1\nsay one", session="chat:1"), talk.say("slow 1\nsay two", session="chat:2")
        self.assertEqual((talk.reply(one), talk.reply(two)), ("one", "two"))
        self.assertEqual(len(self.programs()), 2)
        talk.stop()
        self.gone()

    def test_a_sub_agent_belongs_to_the_turn(self):
        talk = self.begin()
        self.assertEqual(talk.reply(talk.say("agent 1 What it found.\nsay Begun.")), "Begun.\n\nWhat it found.")
        talk.stop()

    def test_words_without_a_message(self):
        talk = self.begin()
        self.assertEqual(talk.reply(talk.say("later 0.3 The build is done.\nsay Begun.")), "Begun.")
        self.wait_for(lambda: self.turns_of_its_own() == 2, 10, "its own turn")
        message = talk.say("say Well.")
        self.assertEqual(talk.reply(message), "Well.")
        notice = self.rows("select id from outbox where parent = ? and not final", message)
        self.assertIn("The build is done.", self.said(notice[0]["id"])["text"])
        talk.stop()

    def test_one_more_message_while_it_works(self):
        talk = self.begin(queue="steer")
        message = talk.say("say First.\nslow 3\nsay Then.")
        self.wait_for(lambda: self.rows("select 1 from session where data like '%native%'"))
        more = talk.say("say And this.")
        self.assertEqual(talk.reply(more), "claude takes this into what it is doing.")
        # It has read it only after its own turn, and ours goes on until it has.
        self.assertEqual(talk.reply(message), "First.\n\nThen.\n\nAnd this.")
        talk.stop()

    def test_compact(self):
        talk = self.begin(["agim-route"], ["agim-approve"], ["agim-run", "claude"])
        talk.reply(talk.say("say Well."))
        self.assertEqual(talk.reply(talk.say("/compact")), "Done.")
        self.assertEqual(self.request_count(), 0)
        talk.stop()

    def test_its_service_makes_it_wait(self):
        talk = self.watched()
        self.assertEqual(talk.reply(talk.say("retry 529\nslow 0.3\nsay Well.")), "Well.")
        actions = [(line["phase"], line["title"]) for line in self.lines("action")]
        self.assertEqual(actions[0], ("started", "The model's service does not answer (529): attempt 1 of 3, again in 5 s"))
        self.assertEqual(actions[1][0], "done")
        talk.stop()


class Gate(ClaudeCase):
    def test_allowed(self):
        talk = self.watched()
        request = talk.ask(f"tool Bash {bash('touch ran; echo made')}")
        self.assertFalse(self.ran())
        self.assertEqual(json.loads(request["input"]), {"command": "touch ran; echo made", "description": "why"})
        self.assertEqual(request["words"], "in its own words")
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "result: made")
        self.assertTrue(self.ran())
        self.assertEqual(self.request_count(), 1)
        actions = [(line["phase"], line["title"]) for line in self.lines("action")]
        self.assertEqual(actions, [("started", "Bash: touch ran; echo made"), ("done", "Bash: touch ran; echo made")])
        talk.stop()

    def test_denied(self):
        talk = self.begin()
        request = talk.ask(f"tool Bash {bash('touch ran')}")
        talk.say("n " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "result: agim: denied by command:U1")
        self.assertFalse(self.ran())
        talk.stop()

    def test_nobody_answers(self):
        talk = self.begin(limits={"request": "1s"})
        self.assertEqual(talk.reply(talk.say(f"tool Bash {bash('touch ran')}")), "result: agim: nobody answered in time")
        self.assertFalse(self.ran())
        talk.stop()

    def test_reading_asks_nobody(self):
        with open(os.path.join(self.work, "a.txt"), "w") as file:
            file.write("x")
        talk = self.begin()
        value = json.dumps({"file_path": f"{self.work}/a.txt"})
        self.assertEqual(talk.reply(talk.say(f"tool Read {value}")), f"result: {value}")
        self.assertEqual(self.request_count(), 0)
        talk.stop()

    def test_what_nobody_can_allow(self):
        talk = self.begin()
        value = json.dumps({"file_path": f"{self.user}/.ssh/id_rsa"})
        self.assertTrue(talk.reply(talk.say(f"tool Read {value}")).startswith("result: agim: "))
        self.assertEqual(self.request_count(), 0)
        talk.stop()

    def test_aborted_while_it_waits(self):
        talk = self.routed()
        request = talk.ask(f"tool Bash {bash('touch ran')}")
        talk.say("/abort")
        self.assertIn("claude was stopped.", talk.reply(request["parent"]))
        self.assertEqual(talk.settled(request)["state"], "void")
        self.assertFalse(self.ran())
        program = self.programs()
        self.assertEqual(talk.reply(talk.say("say again")), "again")
        self.assertEqual(self.programs(), program, "it was interrupted, not ended")
        talk.stop()

    def test_aborted_while_it_speaks(self):
        talk = self.routed()
        message = talk.say("say Some words.\nslow 60")
        self.wait_for(self.programs)
        self.wait_for(lambda: self.rows("select 1 from session where data like '%native%'"))
        talk.say("/abort")
        self.assertEqual(talk.reply(message), "Some words.\n\nclaude was stopped.")
        talk.stop()

    def test_two_questions_at_once(self):
        talk = self.begin()
        message = talk.say(f"both {bash('touch one')} {bash('touch two')}")
        rows = self.wait_for(lambda: (found := self.rows("select * from request order by created")) and len(found) == 2 and found)
        talk.card(message)
        for row in rows:
            verdict = "y" if "one" in row["input"] else "n"
            self.wait_for(lambda: self.rows("select 1 from outbox where id = ? and state = 'delivered'", row["id"]))
            talk.say(f"{verdict} {row['code']}")
        self.assertEqual(talk.reply(message), "both are done")
        self.assertEqual((self.ran("one"), self.ran("two")), (True, False))
        talk.stop()

    def test_another_input_than_the_hook_has_seen(self):
        # What a person is asked about is what would run.
        talk = self.begin()
        request = talk.ask(f"change {bash('touch other')}")
        self.assertEqual(json.loads(request["input"])["command"], "touch other; touch ran")
        talk.say("n " + request["code"])
        self.assertIn("denied", talk.reply(request["parent"]))
        talk.stop()

    def test_a_call_that_the_hook_has_not_seen(self):
        talk = self.begin()
        request = talk.ask(f"unseen Bash {bash('touch ran')}")
        talk.say("n " + request["code"])
        self.assertIn("denied", talk.reply(request["parent"]))
        talk.stop()

    def test_a_tool_that_asks_nobody(self):
        talk = self.begin()
        self.assertIn("it used a tool without asking (Bash: touch ran)", talk.reply(talk.say(f"sneak Bash {bash('touch ran')}\nslow 9")))
        self.gone()
        talk.stop()

    def test_a_question_that_is_withdrawn(self):
        talk = self.begin()
        message = talk.say(f"cancel Bash {bash('touch ran')}")
        self.assertEqual(talk.reply(message), "withdrawn")
        self.assertEqual([row["state"] for row in self.rows("select state from request")], ["void"])
        talk.stop()

    def test_a_request_that_nobody_knows(self):
        talk = self.begin()
        message = talk.say("unknown")
        self.assertEqual(talk.reply(message), "it was refused")
        notice = self.rows("select id from outbox where parent = ? and not final", message)
        self.assertIn("something unknown (nonsense)", self.said(notice[0]["id"])["text"])
        talk.stop()

    def test_questions(self):
        talk = self.begin()
        value = json.dumps({"questions": [
            {"question": "Which colour?", "header": "C", "multiSelect": False,
             "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}]},
            {"question": "Why?", "header": "W", "multiSelect": False, "options": [{"label": "So", "description": ""}]}]})
        message = talk.say(f"ask {value}")
        first = talk.card(message)
        self.assertEqual(first["kind"], "question")
        talk.say("2 " + first["code"])
        self.wait_for(lambda: self.count("request") == 2)
        second = self.wait_for(lambda: self.rows(
            "select r.* from request r join outbox o on o.id = r.id where r.id != ? and o.state = 'delivered'", first["id"]))[0]
        self.assertIn("Why?", json.loads(second["input"])["question"])
        self.answer(talk, second, "because of the sea")
        self.assertEqual(json.loads(talk.reply(message)), {"Which colour?": "Blue", "Why?": "because of the sea"})
        talk.stop()

    def answer(self, talk, request, text):
        """Words of a person's own, as an answer to a card."""
        talk.say(f"{text} {request['code']}" if text.isdigit() else f"{request['code']} {text}")

    def test_a_plan(self):
        talk = self.begin()
        message = talk.say("plan 1. Do it.")
        card = talk.card(message)
        self.assertIn("1. Do it.", json.loads(card["input"])["question"])
        talk.say("1 " + card["code"])
        self.assertEqual(talk.reply(message), "allow ")
        # In plan mode an answer loosens nothing.
        message = talk.say("plan 1. Do it.", mode="plan")
        card = talk.card(message)
        talk.say("1 " + card["code"])
        self.assertIn("stays in plan mode", talk.reply(message))
        talk.stop()

    def test_plan_mode(self):
        talk = self.begin(mode="plan")
        self.assertIn("Plan mode allows reading only", talk.reply(talk.say(f"tool Bash {bash('touch ran')}")))
        value = json.dumps({"file_path": f"{self.user}/.claude/plans/x.md", "content": "x"})
        self.assertIn("say it in your answer", talk.reply(talk.say(f"tool Write {value}")))
        self.assertFalse(self.ran())
        self.assertEqual(self.request_count(), 0)
        talk.stop()

    def test_a_command_of_its_own(self):
        talk = self.begin()
        request = talk.ask("/deploy now")
        self.assertEqual(request["tool"], "Skill")
        talk.say("n " + request["code"])
        self.assertIn("Not run: denied", talk.reply(request["parent"]))
        self.assertEqual(self.programs(), [])
        talk.stop()


class Faults(ClaudeCase):
    def failed(self, text, code, *pieces, limit=20, **options):
        talk = self.begin(**options)
        said = talk.reply(talk.say(text), limit)
        for piece in pieces:
            self.assertIn(piece, said)
        self.assertEqual(self.audit()[0]["code"], code, said)
        self.gone()
        self.assertEqual(talk.reply(talk.say("say fine")), "fine", "the next message is answered")
        talk.stop()
        self.gone()
        return said

    def test_not_logged_in(self):
        said = self.failed("fail 0 authentication_failed Not logged in", "login", "Run `claude` once in a terminal")
        self.assertFalse(said.startswith("API Error"))

    def test_limits(self):
        self.failed("say Some words.\nfail 429 rate_limit Rejected", "rate_limit", "Some words.\n\n", "limit is reached")

    def test_overloaded(self):
        self.failed("fail 529 overloaded Overloaded", "overloaded", "Send the message again later")

    def test_dies(self):
        self.failed("say Some words.\ndie 3", "died", "Some words.", "ended with exit status 3", "the last words of a program")

    def test_dies_in_a_line(self):
        self.failed("half", "died", "ended with exit status 0 before it had answered")

    @seconds(20)
    def test_a_long_line(self):
        self.failed("long\nslow 90", "died", "a line of more than 16 MiB", limit=60)

    @seconds(20)
    def test_floods(self):
        self.failed("flood 100\nslow 30", "died", "it printed more than 64 MiB in one turn", limit=40)

    def test_hangs(self):
        self.failed("say Some words.\nhang", "idle_timeout", "no output for 1s", limit=30, idle_timeout="1s")

    def test_a_child_that_outlives_it(self):
        self.failed("child\ndie 0", "died", "ended with exit status 0")

    def test_garbage(self):
        talk = self.begin()
        self.assertEqual(talk.reply(talk.say("garbage\nsay well")), "well")
        talk.stop()

    def test_a_version_without_a_gate(self):
        talk = self.begin(env={"SCRIPTED_OLD": "1"})
        self.assertIn("does not put its tools under a gate: update Claude Code", talk.reply(talk.say("say hello")))
        talk.stop()

    def test_options_that_take_it_from_under_the_gate(self):
        talk = self.begin(command=[sys.executable, SCRIPTED, "--bare"])
        self.assertIn("agent claude: --bare is not for", talk.reply(talk.say("say hello")))
        talk.stop()

    def test_no_program(self):
        talk = self.begin(command=["no-such-claude"])
        self.assertIn("there is no program no-such-claude", talk.reply(talk.say("say hello")))
        talk.stop()

    def test_agim_run_is_killed(self):
        talk = self.begin()
        message = talk.say(f"child\ntool Bash {bash('touch ran; echo made')}")
        request = talk.card(message)
        run = next(process for process in talk.live.procs if process.args[0] == "agim-run")
        os.kill(self.worker(run), signal.SIGKILL)
        self.gone()
        self.assertFalse(self.ran())
        talk.kill()
        talk.start()
        # What was interrupted goes on in the program's own session, and its question is the one that waits.
        self.wait_for(self.programs)
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(message, limit=30), "result: made")
        self.assertTrue(self.ran())
        self.assertEqual([row["state"] for row in self.rows("select state from request where parent = ?", message)
                          if row["state"] == "used"], ["used"])
        talk.stop()
