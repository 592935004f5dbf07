"""Our fake push services against clients that we did not write (apprise, slack_sdk), and our signatures against the
other side (standardwebhooks): where they agree, the fake is right."""

import json
import os
import subprocess
import sys

from harness import PeerCase

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Support", "platforms"))
from push import PushServer  # noqa: E402

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class Push(PeerCase):
    def test_others_are_understood(self):
        server = PushServer(
            dingtalk={"token": "dingtoken1"}, feishu={"token": "feishuhook1"},
            wecom={"token": "wecomkey1"}, slack={"token": "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"},
            pushover={"token": "t" + "o" * 29, "user": "u" + "s" * 29},
            googlechat={"key": "gchatkey", "token": "gchattoken"}, roots=True)
        self.addCleanup(server.stop)
        signed = PushServer(webhook={"secret": SECRET})
        self.addCleanup(signed.stop)
        self.config({"accounts": {"webhook": {"url": signed.robot("webhook"), "secret": SECRET}}})
        done = self.pipe(["agim-send", "webhook", "-s", "Über", "signed by us"])
        self.assertEqual((done.codes, signed.faults), ([0], []))
        ours = {"headers": signed.got["webhook"][0]["headers"], "body": signed.got["webhook"][0]["raw"]}
        ran = subprocess.run(
            [self.program("push"), os.path.join(HERE, "push_peer.py"), server.url, SECRET],
            input=json.dumps(ours), capture_output=True, text=True, timeout=120, env={**self.env, "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(ran.returncode, 0, ran.stderr[-4000:])
        told = json.loads(ran.stdout)
        refused = {name for name, value in told.items() if value is False}
        self.assertEqual(refused, {"slack, wrong"}, server.faults)
        self.assertEqual((told["slack_sdk"], told["slack_sdk, wrong"]), ([200, "ok"], [403, "invalid_token"]))
        self.assertEqual(told["standardwebhooks"]["text"], "signed by us")
        for name in ("dingtalk", "feishu", "wecom", "discord", "slack", "ntfy", "gotify", "bark", "mattermost", "pushover",
                     "googlechat", "webhook"):
            with self.subTest(name):
                self.assertIn("all green", str(server.got[name][0]))
        self.assertEqual(server.faults, ["slack: an unknown webhook"] * 2)
