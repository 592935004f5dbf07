"""Reminders and scheduled prompts: how they are made, when they come, and that none is lost or comes twice."""

import json
import os
import re
import signal
import time

from support import Case, CONFIG, DATA, NO_INPUT, NOT_PERMITTED, OK, USAGE, need, seconds

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOW = "2026-11-18T10:30:00+08:00"


class Remind(Case):
    def remind(self, *words, code=OK, stdin="", **env):
        done = self.pipe(["agim-remind", *words], stdin=stdin, **env)
        self.assertCodes(done, code)
        return done

    def add(self, *words, **more):
        return self.remind("add", "--json", *words, **more).lines[0]


class Making(Remind):
    def test_the_coming_time_is_printed(self):
        made = self.add("--to", "tty:main", "--zone", "Asia/Shanghai", "--now", NOW, "明天早上9点", "开会")
        self.assertEqual((made["next"], made["text"]), ("2026-11-19T09:00:00+08:00", "开会"))
        made = self.add("--to", "tty:main", "--zone", "Europe/Berlin", "--now", "2026-03-28T12:00:00Z", "daily:02:30", "x")
        self.assertEqual(made["next"], "2026-03-29T03:00:00+02:00")

    def test_a_dry_run_makes_nothing(self):
        made = self.add("-n", "--to", "tty:main", "every:5m", "look", "up")
        self.assertNotIn("n", made)
        self.assertEqual(self.remind("list").out, "")

    def test_a_dry_run_changes_nothing(self):
        self.add("--to", "tty:main", "every:5m", "look", "up")
        before = self.remind("list").out
        for words, word in [(("cancel", "-n", "1"), "cancelled"), (("pause", "-n", "1"), "paused"),
                            (("snooze", "-n", "1", "1h"), "")]:
            self.assertIn(word, self.remind(*words).out)
            self.assertEqual(self.remind("list").out, before)
        self.assertSaid(self.remind("resume", "-n", "1", code=DATA), 0, "cannot be resumed")

    def test_the_text_may_come_by_standard_input(self):
        made = self.add("--to", "tty:main", "1h", stdin="two\nlines\n")
        self.assertEqual(made["text"], "two\nlines")
        self.assertSaid(self.remind("add", "--to", "tty:main", "1h", code=DATA), 0, "without words")

    def test_how_long_a_text_may_be(self):
        longest = "a" * 16384
        for words, stdin in [(["1h", longest], ""), (["1h"], longest), ([longest, "tomorrow at 9am"], "")]:
            self.assertEqual(self.add("--to", "tty:main", *words, stdin=stdin)["text"], longest)
        for words, stdin in [(["1h", longest + "a"], ""), (["1h"], longest + "a"), (["1h", 100 * "喝水 " * 100], "")]:
            self.remind("add", "--to", "tty:main", *words, stdin=stdin, code=DATA)

    def test_what_cannot_be_understood_shows_what_can(self):
        done = self.remind("add", "--to", "tty:main", "tomorow 9:00 call", code=USAGE)
        self.assertSaid(done, 0, "cannot be understood", "'tomorrow 9:00 call'")
        self.assertSaid(self.remind("add", "--to", "tty:main", "明儿个 喝水", code=USAGE), 0, "such as")
        self.assertSaid(self.remind("add", "--to", "tty:main", "0 0 30 2 * x", code=USAGE), 0, "never comes")
        self.assertSaid(self.remind("add", "--to", "tty:main", "2020-01-01 9:00 x", code=USAGE), 0, "has passed")

    def test_an_address_is_checked(self):
        self.assertSaid(self.remind("add", "1m x", code=USAGE), 0, "--to")
        self.assertSaid(self.remind("add", "--to", "nowhere", "1m x", code=USAGE), 0, "not an address")
        self.assertSaid(self.remind("add", "--to", "telegram:1", "1m x", code=CONFIG), 0, "nothing can be sent", "token")
        self.config({"addresses": {"me": "tty:main"}})
        self.assertEqual(self.add("--to", "me", "1m x")["to"], "tty:main")
        self.assertEqual(self.add("1m x", AGIM_SESSION="tty:other")["to"], "tty:other")

    def test_zones(self):
        for name in ("../../etc/passwd", "Nowhere/City", "/etc/localtime", "Europe/..", "leapseconds"):
            self.assertSaid(self.remind("add", "--to", "tty:a", "--zone", name, "9:00 x", code=USAGE), 0, "time zone")
        self.config({"zone": "Europe/Berlin", "zones": {"telegram:1": "Asia/Tokyo"}})
        self.assertEqual(self.add("--to", "tty:a", "9:00 x")["zone"], "Europe/Berlin")
        self.assertEqual(self.add("--to", "tty:a", "--person", "telegram:1", "9:00 x")["zone"], "Asia/Tokyo")
        self.config({"zone": "Mars/Base"})
        self.assertSaid(self.remind("add", "--to", "tty:a", "9:00 x", code=CONFIG), 0, "zone", "Mars/Base")
        self.config({})
        self.assertEqual(self.remind("add", "--json", "--to", "tty:a", "9:00 x", TZ="America/New_York").lines[0]["zone"],
                         "America/New_York")

    def test_changes(self):
        self.add("--to", "tty:a", "--now", NOW, "--zone", "UTC", "daily:08:00", "pill")
        self.assertEqual(self.remind("next", "1", "2", "--json").lines,
                         [{"next": "2026-11-18T08:00:00Z"}, {"next": "2026-11-19T08:00:00Z"}])
        self.assertEqual(self.remind("pause", "1", "--json").lines[0]["state"], "paused")
        self.remind("pause", "1", code=DATA)
        # What came while it was paused is not missed.
        made = self.remind("resume", "1", "--json", "--now", "2026-11-25T00:00:00Z").lines[0]
        self.assertEqual((made["state"], made["next"]), ("active", "2026-11-25T08:00:00Z"))
        self.assertSaid(self.remind("cancel", "7", "1", "--json", code=NO_INPUT), 0, "number 7")
        self.assertEqual(self.remind("list").out, "")
        self.assertEqual(self.remind("list", "--all", "--json").lines[0]["state"], "cancelled")
        self.assertIn("pill", self.remind("show", "1").out)
        self.remind("show", "x", code=USAGE)
        self.remind("due", "--zone", "UTC", code=USAGE)

    def test_the_coming_times_are_those_that_come(self):
        self.add("--to", "tty:a", "--now", NOW, "--zone", "UTC", "--group", "daily:08:00", "pill")
        shown = self.remind("show", "1").out
        self.assertEqual((shown.count("\nnext "), shown.count("\nchat      group\n")), (3, 1))
        # What it was put off to is one of them.
        self.remind("snooze", "--now", NOW, "1", "10m")
        self.assertEqual(self.remind("next", "1", "2").out, "2026-11-18T02:40:00Z\n2026-11-18T08:00:00Z\n")
        for verb in ("pause", "cancel"):
            self.remind(verb, "1")
            self.assertEqual(self.remind("next", "1").out, "")
            self.assertNotIn("\nnext ", self.remind("show", "1").out)
        self.add("--to", "tty:a", "1h", "x")
        self.sql("UPDATE reminder SET zone = 'Gone/Away' WHERE n = 2")
        self.assertIn("Gone/Away", self.remind("show", "2").out)

    def test_all_of_them_are_listed(self):
        self.add("--to", "tty:a", "--now", NOW, "1m", "x")
        names = ", ".join(row["name"] for row in self.sql("PRAGMA table_info(reminder)") if row["name"] != "n")
        self.sql(f"WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c WHERE i < 10100) "
                 f"INSERT INTO reminder ({names}) SELECT {names} FROM reminder, c")
        self.assertEqual(len(self.remind("list").out.splitlines()), 10101)
        self.assertEqual(len(self.remind("due", "-n", "--json").lines), 10101)
        self.remind("due", "--json", code=USAGE)

    def test_an_agent_may_not_speak_as_a_person(self):
        self.agents(a=["/bin/sh", "-c", "agim-remind add --to tty:a --prompt 1m x; echo $?"])
        done = self.pipe(["agim-session", "post", "stdin:main", "hello"])
        self.assertCodes(done, OK)
        live = self.start(["agim-recv", "inbox"], ["agim-run", "a"], ["agim-send"])
        self.wait_for(lambda: str(NOT_PERMITTED) in live.out, what="the answer")
        live.procs[0].send_signal(signal.SIGTERM)
        live.wait()


class Coming(Remind):
    def deliver(self, *words):
        done = self.pipe(["agim-remind", "due", *words], ["agim-send"])
        self.assertCodes(done, OK, OK)
        return done.out

    def test_each_comes_once(self):
        for text in ("one", "two", "three"):
            self.add("--to", "stdin:main", "1s", text)
        self.add("--to", "stdin:main", "1h", "milk")
        time.sleep(1.1)
        self.assertEqual(sorted(self.deliver().split()), ["one", "three", "two"])
        self.assertEqual(self.deliver(), "")
        self.assertEqual(self.states("outbox"), {"delivered": 3})

    def test_what_nobody_took_is_printed_again(self):
        self.add("--to", "stdin:main", "1s", "tea")
        time.sleep(1.1)
        first = self.remind("due").lines[0]
        again = self.remind("due").lines[0]
        self.assertEqual((first["id"], again.get("again"), first["reminder"]["n"]), (again["id"], True, 1))
        self.assertEqual(self.deliver(), "tea\n")
        self.assertEqual(self.remind("due").out, "")

    def test_what_was_missed(self):
        for missed in ("once", "all", "skip"):
            self.add("--to", "stdin:main", "--zone", "UTC", "--now", "2026-11-18T00:00:00Z", "--missed", missed, "0 */6 * * *",
                     missed)
        lines = self.remind("due", "--now", "2026-11-18T20:00:00Z").lines
        texts = [line["text"] for line in lines]
        self.assertEqual(texts[0], "once\n(14 h late: it was due 2026-11-18 06:00; 2 more were missed)")
        self.assertEqual([text.split(":")[0] for text in texts[1:]], ["all\n(14 h late", "all\n(8 h late", "all\n(2 h late"])
        self.assertEqual([row["next"] for row in self.remind("list", "--json").lines], ["2026-11-19T00:00:00Z"] * 3)
        # Not late is not missed.
        lines = self.remind("due", "--now", "2026-11-19T00:00:30Z").lines
        self.assertEqual([line["text"] for line in lines if not line.get("again")], ["once", "all", "skip"])

    def test_lateness_in_chinese(self):
        self.add("--to", "stdin:main", "--zone", "UTC", "--now", "2026-11-18T00:00:00Z", "1h", "喝水")
        self.assertEqual(self.remind("due", "--now", "2026-11-18T03:05:30Z").lines[0]["text"],
                         "喝水\n（迟到 2 小时 5 分钟：原定 2026-11-18 01:00）")

    def test_snooze(self):
        self.add("--to", "stdin:main", "1s", "tea")
        time.sleep(1.1)
        self.assertEqual(self.deliver(), "tea\n")
        self.remind("snooze", "1", "1s")
        self.assertEqual(self.deliver(), "")
        time.sleep(1.1)
        self.assertEqual(self.deliver(), "tea\n")
        self.assertEqual(self.remind("list").out, "")
        # One that has not come is put off.
        self.add("--to", "stdin:main", "1s", "milk")
        self.remind("snooze", "2", "1h")
        time.sleep(1.1)
        self.assertEqual(self.deliver(), "")

    def test_a_prompt_is_a_message(self):
        self.agents(a=["/bin/sh", "-c", "echo done: $(cat)"])
        self.add("--to", "stdin:main", "--prompt", "--agent", "a", "1s", "the report")
        self.add("--to", "stdin:main", "1s", "tea")
        time.sleep(1.1)
        self.assertEqual(self.deliver("--only", "reminders"), "tea\n")
        done = self.pipe(["agim-remind", "due"], ["agim-route"], ["agim-run", "a"], ["agim-send"])
        self.assertCodes(done, OK, OK, OK, OK)
        self.assertEqual(done.out, "done: the report\n")
        self.assertEqual(self.sql("select platform, state from inbox"), [{"platform": "remind", "state": "done"}])
        self.assertEqual(self.remind("due").out, "")

    def test_who_was_shut_out_asks_nothing_any_more(self):
        self.config({"allow": {"telegram": ["1"]}})
        self.add("--to", "tty:a", "--person", "telegram:1", "--prompt", "1s", "one")
        self.add("--to", "tty:a", "--person", "telegram:2", "--prompt", "1s", "two")
        time.sleep(1.1)
        done = self.remind("due")
        self.assertEqual([line["text"] for line in done.lines], ["one"])
        self.assertEqual(done.lines[0]["from"]["id"], "telegram:1")
        self.assertSaid(done, 0, "paused", "telegram:2")

    def test_a_model_may_polish(self):
        self.config({"models": {"polish": {"command": [self.script("polisher", "sed -n \\$p | tr a-z A-Z\n")]}}})
        self.add("--to", "tty:a", "--polish", "1s", "tea time")
        self.add("--to", "tty:a", "1s", "plain")
        time.sleep(1.1)
        done = self.remind("due")
        self.assertEqual(sorted(line["text"] for line in done.lines), ["TEA TIME", "plain"], done.errors)

    def test_the_own_words_where_the_model_fails(self):
        self.config({"models": {"polish": {"command": ["/bin/sleep", "30"]}}})
        self.add("--to", "tty:a", "--polish", "1s", "tea time")
        time.sleep(1.1)
        done = self.remind("due", "--model-time", "1s")
        self.assertEqual([line["text"] for line in done.lines], ["tea time"])
        self.assertSaid(done, 0, "own words")


class Chatting(Remind):
    def setUp(self):
        super().setUp()
        self.config({"allow": {"*": "*"}, "approvers": ["chat:ann"], "admins": ["chat:root"], "zone": "Asia/Shanghai"})
        self.number = 0

    def say(self, text, person="ann", session="chat:1", chat="direct"):
        self.number += 1
        line = json.dumps({
            "v": 1, "type": "message", "id": f"m{self.number}", "session": session, "chat": chat, "text": text,
            "from": {"id": person, "name": person.title()}}, ensure_ascii=False)
        done = self.pipe(["agim-route"], stdin=line + "\n")
        self.assertCodes(done, OK)
        return done.lines[0]["text"]

    def test_a_reminder(self):
        self.remind("due")
        self.assertRegex(self.say("/remind 1m tea"), r"^Reminder 1: \d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? \(Asia/Shanghai\)\ntea$")
        self.assertIn("提醒 2：", self.say("/remind 每天早上8点 吃药"))
        self.assertRegex(self.say("/remind list"), r"(?s)^1\. .* tea\n2\. .* 08:00 \[daily:08:00\] 吃药$")
        self.assertIn("2 comes:", self.say("/remind next 2"))
        self.assertIn("comes again", self.say("/remind snooze 1 1h"))
        self.assertIn("已取消", self.say("/remind 取消 2"))
        self.assertIn("cancelled already", self.say("/remind cancel 2"))
        self.assertIn("no reminder 9", self.say("/remind cancel 9"))
        row = self.sql("select session, made, person, name, chat, zone, state from reminder where n = 1")[0]
        self.assertEqual(row, {"session": "chat:1", "made": "chat:1", "person": "chat:ann", "name": "Ann", "chat": "direct",
                               "zone": "Asia/Shanghai", "state": "active"})

    def test_whether_anybody_looks(self):
        """A reminder that nobody will print is no reminder; who looks for prompts only does not help it."""
        silent = "nobody looks for what is due"
        self.assertIn(silent, self.say("/remind 1h tea"))
        watch = self.start(["agim-remind", "watch", "--only", "prompts"])
        self.wait_for(lambda: silent not in self.say("/cron daily:08:00 what is new?"))
        self.assertIn(silent, self.say("/remind 1h tea"))
        self.assertIn("目前没有程序查看到期的提醒", self.say("/remind 1小时后 喝水"))
        watch.procs[0].kill()
        watch.wait(10)
        # It has left a file that is new: what looked a moment ago may be cron's.
        self.assertNotIn(silent, self.say("/cron daily:08:00 what is new?"))
        long_ago = time.time() - 2 * 86400
        os.utime(self.path("home/run/remind-prompt"), (long_ago, long_ago))
        self.assertIn(silent, self.say("/cron daily:08:00 what is new?"))
        self.remind("due")
        self.assertNotIn(silent, self.say("/remind 1h tea"))

    def test_what_is_not_understood(self):
        self.assertIn("/remind tomorrow 9:00 x", self.say("/remind tomorow 9:00 x"))
        self.assertIn("没看懂时间", self.say("/remind 喝水"))
        self.assertIn("has passed", self.say("/remind 2020-01-01 9:00 x"))
        self.assertIn("never comes", self.say("/remind 0 0 30 2 * x"))
        self.assertIn("And what?", self.say("/remind 10m"))
        self.assertEqual(self.count("reminder"), 0)

    def test_it_is_made_once_however_often_it_is_said(self):
        line = json.dumps({"v": 1, "type": "message", "id": "m1", "session": "chat:1", "chat": "direct", "text": "/remind 1m tea",
                           "from": {"id": "ann"}})
        first = self.pipe(["agim-route"], stdin=line + "\n").lines
        self.pipe(["agim-route"], stdin=(line + "\n") * 2)
        self.assertEqual((len(first), self.count("reminder")), (1, 1))

    def test_others(self):
        self.say("/remind 1h private", session="chat:1")
        self.say("/remind 1h party", session="chat:g", chat="group")
        # A group sees what belongs to it, and another person changes nothing.
        self.assertNotIn("private", self.say("/remind list", session="chat:g", chat="group"))
        self.assertIn("party", self.say("/remind list", "bob", session="chat:g", chat="group"))
        self.assertIn("another person", self.say("/remind cancel 2", "bob", session="chat:g", chat="group"))
        self.assertIn("no reminder 1", self.say("/remind cancel 1", "bob", session="chat:2"))
        self.assertIn("cancelled", self.say("/remind cancel 1", "root", session="chat:3"))

    def test_a_prompt(self):
        self.agents(a=["/bin/sh", "-c", "echo done: $(cat)"])
        with open(f"{self.home}/config.json", encoding="utf-8") as file:
            value = json.load(file)
        self.config({**value, "allow": {"*": "*"}, "approvers": ["chat:ann"]})
        self.assertIn("Only an approver", self.say("/cron daily:08:00 news", "bob"))
        self.assertIn("Prompt 1:", self.say("/cron a 1s news?"))
        self.assertIn("Prompt 2:", self.say('/cron create report a "0 9 * * 1-5" what is new?'))
        self.assertIn("[0 9 * * 1-5] what is new?", self.say("/cron list"))
        self.assertIn("No reminders", self.say("/remind list"))
        time.sleep(1.1)
        line = self.remind("due").lines[0]
        self.assertEqual((line["type"], line["agent"], line["text"], line["from"]), ("message", "a", "news?", {"id": "chat:ann", "name": "Ann"}))
        done = self.pipe(["agim-remind", "due"], ["agim-route"], ["agim-run", "a"])
        self.assertEqual([line["text"] for line in done.lines if line["type"] == "reply"], ["done: news?"])
        self.assertEqual(self.sql("select person from audit"), [{"person": "chat:ann"}])


class Aborted(Remind):
    @seconds(8)
    def test_at_every_commit_and_write(self):
        """Debug builds kill themselves at their n-th crash point."""
        texts = ["one", "two", "three"]
        for verb, least in (("due", 4), ("add", 2)):
            number, codes = 1, []
            while not codes or codes[-1] != OK:
                self.assertLess(number, 60)
                home = self.path(f"{verb}-{number}")
                os.mkdir(home, 0o700)
                for text in texts if verb == "due" else []:
                    self.add("--to", "stdin:main", "--now", NOW, "--missed", "skip" if text == "three" else "once",
                             "1m" if text != "three" else "every:10m", text, AGIM_HOME=home)
                self.add("--to", "stdin:main", "--prompt", "--now", NOW, "1m", "ask", AGIM_HOME=home)
                words = ["due"] if verb == "due" else ["add", "--to", "stdin:main", "--now", NOW, "1m", "one"]
                done = self.pipe(["agim-remind", *words], AGIM_HOME=home, AGIM_CRASH_AT=str(number))
                codes += done.codes
                after = self.pipe(["agim-remind", "due", "--only", "reminders"], ["agim-send"], AGIM_HOME=home)
                self.assertCodes(after, OK, OK)
                said = [line for line in after.out.splitlines() if line in texts]
                if verb == "due":
                    self.assertEqual(sorted(said), sorted(texts), number)
                    self.remind("due", AGIM_HOME=home)
                    self.assertEqual(self.count("inbox", home=home), 1)
                else:
                    # It was made, or it was not; who was not told may look.
                    self.assertIn(len(said), (0, 1))
                    self.assertEqual(self.count("reminder", home=home), 1 + len(said))
                number += 1
            self.assertGreaterEqual(number - 1, least)
            self.assertEqual(set(codes[:-1]), {128 + signal.SIGKILL})


class Watching(Remind):
    def watch(self, *words):
        return self.start(["agim-remind", "watch", *words], ["agim-send"])

    def stop(self, live):
        live.procs[0].send_signal(signal.SIGTERM)
        self.assertEqual(live.wait(), [OK, OK], live.errors)

    def test_it_wakes_for_what_is_added(self):
        live = self.watch()
        self.add("--to", "stdin:main", "1h", "milk")
        self.add("--to", "stdin:main", "1s", "tea")
        self.wait_for(lambda: live.out == "tea\n", 8, "the reminder")
        # Moved to now.
        self.remind("snooze", "1", "1s")
        self.wait_for(lambda: live.out == "tea\nmilk\n", 8, "the other one")
        self.stop(live)

    @seconds(6)
    def test_it_sleeps(self):
        self.add("--to", "stdin:main", "1h", "milk")
        live = self.watch()
        time.sleep(1.5)
        pid = live.procs[0].pid
        before = self.status(pid, "voluntary_ctxt_switches")
        time.sleep(3)
        self.assertLessEqual(self.status(pid, "voluntary_ctxt_switches") - before, 4)
        self.stop(live)

    def test_two_say_each_once(self):
        lives = [self.watch(), self.watch()]
        for number in range(20):
            self.add("--to", "stdin:main", "1s", f"r{number}")
        self.wait_for(lambda: self.count("outbox", "state = 'delivered'") == 20, 15, "twenty reminders")
        said = sorted("".join(live.out for live in lives).split())
        self.assertEqual(said, sorted(f"r{number}" for number in range(20)))
        for live in lives:
            self.stop(live)


class Clock(Remind):
    def crontab(self, name):
        with open(os.path.join(TOP, name), encoding="utf-8") as file:
            return re.findall(r"^((?:[\d*/,-]+ ){5}) *(agim-remind .*)$", file.read(), re.M)

    @seconds(5)
    def test_the_line_for_crontab(self):
        need("faketime")
        for number, name in enumerate(("README.md", "README.zh-CN.md")):
            [(fields, command)] = self.crontab(name)
            self.assertEqual(fields.split(), ["*"] * 5)
            self.add("--to", "stdin:main", "--zone", "UTC", "--now", f"2026-12-0{number + 1}T08:00:00Z", "9:00", "meeting")
            # As cron runs it: by /bin/sh, at each minute, with hardly any environment.
            said = []
            for minute in ("08:58", "08:59", "09:00", "09:01"):
                done = self.pipe(["faketime", f"2026-12-0{number + 1} {minute}:01", "/bin/sh", "-c", command], TZ="UTC")
                self.assertCodes(done, OK)
                said.append(done.out)
            self.assertEqual(said, ["", "", "meeting\n", ""])

    @seconds(8)
    def test_a_clock_that_is_set(self):
        need("faketime")
        self.add("--to", "stdin:main", "50m", "meeting")
        self.offset("+0")
        # Through the wrapper, see test_adversity.py.
        live = self.start(
            ["faketime", "-f", "+0", "env", "-u", "FAKETIME", "agim-remind", "watch"], ["cat"], TZ="UTC",
            FAKETIME_TIMESTAMP_FILE=self.path("clock"), FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1",
            DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1")
        self.wait_for(lambda: self.count("reminder") == 1 and os.listdir(f"{self.home}/run"), what="watch")
        time.sleep(1)
        self.assertEqual(live.out, "")
        self.offset("+3600")
        # Anything that is committed makes it look; without that it does so every half a minute.
        self.add("--to", "stdin:main", "3h", "milk")
        self.wait_for(lambda: "meeting" in live.out, 10, "the reminder")
        self.assertNotIn("milk", live.out)
        for pid, words in self.processes().items():
            if words.startswith("agim-remind watch"):
                os.kill(pid, signal.SIGTERM)
        self.assertEqual(live.wait(), [OK, OK], live.errors)

    def offset(self, text):
        with open(self.path("clock.new"), "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.rename(self.path("clock.new"), self.path("clock"))
