"""Mail both ways, against the strict server of Tests/Support/platforms/email.py."""

import email
import email.message
import email.policy
import json
import os
import sys

from support import AGAIN, CONFIG, NOT_PERMITTED, OK, SCRIPTED_AGENTS, Case

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Support", "platforms"))
from email_server import AUTHSERV, PASSWORD, TOKEN, USER, MailServer  # noqa: E402

ANN = "ann@example.com"


class MailCase(Case):
    def server(self, **options):
        server = MailServer(self.dir, **options)
        self.addCleanup(server.stop)
        self.addCleanup(lambda: self.assertEqual(server.faults, []))
        if server.tls:
            self.env["SSL_CERT_FILE"] = server.authority
        self.account(server)
        return server

    def account(self, server, more=None, **account):
        account = {"address": USER, "name": "Bot", "password": PASSWORD, "smtp": server.smtp_url,
                   "imap": server.imap_url, "authserv_id": AUTHSERV, "timeout": 5, "poll": 1, **account}
        account = {name: value for name, value in account.items() if value is not None}
        self.config({"accounts": {"email": account}, "allow": {"*": "*"}, **(more or {})})

    def mail(self, text="hello", subject="A question", sender=f"Ann <{ANN}>", **fields):
        mail = email.message.EmailMessage(policy=email.policy.SMTP)
        mail["From"], mail["To"], mail["Subject"] = sender, f"Bot <{USER}>", subject
        mail["Message-ID"] = fields.pop("Message_ID", None) or email.utils.make_msgid(domain="example.com")
        for name, value in fields.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        return mail

    def receive(self, server, *more, **env):
        stages = self.start(["agim-recv", "-v", "email", *more], **env)
        self.wait_for(lambda: any(line.get("state") == "connected" for line in stages.lines), limit=40, what="the connection")
        return stages

    def messages(self, stages, count=1):
        def found():
            lines = [line for line in stages.lines if line["type"] == "message" and not line.get("again")]
            return lines if len(lines) >= count else None
        return self.wait_for(found, limit=40, what=f"{count} messages")

    def stop(self, stages, codes=None):
        for process in stages.procs:
            process.terminate()
        stages.wait()

    def send(self, *words, stdin=b"", **env):
        return self.pipe(["agim-send", *words], stdin=stdin, **env)


class Sending(MailCase):
    def test_a_mail_of_markdown(self):
        server = self.server()
        done = self.send("email:ann@example.com", stdin="# Büro ✅\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n.\nFrom here\n")
        self.assertEqual(done.codes, [OK], done.errors)
        mail = server.sent[0]["mail"]
        self.assertEqual((server.sent[0]["from"], server.sent[0]["to"]), (USER, [ANN]))
        self.assertEqual(mail["Subject"], "Büro ✅")
        self.assertEqual(mail["From"], f"Bot <{USER}>")
        plain, html = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
        self.assertIn("Büro ✅", plain)
        self.assertIn("<table", html)
        # Flowed text keeps its lines from looking like another's mark by a blank.
        self.assertIn("\n From here", plain)
        row = self.sql("select * from outbox")[0]
        self.assertEqual(row["state"], "delivered")
        self.assertRegex(row["proof"], r"^agim\.[0-9a-f-]{36}\.0@example\.org 250 2\.0\.0 queued as Q1$")
        self.assertEqual(f"<{row['proof'].split()[0]}>", mail["Message-ID"])
        self.assertNotIn(PASSWORD, done.errors)

    def test_logins_and_secure_connections(self):
        for tls in (None, "starttls", "wrapped"):
            for auth, login in (("PLAIN", {}), ("LOGIN", {}), ("XOAUTH2", {"password": None, "token": TOKEN}),
                                ("LOGIN", {"auth": "login"})):
                with self.subTest(f"{tls} {auth}"):
                    server = self.server(tls=tls, auth=(auth,), token=auth == "XOAUTH2")
                    self.account(server, **login)
                    done = self.send("email:ann@example.com", "hi")
                    self.assertEqual(done.codes, [OK], done.errors)
                    self.assertIn(f"AUTH {auth}", server.log)

    def test_starttls_is_not_cut_out(self):
        server = self.server(tls="starttls")
        self.account(server, starttls=True)
        server.misbehave("no-starttls")
        done = self.send("email:ann@example.com", "hi")
        self.assertEqual(done.codes, [NOT_PERMITTED], done.errors)
        self.assertIn("does not offer STARTTLS", done.errors)
        self.assertFalse([line for line in server.log if line.startswith("AUTH")])

    def test_a_certificate_of_nobody(self):
        server = self.server(tls="wrapped")
        done = self.send("email:ann@example.com", "hi", SSL_CERT_FILE="/etc/ssl/certs/ca-certificates.crt")
        self.assertEqual(done.codes, [NOT_PERMITTED], done.errors)
        self.assertIn("certificate", done.errors)
        self.assertEqual(server.log, [])

    def test_a_wrong_password(self):
        server = self.server()
        self.account(server, password="wrong-password-of-the-test")
        done = self.send("email:ann@example.com", "hi")
        self.assertEqual(done.codes, [NOT_PERMITTED], done.errors)
        self.assertIn('check "user" and "password" of account "email"', done.errors)
        self.assertNotIn("wrong-password", done.errors)

    def test_what_the_server_says(self):
        """4xx waits, 5xx is refused with its words, whatever the moment."""
        for trick, codes, words in (
                ("421-at-greeting", AGAIN, "421"), ("421-at-mail", AGAIN, "421 4.3.2 shutting down"), ("450-at-rcpt", AGAIN, "450 4.2.1 mailbox busy"),
                ("550-at-rcpt", NOT_PERMITTED, "550 5.1.1 no such user"), ("452-at-data", AGAIN, "452 4.3.1 disk full"),
                ("554-after-data", NOT_PERMITTED, "554 5.6.0 content refused"), ("451-after-data", AGAIN, "451 4.3.0 later"),
                ("552-after-data", NOT_PERMITTED, "send a smaller file"), ("early-552", NOT_PERMITTED, "552 5.3.4 too large"),
                ("drop-at-mail", AGAIN, "closed the connection"), ("drop-in-data", AGAIN, ""), ("garbage", AGAIN, "not SMTP"),
                ("long-line", AGAIN, "not SMTP"), ("slow", AGAIN, "no answer within 1 s"), ("half-line", OK, ""),
                ("endless", AGAIN, "")):
            with self.subTest(trick):
                server = self.server()
                self.account(server, timeout=1 if trick == "slow" else 5)
                server.misbehave(trick)
                done = self.send("email:ann@example.com", "word " * 100)
                self.assertEqual(done.codes, [codes], done.errors)
                self.assertIn(words, done.errors)
                self.sql("delete from outbox")

    def test_a_mail_that_may_have_arrived_goes_out_as_the_same_mail(self):
        server = self.server()
        server.misbehave("drop-after-data")
        done = self.send("email:ann@example.com", "once")
        self.assertEqual(done.codes, [AGAIN], done.errors)
        self.assertIn("not known whether the server took it", done.errors)
        self.assertEqual(self.send("--flush").codes, [OK])
        first, second = [one["mail"]["Message-ID"] for one in server.sent]
        self.assertEqual(first, second)

    def test_several_recipients(self):
        server = self.server()
        self.account(server, bcc=["audit@example.org"])
        done = self.send("email:ann@example.com,nobody@example.com", "hi")
        self.assertEqual(done.codes, [OK], done.errors)
        self.assertEqual(server.sent[0]["to"], [ANN, "audit@example.org"])
        self.assertIn("not delivered to one of the recipients", done.errors)
        self.assertIn("refused for nobody@example.com", self.sql("select proof from outbox")[0]["proof"])
        self.assertNotIn(b"audit@", server.sent[0]["raw"])
        # Nobody gets it twice because another's server is busy.
        done = self.send("email:ann@example.com,later@example.com", "hi")
        self.assertEqual(done.codes, [AGAIN], done.errors)
        self.assertEqual(len(server.sent), 1)

    def test_headers_are_not_made_of_text(self):
        server = self.server()
        line = {"v": 1, "type": "reply", "id": "x y>\r\nBcc: z".replace(" ", "_").replace("\r\n", "!"), "session": "email:ann@example.com",
                "text": "t", "subject": "a\r\nBcc: evil@example.com\r\n\r\nbody"}
        done = self.pipe(["agim-send", "--receipts"], stdin=json.dumps(line) + "\n")
        self.assertEqual(done.codes, [OK], done.errors)
        mail = server.sent[0]["mail"]
        self.assertEqual(mail["Subject"], "a Bcc: evil@example.com body")
        self.assertIsNone(mail["Bcc"])
        self.assertEqual(server.sent[0]["to"], [ANN])
        for address in ("a@b\r\nRCPT TO:<x@y>", "a b@c", "<a@b>", "a@b>", "a@b c", "nobody"):
            done = self.pipe(["agim-send"], stdin=json.dumps({**line, "id": f"n{len(address)}{hash(address)}",
                             "session": "email:" + address.replace("\r", "%0D").replace("\n", "%0A").replace(" ", "%20").replace(":", "%3A")}) + "\n")
            self.assertIn("is no mail address", done.errors)
        self.assertEqual(len(server.sent), 1)

    def test_long_subjects_and_files(self):
        server = self.server(size=3 << 20)
        subject = "Ünïcödé 🏳️‍🌈 " * 20
        files = [
            self.attachment("résumé ✅.bin", bytes(range(256)) * 1000), self.attachment("a\"b.txt", b"x"),
            self.attachment("n" * 150, b""), self.attachment("ü" * 120, b"12345")]
        line = {"v": 1, "type": "reply", "id": "one", "session": "email:ann@example.com", "text": "t\n" + "ß" * 5000,
                "subject": subject, "attachments": files}
        done = self.pipe(["agim-send"], stdin=json.dumps(line) + "\n")
        self.assertEqual(done.codes, [OK], done.errors)
        mail = server.sent[0]["mail"]
        self.assertEqual(mail["Subject"], subject.strip()[:500])
        found = list(mail.iter_attachments())
        self.assertEqual([part.get_filename() for part in found], [one["name"] for one in files])
        self.assertEqual(found[0].get_content(), bytes(range(256)) * 1000)
        self.assertEqual(found[3].get_content(), b"12345")
        # Too large for the server: it is not even tried.
        big = self.attachment("big.bin", bytes(4 << 20))
        done = self.pipe(["agim-send"], stdin=json.dumps({**line, "id": "two", "attachments": [big]}) + "\n")
        self.assertIn(f"the server takes {3 << 20}", done.errors)
        self.assertEqual(len(server.sent), 1)


    def test_as_people_call_it(self):
        """agim-send email --to a@b -s Subject -a chart.png < report.md; and whether the account works."""
        server = self.server(tls="starttls")
        chart = self.write("chart ü.png", b"\x89PNG\r\n\x1a\n" + bytes(1000))
        done = self.send("email", "--to", "ann@example.com", "-s", "Bericht ✅", "-a", chart, stdin="# Report\n\n*all* well\n")
        self.assertEqual(done.codes, [OK], done.errors)
        mail = server.sent[0]["mail"]
        self.assertEqual((mail["Subject"], server.sent[0]["to"]), ("Bericht ✅", [ANN]))
        part = next(mail.iter_attachments())
        self.assertEqual((part.get_filename(), part.get_content_type(), len(part.get_content())), ("chart ü.png", "image/png", 1008))
        done = self.send("check", "email")
        self.assertEqual(done.codes, [OK], done.errors)
        self.assertIn(f"the login at imap://localhost:{server.imap_port} works", done.out)
        self.account(server, password="wrong-password-of-the-test")
        done = self.send("check", "email")
        self.assertEqual(done.codes, [NOT_PERMITTED], done.errors)
        self.assertIn('check "user" and "password"', done.errors)
        self.assertEqual(len(server.sent), 1)

    def test_a_server_without_a_scheme(self):
        """As `agim setup` asks for it."""
        server = self.server(tls="wrapped")
        self.account(server, smtp=f"localhost:{server.smtp_port}")
        self.assertEqual(self.send("email:ann@example.com", "x").codes, [OK])


class Receiving(MailCase):
    def test_a_mail(self):
        server = self.server()
        server.deliver(self.mail("from before we came"))
        stages = self.receive(server)
        mail = self.mail("What is\nthe weather?\n\n-- \nAnn", subject="Wetter in Köln", Message_ID="<m1@example.com>")
        mail.add_attachment(b"\x89PNG\r\n\x1a\n123", maintype="image", subtype="png", filename="../bild ü.png")
        seen = []

        def stored(uid):
            rows = self.sql("select count(*) c from inbox")[0]["c"]
            seen.append(uid)
            return None if rows else "marked as read before the inbox has it"

        server.on_seen = stored
        uid = server.deliver(mail)
        line = self.messages(stages)[0]
        self.assertEqual(line["text"], "Wetter in Köln\n\nWhat is\nthe weather?")
        self.assertEqual(line["from"], {"id": ANN, "name": "Ann"})
        self.assertEqual(line["chat"], "direct")
        self.assertRegex(line["session"], r"^email:ann%40example\.com:[0-9a-f]{16}$")
        self.assertEqual(line["origin"], {"message_id": "m1@example.com", "subject": "Wetter in Köln"})
        file = line["attachments"][0]
        self.assertEqual((file["name"], file["kind"], file["mime"]), ("bild ü.png", "image", "image/png"))
        with open(file["path"], "rb") as content:
            self.assertEqual(content.read(), b"\x89PNG\r\n\x1a\n123")
        server.wait(lambda: "\\Seen" in server.flags[uid], what="the mark")
        self.assertEqual(seen, [uid])
        self.assertEqual(server.flags[5], set(), "what was there before is not touched")
        # The same mail again is known, also to the next receiver.
        self.stop(stages)
        server.deliver(mail)
        stages = self.receive(server)
        server.deliver(self.mail("next", Message_ID="<m2@example.com>"))
        texts = [line["text"] for line in self.messages(stages) if not line.get("again")]
        self.assertEqual(texts, ["A question\n\nnext"])
        self.stop(stages)

    def test_who_is_not_trusted_is_not_heard(self):
        server = self.server()
        stages = self.receive(server)
        good = f"{AUTHSERV}; dmarc=pass header.from=example.com"
        for results, fields in (
                (None, {}), ("other.example; dmarc=pass header.from=example.com", {}), (f"{AUTHSERV}; dmarc=fail header.from=example.com", {}),
                (f"{AUTHSERV}; spf=pass smtp.mailfrom=ann@example.com", {}), (f"{AUTHSERV}; none", {"Authentication_Results": good}),
                (good, {"Auto_Submitted": "auto-replied"}), (good, {"List_Id": "<x.y>"}), (good, {"Precedence": "bulk"}), (good, {"Return_Path": "<>"})):
            server.deliver(self.mail("evil", **fields), results)
        server.deliver(self.mail("evil", sender=f"{ANN}, eve@evil.example"), good)
        server.deliver(self.mail("evil", sender=USER), f"{AUTHSERV}; dmarc=pass header.from=example.org")
        server.deliver(self.mail("good"), good)
        self.assertEqual([line["text"] for line in self.messages(stages)], ["A question\n\ngood"])
        self.wait_for(lambda: stages.err(0).count("a mail is not listened to") == 11)
        server.wait(lambda: sum("\\Seen" in flags for flags in server.flags.values()) == 1)
        self.assertEqual(self.count("inbox"), 1)
        self.stop(stages)

    def test_the_secret_address(self):
        server = self.server()
        self.account(server, authserv_id=None, address_secret="tr0ub4dor")
        stages = self.receive(server)
        server.deliver(self.mail("no"), None)
        server.deliver(self.mail("no", Cc="bot+tr0ub4d0r@example.org"), None)
        server.deliver(self.mail("yes", Delivered_To="bot+tr0ub4dor@example.org"), None)
        line = self.messages(stages)[0]
        self.assertTrue(line["origin"]["secret"])
        self.stop(stages)
        reply = {"v": 1, "type": "reply", "id": "r", "parent": line["id"], "session": line["session"], "text": "answer tr0ub4dor"}
        self.assertEqual(self.pipe(["agim-send"], stdin=json.dumps(reply) + "\n").codes, [OK])
        mail = server.sent[0]["mail"]
        self.assertEqual(mail["Reply-To"], "bot+tr0ub4dor@example.org")
        self.assertNotIn("tr0ub4dor", mail.get_body(("plain",)).get_content())

    def test_nothing_that_would_prove_anything(self):
        server = self.server()
        self.account(server, authserv_id=None)
        done = self.pipe(["agim-recv", "email"])
        self.assertEqual(done.codes, [CONFIG])
        self.assertIn("nothing would prove who a mail is from", done.errors)

    def test_logins_and_secure_connections(self):
        for tls in (None, "starttls", "wrapped"):
            for auth, login in (("PLAIN", {}), ("LOGIN", {}), ("XOAUTH2", {"password": None, "token": TOKEN})):
                with self.subTest(f"{tls} {auth}"):
                    server = self.server(tls=tls, auth=(auth,), token=auth == "XOAUTH2")
                    self.account(server, **login)
                    self.stop(self.receive(server))
                    self.assertIn(f"AUTHENTICATE {auth}", server.log)

    def test_fatal_refusals(self):
        for change, trick, code, words in (
                ({"password": "wrong-password"}, None, NOT_PERMITTED, 'check "user" and "password" of account "email"'),
                ({}, "no-at-select", CONFIG, 'check "mailbox" of account "email"'),
                ({"starttls": True}, "no-starttls", CONFIG, "does not offer STARTTLS")):
            with self.subTest(words):
                server = self.server(tls="starttls" if trick == "no-starttls" else None)
                self.account(server, **change)
                if trick:
                    server.misbehave(trick)
                done = self.pipe(["agim-recv", "email"])
                self.assertEqual(done.codes, [code], done.errors)
                self.assertIn(words, done.errors)
                self.assertNotIn("wrong-password", done.errors)
                self.assertEqual(done.lines[-1]["state"], "refused")

    def test_a_server_that_misbehaves(self):
        """Whatever happens on the way, a mail is printed once, and none is lost."""
        server = self.server()
        self.account(server, timeout=1)
        for trick in ("half-line", "drop-in-fetch", "wrong-tag", "huge-literal", "garbage-literal", "garbage", "endless-line", "fetch-slowly", "unasked",
                      "old-in-search", "gone", "drop-in-idle", "bye-in-idle", "bad-idle", "bye-at-select", "silent-idle"):
            with self.subTest(trick):
                stages = self.receive(server)
                self.addCleanup(stages.kill)
                server.wait(lambda: server.idling > 0, what="IDLE")
                server.misbehave(trick)
                if "idle" in trick or "select" in trick:
                    server.hang_up()
                if trick == "gone":
                    server.deliver(self.mail("taken away by somebody"))
                    server.wait(lambda: not server.tricks)
                server.deliver(self.mail(f"during {trick}"))
                if trick == "silent-idle":
                    server.wait(lambda: server.idling > 0 and not server.tricks)
                    server.hang_up()
                self.messages(stages)
                server.wait(lambda: not server.tricks, what=f"the moment for {trick}")
                self.stop(stages)
                lines = [line["text"] for line in stages.lines if line["type"] == "message" and not line.get("again")]
                self.assertEqual(lines, [f"A question\n\nduring {trick}"])
        self.assertEqual(self.count("inbox"), 16)

    def test_without_idle(self):
        server = self.server()
        server.misbehave("no-idle", times=1000)
        stages = self.receive(server)
        for number in range(3):
            server.deliver(self.mail(f"number {number}"))
            self.messages(stages, number + 1)
        self.assertFalse([line for line in server.log if line == "IDLE"])
        self.stop(stages)

    def test_a_mailbox_that_was_made_anew(self):
        server = self.server()
        stages = self.receive(server)
        mail = self.mail("known", Message_ID="<k@example.com>")
        server.deliver(mail)
        self.messages(stages)
        self.stop(stages)
        server.validity, server.mailbox, server.flags, server.next = 8, {}, {}, 1
        server.deliver(self.mail("from last year", subject="Old"))
        server.deliver(mail)
        server.deliver(self.mail("new"))
        stages = self.receive(server)
        fresh = self.wait_for(lambda: [line for line in stages.lines if line["type"] == "message" and "new" in line["text"]])
        self.assertEqual(len(fresh), 1)
        self.assertEqual(self.count("inbox"), 2)
        self.stop(stages)
        # Made anew once more, with nothing of the last days in it.
        server.validity, server.mailbox, server.flags, server.next = 9, {}, {}, 1
        server.deliver(self.mail("from last year", subject="Old"))
        stages = self.receive(server)
        server.deliver(self.mail("newest"))
        self.wait_for(lambda: [line for line in stages.lines if "newest" in line.get("text", "")])
        self.assertEqual(self.count("inbox"), 3)
        self.assertEqual(self.sql("select value from cursor")[0]["value"], "9:2")
        self.stop(stages)

    def test_a_mail_that_the_server_cannot_show(self):
        """It does not keep those behind it from being heard."""
        server = self.server()
        stages = self.receive(server)
        server.misbehave("no-at-fetch")
        server.deliver(self.mail("unreadable"))
        server.deliver(self.mail("behind it"))
        line = self.wait_for(lambda: [line for line in stages.lines if line["type"] == "message"], limit=40)[0]
        self.assertIn("behind it", line["text"])
        self.assertIn("the server cannot show a mail; it is left out", stages.err(0))
        self.stop(stages)

    def test_too_large(self):
        server = self.server()
        self.account(server, max_size=2000)
        stages = self.receive(server)
        server.deliver(self.mail("x" * 5000, subject="Big"))
        line = self.messages(stages)[0]
        self.assertIn("Big", line["text"])
        self.assertIn("more than max_size allows", line["text"])
        self.assertNotIn("xxx", line["text"])
        self.stop(stages)

    def test_too_many(self):
        server = self.server()
        self.account(server, per_hour=2)
        stages = self.receive(server)
        for number in range(4):
            server.deliver(self.mail(f"number {number}"))
        self.wait_for(lambda: stages.err(0).count("more than per_hour allows") == 2)
        self.assertEqual(len(self.messages(stages, 2)), 2)
        self.stop(stages)

    def test_a_bounce(self):
        server = self.server()
        self.assertEqual(self.send("email:ann@example.com", "hi").codes, [OK])
        sent = server.sent[0]["mail"]["Message-ID"]
        stages = self.receive(server)
        for message_id in ("<forged@elsewhere.example>", sent):
            server.deliver((
                "From: MAILER-DAEMON@mx.example.org\r\nReturn-Path: <>\r\nAuto-Submitted: auto-replied\r\n"
                "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nfailed\r\n--b\r\n"
                "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\n"
                "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
                f"Message-ID: {message_id}\r\n--b--\r\n").encode(), None)
        event = self.wait_for(lambda: [line for line in stages.lines if line["type"] == "event"])[0]
        self.assertEqual((event["kind"], event["session"], event["status"]), ("bounced", "email:ann%40example.com", "5.1.1"))
        self.assertIn("550 no such user", event["text"])
        self.assertEqual(len([line for line in stages.lines if line["type"] == "event"]), 1)
        self.stop(stages)


class Conversation(MailCase):
    def test_a_thread_with_an_approval_and_a_file(self):
        """Mail in, a turn that asks, a yes by mail, an answer in the thread."""
        server = self.server()
        work = self.path("work")
        os.mkdir(work)
        self.account(server, {"agents": {"shell": {"driver": "shell", "workdir": work}}, "default_agent": "shell",
                              "approvers": [f"email:{ANN}"]})
        stages = self.start(["agim-recv", "email"], ["agim-approve"], ["agim-run", "shell"], ["agim-send"])
        server.wait(lambda: server.idling > 0, what="IDLE")
        first = self.mail("", subject="touch ran", Message_ID="<first@example.com>")
        server.deliver(first)
        server.wait(lambda: len(server.sent) >= 1, what="the card")
        card = server.sent[0]["mail"]
        self.assertEqual(card["In-Reply-To"], "<first@example.com>")
        self.assertEqual(card["Subject"], "Re: touch ran")
        self.assertIsNone(card.get_body(("html",)))
        self.assertIn("touch ran", card.get_body(("plain",)).get_content())
        code = self.sql("select code from request")[0]["code"]
        self.assertIn(code, card.get_body(("plain",)).get_content())
        quote = "\n".join("> " + line for line in card.get_body(("plain",)).get_content().splitlines())

        def answer(text, sender=ANN, results=f"{AUTHSERV}; dmarc=pass header.from=example.com", **fields):
            server.deliver(self.mail(
                f"{text}\n\nOn Monday, Bot wrote:\n{quote}\n", subject="Re: touch ran", sender=sender, In_Reply_To=card["Message-ID"],
                References=f"<first@example.com> {card['Message-ID']}", **fields), results)

        # A stranger's yes, one that nothing proves, and a program's count for nothing.
        answer(f"yes {code}", sender="eve@evil.example", results=f"{AUTHSERV}; dmarc=pass header.from=evil.example")
        answer(f"yes {code}", results=f"{AUTHSERV}; dmarc=fail header.from=example.com")
        answer(f"yes {code}", Auto_Submitted="auto-replied")
        self.wait_for(lambda: "not listened to" in stages.err(0) and stages.err(0).count("not listened to") == 2)
        self.assertEqual(self.sql("select state from request")[0]["state"], "pending")
        answer(f"Yes {code}\n\nSent from my phone")
        self.wait_for(lambda: os.path.exists(f"{work}/ran"), what="what was allowed")
        self.assertEqual(self.sql("select by from request")[0]["by"], f"email:{ANN}")
        server.wait(lambda: any("touch ran" not in str(one["mail"].get_body(("plain",)).get_content())
                                and one["to"] == [ANN] for one in server.sent[1:]), what="the answer")
        last = [one["mail"] for one in server.sent if one["to"] == [ANN]][-1]
        self.assertIn("first@example.com", str(last["References"]))
        # An answer to the card needs no code: what it answers says which request is meant.
        server.deliver(self.mail("touch again", subject="Re: touch ran", In_Reply_To=last["Message-ID"],
                                 References=f"{last['References']} {last['Message-ID']}"))
        second = self.wait_for(lambda: self.sql("select id from request where state = 'pending'"))[0]["id"]
        proof = self.wait_for(lambda: self.sql(
            "select proof from outbox where id = ? and proof is not null", second), what="the second card")[0]["proof"]
        server.deliver(self.mail("OK.", subject="Re: touch ran", In_Reply_To=f"<{proof.split()[0]}>"))
        self.wait_for(lambda: os.path.exists(f"{work}/again"), what="what was allowed by an answer alone")
        sessions = {row["session"] for row in self.sql("select session from inbox where line like '%ann@example%'")}
        self.assertEqual(len(sessions), 1, sessions)
        self.stop(stages)

    def test_a_file_that_an_agent_shows(self):
        """An agent that asks for a tool, works, and answers in the thread with a picture."""
        server = self.server()
        work = self.path("work")
        os.mkdir(work)
        picture = b"\x89PNG\r\n\x1a\n" + bytes(100)
        with open(f"{work}/chart.png", "wb") as file:
            file.write(picture)
        claude = {"driver": "claude", "command": [sys.executable, os.path.join(SCRIPTED_AGENTS, "claude.py")],
                  "workdir": work, "env": {"SCRIPTED_STATE": self.path("")}}
        self.account(server, {"agents": {"claude": claude}, "default_agent": "claude", "approvers": [f"email:{ANN}"]})
        stages = self.start(["agim-recv", "email"], ["agim-approve"], ["agim-run", "claude"], ["agim-send"])
        server.wait(lambda: server.idling > 0, what="IDLE")
        server.deliver(self.mail(
            'say Let me see.\ntool Bash {"command": "touch ran", "description": "why"}\nsay ![the chart](chart.png)',
            subject="a chart", Message_ID="<chart@example.com>"))
        server.wait(lambda: server.sent, what="the card")
        card = server.sent[0]["mail"]
        code = self.sql("select code from request")[0]["code"]
        server.deliver(self.mail(f"y {code}", subject="Re: a chart", In_Reply_To=card["Message-ID"]))
        server.wait(lambda: any(list(one["mail"].iter_attachments()) for one in server.sent), what="the picture")
        mail = next(one["mail"] for one in server.sent if list(one["mail"].iter_attachments()))
        part = next(mail.iter_attachments())
        self.assertEqual((part.get_content_type(), part.get_content(), part.get_filename()), ("image/png", picture, "chart.png"))
        self.assertIn("Let me see.", mail.get_body(("plain",)).get_content())
        self.assertIn("chart@example.com", str(mail["References"]))
        self.assertTrue(os.path.exists(f"{work}/ran"))
        self.stop(stages)
