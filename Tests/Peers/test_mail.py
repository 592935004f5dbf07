"""What agim-send sends, as aiosmtpd takes it: another reading of SMTP than that of our own server and of postfix."""

import email
import email.policy
import os
import sys

from harness import Dialogue, PeerCase
from support import AGAIN, NOT_PERMITTED, OK

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Support", "platforms"))
from email_server import MailServer  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
USER, PASSWORD = "bot@example.org", "password-of-the-peer"


class Aiosmtpd(PeerCase):
    def setUp(self):
        super().setUp()
        certificates = MailServer(self.dir, tls="wrapped")
        certificates.stop()
        self.env["SSL_CERT_FILE"] = certificates.authority
        self.peer = Dialogue(self, [
            self.program("aiosmtpd"), os.path.join(HERE, "smtp_peer.py"), self.path("mail.pem"), self.path("mail.key"), USER,
            PASSWORD], self.env, self.dir)
        self.port = self.peer.expect(lambda line: "port" in line)["port"]
        self.account()

    def account(self, **more):
        self.config({"accounts": {"email": {
            "address": USER, "password": PASSWORD, "smtp": f"smtp://localhost:{self.port}", "starttls": True, **more}}})

    def send(self, address, text):
        return self.pipe(["agim-send", f"email:{address}", text])

    def test_what_it_takes_and_refuses(self):
        text = "# Größe ✅\n\n.\n..\nFrom here\n" + "lang " * 300
        done = self.send("ann@example.com", text)
        self.assertEqual(done.codes, [OK], done.errors)
        mail = self.peer.expect(lambda line: "content" in line)
        self.assertEqual((mail["from"], mail["to"]), (USER, ["ann@example.com"]))
        self.assertEqual(mail["options"], [f"SIZE={len(mail['content'])}"])
        content = email.message_from_bytes(mail["content"].encode("latin-1"), policy=email.policy.strict)
        self.assertEqual(content["Subject"], "Größe ✅")
        plain = content.get_body(("plain",)).get_content()
        self.assertIn("\n.\n..\n From here", plain.replace("\r\n", "\n"))
        self.assertIn("250 2.0.0 taken by aiosmtpd", self.sql("select proof from outbox")[0]["proof"])
        for address, code, words in (("nobody@example.com", NOT_PERMITTED, "550 5.1.1"), ("later@example.com", AGAIN, "451 4.7.1")):
            done = self.send(address, "x")
            self.assertEqual(done.codes, [code], done.errors)
            self.assertIn(words, done.errors)
        self.account(password="wrong-password-of-the-test")
        done = self.send("ann@example.com", "x")
        self.assertEqual(done.codes, [NOT_PERMITTED], done.errors)
        self.assertIn('check "user" and "password"', done.errors)
