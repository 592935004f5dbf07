#!/usr/bin/env python3
"""WebSocket servers for the tests of Kit/Network; prints its port and lives until its standard input ends.

usage: websocket.py plain | tls CERT KEY | library

`library` is an echo by the package websockets of PyPI, which must be there.
The path says what the server does, right or wrong; frames are checked as strictly as RFC 6455 allows."""

import base64
import hashlib
import os
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload=b"", fin=True, mask=None, rsv=0, length=None):
    size = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | rsv | opcode])
    bit = 0x80 if mask else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if mask:
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        head += mask
    return head + payload


class Peer:
    def __init__(self, connection):
        self.connection = connection
        self.data = b""
        self.headers = {}
        self.path = ""

    def need(self, count):
        while len(self.data) < count:
            piece = self.connection.recv(1 << 20)
            if not piece:
                raise OSError("gone")
            self.data += piece
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def read_head(self):
        while b"\r\n\r\n" not in self.data:
            piece = self.connection.recv(65536)
            if not piece:
                raise OSError("gone")
            self.data += piece
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        method, self.path, version = lines[0].split(" ")
        assert (method, version) == ("GET", "HTTP/1.1"), lines[0]
        for line in lines[1:]:
            name, value = line.split(": ", 1)
            assert name.lower() not in self.headers, name
            self.headers[name.lower()] = value
        assert self.headers["upgrade"] == "websocket" and self.headers["connection"] == "Upgrade", lines
        assert self.headers["sec-websocket-version"] == "13"
        assert len(base64.b64decode(self.headers["sec-websocket-key"])) == 16
        assert self.headers["host"].startswith(("127.0.0.1:", "localhost:")), lines

    def accept(self, more="", key=None):
        key = (key or self.headers["sec-websocket-key"]).encode()
        value = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        return (f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {value}\r\n{more}\r\n").encode()

    def read_frame(self):
        first, second = self.need(2)
        assert second & 0x80, "a client masks"
        assert first & 0x70 == 0
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self.need(2))[0]
            assert size >= 126
        elif size == 127:
            size = struct.unpack(">Q", self.need(8))[0]
            assert size >= 65536
        mask = self.need(4)
        payload = self.need(size)
        if size:
            whole = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
            payload = (int.from_bytes(payload, "big") ^ whole).to_bytes(size, "big")
        return first & 0x0F, bool(first & 0x80), payload

    def echo(self, every=None):
        """Sends back what comes; answers pings; tells how many fragments a message had."""
        kind, parts = 0, []
        while True:
            opcode, final, payload = self.read_frame()
            if opcode == 9:
                self.send(frame(10, payload))
            elif opcode == 8:
                self.send(frame(8, payload))
                return
            elif opcode in (0, 1, 2):
                assert (opcode == 0) == bool(parts), "a continuation continues"
                kind = opcode or kind
                parts.append(payload)
                if not final:
                    continue
                whole = b"".join(parts)
                if whole == b"how many fragments":
                    whole = str(len(parts)).encode()
                elif whole.startswith(b"count "):
                    whole = str(len(parts)).encode()
                parts = []
                if every:
                    pieces = [whole[at:at + every] for at in range(0, len(whole), every)] or [b""]
                    for index, piece in enumerate(pieces):
                        self.send(frame(0 if index else kind, piece, fin=index == len(pieces) - 1))
                        self.send(frame(9, b"between"))
                else:
                    self.send(frame(kind, whole))

    def send(self, data):
        self.connection.sendall(data)

    def closing(self):
        """Waits for the client's close frame, and gives its code."""
        while True:
            opcode, _, payload = self.read_frame()
            if opcode == 8:
                return struct.unpack(">H", payload[:2])[0] if payload else None


CLOSES = {}


def serve(connection):
    peer = Peer(connection)
    peer.read_head()
    path, _, query = peer.path.partition("?")
    send = peer.send

    def faulty(data, name=path):
        send(peer.accept() + data)
        CLOSES[name] = peer.closing()

    if path == "/echo":
        send(peer.accept())
        peer.echo()
    elif path == "/fragments":
        send(peer.accept())
        peer.echo(every=int(query))
    elif path == "/atonce":
        send(peer.accept() + frame(1, b"hello") + frame(1, "grüß".encode()))
        peer.echo()
    elif path == "/drip":
        for byte in peer.accept() + frame(1, b"slow") + frame(8, struct.pack(">H", 1000)):
            send(bytes([byte]))
            time.sleep(0.001)
        peer.closing()
    elif path == "/headers":
        text = "".join(f"{name}={value}\n" for name, value in sorted(peer.headers.items()))
        send(peer.accept("Sec-WebSocket-Protocol: two\r\n" if "sec-websocket-protocol" in peer.headers else ""))
        send(frame(1, text.encode()))
        peer.echo()
    elif path == "/close":
        code, _, reason = urllib.parse.unquote(query).partition(",")
        send(peer.accept() + frame(8, (struct.pack(">H", int(code)) + reason.encode()) if code else b""))
        CLOSES[path] = peer.closing()
    elif path == "/refused":
        body = b'{"error":"too_many_websockets"}'
        send(b"HTTP/1.1 403 Forbidden\r\nHandshake-Status: 514\r\nHandshake-Msg: too many\r\n"
             b"Content-Length: %d\r\n\r\n" % len(body) + body)
    elif path == "/refusedchunked":
        send(b"HTTP/1.1 429 Slow\r\nTransfer-Encoding: chunked\r\nRetry-After: 3\r\n\r\n5\r\nslow \r\n4\r\ndown\r\n0\r\n\r\n")
        peer.need(1)
    elif path == "/refusedunended":
        send(b"HTTP/1.1 500 Broken\r\n\r\nsomething")
    elif path == "/refusedendless":
        send(b"HTTP/1.1 500 Broken\r\n\r\n")
        while True:
            send(b"x" * 65536)
    elif path == "/redirected":
        send(b"HTTP/1.1 302 Found\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n")
    elif path == "/hinted":
        send(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + peer.accept() + frame(1, b"late"))
        peer.echo()
    elif path == "/badaccept":
        send(peer.accept(key="AAAAAAAAAAAAAAAAAAAAAA=="))
    elif path == "/noupgrade":
        send(peer.accept().replace(b"Upgrade: websocket\r\n", b""))
    elif path == "/badprotocol":
        send(peer.accept("Sec-WebSocket-Protocol: other\r\n"))
    elif path == "/extension":
        send(peer.accept("Sec-WebSocket-Extensions: permessage-deflate\r\n"))
    elif path == "/garbage":
        send(bytes(range(256)) * 4)
    elif path == "/longhead":
        send(b"HTTP/1.1 101 Yes\r\n")
        while True:
            send(b"X: " + b"y" * 8000 + b"\r\n")
    elif path == "/hang":
        peer.need(1)
    elif path == "/half":
        send(peer.accept() + frame(1, b"hello", length=100))
    elif path == "/gone":
        send(peer.accept())
    elif path == "/masked":
        faulty(frame(1, b"hello", mask=b"\1\2\3\4"))
    elif path == "/rsv":
        faulty(frame(1, b"hello", rsv=0x40))
    elif path == "/opcode":
        faulty(frame(3, b"hello"))
    elif path == "/notutf8":
        faulty(frame(1, b"\xff\xfe"))
    elif path == "/splitutf8":
        send(peer.accept() + frame(1, b"gr\xc3", fin=False) + frame(0, b"\xbc\xc3\x9f"))
        peer.echo()
    elif path == "/large":
        faulty(frame(2, b"", length=(5 << 20)))
    elif path == "/largefragments":
        send(peer.accept())
        for index in range(6):
            try:
                send(frame(0 if index else 2, b"x" * (1 << 20), fin=False))
            except OSError:
                break
        CLOSES[path] = peer.closing()
    elif path == "/huge":
        faulty(b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff")
    elif path == "/longping":
        faulty(frame(9, b"x" * 126))
    elif path == "/fragmentedping":
        faulty(frame(9, b"x", fin=False))
    elif path == "/continuation":
        faulty(frame(0, b"x"))
    elif path == "/interrupted":
        faulty(frame(1, b"x", fin=False) + frame(1, b"y"))
    elif path == "/badclose":
        faulty(frame(8, struct.pack(">H", 1005)))
    elif path == "/shortclose":
        faulty(frame(8, b"x"))
    elif path == "/deaf":
        # Answers nothing any more, and keeps the connection.
        send(peer.accept())
        while connection.recv(65536):
            pass
    elif path == "/lateread":
        send(peer.accept())
        time.sleep(0.2)
        peer.echo()
    elif path == "/unread":
        send(peer.accept())
        sys.stdin.read()
    elif path == "/latepong":
        send(peer.accept())
        while True:
            opcode, _, payload = peer.read_frame()
            if opcode == 9:
                send(frame(10, payload))
    elif path == "/flood":
        send(peer.accept())
        for number in range(int(query)):
            send(frame(1, b"%d" % number))
        peer.echo()
    elif path == "/closes":
        send(peer.accept() + frame(1, str(CLOSES.get(query)).encode()))
        peer.echo()
    else:
        send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def library():
    from websockets.sync.server import serve as make

    def one(connection):
        for message in connection:
            if message == "ping me":
                connection.ping().wait(30)
                message = "pong came"
            elif message == "close":
                return connection.close(4002, "as you say")
            # Text of any length comes back in three fragments.
            third = len(message) // 3
            connection.send([message[:third], message[third:2 * third], message[2 * third:]])

    server = make(one, "127.0.0.1", 0, subprotocols=["chat"], max_size=None)
    print(server.socket.getsockname()[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


def main():
    kind, *rest = sys.argv[1:]
    if kind == "library":
        return library()
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    context = None
    if kind == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*rest)
    print(listener.getsockname()[1], flush=True)

    def one(connection):
        try:
            with connection:
                if context:
                    connection = context.wrap_socket(connection, server_side=True)
                serve(connection)
                # The client is to read all of it before the end.
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
        except (OSError, ValueError):
            pass

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


main()
