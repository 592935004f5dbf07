"""Mail both ways through a real mail system: postfix and dovecot of Debian."""

import email
import email.policy
import json
import os
import smtplib
import time

from mail_servers import PASSWORD, RealMail
from support import AGAIN, NOT_PERMITTED, OK, seconds
from test_email import ANN, AUTHSERV, MailCase
from email_server import USER, MailServer


class RealServers(MailCase):
    def setUp(self):
        super().setUp()
        certificates = MailServer(self.dir, tls="wrapped")
        certificates.stop()
        self.real = RealMail(self.dir, certificates)
        self.addCleanup(self.real.stop)
        self.env["SSL_CERT_FILE"] = self.real.authority
        self.configure()

    def configure(self, wrapped=True, more=None, **account):
        real = self.real
        self.config({"allow": {"*": "*"}, **(more or {}), "accounts": {"email": {
            "address": USER, "name": "Bot ✅", "password": PASSWORD, "authserv_id": AUTHSERV, "starttls": True,
            "smtp": f"smtps://localhost:{real.smtps_port}" if wrapped else f"smtp://localhost:{real.smtp_port}",
            "imap": f"imaps://localhost:{real.imaps_port}" if wrapped else f"imap://localhost:{real.imap_port}", **account}}})

    def ann(self, mail):
        with smtplib.SMTP("127.0.0.1", self.real.smtp_port) as smtp:
            smtp.send_message(mail, ANN, [USER])

    def arrived(self, count):
        mails = self.wait_for(lambda: (lambda found: found if len(found) >= count else None)(self.real.mails("example.com/ann")),
                              limit=20, what=f"mail {count} for Ann")
        return [email.message_from_bytes(one, policy=email.policy.default) for one in mails]

    @seconds(20)
    def test_there_and_back(self):
        """Over TLS from the first byte and by STARTTLS; an answer in the thread, with a file, as postfix delivers it."""
        answer = self.script("answer", 'cat >/dev/null; printf "# Büro\\n\\nfertig ✅\\n.\\n"\n')
        for wrapped in (True, False):
            with self.subTest(wrapped=wrapped):
                self.configure(wrapped, {"agents": {"a": {"driver": "exec", "command": [answer]}}, "default_agent": "a"})
                stages = self.start(["agim-recv", "-v", "email"], ["agim-run", "a"], ["agim-send"])
                self.wait_for(lambda: "connected" in stages.err(0), what="the connection")
                before = len(self.real.mails("example.com/ann"))
                mail = self.mail("Wie weit?\n.\n", subject="Größe: 構建", Message_ID=f"<q{wrapped}@example.com>")
                mail.add_attachment(bytes(range(256)) * 300, maintype="application", subtype="octet-stream", filename="ä.bin")
                self.ann(mail)
                found = self.arrived(before + 1)[-1]
                self.assertEqual(found["In-Reply-To"], f"<q{wrapped}@example.com>")
                self.assertEqual(found["Subject"], "Re: Größe: 構建")
                self.assertEqual(found["From"], f"Bot ✅ <{USER}>")
                self.assertEqual(found["Auto-Submitted"], "auto-replied")
                self.assertIn("fertig ✅", found.get_body(("plain",)).get_content())
                row = self.sql("select line from inbox order by n desc limit 1")[0]
                file = json.loads(row["line"])["attachments"][0]
                with open(file["path"], "rb") as content:
                    self.assertEqual(content.read(), bytes(range(256)) * 300)
                self.assertRegex(self.sql("select proof from outbox order by n desc limit 1")[0]["proof"], r" 250 2\.0\.0 Ok: queued as ")
                self.stop(stages)
        self.assertEqual(self.states("inbox"), {"done": 2})

    @seconds(20)
    def test_what_a_real_server_refuses(self):
        done = self.send("email:stranger@example.com", "x")
        self.assertEqual(done.codes, [NOT_PERMITTED], done.errors)
        self.assertIn("550 5.1.1", done.errors)
        self.configure(password="wrong-password-of-the-test")
        done = self.send("email:ann@example.com", "x", limit=30)
        self.assertEqual(done.codes, [NOT_PERMITTED], done.errors)
        self.assertIn('check "user" and "password"', done.errors)
        self.assertNotIn("wrong-password", done.errors)
        done = self.pipe(["agim-recv", "email"], limit=30)
        self.assertEqual(done.codes, [77], done.errors)
        self.configure(address="eve@example.org", user=USER)
        done = self.send("email:ann@example.com", "x")
        self.assertEqual(done.codes, [NOT_PERMITTED], done.errors)
        self.assertIn("not owned by user", done.errors)

    @seconds(20)
    def test_idle_and_a_server_that_is_started_anew(self):
        """News come by IDLE within a moment; while the server is away nothing is lost."""
        self.configure(poll=300)
        stages = self.receive(None)
        # Long enough for IDLE to stand.
        time.sleep(0.5)
        started = time.monotonic()
        self.ann(self.mail("first"))
        self.messages(stages)
        self.assertLess(time.monotonic() - started, 8, "by IDLE, not by looking every five minutes")
        self.real.end(self.real.processes[0])
        self.wait_for(lambda: "disconnected" in stages.err(0), what="the end of the connection")
        self.ann(self.mail("second"))
        self.real.run("dovecot", ["dovecot", "-F", "-c", os.path.join(self.real.dir, "dovecot.conf")])
        self.wait_for(lambda: len([line for line in stages.lines if line["type"] == "message"]) == 2, limit=40)
        self.stop(stages)
        self.assertEqual(self.count("inbox"), 2)
        # Handled mail is marked as read.
        self.assertTrue(all(name.endswith("S") for name in os.listdir(f"{self.real.dir}/boxes/example.org/bot/cur")))


del MailCase, AGAIN, OK
