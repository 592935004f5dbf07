"""agim-send to a Bot API on loopback beside curl making the same call; a whole process each."""

import json
import os
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def measure(binaries, home, clock, note, quick):
    """`home` makes an environment with a home of its own."""
    server = subprocess.Popen(
        [sys.executable, f"{TOP}/Tests/Support/platforms/telegram.py", "--quick", "--silent"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        token = "123456789:FAKE0fake1NotReal2Sample3FAKE0fake1No"
        env = home.env()
        os.makedirs(env["AGIM_HOME"], mode=0o700, exist_ok=True)
        with open(f"{env['AGIM_HOME']}/config.json", "w") as config:
            os.chmod(config.fileno(), 0o600)
            json.dump({"accounts": {"telegram": {"token": token, "base_url": url}}}, config)
        body = json.dumps({"chat_id": 501, "text": "x", "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}})
        jobs = {
            "curl": ["curl", "-sS", "-f", "-o", "/dev/null", "-H", "Content-Type: application/json", "-d", body,
                     f"{url}/bot{token}/sendMessage"],
            "agim-send": [f"{binaries}/agim-send", "telegram:501", "x"]}
        times = {name: [] for name in jobs}
        for number in range(12 if quick else 40):
            for name, words in jobs.items():
                took = clock(words, env=env)[0]
                # The first opens the store and fills caches.
                if number > 1:
                    times[name].append(took)
            time.sleep(0.01)
        median = {name: statistics.median(list_) * 1000 for name, list_ in times.items()}
        note("curl, POST to loopback", median["curl"], "ms")
        note("agim-send telegram:501 x", median["agim-send"], "ms")
        note("agim-send telegram, times curl", median["agim-send"] / median["curl"], "x", 2)
    finally:
        server.stdin.close()
        server.wait()

