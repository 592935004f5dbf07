"""Apprise, slack_sdk and standardwebhooks as clients of our fake services: what they were told, as JSON.

usage: push_peer.py URL WEBHOOK-SECRET < a body, and its headers as JSON, of our own webhook
"""

import json
import logging
import sys

import apprise
from apprise.plugins.base import NotifyBase
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.google_chat import NotifyGoogleChat
from apprise.plugins.pushover import NotifyPushover
from apprise.plugins.slack import NotifySlack
from apprise.plugins.wecombot import NotifyWeComBot
from slack_sdk.webhook import WebhookClient
from standardwebhooks.webhooks import Webhook

url, secret = sys.argv[1:3]
host = url.removeprefix("http://")
NotifyBase.request_rate_per_sec = 0
for plugin, path in (
        (NotifyDingTalk, "/robot/send?access_token={token}"), (NotifyFeishu, "/open-apis/bot/v2/hook/{token}/"),
        (NotifyWeComBot, "/cgi-bin/webhook/send?key={key}"), (NotifyDiscord, "/api/webhooks"),
        (NotifyPushover, "/pushover/1/messages.json"), (NotifyGoogleChat, "/v1/spaces/{workspace}/messages")):
    plugin.notify_url = url + path
    plugin.request_rate_per_sec = 0
NotifySlack.webhook_url = url + "/services"
logging.disable(logging.CRITICAL)

targets = {
    # Unsigned: 2.2.0 encodes its signature twice on the way, and does not look at the error in the answer.
    "dingtalk": "dingtalk://dingtoken1/",
    "feishu": "feishu://feishuhook1/",
    "wecom": "wecombot://wecomkey1/",
    "discord": "discord://123456/discord-token/",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
    "slack, wrong": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FX/",
    "ntfy": f"ntfy://{host}/alerts",
    "gotify": f"gotify://{host}/gotify/gotify-app-token",
    "bark": f"bark://{host}/bark-device-key",
    "mattermost": f"mmost://{host}/mattermosthook",
    "pushover": "pover://u" + "s" * 29 + "@t" + "o" * 29,
    "googlechat": "gchat://AAA/gchatkey/gchattoken",
    "json": f"json://{host}/hook",
}
told = {}
for name, address in targets.items():
    target = apprise.Apprise()
    assert target.add(address), f"apprise does not know {address}"
    told[name] = bool(target.notify(title="Build 7", body="all green"))
answer = WebhookClient(f"{url}/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ").send(text="by slack_sdk")
told["slack_sdk"] = [answer.status_code, answer.body]
answer = WebhookClient(f"{url}/services/T1JJ3T3L2/A1BRTD4JD/nothing").send(text="by slack_sdk")
told["slack_sdk, wrong"] = [answer.status_code, answer.body]
# What our webhook sent is what the other side of the convention takes.
ours = json.load(sys.stdin)
told["standardwebhooks"] = Webhook(secret).verify(ours["body"], ours["headers"])
print(json.dumps(told))
