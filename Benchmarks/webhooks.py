"""Posts to agim-recv webhook over many connections at once: how many requests a second, and how long each takes."""

import base64
import hashlib
import hmac
import json
import os
import select
import socket
import subprocess
import time

KEY = b"0123456789abcdef0123456789abcdef"


def configure(path):
    os.makedirs(path, mode=0o700, exist_ok=True)
    with open(f"{path}/config.json", "w", encoding="utf-8") as file:
        json.dump({
            "accounts": {"webhook": {
                "secret": "whsec_" + base64.b64encode(KEY).decode(), "session": "file:alerts",
                "text": "{{.status}}: {{range .alerts}}{{.labels.severity}} {{.annotations.summary}}; {{end}}"}},
            "allow": {"webhook": "*"}}, file)
    os.chmod(f"{path}/config.json", 0o600)


def requests(count):
    """Whole requests, each with an id and a signature of its own."""
    made = []
    stamp = str(int(time.time()))
    for number in range(count):
        body = json.dumps({
            "status": "firing", "number": number, "alerts": [
                {"labels": {"alertname": "HighLoad", "severity": "warning", "instance": f"host{number % 97}:9100"},
                 "annotations": {"summary": f"load of host{number % 97} is 负载很高 {number}"}}]}).encode()
        identity = f"msg_{number:08d}"
        sign = base64.b64encode(
            hmac.new(KEY, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
        made.append(
            (f"POST /webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Alertmanager/0.27.0\r\n"
             f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nwebhook-id: {identity}\r\n"
             f"webhook-timestamp: {stamp}\r\nwebhook-signature: v1,{sign}\r\n\r\n").encode() + body)
    return made


def measure(recv, home, count=20_000, connections=50):
    """Requests a second, those a second of the receiver's CPU time, and the 50th and 99th percentile in ms."""
    configure(home["AGIM_HOME"])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [recv, "--listen", f"127.0.0.1:{port}", "webhook"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        env=home)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("agim-recv has ended") from None
                time.sleep(0.01)
        left = requests(count)
        sockets, begun, times = {}, {}, []
        poll = select.epoll()
        for _ in range(connections):
            one = socket.create_connection(("127.0.0.1", port))
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sockets[one.fileno()] = one
            poll.register(one.fileno(), select.EPOLLIN)
        clock = time.perf_counter
        start = clock()
        for fd, one in sockets.items():
            begun[fd] = clock()
            one.send(left.pop())
        done = 0
        while done < count:
            for fd, _ in poll.poll():
                answer = sockets[fd].recv(4096)
                times.append(clock() - begun[fd])
                if not answer.startswith(b"HTTP/1.1 200") or not answer.endswith(b"}"):
                    raise SystemExit(f"not accepted: {answer!r}")
                done += 1
                if left:
                    begun[fd] = clock()
                    sockets[fd].send(left.pop())
        seconds = clock() - start
        with open(f"/proc/{server.pid}/stat", encoding="utf-8") as file:
            words = file.read().rsplit(")", 1)[1].split()
        used = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    finally:
        server.terminate()
        server.wait()
    stored = subprocess.run(
        ["sqlite3", f"{home['AGIM_HOME']}/agim.db", "select count(*) from inbox"], capture_output=True, text=True,
        check=True).stdout.strip()
    if stored != str(count):
        raise SystemExit(f"{count} requests were accepted, and {stored} stored")
    times.sort()
    return count / seconds, count / used, times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000


if __name__ == "__main__":
    import sys
    import tempfile
    with tempfile.TemporaryDirectory() as top:
        print(measure(os.path.abspath(sys.argv[1]), dict(os.environ, AGIM_HOME=f"{top}/home")))
