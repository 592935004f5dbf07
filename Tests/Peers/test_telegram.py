"""Our fake Bot API against python-telegram-bot: what that client can talk to, and understands, is right."""

import json
import os
import subprocess
import sys

from harness import PeerCase

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Support", "platforms"))
import telegram as platform  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class BotAPI(PeerCase):
    def test_a_client_that_many_use(self):
        fake = platform.FakeTelegram()
        self.addCleanup(fake.close)
        fake.private()
        fake.private(777)
        fake.chats[777]["_bot"] = "kicked"
        asked = fake.say("hello 🍎 /x @agim_test_bot")
        fake.send_file("document", b"content", name="a.txt", mime="text/plain")
        with fake.lock:
            fake.post((fake.chats[501], None, None, {"inline_keyboard": [[{"text": "Allow", "callback_data": "z"}]]}),
                      {"text": "May I?"})
        query = fake.press("Allow")
        done = subprocess.run(
            [self.program("telegram"), os.path.join(HERE, "telegram_peer.py"), fake.url, fake.token, "501"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, env=self.env)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        seen = json.loads(done.stdout)
        self.assertEqual(seen["username"], fake.username)
        first, document, press = seen["updates"]
        self.assertEqual(
            [(e["type"], e["offset"], e["length"]) for e in first["message"]["entities"]],
            [("bot_command", 9, 2), ("mention", 12, 14)])
        self.assertEqual(document["message"]["document"]["file_name"], "a.txt")
        self.assertEqual(press["callback_query"]["data"], "z")
        self.assertEqual((seen["redelivered"], seen["after"]), (1, 0))
        self.assertEqual(seen["downloaded"], "content")
        self.assertEqual(seen["sent"]["text"], "bold <x> 🍎 ls")
        self.assertEqual(
            [(e["type"], e["offset"], e["length"]) for e in seen["sent"]["entities"]], [("bold", 0, 4), ("code", 12, 2)])
        self.assertEqual(seen["sent"]["reply_to_message"]["message_id"], asked)
        # An edit without a keyboard takes it away.
        self.assertNotIn("reply_markup", seen["edited"])
        for name, words in (
                ("not modified", "Message is not modified"), ("markup", "Can't parse entities"),
                ("long", "Message is too long"), ("empty", "Message text is empty"), ("no chat", "Chat not found"),
                ("blocked", "bot was blocked by the user"), ("late", "Query is too old"),
                ("conflict", "terminated by other getUpdates request"),
                ("webhook conflict", "can't use getUpdates method while webhook is active"),
                ("http webhook", "Bad webhook")):
            self.assertIn(words, seen[name], name)
        self.assertEqual(seen["document"]["document"]["file_name"], "ü.txt")
        self.assertEqual(seen["document"]["caption"], "a <file>")
        self.assertEqual(seen["webhook"], "https://example.com/hook")
        self.assertEqual(seen["flood"], fake.penalty)
        self.assertEqual(fake.queries[query]["answers"][0], "Thanks")
        self.assertEqual(fake.check(), [])
