#!/usr/bin/env python3
"""Servers for the tests of Kit/Network; each prints its port and lives until its standard input ends.

usage: server.py http | tls CERT KEY | raw | nghttpd CERT KEY | tinyproxy | certificate DIRECTORY

`http` and `tls` are Python's own server; `raw` sends whatever a broken server could; the others run the
program of that name."""

import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

SEEN = {"accepts": 0, "requests": {}}
LOCK = threading.Lock()


def count(path):
    with LOCK:
        SEEN["requests"][path] = SEEN["requests"].get(path, 0) + 1


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def setup(self):
        with LOCK:
            SEEN["accepts"] += 1
        super().setup()

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def any(self):
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        count(parts.path)
        if parts.path == "/echo":
            text = json.dumps({
                "method": self.command, "path": self.path, "body": body.decode("latin-1"),
                "headers": [[name.lower(), value] for name, value in self.headers.items()]}).encode()
            self.answer(200, text, [("Content-Type", "application/json"), ("X-Twice", "one"), ("X-Twice", "two")])
        elif parts.path == "/status":
            headers = [("Retry-After", query["after"])] if "after" in query else []
            self.answer(int(query["is"]), b"so it is", headers)
        elif parts.path == "/redirect":
            self.answer(int(query.get("is", 302)), b"elsewhere", [("Location", query["to"])])
        elif parts.path == "/loop":
            self.answer(302, b"", [("Location", "loop")])
        elif parts.path == "/large":
            self.answer(200, b"x" * int(query["bytes"]))
        elif parts.path == "/seen":
            self.answer(200, json.dumps(SEEN).encode())
        elif parts.path == "/events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.send_header("Connection", "close")
            self.end_headers()
            for number in range(int(query["count"])):
                self.wfile.write(f": tick\r\nid: {number}\r\ndata: event {number}\r\ndata: ü\r\n\r\n".encode())
                self.wfile.flush()
            if query.get("then") == "stay":
                self.rfile.read(1)
            self.close_connection = True
        else:
            self.answer(404, b"not here")

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = any


def raw(connection):
    """One connection to a server that does everything wrong."""
    served = 0
    data = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in data:
                piece = connection.recv(65536)
                if not piece:
                    return
                data += piece
            head, data = data.split(b"\r\n\r\n", 1)
            path = head.split(b" ")[1].decode()
            served += 1
            length = 0
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            while len(data) < length:
                data += connection.recv(65536)
            data = data[length:]
            count(path)
            if raw_answer(connection, path, served) == "close":
                return


def raw_answer(connection, path, served):
    send = connection.sendall
    ok = b"HTTP/1.1 200 OK\r\n"
    if path == "/garbage":
        send(bytes(range(256)) * 16)
    elif path == "/zeros":
        send(b"\0" * 4096)
    elif path == "/words":
        send(b"hello, this is no HTTP\r\n\r\n")
    elif path == "/nostatus":
        send(b"HTTP/1.1 abc\r\n\r\n")
    elif path == "/badlength":
        send(ok + b"Content-Length: many\r\n\r\nx")
    elif path == "/badchunk":
        send(ok + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n")
    elif path == "/half":
        send(ok + b"Content-Length: 100\r\n\r\nonly this")
    elif path == "/halfchunk":
        send(ok + b"Transfer-Encoding: chunked\r\n\r\n10\r\nonly")
    elif path == "/halfhead":
        send(ok + b"Content-Le")
    elif path == "/halfclosed":
        # Our sending side is closed, the other stays open: the client has to notice.
        send(ok + b"Content-Length: 100\r\n\r\nonly this")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    elif path == "/nothing":
        pass
    elif path == "/hang":
        while connection.recv(65536):
            pass
    elif path == "/stall":
        send(ok + b"Content-Length: 100\r\n\r\nhello")
        while connection.recv(65536):
            pass
    elif path == "/drip":
        send(ok + b"\r\n")
        while True:
            send(b".")
            time.sleep(0.02)
    elif path == "/manyheaders":
        send(ok)
        while True:
            send(b"X-Header: " + b"x" * 1000 + b"\r\n")
    elif path == "/longheader":
        send(ok + b"X-Header: ")
        while True:
            send(b"x" * 65536)
    elif path == "/endless":
        send(ok + b"\r\n")
        while True:
            send(b"x" * 65536)
    elif path == "/manyinformed":
        while True:
            send(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n")
    elif path == "/informed":
        send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")
        send(ok + b"X-Late: yes\r\nContent-Length: 2\r\n\r\nok")
        return "stay"
    elif path == "/trailers":
        send(ok + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: yes\r\n\r\n")
        return "stay"
    elif path == "/folded":
        send(ok + b"X-Folded: one\r\n  two: three\r\nX-\xff: \xff\r\nContent-Length: 2\r\n\r\nok")
        return "stay"
    elif path == "/events":
        send(ok + b"Content-Type: text/event-stream\r\n\r\n")
        for byte in b"\xef\xbb\xbfdata: slow\xc3\xbc\r\n\r\nevent: x\rdata:y\r\rdata: lost":
            send(bytes([byte]))
            time.sleep(0.001)
    elif path == "/largeevent":
        send(ok + b"Content-Type: text/event-stream\r\n\r\ndata: ")
        while True:
            send(b"x" * 65536)
    elif path == "/flush":
        send(b"HTTP/1.1 500 Broken\r\nContent-Type: text/html\r\n\r\n")
        while True:
            send(b"x" * 65536)
    elif path == "/once":
        # Promises to stay, and is gone when the next request has come.
        if served == 1:
            send(ok + b"Content-Length: 2\r\n\r\nok")
            return "stay"
    elif path == "/seen":
        text = json.dumps(SEEN).encode()
        send(ok + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(text) + text)
    return "close"


def serve_raw():
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listener.getsockname()[1], flush=True)

    def one(connection):
        try:
            raw(connection)
        except OSError:
            pass

    def accept():
        while True:
            connection, _ = listener.accept()
            with LOCK:
                SEEN["accepts"] += 1
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def serve_http(certificate=None, key=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def run(command, port):
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=2)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            if program.poll() is not None:
                sys.exit(f"{command[0]} ended")
            time.sleep(0.02)
    print(port, flush=True)
    return program


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def certificate(directory):
    """An authority, and a certificate of it for localhost; prints 0 in place of a port."""
    def openssl(*words, **more):
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True, **more)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=test authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem",
            "-subj", "/CN=localhost")
    names = os.path.join(directory, "names")
    with open(names, "w", encoding="utf-8") as file:
        file.write("subjectAltName=DNS:localhost")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "cert.pem", "-days", "2", "-extfile", "names")
    print(0, flush=True)


def main():
    kind, *rest = sys.argv[1:]
    program = None
    if kind == "http":
        serve_http()
    elif kind == "tls":
        serve_http(*rest)
    elif kind == "raw":
        serve_raw()
    elif kind == "certificate":
        return certificate(*rest)
    elif kind == "nghttpd":
        port = free_port()
        top = tempfile.mkdtemp()
        with open(os.path.join(top, "text"), "w", encoding="utf-8") as file:
            file.write("over HTTP/2")
        program = run(["nghttpd", "-d", top, str(port), rest[1], rest[0]], port)
    elif kind == "tinyproxy":
        port = free_port()
        configuration = tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False)
        with configuration as file:
            file.write(f"Port {port}\nListen 127.0.0.1\nTimeout 60\nViaProxyName \"tinyproxy\"\n")
        program = run(["tinyproxy", "-d", "-c", configuration.name], port)
    sys.stdin.read()
    if program:
        program.kill()


main()
