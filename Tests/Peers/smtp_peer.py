"""aiosmtpd as a program: run by its own Python. usage: smtp_peer.py CERTIFICATE KEY USER PASSWORD

Takes mail on loopback after STARTTLS and a login; prints {"port": N}, then each mail as {"from", "to", "content"}."""

import json
import socket
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        if address.startswith("later"):
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "options": envelope.mail_options,
                          "content": envelope.original_content.decode("latin-1")}), flush=True)
        return "250 2.0.0 taken by aiosmtpd"


def main():
    certificate, key, user, password = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def login(server, session, envelope, mechanism, data):
        # Not handled: the words of a refusal are the server's own.
        return AuthResult(success=data.login == user.encode() and data.password == password.encode(), handled=False)

    class Strict(Controller):
        def factory(self):
            return SMTP(self.handler, hostname="aiosmtpd", tls_context=context, require_starttls=True, auth_required=True,
                        authenticator=login, data_size_limit=1 << 20)

    server = Strict(Handler(), hostname="127.0.0.1", port=0)
    # Controller connects to its own port once, which it must know.
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        server.port = one.getsockname()[1]
    server.start()
    print(json.dumps({"port": server.port}), flush=True)
    sys.stdin.read()
    server.stop()


main()
