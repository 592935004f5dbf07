"""agim-audit: the turns that have ended, their sums, and a ledger that somebody tampered with."""

import hashlib
import json
import os
import signal
import subprocess
import time

from support import CANNOT_CREATE, CONFIG, DATA, OK, USAGE, Case

DAY = 86_400_000


class AuditCase(Case):
    def audit(self, *words, **more):
        return self.pipe(["agim-audit", *words], **more)

    def rows(self, *words):
        done = self.audit(*words, "--json")
        self.assertCodes(done, OK)
        return done.lines

    def message(self, number, text="hello", agent="one", session="telegram:1", sender="U1"):
        return json.dumps({
            "v": 1, "type": "message", "id": f"m{number}", "session": session, "from": {"id": sender},
            "text": text, "agent": agent}) + "\n"


class Turns(AuditCase):
    def setUp(self):
        super().setUp()
        self.config({"allow": {"*": "*"}, "agents": {
            "one": {"driver": "exec", "command": ["cat"]},
            "two": {"driver": "exec", "command": ["sh", "-c", "exit 3"]}}})

    def work(self):
        done = self.pipe(["agim-run", "one", "two"], stdin="".join([
            self.message(1, text="héllo"), self.message(2, agent="two"), self.message(3, session="feishu:g:t"),
            self.message(4, sender="U2")]))
        self.assertCodes(done, OK)

    def test_a_turn_and_what_is_known_of_it(self):
        before = time.time() * 1000
        self.work()
        found = {row["id"]: row for row in self.rows("log")}
        self.assertEqual(sorted(found), ["m1", "m2", "m3", "m4"])
        one = found["m1"]
        self.assertEqual(list(one), [
            "id", "agent", "person", "platform", "session", "began", "ended", "milliseconds", "code",
            "prompt_bytes", "reply_bytes", "tokens", "cost"])
        self.assertEqual(
            [one[name] for name in (
                "agent", "person", "platform", "session", "code", "prompt_bytes", "reply_bytes", "tokens", "cost")],
            ["one", "telegram:U1", "telegram", "telegram:1", "ok", 6, 6, None, None])
        self.assertEqual((found["m2"]["code"], found["m2"]["agent"]), ("exit", "two"))
        row = self.sql("select * from audit where id = 'm1'")[0]
        self.assertEqual(row["ended"] - row["began"], one["milliseconds"])
        self.assertTrue(before - 1 <= row["began"] <= row["ended"] <= time.time() * 1000 + 1, row)
        # In the same transaction as the end of the message.
        self.assertEqual(self.sql(
            "select count(*) c from audit join inbox on inbox.id = audit.id and inbox.since = audit.ended"), [{"c": 4}])

    def test_text_of_the_log(self):
        self.work()
        lines = [line.split("  ") for line in self.audit("log").out.splitlines()]
        self.assertEqual([len(line) for line in lines], [7] * 4)
        self.assertEqual(sorted(line[1:5] + line[6:] for line in lines), [
            ["one", "feishu:U1", "feishu:g:t", "ok", "m3"], ["one", "telegram:U1", "telegram:1", "ok", "m1"],
            ["one", "telegram:U2", "telegram:1", "ok", "m4"], ["two", "telegram:U1", "telegram:1", "exit", "m2"]])

    def test_what_acts_on_a_terminal_is_escaped(self):
        self.pipe(["agim-run", "one"], stdin=self.message(1, sender="\x1b[31mU\u202e"))
        out = self.audit("log").out
        self.assertNotIn("\x1b", out)
        self.assertNotIn("\u202e", out)
        self.assertNotIn("\x1b", self.audit("stats", "--by", "person").out)

    def test_filters(self):
        self.work()
        self.sql("update audit set began = began - ? where id = 'm1'", 2 * DAY)
        for words, ids in [
                ((), "m1 m2 m3 m4"), (("--agent", "two"), "m2"), (("--agent", "none"), ""),
                (("--person", "telegram:U2"), "m4"), (("--person", "telegram:u2"), ""),
                (("--platform", "telegram"), "m1 m2 m4"), (("--platform", "feishu"), "m3"),
                (("--session", "feishu:g:t"), "m3"), (("--session", "telegram:%31"), "m1 m2 m4"),
                (("--days", "1"), "m2 m3 m4"), (("--days", "3"), "m1 m2 m3 m4"),
                (("--agent", "one", "--session", "telegram:1", "--days", "1"), "m4")]:
            with self.subTest(words):
                self.assertEqual(" ".join(sorted(row["id"] for row in self.rows("log", *words))), ids)
                turns = sum(row["turns"] for row in self.rows("stats", *words))
                self.assertEqual(turns, len(ids.split()))

    def test_limit_takes_the_newest_in_their_order(self):
        self.pipe(["agim-run", "-j", "1", "one"], stdin="".join(
            # From where nobody sits and types: people have a rate.
            self.message(n, session="stdin:1") for n in range(120)))
        every = [f"m{n}" for n in range(120)]
        self.assertEqual([row["id"] for row in self.rows("log")], every[20:])
        self.assertEqual([row["id"] for row in self.rows("log", "--limit", "3")], every[-3:])
        self.assertEqual([row["id"] for row in self.rows("log", "--limit", "1000")], every)

    def test_sums(self):
        self.work()
        self.sql("update audit set ended = began + 90000")
        self.assertEqual(self.audit("stats").out, (
            "agent  turns  failed   time  tokens  cost\n"
            "one        3       0  4m30s       -     -\n"
            "two        1       1  1m30s       -     -\n"
            "total      4       1  6m00s       -     -\n"))
        self.sql("update audit set tokens = 1200, cost = 12345678, ended = null where id = 'm1'")
        self.assertEqual(self.rows("stats", "--by", "person"), [
            {"person": "feishu:U1", "turns": 1, "failed": 0, "milliseconds": 90_000, "tokens": None, "cost": None},
            {"person": "telegram:U1", "turns": 2, "failed": 1, "milliseconds": 90_000, "tokens": 1200,
             "cost": 12.345678},
            {"person": "telegram:U2", "turns": 1, "failed": 0, "milliseconds": 90_000, "tokens": None, "cost": None}])
        self.assertIn("total      4       1  4m30s    1200  $12.3457", self.audit("stats").out)
        self.sql("update audit set began = 1700000000000, ended = null where id = 'm1'")
        days = self.rows("stats", "--by", "day")
        self.assertEqual((days[0]["day"], days[0]["turns"], len(days)), ("2023-11-14", 1, 2))
        self.assertEqual([row["platform"] for row in self.rows("stats", "--by", "platform")], ["feishu", "telegram"])
        self.assertEqual(
            [(row["session"], row["turns"]) for row in self.rows("stats", "--by", "session")],
            [("feishu:g:t", 1), ("telegram:1", 3)])
        self.assertEqual([row for row in self.rows("log") if row["id"] == "m1"][0]["ended"], None)

    def test_an_interrupted_turn_has_no_end(self):
        self.config({"allow": {"*": "*"}, "agents": {"slow": {"driver": "exec", "command": ["sleep", "60"]}}})
        run = self.start(["agim-run", "slow"])
        run.write(self.message(1, agent="slow", text="x"))
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 1, what="the turn")
        os.kill(self.worker(run.procs[0]), signal.SIGKILL)
        run.wait()
        self.assertEqual(self.rows("log"), [])
        again = self.start(["agim-run", "slow"])
        self.wait_for(lambda: again.lines, what="a word about it")
        again.close()
        again.wait()
        row = self.rows("log")[0]
        self.assertEqual(
            (row["code"], row["ended"], row["milliseconds"], row["person"], row["prompt_bytes"]),
            ("interrupted", None, None, "telegram:U1", 1))
        self.assertIn("  interrupted  -  m1", self.audit("log").out)
        self.assertIn("slow       1       1  0.0s", self.audit("stats").out)

    def test_a_dropped_one_neither(self):
        self.config({"allow": {"*": "*"}, "agents": {"slow": {"driver": "exec", "command": ["sleep", "60"]}}})
        run = self.start(["agim-run", "slow"])
        run.write(self.message(1, agent="slow"))
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 1, what="the turn")
        os.kill(self.worker(run.procs[0]), signal.SIGKILL)
        run.wait()
        self.assertCodes(self.queue("drop", "m1"), OK)
        self.assertEqual([(row["code"], row["ended"]) for row in self.rows("log")], [("dropped", None)])

    def test_a_command_of_the_installation_is_a_turn(self):
        os.makedirs(f"{self.home}/commands")
        with open(f"{self.home}/commands/mine", "w") as file:
            file.write("#!/bin/sh\necho done; exit $(cat status)\n")
        os.chmod(f"{self.home}/commands/mine", 0o755)
        self.config({"admins": ["telegram:U1"]})
        for number, status in [(1, "0"), (2, "5")]:
            self.write("home/status", status)
            line = json.loads(self.message(number, text="/mine x"))
            del line["agent"]
            self.assertCodes(self.pipe(["agim-route"], stdin=json.dumps(line) + "\n"), OK)
        self.assertEqual(
            [(row["id"], row["agent"], row["code"], row["prompt_bytes"], row["person"]) for row in self.rows("log")],
            [("m1", "/mine", "ok", 7, "telegram:U1"), ("m2", "/mine", "exit", 7, "telegram:U1")])

    def test_old_ones_expire(self):
        self.work()
        self.config({"keep": {"audit": "2d"}})
        self.sql("update audit set began = began - ? where id < 'm3'", 2 * DAY)
        source = self.start(["agim-recv", "inbox"])
        self.wait_for(lambda: self.count("audit") == 2, limit=15, what="their removal")
        self.assertEqual(sorted(row["id"] for row in self.rows("log")), ["m3", "m4"])
        source.procs[0].send_signal(signal.SIGTERM)
        source.wait()

    def test_in_chat(self):
        self.work()
        self.config({"admins": ["telegram:A"], "allow": {"*": "*"}})

        def ask(number, text, sender="A"):
            line = json.dumps({
                "v": 1, "type": "message", "id": f"c{number}", "session": "telegram:9", "from": {"id": sender},
                "text": text})
            return self.pipe(["agim-route"], stdin=line + "\n").lines[0]["text"]

        self.assertEqual(
            sorted(line.split("  ")[6] for line in ask(1, "/audit").splitlines()), ["m1", "m2", "m3", "m4"])
        stats = ask(2, "/stats 1").splitlines()
        self.assertTrue(stats[0].startswith("The last 24 hours: turns 4, failed 1, time "), stats)
        self.assertTrue(stats[0].endswith(", tokens -, cost -"), stats)
        self.assertEqual([line.split(":")[0] for line in stats[2:4]], ["one", "two"])
        self.assertTrue(stats[6].startswith("telegram:U1: turns 2, failed 1"), stats)
        self.assertEqual(ask(3, "/stats x"), "This is written /stats [DAYS]")
        self.assertEqual(ask(4, "/audit 0"), "This is written /audit [DAYS]")
        self.assertEqual(ask(5, "/audit", sender="B"), "Only an admin may do that.")

    def test_grants_and_requests_in_chat(self):
        self.config({"approvers": ["telegram:A"]})
        self.pipe(["agim-approve", "list"])
        self.sql(
            "insert into grants (agent, matter, title, by, created) values ('one', ?, 'git status', 'telegram:A', 1)",
            json.dumps({"agent": "one", "session": "telegram:1"}))
        self.sql(
            """insert into request (id, kind, session, person, chat, agent, tool, input, complete, workdir, rule,
               reason, digest, code, state, pipe, holder, created, expires, since)
               values ('r', 'permission', 'telegram:1', 'telegram:B', 'direct', 'one', 'Bash',
               '{"command":"make all"}', 1, '/w', 'default', '', '', 'k3f', 'pending', 'main', 'x', 1, ?, 1)""",
            int(time.time() + 900) * 1000)
        line = json.dumps({
            "v": 1, "type": "message", "id": "a", "session": "telegram:9", "from": {"id": "A"}, "text": "/approval"})
        text = self.pipe(["agim-route"], stdin=line + "\n").lines[0]["text"]
        self.assertIn("k3f  one  Bash: make all  [telegram:1]", text)
        self.assertIn("1  one  git status  [telegram:1]  telegram:A", text)
        self.assertIn("agim-approve revoke NUMBER", text)


class Ledger(AuditCase):
    def setUp(self):
        super().setUp()
        for minutes in range(1, 6):
            self.assertCodes(self.pipe(["agim-approve", "away", f"{minutes}m", "--agent", "x"]), OK)

    def tamper(self, *statements):
        """What somebody does who can write the file."""
        script = ["drop trigger ledger_stays", "drop trigger ledger_keeps", *statements]
        subprocess.run(["sqlite3", f"{self.home}/agim.db", ";\n".join(script) + ";"], check=True)

    def protect(self):
        for name, event in [("ledger_stays", "update"), ("ledger_keeps", "delete")]:
            self.sql(f"create trigger {name} before {event} on ledger begin select raise(abort, 'no'); end")

    def forge(self, first):
        """Makes all hashes from an entry on anew."""
        previous = self.sql("select hash from ledger where n = ?", first - 1)[0]["hash"]
        for row in self.sql("select * from ledger where n >= ? order by n", first):
            text = f"{previous}\n{row['n']}\n{row['time']}\n{row['entry']}"
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            self.sql("update ledger set previous = ?, hash = ? where n = ?", previous, sha256, row["n"])
            previous = sha256

    def refused(self, fault, *words):
        done = self.audit("verify", *words)
        self.assertCodes(done, DATA)
        self.assertSaid(done, 0, f"agim-audit: ledger: {fault}", "agim-audit(1)")
        self.assertEqual(done.out, "")
        told = self.audit("verify", "--json", *words)
        self.assertCodes(told, DATA)
        self.assertFalse(told.lines[0]["sound"])
        self.assertTrue(told.lines[0]["fault"].startswith(fault), told.lines)

    def test_entries(self):
        entries = self.rows("ledger")
        self.assertEqual([entry["n"] for entry in entries], [1, 2, 3, 4, 5])
        previous = ""
        for entry in entries:
            self.assertEqual(entry["entry"]["kind"], "away")
            self.assertEqual(entry["previous"], previous)
            previous = entry["hash"]
        # Anybody can count it again from what is printed.
        text = self.sql("select entry from ledger where n = 5")[0]["entry"]
        line = self.audit("ledger", "--json", "--after", "4").out
        self.assertIn(f'"entry":{text},', line)
        last = f"{entries[3]['hash']}\n5\n{entries[4]['milliseconds']}\n{text}"
        self.assertEqual(hashlib.sha256(last.encode()).hexdigest(), previous)
        self.assertEqual([entry["n"] for entry in self.rows("ledger", "--after", "3")], [4, 5])
        self.assertEqual([entry["n"] for entry in self.rows("ledger", "--limit", "2")], [4, 5])
        self.assertEqual([entry["n"] for entry in self.rows("ledger", "--limit", "4", "--after", "3")], [4, 5])
        lines = self.audit("ledger").out.splitlines()
        self.assertEqual(len(lines), 5)
        self.assertTrue(lines[0].startswith("1  ") and "  away  agent=x  by=local:" in lines[0], lines)

    def test_sound(self):
        done = self.audit("verify")
        self.assertCodes(done, OK)
        last = self.sql("select hash from ledger where n = 5")[0]["hash"]
        self.assertEqual(done.out, f"sound: 5 entries  5:{last}\n")
        self.assertEqual(self.rows("verify"), [{"sound": True, "entries": 5, "hash": last, "fault": None}])
        self.assertCodes(self.audit("verify", "--known", f"5:{last}"), OK)

    def test_the_store_itself_refuses(self):
        for statement in ["update ledger set entry = '{}'", "delete from ledger where n = 5"]:
            done = subprocess.run(
                ["sqlite3", f"{self.home}/agim.db", statement], capture_output=True, text=True, check=False)
            self.assertIn("only ever added to", done.stderr)

    def test_a_changed_entry(self):
        for column, value in [("entry", "'{\"kind\":\"away\"}'"), ("time", "time + 1"), ("hash", f"'{'0' * 64}'")]:
            with self.subTest(column):
                self.setUpAgain()
                self.tamper(f"update ledger set {column} = {value} where n = 3")
                self.refused("entry 3 was changed")

    def test_a_changed_previous_hash(self):
        self.tamper(f"update ledger set previous = '{'0' * 64}' where n = 3")
        self.refused("entry 3 was changed")

    def test_the_first_entry(self):
        self.tamper("update ledger set entry = '{}' where n = 1")
        self.refused("entry 1 was changed")

    def test_a_changed_entry_with_a_new_hash(self):
        self.tamper("update ledger set entry = '{}' where n = 3")
        row = self.sql("select * from ledger where n = 3")[0]
        text = f"{row['previous']}\n3\n{row['time']}\n{{}}"
        self.sql("update ledger set hash = ? where n = 3", hashlib.sha256(text.encode()).hexdigest())
        self.refused("entry 3 was changed")

    def test_another_order(self):
        self.tamper(
            "update ledger set n = 99 where n = 2", "update ledger set n = 2 where n = 3",
            "update ledger set n = 3 where n = 99")
        self.refused("entry 2 was changed")

    def test_a_removed_entry(self):
        self.tamper("delete from ledger where n = 2")
        self.refused("entry 2 is missing")

    def test_the_first_entry_removed(self):
        self.tamper("delete from ledger where n = 1")
        self.refused("entry 1 is missing")

    def test_all_removed(self):
        self.tamper("delete from ledger")
        self.refused("entry 1 is missing")

    def test_the_last_entry_removed(self):
        self.tamper("delete from ledger where n = 5")
        self.protect()
        self.refused("entry 5 is missing")
        # And what is written later does not cover it.
        self.assertCodes(self.pipe(["agim-approve", "away", "0", "--agent", "x"]), OK)
        self.refused("entry 5 is missing")

    def test_the_last_entry_removed_and_covered_up(self):
        """The limit: only a mark that was noted elsewhere finds it."""
        noted = self.audit("verify").out.split()[-1]
        self.tamper("delete from ledger where n = 5", "update sqlite_sequence set seq = 4 where name = 'ledger'")
        self.refused("the triggers that refuse changes are gone")
        self.protect()
        self.assertCodes(self.audit("verify"), OK)
        self.refused("entry 5 is missing", "--known", noted)
        # Also when another entry has taken its place.
        self.assertCodes(self.pipe(["agim-approve", "away", "0", "--agent", "x"]), OK)
        self.assertCodes(self.audit("verify"), OK)
        self.refused("entry 5, or one before it, was changed", "--known", noted)

    def test_a_chain_that_was_made_anew(self):
        noted = self.audit("verify").out.split()[-1]
        self.tamper("update ledger set entry = '{\"kind\":\"none\"}' where n = 2")
        self.forge(2)
        self.protect()
        self.assertCodes(self.audit("verify"), OK)
        self.refused("entry 5, or one before it, was changed", "--known", noted)

    def test_an_entry_that_is_no_object_is_shown(self):
        self.tamper("update ledger set entry = 'x' || char(10) || char(27) where n = 1")
        self.assertEqual(self.rows("ledger")[0]["entry"], "x\n\x1b")
        self.assertNotIn("\x1b", self.audit("ledger").out)

    def test_a_missing_library_is_named(self):
        os.mkdir(self.path("lib"))
        self.write("lib/libcrypto.so.3", "this is no library\n")
        done = self.audit("verify", LD_LIBRARY_PATH=self.path("lib"))
        self.assertCodes(done, 69)
        self.assertSaid(done, 0, "libssl3")

    def setUpAgain(self):
        """A fresh ledger."""
        for name in os.listdir(self.home):
            if name.startswith("agim.db"):
                os.remove(f"{self.home}/{name}")
        for _ in range(5):
            self.pipe(["agim-approve", "away", "1m", "--agent", "x"])


class Places(AuditCase):
    def test_no_store(self):
        for home in (self.home, self.path("nowhere")):
            for words, out in [
                    (("log",), ""), (("log", "--json"), ""), (("ledger",), ""), (("stats", "--json"), ""),
                    (("stats",), "agent  turns  failed  time  tokens  cost\ntotal      0       0  0.0s       -     -\n"),
                    (("verify",), "sound: 0 entries\n")]:
                done = self.audit(*words, AGIM_HOME=home)
                self.assertCodes(done, OK)
                self.assertEqual(done.out, out)
            self.assertFalse(os.path.exists(f"{home}/agim.db"))
        done = self.audit("verify", "--known", f"3:{'0' * 64}")
        self.assertCodes(done, DATA)
        self.assertSaid(done, 0, "there is no store")

    def test_an_empty_store(self):
        self.pipe(["agim-recv", "stdin"], stdin="x\n")
        self.assertEqual(self.audit("log").out, "")
        self.assertEqual(self.audit("verify").out, "sound: 0 entries\n")

    def test_a_home_that_cannot_be_written(self):
        self.tmpfs(self.home, "4m")
        self.pipe(["agim-recv", "stdin"], ["agim-run", "exec", "--", "cat"], ["agim-send"], stdin="x\n")
        self.pipe(["agim-approve", "away", "1m", "--agent", "x"])
        subprocess.run(["mount", "-o", "remount,ro", self.home], check=True)
        self.assertEqual([row["agent"] for row in self.rows("log")], ["exec"])
        self.assertEqual([row["turns"] for row in self.rows("stats")], [1])
        self.assertEqual(len(self.rows("ledger")), 1)
        self.assertCodes(self.audit("verify"), OK)

    def test_a_damaged_store(self):
        self.write("home/agim.db", "this is no database, and never was one\n" * 100)
        done = self.audit("verify")
        self.assertCodes(done, DATA)
        self.assertSaid(done, 0, "damaged")

    def test_wrong_words(self):
        for words, said in [
                ([], "log, stats, ledger or verify"), (["lgo"], "did you mean log?"), (["log", "x"], "got 'x'"),
                (["log", "--by", "day"], "--by is not for log"), (["verify", "--agent", "x"], "--agent is not for verify"),
                (["stats", "--by", "agnet"], "did you mean agent?"), (["log", "--limit", "0"], "--limit: '0'"),
                (["log", "--days", "x"], "--days: 'x'"), (["log", "--person", "ann"], "PLATFORM:ID"),
                (["log", "--session", ""], "not an address"), (["verify", "--known", "5"], "NUMBER:HASH"),
                (["verify", "--known", f"0:{'0' * 64}"], "NUMBER:HASH"), (["ledger", "--after", "-1"], "--after: '-1'"),
                (["log", "--jsn"], "did you mean --json?")]:
            with self.subTest(words):
                done = self.audit(*words)
                self.assertCodes(done, USAGE)
                self.assertSaid(done, 0, said)
        self.config(None, text="{")
        self.assertCodes(self.audit("log"), CONFIG)

    def test_a_full_output(self):
        self.pipe(["agim-approve", "away", "1m", "--agent", "x"])
        with open("/dev/full", "w") as full:
            done = self.start(["agim-audit", "ledger"], stdout=full)
            done.wait()
        self.assertCodes(done, 74)

    def test_a_store_without_its_log_that_cannot_be_written(self):
        self.tmpfs(self.home, "4m")
        self.pipe(["agim-recv", "stdin"], stdin="x\n")
        subprocess.run(["sqlite3", f"{self.home}/agim.db", "pragma wal_checkpoint(truncate)"], check=True)
        for end in ("wal", "shm"):
            if os.path.exists(f"{self.home}/agim.db-{end}"):
                os.remove(f"{self.home}/agim.db-{end}")
        subprocess.run(["mount", "-o", "remount,ro", self.home], check=True)
        done = self.audit("log")
        self.assertCodes(done, CANNOT_CREATE)
        self.assertSaid(done, 0, f"{self.home}/agim.db")


if __name__ == "__main__":
    raise SystemExit("run by Tests/EndToEnd/run")
