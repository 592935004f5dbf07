"""A real mail system for tests: postfix and dovecot on loopback, with a configuration and directories of their own.

Mail to example.com and example.org is kept in Maildirs; who logs in, over TLS of a test authority, may send. What comes
from outside is marked by `Authentication-Results`, as a filter for DKIM and DMARC would mark it."""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time

PASSWORD = "real-password-of-the-test"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class RealMail:
    def __init__(self, directory, certificates):
        """`certificates` is a MailServer of email_server.py whose authority and certificate are used."""
        if os.geteuid() != 0:
            raise AssertionError("this test starts postfix and dovecot, and must be root for that")
        for program, package in (("dovecot", "dovecot-imapd"), ("postfix", "postfix")):
            if not shutil.which(program, path="/usr/sbin:/usr/bin"):
                raise AssertionError(f"Debian package {package} is missing: apt-get install {package}")
        self.dir, self.tls = os.path.join(directory, "mail-system"), directory
        self.authority = certificates.authority
        self.smtp_port, self.smtps_port, self.imap_port, self.imaps_port = [free_port() for _ in range(4)]
        self.owner = pwd.getpwnam("nobody")
        os.mkdir(self.dir, 0o755)
        self.processes = []
        os.mkdir(os.path.join(self.dir, "boxes"))
        for box in ("example.com/ann", "example.org/bot"):
            for part in ("cur", "new", "tmp"):
                os.makedirs(os.path.join(self.dir, "boxes", box, part))
        for root, folders, files in os.walk(os.path.join(self.dir, "boxes")):
            os.chown(root, self.owner.pw_uid, self.owner.pw_gid)
        self.dovecot()
        self.postfix()
        for port in (self.smtp_port, self.smtps_port, self.imap_port, self.imaps_port):
            self.wait(port)

    def run(self, name, words):
        log = open(os.path.join(self.dir, f"{name}.out"), "wb")
        with log:
            self.processes.append(subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}))

    @staticmethod
    def end(process):
        """Ends a server with all that it has started, as a supervisor does: dovecot's workers may outlive their master."""
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def said(self):
        text = ""
        for name in sorted(os.listdir(self.dir)):
            if name.endswith((".out", ".log")):
                with open(os.path.join(self.dir, name), errors="replace") as file:
                    text += f"--- {name}\n{file.read()[-3000:]}"
        return text

    def wait(self, port, limit=20):
        deadline = time.monotonic() + limit
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise AssertionError(f"nobody listens on {port}\n{self.said()}") from None
                time.sleep(0.05)

    def dovecot(self):
        os.mkdir(os.path.join(self.dir, "run"))
        group = grp.getgrgid(self.owner.pw_gid).gr_name
        with open(os.path.join(self.dir, "dovecot.conf"), "w") as file:
            file.write(f"""
protocols = imap
base_dir = {self.dir}/run
log_path = {self.dir}/dovecot.log
listen = 127.0.0.1
ssl = required
ssl_cert = <{self.tls}/mail.pem
ssl_key = <{self.tls}/mail.key
auth_mechanisms = plain login
mail_location = maildir:{self.dir}/boxes/%d/%n
mail_uid = nobody
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = nobody
default_login_user = nobody
default_internal_group = {group}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=nobody gid={group} home={self.dir}/boxes/%d/%n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = {self.imaps_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service auth {{
  unix_listener {self.dir}/auth {{
    mode = 0666
  }}
}}
""")
        self.run("dovecot", ["dovecot", "-F", "-c", os.path.join(self.dir, "dovecot.conf")])

    def postfix(self):
        config = os.path.join(self.dir, "postfix")
        for folder in (config, os.path.join(self.dir, "queue"), os.path.join(self.dir, "data")):
            os.mkdir(folder, 0o755)
        shutil.chown(os.path.join(self.dir, "data"), "postfix")
        with open(os.path.join(config, "main.cf"), "w") as file:
            file.write(f"""
compatibility_level = 3.6
queue_directory = {self.dir}/queue
data_directory = {self.dir}/data
maillog_file = {self.dir}/postfix.log
maillog_file_prefixes = {self.dir}
myhostname = mx.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = example.com, example.org
virtual_mailbox_base = {self.dir}/boxes
virtual_mailbox_maps = inline:{{ {{ann@example.com = example.com/ann/}}, {{bot@example.org = example.org/bot/}} }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{self.owner.pw_uid}
virtual_gid_maps = static:{self.owner.pw_gid}
message_size_limit = 3000000
smtpd_tls_cert_file = {self.tls}/mail.pem
smtpd_tls_key_file = {self.tls}/mail.key
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {self.dir}/auth
smtpd_sasl_auth_enable = yes
smtpd_sender_login_maps = inline:{{ {{bot@example.org = bot@example.org}} }}
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_recipient_restrictions = check_sender_access inline:{{ {{ann@example.com = PREPEND Authentication-Results: mx.example.org; dkim=pass header.d=example.com}} }}, permit_sasl_authenticated, reject_unauth_destination
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_forbid_bare_newline = yes
""")
        with open(os.path.join(config, "master.cf"), "w") as file:
            def service(name, kind, program, *more, private="-", unprivileged="-", wakeup="-", limit="-"):
                options = "".join(f"\n  -o {option}" for option in more)
                file.write(f"{name} {kind} {private} {unprivileged} n {wakeup} {limit} {program}{options}\n")
            service(str(self.smtp_port), "inet", "smtpd", private="n")
            service(str(self.smtps_port), "inet", "smtpd", "smtpd_tls_wrappermode=yes", private="n")
            service("cleanup", "unix", "cleanup", private="n", limit="0")
            service("qmgr", "unix", "qmgr", private="n", wakeup="300", limit="1")
            service("pickup", "unix", "pickup", private="n", wakeup="60", limit="1")
            service("rewrite", "unix", "trivial-rewrite")
            for name in ("bounce", "defer", "trace"):
                service(name, "unix", "bounce", limit="0")
            service("virtual", "unix", "virtual", unprivileged="n")
            service("smtp", "unix", "smtp")
            service("error", "unix", "error")
            service("tlsmgr", "unix", "tlsmgr", wakeup="1000?", limit="1")
            service("anvil", "unix", "anvil", limit="1")
            service("postlog", "unix-dgram", "postlogd", private="n", limit="1")
        self.run("postfix", ["postfix", "-c", config, "start-fg"])

    def mails(self, box):
        """The mails that lie in a mailbox, oldest first."""
        found = []
        for part in ("new", "cur"):
            folder = os.path.join(self.dir, "boxes", box, part)
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), "rb") as file:
                    found.append((name, file.read()))
        return [content for _, content in sorted(found)]

    def stop(self):
        subprocess.run(["postfix", "-c", os.path.join(self.dir, "postfix"), "abort"], capture_output=True, check=False,
                       env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        for process in self.processes:
            self.end(process)
