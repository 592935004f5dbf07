"""Limits before a turn begins: agents that fail are left alone, who is too fast waits, and money is counted."""

import json
import os
import time

from support import Case, OK, need, seconds

CHAT = "chat:1"


def message(number, text="x", session=None, person="u1", **more):
    return json.dumps({
        "v": 1, "type": "message", "id": f"m{number}", "session": session or f"chat:{number}", "from": {"id": person},
        "chat": "direct", "text": text, **more}) + "\n"


def now():
    return int(time.time() * 1000)


class Limits(Case):

    def setup(self, limits=None, **agents):
        self.config({
            "agents": {name: {"driver": "exec", **agent} for name, agent in agents.items()}, "limits": limits or {},
            "allow": {"*": "*"}})

    def broken(self, limits=None, **more):
        """An agent whose program comes and goes, and one that works."""
        self.program = self.path("program")
        self.setup(limits, a={"command": [self.program]}, b={"command": ["cat"]}, **more)

    def mend(self, text="cat; echo mended"):
        self.script("program", text + "\n")

    def run_all(self, *messages, agent="a", wrap=()):
        done = self.pipe([*wrap, "agim-run", agent], stdin="".join(messages))
        self.assertCodes(done, OK)
        return self.finals(done.lines)

    @staticmethod
    def finals(lines):
        return {line["parent"]: line for line in lines
                if line["type"] == "error" or line["type"] == "reply" and line["final"] and not line.get("notice")}

    def codes(self):
        return [row["code"] for row in self.sql("select code from audit order by n")]

    def turn(self, began, code="ok", agent="a", person="chat:u1", session=CHAT, cost=None):
        """A turn that somebody had at a moment, as the store has it."""
        self.sql(
            """insert into audit (id, agent, person, platform, session, began, ended, code, prompt, reply, cost)
               values ('old', ?, ?, ?, ?, ?, ?, ?, 1, 1, ?)""",
            agent, person, person.split(":")[0], session, began, began + 100, code, cost)

    def status(self, kind):
        done = self.pipe(["agim", "status", "--json"])
        self.assertCodes(done, OK)
        return [line for line in done.lines if line["kind"] == kind]


class Breaker(Limits):

    def test_three_failures_and_it_is_left_alone(self):
        self.broken()
        finals = self.run_all(*(message(n) for n in range(3)))
        self.assertEqual({line["code"] for line in finals.values()}, {"cannot_start"})
        # Another process says the same: nothing of it is in memory.
        self.mend()
        finals = self.run_all(message(3), message(4, agent="b"))
        self.assertEqual(finals["m3"]["code"], "breaker_open")
        for piece in ("a is not available since", "failed 3 times in a row", '"cannot_start"', "in 5 min", "/agent"):
            self.assertIn(piece, finals["m3"]["text"])
        self.assertEqual(self.codes(), ["cannot_start"] * 3 + ["breaker_open"])
        # Others are not concerned.
        self.assertEqual(self.run_all(message(5), agent="b")["m5"]["text"], "x")

    def test_it_is_seen(self):
        self.test_three_failures_and_it_is_left_alone()
        breaker = self.status("breaker")
        self.assertEqual(len(breaker), 1)
        self.assertLessEqual(
            {"agent": "a", "state": "open", "failures": 3, "code": "cannot_start"}.items(), breaker[0].items())
        self.assertLess(breaker[0]["since"], breaker[0]["retry"])
        text = self.pipe(["agim", "status"]).out
        self.assertRegex(text, r"(?m)^a +left alone since .*failed 3 times in a row, last with \"cannot_start\"; tried again in [45] min$")
        metrics = self.pipe(["agim", "status", "--prometheus"]).out
        self.assertIn('\nagim_agent_breaker{agent="a"} 2\n', metrics)
        self.assertRegex(metrics, r'\nagim_agent_retry_timestamp_seconds\{agent="a"\} \d{10}\n')
        findings = self.pipe(["agim", "doctor", "--json"]).lines
        found = [line for line in findings if line["check"] == "breaker"]
        self.assertEqual([line["level"] for line in found], ["warning"])
        self.assertIn("agent a is left alone since", found[0]["what"])

    def test_the_chat_says_it_too(self):
        self.test_three_failures_and_it_is_left_alone()
        done = self.pipe(["agim-route"], stdin=message(20, "/agent a") + message(21, "/status", session="chat:20"))
        self.assertCodes(done, OK)
        shown = [line["text"] for line in done.lines if line.get("parent") == "m21"]
        self.assertRegex(shown[0], r'(?m)^Agent: a – not available: failed 3 times in a row, last with "cannot_start"; tried again in [45] min$')

    def test_in_chinese(self):
        self.broken()
        self.run_all(*(message(n) for n in range(3)))
        done = self.pipe(["agim-run", "a"], stdin=message(9), LANG="zh_CN.UTF-8")
        self.assertIn("连续失败 3 次", self.finals(done.lines)["m9"]["text"])

    def test_what_people_do_and_what_programs_say_is_no_failure(self):
        agent = self.script("agent", "read -r word; case $word in bad) exit 3;; long) sleep 60;; esac; echo fine\n")
        self.setup(a={"command": [agent]})
        live = self.start(["agim-run", "-j", "8", "a"])
        live.write("".join(message(n, "bad") for n in range(4)))
        self.wait_for(lambda: len(self.finals(live.lines)) == 4, what="four endings")
        live.write("".join(message(n, "long") for n in range(10, 14)))
        self.wait_for(lambda: len([w for w in self.processes().values() if w.startswith("sleep 60")]) == 4, what="four turns")
        for n in range(10, 14):
            live.write(json.dumps({"type": "control", "id": f"c{n}", "action": "abort", "session": f"chat:{n}"}) + "\n")
        self.wait_for(lambda: len(self.finals(live.lines)) == 8, what="eight endings")
        live.write(message(20, "good"))
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertEqual(self.finals(live.lines)["m20"]["text"], "fine")
        self.assertEqual(sorted(self.codes()), ["aborted"] * 4 + ["exit"] * 4 + ["ok"])

    @seconds(4)
    def test_an_agent_that_says_nothing(self):
        self.setup({"breaker_failures": 2}, a={"command": ["sleep", "60"], "idle_timeout": "1s"})
        finals = self.run_all(message(1), message(2))
        self.assertEqual([line["code"] for line in finals.values()], ["idle_timeout"] * 2)
        self.assertEqual(self.run_all(message(3))["m3"]["code"], "breaker_open")

    def test_zero_turns_it_off(self):
        self.broken({"breaker_failures": 0})
        finals = self.run_all(*(message(n) for n in range(5)))
        self.assertEqual({line["code"] for line in finals.values()}, {"cannot_start"})
        self.assertEqual(self.status("breaker"), [])

    @seconds(4)
    def test_after_a_while_it_is_tried_and_works(self):
        self.broken({"breaker_pause": "2s"})
        live = self.start(["agim-run", "a"])
        live.write("".join(message(n) for n in range(3)))
        self.wait_for(lambda: len(self.finals(live.lines)) == 3, what="three failures")
        live.write(message(3))
        self.wait_for(lambda: "m3" in self.finals(live.lines), what="the refusal")
        self.assertEqual(self.finals(live.lines)["m3"]["code"], "breaker_open")
        self.mend()
        self.wait_for(lambda: [line["state"] for line in self.status("breaker")] == ["trying"], what="the end of the pause")
        live.write(message(4) + message(5))
        live.close()
        self.assertEqual(live.wait(), [OK])
        finals = self.finals(live.lines)
        self.assertEqual([finals[f"m{n}"]["text"] for n in (4, 5)], ["x\nmended"] * 2)
        self.assertEqual(self.status("breaker"), [])

    def run_later(self, offset, *messages):
        """As run_all, on a clock that is off by so much."""
        self.write("clock", offset + "\n")
        self.env.update({
            "FAKETIME_TIMESTAMP_FILE": self.path("clock"), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"})
        # The wrapper sets the library's variables, and not FAKETIME: the clock is the file's.
        return self.run_all(*messages, wrap=["faketime", "-f", "+0", "env", "-u", "FAKETIME"])

    def test_the_pause_lasts_and_doubles_on_the_clock(self):
        need("faketime")
        self.broken()
        self.run_all(*(message(n) for n in range(3)))
        self.assertEqual(self.run_later("+4m", message(3))["m3"]["code"], "breaker_open")
        self.assertEqual(self.run_later("+6m", message(4))["m4"]["code"], "cannot_start")
        # That was the trial; now it takes ten minutes.
        final = self.run_later("+12m", message(5))["m5"]
        self.assertEqual(final["code"], "breaker_open")
        self.assertIn("failed 4 times", final["text"])
        self.assertIn("in 4 min", final["text"].replace("in 3 min", "in 4 min"))
        # A clock that is set back does not keep it away until then.
        self.mend()
        self.assertEqual(self.run_all(message(6))["m6"]["text"], "x\nmended")
        self.assertEqual(self.run_later("+12m", message(7))["m7"]["text"], "x\nmended")

    def trials(self, text):
        """Two agim-runs with four messages each for an agent that may just be tried again."""
        self.broken({"breaker_pause": "1s", "jobs": 8})
        self.run_all(*(message(n) for n in range(3)))
        self.mend(f"echo begin $$ >> {self.path('log')}; cat; {text}")
        self.wait_for(lambda: [line["state"] for line in self.status("breaker")] == ["trying"], what="the end of the pause")
        lives = [self.start(["agim-run", "a"], AGIM_PIPE=f"p{side}") for side in range(2)]
        for side, live in enumerate(lives):
            live.write("".join(message(10 + 10 * side + n) for n in range(4)))
        self.wait_for(lambda: os.path.exists(self.path("log")), what="the trial")
        return lives

    @seconds(6)
    def test_one_at_a_time_tries_it_in_all_processes(self):
        lives = self.trials(f"while ! test -e {self.path('go')}; do sleep 0.05; done; echo end")
        self.wait_for(lambda: self.states("inbox").get("taken") == 7, what="the others to wait")
        time.sleep(1.2)
        self.assertEqual(self.states("inbox").get("running"), 1)
        self.assertEqual(len(self.read("log").splitlines()), 1)
        self.assertEqual(sum(len(self.finals(live.lines)) for live in lives), 0)
        self.write("go", "")
        for live in lives:
            live.close()
            self.assertEqual(live.wait(), [OK])
            self.assertEqual([line["text"] for line in self.finals(live.lines).values()], ["x\nend"] * 4)
        self.assertEqual(len(self.read("log").splitlines()), 8)

    @seconds(6)
    def test_a_trial_that_fails_refuses_those_that_wait(self):
        self.broken({"breaker_pause": "1s", "breaker_longest": "1h"})
        agent = self.script("program", f"echo begin >> {self.path('log')}; sleep 60\n")
        self.config({
            "agents": {"a": {"driver": "exec", "command": [agent], "idle_timeout": "1s"}}, "allow": {"*": "*"},
            "limits": {"breaker_pause": "20s", "jobs": 8}})
        self.run_all()
        for n in range(3):
            self.turn(now() - 25_000 + n, "died", person="stdin:x")
        lives = [self.start(["agim-run", "a"], AGIM_PIPE=f"p{side}") for side in range(2)]
        for side, live in enumerate(lives):
            live.write("".join(message(10 + 10 * side + n) for n in range(3)))
            live.close()
        codes = []
        for live in lives:
            self.assertEqual(live.wait(), [OK])
            codes += [line["code"] for line in self.finals(live.lines).values()]
        self.assertEqual(sorted(codes), ["breaker_open"] * 5 + ["idle_timeout"])
        self.assertEqual(len(self.read("log").splitlines()), 1)
        self.assertEqual([line["failures"] for line in self.status("breaker")], [4])

    @seconds(6)
    def test_a_trial_whose_process_was_killed_does_not_keep_it_away(self):
        lives = self.trials("sleep 60")
        self.wait_for(lambda: self.states("inbox").get("taken") == 7, what="the others to wait")
        holder = self.sql("select pipe from inbox where state = 'running'")[0]["pipe"]
        self.mend()
        lives[holder == "p1"].kill()
        other = lives[holder == "p0"]
        other.close()
        self.assertEqual(other.wait(), [OK])
        self.assertEqual([line["text"] for line in self.finals(other.lines).values()], ["x\nmended"] * 4)

    @seconds(7)
    def test_who_waits_for_a_trial_is_told(self):
        lives = self.trials("sleep 60")
        notices = lambda: [line["text"] for live in lives for line in live.lines if line.get("notice")]
        self.wait_for(lambda: len(notices()) == 7, 15, "a word to each of the others")
        for text in notices():
            self.assertIn("a failed too often and is being tried again with another message", text)
        # Once, however long it takes.
        time.sleep(6)
        self.assertEqual(len(notices()), 7)

    def test_reset(self):
        self.test_three_failures_and_it_is_left_alone()
        done = self.pipe(["agim", "reset", "a"])
        self.assertCodes(done, OK)
        self.assertEqual(self.status("breaker"), [])
        self.assertEqual(self.run_all(message(30))["m30"]["text"], "x\nmended")
        self.assertSaid(self.pipe(["agim", "reset", "a"]), 0, "not left alone")
        self.assertSaid(self.pipe(["agim", "reset", "no-such"]), 0, "there is no agent 'no-such'")
        # It is no turn.
        sums = self.pipe(["agim-audit", "stats", "--by", "agent", "--json"]).lines
        self.assertEqual([line["turns"] for line in sums if line.get("key", line.get("agent")) == "a"], [5], sums)

    def test_a_running_agim_run_sees_the_reset(self):
        self.broken()
        live = self.start(["agim-run", "a"])
        for n in range(3):
            live.write(message(n))
        self.wait_for(lambda: len(self.finals(live.lines)) == 3, what="three failures")
        self.mend()
        live.write(message(3))
        self.wait_for(lambda: "m3" in self.finals(live.lines), what="the refusal")
        self.assertEqual(self.finals(live.lines)["m3"]["code"], "breaker_open")
        self.assertCodes(self.pipe(["agim", "reset", "a"]), OK)
        live.write(message(4))
        self.wait_for(lambda: "m4" in self.finals(live.lines), what="the answer")
        self.assertEqual(self.finals(live.lines)["m4"]["text"], "x\nmended")
        live.close()
        self.assertEqual(live.wait(), [OK])


class Rates(Limits):

    def live(self, limits):
        self.setup(limits, a={"command": ["cat"]})
        self.run_all()
        return lambda: self.start(["agim-run", "a"])

    @seconds(9)
    def test_who_is_too_fast_waits_and_is_told(self):
        start = self.live({"person_rate": 2})
        self.turn(now() - 53_000)
        self.turn(now() - 53_000)
        live = start()
        live.write(message(1, "mine") + message(2, "mine too", session="chat:1") + message(3, "hers", person="u2"))
        self.wait_for(lambda: "m3" in self.finals(live.lines), 4, "the answer to the other person")
        self.wait_for(lambda: [line for line in live.lines if line.get("notice")], 4, "the notice")
        self.assertEqual([(line["person"], line["turns"]) for line in self.status("rate")], [("chat:u1", 2)])
        self.assertIn("chat:u1", self.pipe(["agim", "status"]).out)
        self.assertIn('agim_rate_limited_turns{person="chat:u1"} 2', self.pipe(["agim", "status", "--prometheus"]).out)
        self.assertNotIn("m1", self.finals(live.lines))
        live.close()
        self.assertEqual(live.wait(), [OK])
        finals = self.finals(live.lines)
        self.assertEqual([finals[f"m{n}"]["text"] for n in (1, 2)], ["mine", "mine too"])
        notices = [line for line in live.lines if line.get("notice")]
        self.assertEqual([line["parent"] for line in notices], ["m1"], "told once")
        self.assertIn("more than 2 messages a minute", notices[0]["text"])
        began = self.sql("select id, began from audit where person = 'chat:u1' order by began")
        self.assertGreaterEqual(began[2]["began"], began[0]["began"] + 60_000)

    @seconds(5)
    def test_an_agent_that_gets_too_much(self):
        start = self.live({"agent_rate": 3})
        for n in range(3):
            self.turn(now() - 57_000, person=f"chat:x{n}")
        live = start()
        live.write(message(1, "one", person="u1") + message(2, "data", session="stdin:x"))
        self.wait_for(lambda: "m2" in self.finals(live.lines), 4, "the answer to what nobody typed")
        self.assertNotIn("m1", self.finals(live.lines))
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertEqual(self.finals(live.lines)["m1"]["text"], "one")
        self.assertEqual([line for line in live.lines if line.get("notice")], [], "a short wait is not told about")
        began = self.sql("select began from audit where person = 'chat:u1'")[0]["began"]
        first = self.sql("select min(began) b from audit")[0]["b"]
        self.assertGreaterEqual(began, first + 60_000)

    def test_what_waits_is_not_lost_when_it_ends(self):
        start = self.live({"person_rate": 1})
        self.turn(now())
        live = start()
        live.write(message(1, "mine"))
        self.wait_for(lambda: [line for line in live.lines if line.get("notice")], what="the notice")
        live.procs[0].terminate()
        live.wait()
        self.assertEqual(self.states("inbox"), {"taken": 1})
        self.setup({"person_rate": 0}, a={"command": ["cat"]})
        self.assertEqual(self.run_all()["m1"]["text"], "mine")

    def test_data_never_waits(self):
        self.setup({"person_rate": 1, "agent_rate": 1}, a={"command": ["cat"]})
        done = self.pipe(["agim-recv", "stdin"], ["agim-run", "a"], stdin="".join(f"m{n}\n" for n in range(40)))
        self.assertEqual(len(self.finals(done.lines)), 40)
        self.assertEqual(self.status("rate"), [])


class Spend(Limits):

    def test_a_day_that_was_dear_enough(self):
        self.setup({"spend_day": 2.5}, a={"command": ["cat"]}, b={"command": ["cat"]})
        self.assertEqual(self.run_all(message(0))["m0"]["text"], "x")
        self.turn(now(), cost=1_500_000)
        self.turn(now() - 86_400_000, cost=9_000_000)
        self.assertEqual(self.run_all(message(1))["m1"]["text"], "x")
        self.turn(now(), cost=1_000_000, agent="b", session="chat:77")
        final = self.run_all(message(2))["m2"]
        self.assertEqual(final["code"], "spend_limit")
        for piece in ("$2.50 today", "limit of a day is $2.50", "00:00 UTC", "limits.spend_day"):
            self.assertIn(piece, final["text"])
        # That is no failure of the agent.
        self.run_all(*(message(n) for n in range(3, 7)))
        self.assertEqual(self.status("breaker"), [])
        spend = self.status("spend")[0]
        self.assertEqual((spend["today"], spend["limit"], spend["agents"]), (2.5, 2.5, {"a": 1.5, "b": 1}))
        self.assertRegex(self.pipe(["agim", "status"]).out, r"(?m)^spent today +\$2.50 of \$2.50: a \$1.50, b \$1.00$")
        metrics = self.pipe(["agim", "status", "--prometheus"]).out
        for line in ('agim_spend_today_dollars{agent="a"} 1.500000', "agim_spend_limit_dollars 2.500000"):
            self.assertIn(f"\n{line}\n", metrics)
        # Whoever keeps the configuration raises it, and the next turn begins.
        live = self.start(["agim-run", "a"])
        live.write(message(8))
        self.wait_for(lambda: "m8" in self.finals(live.lines), what="the refusal")
        self.setup({"spend_day": 3}, a={"command": ["cat"]}, b={"command": ["cat"]})
        live.write(message(9))
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertEqual(self.finals(live.lines)["m9"]["text"], "x")

    def test_a_conversation_that_was_dear_enough(self):
        self.setup({"spend_session": 1}, a={"command": ["cat"]})
        self.run_all(message(1, session=CHAT))
        self.turn(now(), cost=1_234_567)
        final = self.run_all(message(2, session=CHAT))["m2"]
        self.assertEqual(final["code"], "spend_limit")
        for piece in ("$1.2346", "limit is $1.00", "/new", "limits.spend_session"):
            self.assertIn(piece, final["text"])
        self.assertEqual(self.run_all(message(3, session="chat:other"))["m3"]["text"], "x")
        self.assertCodes(self.pipe(["agim-session", "new", CHAT]), OK)
        self.assertEqual(self.run_all(message(4, session=CHAT))["m4"]["text"], "x")

    def test_what_an_agent_reports_counts_for_the_next_turn(self):
        # The cost is in the store before the next turn of the session begins.
        self.setup({"spend_session": 0.5}, a={"command": ["cat"]})
        live = self.start(["agim-run", "a"])
        live.write(message(1, session=CHAT))
        self.wait_for(lambda: "m1" in self.finals(live.lines), what="the first answer")
        self.turn(now(), cost=500_000)
        live.write(message(2, session=CHAT))
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertEqual(self.finals(live.lines)["m2"]["code"], "spend_limit")

    def test_bad_limits_are_named(self):
        for limits, words in (
                ({"spend_day": 0}, "expected a number of US dollars from 0.01 to 1000000, found 0"),
                ({"spend_day": "5"}, "expected a number of US dollars"),
                ({"spend_session": 1e9}, "from 0.01 to 1000000"),
                ({"person_rate": -1}, "expected a whole number from 0 to 10000"),
                ({"breaker_pause": 0}, "expected at least 1s")):
            self.setup(limits, a={"command": ["cat"]})
            done = self.pipe(["agim-run", "a"])
            self.assertCodes(done, 78)
            self.assertSaid(done, 0, words)
