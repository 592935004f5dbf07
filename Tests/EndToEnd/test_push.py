"""Robots, webhooks and push services, against a strict server of all of them on loopback."""

import os
import sys

from support import AGAIN, CONFIG, Case, NOT_PERMITTED, OK, USAGE

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Support", "platforms"))
from push import PushServer  # noqa: E402

ROBOTS = ("dingtalk", "feishu", "wecom", "slack", "discord")
SECRETS = {"dingtalk": "SECabc123agim", "feishu": "agimSecret"}
KEY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class PushCase(Case):
    def server(self, **options):
        server = PushServer(**options)
        self.addCleanup(server.stop)
        return server

    def accounts(self, server, **more):
        """Every service, as a configuration says it."""
        self.config({"accounts": {**{name: self.account(server, name) for name in server.options}, **more},
                     "allow": {"*": "*"}})

    @staticmethod
    def account(server, name):
        want = server.options[name]
        if name in ROBOTS:
            return {"robot": server.robot(name), **({"secret": want["secret"]} if want.get("secret") else {})}
        return {
            "ntfy": {"url": f"{server.url}/ntfy", "to": "alerts"},
            "gotify": {"url": f"{server.url}/gotify", "token": want.get("token")},
            "bark": {"url": f"{server.url}/bark", "key": want.get("token")},
            "pushover": {"base_url": f"{server.url}/pushover", "token": want.get("token"), "user": want.get("user")},
            "matrix": {"url": server.url, "token": want.get("token"), "to": want.get("room")},
            "webhook": {"url": f"{server.url}/hook", **({"secret": want["secret"]} if want.get("secret") else {})},
        }.get(name) or {"url": server.robot(name)}

    def send(self, *words, stdin="", **env):
        return self.pipe(["agim-send", *words], stdin=stdin, **env)

    def rows(self):
        return self.sql("select state, proof, reason, part from outbox order by n")


class Texts(PushCase):
    def test_every_service_takes_a_text(self):
        server = self.server(dingtalk={"secret": SECRETS["dingtalk"]}, feishu={"secret": SECRETS["feishu"]},
                             webhook={"secret": KEY})
        self.accounts(server)
        for name in server.options:
            with self.subTest(name):
                done = self.send(name, "deployed", "v1.2")
                self.assertEqual((done.codes, done.errors.strip()), ([OK], "[0]"))
                self.assertIn("deployed v1.2", server.got[name][0]["text"])
        self.assertEqual(server.faults, [])
        self.assertEqual({row["state"] for row in self.rows()}, {"delivered"})
