"""A mail server on loopback: SMTP that takes mail and IMAP that holds a mailbox, both stricter than real ones.

What a client does wrong stands in `faults`, each with its reason; a test asserts that there are none. It misbehaves
on command: `misbehave("drop-in-data", times=1)` and so on; the names are in SMTP_TRICKS and IMAP_TRICKS."""

import base64
import datetime
import email
import email.policy
import os
import re
import socket
import ssl
import subprocess
import threading
import time

USER, PASSWORD, TOKEN = "bot@example.org", "pa ss\"w\\ord-of-the-test", "bearer-token-of-the-test"
AUTHSERV = "mx.example.org"

SMTP_TRICKS = {
    "421-at-greeting", "421-at-mail", "450-at-rcpt", "550-at-rcpt", "452-at-data", "554-after-data", "451-after-data",
    "552-after-data", "drop-at-mail", "drop-in-data", "drop-after-data", "half-line", "garbage", "long-line", "slow",
    "early-552", "no-starttls", "endless"}
IMAP_TRICKS = {
    "bye-at-select", "no-at-select", "wrong-tag", "half-line", "drop-in-fetch", "huge-literal", "garbage-literal", "garbage", "slow",
    "no-idle", "bad-idle", "silent-idle", "drop-in-idle", "bye-in-idle", "gone", "endless-line", "old-in-search", "no-starttls",
    "fetch-slowly", "unasked", "no-at-fetch"}


class Line:
    """A connection that is read line by line."""

    def __init__(self, sock):
        self.sock, self.buffer = sock, b""

    def read(self, limit=1 << 20):
        while b"\n" not in self.buffer:
            if len(self.buffer) > limit:
                raise ConnectionError("too long")
            piece = self.sock.recv(65536)
            if not piece:
                raise ConnectionError("closed")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line + b"\n"

    def write(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())


class MailServer:
    def __init__(self, directory, tls=None, auth=("PLAIN", "LOGIN", "XOAUTH2"), size=1 << 20, validity=7, token=False):
        """`tls`: None, "wrapped" or "starttls"."""
        self.faults, self.sent, self.log, self.tricks = [], [], [], []
        self.tls, self.auth, self.size, self.validity, self.token = tls, auth, size, validity, token
        self.mailbox, self.flags, self.next = {}, {}, 5
        self.connections = {"smtp": 0, "imap": 0}
        self.idling = 0
        self.on_seen = lambda uid: None
        self.changed = threading.Condition()
        self.open, self.stopping = set(), False
        self.context = self.certificate(directory) if tls else None
        self.listeners = [self.listen(self.smtp, "smtp"), self.listen(self.imap, "imap")]
        self.smtp_port, self.imap_port = [one.getsockname()[1] for one in self.listeners]

    @property
    def smtp_url(self):
        return f"smtp{'s' if self.tls == 'wrapped' else ''}://localhost:{self.smtp_port}"

    @property
    def imap_url(self):
        return f"imap{'s' if self.tls == 'wrapped' else ''}://localhost:{self.imap_port}"

    def certificate(self, directory):
        """An authority, ca.pem, and a certificate of it for localhost."""
        def openssl(*words, text=None):
            subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True, input=text)
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self.authority = os.path.join(directory, "ca.pem")
        if not os.path.exists(self.authority):
            openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=agim mail test")
            openssl("req", *new, "-keyout", "mail.key", "-out", "mail.csr", "-subj", "/CN=localhost")
            openssl("x509", "-req", "-in", "mail.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                    "2", "-out", "mail.pem", "-extfile", "/dev/stdin", text=b"subjectAltName=DNS:localhost,IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(directory, "mail.pem"), os.path.join(directory, "mail.key"))
        return context

    def stop(self):
        self.stopping = True
        for listener in self.listeners:
            listener.close()
        self.hang_up()

    def hang_up(self):
        """Ends every connection without a word."""
        for sock in list(self.open):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def fault(self, reason):
        with self.changed:
            self.faults.append(reason)
            self.changed.notify_all()

    def misbehave(self, *names, times=1):
        for name in names:
            assert name in SMTP_TRICKS | IMAP_TRICKS, name
            self.tricks += [name] * times

    def trick(self, name):
        if name not in self.tricks:
            return False
        self.tricks.remove(name)
        return True

    def always(self, name):
        return name in self.tricks

    def wait(self, condition, limit=15, what="what the server waits for"):
        deadline = time.monotonic() + limit
        with self.changed:
            while not condition():
                if time.monotonic() > deadline:
                    raise AssertionError(f"{what} has not come; faults: {self.faults}; log: {self.log[-30:]}")
                self.changed.wait(0.1)

    def listen(self, serve, name):
        listener = socket.create_server(("127.0.0.1", 0))

        def accept():
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=self.run, args=(serve, name, sock), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return listener

    def run(self, serve, name, sock):
        self.connections[name] += 1
        try:
            if self.tls == "wrapped":
                sock = self.context.wrap_socket(sock, server_side=True)
            self.open.add(sock)
            serve(sock)
        except (ConnectionError, OSError, ValueError):
            pass
        finally:
            self.open.discard(sock)
            try:
                sock.close()
            except OSError:
                pass
            with self.changed:
                self.changed.notify_all()

    # Logins

    def login(self, mechanism, response):
        data = base64.b64decode(response, validate=True)
        if mechanism == "PLAIN":
            return data == f"\0{USER}\0{PASSWORD}".encode()
        if mechanism == "XOAUTH2":
            return self.token and data == f"user={USER}\x01auth=Bearer {TOKEN}\x01\x01".encode()
        return False

    # SMTP

    def smtp(self, sock):
        line = Line(sock)
        if self.trick("421-at-greeting"):
            return line.write("421 4.3.2 too busy\r\n")
        line.write("220 mx.example.org ESMTP strict\r\n")
        state = {"hello": False, "secure": self.tls != "starttls", "user": None, "from": None, "to": [], "size": None}
        while True:
            text = line.read()
            if not text.endswith(b"\r\n"):
                self.fault(f"smtp: a command that does not end in CRLF: {text!r}")
            command = text.rstrip(b"\r\n").decode("ascii", "replace")
            if not command.startswith("AUTH"):
                self.log.append(command)
            verb = command.split(" ")[0].upper()
            if verb == "QUIT":
                return line.write("221 2.0.0 bye\r\n")
            if verb == "STARTTLS" and not state["secure"]:
                line.write("220 go\r\n")
                line.sock = self.context.wrap_socket(line.sock, server_side=True)
                self.open.add(line.sock)
                state.update(secure=True, hello=False)
                continue
            handler = getattr(self, f"smtp_{verb.lower()}", None)
            if not handler:
                self.fault(f"smtp: unknown command {command!r}")
                line.write("500 what\r\n")
                continue
            if handler(line, command, state) is False:
                return

    def smtp_ehlo(self, line, command, state):
        state["hello"] = True
        words = ["mx.example.org", f"SIZE {self.size}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if not state["secure"] and not self.trick("no-starttls"):
            words.append("STARTTLS")
        if state["secure"] and self.auth:
            words.append("AUTH " + " ".join(one for one in self.auth if one != "XOAUTH2" or self.token))
        if self.trick("endless"):
            for _ in range(100_000):
                line.write("250-more\r\n")
        line.write("".join(f"250{'-' if n < len(words) - 1 else ' '}{word}\r\n" for n, word in enumerate(words)))

    def smtp_auth(self, line, command, state):
        if not state["secure"]:
            self.fault("smtp: a login in the clear")
        words = command.split(" ")
        mechanism = words[1].upper()
        self.log.append(f"AUTH {mechanism}")
        if mechanism == "LOGIN":
            # The name may stand in the command itself.
            parts = [base64.b64decode(word).decode() for word in words[2:3]]
            for prompt in ("Username:", "Password:")[len(parts):]:
                line.write(f"334 {base64.b64encode(prompt.encode()).decode()}\r\n")
                parts.append(base64.b64decode(line.read()).decode())
            good = parts == [USER, PASSWORD]
        else:
            if len(words) < 3:
                line.write("334 \r\n")
                words.append(line.read().decode().strip())
            good = self.login(mechanism, words[2])
        if not good:
            return line.write("535 5.7.8 no such login\r\n")
        state["user"] = USER
        line.write("235 2.7.0 welcome\r\n")

    def smtp_mail(self, line, command, state):
        if self.auth and not state["user"]:
            self.fault("smtp: MAIL without a login")
        if self.trick("drop-at-mail"):
            return False
        if self.trick("421-at-mail"):
            line.write("421 4.3.2 shutting down\r\n")
            return False
        if self.trick("garbage"):
            line.write(b"\xff\x00garbage\r\n")
            return None
        if self.trick("long-line"):
            line.write(b"250 " + b"x" * 100_000 + b"\r\n")
            return None
        if self.trick("half-line"):
            line.write("250 2.1.")
            time.sleep(0.3)
            line.write("0 o")
            time.sleep(0.3)
            line.write("k\r\n")
        else:
            if self.always("slow"):
                time.sleep(30)
            line.write("250 2.1.0 ok\r\n")
        match = re.fullmatch(r"MAIL FROM:<([^<>\s]*)>( SIZE=(\d+))?", command)
        if not match or match[1] != USER:
            self.fault(f"smtp: {command!r}")
        elif not match[2]:
            self.fault("smtp: no SIZE, though it was offered")
        state.update({"from": match and match[1], "to": [], "size": match and match[3] and int(match[3])})

    def smtp_rcpt(self, line, command, state):
        match = re.fullmatch(r"RCPT TO:<([^<>\s]+@[^<>\s]+)>", command)
        if state["from"] is None or not match:
            self.fault(f"smtp: {command!r}")
            return line.write("503 no\r\n")
        if match[1].startswith("later") or self.trick("450-at-rcpt"):
            return line.write("450 4.2.1 mailbox busy\r\n")
        if match[1].startswith("nobody") or self.trick("550-at-rcpt"):
            return line.write("550 5.1.1 no such user\r\n")
        state["to"].append(match[1])
        line.write("250 2.1.5 ok\r\n")

    def smtp_data(self, line, command, state):
        if not state["to"]:
            self.fault("smtp: DATA without a recipient")
        if self.trick("452-at-data"):
            return line.write("452 4.3.1 disk full\r\n")
        line.write("354 go\r\n")
        content = b""
        while True:
            text = line.read()
            if not text.endswith(b"\r\n") or b"\r" in text[:-2]:
                self.fault(f"smtp: a bare CR or LF in a mail: {text[-80:]!r}")
            if text == b".\r\n":
                break
            if len(text) > 1000:
                self.fault(f"smtp: a line of {len(text)} bytes")
            content += text[1:] if text.startswith(b".") else text
            if len(content) > 200 and self.trick("drop-in-data"):
                return False
            if len(content) > 200 and self.trick("early-552"):
                line.write("552 5.3.4 too large\r\n")
                return False
        if state["size"] is not None and state["size"] != len(content):
            self.fault(f"smtp: SIZE={state['size']}, and {len(content)} came")
        for code, words in (("554", "5.6.0 content refused"), ("451", "4.3.0 later"), ("552", "5.3.4 too large")):
            if self.trick(f"{code}-after-data"):
                state["from"] = None
                return line.write(f"{code} {words}\r\n")
        self.check(content)
        with self.changed:
            self.sent.append({"from": state["from"], "to": state["to"], "raw": content,
                              "mail": email.message_from_bytes(content, policy=email.policy.default)})
            self.changed.notify_all()
        if self.trick("drop-after-data"):
            return False
        line.write(f"250 2.0.0 queued as Q{len(self.sent)}\r\n")
        state.update({"from": None, "to": []})
        return None

    def check(self, content):
        """What a mail of ours must be."""
        if any(byte > 126 or byte < 32 and byte not in b"\r\n\t" for byte in content):
            self.fault("mail: it is not plain ASCII")
        head, _, _ = content.partition(b"\r\n\r\n")
        for text in head.split(b"\r\n"):
            # A single word, such as an id, cannot be folded.
            if len(text) > 78 and len(text.split()) > 1 + (b":" in text.split()[0]) and not text.startswith(b"From:"):
                self.fault(f"mail: a header line of {len(text)} bytes: {text!r}")
            for word in re.findall(rb"=\?[^ ]*?\?=", text):
                if len(word) > 75:
                    self.fault(f"mail: an encoded word of {len(word)} bytes")
        mail = email.message_from_bytes(content, policy=email.policy.default)
        for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted", "Content-Type"):
            if len(mail.get_all(name, [])) != 1:
                self.fault(f"mail: {len(mail.get_all(name, []))} fields {name}")
        for name in ("Bcc", "Return-Path"):
            if mail[name]:
                self.fault(f"mail: a field {name}")
        if mail["In-Reply-To"] and not str(mail["References"]).endswith(str(mail["In-Reply-To"])):
            self.fault(f"mail: In-Reply-To {mail['In-Reply-To']}, References {mail['References']}")
        if bool(mail["In-Reply-To"]) != (mail["Auto-Submitted"] == "auto-replied"):
            self.fault(f"mail: Auto-Submitted {mail['Auto-Submitted']}")
        if not re.fullmatch(r"<[^<>@\s]+@example\.org>", str(mail["Message-ID"])):
            self.fault(f"mail: Message-ID {mail['Message-ID']}")
        try:
            when = mail["Date"].datetime
            if abs((datetime.datetime.now(datetime.timezone.utc) - when).total_seconds()) > 3600:
                self.fault(f"mail: Date {mail['Date']}")
        except (AttributeError, TypeError):
            self.fault(f"mail: Date {mail['Date']}")
        for part in mail.walk():
            if part.defects:
                self.fault(f"mail: {part.defects}")
            for value in part.values():
                if getattr(value, "defects", ()):
                    self.fault(f"mail: {value!r}: {value.defects}")
            if not part.is_multipart():
                if part["Content-Transfer-Encoding"] not in ("quoted-printable", "base64"):
                    self.fault(f"mail: encoding {part['Content-Transfer-Encoding']}")
                for text in part.get_payload().split("\n"):
                    if len(text.rstrip("\r")) > 76:
                        self.fault(f"mail: an encoded line of {len(text)} characters")

    # IMAP

    def deliver(self, content, results=f"{AUTHSERV}; dmarc=pass header.from=example.com", flags=()):
        """Puts a mail into the mailbox; its UID."""
        if isinstance(content, email.message.EmailMessage):
            content = content.as_bytes(policy=email.policy.SMTP)
        if results:
            content = f"Authentication-Results: {results}\r\n".encode() + content
        with self.changed:
            uid = self.next
            self.next += 1
            self.mailbox[uid], self.flags[uid] = content, set(flags)
            self.changed.notify_all()
        return uid

    def imap(self, sock):
        line = Line(sock)
        line.write("* OK strict IMAP\r\n")
        state = {"secure": self.tls != "starttls", "user": None, "selected": False, "known": 0}
        while True:
            text = line.read()
            if not text.endswith(b"\r\n"):
                self.fault(f"imap: a command that does not end in CRLF: {text!r}")
            text = text.rstrip(b"\r\n").decode("ascii", "replace")
            tag, _, command = text.partition(" ")
            if not re.fullmatch(r"[A-Za-z0-9]+", tag) or not command:
                self.fault(f"imap: {text!r}")
                line.write("* BAD what\r\n")
                continue
            verb = command.split(" ")[0].upper()
            self.log.append(command if verb not in ("AUTHENTICATE", "LOGIN") else verb)
            if verb == "LOGOUT":
                return line.write(f"* BYE\r\n{tag} OK bye\r\n")
            if verb == "STARTTLS" and not state["secure"]:
                line.write(f"{tag} OK go\r\n")
                line.sock = self.context.wrap_socket(line.sock, server_side=True)
                self.open.add(line.sock)
                state["secure"] = True
                continue
            if verb == "UID":
                verb = "uid_" + command.split(" ")[1].lower()
            handler = getattr(self, f"imap_{verb.lower()}", None)
            if not handler:
                self.fault(f"imap: unknown command {command!r}")
                line.write(f"{tag} BAD what\r\n")
                continue
            if verb not in ("CAPABILITY", "AUTHENTICATE", "LOGIN", "NOOP") and not state["user"]:
                self.fault(f"imap: {verb} without a login")
            if verb.startswith("uid") or verb == "IDLE":
                if not state["selected"]:
                    self.fault(f"imap: {verb} without a mailbox")
            if self.trick("wrong-tag") if verb.startswith("uid") else False:
                line.write("g9999 OK surprise\r\n")
            if self.trick("unasked") if verb.startswith("uid") else False:
                line.write("* OK [ALERT] maintenance tonight\r\n* 1 FETCH (FLAGS ())\r\n* FLAGS ()\r\n")
            if self.trick("garbage") if verb.startswith("uid") else False:
                line.write(b"\xff\xfe\x00((((\r\n")
            if self.trick("half-line") if verb.startswith("uid") else False:
                line.write("* SEAR")
                return
            if self.trick("endless-line") if verb.startswith("uid") else False:
                for _ in range(100):
                    line.write(b"* " + b"x" * 65536)
                return
            if self.always("slow") and verb.startswith("uid"):
                time.sleep(30)
            if handler(line, tag, command, state) is False:
                return

    def imap_capability(self, line, tag, command, state):
        words = ["IMAP4rev1", "SASL-IR"]
        if not self.always("no-idle"):
            words.append("IDLE")
        if not state["secure"]:
            words += ["LOGINDISABLED"]
            if not self.trick("no-starttls"):
                words += ["STARTTLS"]
        else:
            words += [f"AUTH={one}" for one in self.auth if one != "XOAUTH2" or self.token]
        line.write(f"* CAPABILITY {' '.join(words)}\r\n{tag} OK done\r\n")

    def imap_authenticate(self, line, tag, command, state):
        words = command.split(" ")
        mechanism = words[1].upper()
        self.log[-1] = f"AUTHENTICATE {mechanism}"
        if not state["secure"]:
            self.fault("imap: a login in the clear")
        if mechanism == "LOGIN":
            parts = [base64.b64decode(word).decode() for word in words[2:3]]
            for prompt in ("Username:", "Password:")[len(parts):]:
                line.write(f"+ {base64.b64encode(prompt.encode()).decode()}\r\n")
                parts.append(base64.b64decode(line.read()).decode())
            good = parts == [USER, PASSWORD]
        else:
            if len(words) < 3:
                line.write("+ \r\n")
                words.append(line.read().decode().strip())
            good = self.login(mechanism, words[2])
        if not good:
            return line.write(f"{tag} NO [AUTHENTICATIONFAILED] no such login\r\n")
        state["user"] = USER
        line.write(f"{tag} OK welcome\r\n")

    def imap_select(self, line, tag, command, state):
        if self.trick("bye-at-select"):
            line.write("* BYE shutting down\r\n")
            return False
        if self.trick("no-at-select") or command not in ('SELECT "INBOX"', "SELECT INBOX"):
            return line.write(f"{tag} NO [NONEXISTENT] no such mailbox\r\n")
        state.update(selected=True, known=len(self.mailbox))
        line.write(f"* FLAGS (\\Seen)\r\n* {len(self.mailbox)} EXISTS\r\n* 0 RECENT\r\n"
                   f"* OK [UIDVALIDITY {self.validity}] valid\r\n* OK [UIDNEXT {self.next}] next\r\n"
                   f"{tag} OK [READ-WRITE] selected\r\n")

    def news(self, line, state):
        if len(self.mailbox) != state["known"]:
            state["known"] = len(self.mailbox)
            line.write(f"* {len(self.mailbox)} EXISTS\r\n")

    def imap_noop(self, line, tag, command, state):
        self.news(line, state)
        line.write(f"{tag} OK done\r\n")

    def imap_uid_search(self, line, tag, command, state):
        uids = sorted(self.mailbox)
        match = re.fullmatch(r"UID SEARCH UID (\d+):\*", command)
        if match:
            found = [uid for uid in uids if uid >= int(match[1])] or uids[-1:]
        elif re.fullmatch(r"UID SEARCH (ALL|SINCE \d{1,2}-[A-Z][a-z]{2}-\d{4})", command):
            found = [uid for uid in uids if "SINCE" not in command or b"Subject: Old" not in self.mailbox[uid]]
        else:
            self.fault(f"imap: {command!r}")
            found = []
        if self.trick("old-in-search"):
            found = uids + uids
        self.news(line, state)
        line.write(f"* SEARCH{''.join(f' {uid}' for uid in found)}\r\n{tag} OK done\r\n")

    def imap_uid_fetch(self, line, tag, command, state):
        match = re.fullmatch(r"UID FETCH (\d+) \((UID )?(.*)\)", command)
        if not match:
            self.fault(f"imap: {command!r}")
            return line.write(f"{tag} BAD what\r\n")
        uid = int(match[1])
        if uid not in self.mailbox or self.trick("gone"):
            return line.write(f"{tag} OK done\r\n")
        if self.always("no-at-fetch") and b"unreadable" in self.mailbox[uid]:
            return line.write(f"{tag} NO [SERVERBUG] cannot read that one\r\n")
        content, number = self.mailbox[uid], sorted(self.mailbox).index(uid) + 1
        if match[3] == "RFC822.SIZE":
            line.write(f"* {number} FETCH (UID {uid} RFC822.SIZE {len(content)})\r\n{tag} OK done\r\n")
            return None
        if match[3] == "BODY.PEEK[HEADER]":
            content = content.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
        elif match[3] != "BODY.PEEK[]":
            self.fault(f"imap: {command!r} would mark a mail as read, or is unknown")
        name = match[3].replace(".PEEK", "")
        if self.trick("huge-literal"):
            line.write(f"* {number} FETCH (UID {uid} {name} {{4000000000}}\r\n")
            return None
        if self.trick("garbage-literal"):
            line.write(f"* {number} FETCH (UID {uid} {name} {{12}}\r\n)))(((\"\"\"{{{{\r\n")
            return False
        head = f"* {number} FETCH (UID {uid} {name} {{{len(content)}}}\r\n".encode()
        if self.trick("drop-in-fetch"):
            line.write(head + content[:len(content) // 2])
            return False
        if self.trick("fetch-slowly"):
            for byte in head + content[:40]:
                line.write(bytes([byte]))
                time.sleep(0.002)
            line.write(content[40:] + b")\r\n" + f"{tag} OK done\r\n".encode())
            return None
        line.write(head + content + b" FLAGS (" + b" ".join(f.encode() for f in self.flags[uid]) + b"))\r\n"
                   + f"{tag} OK done\r\n".encode())
        return None

    def imap_uid_store(self, line, tag, command, state):
        match = re.fullmatch(r"UID STORE ([\d,]+) \+FLAGS(\.SILENT)? \(\\Seen\)", command)
        if not match:
            self.fault(f"imap: {command!r}")
            return line.write(f"{tag} BAD what\r\n")
        for uid in map(int, match[1].split(",")):
            why = self.on_seen(uid)
            if why:
                self.fault(f"imap: {why}")
            with self.changed:
                self.flags[uid].add("\\Seen")
                self.changed.notify_all()
        line.write(f"{tag} OK done\r\n")

    def imap_idle(self, line, tag, command, state):
        if self.always("no-idle"):
            self.fault("imap: IDLE, which was not offered")
        if self.trick("bad-idle"):
            return line.write(f"{tag} BAD no idling today\r\n")
        line.write("+ idling\r\n")
        if self.trick("drop-in-idle"):
            return False
        if self.trick("bye-in-idle"):
            line.write("* BYE idle for too long\r\n")
            return False
        silent = self.trick("silent-idle")
        line.sock.settimeout(0.05)
        with self.changed:
            self.idling += 1
            self.changed.notify_all()
        try:
            while True:
                if not silent:
                    self.news(line, state)
                try:
                    text = line.read()
                except (TimeoutError, socket.timeout, ssl.SSLWantReadError):
                    continue
                if text != b"DONE\r\n":
                    self.fault(f"imap: {text!r} while idle")
                break
        finally:
            self.idling -= 1
            line.sock.settimeout(None)
        line.write(f"{tag} OK done\r\n")
        return None
