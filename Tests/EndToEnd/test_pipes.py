"""Pipelines as people compose them: every message that is accepted is answered exactly once."""

import hashlib
import json
import os
import signal
import time
import unittest

from support import (
    AGAIN, AGENTS, Case, NOT_PERMITTED, OK, READER_GONE, UNAVAILABLE, USAGE, digits, fake, fill, need, seconds)

CAT = ["agim-run", "exec", "--", "cat"]


class Pipes(Case):

    def test_the_first_pipeline_of_the_readme_answers(self):
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin="hello\n")
        self.assertCodes(done, OK, OK, OK)
        self.assertEqual(done.out, "hello\n")
        self.assertEqual(done.errors, "[0] [1] [2] ")
        self.assertAnswered(1)

    def test_a_hundred_messages_come_back_in_their_order(self):
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin=digits(100))
        self.assertEqual(done.out, digits(100))
        self.assertAnswered(100)

    def test_a_replied_line_names_its_message_and_trace(self):
        done = self.pipe(["agim-recv", "stdin"], "tee messages", CAT, stdin="hello\n")
        message, reply = json.loads(self.read("messages")), done.lines[-1]
        self.assertEqual(
            (reply["v"], reply["type"], reply["parent"], reply["trace"], reply["session"], reply["final"]),
            (1, "reply", message["id"], message["id"], "stdin:main", True))
        self.assertEqual(message["from"], {"id": "tester", "name": "tester"})

    def test_jq_stands_between_any_two_stages(self):
        need("jq")
        for position in (1, 2):
            stages = [["agim-recv", "stdin"], CAT, ["agim-send"]]
            stages.insert(position, ["jq", "-c", "--unbuffered", "."])
            home = self.path(f"home{position}")
            with self.subTest(position=position):
                done = self.pipe(*stages, stdin="one\ntwo\né 😀\n", AGIM_HOME=home)
                self.assertEqual(done.codes, [OK] * 4, done.errors)
                self.assertEqual(done.out, "one\ntwo\né 😀\n")
                self.assertAnswered(3, home=home)

    def test_jq_reads_the_receipts(self):
        need("jq")
        done = self.pipe(
            ["agim-recv", "stdin"], CAT, ["agim-send", "--receipts", "--via", "file:out"], "jq -r --unbuffered .state",
            stdin="hello\n")
        self.assertEqual(done.out, "delivered\n")

    def test_gojq_stands_between_any_two_stages(self):
        need("gojq")
        for position in (1, 2):
            stages = [["agim-recv", "stdin"], CAT, ["agim-send"]]
            stages.insert(position, ["gojq", "-c", "."])
            home = self.path(f"home{position}")
            with self.subTest(position=position):
                done = self.pipe(*stages, stdin="one\ntwo\né 😀\n", AGIM_HOME=home)
                self.assertEqual(done.out, "one\ntwo\né 😀\n", done.errors)
                self.assertAnswered(3, home=home)

    def test_tee_records_without_harm(self):
        done = self.pipe(["agim-recv", "stdin"], "tee in", CAT, "tee out", ["agim-send"], stdin="hello\n")
        self.assertEqual(done.out, "hello\n")
        self.assertEqual(json.loads(self.read("in"))["type"], "message")
        self.assertEqual(json.loads(self.read("out").splitlines()[-1])["type"], "reply")

    def test_a_line_flows_at_once_while_the_input_stays_open(self):
        live = self.start(["agim-recv", "stdin"], CAT, ["agim-send"])
        for word in ("one", "two"):
            live.write(f"{word}\n")
            self.wait_for(lambda: live.out.endswith(f"{word}\n"), 5, word)
        live.close()
        self.assertEqual(live.wait(), [OK, OK, OK])

    # Two homes

    def test_a_middle_on_another_host_has_a_store_of_its_own(self):
        other = self.path("other")
        done = self.pipe(
            ["agim-recv", "stdin"], ["env", f"AGIM_HOME={other}", "sh", "-c", "agim-run exec -- cat"], ["agim-send"],
            stdin="hello\n")
        self.assertEqual(done.out, "hello\n")
        self.assertAnswered(1)
        self.assertEqual(self.states("outbox", other), {"passed": 1})
        self.assertEqual(self.states("inbox", other), {"done": 1})

    @seconds(8)
    def test_a_middle_that_was_killed_in_its_turn_tells_once_and_leaves_nothing_open(self):
        other = self.path("other")
        middle = ("exec agim-run exec -- sleep 30", {"AGIM_HOME": other})
        os.mkdir(other, 0o700)
        first = self.start(["agim-recv", "stdin"], middle, ["agim-send"])
        first.write("hello\n")
        self.wait_for(lambda: self.count("inbox", "state = 'running'", other) == 1, what="the turn")
        first.procs[1].kill()
        self.assertEqual(first.wait(), [READER_GONE, 137, OK])
        second = self.start(
            ["agim-recv", "stdin"], ("exec agim-run exec -- cat", {"AGIM_HOME": other}), ["agim-send"])
        self.wait_for(lambda: "interrupted" in second.out, what="the notice")
        second.close()
        self.assertEqual(second.wait(), [OK, OK, OK])
        self.assertEqual(second.out.count("interrupted"), 1)
        self.assertNotIn("hello\n", second.out)
        self.assertAnswered(1, errors=1)
        self.assertEqual(self.states("inbox", other), {"dead": 1})
        self.assertEqual(self.states("outbox", other), {"passed": 1})

    @seconds(5)
    def test_a_middle_that_was_killed_after_its_turn_does_not_run_it_again(self):
        other = self.path("other")
        record = self.path("turns")
        agent = self.script("agent", f"echo turn >> {record}; cat\n")
        # Nobody reads the reply: it stays in the pipe, and dies with it.
        first = self.start(
            ["agim-recv", "stdin"], (f"exec agim-run exec -- {agent}", {"AGIM_HOME": other}), "exec sleep 60")
        first.write("hello\n")
        self.wait_for(lambda: self.count("inbox", "state = 'done'", other) == 1, what="the end of the turn")
        first.kill()
        done = self.pipe(
            ["agim-recv", "stdin"], (f"exec agim-run exec -- {agent}", {"AGIM_HOME": other}), ["agim-send"])
        self.assertEqual(done.out, "hello\n", done.errors)
        self.assertEqual(self.read("turns"), "turn\n")
        self.assertAnswered(1)
        again = self.pipe(
            ["agim-recv", "stdin"], (f"exec agim-run exec -- {agent}", {"AGIM_HOME": other}), ["agim-send"])
        self.assertEqual(again.out, "")

    def test_a_yes_that_was_acted_on_elsewhere_is_done_here(self):
        """The gate and the agent in another home: what a decision names does not come again."""
        other = self.path("other")
        os.mkdir(other, 0o700)
        self.config({"approvers": ["stdin:ann"]}, home=other)
        live = self.start(
            ["agim-recv", "--from", "ann", "stdin"], (["agim-approve"], {"AGIM_HOME": other}),
            (["agim-run", "shell"], {"AGIM_HOME": other}), ["tee", "lines"], ["agim-send"])
        live.write("echo $((6 * 7))\n")
        self.wait_for(lambda: "Answer:" in live.out, what="the card")
        self.assertEqual(self.states("inbox"), {"new": 1})
        code = self.sql("select code from request", home=other)[0]["code"]
        live.write(f"y {code}\n")
        self.wait_for(lambda: live.out.endswith("\n42\n"), what="the answer")
        self.wait_for(lambda: self.states("inbox") == {"done": 2}, what="the end of both messages")
        live.close()
        live.wait()
        self.assertCodes(live, OK, OK, OK, OK, OK)
        self.assertEqual(self.pipe(["agim-recv", "stdin"]).out, "")

    def test_a_decision_closes_only_the_answer_that_made_it(self):
        self.pipe(["agim-recv", "stdin"], stdin="hello\n")
        own = self.sql("select id from inbox")[0]["id"]
        for via, state in (("nobody answered in time", "new"), ("other", "new"), (own, "done")):
            line = {"v": 1, "type": "decision", "id": "d1", "parent": own, "request": "r", "via": via}
            done = self.pipe(["agim-send"], stdin=json.dumps(line) + "\n")
            self.assertCodes(done, OK)
            self.assertEqual((done.out, self.states("inbox")), ("", {state: 1}), via)

    # Stages of strangers

    def test_a_shell_stage_that_answers_itself_finishes_the_messages(self):
        need("jq")
        done = self.pipe(["agim-recv", "stdin"], [f"{AGENTS}/answer.sh"], ["agim-send"], stdin="a b\nc\n")
        self.assertEqual(done.out, "you said a b\nyou said c\n")
        self.assertAnswered(2)
        # And once answered, they are not printed again.
        self.assertEqual(self.pipe(["agim-recv", "stdin"]).out, "")

    def test_a_stage_that_changes_replies_decides_what_is_delivered(self):
        need("jq")
        done = self.pipe(["agim-recv", "stdin"], CAT, [f"{AGENTS}/shout.sh"], ["agim-send"], stdin="quiet words\n")
        self.assertEqual(done.out, "QUIET WORDS\n")
        self.assertIn("QUIET WORDS", self.sql("select line from outbox_line")[0]["line"])
        self.assertAnswered(1)

    def test_what_a_filter_drops_stays_and_is_printed_again_at_the_next_start(self):
        done = self.pipe(["agim-recv", "stdin"], "grep -v lost", CAT, ["agim-send"], stdin="lost\nkept\n")
        self.assertEqual(done.out, "kept\n")
        self.assertEqual(self.states("inbox"), {"new": 1, "done": 1})
        again = self.pipe(["agim-recv", "stdin"], "tee again", CAT, ["agim-send"])
        self.assertEqual(again.out, "lost\n")
        self.assertIs(json.loads(self.read("again"))["again"], True)
        self.assertAnswered(2)

    def test_what_is_older_than_the_backlog_is_held_until_it_is_retried(self):
        self.config({"limits": {"backlog": "1m"}})
        self.pipe(["agim-recv", "stdin"], "grep -v lost", stdin="lost\n")
        self.age("inbox", 61)
        again = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"])
        self.assertEqual(again.out, "")
        self.assertSaid(again, 0, "held", "agim-queue list", "count=1")
        row = self.sql("select id, state, reason from inbox")[0]
        self.assertEqual((row["state"], row["reason"]), ("held", "older than the backlog limit"))
        self.assertCodes(self.queue("retry", row["id"]), OK)
        released = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"])
        self.assertEqual(released.out, "lost\n")
        self.assertAnswered(1)

    def test_a_held_reply_is_sent_after_its_retry(self):
        self.config({"limits": {"backlog": "1m"}})
        self.pipe(["agim-recv", "stdin"], CAT, "cat >/dev/null", stdin="hello\n")
        self.age("outbox", 61)
        again = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"])
        self.assertNotIn("hello", again.out)
        held = self.sql("select id from outbox join outbox_line using (n) where state = 'held' and line like '%hello%'")
        self.assertEqual(len(held), 1, self.states("outbox"))
        self.assertCodes(self.queue("retry", held[0]["id"]), OK)
        flushed = self.pipe(["agim-send", "--flush"])
        self.assertEqual(flushed.out, "hello\n", flushed.errors)

    def age(self, table, seconds):
        when = "accepted" if table == "inbox" else "created"
        self.sql(f"update {table} set released = released - ?1, {when} = {when} - ?1", seconds * 1000)

    @seconds(3)
    def test_retry_reaches_a_live_program_source(self):
        source = self.script("source", "echo '{\"id\":\"m1\",\"text\":\"one\"}'\nexec sleep 6\n")
        live = self.start(["agim-recv", f"command:{source}"], "sed -u 1d | tee seen", CAT)
        self.wait_for(lambda: self.count("inbox", "state = 'new'") == 1, what="the message")
        self.sql("update inbox set state = 'dead', reason = 'test', holder = ''")
        self.assertCodes(self.queue("retry", "m1"), OK)
        self.wait_for(lambda: os.path.exists(self.path("seen")) and "m1" in self.read("seen"), 4, "the retried message")
        live.procs[0].terminate()
        live.wait()

    def test_notices_and_temporary_errors_leave_the_message_open(self):
        need("jq")
        for member in ('type: "reply", notice: true, final: true', 'type: "error", code: "busy", temporary: true'):
            home = self.path("home-" + member[7:9])
            done = self.pipe(
                ["agim-recv", "stdin"], f"jq -c --unbuffered '{{v: 1, {member}, parent: .id, session, text: \"wait\"}}'",
                ["agim-send"], stdin="hello\n", AGIM_HOME=home)
            self.assertEqual(done.out, "wait\n", done.errors)
            self.assertEqual(self.states("inbox", home), {"new": 1})
            answered = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], AGIM_HOME=home)
            self.assertEqual(answered.out, "hello\n", answered.errors)

    def test_pipelines_of_one_home_leave_each_other_alone(self):
        self.pipe(["agim-recv", "stdin"], CAT, stdin="of a\n", AGIM_PIPE="a")
        self.pipe(["agim-recv", "stdin"], stdin="also of a\n", AGIM_PIPE="a")
        other = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin="of b\n", AGIM_PIPE="b")
        self.assertEqual(other.out, "of b\n")
        own = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], AGIM_PIPE="a")
        self.assertEqual(sorted(own.out.splitlines()), ["also of a", "of a"])
        self.assertAnswered(3)
        bad = self.pipe(["agim-recv", "stdin"], AGIM_PIPE="no/pipe")
        self.assertCodes(bad, USAGE)

    def test_an_interrupt_of_the_whole_group_loses_nothing(self):
        live = self.start(
            "exec setsid -w sh -c 'agim-recv stdin | agim-run exec -- sh -c \"sleep 1; cat\" | agim-send'")
        live.write("one\ntwo\n")
        self.wait_for(lambda: self.count("inbox", "state = 'running'") == 1, what="the turn")
        groups = {os.getpgid(pid) for pid, words in self.processes().items() if words.startswith("agim-recv")}
        self.assertEqual(len(groups), 1)
        os.killpg(groups.pop(), signal.SIGINT)
        live.wait(11)
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"])
        self.assertEqual((live.out + done.out).count("two\n"), 1)
        self.assertLessEqual((live.out + done.out).count("one\n"), 1)
        self.assertEqual(self.count("inbox"), 2)
        self.assertEqual(self.count("outbox", "final and state = 'delivered'"), 2)

    # Agents

    def test_two_agents_stand_in_series(self):
        self.agents(upper=["tr", "a-z", "A-Z"], plain=["cat"])
        lines = "".join(json.dumps({
            "v": 1, "type": "message", "id": f"m{n}", "session": "stdin:main", "text": f"text {n}",
            "agent": ("upper", "plain")[n % 2]}) + "\n" for n in range(10))
        done = self.pipe(["agim-run", "upper"], ["agim-run", "plain"], ["agim-send"], stdin=lines)
        self.assertCodes(done, OK, OK, OK)
        self.assertEqual(
            sorted(done.out.splitlines()), sorted(f"TEXT {n}" if n % 2 == 0 else f"text {n}" for n in range(10)))
        self.assertAnswered(10)

    def test_one_run_serves_all_configured_agents(self):
        self.agents(upper=["tr", "a-z", "A-Z"], plain=["cat"])
        lines = "".join(json.dumps({
            "v": 1, "type": "message", "id": f"m{n}", "session": f"stdin:{n}", "text": f"text {n}",
            "agent": ("upper", "plain")[n % 2]}) + "\n" for n in range(4))
        done = self.pipe(["agim-run"], ["agim-send"], stdin=lines)
        self.assertEqual(sorted(done.out.splitlines()), ["TEXT 0", "TEXT 2", "text 1", "text 3"])

    def test_a_message_for_nobody_is_told_about_at_the_end_of_the_input(self):
        began = time.monotonic()
        line = json.dumps({"type": "message", "id": "m1", "session": "stdin:main", "text": "x", "agent": "nosuch"})
        done = self.pipe(CAT, ["agim-send"], stdin=line + "\n")
        self.assertCodes(done, OK, OK)
        self.assertIn('Nobody here runs the agent "nosuch"', done.out)
        self.assertLess(time.monotonic() - began, 4)
        self.assertAnswered(1, errors=1)

    @seconds(7)
    def test_a_message_for_nobody_is_told_about_after_five_seconds(self):
        live = self.start(CAT, ["agim-send"])
        live.write(json.dumps(
            {"type": "message", "id": "m1", "session": "stdin:main", "text": "x", "agent": "nosuch"}) + "\n")
        began = time.monotonic()
        self.wait_for(lambda: "Nobody here runs" in live.out, 9, "the notice")
        self.assertGreater(time.monotonic() - began, 4.5)
        live.close()
        live.wait()
        self.assertAnswered(1, errors=1)
        self.assertEqual(self.sql("select reason from inbox")[0]["reason"], "taken by no agent")

    # Sources

    def test_several_sources_share_a_process(self):
        one = self.script("one", "echo from one\n")
        two = self.script("two", "echo from two\n")
        done = self.pipe(
            ["agim-recv", "--once", f"command:{one}", "stdin", f"command:{two}"], stdin="from stdin\n")
        self.assertCodes(done, OK)
        self.assertEqual(sorted(line["text"] for line in done.lines), ["from one", "from stdin", "from two"])
        self.assertEqual(self.states("inbox"), {"done": 3})

    @seconds(3)
    def test_several_receivers_write_to_one_pipe(self):
        text = "y" * 3000
        sources = [self.script(f"s{n}", f"i=0; while [ $i -lt 300 ]; do echo s{n}-$i-{text}; i=$((i + 1)); done\n")
                   for n in range(4)]
        both = "{ " + " ".join(f"agim-recv --once command:{s} &" for s in sources) + " wait; }"
        done = self.pipe(both, "sleep 0.5; exec cat")
        texts = [line["text"] for line in done.lines]
        self.assertEqual(sorted(texts), sorted(f"s{n}-{i}-{text}" for n in range(4) for i in range(300)))
        for n in range(4):
            self.assertEqual(
                [t for t in texts if t.startswith(f"s{n}-")], [f"s{n}-{i}-{text}" for i in range(300)])

    def test_a_program_gives_plain_text_and_json_lines(self):
        source = self.script("source", """
echo 'plain words'
echo '{"id":"e1","text":"from json","session":"chat:1","extra":{"kept":[1,2.50]}}'
echo '{"type":"reply","id":"e2","text":"not a source'"'"'s"}'
echo '{"id":"e3","session":"no address","text":"x"}'
echo '{broken'
printf 'last without newline'
""")
        done = self.pipe(["agim-recv", "--once", f"command:{source}"])
        self.assertCodes(done, OK)
        texts = {line["text"]: line for line in done.lines}
        self.assertEqual(set(texts), {"plain words", "from json", "last without newline"})
        json_line = texts["from json"]
        self.assertEqual((json_line["id"], json_line["session"], json_line["type"]), ("e1", "chat:1", "message"))
        self.assertIn('"extra":{"kept":[1,2.50]}', done.out)
        self.assertSaid(done, 0, 'no "reply"', "not an address", "line 5")

    @seconds(5)
    def test_a_program_is_started_again_and_redelivery_is_recognised(self):
        source = self.script("source", f"""
echo start >> {self.path('starts')}
echo '{{"id":"e1","text":"one","session":"stdin:main"}}'
echo '{{"id":"e2","text":"two","session":"stdin:main"}}'
exit 3
""")
        live = self.start(["agim-recv", f"command:{source}"], CAT, ["agim-send"], stdin=None)
        self.wait_for(lambda: os.path.exists(self.path("starts")) and self.read("starts").count("start") >= 3, 9)
        live.procs[0].terminate()
        self.assertEqual(live.wait(), [OK, OK, OK])
        self.assertEqual(live.out, "one\ntwo\n")
        self.assertSaid(live, 0, "exit status 3", "again_in_ms=")
        self.assertAnswered(2)

    def test_a_program_that_refuses_to_go_on_ends_the_receiver(self):
        for status in (77, 78):
            done = self.pipe(["agim-recv", f"command:sh -c 'exit {status}'"])
            self.assertCodes(done, status)
            self.assertSaid(done, 0, "refuses to go on", f"exit status {status}")

    def test_once_closes_each_message_when_it_is_written(self):
        done = self.pipe(["agim-recv", "--once", "stdin"], "cat > seen", stdin="a\nb\n")
        self.assertCodes(done, OK, OK)
        self.assertEqual(self.states("inbox"), {"done": 2})
        self.assertEqual(self.pipe(["agim-recv", "--once", "stdin"]).out, "")

    def test_once_before_agim_run_loses_no_message(self):
        done = self.pipe(["agim-recv", "--once", "stdin"], "sleep 0.3; exec cat", CAT, ["agim-send"], stdin=digits(20))
        self.assertEqual(done.out, digits(20))

    def test_nul_ends_messages_of_many_lines(self):
        done = self.pipe(["agim-recv", "-0", "stdin"], CAT, ["agim-send"], stdin=b"one\ntwo\0three\n\0\0")
        self.assertEqual(done.out, "one\ntwo\nthree\n")
        self.assertAnswered(2)

    def test_a_session_and_a_sender_can_be_named(self):
        done = self.pipe(["agim-recv", "--session", "chat@work:room:7", "--from", "Ann", "stdin"], stdin="x\n")
        self.assertEqual(done.lines[0]["session"], "chat@work:room:7")
        self.assertEqual(done.lines[0]["from"], {"id": "Ann", "name": "Ann"})
        bad = self.pipe(["agim-recv", "--session", "nonsense", "stdin"], stdin="x\n")
        self.assertCodes(bad, USAGE)
        self.assertSaid(bad, 0, "not an address")

    def test_an_unknown_source_is_named_with_the_nearest(self):
        done = self.pipe(["agim-recv", "stdim"])
        self.assertCodes(done, USAGE)
        self.assertSaid(done, 0, "unknown source 'stdim'", "did you mean stdin?")

    def test_posted_messages_come_through_the_inbox(self):
        live = self.start(["agim-recv", "inbox"], CAT, ["agim-send"], stdin=None)
        self.wait_for(lambda: self.count("inbox") >= 0, what="the store")
        post = self.pipe(["agim-session", "post", "stdin:posted", "hello", "there"])
        self.assertCodes(post, OK)
        self.wait_for(lambda: live.out == "hello there\n", what="the reply")
        live.procs[0].terminate()
        self.assertEqual(live.wait(), [OK, OK, OK])
        self.assertAnswered(1)

    # Text of every kind

    def test_a_hundred_kilobytes_with_emoji_come_back_whole(self):
        text = "Grüße 👩‍👩‍👧‍👦 🇩🇪 \\ \" / \t" * 2500
        text = text.strip()
        self.assertGreater(len(text.encode()), 100_000)
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin=text + "\n")
        self.assertEqual(done.raw.decode(), text + "\n")
        self.assertAnswered(1)

    def test_two_megabytes_become_a_file_with_the_right_hash(self):
        agent = self.script("agent", "cat >/dev/null; yes 0123456789 | head -c 2000000\n")
        done = self.pipe(["agim-recv", "stdin"], ["agim-run", "exec", "--", agent], "tee lines", ["agim-send"], stdin="x\n")
        self.assertCodes(done, OK, OK, OK, OK)
        reply = [json.loads(line) for line in self.read("lines").splitlines()][-1]
        attachment = reply["attachments"][0]
        whole = ("0123456789\n" * 200_000)[:2_000_000].encode().rstrip(b"\n")
        with open(attachment["path"], "rb") as file:
            kept = file.read()
        self.assertEqual(kept, whole)
        self.assertEqual(attachment["sha256"], hashlib.sha256(whole).hexdigest())
        self.assertEqual(os.path.dirname(attachment["path"]), f"{self.home}/files")
        self.assertEqual(attachment["size"], len(whole))
        self.assertEqual(os.stat(attachment["path"]).st_mode & 0o777, 0o600)
        self.assertIn("the whole text is attached", done.out)
        self.assertAnswered(1)

    def test_without_libcrypto_the_beginning_of_a_long_text_is_delivered(self):
        os.mkdir(self.path("lib"))
        self.write("lib/libcrypto.so.3", "this is no library\n")
        agent = self.script("agent", "cat >/dev/null; yes 0123456789 | head -c 2000000\n")
        done = self.pipe(
            ["agim-recv", "stdin"], (["agim-run", "exec", "--", agent], {"LD_LIBRARY_PATH": self.path("lib")}),
            ["agim-send"], stdin="x\n")
        self.assertCodes(done, OK, OK, OK)
        self.assertTrue(done.out.startswith("0123456789\n" * 300), done.out[:200])
        self.assertIn("2000000 bytes in all; the rest could not be kept: libcrypto.so.3", done.out)
        self.assertSaid(done, 1, "a long reply could not be kept as a file", "libssl3")
        self.assertAnswered(1)

    def test_invalid_utf8_is_replaced_and_told_about(self):
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin=b"a\xff\xfeb\nfine\n")
        self.assertEqual(done.raw.decode(), "a\ufffd\ufffdb\nfine\n")
        self.assertSaid(done, 0, "message 1 is not UTF-8")
        self.assertAnswered(2)

    def test_invalid_utf8_of_an_agent_is_replaced(self):
        done = self.pipe(
            ["agim-recv", "stdin"], ["agim-run", "exec", "--", "printf", r"a\377b\360\237"], ["agim-send"], stdin="x\n")
        self.assertTrue(done.raw.decode().startswith("a\ufffdb"), done.raw)
        self.assertAnswered(1)

    def test_control_characters_and_nul_of_an_agent_survive(self):
        done = self.pipe(
            ["agim-recv", "stdin"], ["agim-run", "exec", "--", "printf", r"a\000b\033[1mc\001"], "tee lines",
            ["agim-send"], stdin="x\n")
        self.assertCodes(done, OK, OK, OK, OK)
        self.assertEqual(json.loads(self.read("lines").splitlines()[-1])["text"], "a\0b\033[1mc\1")

    def test_an_empty_reply_is_said_to_be_empty(self):
        done = self.pipe(["agim-recv", "stdin"], ["agim-run", "exec", "--", "true"], ["agim-send"], stdin="x\n")
        self.assertEqual(done.out, "(no output)\n")
        self.assertAnswered(1)

    def test_blank_lines_are_no_messages(self):
        done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send"], stdin="\n  \n\t\r\nx\r\n")
        self.assertEqual(done.out, "x\n")
        self.assertAnswered(1)

    def test_unknown_lines_pass_as_the_bytes_that_came(self):
        odd = b'{ "type":"weather" , "x":1.0e1,"y":"\\u00e9",  "z":[ ] }\n{"no":"type"}\n'
        done = self.pipe(CAT, stdin=odd)
        self.assertEqual(done.raw, odd)


class Replay(Case):

    def record(self):
        source = self.path("source")
        self.pipe(
            ["agim-recv", "stdin"], "tee record", CAT, "tee -a record", ["agim-send"],
            stdin="one\ntwo\nthree\n", AGIM_HOME=source)
        return self.path("record")

    def replay(self, home, *words, stdin=b""):
        return self.pipe(["agim-recv", *words], stdin=stdin, AGIM_HOME=self.path(home))

    def test_a_recorded_day_gives_the_same_bytes_on_the_same_clock(self):
        record = self.record()
        fixed = ["--now", "2026-11-21T08:00:00Z", "--seed", "7", "replay", record]
        first, second = self.replay("a", *fixed), self.replay("b", *fixed)
        self.assertCodes(first, OK)
        self.assertEqual(first.raw, second.raw)
        self.assertEqual([line["text"] for line in first.lines], ["one", "two", "three"])
        self.assertEqual({line["time"] for line in first.lines}, {"2026-11-21T08:00:00.000Z"})
        other = self.replay("c", "--now", "2026-11-21T08:00:00Z", "--seed", "8", "replay", record)
        self.assertNotEqual(first.raw, other.raw)

    def test_replayed_messages_have_new_ids_unless_told(self):
        record = self.record()
        old = [json.loads(line)["id"] for line in self.read("record").splitlines() if '"message"' in line]
        new = [line["id"] for line in self.replay("a", "replay", record).lines]
        self.assertEqual(len(set(old) | set(new)), 6)
        kept = self.replay("b", "--ids", "replay", record)
        self.assertEqual([line["id"] for line in kept.lines], old)
        self.assertEqual(self.replay("b", "--ids", "--once", "replay", record).out.count("again"), 3)

    def test_a_replay_is_answered_like_the_day_itself(self):
        record = self.record()
        done = self.pipe(["agim-recv", "replay", record], CAT, ["agim-send"], AGIM_HOME=self.path("a"))
        self.assertEqual(done.out, "one\ntwo\nthree\n")
        self.assertAnswered(3, home=self.path("a"))

    def test_a_store_with_other_messages_is_refused_unless_forced(self):
        record = self.record()
        refused = self.replay("source", "replay", record)
        self.assertCodes(refused, NOT_PERMITTED)
        self.assertSaid(refused, 0, "holds messages of real sources", "--force")
        self.assertEqual(refused.out, "")
        forced = self.replay("source", "--force", "replay", record)
        self.assertCodes(forced, OK)
        self.assertEqual(len(forced.lines), 3)

    def test_standard_input_can_be_replayed(self):
        with open(self.record(), "rb") as file:
            done = self.replay("a", "replay", "-", stdin=file.read())
        self.assertEqual(len(done.lines), 3)

    @seconds(3)
    def test_the_recorded_distances_are_kept_and_shortened(self):
        lines = [json.dumps({
            "type": "message", "id": f"r{n}", "session": "stdin:main", "text": str(n),
            "time": f"2026-01-01T00:00:{10 * n:02}.000Z"}) for n in range(3)]
        record = self.write("record", "\n".join(lines) + "\n")
        began = time.monotonic()
        done = self.replay("a", "--speed", "20", "replay", record)
        self.assertEqual(len(done.lines), 3)
        self.assertAlmostEqual(time.monotonic() - began, 1.0, delta=0.4)

    def test_a_missing_file_and_bad_options_are_named(self):
        gone = self.replay("a", "replay", "/nowhere/file")
        self.assertCodes(gone, 66)
        self.assertSaid(gone, 0, "/nowhere/file")
        for words, text in ((["--speed", "-1", "replay", "f"], "--speed"), (["--now", "x", "replay", "f"], "--now"),
                            (["--seed", "x", "replay", "f"], "--seed"), (["replay"], "no file")):
            bad = self.replay("a", *words)
            self.assertCodes(bad, USAGE)
            self.assertSaid(bad, 0, text)


class SendText(Case):

    def send(self, *words, stdin=b"", **env):
        return self.pipe(["agim-send", *words], stdin=stdin, **env)

    def test_text_comes_from_operands_or_standard_input(self):
        for words, stdin, expected in (
                (["stdout", "two", "words"], "", "two words\n"), (["stdout"], "from input\nmore\n\n", "from input\nmore\n"),
                (["stdout", "-"], "dash\n", "dash\n"), (["stdout", "-x"], "", "-x\n"),
                (["--", "stdout", "-x", "--via"], "", "-x --via\n"), (["stdout", "--help"], "", "--help\n")):
            with self.subTest(words=words):
                done = self.send(*words, stdin=stdin)
                self.assertCodes(done, OK)
                self.assertEqual(done.out, expected)
        self.assertEqual(self.states("outbox"), {"delivered": 6})

    def test_nothing_to_send_is_an_error(self):
        done = self.send("stdout", stdin=b"\n\n")
        self.assertCodes(done, 65)
        self.assertSaid(done, 0, "no text to send")

    def test_an_unknown_target_is_named_with_the_nearest(self):
        done = self.send("stdot", "x")
        self.assertCodes(done, USAGE)
        self.assertSaid(done, 0, "'stdot' is no target", "did you mean stdout?")
        done = self.send("carrier-pigeon:1", "x")
        self.assertCodes(done, UNAVAILABLE)
        self.assertSaid(done, 0, "no messenger for carrier-pigeon")

    def test_addresses_have_names(self):
        self.config({"addresses": {"ops": f"file:{self.path('ops')}"}})
        self.assertCodes(self.send("ops", "deployed"), OK)
        self.assertEqual(self.read("ops"), "deployed\n")

    def test_a_dry_run_says_and_sends_nothing(self):
        done = self.send("-n", f"file:{self.path('out')}", "text")
        self.assertEqual(done.out, f"to file:{self.path('out')}: text\n")
        self.assertFalse(os.path.exists(self.path("out")))
        lines = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send", "-n"], stdin="hello\n")
        self.assertEqual(lines.out, "to stdout: hello\n")
        self.assertEqual(self.states("outbox"), {"ready": 1})

    def test_a_reply_for_a_full_device_waits_and_is_said_to(self):
        done = self.send("file:/dev/full", "text")
        self.assertCodes(done, AGAIN)
        self.assertSaid(done, 0, "No space left on device", "agim-send --flush")
        self.assertEqual(self.states("outbox"), {"queued": 1})
        row = self.sql("select reason, attempts, next from outbox")[0]
        self.assertIn("No space left", row["reason"])
        self.assertEqual(row["attempts"], 1)
        self.assertIsNotNone(row["next"])

    @seconds(3)
    def test_flush_delivers_at_once_when_the_disk_has_room_again(self):
        place = self.path("small")
        self.tmpfs(place, "64k")
        fill(f"{place}/filler")
        done = self.send(f"file:{place}/out", "a text that waits")
        self.assertCodes(done, AGAIN)
        os.unlink(f"{place}/filler")
        flushed = self.send("--flush")
        self.assertCodes(flushed, OK)
        self.assertEqual(self.read("small/out"), "a text that waits\n")
        self.assertEqual(self.states("outbox"), {"delivered": 1})

    @seconds(4)
    def test_flush_delivers_when_the_retry_is_due(self):
        self.script("platform", f"[ -e {self.path('open')} ] || exit 75; cat >> {self.path('got')}\n")
        done = self.send(f"command:{self.path('platform')}", "text")
        self.assertCodes(done, AGAIN)
        self.write("open", "")
        time.sleep(1.2)
        flushed = self.send("--flush")
        self.assertCodes(flushed, OK)
        self.assertEqual(json.loads(self.read("got"))["text"], "text")
        self.assertEqual(self.states("outbox"), {"delivered": 1})

    def test_half_a_text_on_a_full_disk_is_taken_back(self):
        place = self.path("small")
        self.tmpfs(place, "64k")
        self.write("small/out", "first\n")
        done = self.send(f"file:{place}/out", stdin=b"y" * 100_000)
        self.assertCodes(done, AGAIN)
        self.assertEqual(self.read("small/out"), "first\n")

    def test_a_file_that_cannot_be_made_is_refused(self):
        done = self.send("file:/nowhere/file", "text")
        self.assertCodes(done, UNAVAILABLE)
        self.assertSaid(done, 0, "/nowhere/file", "No such file or directory")
        self.assertEqual(self.states("outbox"), {"refused": 1})

    def test_a_program_decides_by_its_exit_status(self):
        for status, code, state in ((0, OK, "delivered"), (75, AGAIN, "queued"), (1, UNAVAILABLE, "refused")):
            with self.subTest(status=status):
                home = self.path(f"home{status}")
                done = self.send(f"command:sh -c 'cat >/dev/null; echo id-{status}; exit {status}'", "x", AGIM_HOME=home)
                self.assertCodes(done, code)
                self.assertEqual(self.states("outbox", home), {state: 1})
        self.assertEqual(self.sql("select proof from outbox", home=self.path("home0"))[0]["proof"], "id-0")

    def test_a_program_that_is_not_there_refuses(self):
        done = self.send("command:/nowhere/program arg", "x")
        self.assertCodes(done, UNAVAILABLE)
        self.assertSaid(done, 0, "/nowhere/program", "No such file or directory")

    def test_a_program_that_reads_nothing_still_decides(self):
        done = self.send("command:true", stdin=b"z" * 100_000)
        self.assertCodes(done, OK)

    def test_receipts_tell_the_fate_of_each_reply(self):
        target = self.script("target", 'read -r line; case $line in *wrong*) exit 1;; esac; echo proof-1\n')
        done = self.pipe(
            ["agim-recv", "stdin"], CAT, ["agim-send", "--receipts", "--via", f"command:{target}"], stdin="good\nwrong\n")
        self.assertCodes(done, OK, OK, OK)
        receipts = done.lines
        self.assertEqual([(r["type"], r["state"]) for r in receipts], [("receipt", "delivered"), ("receipt", "refused")])
        self.assertEqual(receipts[0]["proof"], "proof-1")
        self.assertIn("exit status 1", receipts[1]["reason"])
        replies = {row["id"] for row in self.sql("select id from outbox")}
        self.assertEqual({r["parent"] for r in receipts}, replies)

    @seconds(4)
    def test_a_delivery_that_fails_at_first_is_tried_again_and_made_once(self):
        target = self.script("target", f"""
echo try >> {self.path('tries')}
[ "$(wc -l < {self.path('tries')})" -ge 2 ] || exit 75
cat >> {self.path('got')}
""")
        done = self.pipe(
            ["agim-recv", "stdin"], CAT, ["agim-send", "--receipts", "--via", f"command:{target}"], stdin="one\n")
        self.assertCodes(done, OK, OK, OK)
        self.assertEqual([line["state"] for line in done.lines], ["queued", "delivered"])
        self.assertEqual(self.read("tries"), "try\ntry\n")
        self.assertEqual(len(self.read("got").splitlines()), 1)
        self.assertAnswered(1)

    def test_secrets_are_taken_out_of_what_is_delivered_and_stay_in_the_store(self):
        token = "gh" + "p_" + fake(36)
        bot = "1234567890:" + "AA" + fake(33)
        text = f"use {token} and {bot} please"
        seen = self.path("seen")
        for target, read in (("stdout", None), (f"file:{seen}", seen), (f"command:sh -c 'cat > {seen}.c'", f"{seen}.c")):
            with self.subTest(target=target):
                done = self.pipe(["agim-recv", "stdin"], CAT, ["agim-send", "--via", target], stdin=text + "\n")
                got = done.out if read is None else self.read(read)
                self.assertIn("use ", got)
                self.assertIn(" please", got)
                self.assertNotIn(token, got)
                self.assertNotIn(fake(33), got)
        lines = [row["line"] for row in self.sql("select line from outbox_line")]
        self.assertEqual(sum(token in line and bot in line for line in lines), 3)

    def test_the_inbox_is_a_target_and_a_loop_ends(self):
        self.assertCodes(self.send("inbox", "hello"), OK)
        self.assertEqual(self.count("inbox", "state = 'new'"), 1)
        live = self.start(["agim-recv", "inbox"], CAT, ["agim-send", "--via", "inbox"], stdin=None)
        self.wait_for(lambda: self.count("outbox", "state = 'refused'") == 1, 10, "the end of the loop")
        live.procs[0].terminate()
        live.wait()
        self.assertLess(self.count("inbox"), 12)
        self.assertIn("a loop", self.sql("select reason from outbox where state = 'refused'")[0]["reason"])


if __name__ == "__main__":
    unittest.main()
