#!/usr/bin/env python3
"""Kills the stages of a Telegram pipeline at random, while the server loses, repeats and cuts what it can.

Afterwards every message is answered once: nothing is lost, no turn runs twice, and a text stands twice in a chat only
where the call that sent it was cut before its answer came, or agim-send was killed meanwhile: the Bot API has no key by
which a second call could be known. Those are counted.

With --soak nothing is killed, but every connection dies every few seconds.

usage: telegram_crash.py BIN [ROUNDS [SEED]] | telegram_crash.py BIN --soak SECONDS [SEED]
"""

import collections
import json
import os
import sys
import time

from crash import HERE, conclude, left_behind, opened, say
from pipeline import Pipeline, Run

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Support", "platforms"))
from telegram import FakeTelegram  # noqa: E402

CHATS = range(501, 511)
CUTS = ("lose", "half", "lost-502")


class Chaos:
    """What the server does wrong, by chance."""

    def __init__(self, dice, share):
        self.dice, self.share, self.isOn = dice, share, True
        self.cut = []

    def __call__(self, method):
        if not self.isOn or self.dice.random() > self.share:
            return "ok"
        if method in ("getMe", "deleteWebhook"):
            return self.dice.choice(("500", "502", "drop"))
        if method == "getUpdates":
            return self.dice.choice(("replay", "replay", "drop", "lose", "half", "garbage", "500", "502", "429:1", "delay:0.3"))
        if method == "sendMessage":
            action = self.dice.choice(("drop", "500", "429:1", "delay:0.3", *CUTS))
            if action in CUTS:
                self.cut.append(time.monotonic())
            return action
        return "drop"


def main():
    run = Run("Telegram")
    dice, home, logs = run.dice, run.home, run.logs
    fake = FakeTelegram(quick=True)
    chaos = fake.chaos = Chaos(dice, 0.15)
    for chat in CHATS:
        fake.private(chat)
    with open(f"{home}/config.json", "w") as config:
        os.chmod(f"{home}/config.json", 0o600)
        json.dump({
            "accounts": {"telegram": {"token": fake.token, "base_url": fake.url}}, "allow": {"*": "*"},
            "limits": {"person_rate": 0, "agent_rate": 0, "breaker_failures": 0},
            "agents": {"crash": {
                "driver": "exec", "command": [f"{HERE}/agent.sh"], "env": {"CRASH_LOGS": logs}}}}, config)
    pipeline = Pipeline("telegram", run.binaries, home, logs)
    fed = {}

    def feed(count):
        for _ in range(count):
            name = f"m{len(fed) + 1}"
            chat = dice.choice(CHATS)
            fed[name] = chat
            fake.say(f"{name} {dice.choice(['0', '0.01', '0.05', '0.2'])}", chat=chat, user=chat)

    feed(20)
    pipeline.start()
    database = opened(home, "inbox")
    began = time.monotonic()
    kills = collections.Counter()
    cuts = 0
    if run.soak:
        while time.monotonic() - began < run.soak:
            time.sleep(dice.uniform(0.5, 3))
            fake.break_connections()
            chaos.cut.append(time.monotonic())
            cuts += 1
            feed(dice.randrange(6))
    for _ in range(run.rounds):
        feed(dice.randrange(1, 8))
        time.sleep(dice.uniform(0, 0.6))
        if dice.randrange(4) == 0:
            fake.break_connections()
            chaos.cut.append(time.monotonic())
            cuts += 1
        name = dice.choice(["recv", "recv", "send", "send", "send", "run"])
        pipeline.kill(name)
        kills[name] += 1
        pipeline.start()
    chaos.isOn = False
    run.finish(database, len(fed))
    pipeline.stop()

    faults = list(fake.check())
    texts = collections.defaultdict(list)
    with fake.lock:
        calls = [c for c in fake.calls if c["method"] == "sendMessage" and c["status"] == 200]
    for call in calls:
        texts[call["result"]["result"]["chat"]["id"], call["result"]["result"]["text"]].append(call["at"])
    with open(f"{logs}/turns") as lines:
        turns = collections.Counter(line.strip() for line in lines)
    ends, keyless = collections.Counter(), 0
    for name, chat in fed.items():
        rows = database.execute(
            "select id, state, line from inbox where type = 'message' and line like ?", (f'%"text":"{name} %',)).fetchall()
        if len(rows) != 1:
            faults.append(f"{name}: accepted {len(rows)} times")
            continue
        number, state, _ = rows[0]
        ends[state] += 1
        if turns[name] > 1 or state == "done" and turns[name] != 1:
            faults.append(f"{name} ({state}): {turns[name]} turns")
        replies = database.execute(
            "select id, state, attempts from outbox where parent = ? and final", (number,)).fetchall()
        if len(replies) != 1 or replies[0][1] != "delivered":
            faults.append(f"{name} ({state}): final replies {[r[:3] for r in replies]}")
            continue
        if state != "done":
            continue
        shown = [at for (where, text), times in texts.items() for at in times if where == chat and f"part one of {name}\n" in text + "\n"]
        shown.sort()
        if not shown:
            faults.append(f"{name}: its answer stands in no chat")
        for first, second in zip(shown, shown[1:]):
            # The first of them was done, but its caller did not hear of it.
            if not any(first - 2 <= at <= second for at in chaos.cut + pipeline.ends):
                faults.append(f"{name}: sent twice without a reason")
            keyless += 1
    faults += left_behind(database, logs)
    secret = fake.token.split(":")[1]
    with open(f"{logs}/stderr", errors="replace") as log:
        if secret in log.read():
            faults.append("the token stands in the log")
    fake.close()
    say(f"  {len(fed)} messages: {dict(ends)}; kills: {dict(kills)}; {cuts} times every connection was cut;"
        f" {keyless} texts twice for the platform's lack of keys; {int(time.monotonic() - began)} s")
    conclude(run.name, faults, run.seed, run.top)


if __name__ == "__main__":
    main()
