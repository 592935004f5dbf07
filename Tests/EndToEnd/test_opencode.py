"""The driver `opencode`, with a server that speaks its protocol strictly: agents/opencode."""

import json
import os
import signal
import unittest

from support import seconds
from talk import GateCase

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = os.path.join(HERE, "agents", "opencode")


class OpenCodeCase(GateCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.check_server)
        self.expected = []

    def check_server(self):
        """The server found nothing wrong with what it was asked, other than what a test expects."""
        wrong = [entry for entry in self.log() if "refused" in entry and entry["refused"] not in self.expected]
        self.assertEqual(wrong, [])

    def start_talk(self, variant="", **settings):
        # Without a sandbox a test sees the processes; the standard one has a test of its own.
        sandbox = {} if settings.pop("confined", False) else {"sandbox": "none"}
        env = {"OPENCODE_LOG": self.path("log"), "OPENCODE_STATE": self.path("state"), "OPENCODE_VARIANT": variant}
        self.configure(default_agent="opencode", allow={"*": "*"}, agents={"opencode": {
            "driver": "opencode", "command": [SERVER], "workdir": self.work, **sandbox,
            "env": {**env, **settings.pop("env", {})}, **settings}})
        return self.talk(["agim-route"], ["agim-approve"], ["agim-run", "opencode"])

    def log(self):
        if not os.path.exists(self.path("log")):
            return []
        return [json.loads(line) for line in self.read("log").splitlines()]

    def calls(self, method, path):
        return [entry for entry in self.log() if entry.get("method") == method and entry["path"].startswith(path)]

    def did(self, what):
        return [entry for entry in self.log() if entry.get("did") == what]

    def server(self):
        return self.did("started")[-1]["pid"]


class Turns(OpenCodeCase):
    def test_text_in_pieces_with_usage(self):
        talk = self.start_talk()
        message = talk.say("say Grüße,\nsplit\nsay zum zweiten 🙂")
        self.assertEqual(talk.reply(message), "Grüße,\n\nzum zweiten 🙂")
        rows = self.rows("select tokens, cost from audit where message = ?", message) or self.rows("select * from audit")
        self.assertEqual((rows[0]["tokens"], rows[0]["cost"]), (131, 250000))

    def test_how_the_server_is_started(self):
        talk = self.start_talk()
        talk.reply(talk.say("say hello"))
        started = self.did("started")[0]
        self.assertEqual(started["directory"], self.work)
        password = started["env"]["OPENCODE_SERVER_PASSWORD"]
        self.assertGreaterEqual(len(password), 32)
        self.assertNotIn(password, " ".join(started["argv"]))
        self.assertNotIn("AGIM_SESSION", started["env"])
        self.assertEqual(started["env"]["OPENCODE_DISABLE_PROJECT_CONFIG"], "1")
        self.assertEqual(json.loads(started["env"]["OPENCODE_CONFIG_CONTENT"])["permission"]["*"], "ask")
        # One question without the password, to know that it counts; all others with it.
        self.assertEqual([e["path"] for e in self.log() if e.get("known") is False], ["/session"])
        # Somebody listens before the first prompt.
        paths = [e["path"] for e in self.log() if "path" in e]
        self.assertLess(paths.index("/event"), next(i for i, p in enumerate(paths) if p.endswith("prompt_async")))
        with open(f"/proc/{self.server()}/cmdline", "rb") as file:
            self.assertNotIn(password.encode(), file.read())

    def test_a_conversation_keeps_its_session_and_its_server(self):
        talk = self.start_talk()
        for text in ("one", "two"):
            self.assertEqual(talk.reply(talk.say(f"say {text}")), text)
        other = talk.reply(talk.say("say three", session="chat:2"))
        self.assertEqual(other, "three")
        self.assertEqual(len(self.did("started")), 1)
        self.assertEqual(len(self.calls("POST", "/session")) - len(self.calls("POST", "/session/")), 2)

    def test_the_session_is_found_again_after_the_server_was_killed(self):
        talk = self.start_talk()
        self.assertEqual(talk.reply(talk.say("say one")), "one")
        os.kill(self.server(), signal.SIGKILL)
        self.assertEqual(talk.reply(talk.say("say two")), "two")
        self.assertEqual(len(self.did("started")), 2)
        prompts = [e["path"] for e in self.log() if e.get("path", "").endswith("prompt_async")]
        self.assertEqual(len(set(prompts)), 1)

    def test_a_session_that_is_gone_is_told_about(self):
        talk = self.start_talk()
        talk.reply(talk.say("say one"))
        os.kill(self.server(), signal.SIGKILL)
        os.unlink(self.path("state"))
        message = talk.say("say two")
        self.assertEqual(talk.reply(message), "two")
        self.assertIn("does not know its session any more", self.read("said"))

    def test_model_effort_plan_and_files(self):
        talk = self.start_talk(model="anthropic/claude/x", mode="plan")
        attachments = [
            self.attachment("ä b.png", b"picture", "image/png", "image"),
            self.attachment("a.bin", b"archive", "application/zip")]
        talk.reply(talk.say("say seen", attachments=attachments, think="high"))
        body = next(e["body"] for e in self.log() if e.get("path", "").endswith("prompt_async"))
        self.assertEqual(body["model"], {"providerID": "anthropic", "modelID": "claude/x"})
        self.assertEqual((body["agent"], body["variant"]), ("plan", "high"))
        self.assertEqual([part["type"] for part in body["parts"]], ["text", "file"])
        self.assertIn("a.bin", body["parts"][0]["text"])
        self.assertTrue(body["parts"][1]["url"].endswith("/%C3%A4%20b.png"), body["parts"][1])

    def test_compact_and_undo(self):
        talk = self.start_talk()
        talk.reply(talk.say("say one"))
        self.assertEqual(talk.reply(talk.say("/compact")), "The session was compacted.")
        body = next(e["body"] for e in self.log() if e.get("path", "").endswith("/summarize"))
        self.assertEqual(body, {"providerID": "maker", "modelID": "m1"})
        self.assertIn("was taken back", talk.reply(talk.say("/undo")))
        self.assertIn("nothing to undo", talk.reply(talk.say("/undo")))

    def test_a_session_that_a_person_began_is_forked(self):
        talk = self.start_talk()
        talk.reply(talk.say("say one", session="chat:2"))
        foreign = next(e["path"] for e in self.log() if e.get("path", "").endswith("prompt_async")).split("/")[2]
        talk.reply(talk.say(f"/attach {foreign}"))
        self.assertEqual(talk.reply(talk.say("say two")), "two")
        paths = [e["path"] for e in self.log() if e.get("method") == "POST"]
        self.assertIn(f"/session/{foreign}/fork", paths)
        self.assertEqual(paths.count(f"/session/{foreign}/prompt_async"), 1)

    def test_tools_are_shown(self):
        talk = self.start_talk()
        self.configure_away()
        message = talk.say('tool bash {"command": "true"}\nretry overloaded\nsay done')
        talk.reply(message)
        self.assertTrue(self.did("ran"))

    def configure_away(self):
        self.assertEqual(self.approve("away", "1h", "--agent", "opencode").codes, [0])

    @seconds(6)
    def test_an_idle_server_ends(self):
        talk = self.start_talk(keep_alive=1)
        talk.reply(talk.say("say one"))
        pid = self.server()
        self.wait_for(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the server to end")
        self.assertEqual(talk.reply(talk.say("say two")), "two")


class Permissions(OpenCodeCase):
    def test_allowed_once(self):
        talk = self.start_talk()
        request = talk.ask('tool bash {"command": "touch ran"}\nsay made')
        self.assertEqual(json.loads(request["input"])["command"], "touch ran")
        self.assertFalse(self.ran())
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "made")
        self.assertTrue(self.ran())
        self.assertEqual([e["body"] for e in self.calls("POST", "/permission/")], [{"reply": "once"}])

    def test_denied_with_a_reason(self):
        talk = self.start_talk()
        request = talk.ask('tool bash {"command": "touch ran"}\nsay then not')
        talk.say("n " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "then not")
        self.assertFalse(self.ran())
        body = self.calls("POST", "/permission/")[0]["body"]
        self.assertEqual(body["reply"], "reject")
        self.assertIn("denied", body["message"])

    def test_secrets_are_denied_and_reading_is_not_asked(self):
        talk = self.start_talk()
        with open(os.path.join(self.work, "notes.txt"), "w") as file:
            file.write("x")
        message = talk.say(
            f'tool read {{"filePath": "{self.user}/.ssh/id_ed25519"}}\ntool read {{"filePath": "{self.work}/notes.txt"}}\nsay end')
        self.assertEqual(talk.reply(message), "end")
        self.assertEqual([e["body"]["reply"] for e in self.calls("POST", "/permission/")], ["reject", "once"])
        self.assertEqual(self.rows("select count(*) as n from request")[0]["n"], 0)

    def test_secrets_are_hidden_from_what_was_allowed(self):
        os.mkdir(os.path.join(self.user, ".ssh"), 0o700)
        with open(os.path.join(self.user, ".ssh", "id_ed25519"), "w") as file:
            file.write("SECRET")
        with open(os.path.join(self.work, "steal.py"), "w") as file:
            # In pieces, because the policy reads scripts too.
            file.write(f"name = '.s' + 'sh/id_' + 'ed25519'\nopen('ran', 'w')\n"
                       f"open('stolen', 'w').write(open('{self.user}/' + name).read())\n")
        talk = self.start_talk(confined=True)
        request = talk.ask('tool bash {"command": "python3 steal.py"}\nsay done')
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "done")
        self.assertTrue(self.ran())
        self.assertFalse(self.ran("stolen") and os.path.getsize(os.path.join(self.work, "stolen")))

    def test_plan_mode_denies_writing(self):
        talk = self.start_talk(mode="plan")
        path = os.path.join(self.work, "ran")
        self.assertEqual(talk.reply(talk.say(f'tool write {{"filePath": "{path}", "content": "x"}}\nsay end')), "end")
        self.assertFalse(self.ran())

    def test_sub_agents_ask_too(self):
        for number, before in enumerate(("", "lost\n")):
            with self.subTest(before):
                talk = self.start_talk() if number == 0 else talk
                request = talk.ask(before + 'child bash {"command": "touch ran' + str(number) + '"}\nsay done')
                talk.say("y " + request["code"])
                self.assertEqual(talk.reply(request["parent"]), "done")
                self.assertTrue(self.ran(f"ran{number}"))

    def test_a_part_that_was_not_told_is_fetched(self):
        talk = self.start_talk()
        request = talk.ask('unseen\ntool write {"filePath": "ran", "content": "x"}\nsay done')
        self.assertEqual(json.loads(request["input"])["content"], "x")
        self.assertEqual(request["complete"] if "complete" in request else 1, 1)
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "done")

    def test_the_second_kind_of_permission(self):
        talk = self.start_talk()
        request = talk.ask('second\ntool bash {"command": "touch ran"}\nsay done')
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "done")
        self.assertTrue(self.ran())

    def test_the_path_of_older_versions(self):
        talk = self.start_talk("legacy")
        request = talk.ask('tool bash {"command": "touch ran"}\nsay done')
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "done")
        self.assertTrue(self.ran())

    def test_what_is_asked_while_nobody_listens_is_found(self):
        talk = self.start_talk()
        request = talk.ask('drop\ntool bash {"command": "touch ran"}\nsay done')
        talk.say("y " + request["code"])
        self.assertEqual(talk.reply(request["parent"]), "done")

    def test_an_abort_while_pending_lets_nothing_run(self):
        talk = self.start_talk()
        request = talk.ask('say begun\ntool bash {"command": "touch ran"}\nsay never')
        self.abort(talk)
        self.assertEqual(talk.reply(request["parent"]), "begun\n\nopencode was stopped.")
        self.assertFalse(self.ran())
        self.assertEqual(talk.settled(request)["state"], "void")
        self.assertEqual(talk.reply(talk.say("say still here")), "still here")

    def abort(self, talk):
        talk.say("/abort")

    def test_a_stubborn_server_is_ended(self):
        talk = self.start_talk()
        message = talk.say("stubborn\nsay begun\nhang")
        self.wait_for(lambda: self.did("stubborn"))
        pid = self.server()
        self.abort(talk)
        self.assertEqual(talk.reply(message, 20), "begun\n\nopencode was stopped.")
        self.wait_for(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the server to end")


class Questions(OpenCodeCase):
    ASKED = 'question [{"question": "Which?", "header": "Colour", "options": [{"label": "red", "description": "warm"},' \
        ' {"label": "blue"}]}, {"question": "How many?", "options": [], "custom": true}]\nsay thanks'

    def test_answered_one_after_the_other(self):
        talk = self.start_talk()
        message = talk.say(self.ASKED)
        for number, answer in enumerate(("2", "three of them")):
            rows = self.wait_for(
                lambda: [row for row in self.rows(
                    "select r.* from request r join outbox o on o.id = r.id where r.parent = ? and o.state = 'delivered'"
                    " order by r.rowid", message)][number:], 15, "the question")
            self.assertEqual(rows[0]["kind"], "question")
            talk.say(f"{rows[0]['code']} {answer}")
        self.assertEqual(talk.reply(message), "thanks")
        self.assertEqual(self.did("answered")[0]["answers"], [["blue"], ["three of them"]])

    def test_declined(self):
        talk = self.start_talk()
        message = talk.say(self.ASKED)
        request = talk.card(message)
        talk.say("n " + request["code"])
        self.assertEqual(talk.reply(message), "thanks")
        self.assertEqual(len([e for e in self.calls("POST", "/question/") if e["path"].endswith("reject")]), 1)


class Failures(OpenCodeCase):
    def test_errors_of_the_model(self):
        talk = self.start_talk()
        for name, text, words in (
                ("ProviderAuthError", "no key", "opencode auth login"), ("APIError", "overloaded 529", "overloaded 529"),
                ("UnknownError", "", "UnknownError")):
            with self.subTest(name):
                self.assertIn(words, talk.reply(talk.say(f"fail {name} {text}")))
        self.assertEqual(talk.reply(talk.say("say still here")), "still here")

    def test_an_end_that_nobody_was_told_of_is_found(self):
        talk = self.start_talk()
        self.assertEqual(talk.reply(talk.say("drop\nsay one")), "one")

    def test_a_server_that_dies_in_an_event(self):
        talk = self.start_talk()
        text = talk.reply(talk.say("say begun\ndie"))
        self.assertIn("opencode's server ended with exit status 3.", text)
        self.assertIn("the server has had enough", text)
        self.assertEqual(talk.reply(talk.say("say again")), "again")

    def test_a_server_that_does_not_start(self):
        talk = self.start_talk("broken")
        self.assertIn("no model is configured", talk.reply(talk.say("say no")))

    def test_versions_that_cannot_be_trusted(self):
        for variant, words in (("old", "is not asked"), ("open", "lets everybody in"), ("public", "listens on 0.0.0.0")):
            with self.subTest(variant):
                talk = self.start_talk(variant)
                self.assertIn(words, talk.reply(talk.say("say no")))
                self.assertFalse([e for e in self.log() if e.get("path", "").endswith("prompt_async")])
                talk.stop()

    def test_no_program(self):
        self.configure(agents={"opencode": {"driver": "opencode", "command": ["no-such-program"], "workdir": self.work}})
        talk = self.talk(["agim-approve"], ["agim-run", "opencode"])
        self.assertIn("there is no program no-such-program", talk.reply(talk.say("say no")))

    @seconds(15)
    def test_a_flood_ends(self):
        talk = self.start_talk(output_limit=4096)
        text = talk.reply(talk.say("flood 1000"), 90)
        self.assertIn("more than 16 MiB", text)
        self.assertEqual(talk.reply(talk.say("say still here")), "still here")

    def test_silence_ends(self):
        talk = self.start_talk(idle_timeout=1)
        self.assertIn("opencode was stopped: no output for 1s.", talk.reply(talk.say("hang")))

    def test_a_killed_agim_run_leaves_nothing(self):
        talk = self.start_talk()
        talk.ask('tool bash {"command": "touch ran"}\nsay made')
        pid = self.server()
        # The other end of the pair ends all that it has started.
        os.kill(self.worker(talk.live.procs[3]), signal.SIGKILL)
        self.wait_for(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the server to end")
        self.assertFalse(self.ran())


if __name__ == "__main__":
    unittest.main()
