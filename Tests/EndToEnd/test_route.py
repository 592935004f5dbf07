"""agim-route: chat commands, rules, the conversation's agent, its words, and what a crash leaves of them."""

import hashlib
import json
import os
import shutil
import signal
import stat
import time

import support
from support import Case, fill, need

# Every command of the documents, with what its answer holds in English.
COMMANDS = {
    "help": "Commands:", "start": "Commands:", "agents": "Agents:", "agent": "Agents:", "status": "Agent: ",
    "new": "A new conversation.", "clear": "A new conversation.", "abort": "Nothing runs here now.",
    "stop": "/abort", "cc": "claude takes over.", "oc": "opencode takes over.", "cx": "codex takes over.",
    "agy": "agy takes over.", "cs": "cursor takes over.", "na": "native takes over.", "sh": "shell takes over.",
    "project": "No projects", "workspaces": "No projects", "model": "Model: ", "think": "Thinking: ",
    "plan": "Plan mode is off.", "verbose": "Progress shown: ", "ls": "There is no directory",
    "diff": "Only an approver", "get": "Only an approver", "sessions": "Only an admin",
    "retry": "No message of this conversation was interrupted.", "attach": "Only an approver",
    "btw": "/btw TEXT", "job": "There are no jobs.", "heartbeat": "Only an approver",
    "task": "There are no jobs.", "tasks": "There are no jobs.", "check": "This is written /job",
    "cancel": "This is written /job", "switch": "This is written /job", "collect": "There are no jobs.",
    "goal": "This conversation has no goal.", "long_task": "This conversation has no goal.",
    "complete_goal": "This conversation has no goal.", "approval": "Only an approver", "remind": "No reminders wait",
    "memo": "You have no memos.", "link": "This is written /link CODE",
    "cron": "Only an approver", "schedule": "Only an approver", "audit": "Only an admin", "stats": "Only an admin",
}
LATER = [
    "web", "a2a tree", "skill list", "models", "router", "auto", "restart", "editor", "redo", "export", "exit",
    "quit",
]


class RouteCase(Case):
    def message(self, text, number, session="telegram:1", sender="U1", **more):
        return json.dumps({
            "v": 1, "type": "message", "id": f"m{number}", "session": session, "from": {"id": sender},
            "text": text, **more}, ensure_ascii=False) + "\n"

    def route(self, *lines, args=(), limit=20, **env):
        return self.pipe(["agim-route", *args], stdin="".join(lines), limit=limit, **env)

    def texts(self, pipeline):
        return [line["text"] for line in pipeline.lines if line["type"] in ("reply", "error")]

    def everybody(self, **more):
        self.config({"allow": {"*": "*"}, **more})

    def own(self, name, text, mode=0o755):
        directory = os.path.join(self.home, "commands")
        os.makedirs(directory, exist_ok=True)
        path = os.path.join(directory, name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, mode)
        return path


class Commands(RouteCase):
    def test_every_command_answers(self):
        self.everybody()
        names = list(COMMANDS)
        done = self.route(*[self.message(f"/{name}", n, session=f"telegram:{n}") for n, name in enumerate(names)])
        self.assertCodes(done, 0)
        answers = {line["parent"]: line for line in done.lines if line["type"] == "reply"}
        for n, name in enumerate(names):
            with self.subTest(name):
                self.assertIn(COMMANDS[name], answers[f"m{n}"]["text"])
                self.assertEqual((answers[f"m{n}"]["final"], answers[f"m{n}"]["session"]), (True, f"telegram:{n}"))
        self.assertFalse([line for line in done.lines if line["type"] == "message"])

    def test_what_is_not_built_names_what_to_use_meanwhile(self):
        self.everybody()
        done = self.route(*[self.message(f"/{text}", n) for n, text in enumerate(LATER)])
        texts = self.texts(done)
        self.assertEqual(len(texts), len(LATER))
        for text in texts:
            self.assertIn("not built yet. Meanwhile ", text)

    def test_the_person_s_language(self):
        self.everybody()
        done = self.route(
            self.message("/remind 1m 喝水", 1), self.message("停止", 2), self.message("stop", 3))
        self.assertEqual(self.texts(done)[1:], ["现在没有正在进行的工作。", "Nothing runs here now."])
        self.assertIn("提醒 1：", self.texts(done)[0])
        self.everybody(language="zh")
        self.assertIn("命令", self.texts(self.route(self.message("/help", 4)))[0])

    def test_a_switch_is_kept_and_passed_on(self):
        self.everybody(agents={"claude": {}, "codex": {}}, default_agent="claude")
        done = self.route(
            self.message("hello", 1), self.message("/cx", 2), self.message("hello", 3),
            self.message("/oc fix the bug", 4), self.message("more", 5), self.message("more", 6, session="telegram:2"))
        messages = {line["id"]: line for line in done.lines if line["type"] == "message"}
        self.assertEqual(
            {name: (line["agent"], line["reason"]["rule"]) for name, line in messages.items()},
            {"m1": ("claude", "default"), "m3": ("codex", "sticky"), "m4": ("opencode", "explicit"),
             "m5": ("opencode", "sticky"), "m6": ("claude", "default")})
        self.assertEqual(messages["m4"]["text"], "fix the bug")
        control = [line for line in done.lines if line["type"] == "control"]
        self.assertEqual([(c["action"], c["agent"], c["parent"]) for c in control], [("switch", "codex", "m2")])
        # The next process knows it too.
        done = self.route(self.message("again", 7), self.message("/new", 8), self.message("again", 9))
        agents = [line["agent"] for line in done.lines if line["type"] == "message"]
        self.assertEqual(agents, ["opencode", "claude"])
        self.assertEqual(
            [(row["generation"], row["state"]) for row in self.sql(
                "select generation, state from session where address='telegram:1' order by generation")],
            [(1, "closed"), (2, "active")])

    def test_verbose_chooses_what_is_shown_before_the_reply(self):
        def shown(level: str) -> list:
            words = (f"printf '/verbose {level}\nwork\n' | agim-recv stdin | agim-route --agents exec |"
                     " agim-run exec -- sh -c 'echo a; sleep 2; echo b'")
            lines = [line for line in self.pipe(["bash", "-c", words]).lines if not line.get("again")]
            return [line.get("detail", "-") for line in lines if line["type"] == "action"] + [
                line["text"] for line in lines if line["type"] == "reply" and not line["final"]]

        self.assertEqual(shown("off"), [])
        self.assertEqual(shown("brief"), ["-", "-", "a\n"])
        self.assertEqual(shown("full"), ["-", "exit status 0", "a\n"])

    def test_settings_travel_with_the_message(self):
        self.everybody(
            agents={"claude": {}, "codex": {}}, default_agent="claude",
            projects={"api": {"workdir": "/srv/api", "agent": "codex"}})
        done = self.route(*[self.message(text, n) for n, text in enumerate([
            "/project api", "/plan on", "/model m-1", "/think high", "/verbose brief", "do it", "/cc and you",
            "/plan off", "x"])])
        first, second, third = [line for line in done.lines if line["type"] == "message"]
        wanted = {"agent": "codex", "workdir": "/srv/api", "mode": "plan", "model": "m-1", "think": "high",
                  "verbose": "brief"}
        self.assertEqual({name: first.get(name) for name in wanted}, wanted)
        self.assertEqual((second["agent"], second.get("model"), second["mode"]), ("claude", None, "plan"))
        self.assertNotIn("mode", third)
        data = json.loads(self.sql("select data from session")[0]["data"])
        data.pop("changed_by")
        self.assertEqual(data, {"project": "api", "verbose": "brief"})
        listed = self.pipe(["agim-session", "show", "--json", "telegram:1"]).lines[0]
        self.assertEqual(listed["agent"], "claude")

    def test_data_of_others_in_the_session_stays(self):
        self.everybody(default_agent="claude")
        self.route(self.message("hello", 1))
        self.pipe(["agim-session", "set", "telegram:1", "native=abc", "label=mine"])
        self.route(self.message("/plan on", 2))
        row = self.sql("select data, label from session")[0]
        data = json.loads(row["data"])
        self.assertIsInstance(data.pop("changed_by"), int)
        self.assertEqual((data, row["label"]), ({"native": "abc", "mode": "plan"}, "mine"))

    def test_the_whole_way(self):
        self.agents(one=["cat"], two=["sh", "-c", "tr a-z A-Z"])
        done = self.pipe(
            ["agim-recv", "stdin"], ["agim-route", "--agent", "one"], ["agim-run"], ["agim-send"],
            stdin="hello\n/agent two\nhello\n/new\nhello\n")
        self.assertCodes(done, 0, 0, 0, 0)
        said = done.out.splitlines()
        self.assertEqual(sorted(said), sorted(
            ["hello", "two takes over.", "HELLO", "A new conversation.", "hello"]))
        self.assertAnswered(5)

    def test_a_rule_s_agent_is_for_that_message_only(self):
        self.config({
            "agents": {name: {"driver": "exec", "command": ["cat"]} for name in ("one", "two")},
            "default_agent": "one", "rules": [{"if": {"text": {"glob": "two*"}}, "set": {"agent": "two"}}]})
        self.pipe(["agim-recv", "stdin"], ["agim-route"], ["agim-run"], ["agim-send"], stdin="hello\ntwo x\n")
        done = self.pipe(["agim-recv", "stdin"], ["agim-route"], stdin="hello\n")
        self.assertEqual(done.lines[0]["agent"], "one")
        self.assertEqual(self.sql("select agent from session")[0]["agent"], "one")

    def test_abort_ends_the_turn(self):
        self.agents(slow=["sleep", "60"])
        pipeline = self.start(["agim-recv", "stdin"], ["agim-route"], ["agim-run", "slow"], ["agim-send"])
        pipeline.write("work\n")
        self.wait_for(lambda: self.count("inbox", "state='running'") == 1, what="a running turn")
        pipeline.write("停止\n")
        self.wait_for(lambda: self.count("inbox", "state='done'") == 2, what="both messages to be done")
        pipeline.close()
        pipeline.wait()
        self.assertIn("正在停止。", pipeline.out)
        self.assertIn("slow was stopped", pipeline.out)
        self.assertAnswered(2, errors=1)

    def test_an_old_abort_ends_nothing(self):
        self.everybody(agents={"slow": {"driver": "exec", "command": ["sleep", "3"]}})
        # What comes again was said before the turn that runs now.
        pipeline = self.start(["agim-run", "slow"])
        pipeline.write(self.message("work", 1, agent="slow"))
        self.wait_for(lambda: self.count("inbox", "state='running'") == 1, what="a running turn")
        pipeline.write(json.dumps({
            "type": "control", "id": "c", "session": "telegram:1", "action": "abort", "parent": "x", "again": True})
            + "\n")
        pipeline.close()
        pipeline.wait()
        self.assertEqual([line["text"] for line in pipeline.lines if line["type"] == "reply" and line["final"]],
                         ["(no output)"])


class People(RouteCase):
    def test_strangers_get_silence_and_their_rows_are_closed(self):
        source = self.script("source", """
printf '{"type":"message","id":"s1","session":"telegram:1","from":{"id":"bad"},"chat":"group","text":"/help"}\\n'
printf '{"type":"message","id":"s2","session":"telegram:1","from":{"id":"good"},"text":"/agents"}\\n'
printf '{"type":"message","id":"s3","session":"telegram:1","from":{"id":"bad"},"chat":"group","text":"do it","agent":"x"}\\n'
exec sleep 60
""")
        self.config({"allow": {"command": ["good"]}})
        done = self.start(["agim-recv", f"command:{source}"], ["agim-route", "--agents", "x"])
        self.wait_for(lambda: self.count("inbox", "state='done'") == 3, what="the end of all three")
        done.procs[0].send_signal(signal.SIGTERM)
        done.wait()
        self.assertEqual([line["parent"] for line in done.lines], ["s2"])
        self.assertSaid(done, 1, "a stranger's message is left out", "from=command:bad")
        rows = self.sql("select state, reason from inbox order by n")
        self.assertEqual(
            [(row["state"], row["reason"]) for row in rows],
            [("done", "the sender is not allowed"), ("done", None), ("done", "the sender is not allowed")])

    def test_a_network_is_closed_until_somebody_says_otherwise(self):
        hello = [self.message("hello", n, session=s) for n, s in enumerate(
            ["telegram:1", "stdin:main", "feishu:2", "tty:x"])]
        done = self.route(*hello, args=["--agent", "claude"])
        self.assertEqual([line["id"] for line in done.lines], ["m1", "m3"])
        self.config({"allow": {"telegram": ["U1"], "*": ["U2"]}})
        done = self.route(*hello, args=["--agent", "claude"])
        self.assertEqual([line["id"] for line in done.lines], ["m0", "m1", "m3"])

    def test_who_is_allowed_may_change(self):
        self.config({"default_agent": "claude"})
        pipeline = self.start(["agim-route"])

        def passes():
            before = len(pipeline.lines)
            pipeline.write(self.message("hello", time.monotonic_ns()) + '{"type":"x"}\n')
            self.wait_for(lambda: pipeline.lines[before:] and pipeline.lines[-1]["type"] == "x", what="an echo")
            return len(pipeline.lines) - before == 2

        self.assertFalse(passes())
        self.config({"default_agent": "claude", "allow": {"telegram": ["U1"]}})
        self.wait_for(passes, what="the permission")
        self.config({"default_agent": "claude"})
        self.wait_for(lambda: not passes(), what="the end of it")
        pipeline.close()
        self.assertEqual(pipeline.wait(), [0])

    def test_ranks(self):
        self.config({"allow": {"telegram": "*"}, "approvers": ["telegram:U2"], "admins": ["telegram:U3"]})
        done = self.route(
            self.message("/sessions", 1), self.message("/sessions", 2, sender="U2"),
            self.message("/sessions", 3, sender="U3"), self.message("/audit", 4, sender="U2"),
            self.message("/audit", 5, sender="U3"), self.message("/approval", 6, sender="U2"))
        one, two, three, four, five, six = self.texts(done)
        self.assertEqual((one, two), ("Only an admin may do that.", "Only an admin may do that."))
        self.assertNotIn("Only", three)
        self.assertEqual(four, "Only an admin may do that.")
        self.assertEqual(five, "No turn in the last 24 hours.")
        self.assertEqual(six, "No request waits for an answer.\n\nNo grants.")

    def test_posted_lines_have_no_rank(self):
        self.config({"admins": ["inbox:tester", "telegram:tester"], "allow": {"telegram": "*"}})
        self.pipe(["agim-session", "post", "telegram:1", "/sessions"])
        pipeline = self.start(["agim-recv", "inbox"], ["agim-route"])
        self.wait_for(lambda: pipeline.lines, what="an answer")
        self.assertEqual(self.texts(pipeline), ["Only an admin may do that."])

    def test_a_line_that_names_the_terminal_is_not_the_terminal(self):
        done = self.route(self.message("/sessions", 1, session="tty:main", sender="tester"))
        self.assertEqual(self.texts(done), ["Only an admin may do that."])

    def test_what_is_routed_already_is_not_touched(self):
        self.everybody(default_agent="claude")
        line = '{"type":"message","id":"a" ,"session":"telegram:1","agent":"faq","text":"/help","x":1.50}\n'
        self.assertEqual(self.route(line).out, line)


class Rules(RouteCase):
    def test_rules(self):
        self.config({
            "allow": {"*": "*"}, "agents": {"claude": {}, "faq": {}}, "default_agent": "claude",
            "addresses": {"ops": "telegram:-100"},
            "rules": [
                {"if": {"platform": "slack", "channel": "#help"}, "set": {"agent": "faq"}, "priority": 10},
                {"if": {"text": {"regex": "(?i)spam"}}, "set": {"drop": True}, "priority": 20},
                {"if": {"text": {"glob": "urgent*"}}, "set": {"prompt": "Quick!", "reply_to": "ops"}}]})
        done = self.route(
            self.message("hello", 1, session="slack:%23help"), self.message("SPAM spam", 2),
            self.message("urgent: x", 3), self.message("hello", 4))
        got = {line["id"]: line for line in done.lines}
        self.assertEqual(set(got), {"m1", "m3", "m4"})
        self.assertEqual((got["m1"]["agent"], got["m1"]["reason"]), ("faq", {"rule": "rules[0]", "score": 0.0}))
        self.assertEqual((got["m3"]["text"], got["m3"]["reply_to"]), ("Quick!\n\nurgent: x", "telegram:-100"))
        self.assertEqual(got["m4"]["text"], "hello")

    def test_reply_to_goes_there(self):
        out = self.path("elsewhere")
        self.config({
            "agents": {"echo": {"driver": "exec", "command": ["cat"]}}, "default_agent": "echo",
            "rules": [{"if": {"text": {"glob": "away*"}}, "set": {"reply_to": "stdin:elsewhere"}}]})
        done = self.pipe(
            ["agim-recv", "stdin"], ["agim-route"], ["agim-run"], ["agim-send"], stdin="away\nhere\n")
        self.assertEqual(sorted(done.out.splitlines()), ["away", "here"])
        targets = {json.loads(row["line"])["text"]: row["target"] for row in self.sql(
            "select line, target from outbox join outbox_line using (n)")}
        self.assertEqual(targets, {"away": "stdout", "here": None})
        self.assertFalse(os.path.exists(out))

    def test_a_bomb_is_bounded_and_told_once(self):
        self.config({
            "allow": {"*": "*"}, "default_agent": "claude",
            "rules": [{"name": "bomb", "if": {"text": {"regex": "(a+)+$"}}, "set": {"agent": "faq"}}]})
        text = ("a" * 60 + "!") * 3000
        start = time.monotonic()
        done = self.route(*[self.message(text, n) for n in range(20)], limit=60)
        self.assertLess(time.monotonic() - start, 50)
        self.assertEqual([line["agent"] for line in done.lines], ["claude"] * 20)
        self.assertEqual(done.err(0).count("took too long"), 1)
        self.assertSaid(done, 0, "rule=bomb")

    def test_bad_rules_are_named_at_start(self):
        for rule, words in [
            ({"name": "odd", "if": {"text": {"regex": "("}}, "set": {"agent": "a"}}, "rule odd"),
            ({"if": {"text": {"regex": "a"}}, "set": {"project": "x"}}, "no project \"x\""),
            ({"set": {"reply_to": "nowhere"}}, "reply_to 'nowhere'"),
            ({"if": {"channle": "a"}, "set": {"agent": "a"}}, "did you mean \"channel\"?"),
        ]:
            with self.subTest(words):
                self.config({"rules": [rule]})
                done = self.route(self.message("x", 1))
                self.assertCodes(done, 78)
                self.assertSaid(done, 0, words)

    def test_a_configuration_that_changes(self):
        self.everybody(agents={"one": {}, "two": {}}, default_agent="one")
        pipeline = self.start(["agim-route"])
        pipeline.write(self.message("hello", 1))
        self.wait_for(lambda: len(pipeline.lines) == 1, what="the first line")
        self.config({"allow": {"*": "*"}, "rules": [{"if": {"text": {"regex": "("}}, "set": {"agent": "a"}}]})
        pipeline.procs[0].send_signal(signal.SIGHUP)
        self.wait_for(lambda: "the old one stays in force" in pipeline.err(0), what="a word about it")
        self.everybody(agents={"one": {}, "two": {}}, rules=[{"set": {"agent": "two"}}])
        pipeline.procs[0].send_signal(signal.SIGHUP)

        def takes_over():
            pipeline.write(self.message("hello", time.monotonic_ns()))
            return pipeline.lines[-1]["agent"] == "two"

        self.wait_for(takes_over, what="the new rule")
        pipeline.close()
        self.assertEqual(pipeline.wait(), [0])


class Explain(RouteCase):
    def explain(self, *words, **env):
        done = self.pipe(["agim-route", *words], **env)
        self.assertCodes(done, 0)
        self.assertEqual(len(done.lines), 1)
        return done.lines[0]

    def test_the_whole_decision(self):
        self.everybody(agents={"claude": {}, "opencode": {}}, default_agent="claude")
        told = self.explain("--explain", "git rebase, then 部署", "--session", "telegram:1", "--from", "U")
        self.assertEqual((told["agent"], told["reason"]), ("opencode", {"rule": "keywords", "score": 4.5}))
        self.assertEqual((told["rank"], told["language"], told["outcome"]), ("allowed", "zh", "routed"))
        best = told["candidates"][0]
        self.assertEqual((best["agent"], best["hits"]), ("opencode", ["git", "devops"]))
        self.assertEqual(os.listdir(self.home), ["config.json"])

    def test_it_sees_the_conversation_and_changes_nothing(self):
        self.everybody(agents={"claude": {}, "codex": {}})
        self.route(self.message("/cx", 1))
        before = self.sql("select * from session")
        told = self.explain("--explain", "review", "--session", "telegram:1")
        self.assertEqual((told["agent"], told["reason"]["rule"]), ("codex", "sticky"))
        told = self.explain("--explain", "/new", "--session", "telegram:1")
        self.assertEqual((told["command"], told["outcome"]), ("new", "answered"))
        self.assertEqual(self.sql("select * from session"), before)

    def test_strangers_commands_and_mistakes(self):
        self.assertEqual(self.explain("--explain", "x", "--session", "telegram:1")["outcome"], "refused")
        self.assertEqual(self.explain("--explain", "/nix")["outcome"], "unknown command")
        self.assertEqual(self.explain("--explain", "/cc go")["words"], "go")
        self.assertEqual(self.explain("--explain", "hello")["outcome"], "passed on")
        for words, said in [
            (["--explain", "x", "--session", "nowhere"], "'nowhere' is not an address"),
            (["--agent", "A b"], "not the name of an agent"),
            (["--agents", "a,,b"], "not the name of an agent"),
            (["--agents", "a", "--agent", "b"], "is not among --agents"),
            (["--from", "x"], "goes with --explain"), (["stray"], "takes no operand"),
        ]:
            done = self.pipe(["agim-route", *words])
            self.assertCodes(done, 64)
            self.assertSaid(done, 0, said)


class Work(RouteCase):
    """Commands that are about an agent's work."""

    def test_a_side_question_and_commands_for_the_agent_go_on_marked(self):
        self.everybody(agents={"a": {"driver": "exec", "command": ["cat"]}}, default_agent="a")
        done = self.route(
            self.message("/btw  what is\nthis?", 1), self.message("/compact", 2), self.message("/undo", 3),
            self.message("/btw", 4))
        lines = {line.get("id"): line for line in done.lines if line["type"] == "message"}
        self.assertEqual(
            [(lines["m1"]["text"], lines["m1"]["aside"], lines["m1"]["agent"])], [("what is\nthis?", True, "a")])
        self.assertEqual((lines["m2"]["text"], lines["m2"]["command"], lines["m2"]["agent"]), ("/compact", "compact", "a"))
        self.assertEqual((lines["m3"]["text"], lines["m3"]["command"]), ("/undo", "undo"))
        self.assertNotIn("m4", lines)

    def test_what_was_interrupted_is_run_again_when_its_person_says_so(self):
        log = self.path("log")
        agent = self.script("agent", f"echo x >> {log}; [ -e {self.path('second')} ] || sleep 60; echo done\n")
        self.everybody(agents={"a": {"driver": "exec", "command": [agent]}}, default_agent="a")
        stages = (["agim-recv", "stdin"], ["agim-route"], ["agim-run"], ["agim-send"])
        live = self.start(*stages)
        live.write("work\n")
        self.wait_for(lambda: os.path.exists(log), what="the turn")
        os.kill(self.worker(live.procs[2]), signal.SIGKILL)
        live.kill()
        live.wait()
        self.write("second", "")
        live = self.start(*stages)
        self.wait_for(lambda: "was interrupted" in live.out, what="word of it")
        live.write("/retry\n")
        self.wait_for(lambda: "done" in live.out, 15, "the answer")
        self.assertIn("It is run again.", live.out)
        live.write("/retry\n")
        self.wait_for(lambda: "No message of this conversation was interrupted." in live.out, what="a no")
        live.close()
        live.wait()
        self.assertEqual(self.read("log"), "x\nx\n")

    def test_a_session_of_the_agent_s_own_is_attached(self):
        self.config({
            "allow": {"*": "*"}, "approvers": ["telegram:A"], "default_agent": "claude",
            "agents": {"claude": {"driver": "exec", "command": ["cat"], "workdir": self.path("work")}}})
        ask = lambda text, number, sender="A": self.texts(self.route(self.message(text, number, sender=sender)))
        self.assertIn("Only an approver", ask("/attach x1", 1, "U1")[0])
        self.assertIn("no session of its own", ask("/attach", 2)[0])
        for number, bad in enumerate(["-x", "a b", "x" * 129, "$(id)", "../x"]):
            self.assertIn("/attach", ask(f"/attach {bad}", 10 + number)[0], bad)
        self.assertIn("goes on from claude's session 0a-1", ask("/attach 0a-1", 3)[0])
        self.assertIn("claude's own session here is 0a-1.", ask("/attach", 4)[0])
        data = json.loads(self.sql("select data from session")[0]["data"])
        self.assertEqual(data["native"], {"claude": {"id": "0a-1", "workdir": self.path("work"), "foreign": True}})
        # The next generation knows nothing of it.
        self.assertIn("A new conversation.", ask("/new", 5)[0])
        self.assertIn("no session of its own", ask("/attach", 6)[0])


class OwnCommands(RouteCase):
    def setUp(self):
        super().setUp()
        self.config({"allow": {"*": "*"}, "admins": ["telegram:A"]})

    def run_own(self, text, number=1, sender="A", **options):
        return self.route(self.message(text, number, sender=sender), **options)

    def test_line_in_output_out(self):
        self.own("deploy", 'read -r line; printf "%s\\n" "$line" | jq -r .text; env | cut -d= -f1 | sort | tr "\\n" " "; pwd')
        done = self.run_own("/deploy now", SECRET_TOKEN="x")
        said = self.texts(done)[0].splitlines()
        self.assertEqual(said[0], "/deploy now")
        names = said[1].split()
        self.assertIn("AGIM_SESSION", names)
        self.assertNotIn("SECRET_TOKEN", names)
        self.assertTrue(said[1].endswith(self.home))
        self.assertEqual(self.states("inbox"), {"done": 1})

    def test_only_admins_and_only_executable_regular_files(self):
        self.own("deploy", "echo ran")
        self.own("plain", "echo ran", mode=0o644)
        os.symlink("/bin/echo", os.path.join(self.home, "commands", "linked"))
        os.mkdir(os.path.join(self.home, "commands", "folder"))
        self.assertIn("no command /deploy", self.texts(self.run_own("/deploy", sender="U1"))[0])
        for number, name in enumerate(["plain", "linked", "folder", "help2"]):
            self.assertIn(f"no command /{name}", self.texts(self.run_own(f"/{name}", number=10 + number))[0])
        # A built-in one is not replaced.
        self.own("agents", "echo ran")
        self.assertIn("Agents:", self.texts(self.run_own("/agents", 20))[0])
        self.assertEqual(self.texts(self.run_own("/deploy", 21)), ["ran"])

    def test_failure_garbage_and_too_much(self):
        self.own("fail", "echo so far; echo why >&2; exit 3")
        self.own("garbage", "head -c 300 /dev/urandom; printf 'x\\033[31m\\000\\377'")
        self.own("much", "yes | head -c 10000000")
        self.own("silent", "exec true")
        self.own("broken", "")
        with open(os.path.join(self.home, "commands", "broken"), "w") as file:
            file.write("#!/nowhere/interpreter\n")
        texts = self.texts(self.route(*[
            self.message(f"/{name}", n, sender="A", session=f"telegram:{n}")
            for n, name in enumerate(["fail", "garbage", "much", "silent", "broken"])]))
        joined = "\n".join(texts)
        self.assertEqual(len(texts), 5)
        self.assertIn("so far\n/fail ended with exit status 3.\nwhy", joined)
        self.assertNotIn("\x1b", joined)
        self.assertIn("bytes more were left out", joined)
        self.assertIn("(no output)", joined)
        self.assertIn("/broken cannot be started", joined)

    def test_time_limit_ends_the_whole_tree(self):
        self.own("slow", "(setsid sleep 300 &) ; sleep 301 & echo begun; trap '' TERM; sleep 302")
        start = time.monotonic()
        done = self.run_own("/slow", limit=60)
        self.assertGreater(time.monotonic() - start, 29)
        self.assertIn("took longer than 30 seconds", self.texts(done)[0])
        self.assertIn("begun", self.texts(done)[0])
        left = [words for words in self.processes().values() if "sleep 30" in words]
        self.assertEqual(left, [])

    test_time_limit_ends_the_whole_tree.seconds = 35

    def test_what_it_leaves_running_ends_with_it(self):
        self.own("leave", "sleep 300 & (setsid sleep 301 &); echo done")
        self.assertEqual(self.texts(self.run_own("/leave")), ["done"])
        self.assertEqual([w for w in self.processes().values() if "sleep 30" in w], [])

    def test_abort_ends_it(self):
        self.own("slow", f"touch {self.path('begun')}; sleep 300")
        pipeline = self.start(["agim-route"])
        pipeline.write(self.message("/slow", 1, sender="A"))
        self.wait_for(lambda: os.path.exists(self.path("begun")), what="the command")
        pipeline.write(self.message("stop", 2, session="telegram:2") + self.message("stop", 3))
        pipeline.close()
        self.assertEqual(pipeline.wait(), [0])
        self.assertEqual(
            [text for text in self.texts(pipeline)],
            ["Nothing runs here now.", "Stopping.", "/slow ended with signal 15."])

    def test_others_go_on_meanwhile(self):
        self.own("slow", "sleep 2; echo late")
        done = self.route(self.message("/slow", 1, sender="A"), self.message("/agents", 2))
        self.assertEqual([line["parent"] for line in done.lines], ["m2", "m1"])

    def test_an_interrupted_one_is_told_about_and_not_run_again(self):
        self.own("slow", f"echo x >> {self.path('ran')}; sleep 60")
        source = self.script(
            "source", 'printf \'{"type":"message","id":"s1","session":"telegram:1","from":{"id":"A"},"text":"/slow"}\\n\'; '
            "exec sleep 60")
        self.config({"admins": ["command:A"]})
        pipeline = self.start(["agim-recv", f"command:{source}"], ["agim-route"])
        self.wait_for(lambda: os.path.exists(self.path("ran")), what="the command")
        os.kill(self.worker(pipeline.procs[1]), signal.SIGKILL)
        pipeline.wait()
        self.wait_for(
            lambda: not [w for w in self.processes().values() if "commands/slow" in w], what="the end of the command")
        again = self.start(["agim-recv", f"command:{source}"], ["agim-route"])
        self.wait_for(lambda: again.lines, what="a word about it")
        self.assertEqual((again.lines[0]["type"], again.lines[0]["code"]), ("error", "interrupted"))
        self.assertEqual(self.read("ran"), "x\n")
        self.assertEqual(self.sql("select state, reason from inbox"), [{"state": "dead", "reason": "interrupted"}])
        again.procs[0].send_signal(signal.SIGTERM)
        again.wait()


class Files(RouteCase):
    def setUp(self):
        super().setUp()
        self.work = self.path("work")
        os.mkdir(self.work)
        self.config({
            "allow": {"*": "*"}, "approvers": ["telegram:A"], "default_agent": "x",
            "agents": {"x": {"driver": "exec", "command": ["cat"], "workdir": self.work}}})

    def ask(self, text):
        Files.number = getattr(Files, "number", 0) + 1
        return self.texts(self.route(self.message(text, f"f{self.number}", sender="A")))[0]

    def git(self, *words):
        self.assertEqual(self.pipe(["git", "-C", self.work, "-c", "user.name=t", "-c", "user.email=t@t", *words]).codes, [0])

    def test_ls(self):
        self.assertEqual(self.ask("/ls"), "The directory is empty.")
        os.mkdir(os.path.join(self.work, "sub"))
        for name in ["b", "a\nx", "sub/deep"]:
            open(os.path.join(self.work, name), "w").close()
        os.symlink("/etc", os.path.join(self.work, "out"))
        self.assertEqual(self.ask("/ls"), "a\nx\nb\nout\nsub/")
        self.assertEqual(self.ask("/ls sub"), "deep")
        # Also of what is not there: nobody is told what there is elsewhere.
        for path in ["..", "out", "sub/../..", "/../../etc", "/nowhere", "out/nowhere"]:
            self.assertIn("outside the work directory", self.ask(f"/ls {path}"), path)
        self.assertIn("Not shown: ", self.ask("/ls ~/.ssh/../.ssh"))
        self.assertEqual(self.ask("/ls nowhere"), "There is no directory nowhere.")

    def test_diff(self):
        self.assertEqual(self.ask("/diff"), "The work directory is no git repository.")
        self.git("init", "-q")
        for name in ["a", "b", ".env"]:
            with open(os.path.join(self.work, name), "w") as file:
                file.write("old\n")
        self.git("add", ".")
        self.git("commit", "-qm", "x")
        self.assertEqual(self.ask("/diff"), "Nothing has changed.")
        for name in ["a", "b", ".env"]:
            with open(os.path.join(self.work, name), "w") as file:
                file.write("new SECRET\n")
        both = self.ask("/diff")
        self.assertIn("b/a", both)
        self.assertIn("b/b", both)
        self.assertNotIn("b/.env", both)
        self.assertTrue(both.endswith("\n[not shown: .env]"), both)
        self.assertNotIn("b/b", self.ask("/diff a"))
        self.assertIn("Not shown: ", self.ask("/diff .env"))
        os.remove(os.path.join(self.work, "a"))
        self.assertIn("deleted file", self.ask("/diff a"))
        self.assertIn("outside the work directory", self.ask("/diff ../x"))

    def test_diff_of_a_renamed_secret(self):
        self.git("init", "-q")
        self.write("work/.env", "TOKEN\n" * 20)
        self.git("add", "-A")
        self.git("commit", "-qm", "x")
        os.rename(os.path.join(self.work, ".env"), os.path.join(self.work, ".env.old"))
        self.git("add", "-A")
        self.assertEqual(self.ask("/diff"), "[not shown: .env, .env.old]")

    def test_diff_runs_no_program_of_the_repository(self):
        self.git("init", "-q")
        with open(os.path.join(self.work, "a"), "w") as file:
            file.write("old\n")
        self.git("add", ".")
        self.git("commit", "-qm", "x")
        ran = self.path("ran")
        evil = self.script("evil", f"echo x >> {ran}; cat")
        with open(os.path.join(self.work, "a"), "w") as file:
            file.write("new\n")
        with open(os.path.join(self.work, ".gitattributes"), "w") as file:
            file.write("a filter=f diff=d\n")
        # The person's own settings are not read at all.
        self.write("user/.gitconfig", f"[core]\n\tfsmonitor = {evil}\n\tpager = {evil}\n")
        self.assertIn("new", self.ask("/diff"))
        for key in ["core.fsmonitor", "diff.external", "diff.d.command", "diff.d.textconv", "filter.f.clean"]:
            self.git("config", key, evil)
            said = self.ask("/diff")
            self.assertIn("Not shown: git: ", said)
            self.assertIn("may name a program", said)
            self.git("config", "--unset", key)
        self.assertIn("new", self.ask("/diff"))
        hooks = os.path.join(self.work, ".git", "hooks", "post-index-change")
        with open(hooks, "w") as file:
            file.write(f"#!/bin/sh\necho x >> {ran}\n")
        os.chmod(hooks, stat.S_IRWXU)
        self.assertIn("Not shown: git: ", self.ask("/diff"))
        self.assertFalse(os.path.exists(ran))

    def test_diff_while_the_repository_changes(self):
        """What is written into its settings after they were looked at has no effect either."""
        self.git("init", "-q")
        self.write("work/a", "old\n")
        self.git("add", ".")
        self.git("commit", "-qm", "x")
        self.write("work/a", "new\n")
        self.write("work/.gitattributes", "a filter=f diff=d\n")
        ran = self.path("ran")
        evil = self.script("evil", f"echo x >> {ran}; cat")
        config = os.path.join(self.work, ".git", "config")
        # A git that is as slow as it must be for somebody to write first, in the place of the system's.
        need("bwrap", "bubblewrap")
        real = shutil.which("git", path=self.env["PATH"])
        slow = self.script("git", f"printf '[filter \"f\"]\\n\\tclean = {evil}\\n[diff \"d\"]\\n\\ttextconv = {evil}\\n' >> {config}\n"
                           f"exec {self.path('real-git')} \"$@\"")
        self.write("real-git", "")
        done = self.pipe(
            ["bwrap", "--dev-bind", "/", "/", "--ro-bind", real, self.path("real-git"), "--ro-bind", slow, real,
             *([] if os.geteuid() == 0 else ["--unshare-user", "--uid", "0"]), "--", os.path.join(support.BIN, "agim-route")],
            stdin=self.message("/diff", "slow", sender="A"))
        said = self.texts(done)[0]
        self.assertIn("+new", said)
        self.assertFalse(os.path.exists(ran))
        with open(config) as file:
            self.assertIn("clean =", file.read(), "nobody wrote first")
        self.assertEqual([name for name in os.listdir(os.path.join(self.home, "run")) if name.startswith("diff")], [])
        self.assertIn("may name a program", self.ask("/diff"))

    def test_get(self):
        self.write("work/a b.txt", "hello\n")
        self.write("work/raw", b"\0\1")
        self.write("work/.env", "TOKEN\n")
        self.write("outside", "x\n")
        os.symlink("../outside", os.path.join(self.work, "link"))
        os.symlink(".env", os.path.join(self.work, "note.txt"))
        os.link(self.path("outside"), os.path.join(self.work, "twice"))
        os.mkdir(os.path.join(self.work, "sub"))
        os.mkfifo(os.path.join(self.work, "fifo"))
        with open(os.path.join(self.work, "large"), "wb") as file:
            file.truncate((20 << 20) + 1)
        for path, name, mime, content in [
                ("a b.txt", "a b.txt", "text/plain; charset=utf-8", b"hello\n"),
                (f"{self.work}/raw", "raw", "application/octet-stream", b"\0\1")]:
            done = self.route(self.message(f"/get {path}", f"get-{name[0]}", sender="A"))
            reply = done.lines[0]
            sha256 = hashlib.sha256(content).hexdigest()
            self.assertEqual(reply["attachments"], [{
                "kind": "file", "path": f"{self.home}/files/{sha256}", "sha256": sha256, "size": len(content),
                "mime": mime, "name": name}])
            with open(reply["attachments"][0]["path"], "rb") as file:
                self.assertEqual(file.read(), content)
            self.assertEqual(stat.S_IMODE(os.stat(reply["attachments"][0]["path"]).st_mode), 0o600)
        for path, words in [
                ("", "This is written /get PATH"), ("nothing", "There is no file nothing."),
                ("sub", "There is no file sub."), (".env", "Not shown: "), ("note.txt", "Not shown: "),
                ("link", "outside the work directory"), ("../outside", "outside the work directory"),
                ("/etc/hostname", "outside the work directory"), ("twice", "has 2 names"),
                ("fifo", "neither a file nor a directory"), ("large", "larger than 20 MiB"),
                ("~/.ssh/id_rsa", "Not shown: "), ("file:///etc/hostname", "is not a path of a file")]:
            self.assertIn(words, self.ask(f"/get {path}"), path)
        self.assertEqual(len(os.listdir(f"{self.home}/files")), 2)

    def test_a_rule_of_the_configuration_can_forbid_and_never_allow(self):
        self.write("work/a", "hello\n")
        self.write("outside", "x\n")
        config = json.loads(self.read("home/config.json"))
        self.config({**config, "policy": [{"if": {"person": "telegram:A"}, "then": "allow"}]})
        self.assertIn("hello", self.shown("/get a"))
        self.assertIn("outside the work directory", self.ask("/get ../outside"))
        self.config({**config, "policy": [{"if": {"agent": "x"}, "then": "deny"}]})
        for text in ["/get a", "/ls"]:
            self.assertIn("Rule 1 of the configuration denies it.", self.ask(text))

    def shown(self, text):
        """The content of the file that a command sends."""
        Files.number = getattr(Files, "number", 0) + 1
        reply = self.route(self.message(text, f"f{self.number}", sender="A")).lines[0]
        with open(reply["attachments"][0]["path"]) as file:
            return file.read()


class Again(RouteCase):
    def source(self, *texts, extra=""):
        lines = "".join(
            f'printf \'{{"type":"message","id":"s{n}","session":"telegram:1","from":{{"id":"A"}},"text":"{text}"}}\\n\'\n'
            for n, text in enumerate(texts))
        return self.script("source", lines + extra)

    def test_a_command_that_comes_twice_is_answered_once(self):
        self.everybody(agents={"claude": {}})
        one = self.message("/new", 1)
        done = self.route(self.message("/cc", 0), one, one, one)
        self.assertEqual(self.count("session"), 2)
        replies = [line for line in done.lines if line["type"] == "reply" and line["parent"] == "m1"]
        self.assertEqual(len({line["id"] for line in replies}), 1)
        self.assertEqual([line.get("again", False) for line in replies], [False, True, True])
        self.assertEqual(self.count("outbox"), 2)

    def test_a_switch_that_comes_again_undoes_nothing(self):
        self.everybody(agents={"claude": {}, "codex": {}})
        source = self.source("/cx do it", "/cc", extra="exec sleep 60")
        pipeline = self.start(["agim-recv", f"command:{source}"], ["agim-route"])
        self.wait_for(lambda: len(pipeline.lines) == 3, what="both")
        pipeline.procs[0].send_signal(signal.SIGTERM)
        pipeline.wait()
        self.assertEqual(self.sql("select agent from session")[0]["agent"], "claude")
        # Nobody has taken the first one: it is printed again.
        again = self.start(["agim-recv", f"command:{source}"], ["agim-route"])
        first = self.wait_for(
            lambda: next((line for line in again.lines if line["type"] == "message"), None), what="it again")
        self.assertEqual((first["id"], first["again"], first["agent"], first["text"]), ("s0", True, "codex", "do it"))
        self.assertEqual(self.sql("select agent from session")[0]["agent"], "claude")
        again.procs[0].send_signal(signal.SIGTERM)
        again.wait()

    def test_a_switch_that_nobody_saw_is_made_when_it_comes_again(self):
        self.everybody(agents={"claude": {}, "codex": {}})
        self.route(json.dumps({"type": "message", "id": "x", "session": "telegram:1", "text": "/cc"}) + "\n")
        source = self.source("/cx do it", extra="exec sleep 60")
        pipeline = self.start(["agim-recv", f"command:{source}"])
        self.wait_for(lambda: pipeline.lines, what="the message")
        pipeline.kill()
        again = self.start(["agim-recv", f"command:{source}"], ["agim-route"])
        self.wait_for(lambda: again.lines, what="it again")
        self.assertEqual((again.lines[0]["again"], again.lines[0]["agent"]), (True, "codex"))
        self.assertEqual(self.sql("select agent from session where state <> 'closed'")[0]["agent"], "codex")
        again.procs[0].send_signal(signal.SIGTERM)
        again.wait()

    def test_a_message_keeps_its_agent_when_it_comes_again(self):
        self.config({
            "agents": {name: {"driver": "exec", "command": ["cat"]} for name in ("one", "two")},
            "default_agent": "one"})
        self.pipe(["agim-recv", "stdin"], ["agim-route"], ["agim-run", "one"], stdin="hello\n")
        row = self.sql("select id, line from inbox")[0]
        self.config({
            "agents": {name: {"driver": "exec", "command": ["cat"]} for name in ("one", "two")},
            "rules": [{"set": {"agent": "two"}}]})
        line = json.loads(row["line"])
        for name in ("agent", "reason"):
            line.pop(name)
        done = self.route(json.dumps({**line, "again": True}) + "\n")
        self.assertEqual(done.lines[0]["agent"], "one")

    def test_a_full_disk_is_waited_out(self):
        home = self.path("small")
        self.tmpfs(home, "1500k")
        self.config({"allow": {"*": "*"}, "default_agent": "x"}, home=home)
        pipeline = self.start(["agim-route"], AGIM_HOME=home)
        pipeline.write(self.message("/agents", 1))
        self.wait_for(lambda: len(pipeline.lines) == 1, what="an answer")
        fill(os.path.join(home, "filler"))
        pipeline.write(self.message("/plan on", 2, pad="x" * 5000) + '{"type":"x"}\n' + self.message("hi", 3))
        self.wait_for(lambda: "cannot write the store" in pipeline.err(0), what="a word about it")
        self.assertEqual(len(pipeline.lines), 1)
        os.unlink(os.path.join(home, "filler"))
        self.wait_for(lambda: len(pipeline.lines) == 4, limit=20, what="everything")
        self.assertEqual([line["type"] for line in pipeline.lines[1:]], ["reply", "x", "message"])
        self.assertEqual(pipeline.lines[3]["mode"], "plan")
        pipeline.close()
        self.assertEqual(pipeline.wait(), [0])
