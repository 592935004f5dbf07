"""Our fake model endpoints against the clients of OpenAI and Anthropic: where these understand it, it is right. And
agim-model against the model server that real agents talk to."""

import json
import os
import struct
import subprocess
import sys

from harness import PeerCase

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Support", "platforms"))
from models import KEY, Models, vector  # noqa: E402


class Endpoints(PeerCase):
    def test_their_clients_understand_our_fake(self):
        server = Models()
        self.addCleanup(server.close)
        # The tenth request that is a stream of Messages thinks.
        plain = 12
        for _ in range(plain):
            server.behave()
        server.behave(thought="Hm.", text="Yes.")
        ran = subprocess.run(
            [self.program("models"), os.path.join(HERE, "models_peer.py"), server.root, KEY], capture_output=True, text=True,
            timeout=120, env={**self.env, "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "127.0.0.1"})
        self.assertEqual(ran.returncode, 0, ran.stderr[-4000:])
        told = json.loads(ran.stdout)
        answer = "You said: Grüße 🍎"
        single = [list(struct.unpack("<8f", struct.pack("<8f", *vector(text)))) for text in ("one", "two")]
        self.assertEqual(told, {
            "chat": [answer, "stop", 100, 40], "chat, stream": [answer, "stop", 20, 5], "embeddings": single,
            "embeddings, float": [vector("one", 20)], "transcription": " I heard 8 bytes.\n",
            "no model": ["NotFoundError", 404, "model_not_found"], "no key": ["AuthenticationError", 401, "invalid_api_key"],
            "no text": ["BadRequestError", 400, None], "no sound": ["BadRequestError", 400, None],
            "options without a stream": ["BadRequestError", 400, None],
            "messages": [answer, "end_turn", 60, 40], "messages, stream": [answer, "end_turn", 20],
            "thought": ["thinking", "text"], "again": "You said: Sure?",
            "no tokens": ["BadRequestError", 400, "invalid_request_error"],
            "no user": ["BadRequestError", 400, "invalid_request_error"],
            "no Claude": ["NotFoundError", 404, "invalid_request_error"]})

    def test_agim_model_and_the_server_of_real_agents(self):
        self.config({"models": {
            "chat": {"base_url": self.model.url, "model": "mock-model", "key": "x" * 20},
            "claude": {"base_url": self.model.url, "api": "anthropic", "model": "claude-mock", "key": "x" * 20}}})
        for role in ("chat", "claude"):
            with self.subTest(role=role):
                done = self.pipe(["agim-model", "--json", role], stdin="@@think Hm.\n@@final Made.")
                self.assertEqual(done.codes, [0], done.errors)
                self.assertEqual(done.lines[0]["text"], "Made.")
                self.assertGreater(done.lines[0]["usage"]["output"], 0)
                done = self.pipe(["agim-model", role], stdin="@@text One.\n@@final Two.")
                self.assertEqual((done.codes, done.out), ([0], "One.Two.\n"), done.errors)
