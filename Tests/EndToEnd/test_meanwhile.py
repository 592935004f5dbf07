"""What becomes of messages that come while their session is at work, and who is told elsewhere."""

import json

from support import Case, OK, seconds

CHAT = "chat:1"


def message(number, text, session=CHAT, **more):
    return json.dumps({
        "v": 1, "type": "message", "id": f"m{number}", "session": session, "from": {"id": "u1"}, "chat": "direct",
        "text": text, **more}) + "\n"


class Meanwhile(Case):

    def live(self, **settings):
        """agim-run with an agent that sleeps as long as its message says, and then repeats it."""
        agent = self.script("agent", "read -r time words; sleep $time; echo \"$time $words\"\n")
        self.config({"agents": {"a": {"driver": "exec", "command": [agent], **settings}}, "allow": {"*": "*"}})
        return self.start(["agim-run", "-j", "4", "a"])

    @staticmethod
    def of(lines, parent):
        return [line for line in lines if line.get("parent") == parent]

    @staticmethod
    def final(lines, parent):
        return [line for line in lines if line.get("parent") == parent
                and (line["type"] == "error" or line["type"] == "reply" and line["final"] and not line.get("notice"))]

    @seconds(12)
    def test_a_message_that_waits_is_told_its_place(self):
        live = self.live()
        live.write(message(1, "7 long") + message(2, "0 second") + message(3, "0 third"))
        self.wait_for(lambda: len([line for line in live.lines if line.get("notice")]) == 2, 6, "two notices")
        notices = {line["parent"]: line["text"] for line in live.lines if line.get("notice")}
        self.assertIn("1 before this one", notices["m2"])
        self.assertIn("2 before this one", notices["m3"])
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertEqual([self.final(live.lines, f"m{n}")[0]["text"] for n in (1, 2, 3)], ["7 long", "0 second", "0 third"])

    @seconds(5)
    def test_nobody_is_told_where_nobody_sits(self):
        live = self.live()
        live.write(message(1, "3.5 long", "stdin:a") + message(2, "0 second", "stdin:a"))
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertEqual([line for line in live.lines if line.get("notice")], [])

    def test_the_next_message_ends_the_turn_where_the_agent_says_so(self):
        live = self.live(queue="interrupt")
        live.write(message(1, "60 long"))
        self.wait_for(lambda: [words for words in self.processes().values() if words.startswith("sleep 60")], what="the turn")
        live.write(message(2, "0 second"))
        live.close()
        self.assertEqual(live.wait(), [OK])
        first = self.final(live.lines, "m1")[0]
        self.assertEqual((first["type"], first["code"]), ("error", "superseded"))
        self.assertEqual(self.final(live.lines, "m2")[0]["text"], "0 second")

    def test_an_agent_that_cannot_take_it_in_lets_it_wait(self):
        live = self.live(queue="steer")
        live.write(message(1, "1 long"))
        self.wait_for(lambda: [words for words in self.processes().values() if words.startswith("sleep 1")], what="the turn")
        live.write(message(2, "0 second"))
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertEqual([self.final(live.lines, f"m{n}")[0]["text"] for n in (1, 2)], ["1 long", "0 second"])

    def test_a_side_question_is_answered_beside_the_turn(self):
        live = self.live()
        live.write(message(1, "30 long"))
        self.wait_for(lambda: [words for words in self.processes().values() if words.startswith("sleep 30")], what="the turn")
        live.write(message(2, "0 aside", aside=True) + message(3, "0 aside too", aside=True))
        self.wait_for(lambda: self.final(live.lines, "m2") and self.final(live.lines, "m3"), what="both answers")
        self.assertEqual(self.final(live.lines, "m1"), [])
        live.write(json.dumps({"type": "control", "id": "c1", "action": "abort", "session": CHAT}) + "\n")
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertEqual(self.final(live.lines, "m1")[0]["code"], "aborted")

    def test_a_command_that_the_agent_does_not_have_is_said_to_be_so(self):
        live = self.live()
        live.write(message(1, "/undo", command="undo"))
        live.close()
        self.assertEqual(live.wait(), [OK])
        self.assertEqual(self.final(live.lines, "m1")[0]["text"], "a cannot do /undo.")

    def test_a_long_turn_and_a_failure_are_told_elsewhere(self):
        live = self.live(notify="ops:1", notify_after="1s", command=["sh", "-c", "read -r t; sleep $t; echo done; exit ${t%%*[!0]*}"])
        live.write(message(1, "1.2", "chat:1") + message(2, "0", "chat:2") + message(3, "1", "ops:1"))
        live.close()
        self.assertEqual(live.wait(), [OK])
        told = [line for line in live.lines if line.get("reply_to") == "ops:1"]
        self.assertEqual([line["parent"] for line in told], ["m1"])
        self.assertIn("has finished in chat:1", told[0]["text"])
        self.assertTrue(told[0]["notice"])
        self.config({
            "agents": {"a": {"driver": "exec", "command": ["false"], "notify": "ops"}},
            "addresses": {"ops": "ops:1"}, "allow": {"*": "*"}})
        done = self.pipe(["agim-run", "a"], stdin=message(9, "x", "chat:1"))
        told = [line for line in done.lines if line.get("reply_to") == "ops:1"]
        self.assertEqual(len(told), 1)
        self.assertIn("has failed in chat:1", told[0]["text"])
