"""From a frame on Feishu's long connection to the line on standard output, through the store."""

import json
import os
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "Tests", "Support", "platforms"))
import feishu  # noqa: E402
import feishu_wire  # noqa: E402


def frames(home, count):
    """Seconds from a frame on the socket to its line, one at a time, everything warm."""
    env = home.env()
    os.makedirs(env["AGIM_HOME"], 0o700)
    server = feishu.Feishu()
    path = os.path.join(env["AGIM_HOME"], "config.json")
    with open(path, "w") as out:
        os.fchmod(out.fileno(), 0o600)
        json.dump({"accounts": {"feishu": {
            "app_id": server.app, "secret": server.secret, "base_url": server.url}}, "allow": {"*": "*"}}, out)
    process = subprocess.Popen(["agim-recv", "feishu"], env=env, stdout=subprocess.PIPE)
    try:
        connection = server.connected()
        # The line that says so.
        process.stdout.readline()
        waits = []
        for number in range(count + 5):
            push = server.push(server.message(f"message {number}"), deliver=False)
            frame = next(server.frames(push))
            push.sent.append((time.monotonic(), frame))
            data = feishu_wire.ws_frame(2, feishu_wire.encode(frame))
            start = time.perf_counter()
            connection.raw(data)
            line = process.stdout.readline()
            if number >= 5:
                waits.append(time.perf_counter() - start)
            assert f"message {number}".encode() in line, line
            push.answer()
            time.sleep(0.01)
        assert not server.wrong, server.wrong
        return waits
    finally:
        process.terminate()
        process.wait()
        server.close()
