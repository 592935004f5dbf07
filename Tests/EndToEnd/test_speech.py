"""Text of spoken messages by agim-model: of a program, of an endpoint, and without one when that fails."""

import http.server
import json
import os
import sys
import threading

from test_telegram import TelegramCase

VOICE = b"OggS" + bytes(range(256))


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Checks what it gets as the real one does, and answers as it is told."""
    faults: list = []
    answer = (200, {"text": "turn the lights off\n"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        boundary = self.headers["Content-Type"].split("boundary=")[1].encode()
        parts = {}
        for piece in body.split(b"--" + boundary)[1:-1]:
            head, _, content = piece[2:-2].partition(b"\r\n\r\n")
            parts[head.split(b'name="')[1].split(b'"')[0].decode()] = (head, content)
        wanted = {
            "path": (self.path, "/v1/audio/transcriptions"),
            "authorization": (self.headers["Authorization"], "Bearer sk-spoken"),
            "model": (parts["model"][1], b"whisper-1"), "language": (parts["language"][1], b"en"),
            "file": (parts["file"][1], VOICE), "name": (b'filename="voice.ogg"' in parts["file"][0], True),
        }
        self.faults += [f"{name}: {got!r}" for name, (got, right) in wanted.items() if got != right]
        status, value = self.answer
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words):
        pass


class Speech(TelegramCase):
    def setUp(self):
        super().setUp()
        # Its own: others of these run beside it.
        self.heard = type("Heard", (Endpoint,), {"faults": []})

    def hear(self, **transcribe):
        """What a spoken message and the word after it become."""
        self.configure(models={"transcribe": transcribe})
        pipeline = self.recv()
        self.connected(pipeline)
        self.fake.send_file("voice", VOICE, mime="audio/ogg")
        self.fake.say("typed")
        # Nobody takes them: those of the last time are printed again.
        lines = self.wait_for(
            lambda: fresh if len(fresh := [x for x in self.lines(pipeline, "message") if "again" not in x]) > 1 else None,
            15, "both messages")
        self.stop(pipeline)
        spoken = next(line for line in lines if line.get("attachments"))
        self.assertEqual(spoken["attachments"][0]["kind"], "voice")
        return spoken, pipeline

    def endpoint(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.heard)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return {"url": f"http://127.0.0.1:{server.server_port}/v1/", "key": {"file": self.path("key")}, "language": "en"}

    def test_a_program(self):
        """It gets the recording and its type, and none of the messengers' secrets."""
        program = self.path("hear")
        with open(program, "w") as file:
            file.write(
                f"#!{sys.executable}\nimport os, sys\n"
                f"assert sys.stdin.buffer.read() == {VOICE!r}\n"
                "assert os.environ['AGIM_MIME'] == 'audio/ogg'\n"
                "assert not any('TOKEN' in name for name in os.environ), sorted(os.environ)\n"
                "print('  one 🍎 and two  ')\n")
        os.chmod(program, 0o700)
        self.env["TELEGRAM_BOT_TOKEN"] = self.fake.token
        spoken, pipeline = self.hear(command=[program])
        self.assertEqual((spoken["text"], spoken["transcribed"]), ("one 🍎 and two", True), pipeline.errors)
        # What is stored is what was printed: it comes again with its text.
        shown = self.pipe(["agim-queue", "show", spoken["id"], "--json"])
        self.assertIn("one 🍎 and two", shown.out)

    def test_an_endpoint(self):
        with open(self.path("key"), "w") as file:
            file.write("sk-spoken\n")
        spoken, pipeline = self.hear(**self.endpoint())
        self.assertEqual(self.heard.faults, [])
        self.assertEqual(spoken["text"], "turn the lights off", pipeline.errors)
        self.assertNotIn("sk-spoken", pipeline.errors)

    def test_what_fails_leaves_the_recording(self):
        with open(self.path("key"), "w") as file:
            file.write("sk-spoken\n")
        address = self.endpoint()
        for transcribe, answer, words in [
            (address, (401, {"error": {"message": "no such key"}}), "no such key"),
            (address, (200, b"<html>"), "no JSON"),
            (address, (200, {"text": " "}), ""),
            ({"url": "http://127.0.0.1:1/v1", "retries": 1}, None, "127.0.0.1:1"),
            ({"command": ["false"]}, None, "false"),
            ({"command": [self.path("nowhere")]}, None, "nowhere"),
            ({"command": ["sleep", "60"], "timeout": "1s"}, None, "longer than 1s"),
        ]:
            with self.subTest(words=words):
                self.heard.answer = answer or self.heard.answer
                spoken, pipeline = self.hear(**transcribe)
                self.assertEqual(spoken["text"], "")
                self.assertNotIn("transcribed", spoken)
                self.assertIn(words, pipeline.errors)
