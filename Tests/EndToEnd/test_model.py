"""agim-model against a strict model server: both APIs, vectors, recordings, programs, and all that goes wrong."""

import json
import os
import signal
import subprocess
import sys
import time
import unittest

from support import (AGAIN, CONFIG, DATA, NO_INPUT, NOT_PERMITTED, OK, READER_GONE, UNAVAILABLE, USAGE, Case)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Support", "platforms"))
from models import KEY, Models, vector  # noqa: E402


class Done:
    def __init__(self, process):
        self.code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        self.raw, self.err = process.stdout, process.stderr.decode(errors="replace")
        self.out = self.raw.decode(errors="replace")

    @property
    def lines(self):
        return [json.loads(line) for line in self.raw.splitlines()]


class ModelCase(Case):
    def setUp(self):
        super().setUp()
        self.server = Models()
        self.addCleanup(self.server.close)
        self.roles = {
            "chat": {"base_url": self.server.url, "model": "small", "key": {"file": "key"}},
            "claude": {"base_url": self.server.root, "api": "anthropic", "model": "claude-small",
                       "key": {"env": "CLAUDE_KEY"}},
            "embed": {"base_url": self.server.url, "model": "vectors", "key": {"file": "key"}},
            "transcribe": {"base_url": self.server.url, "key": {"file": "key"}}}
        self.env["CLAUDE_KEY"] = KEY
        self.put("key", KEY + "\n")
        self.configure()

    def put(self, name, text, mode=0o600):
        path = os.path.join(self.home, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def configure(self, **more):
        self.put("config.json", json.dumps({"models": self.roles, **more}))

    def role(self, name, **more):
        self.roles[name].update(more)
        self.configure()

    def run_model(self, *words, text="What is it?", limit=30, program="agim-model"):
        """Runs it; nothing it says may hold the key."""
        given = text.encode() if isinstance(text, str) else text
        done = Done(subprocess.run([program, *words], input=given, capture_output=True, env=self.env, timeout=limit,
                                   cwd=self.dir, check=False))
        self.assertNotIn(KEY, done.out + done.err)
        return done

    def ask(self, *words, code=OK, **more):
        done = self.run_model(*(words or ("chat",)), **more)
        self.assertEqual(done.code, code, done.err + done.out)
        return done

    def audit(self, *words):
        return [line for line in self.run_model("log", "--json", *words, program="agim-audit").lines]

    def serverWasFine(self):
        self.assertEqual(self.server.faults, [])


class Text(ModelCase):
    """Prompts and what comes back."""

    def test_both_apis(self):
        for role in ("chat", "claude"):
            with self.subTest(role=role):
                self.assertEqual(self.ask(role, text="wörld 🍎\n").out, "You said: wörld 🍎\n")
        self.serverWasFine()
        chat, claude = self.server.requests
        self.assertEqual(chat["body"], {
            "model": "small", "messages": [{"role": "user", "content": "wörld 🍎\n"}], "stream": True,
            "stream_options": {"include_usage": True}})
        self.assertEqual(claude["body"]["max_tokens"], 4096)
        self.assertEqual(claude["headers"]["anthropic-version"], "2023-06-01")
        for request in (chat, claude):
            self.assertNotIn("expect", request["headers"])

    def test_settings_become_fields(self):
        settings = {"system": "Be brief.", "temperature": 0.25, "max_tokens": 77, "extra": {"seed": 4}}
        self.role("chat", **settings)
        self.ask("chat")
        self.assertEqual(self.server.requests[-1]["body"], {
            "model": "small", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is it?"}],
            "max_tokens": 77, "temperature": 0.25, "stream": True, "stream_options": {"include_usage": True}, "seed": 4})
        self.role("claude", system="Be brief.", temperature=0.25, max_tokens=77, extra={"metadata": {"user_id": "u"}})
        self.ask("--system", "Be long.", "claude")
        body = self.server.requests[-1]["body"]
        self.assertEqual((body["system"], body["temperature"], body["max_tokens"], body["metadata"]),
                         ("Be long.", 0.25, 77, {"user_id": "u"}))
        self.serverWasFine()

    def test_addresses_as_people_paste_them(self):
        root = self.server.root
        for role, bases in {
            "chat": [root, root + "/", root + "/v1/", root + "/v1/chat/completions", root + "/v1/chat/completions/",
                     root + "/v1/embeddings"],
            "claude": [root + "/", root + "/v1", root + "/v1/messages/"],
        }.items():
            for base in bases:
                with self.subTest(base=base):
                    self.role(role, base_url=base)
                    self.ask(role)
        with Models(prefix="/api/paas/v4") as other:
            self.role("chat", base_url=other.root + "/api/paas/v4/v1?api-version=7")
            self.ask("chat")
            self.assertEqual(other.requests[0]["path"], "/api/paas/v4/v1/chat/completions?api-version=7")

    def test_a_key_in_another_header(self):
        self.roles["chat"].pop("key")
        self.role("chat", headers={"Authorization": {"file": "bearer"}, "X-Team": "red"})
        self.put("bearer", f"Bearer {KEY}")
        self.ask("chat")
        self.assertEqual(self.server.requests[0]["headers"]["x-team"], "red")
        self.role("chat", key=KEY, auth="api-key", headers={"X-Team": "red"})
        self.ask("chat", code=NOT_PERMITTED)
        self.assertEqual(self.server.requests[1]["headers"]["api-key"], KEY)

    def test_no_proxy_stands_before_this_machine(self):
        self.env.update(http_proxy="http://127.0.0.1:1", HTTP_PROXY="http://127.0.0.1:1")
        self.ask("chat")

    def test_text_comes_while_it_is_made(self):
        self.server.behave(text="one two three four five", pause=0.1)
        process = subprocess.Popen(["agim-model", "chat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.env)
        process.stdin.write(b"go")
        process.stdin.close()
        first = os.read(process.stdout.fileno(), 100)
        rest = process.stdout.read()
        self.assertEqual(process.wait(10), OK)
        process.stdout.close()
        self.assertLess(len(first), 15)
        self.assertEqual((first + rest).decode(), "one two three four five\n")

    def test_thoughts_are_not_said(self):
        for role in ("chat", "claude"):
            self.server.behave(thought="Let me think about it.", text="Yes.")
            self.assertEqual(self.ask(role).out, "Yes.\n")
        self.server.behave(text="\n<think>Hm <b>\n</think>\n\nIt is <think> that says it.")
        self.assertEqual(self.ask().out, "It is <think> that says it.\n")
        self.server.behave(thought="Only this", text="", finish="length")
        self.assertIn("max_tokens", self.ask(code=UNAVAILABLE).err)
        self.server.behave(text="<think>never ends")
        self.assertEqual(self.ask(code=UNAVAILABLE).out, "")

    def test_json(self):
        self.role("chat", price={"input": 2, "output": 10, "cached": 1})
        self.server.behave(thought="Hm.", text="Yes.")
        line, = self.ask("--json", "chat").lines
        self.assertGreaterEqual(line.pop("milliseconds"), 0)
        self.assertEqual(line, {
            "role": "chat", "model": "small-0001", "text": "Yes.", "finish": "stop",
            "usage": {"input": 100, "cached": 40, "output": 20, "reasoning": 5}, "cost": 0.00036, "requests": 1,
            "message": {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}})
        self.server.behave(thought="Hm.", text="Yes.")
        line, = self.ask("--json", "claude").lines
        self.assertEqual((line["usage"]["input"], line["usage"]["cached"], line["cost"]), (100, 40, None))
        self.assertEqual(line["message"]["content"], [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmF0dXJl"}, {"type": "text", "text": "Yes."}])

    def test_a_conversation_goes_on_with_what_was_received(self):
        for role in ("chat", "claude"):
            self.server.behave(thought="Hm.", text="Blue.")
            line, = self.ask("--json", role).lines
            said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Which?"}, line["message"],
                    {"role": "user", "content": "Sure?"}]
            self.assertEqual(self.ask("--messages", role, text=json.dumps(said)).out, "You said: Sure?\n")
            self.assertIn(line["message"], self.server.requests[-1]["body"]["messages"])
        # Blocks of nothing but text are a text there, where it refuses arrays.
        plain = [said[1], {"role": "assistant", "content": [{"type": "text", "text": "Bl"}, {"type": "text", "text": "ue."}]}, said[3]]
        self.ask("--messages", "chat", text=json.dumps(plain))
        self.assertEqual(self.server.requests[-1]["body"]["messages"][1], {"role": "assistant", "content": "Blue."})
        # What only the other API knows is left out for this one.
        self.ask("--messages", "chat", text=json.dumps(said))
        self.assertIn({"role": "assistant", "content": "Blue."}, self.server.requests[-1]["body"]["messages"])
        self.serverWasFine()
        for wrong in ("[]", "{}", "[1]", '[{"role":"god","content":"x"}]', '[{"role":"system","content":"x"}]', "no"):
            self.ask("--messages", "chat", text=wrong, code=DATA)

    def test_dry_run_shows_no_secret_and_asks_nobody(self):
        self.role("chat", headers={"X-Secret": {"command": ["touch", self.path("ran")]}})
        shown, = self.ask("-n", "chat").lines
        self.assertEqual(shown["url"], self.server.url + "/chat/completions")
        self.assertEqual(shown["headers"], {"Authorization": "Bearer ***", "X-Secret": "***"})
        self.assertEqual(shown["body"]["messages"], [{"role": "user", "content": "What is it?"}])
        self.assertEqual(len(self.ask("-n", "embed", "--lines", text="a\nb\n").lines[0]["body"]["input"]), 2)
        self.assertEqual(self.server.requests, [])
        self.assertFalse(os.path.exists(self.path("ran")))
        self.assertFalse(os.path.exists(os.path.join(self.home, "agim.db")))

    def test_what_a_prompt_may_be(self):
        for text, words in [("", "empty"), (" \n", "empty"), (b"a\0b", "NUL"), (b"\xff", "UTF-8"),
                            ("x" * (8 << 20) + "y", "8388608")]:
            self.assertIn(words, self.ask(text=text, code=DATA).err)
        self.assertEqual(self.server.requests, [])

    def test_how_it_is_called_wrongly(self):
        for words, said in [((), "a role is missing"), (("chat", "x"), "standard input"), (("--lines", "chat"), "--lines"),
                            (("embed", "--json"), "--json"), (("embed", "-0", "--lines"), "exclude"),
                            (("transcribe",), "FILE"), (("list", "-n"), "--dry-run"), (("--person", "x", "chat"), "PLATFORM:ID"),
                            (("--session", "nonsense", "chat"), "address"), (("--nope",), "unknown")]:
            done = self.run_model(*words)
            self.assertEqual(done.code, USAGE, words)
            self.assertIn(said, done.err)
        self.assertIn("did you mean claude?", self.ask("claud", code=CONFIG).err)
        self.assertEqual(self.server.requests, [])

    def test_a_terminal_is_told_what_is_expected(self):
        master, slave = os.openpty()
        process = subprocess.Popen(["agim-model", "chat"], stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env)
        os.close(slave)
        os.write(master, b"hello\n\x04")
        out, err = process.communicate(timeout=20)
        os.close(master)
        self.assertEqual((process.returncode, out.decode()), (OK, "You said: hello\n"))
        self.assertIn("reading the prompt from the terminal; end it with Ctrl-D", err.decode())


class Trouble(ModelCase):
    """Answers that are none, and what is done about them."""

    def raw(self, *pieces, **more):
        self.server.behave(raw=pieces, **more)

    @staticmethod
    def content(text, **more):
        return "data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}, **more}]}) + "\n\n"

    def test_odd_streams_are_understood(self):
        end = "data: [DONE]\n\n"
        for pieces, text in [
            # Usage beside a delta, no choices at first, no index, reasoning under its other name.
            (['data: {"choices":[],"prompt_filter_results":[]}\n\n', 'data: {"choices":[{"delta":{"reasoning":"hm"}}]}\n\n',
              'data: {"choices":[{"delta":{"content":"Yes"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n', end], "Yes"),
            # Nothing behind the last event, and no marker, but a reason to end.
            ([self.content("Yes"), self.content("", finish_reason="stop")[:-2]], "Yes"),
            # CR, comments, empty data, bytes cut inside of a character.
            ([": OPENROUTER PROCESSING\r\r", "data:\r\r", self.content("Yes").replace("\n", "\r"), end], "Yes"),
            ([self.content("Ye\u00df").encode().decode("unicode_escape").encode()[:-8],
              self.content("Ye\u00df").encode().decode("unicode_escape").encode()[-8:], end], "Yeß"),
            # An array of parts, and null.
            (['data: {"choices":[{"delta":{"content":[{"type":"text","text":"Y"},{"type":"text","text":"es"}]}}]}\n\n',
              'data: {"choices":[{"delta":{"content":null},"finish_reason":"stop"}]}\n\n'], "Yes"),
            # Nothing is waited for behind the end.
            ([self.content("Yes"), end, 20], "Yes"),
        ]:
            with self.subTest(pieces=pieces):
                self.raw(*pieces)
                began = time.monotonic()
                self.assertEqual(self.ask().out, text + "\n")
                self.assertLess(time.monotonic() - began, 10)

    def test_json_answered_to_a_stream(self):
        for role in ("chat", "claude"):
            self.server.behave(whole=True, text="Whole.")
            line, = self.ask("--json", role).lines
            self.assertEqual((line["text"], line["usage"]["output"]), ("Whole.", 20))

    def test_a_stream_that_breaks_off_is_no_answer(self):
        done = []
        for pieces, more in [((self.content("Hal"),), {}), ((self.content("Hal"), 'data: {"choices":[{"de'), {}),
                             ((self.content("Hal"), 0.2), {"reset": True})]:
            self.raw(*pieces, **more)
            done.append(self.ask(code=AGAIN))
        for one in done:
            self.assertEqual(one.out, "Hal\n")
            self.assertIn("broke off", one.err)
        # What was shown is not asked for again.
        self.assertEqual(len(self.server.requests), 3)
        self.assertEqual({line["code"] for line in self.audit()}, {"broken"})

    def test_one_that_broke_before_anything_came_is_asked_for_again(self):
        self.server.behave(drop=True)
        self.raw(": ping\n\n")
        done = self.ask("-v", "chat")
        self.assertEqual(done.out, "You said: What is it?\n")
        self.assertEqual(done.err.count("asked once more"), 2)

    def test_errors_inside_of_a_stream(self):
        for role, event, code, words in [
            ("chat", 'data: {"error":{"message":"it fell over","code":502}}\n\n', AGAIN, "it fell over"),
            ("chat", 'data: {"error":"plain words"}\n\n', AGAIN, "plain words"),
            ("chat", 'data: {"choices":[{"delta":{},"finish_reason":"error","error":{"message":"upstream"}}]}\n\n', AGAIN, "upstream"),
            ("claude", 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n', AGAIN, "Overloaded"),
            ("claude", 'event: error\ndata: {"type":"error","error":{"type":"invalid_request_error","message":"no"}}\n\n', CONFIG, "no"),
        ]:
            with self.subTest(event=event):
                self.role(role, retries=0)
                self.raw(event)
                done = self.ask(role, code=code)
                self.assertIn(words, done.err)
                self.assertEqual(done.out, "")

    def test_errors_in_all_their_forms(self):
        self.role("chat", retries=0)
        for status, body, code, words in [
            (401, {"error": {"message": f"Incorrect API key provided: {KEY}"}}, NOT_PERMITTED, "models.chat.key"),
            (403, {"detail": "not for you"}, NOT_PERMITTED, "not for you"),
            (402, {"error": {"message": "Insufficient Balance"}}, UNAVAILABLE, "Insufficient Balance"),
            (404, {"error": {"message": "model 'small' not found", "type": "api_error"}}, CONFIG, '.model ("small")'),
            (400, {"object": "error", "message": "bad thing", "code": 400}, CONFIG, "bad thing"),
            (400, {"error": {"message": "too long", "code": "context_length_exceeded"}}, DATA, "too long"),
            (413, {"type": "error", "error": {"type": "request_too_large", "message": "big"}}, DATA, "big"),
            (422, {"detail": [{"loc": ["body", "messages"], "msg": "field required"}]}, CONFIG, "body.messages: field required"),
            (400, [{"error": {"message": "an array of one"}}], CONFIG, "an array of one"),
            (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"}},
             DATA, "9 tokens"),
            (429, {"message": "slow down"}, AGAIN, "slow down"),
            (500, {"error": "just words\n\u001b[31m"}, AGAIN, "just words \\u{001B}"),
            (503, b"<html><h1>Bad</h1>", AGAIN, "a web page"),
            (529, b"", AGAIN, "without words"),
            (400, {"error": {"message": "m", "code": "1113"}}, UNAVAILABLE, "paid"),
        ]:
            with self.subTest(status=status, body=body):
                self.server.behave(status=status, body=body)
                done = self.ask(code=code)
                self.assertIn(words, done.err)
                self.assertIn(f"(status {status})", done.err)
                self.assertEqual(done.err.count("\n"), 1)

    def test_what_is_no_answer(self):
        for kind, body, words in [("text/html", "<html>Log in", "web page"), ("text/plain", "hello there", "neither JSON"),
                                  ("application/json", '{"ok":true}', "another kind"), ("application/json", "{", "no JSON")]:
            self.raw(body, kind=kind)
            self.assertIn(words, self.ask(code=UNAVAILABLE).err)
        self.role("chat", retries=0)
        self.raw("", kind="text/event-stream")
        self.assertIn("empty", self.ask(code=AGAIN).err)
        self.server.behave(status=302, headers={"Location": "http://127.0.0.1:1/"})
        said = self.ask(code=CONFIG).err
        self.assertIn("sends us to http://127.0.0.1:1/", said)
        self.assertIn("configure the address that it names", said)
        # Without TLS at the other end.
        self.role("chat", base_url=self.server.url.replace("http:", "https:"))
        self.assertIn("cannot be asked", self.ask(code=UNAVAILABLE).err)

    def test_retries_wait_as_they_are_told(self):
        self.server.behave(status=429, headers={"retry-after-ms": "40"})
        self.server.behave(status=503, headers={"Retry-After": "1"})
        began = time.monotonic()
        line, = self.ask("--json", "chat").lines
        self.assertGreaterEqual(time.monotonic() - began, 1.04)
        self.assertEqual(line["requests"], 3)
        # Longer than the call may take at all: it is said at once.
        self.role("chat", timeout="5s")
        self.server.behave(status=429, headers={"Retry-After": "3600"}, body={"error": {"message": "slow down"}})
        began = time.monotonic()
        self.assertIn("try again in 3600 s", self.ask(code=AGAIN).err)
        self.assertLess(time.monotonic() - began, 4)

    def test_retries_end(self):
        self.role("chat", retries=2)
        for _ in range(3):
            self.server.behave(status=500, headers={"retry-after-ms": "5"})
        self.ask(code=AGAIN)
        self.assertEqual(len(self.server.requests), 3)

    def test_what_is_not_worth_trying_again(self):
        for status, error in [(429, {"code": "insufficient_quota", "message": "You exceeded your current quota"}),
                              (401, {"message": "no"}), (400, {"message": "no"})]:
            self.server.behave(status=status, body={"error": error})
            self.run_model("chat")
        self.assertEqual(len(self.server.requests), 3)

    def test_fields_that_are_not_taken(self):
        self.role("chat", max_tokens=9, temperature=0.5)
        self.server.refuses = {
            "stream_options": None, "temperature": None,
            "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."}
        line, = self.ask("--json", "chat").lines
        self.assertEqual(line["requests"], 4)
        body = self.server.requests[-1]["body"]
        self.assertEqual(body["max_completion_tokens"], 9)
        self.assertFalse({"stream_options", "temperature", "max_tokens"} & set(body))
        # What cannot be left out is an error, once.
        self.server.refuses = {"model": "the model field"}
        self.ask(code=CONFIG)
        self.assertEqual(len(self.server.requests), 5)

    def test_cut_and_refused_answers(self):
        self.server.behave(finish="length", text="Half")
        done = self.ask()
        self.assertEqual(done.out, "Half\n")
        self.assertIn("is cut", done.err)
        self.server.behave(finish="max_tokens", text="Half")
        self.assertEqual(self.ask("--json", "claude").lines[0]["finish"], "length")
        self.server.behave(finish="content_filter", text="Half")
        self.assertIn("filter", self.ask(code=NOT_PERMITTED).err)
        self.server.behave(finish="refusal", text="")
        self.ask("claude", code=NOT_PERMITTED)
        self.raw('data: {"choices":[{"delta":{"refusal":"I will not."},"finish_reason":"stop"}]}\n\n')
        self.assertIn("I will not.", self.ask(code=NOT_PERMITTED).err)

    def test_limits_of_time(self):
        self.role("chat", idle_timeout="1s")
        self.server.behave(hang=20)
        self.assertIn("nothing came", self.ask(code=AGAIN).err)
        self.role("chat", idle_timeout="9s", timeout="1s")
        self.raw(*[piece for _ in range(40) for piece in (": ping\n\n", 0.2)])
        self.assertIn("longer than it may", self.ask(code=AGAIN).err)
        self.assertEqual([line["code"] for line in self.audit()], ["timeout", "timeout"])

    def test_an_endpoint_that_is_not_there(self):
        self.role("chat", base_url="http://127.0.0.1:1/v1", retries=1)
        done = self.ask("-v", "chat", code=AGAIN)
        self.assertIn("127.0.0.1:1", done.err)
        self.assertIn("asked once more", done.err)

    def test_a_reader_that_leaves(self):
        self.server.behave(text="x" * 3_000_00, pause=0)
        done = subprocess.run("agim-model chat | head -c 10; echo ${PIPESTATUS[0]}", shell=True, executable="/bin/bash",
                              input=b"go", capture_output=True, env=self.env, timeout=30, check=False)
        self.assertEqual(done.stdout.decode(), f"xxxxxxxxxx{READER_GONE}\n")
        self.assertEqual([line["code"] for line in self.audit()], ["cancelled"])

    def test_it_is_stopped(self):
        self.raw(self.content("Be"), 20)
        process = subprocess.Popen(["agim-model", "chat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.env)
        process.stdin.write(b"go")
        process.stdin.close()
        self.assertEqual(os.read(process.stdout.fileno(), 9), b"Be")
        process.send_signal(signal.SIGTERM)
        process.stdin = None
        _, err = process.communicate(timeout=10)
        self.assertEqual(process.returncode, AGAIN)
        self.assertIn("stopped", err.decode())
        self.assertEqual([line["code"] for line in self.audit()], ["cancelled"])

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(["agim-model", "chat"], input=b"go", stdout=full, stderr=subprocess.PIPE, env=self.env,
                                  timeout=20, check=False)
        self.assertEqual(done.returncode, 74, done.stderr)


class Money(ModelCase):
    def test_calls_are_noted(self):
        self.role("chat", price={"input": 10000, "output": 10000})
        self.ask("--person", "telegram:7", "--session", "telegram:5", "chat", text="12345")
        self.ask("claude")
        first, second = self.audit()
        self.assertEqual((first["agent"], first["person"], first["platform"], first["session"], first["code"]),
                         ("model:chat", "telegram:7", "telegram", "telegram:5", "ok"))
        self.assertEqual((first["prompt_bytes"], first["reply_bytes"], first["tokens"], first["cost"]), (5, 15, 120, 1.2))
        self.assertEqual((second["agent"], second["tokens"], second["cost"]), ("model:claude", 120, None))
        self.assertEqual([line["agent"] for line in self.audit("--person", "telegram:7")], ["model:chat"])

    def test_a_price_is_no_news_of_the_endpoint(self):
        self.server.behave(raw=[Trouble.content("Yes", finish_reason="stop"),
                                'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.25}}\n\n', "data: [DONE]\n\n"])
        self.assertEqual(self.ask("--json", "chat").lines[0]["cost"], 0.25)

    def test_limits_are_looked_at_before(self):
        price = {"input": 10000, "output": 10000}
        self.role("chat", price=price, spend_day=2)
        self.ask()
        self.ask()
        done = self.ask(code=AGAIN)
        self.assertIn("the role has cost $2.40, and models.chat.spend_day is $2.00", done.err)
        self.ask("claude")
        self.configure(limits={"spend_day": 2})
        self.assertIn("limits.spend_day", self.ask("claude", code=AGAIN).err)
        self.assertEqual(len(self.server.requests), 3)
        # A failing role is nobody's agent: it is not left alone.
        status = self.run_model("status", program="agim")
        self.assertNotIn("left alone", status.out)

    def test_a_session_has_a_limit(self):
        self.role("chat", price={"input": 10000, "output": 0})
        self.configure(limits={"spend_session": 1})
        self.run_model("new", "telegram:5", program="agim-session")
        self.ask("--session", "telegram:5", "chat")
        self.assertIn("limits.spend_session", self.ask("--session", "telegram:5", "chat", code=AGAIN).err)
        self.ask("--session", "telegram:6", "chat")

    def test_a_session_has_a_limit_of_a_day(self):
        self.role("chat", price={"input": 10000, "output": 0})
        self.configure(limits={"spend_session_day": 1})
        for session in (["--session", "telegram:5"], [], ["--session", "telegram:6"], []):
            self.ask(*session, "chat")
        done = self.ask("--session", "telegram:5", "chat", code=AGAIN)
        self.assertIn("the conversation today has cost $1.00, and limits.spend_session_day is $1.00", done.err)

    def test_what_cannot_be_noted_is_not_asked(self):
        self.ask("list")
        os.mkdir(os.path.join(self.home, "agim.db"))
        self.assertNotEqual(self.run_model("chat").code, OK)
        self.assertEqual(self.server.requests, [])


class Vectors(ModelCase):
    def test_the_three_inputs(self):
        for words, text, texts in [((), "one\ntwo\n", ["one\ntwo\n"]), (("--lines",), "one\ntwo", ["one", "two"]),
                                   (("-0",), "one\ntwo\0drei ß\0", ["one\ntwo", "drei ß"]), (("-0",), "", [])]:
            with self.subTest(words=words):
                lines = self.ask("embed", *words, text=text, code=OK if texts or words else DATA).lines
                self.assertEqual(lines, [{"index": index, "model": "vectors", "vector": vector(text)}
                                         for index, text in enumerate(texts)])
        self.serverWasFine()
        self.assertEqual(self.server.requests[0]["body"], {"model": "vectors", "input": ["one\ntwo\n"], "encoding_format": "float"})

    def test_many_at_a_time_and_fewer_where_that_is_too_much(self):
        texts = [f"text {number}" for number in range(25)]
        self.role("embed", batch=10, dimensions=300)
        for status in (400, 413):
            with self.subTest(status=status):
                self.server.requests.clear()
                self.server.most_inputs, self.server.most_status = 4, status
                lines = self.ask("embed", "--lines", text="\n".join(texts)).lines
                self.assertEqual([line["index"] for line in lines], list(range(25)))
                self.assertEqual([line["vector"] for line in lines], [vector(text, 300) for text in texts])
                self.assertEqual([len(body["input"]) for body in self.server.bodies()], [10, 5, 3, 3, 3, 3, 3, 3, 3, 3, 1])

    def test_a_text_that_is_too_long_is_named(self):
        self.server.longest = 20
        done = self.ask("embed", "--lines", text="one\ntwo\n" + "x" * 30 + "\nfour\n", code=DATA)
        self.assertIn("(text 3)", done.err)
        self.assertEqual([line["index"] for line in done.lines], [0, 1])
        self.assertEqual([line["code"] for line in self.audit()], ["too_long"])

    def test_waiting_for_the_input_takes_no_time_of_the_call(self):
        self.role("embed", timeout="1s")
        process = subprocess.Popen(["agim-model", "embed"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.env)
        time.sleep(1.2)
        self.assertEqual(len(process.communicate(b"late", timeout=20)[0].splitlines()), 1)
        self.assertEqual(process.returncode, OK)

    def test_what_has_no_vector(self):
        self.assertIn("text 2 is empty", self.ask("embed", "--lines", text="one\n\ntwo\n", code=DATA).err)
        self.assertEqual(self.server.requests, [])

    def test_answers_that_do_not_fit(self):
        good = {"index": 0, "embedding": [1, 2]}
        for data, words in [([], "0 came"), ([good, good], "numbers that do not fit"), ([good, {"index": 5, "embedding": [1]}], "do not fit"),
                            ([good, {"index": 1, "embedding": [1]}], "different lengths"),
                            ([good, {"index": 1, "embedding": "AAAA"}], "no array of numbers")]:
            self.server.behave(status=200, body={"data": data, "model": "m"})
            self.assertIn(words, self.ask("embed", "--lines", text="a\nb", code=UNAVAILABLE).err)

    def test_encoding_format_is_left_out_where_it_is_not_known(self):
        self.server.refuses = {"encoding_format": None}
        self.assertEqual(len(self.ask("embed").lines), 1)
        self.assertNotIn("encoding_format", self.server.requests[-1]["body"])

    def test_a_program(self):
        program = self.put("vectors", f"#!{sys.executable}\nimport sys, json\n"
                           "for text in sys.stdin.buffer.read().split(b'\\0')[:-1]: print(json.dumps({'vector': [len(text), 0.5]}))\n", 0o700)
        self.roles["own"] = {"command": [program], "model": "counter"}
        self.configure()
        self.assertEqual(self.ask("embed", "--role", "own", "--lines", text="a\nbcd").lines, [
            {"index": 0, "model": "counter", "vector": [1, 0.5]}, {"index": 1, "model": "counter", "vector": [3, 0.5]}])
        self.roles["own"] = {"command": ["echo", "{}"]}
        self.configure()
        self.assertIn("no \"vector\"", self.ask("embed", "--role", "own", code=UNAVAILABLE).err)


class Recordings(ModelCase):
    SOUND = b"OggS" + bytes(range(256)) * 4

    def test_a_file(self):
        path = self.path("note.bin")
        with open(path, "wb") as file:
            file.write(self.SOUND)
        self.assertEqual(self.ask("transcribe", "--language", "en", path).out, f"I heard {len(self.SOUND)} bytes.\n")
        parts = self.server.requests[0]["parts"]
        self.assertEqual(parts["file"][1], self.SOUND)
        self.assertIn('filename="voice.ogg"', parts["file"][0])
        self.assertEqual((parts["model"][1], parts["language"][1]), (b"whisper-1", b"en"))
        line, = self.ask("transcribe", "--json", "--mime", "audio/mpeg", "-", text=self.SOUND).lines
        self.assertEqual((line["text"], line["usage"]["input"]), (f"I heard {len(self.SOUND)} bytes.", 9))
        self.assertIn('filename="voice.mp3"', self.server.requests[1]["parts"]["file"][0])
        self.serverWasFine()

    def test_what_is_none(self):
        self.ask("transcribe", self.path("nowhere"), code=NO_INPUT)
        self.ask("transcribe", self.dir, code=NO_INPUT)
        self.assertIn("ffmpeg", self.ask("transcribe", "-", text="text", code=DATA).err)
        self.ask("transcribe", "-", text="", code=DATA)
        with open(self.path("large"), "wb") as file:
            file.write(self.SOUND)
            file.truncate((50 << 20) + 1)
        self.assertIn("more than 52428800 bytes", self.ask("transcribe", self.path("large"), code=DATA).err)
        self.assertEqual(self.server.requests, [])
        self.assertIn("Invalid file format", self.ask("transcribe", "--mime", "audio/amr", "-", text=self.SOUND, code=CONFIG).err)

    def test_a_program(self):
        self.roles["transcribe"] = {"command": ["sh", "-c", "wc -c; echo $AGIM_MIME $AGIM_LANGUAGE $CLAUDE_KEY"], "language": "zh"}
        self.configure()
        self.assertEqual(self.ask("transcribe", "-", text=self.SOUND).out, f"{len(self.SOUND)}\naudio/ogg zh\n")


class Programs(ModelCase):
    def setUp(self):
        super().setUp()
        self.roles["own"] = {"command": ["sh", "-c", "cat; echo; env"], "system": "Be brief.", "env": {"MINE": "yes"}}
        self.configure()

    def test_its_input_and_environment(self):
        done = self.ask("own", text="Which?")
        self.assertTrue(done.out.startswith("Be brief.\n\nWhich?\n"), done.out)
        self.assertIn("MINE=yes", done.out)
        for name in ("CLAUDE_KEY", "AGIM_HOME"):
            self.assertNotIn(name, done.out)
        self.assertEqual(self.audit()[0]["agent"], "model:own")
        self.assertEqual(self.ask("--json", "own").lines[0]["model"], None)
        self.assertEqual(self.ask("-n", "own").lines[0]["command"][0], "sh")

    def test_how_it_ends(self):
        for command, code, words in [
            (["sh", "-c", "echo why >&2; exit 3"], UNAVAILABLE, "exit status 3: why"), (["sh", "-c", "exit 75"], AGAIN, "75"),
            (["sh", "-c", "kill -9 $$"], UNAVAILABLE, "signal 9"), (["true"], UNAVAILABLE, "printed no text"),
            ([self.path("nowhere")], CONFIG, "cannot be started"), (["sh", "-c", "sleep 99 & sleep 99"], AGAIN, "longer than 1s"),
        ]:
            with self.subTest(command=command):
                self.roles["own"] = {"command": command, "timeout": "1s"}
                self.configure()
                self.assertIn(words, self.ask("own", code=code).err)

    def test_its_text_comes_while_it_is_made(self):
        self.roles["own"] = {"command": ["sh", "-c", "printf one; read x < fifo; printf two"]}
        self.configure()
        os.mkfifo(self.path("fifo"))
        process = subprocess.Popen(["agim-model", "own"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.env, cwd=self.dir)
        process.stdin.write(b"go")
        process.stdin.close()
        self.assertEqual(os.read(process.stdout.fileno(), 9), b"one")
        with open(self.path("fifo"), "w") as file:
            file.write("\n")
        self.assertEqual((process.stdout.read(), process.wait(10)), (b"two\n", OK))
        process.stdout.close()


    def test_what_is_said_about_an_answer_stands_behind_it(self):
        for role in ("own", "chat"):
            self.roles["own"] = {"command": ["printf", "yes"]}
            self.configure()
            self.server.behave(text="yes", finish="length")
            done = subprocess.run(["agim-model", "-v", role], input=b"go", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env=self.env, timeout=20, check=True)
            self.assertTrue(done.stdout.startswith(b"yes\nagim-model: "), done.stdout)

    def test_nothing_acts_on_a_terminal(self):
        # A character that comes in pieces is one character all the same.
        self.roles["own"] = {"command": ["sh", "-c", r"printf 'a\033[31m\344'; sleep 0.2; printf '\275\240b\n'"]}
        self.roles["transcribe"] = self.roles["own"]
        self.configure()
        self.put("sound", "OggS")
        for words in (["own"], ["transcribe", os.path.join(self.home, "sound")]):
            master, slave = os.openpty()
            process = subprocess.Popen(
                ["agim-model", *words], stdin=subprocess.PIPE, stdout=slave, stderr=subprocess.PIPE, env=self.env)
            os.close(slave)
            process.communicate(b"go", timeout=20)
            self.assertEqual((process.returncode, os.read(master, 99).decode()), (OK, "a\\u{001B}[31m你b\r\n"))
            os.close(master)
        self.assertEqual(self.ask("own").out, "a\033[31m你b\n")


class Roles(ModelCase):
    def test_list(self):
        self.roles = {"a": {"base_url": "http://x/v1", "model": "m", "key": {"env": "NOWHERE"}}, "b": {"command": ["nowhere-at-all"]},
                      "c": {"command": ["cat"], "temperature": 1}, "d": {"base_url": "ftp://x", "model": "m"}, "e": {},
                      "f": {"base_url": "http://x/v1"}, "g": {"base_url": "http://x", "api": "anthropic", "model": "m", "batch": 3},
                      "embed": {"base_url": "http://x", "api": "anthropic", "model": "m"}, "h": {"base_url": "http://x", "command": ["x"]},
                      "i": {"base_url": "http://x", "url": "http://y", "model": "m"}, "good": {"command": ["cat"]}}
        self.configure()
        faults = {line["role"]: line["fault"] for line in self.ask("list", "--json").lines}
        for role, words in {"a": "NOWHERE", "b": "nowhere-at-all", "c": "temperature has no meaning for a program", "d": "http://",
                            "e": "neither", "f": "names no model", "g": "batch has no meaning", "embed": "OpenAI", "h": "both",
                            "i": "another name"}.items():
            self.assertIn(words, faults[role] or "", role)
        self.assertIsNone(faults["good"])
        for line in self.ask("list", "--json").lines:
            self.assertEqual(set(line), {"role", "kind", "call", "model", "place", "key", "open", "fault", "hint"})
        self.roles["good"] = {"base_url": "http://10.0.0.7/v1", "model": "m", "key": "x"}
        self.configure()
        self.assertEqual({line["role"] for line in self.ask("list", "--json").lines if line["open"]}, {"a", "good"})
        self.assertEqual(len(self.ask("list").out.splitlines()), len(self.roles))
        self.assertIn("temperature", self.ask("c", code=CONFIG).err)

    def test_the_configuration_is_checked(self):
        for role, words in [({"api": "x"}, "openai"), ({"temperature": 3}, "from 0 to 2"), ({"headers": {"a b": "x"}}, "header"),
                            ({"modell": "x"}, "did you mean"), ({"price": {"input": -1}}, "from 0"), ({"retries": 11}, "from 0 to 10")]:
            self.roles = {"x": role}
            self.configure()
            self.assertIn(words, self.ask("list", code=CONFIG).err)
        self.roles = {"list": {}}
        self.configure()
        self.assertIn("other than help, list", self.ask("list", code=CONFIG).err)

    def test_the_doctor_looks_at_them(self):
        self.roles["wrong"] = {"base_url": "http://x/v1"}
        self.configure()
        found = {line["what"]: line["level"] for line in self.run_model("doctor", "--json", program="agim").lines
                 if line["check"] == "models"}
        self.assertEqual(found.get("models.wrong names no model"), "error", found)
        self.assertEqual(sum(level == "ok" for level in found.values()), 4, found)
        self.assertEqual(self.server.requests, [])


if __name__ == "__main__":
    unittest.main()
