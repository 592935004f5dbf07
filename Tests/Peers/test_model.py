"""The model server by raw HTTP, and what its directives mean in each of the three APIs."""

import base64
import http.client
import json
import threading
import unittest

from harness import PNG, PeerCase
from script import Plan, rounds, parse

TOOLS = {
    "/v1/messages": [{"name": "run", "input_schema": {"type": "object"}}],
    "/v1/chat/completions": [{"type": "function", "function": {"name": "run", "parameters": {}}}],
    "/v1/responses": [{"type": "function", "name": "run", "parameters": {}}],
}


def body(path, entries, stream=True, tools=True):
    """A request in one API's form of ("user", text), ("call", (id, name)), ("result", text), ("assistant", text)."""
    data = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    messages = []
    for kind, what in entries:
        if path == "/v1/messages":
            block = {"user": lambda: {"type": "text", "text": what}, "assistant": lambda: {"type": "text", "text": what},
                     "call": lambda: {"type": "tool_use", "id": what, "name": "run", "input": {}},
                     "result": lambda: {"type": "tool_result", "tool_use_id": "x",
                                        "content": [{"type": "text", "text": what}]},
                     "image": lambda: {"type": "image", "source": {
                         "type": "base64", "media_type": "image/png", "data": data.split(",")[1]}}}[kind]()
            messages.append({"role": "assistant" if kind in ("assistant", "call") else "user", "content": [block]})
        elif path == "/v1/chat/completions":
            messages.append({
                "user": lambda: {"role": "user", "content": what},
                "assistant": lambda: {"role": "assistant", "content": what},
                "call": lambda: {"role": "assistant", "content": None, "tool_calls": [
                    {"id": what, "type": "function", "function": {"name": "run", "arguments": "{}"}}]},
                "result": lambda: {"role": "tool", "tool_call_id": "x", "content": what},
                "image": lambda: {"role": "user", "content": [{"type": "image_url", "image_url": {"url": data}}]}}[kind]())
        else:
            messages.append({
                "user": lambda: {"type": "message", "role": "user", "content": [{"type": "input_text", "text": what}]},
                "assistant": lambda: {"type": "message", "role": "assistant",
                                      "content": [{"type": "output_text", "text": what}]},
                "call": lambda: {"type": "function_call", "call_id": what, "name": "run", "arguments": "{}"},
                "result": lambda: {"type": "function_call_output", "call_id": "x", "output": what},
                "image": lambda: {"type": "message", "role": "user", "content": [
                    {"type": "input_image", "image_url": data}]}}[kind]())
    request = {"model": "m", "stream": stream, "input" if path == "/v1/responses" else "messages": messages}
    if tools:
        request["tools"] = TOOLS[path]
    return request


def events(data):
    """The values of a server-sent stream, each a line of its own."""
    return [json.loads(line[6:]) for line in data.decode().split("\n") if line.startswith("data: {")]


def read(path, data, stream):
    """(text, thought, [(tool, input)]) of an answer."""
    text, thought, calls = "", "", []
    values = events(data) if stream else [json.loads(data)]
    if path == "/v1/messages":
        if stream:
            blocks = {}
            for value in values:
                if value["type"] == "content_block_start":
                    blocks[value["index"]] = [value["content_block"], ""]
                elif value["type"] == "content_block_delta":
                    delta = value["delta"]
                    blocks[value["index"]][1] += delta.get("text") or delta.get("partial_json") or delta.get("thinking") or ""
            found = [(b["type"], said, b.get("name")) for b, said in blocks.values()]
        else:
            found = [(b["type"], b.get("text") or b.get("thinking") or json.dumps(b.get("input")), b.get("name"))
                     for b in values[0]["content"]]
        for kind, said, name in found:
            text += said if kind == "text" else ""
            thought += said if kind == "thinking" else ""
            calls += [(name, json.loads(said))] if kind == "tool_use" else []
    elif path == "/v1/chat/completions":
        pieces = {}
        for value in values:
            for choice in value["choices"]:
                delta = choice["delta" if stream else "message"]
                text += delta.get("content") or ""
                thought += delta.get("reasoning_content") or ""
                for number, call in enumerate(delta.get("tool_calls") or []):
                    piece = pieces.setdefault(call.get("index", number), ["", ""])
                    piece[0] += call["function"].get("name") or ""
                    piece[1] += call["function"]["arguments"]
        calls = [(name, json.loads(arguments)) for name, arguments in pieces.values()]
    else:
        for item in values[-1]["response"]["output"] if stream else values[0]["output"]:
            if item["type"] == "message":
                text += item["content"][0]["text"]
            elif item["type"] == "reasoning":
                thought += item["summary"][0]["text"]
            else:
                calls.append((item["name"], json.loads(item["arguments"])))
    return text, thought, calls


def each(test):
    """Runs a test with each API, streaming and not."""
    def run(self):
        for path in TOOLS:
            for stream in (True, False):
                with self.subTest(path=path, stream=stream):
                    test(self, path, stream)
    run.__doc__ = test.__doc__
    return run


class Served(PeerCase):
    """What comes back over HTTP."""

    def send(self, path, value, limit=10):
        connection = http.client.HTTPConnection("127.0.0.1", self.model.server.server_address[1], timeout=limit)
        self.addCleanup(connection.close)
        connection.request("POST", path, value if isinstance(value, bytes) else json.dumps(value),
                           {"Content-Type": "application/json"})
        return connection.getresponse()

    @each
    def test_a_turn(self, path, stream):
        """Directives run one after another over the rounds of a turn, whatever stands between them."""
        said = [("user", "<reminder>be nice</reminder>"),
                ("user", 'go\n@@think hm\n@@tool run {"a": "ü"}\n@@also run {"b": 2}\n@@text so\n@@last-result')]
        data = self.send(path, body(path, said, stream)).read()
        self.assertEqual(read(path, data, stream), ("", "hm", [("run", {"a": "ü"}), ("run", {"b": 2})]))
        said += [("call", "1"), ("call", "2"), ("result", "one")]
        # A result is missing yet: the same calls once more.
        self.assertEqual(len(read(path, self.send(path, body(path, said, stream)).read(), stream)[2]), 2)
        said += [("result", "two"), ("user", "<reminder>still nice</reminder>")]
        data = self.send(path, body(path, said, stream)).read()
        self.assertEqual(read(path, data, stream), ("sotwo", "", []))

    @each
    def test_after_the_last_word(self, path, stream):
        said = [("user", "@@final one"), ("assistant", "one"), ("user", "and now?")]
        text, _, _ = read(path, self.send(path, body(path, said, stream)).read(), stream)
        self.assertEqual(text, "You said: and now?")
        said += [("assistant", text), ("user", "@@final two")]
        self.assertEqual(read(path, self.send(path, body(path, said, stream)).read(), stream)[0], "two")

    @each
    def test_titles_call_no_tools(self, path, stream):
        said = [("user", 'A title for:\n@@tool run {"a": 1}')]
        data = self.send(path, body(path, said, stream, tools=False)).read()
        self.assertEqual(read(path, data, stream), ("A title", "", []))
        self.assertEqual(self.model.turns(), [])

    @each
    def test_images(self, path, stream):
        data = self.send(path, body(path, [("image", None), ("user", "@@echo-image")], stream)).read()
        self.assertEqual(read(path, data, stream)[0], f"image/png {len(PNG)} bytes")

    @each
    def test_errors(self, path, stream):
        for status in (400, 401, 429, 529):
            answer = self.send(path, body(path, [("user", f"@@error {status}")], stream))
            self.assertEqual((answer.status, answer.getheader("retry-after")),
                             (status, "1" if status in (429, 529) else None))
            self.assertIn("message", json.loads(answer.read())["error"])
        # So many times, and then what follows.
        request = body(path, [("user", f"{stream}\n@@error 529 2\n@@final recovered")], stream)
        answers = [self.send(path, request) for _ in range(3)]
        self.assertEqual([answer.status for answer in answers], [529, 529, 200])
        self.assertEqual(read(path, answers[2].read(), stream)[0], "recovered")

    @each
    def test_garbage_is_none_of_json(self, path, stream):
        answer = self.send(path, body(path, [("user", "@@garbage")], stream))
        self.assertEqual(answer.status, 200)
        with self.assertRaises(ValueError):
            read(path, answer.read(), stream)
            raise AssertionError("garbage could be read")

    @each
    def test_die_is_no_end(self, path, stream):
        answer = self.send(path, body(path, [("user", "@@text some\n@@die")], stream))
        with self.assertRaises((http.client.IncompleteRead, ConnectionError)):
            answer.read()

    @each
    def test_flood(self, path, stream):
        data = self.send(path, body(path, [("user", "@@flood 1500")], stream)).read()
        self.assertEqual(len(read(path, data, stream)[0]), 1500 * 1024)

    @each
    def test_hang_and_slow_end_with_the_client(self, path, stream):
        for number, word in enumerate(("@@hang", "@@slow 600")):
            before = len(self.model.notes())
            connection = http.client.HTTPConnection("127.0.0.1", self.model.server.server_address[1])
            connection.request("POST", path, json.dumps(body(path, [("user", word)], stream)))
            self.wait_for(lambda: len(self.model.notes()) > before, what="the request")
            self.assertNotIn("gone", self.model.notes()[-1], number)
            connection.close()
            self.wait_for(lambda: self.model.notes()[-1].get("gone"), what="the note that the client has left")

    @each
    def test_a_wrong_directive_is_said(self, path, stream):
        text, _, calls = read(path, self.send(path, body(path, [("user", "@@tool run {nope")], stream)).read(), stream)
        self.assertIn("@@tool run", text)
        self.assertEqual(calls, [])

    def test_what_is_no_request(self):
        self.assertEqual(self.send("/v1/messages", b"{nope").status, 400)
        self.assertEqual(self.send("/nowhere", {}).status, 404)
        counted = self.send("/v1/messages/count_tokens?beta=true", {"messages": []})
        self.assertGreater(json.loads(counted.read())["input_tokens"], 0)

    def test_many_at_once(self):
        """A request that waits holds up no other, and every one is in the log."""
        path = "/v1/chat/completions"
        held = http.client.HTTPConnection("127.0.0.1", self.model.server.server_address[1])
        self.addCleanup(held.close)
        held.request("POST", path, json.dumps(body(path, [("user", "@@hang")])))
        self.wait_for(self.model.notes, what="the request that waits")
        threads = [threading.Thread(target=lambda: self.send(path, body(path, [("user", "@@final x")]), 30).read())
                   for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # A note is complete shortly after its answer is.
        self.wait_for(lambda: sum("status" in note for note in self.model.notes()) == 50, what="50 answers")
        notes = self.model.notes()
        self.assertEqual([note["n"] for note in notes], list(range(1, 52)))
        self.assertEqual([("status" in note, "gone" in note) for note in notes[:1]], [(False, False)])


class Directives(unittest.TestCase):
    """The script alone."""

    def test_only_at_the_start_of_a_line(self):
        self.assertEqual(parse("say @@final no\n  @@final yes \nx@@tool y"), [("final", "yes")])
        self.assertEqual(parse("@@unknown x"), [])

    def test_rounds(self):
        self.assertEqual(rounds(parse("@@think a\n@@tool x {}\n@@tool y {}\n@@final z")), [
            [("think", "a"), ("tool", "x {}")], [("tool", "y {}")], [("final", "z")]])

    def test_the_newest_user_text_that_has_any(self):
        entries = [("user", "@@final old"), ("assistant", "old"), ("user", "@@final new"), ("user", "reminder")]
        self.assertEqual(Plan(entries, True).actions, [("final", "new")])

    def test_results_before_it_do_not_count(self):
        entries = [("user", "@@tool x {}\n@@final a"), ("call", "x"), ("result", "r"), ("assistant", "a"),
                   ("user", "@@tool y {}\n@@final b")]
        self.assertEqual(Plan(entries, True).actions, [("tool", "y {}")])

    def test_a_script_that_is_over(self):
        entries = [("user", "@@tool x {}"), ("call", "x"), ("result", "r")]
        self.assertEqual(Plan(entries, True).actions, [("final", "Done.")])
