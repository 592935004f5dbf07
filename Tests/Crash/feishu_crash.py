#!/usr/bin/env python3
"""Kills the stages of a Feishu pipeline at random, while the platform loses, repeats, delays and cuts what it can.

Afterwards every message was accepted once, had one turn at most, and is answered once in its chat: Feishu takes a
message of an id of ours once, so that nothing stands there twice, whoever was killed. Replies that grow end with their
final text, in the same message unless that could not be changed.

With --soak nothing is killed, but every connection dies every few seconds.

usage: feishu_crash.py BIN [ROUNDS [SEED]] | feishu_crash.py BIN --soak SECONDS [SEED]
"""

import collections
import json
import os
import sys
import time

from crash import HERE, conclude, left_behind, opened, say
from pipeline import Pipeline, Run

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Support", "platforms"))
import feishu  # noqa: E402

CHATS = [f"oc_{number}" for number in range(10)]
LIMITED = {"x-ogw-ratelimit-reset": "1"}
ANSWERS = [
    (("drop",), False), (("drop",), True), (("garbage",), True), (("status", 502, "<html>"), False),
    (("status", 500, "oops"), True), (("slow", 0.3), False), (("code", 230020), False), (("code", 230049), False),
    (("code", 99991400, LIMITED), False), (("code", 99991663), False)]


class Chaos:
    """What the platform does wrong, by chance."""

    def __init__(self, dice, platform):
        self.dice, self.platform, self.share = dice, platform, 0.15

    def stir(self):
        """Some trouble for the next requests."""
        sending = self.platform.sending
        for method, path in (("POST", ".*/messages"), ("POST", ".*/cards"), ("PUT", ".*/cards/.*")):
            if self.dice.random() < self.share:
                act, after = self.dice.choice(ANSWERS)
                sending.misbehave(method, path, act, after=after)
        if self.dice.random() < self.share:
            sending.misbehave("PUT", ".*/cards/[0-9]+", ("code", self.dice.choice([200750, 200810, 300317])))
        if self.dice.random() < self.share:
            self.platform.expire_tokens()
        if self.dice.random() < self.share:
            self.platform.misdeeds["/callback/ws/endpoint"].append(False)

    def cut(self):
        for connection in list(self.platform.connections):
            connection.cut()

    def calm(self):
        with self.platform.sending.lock:
            self.platform.sending.misdeeds.clear()
        self.platform.misdeeds.clear()


def check(database, fake, fed, logs):
    """What is wrong in the end, and how the messages ended."""
    sending = fake.sending
    faults = [f"the platform: {words}" for words in fake.wrong + sending.wrong]
    with open(f"{logs}/turns") as lines:
        turns = collections.Counter(line.strip() for line in lines)
    shown = collections.defaultdict(list)
    for message in sending.said():
        shown[message.chat].append(sending.shown(message))
    ends = collections.Counter()
    for name, chat in fed.items():
        rows = database.execute(
            "select id, state from inbox where type = 'message' and line like ?", (f'%"text":"{name} %',)).fetchall()
        if len(rows) != 1:
            faults.append(f"{name}: accepted {len(rows)} times")
            continue
        number, state = rows[0]
        ends[state] += 1
        if turns[name] > 1 or state == "done" and turns[name] != 1:
            faults.append(f"{name} ({state}): {turns[name]} turns")
        replies = database.execute("select state from outbox where parent = ? and final", (number,)).fetchall()
        if [row[0] for row in replies] != ["delivered"]:
            faults.append(f"{name} ({state}): final replies {replies}")
        if state != "done":
            continue
        whole = [text for text in shown[chat] if f"part two of {name}\n" in text + "\n"]
        if len(whole) != 1:
            faults.append(f"{name}: its answer stands {len(whole)} times in {chat}")
    return faults, ends


def main():
    run = Run("Feishu")
    dice, home, logs = run.dice, run.home, run.logs
    fake = feishu.Feishu()
    fake.again = [1] * 200
    # What a killed agim-send had begun counts, too, and the next one knows nothing of it.
    fake.sending.allowed_rate = True
    chaos = Chaos(dice, fake)
    for chat in CHATS:
        fake.sending.chat(chat)
    with open(f"{home}/config.json", "w") as config:
        os.chmod(f"{home}/config.json", 0o600)
        json.dump({
            "accounts": {"feishu": {"app_id": fake.app, "secret": fake.secret, "base_url": fake.url}},
            "allow": {"*": "*"}, "limits": {"person_rate": 0, "agent_rate": 0, "breaker_failures": 0},
            "agents": {"crash": {
                "driver": "exec", "command": [f"{HERE}/agent.sh"], "env": {"CRASH_LOGS": logs}}}}, config)
    pipeline = Pipeline("feishu", run.binaries, home, logs)
    fed = {}

    def feed(count):
        for _ in range(count):
            name = f"m{len(fed) + 1}"
            fed[name] = chat = dice.choice(CHATS)
            fake.say(f"{name} {dice.choice(['0', '0.2', '2', '4'])}", chat=chat, sender=f"of_{chat}")

    began = time.monotonic()
    kills = collections.Counter()
    cuts = 0
    feed(10)
    pipeline.start()
    database = opened(home, "inbox")
    while run.soak and time.monotonic() - began < run.soak:
        time.sleep(dice.uniform(0.5, 3))
        chaos.stir()
        chaos.cut()
        cuts += 1
        feed(dice.randrange(4))
    for _ in range(run.rounds):
        feed(dice.randrange(1, 5))
        chaos.stir()
        time.sleep(dice.uniform(0, 1.5))
        if dice.randrange(4) == 0:
            chaos.cut()
            cuts += 1
        name = dice.choice(["recv", "send", "send", "send", "run"])
        pipeline.kill(name)
        kills[name] += 1
        pipeline.start()
    chaos.calm()
    run.finish(database, len(fed))
    pipeline.stop()
    faults, ends = check(database, fake, fed, logs)
    faults += left_behind(database, logs)
    with open(f"{logs}/stderr", errors="replace") as log:
        if fake.secret in log.read():
            faults.append("the secret stands in the log")
    fake.close()
    growing = sum(1 for message in fake.sending.said() if message.card_id)
    say(f"  {len(fed)} messages: {dict(ends)}; kills: {dict(kills)}; {cuts} times the connection was cut;"
        f" {growing} replies grew; {int(time.monotonic() - began)} s")
    conclude(run.name, faults, run.seed, run.top)


if __name__ == "__main__":
    main()
