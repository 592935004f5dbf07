"""agim-queue and agim-session, verb by verb."""

import json
import os
import signal
import sqlite3
import time
import unittest

from support import CANNOT_CREATE, Case, DATA, NO_INPUT, OK, USAGE, digits, seconds

CAT = ["agim-run", "exec", "--", "cat"]


class Queue(Case):

    def fill(self):
        """A message that nobody took, and a reply that nobody sent."""
        self.pipe(["agim-recv", "stdin"], "grep -v lost", CAT, stdin="lost words\nfound words\n")

    def lines(self, *words):
        done = self.queue(*words)
        self.assertCodes(done, OK)
        return done.lines

    def test_list_shows_what_is_not_finished(self):
        self.fill()
        done = self.queue("list")
        self.assertCodes(done, OK)
        inbox, outbox = done.out.splitlines()
        self.assertIn("inbox  new", inbox)
        self.assertIn("lost words", inbox)
        self.assertIn("outbox  ready", outbox)
        self.assertEqual(self.queue("list", "--inbox").out, inbox + "\n")
        self.assertEqual(self.queue("list", "--outbox").out, outbox + "\n")
        self.assertEqual(len(self.queue("list", "--all").out.splitlines()), 3)
        self.assertEqual(len(self.queue("list", "-a", "--inbox").out.splitlines()), 2)

    def test_json_has_what_the_documentation_promises(self):
        self.fill()
        rows = self.lines("list", "--all", "--json")
        self.assertEqual(len(rows), 3)
        for row in rows:
            self.assertLessEqual({"state", "attempts", "next", "holder", "reason", "id", "type", "session"}, set(row))
        self.assertEqual(sorted(row["state"] for row in rows), ["done", "new", "ready"])

    def test_json_survives_hostile_text(self):
        self.pipe(["agim-recv", "stdin"], stdin=b"a\x1b[31mb\"\\ \xe2\x80\xae\xf0\x9f\x98\x80\xff\n")
        rows = self.lines("list", "--json")
        self.assertIn("\x1b[31m", rows[0]["text"])
        plain = self.queue("list").raw
        self.assertNotIn(b"\x1b", plain, "no control characters for a terminal")
        self.assertNotIn("\u202e".encode(), plain)

    def test_show_tells_all_of_a_message_and_its_reply(self):
        self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin="hello\n")
        message = self.sql("select id from inbox")[0]["id"]
        reply = self.sql("select id from outbox")[0]["id"]
        shown = self.queue("show", message).out
        for piece in (message, reply, "inbox, message", "outbox, reply", "delivered", "proof", "stdin:main", '"text":"hello"'):
            self.assertIn(piece, shown)
        self.assertIn(f"answers      {message}", self.queue("show", reply).out)
        rows = self.lines("show", message, "--json")
        self.assertEqual([row["box"] for row in rows], ["inbox", "outbox"])
        self.assertEqual(rows[1]["attempts"], 1)

    def test_unknown_ids_and_words_are_named(self):
        for verb in ("show", "retry", "drop"):
            done = self.queue(verb, "no-such-id")
            self.assertCodes(done, NO_INPUT)
            self.assertSaid(done, 0, "no message or reply has the id 'no-such-id'")
        done = self.queue("lsit")
        self.assertCodes(done, USAGE)
        self.assertSaid(done, 0, "unknown word 'lsit'", "did you mean list?")
        for words in (["show"], ["retry"], ["drop"], ["backup"], ["list", "x"], ["check", "x"], []):
            self.assertCodes(self.queue(*words), USAGE)

    def test_several_ids_are_changed_and_the_bad_one_decides_the_status(self):
        self.pipe(["agim-recv", "stdin"], stdin="a\nb\n")
        ids = [row["id"] for row in self.sql("select id from inbox order by n")]
        done = self.queue("drop", ids[0], "nothing", ids[1])
        self.assertCodes(done, NO_INPUT)
        self.assertEqual(self.states("inbox"), {"dead": 2})

    def test_a_dry_run_changes_nothing(self):
        self.fill()
        row = self.sql("select id from inbox where state = 'new'")[0]["id"]
        done = self.queue("drop", "-n", row)
        self.assertEqual(done.out, f"{row}: new\n")
        self.assertEqual(self.states("inbox"), {"new": 1, "done": 1})

    def change(self, table, verb, state, holder):
        row = self.sql(f"select n, id from {table} order by n limit 1")[0]
        self.sql(f"update {table} set state = ?, holder = ?, reason = null, proof = null where n = ?"
                 if table == "outbox" else f"update {table} set state = ?, holder = ?, reason = null where n = ?",
                 state, holder, row["n"])
        done = self.queue(verb, row["id"])
        after = self.sql(f"select state, reason, holder from {table} where n = ?", row["n"])[0]
        if done.codes == [OK]:
            self.assertEqual(after["reason"], "dropped by the operator" if verb == "drop" else None)
            return after["state"]
        self.assertCodes(done, DATA)
        self.assertEqual(after["state"], state)
        self.assertSaid(done, 0, state)
        return None

    def test_drop_and_retry_in_every_state_of_a_message(self):
        self.fill()
        # A process that lives and holds a row: agim-recv, with the name of its holder.
        live = self.start(["agim-recv", "stdin"])
        live.write("held by a live process\n")
        self.wait_for(lambda: live.out.count("\n") >= 2, what="the line")
        alive = self.sql("select holder from inbox where line like '%live process%'")[0]["holder"]
        dead = "01a1fcdb-0000-7000-8000-000000000000"
        for state, drop_dead, drop_live, retry_dead, retry_live in (
                ("new", "dead", "dead", None, None), ("taken", "dead", None, None, None),
                ("running", "dead", None, None, None), ("done", None, None, None, None),
                ("dead", None, None, "new", "new"), ("held", "dead", "dead", "new", "new")):
            with self.subTest(state=state):
                self.assertEqual(self.change("inbox", "drop", state, dead), drop_dead)
                self.assertEqual(self.change("inbox", "drop", state, alive), drop_live)
                self.assertEqual(self.change("inbox", "retry", state, dead), retry_dead)
                self.assertEqual(self.change("inbox", "retry", state, alive), retry_live)
        live.close()
        live.wait()

    def test_drop_and_retry_in_every_state_of_a_reply(self):
        self.fill()
        live = self.start(["agim-recv", "stdin"])
        live.write("held by a live process\n")
        self.wait_for(lambda: live.out.count("\n") >= 2, what="the line")
        alive = self.sql("select holder from inbox where line like '%live process%'")[0]["holder"]
        dead = "01a1fcdb-0000-7000-8000-000000000000"
        for state, drop_dead, drop_live, retry_dead, retry_live in (
                ("ready", "refused", "refused", "queued", None), ("queued", "refused", "refused", None, None),
                ("sending", "refused", None, None, None), ("delivered", None, None, None, None),
                ("refused", None, None, "queued", "queued"), ("passed", None, None, None, None),
                ("held", "refused", "refused", "queued", "queued")):
            with self.subTest(state=state):
                self.assertEqual(self.change("outbox", "drop", state, dead), drop_dead)
                self.assertEqual(self.change("outbox", "drop", state, alive), drop_live)
                self.assertEqual(self.change("outbox", "retry", state, dead), retry_dead)
                self.assertEqual(self.change("outbox", "retry", state, alive), retry_live)
        live.close()
        live.wait()

    def test_a_dropped_message_is_neither_printed_nor_run_again(self):
        self.pipe(["agim-recv", "stdin"], stdin="forget me\n")
        self.queue("drop", self.sql("select id from inbox")[0]["id"])
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"])
        self.assertEqual(done.out, "")

    def test_a_dropped_reply_of_a_live_sender_is_not_sent_any_more(self):
        target = self.script("target", f"[ -e {self.path('open')} ] || exit 75; cat >> {self.path('got')}\n")
        live = self.start(["agim-recv", "stdin"], CAT, ["agim-send", "--via", f"command:{target}"])
        live.write("unwanted\n")
        self.wait_for(lambda: self.count("outbox", "state = 'queued' and attempts > 0") == 1, what="the first try")
        self.assertCodes(self.queue("drop", self.sql("select id from outbox")[0]["id"]), OK)
        self.write("open", "")
        live.write("wanted\n")
        live.close()
        self.assertEqual(live.wait(), [OK, OK, OK])
        self.assertEqual([json.loads(line)["text"] for line in self.read("got").splitlines()], ["wanted"])

    def test_a_refused_reply_is_delivered_after_retry_by_a_live_sender(self):
        target = self.script("target", f"[ -e {self.path('open')} ] || exit 1; cat >> {self.path('got')}\n")
        live = self.start(["agim-recv", "stdin"], CAT, ["agim-send", "--via", f"command:{target}"])
        live.write("patience\n")
        self.wait_for(lambda: self.count("outbox", "state = 'refused'") == 1, what="the refusal")
        self.write("open", "")
        self.assertCodes(self.queue("retry", self.sql("select id from outbox")[0]["id"]), OK)
        self.wait_for(lambda: self.count("outbox", "state = 'delivered'") == 1, 5, "the delivery")
        live.close()
        live.wait()
        self.assertAnswered(1)

    def test_flush_delivers_what_waits(self):
        self.pipe(["agim-recv", "stdin"], CAT, stdin="waiting\n")
        self.sql("update outbox set state = 'queued'")
        done = self.queue("flush")
        self.assertCodes(done, OK)
        self.assertEqual(done.out, "waiting\n")
        self.assertAnswered(1)

    @seconds(3)
    def test_a_backup_while_writers_are_busy_is_sound(self):
        live = self.start(["agim-recv", "stdin"], CAT, ["agim-send"])
        live.write(digits(150))
        self.wait_for(lambda: self.count("inbox", "state = 'done'") > 5, what="some turns")
        copies = []
        while self.count("inbox", "state = 'done'") < 140:
            copy = self.path(f"copy{len(copies)}")
            self.assertCodes(self.queue("backup", copy), OK)
            copies.append(copy)
        live.close()
        self.assertEqual(live.wait(), [OK, OK, OK])
        self.assertAnswered(150)
        self.assertGreater(len(copies), 1)
        for copy in copies:
            self.assertEqual(os.stat(copy).st_mode & 0o777, 0o600)
            with sqlite3.connect(copy) as database:
                self.assertEqual(database.execute("pragma integrity_check").fetchall(), [("ok",)])
                self.assertEqual(database.execute("select count(*) from inbox").fetchone()[0], 150)
                open_rows = database.execute("select count(*) from inbox where state in ('taken','running')").fetchone()[0]
            database.close()
            self.assertGreater(open_rows, 0)
            self.assertFalse([name for name in os.listdir(self.dir) if name.startswith(os.path.basename(copy) + "-")])
        # And it is a home that works.
        home = self.path("restored")
        os.mkdir(home, 0o700)
        os.rename(copies[0], f"{home}/agim.db")
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], AGIM_HOME=home)
        self.assertCodes(done, OK, OK, OK)
        left = self.states("inbox", home)
        self.assertEqual(set(left) - {"done", "dead"}, set())

    def test_a_backup_overwrites_nothing(self):
        self.fill()
        there = self.write("there", "precious")
        done = self.queue("backup", there)
        self.assertCodes(done, CANNOT_CREATE)
        self.assertSaid(done, 0, there)
        self.assertEqual(self.read("there"), "precious")
        self.assertCodes(self.queue("backup", "/nowhere/copy"), CANNOT_CREATE)

    def test_check_finds_orphans_until_they_are_recovered(self):
        self.assertCodes(self.queue("check"), OK)
        live = self.start(["agim-recv", "stdin"], ["agim-run", "exec", "--", "sleep", "60"], ["agim-send"])
        live.write("a\nb\n")
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 1, what="the turn")
        self.assertCodes(self.queue("check"), OK)
        os.kill(self.worker(live.procs[1]), signal.SIGKILL)
        live.wait()
        found = self.queue("check")
        self.assertCodes(found, DATA)
        self.assertEqual(found.out.count("orphan: message"), 2)
        self.assertIn("is running in a process that is dead", found.out)
        problems = self.queue("check", "--json")
        self.assertEqual(len([line["problem"] for line in problems.lines]), 2)
        self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"])
        after = self.queue("check")
        self.assertCodes(after, OK)
        self.assertEqual(after.out, "")

    def test_check_finds_damage(self):
        self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin=digits(200))
        # Everything into the file, where it can be damaged.
        self.sql("pragma wal_checkpoint(truncate)")
        root = self.sql("select rootpage from sqlite_master where name = 'sqlite_autoindex_inbox_1'")[0]["rootpage"]
        with open(f"{self.home}/agim.db", "r+b") as file:
            file.seek((root - 1) * 4096 + 8)
            file.write(b"\xff" * 64)
        done = self.queue("check")
        self.assertCodes(done, DATA)
        self.assertIn("store", done.out + done.err(0))


class Sessions(Case):

    def session(self, *words, stdin=b"", code=OK, **env):
        done = self.pipe(["agim-session", *words], stdin=stdin, **env)
        self.assertCodes(done, code)
        return done

    def talk(self, text, session="stdin:main"):
        self.pipe(["agim-recv", "--session", session, "stdin"], CAT, ["agim-send", "--via", "file:/dev/null"], stdin=text + "\n")

    def test_list_shows_sessions_by_their_last_use(self):
        self.talk("one", "chat:a")
        time.sleep(0.01)
        self.talk("two", "chat:b")
        self.talk("three", "chat:b")
        first, second = self.session("list").out.splitlines()
        self.assertIn("chat:b", first)
        self.assertIn("2 messages", first)
        self.assertIn("chat:a", second)
        self.assertIn("1 message  ", second)
        rows = self.session("list", "--json").lines
        self.assertEqual([row["address"] for row in rows], ["chat:b", "chat:a"])
        self.assertEqual((rows[0]["agent"], rows[0]["messages"], rows[0]["state"]), ("exec", 2, "active"))

    def test_set_and_show_keep_what_a_person_says(self):
        self.talk("x", "chat:a")
        self.session("set", "chat:a", "label=mine", "description=a long talk", "ticket=42")
        for name in ("chat:a", "1", "mine"):
            row = self.session("show", "--json", name).lines[0]
            self.assertEqual((row["label"], row["description"], row["data"]), ("mine", "a long talk", {"ticket": "42"}))
        self.session("set", "mine", "ticket=", "label=")
        row = self.session("show", "--json", "1").lines[0]
        self.assertEqual((row.get("label"), row["data"]), (None, {}))
        bad = self.session("set", "chat:a", "state=closed", code=USAGE)
        self.assertSaid(bad, 0, "state is not yours to set")
        self.session("set", "chat:a", "nonsense", code=USAGE)

    def test_search_finds_what_people_and_agents_said(self):
        self.talk("the quick brown fox", "chat:a")
        self.talk("something else", "chat:b")
        found = self.session("search", "QUICK").out.splitlines()
        self.assertEqual(len(found), 2, "the message and its reply")
        self.assertTrue(all(line.startswith("chat:a  the quick") for line in found))
        self.assertEqual(
            sorted(row["type"] for row in self.session("search", "--json", "quick", "brown").lines), ["message", "reply"])
        self.assertEqual(self.session("search", "100%_").out, "")

    def test_new_begins_the_next_generation(self):
        self.talk("x", "chat:a")
        self.session("new", "chat:a")
        self.talk("y", "chat:a")
        rows = self.session("list", "--all", "--json").lines
        self.assertEqual(sorted((row["generation"], row["state"]) for row in rows), [(1, "closed"), (2, "active")])
        self.assertEqual(self.session("show", "--json", "chat:a").lines[0]["generation"], 2)
        self.session("new", "no address", code=USAGE)

    def test_archive_takes_a_session_away_until_somebody_writes(self):
        self.talk("x", "chat:a")
        self.session("archive", "chat:a")
        self.assertEqual(self.session("list").out, "")
        self.assertIn("chat:a", self.session("list", "--all").out)
        self.session("archive", "chat:a", code=DATA)
        self.talk("y", "chat:a")
        self.assertIn("chat:a", self.session("list").out)

    def test_unknown_sessions_and_words_are_named(self):
        for verb in ("show", "archive"):
            done = self.session(verb, "chat:none", code=NO_INPUT)
            self.assertSaid(done, 0, "chat:none", "agim-session list --all")
        self.session("set", "chat:none", "label=x", code=NO_INPUT)
        self.assertSaid(self.session("lits", code=USAGE), 0, "did you mean list?")
        self.session(code=USAGE)
        self.session("show", code=USAGE)

    def test_post_takes_operands_standard_input_and_dashes(self):
        for words, stdin, text in (
                (["post", "stdin:a", "two", "words"], b"", "two words"), (["post", "stdin:a"], b"from\ninput\n", "from\ninput"),
                (["post", "stdin:a", "-"], b"dash\n", "dash"), (["post", "stdin:a", "--json"], b"", "--json"),
                (["post", "--from", "Ann", "stdin:a", "-x"], b"", "-x")):
            with self.subTest(words=words):
                identity = self.session(*words, stdin=stdin).out.strip()
                line = json.loads(self.sql("select line from inbox where id = ?", identity)[0]["line"])
                self.assertEqual((line["text"], line["session"]), (text, "stdin:a"))
        self.assertEqual(line["from"], {"id": "Ann", "name": "Ann"})
        self.session("post", "stdin:a", stdin=b"\n", code=DATA)
        self.session("post", "nonsense", "x", code=USAGE)

    def test_post_uses_names_of_addresses(self):
        self.config({"addresses": {"ops": "stdin:ops"}})
        self.session("post", "ops", "x")
        self.assertEqual(self.sql("select session from inbox")[0]["session"], "stdin:ops")
        self.assertSaid(self.session("post", "opps", "x", code=USAGE), 0, "did you mean ops?")


class Help(Case):

    def test_every_command_has_help_and_a_version(self):
        for command in ("agim-recv", "agim-run", "agim-send", "agim-queue", "agim-session"):
            for word in ("--help", "-h"):
                done = self.pipe([command, word])
                self.assertCodes(done, OK)
                self.assertTrue(done.out.startswith(f"usage: {command}"))
            self.assertRegex(self.pipe([command, "--version"]).out, rf"^{command} \d+\.\d+\.\d+\n$")
            bad = self.pipe([command, "--nonsense"])
            self.assertCodes(bad, USAGE)
            self.assertSaid(bad, 0, "nonsense", f"try '{command} --help'")
        self.assertFalse(os.path.exists(f"{self.home}/agim.db"), "help touches nothing")


if __name__ == "__main__":
    unittest.main()
