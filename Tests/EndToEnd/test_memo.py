"""Memos, facts and what of them reaches an agent: the command, the chat, and the prompt."""

import json
import os
import pwd
import sqlite3
import sys

from support import AGAIN, DATA, NO_INPUT, OK, SCRIPTED_AGENTS, USAGE, Case
from talk import GateCase

HERE = os.path.dirname(os.path.abspath(__file__))
EMBED = os.path.join(os.path.dirname(HERE), "Memory", "embed.py")


class Command(Case):
    """agim-memo by itself."""

    def memo(self, *words, code=OK, stdin=b"", **env):
        done = self.pipe(["agim-memo", *words], stdin=stdin, **env)
        self.assertCodes(done, code)
        return done.out

    def rows(self, *words, **env):
        return [json.loads(line) for line in self.memo(words[0], "--json", *words[1:], **env).splitlines()]

    def model(self, role, body):
        """Makes a program a role of agim-model."""
        self.config({"models": {role: {"command": [self.script("model", body)]}}})

    def test_a_memo_from_the_cradle_to_the_grave(self):
        self.assertEqual(self.memo("add", "--who", "Ann", "--tag", "#work", "the", "slides", "are", "due"), "1\n")
        self.assertEqual(self.memo("add", stdin="停车位在B区37号\n".encode()), "2\n")
        row = self.rows("show", "1")[0]
        self.assertEqual((row["what"], row["who"], row["tags"]), ("the slides are due", "Ann", "work"))
        self.assertEqual([row["n"] for row in self.rows("list")], [2, 1])
        self.assertIn("停车位", self.memo("search", "我的停车位在哪"))
        self.memo("edit", "1", "--what", "the cards are due", "--lat", "31.2", "--lon", "121.4")
        self.assertEqual(self.memo("search", "slides"), "")
        self.assertIn("31.200000, 121.400000", self.memo("search", "card"))
        self.memo("edit", "1", EDITOR="sed -i s/cards/papers/")
        self.assertIn("papers", self.memo("search", "paper"))
        self.assertIn("stays as it is", self.memo("edit", "1", EDITOR="true"))
        self.memo("rm", "1", "99", code=NO_INPUT)
        self.assertEqual(len(self.rows("list")), 2, "none is removed where one is not there")
        self.memo("rm", "--dry-run", "1")
        self.memo("rm", "1")
        self.assertEqual([row["n"] for row in self.rows("list")], [2])

    def test_what_is_wrong_is_said(self):
        for words, code in [
            ([], USAGE), (["ad"], USAGE), (["show", "x"], USAGE), (["show", "7"], NO_INPUT), (["add", " "], DATA),
            (["list", "--person", "nobody"], USAGE), (["list", "--limit", "0"], USAGE), (["show", "1", "2"], USAGE),
            (["add", "--lat", "north", "x"], USAGE), (["add", "--lat", "3", "x"], DATA), (["forget"], USAGE),
            (["remember", "--class", "rumour", "x"], USAGE), (["remember", "--confidence", "2", "x"], USAGE),
            (["facts", "activate", "1"], NO_INPUT), (["persona", "show"], NO_INPUT), (["persona", "rebuild"], NO_INPUT),
            (["remember", "--scope", "team", "x"], USAGE), (["export", "--format", "pdf"], USAGE),
            (["list", "--lat", "3"], USAGE), (["search", "--no-model", "x"], USAGE), (["show", "1", "-n"], USAGE),
            (["import", "/nonexistent/file"], NO_INPUT), (["add", "x" * 16385], DATA),
        ]:
            with self.subTest(words=words):
                self.memo(*words, code=code)
        self.memo("import", stdin=b'{"type":"memo","what":"a"}\n{"type":"memo"}\n', code=DATA)
        self.memo("add", stdin=b"\xff\xfe", code=DATA)
        self.memo("import", "--format", "markdown", stdin=b"## memo\n- what: \xff\n", code=DATA)
        self.assertEqual(self.rows("list"), [], "all or nothing")
        self.memo("add", "x" * 16384)

    def test_whose_they_are(self):
        self.memo("add", "-p", "feishu:1", "the piano is out of tune")
        self.assertEqual(self.rows("search", "piano"), [])
        self.memo("show", "1", code=NO_INPUT)
        self.memo("rm", "1", code=NO_INPUT)
        self.assertEqual(len(self.rows("search", "-p", "feishu:1", "piano")), 1)

    def test_out_and_in_again(self):
        self.memo("add", "--why", "because", "--when", "2026-05-01T10:00:00Z", "--where", "Room 4", "two\nlines\n\n- x: y")
        self.memo("add", "--lat", "-33.9", "--lon", "18.4", "Ort", "·", "place")
        # Marks without a letter of their own, first on a line.
        self.memo("add", "\u0301one\n\u0301two\r\n## memo 7")
        self.memo("remember", "--class", "decision", "--confidence", "0.7", "we use Swift")
        self.memo("facts", "archive", "1")
        self.memo("persona", "edit", "Likes short answers.")

        def strip(text):
            rows = [json.loads(line) for line in text.splitlines()]
            for row in rows:
                row.pop("n", None)
                if row["type"] == "persona":
                    row.pop("changed")
            return rows
        before = self.memo("export")
        for format in ("ndjson", "markdown"):
            with self.subTest(format=format):
                data = self.memo("export", "--format", format).encode()
                self.assertEqual(self.memo("import", "-p", f"x:{format}", "--format", format, stdin=data), "5\n")
                self.assertEqual(strip(self.memo("export", "-p", f"x:{format}")), strip(before))

    def test_a_persona_can_be_removed(self):
        self.memo("persona", "rm", code=NO_INPUT)
        self.memo("persona", "edit", "Likes short answers.")
        self.memo("persona", "rm", "-n")
        self.assertEqual(self.memo("persona", "show"), "Likes short answers.\n")
        self.memo("persona", "edit", EDITOR="printf '\\377' >", code=DATA)
        self.memo("persona", "rm")
        self.memo("persona", "show", code=NO_INPUT)
        self.assertEqual(self.memo("persona", "export"), "")

    def test_facts_and_why_they_are_recalled(self):
        self.memo("remember", "--class", "preference", "I take my coffee black")
        text = self.memo("recall", "--explain", "how do I like my coffee")
        self.assertIn("recalled  score", text)
        self.assertIn("0.40 × similarity", text)
        self.assertEqual(self.memo("recall", "hi"), "", "nothing is asked with so little")
        self.assertEqual(self.memo("recall", "an entirely different matter"), "")
        self.memo("facts", "supersede", "1", "I take my coffee with milk")
        self.assertEqual([row["text"] for row in self.rows("recall", "how do I like my coffee")],
                         ["I take my coffee with milk"])
        self.memo("facts", "restore", "1")
        self.assertEqual(len(self.rows("recall", "how do I like my coffee")), 2)
        self.memo("remember", "--candidate", "coffee keeps me awake")
        self.assertEqual([row["state"] for row in self.rows("facts", "list", "--state", "candidate")], ["candidate"])
        self.memo("facts", "restore", "3", code=DATA)
        self.memo("facts", "activate", "3")

    def test_a_model_splits_a_note_where_one_is_configured(self):
        answer = f"""cat > {self.path("asked")}
echo 'Here it is: {{"what":"meet Li Lei","where":"Guomao","tags":["work","contract"],"when":null}}'
"""
        self.model("other", answer)
        self.memo("add", "meet Li Lei at Guomao")
        self.assertFalse(os.path.exists(self.path("asked")), "no model is started that nobody configured")
        self.model("memo", answer)
        self.memo("add", "meet Li Lei at Guomao about the contract")
        self.assertIn("about the contract", self.read("asked"))
        row = self.rows("show", "2")[0]
        self.assertEqual((row["what"], row["where"], row["tags"]), ("meet Li Lei", "Guomao", "work contract"))
        self.model("memo", "exit 69\n")
        self.memo("add", "kept as it is")
        self.assertEqual(self.rows("show", "3")[0]["what"], "kept as it is")

    def test_vectors(self):
        self.model("embed", f"exec {sys.executable} {EMBED} -0\n")
        self.memo("add", "the photographs of Lisbon")
        self.memo("add", "tax return")
        self.assertEqual(self.memo("search", "photographer"), "")
        self.assertEqual(self.memo("embed"), "2\n")
        self.assertEqual(self.memo("embed"), "0\n")
        self.assertIn("Lisbon", self.memo("search", "--vectors", "--limit", "1", "photographer"))
        self.model("embed", "exit 75\n")
        self.memo("search", "--vectors", "photographer", code=69)

    def test_secrets_are_not_stored(self):
        self.memo("add", "the key is AKIA" + "IOSFODNN7EXAMPLE")
        self.assertIn("[redacted:", self.memo("list"))

    def test_secrets_of_the_configuration_are_not_stored(self):
        """Whatever their shape, and whatever part of it they stand in."""
        self.config({
            "accounts": {"email": {"password": "four-plain-words-here", "user": "bot@example.com"},
                         "telegram": {"token": {"env": "BOT_VARIABLE"}},
                         "teams": {"url": "https://chat.example.org/a-plain-place"}},
            "models": {"x": {"base_url": "http://localhost:1", "key": "another plain value"}},
            "agents": {"a": {"command": ["true"], "driver": "exec", "env": {"MY_PASSWORD": "third plain value"}}},
            "mcp_servers": {"s": {"url": "http://localhost:1", "headers": {"X-Any": "fourth plain value"}}}})
        secrets = ["four-plain-words-here", "another plain value", "third plain value", "fourth plain value",
                   "of the environment", "of its variable", "https://chat.example.org/a-plain-place", "robots.example.org/place"]
        env = {"SMTP_PASSWORD": "of the environment", "BOT_VARIABLE": "of its variable",
               "DINGTALK_ROBOT_URL": "robots.example.org/place", "PUBLIC_URL": "of bot@example.com"}
        for text in secrets:
            self.memo("add", f"note: {text}, of bot@example.com", **env)
            self.memo("remember", f"fact: {text}", **env)
        stored = "".join(str(row) for table in ("memo", "fact") for row in map(dict, self.sql(f"select * from {table}")))
        for text in secrets:
            self.assertNotIn(text, stored)
        self.assertEqual(stored.count("[redacted:"), 2 * len(secrets))
        self.assertEqual(stored.count("bot@example.com"), len(secrets), "what is no secret stays")

    def test_forgetting_leaves_nothing_in_the_files(self):
        lines = "".join(json.dumps({"what": f"zanzibar {n} 秘密花园"}) + "\n" for n in range(60))
        self.memo("import", "-p", "x:1", stdin=lines.encode())
        self.memo("remember", "-p", "x:1", "collects theremins")
        self.memo("add", "-p", "x:2", "stays here")
        self.pipe(["agim-session", "goal", "set", "stdin:main", "find the bassoon"])
        with sqlite3.connect(self.path("home/agim.db")) as store:
            store.execute(
                "INSERT INTO reminder (kind, session, made, person, name, chat, text, schedule, zone, start, missed, "
                "polished, state, runs, created, since) VALUES ('text', 'x:1', 'x:1', 'x:1', '', 'direct', "
                "'tune the harmonium', 'every:60', 'UTC', 0, 'once', 0, 'active', 0, 0, 0)")
            self.assertEqual(store.execute("UPDATE goal SET person = 'x:1'").rowcount, 1)
        store.close()
        self.assertIn("61 memos and facts", self.memo("forget", "--dry-run", "-p", "x:1"))
        reader = sqlite3.connect(self.path("home/agim.db"))
        self.addCleanup(reader.close)
        self.memo("forget", "-p", "x:1")
        for name in ("agim.db", "agim.db-wal"):
            with open(self.path(f"home/{name}"), "rb") as file:
                data = file.read()
            for word in ("zanzibar", "秘密", "theremin", "harmonium", "bassoon", "x:1"):
                self.assertNotIn(word.encode(), data, name)
        self.assertEqual(len(self.rows("list", "-p", "x:2")), 1)

    def test_a_user_of_this_machine_is_one_person(self):
        """What was made in the terminal and what a command of the shell made."""
        user = pwd.getpwuid(os.geteuid()).pw_name
        self.memo("add", "zanzibar")
        self.pipe(["agim-remind", "add", "--to", "tty:main", "1h", "zanzibar"], LOGNAME=user, USER=user)
        self.assertEqual(self.sql("select person from reminder"), [{"person": f"inbox:{user}"}])
        self.memo("add", "-p", f"telegram:{user}", "stays")
        out = self.memo("forget", "-p", f"tty:{user}")
        self.assertIn(f"tty:{user}, stdin:{user}, inbox:{user}: 1 memos", out)
        self.assertEqual((self.count("reminder"), self.count("memo")), (0, 1))

    def test_forgetting_says_when_others_read(self):
        self.memo("add", "-p", "x:1", "zanzibar")
        reader = sqlite3.connect(self.path("home/agim.db"), isolation_level=None)
        self.addCleanup(reader.close)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM memo").fetchall()
        self.memo("forget", "-p", "x:1", code=AGAIN)
        reader.execute("COMMIT")
        self.memo("forget", "-p", "x:1")
        with open(self.path("home/agim.db"), "rb") as file:
            self.assertNotIn(b"zanzibar", file.read())


class InChat(GateCase):
    """/memo, places, and one person on two platforms."""

    def begin(self, **settings):
        self.configure(allow={"*": "*"}, **settings)
        return self.talk(["agim-route"], ["agim-run", "exec", "--", "cat"])

    def test_memos(self):
        talk = self.begin()
        self.assertIn("no memos", talk.reply(talk.say("/memo")))
        self.assertIn("memo 1", talk.reply(talk.say("/memo add the spare key is under the blue pot")))
        self.assertIn("备忘 2", talk.reply(talk.say("/memo add 停车位在B区37号")))
        self.assertIn("blue pot", talk.reply(talk.say("/memo list")))
        self.assertIn("what: the spare key", talk.reply(talk.say("/memo show 1")))
        self.assertIn("blue pot", talk.reply(talk.say("/memo find keys")))
        self.assertIn("停车位", talk.reply(talk.say("/memo find 我的停车位在哪")))
        self.assertIn("web console", talk.reply(talk.say("/memo here")))
        self.assertIn("no memo 1", talk.reply(talk.say("/memo show 1", sender="U3", session="chat:3")))
        self.assertIn("This is written", talk.reply(talk.say("/memo burn")))
        talk.stop()

    def test_a_place_becomes_a_memo_at_once(self):
        talk = self.begin()
        place = {"kind": "location", "lat": 31.2304, "lon": 121.4737, "name": "人民广场"}
        talk.reply(talk.say("I am here", attachments=[place]))
        rows = self.sql("select * from memo")
        self.assertEqual(len(rows), 1)
        self.assertEqual((rows[0]["what"], rows[0]["lat"], rows[0]["lon"]), ("人民广场", 31.2304, 121.4737))
        self.assertIn("31.230400", talk.reply(talk.say("/memo")))
        talk.stop()

    def test_one_person_in_two_chats(self):
        talk = self.begin()
        talk.reply(talk.say("/memo add the piano tuner comes on Friday", sender="U8", session="chat:8"))
        code = self.pipe(["agim-session", "link", "chat:8", "chat:9"]).out.strip()
        self.assertTrue(code.startswith("/link "), code)
        self.assertIn("no such code", talk.reply(talk.say(code, sender="U7", session="chat:7")))
        self.assertIn("direct chat", talk.reply(talk.say(code, sender="U8", session="chat:8", chat="group")))
        self.assertIn("chat:9", talk.reply(talk.say(code, sender="U8", session="chat:8")))
        self.assertEqual(self.sql("select * from linked"), [])
        self.assertIn("command:U8", talk.reply(talk.say(code, sender="U9", session="chat:9")))
        self.assertIn("piano", talk.reply(talk.say("/memo", sender="U9", session="chat:9")))
        self.assertIn("no such code", talk.reply(talk.say(code, sender="U9", session="chat:9")))
        self.assertCodes(self.pipe(["agim-session", "unlink", "command:U9"]), OK)
        self.assertIn("no memos", talk.reply(talk.say("/memo", sender="U9", session="chat:9")))
        self.assertCodes(self.pipe(["agim-session", "unlink", "command:U9"]), NO_INPUT)
        talk.stop()


class BeforeThePrompt(GateCase):
    """What an agent that talks gets before a person's words."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("sessions"))
        self.robot = {
            "driver": "acp", "command": [sys.executable, os.path.join(SCRIPTED_AGENTS, "acp.py")], "workdir": self.work,
            "env": {"ACP_OPTIONS": json.dumps({"state": self.path("sessions"), "resume": True}),
                    "ACP_LOG": self.path("log")}}

    def begin(self, **settings):
        self.configure(agents={"robot": self.robot}, **settings)
        return self.talk(["agim-approve"], ["agim-run", "robot"])

    def memo(self, *words):
        self.assertCodes(self.pipe(["agim-memo", *words]), OK)

    def prompts(self):
        prefix = "request session/prompt "
        return ["".join(block.get("text", "") for block in json.loads(line[len(prefix):])["prompt"])
                for line in self.read("log").splitlines() if line.startswith(prefix)]

    def test_what_is_remembered_stands_before_the_words(self):
        self.memo("remember", "-p", "command:U1", "Ann takes her coffee black")
        self.memo("remember", "-p", "command:U2", "Bob takes his coffee with milk")
        talk = self.begin()
        question = "how does she take coffee"
        message = talk.say(question)
        talk.reply(message)
        talk.reply(talk.say("another matter altogether"))
        talk.reply(talk.say("/coffee takes coffee black"))
        talk.reply(talk.say(question, chat="group", session="chat:g"))
        prompts = self.prompts()
        self.assertIn("Ann takes her coffee black", prompts[0])
        self.assertTrue(prompts[0].endswith(question))
        self.assertNotIn("Bob", prompts[0])
        self.assertEqual(prompts[1:], ["another matter altogether", "/coffee takes coffee black", question])
        turns = {row["id"]: row for row in self.pipe(["agim-audit", "log", "--json"]).lines}
        own = self.sql("select id, json_extract(line, '$.text') as text from inbox order by n")
        self.assertEqual([("recalled" in turns[row["id"]]) for row in own], [True, False, False, False])
        self.assertEqual(turns[own[0]["id"]]["recalled"][0]["fact"], 1)
        self.assertEqual(self.sql("select recalls from fact order by n")[0]["recalls"], 1)
        talk.stop()

    def test_turned_off_and_within_its_budget(self):
        self.memo("remember", "-p", "command:U1", "the coffee machine " + "is very long described " * 20)
        self.memo("remember", "-p", "command:U1", "the coffee machine is red")
        talk = self.begin(memory={"tokens": 50})
        talk.reply(talk.say("what about the coffee machine"))
        prompt = self.prompts()[0]
        self.assertIn("is red", prompt)
        self.assertNotIn("described", prompt)
        talk.stop()
        talk = self.begin(memory={"recall": False})
        talk.reply(talk.say("what about the coffee machine"))
        self.assertEqual(self.prompts()[1], "what about the coffee machine")
        talk.stop()

    def test_a_project_and_a_team_are_known_in_groups(self):
        self.memo("remember", "--scope", "team", "--team", "ops", "the coffee machine is on floor three")
        self.memo("persona", "edit", "-p", "command:U1", "Wants short answers.")
        talk = self.begin(memory={"team": "ops"})
        talk.reply(talk.say("where is the coffee machine", chat="group", session="chat:g"))
        talk.reply(talk.say("where is the coffee machine"))
        prompts = self.prompts()
        self.assertIn("floor three", prompts[0])
        self.assertNotIn("short answers", prompts[0])
        self.assertIn("short answers", prompts[1])
        talk.stop()

    def test_by_meaning_where_it_is_wanted(self):
        """A word that is spelled otherwise is found by its vector; a model that fails or hangs keeps nobody waiting."""
        models = {"embed": {"command": [self.script("embed", f"exec {sys.executable} {EMBED} -0\n")]}}
        self.configure(models=models)
        self.memo("remember", "-p", "command:U1", "her photographs of Lisbon are in the attic")
        self.memo("embed", "-p", "command:U1")
        question = "which photographers"
        for settings, expected in [({}, False), ({"memory": {"vectors": True}}, True)]:
            talk = self.begin(models=models, **settings)
            talk.reply(talk.say(question))
            self.assertEqual("Lisbon" in self.prompts()[-1], expected, settings)
            talk.stop()
        for body in ("exit 75\n", "echo garbage\n", "sleep 60\n"):
            models["embed"]["command"] = [self.script("embed", body)]
            talk = self.begin(models=models, memory={"vectors": True})
            talk.reply(talk.say(question))
            self.assertEqual(self.prompts()[-1], question)
            talk.reply(talk.say("where are the photographs"))
            self.assertIn("Lisbon", self.prompts()[-1], "the words count still")
            talk.stop()
            self.assertIn("by words only", talk.live.errors)

    def test_who_waits_for_a_vector_can_be_stopped(self):
        """The model that was asked ends with its turn, and the next message is not kept waiting."""
        models = {"embed": {"command": [self.script("embed", f"exec {sys.executable} {EMBED} -0\n")]}}
        self.configure(models=models)
        self.memo("remember", "-p", "command:U1", "her photographs of Lisbon are in the attic")
        self.memo("embed", "-p", "command:U1")
        models["embed"]["command"] = [self.script("embed", f"echo $$ > {self.path('pid')}; exec sleep 60\n")]
        self.configure(agents={"robot": self.robot}, models=models, memory={"vectors": True})
        talk = self.talk(["agim-route"], ["agim-approve"], ["agim-run", "robot"])
        message = talk.say("where are the photographs")
        pid = int(self.wait_for(lambda: os.path.exists(self.path("pid")) and self.read("pid")))
        self.assertIn(pid, self.processes())
        talk.say("/abort")
        self.assertIn("before it began", talk.reply(message))
        self.wait_for(lambda: pid not in self.processes(), 2, "the end of the model")
        self.assertEqual(self.prompts() if os.path.exists(self.path("log")) else [], [])
        talk.stop()
