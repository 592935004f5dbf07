#!/usr/bin/env python3
"""Clients of an HTTP server, right and wrong, for the tests of Kit/Network.

usage: requests.py PORT CASE

Prints `ok`, or what was expected and what came."""

import http.client
import socket
import subprocess
import sys
import time

PORT = int(sys.argv[1])


def connect():
    connection = socket.create_connection(("127.0.0.1", PORT))
    connection.settimeout(50)
    return connection


def everything(connection):
    data = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            raise AssertionError(f"reset after {data!r}") from None
        if not piece:
            return data
        data += piece


def ask(data, then=None):
    """What comes back for these bytes until the server closes."""
    with connect() as connection:
        connection.sendall(data)
        if then is not None:
            time.sleep(0.05)
            connection.sendall(then)
        return everything(connection)


def answer(connection):
    """One answer with a length, from a connection that stays."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(1)
        assert piece, f"closed after {data!r}"
        data += piece
    head = data.decode()
    length = 0
    for line in head.split("\r\n"):
        if line.lower().startswith("content-length:"):
            length = int(line.split(":")[1])
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return head, body


def is_status(data, status, word=b""):
    assert data.startswith(b"HTTP/1.1 %d " % status) and word in data, f"{status} {word!r}: {data[:600]!r}"


CLOSE = b"Host: x\r\nConnection: close\r\n"


def simple():
    data = ask(b"GET /text HTTP/1.1\r\n" + CLOSE + b"\r\n")
    is_status(data, 200, b"\r\n\r\nhello")
    assert b"\r\nContent-Length: 5\r\n" in data and b"\r\nConnection: close\r\n" in data, data
    assert b"\r\nDate: " in data and b" GMT\r\n" in data, data


def head():
    data = ask(b"HEAD /text HTTP/1.1\r\n" + CLOSE + b"\r\n")
    is_status(data, 200, b"Content-Length: 5\r\n")
    assert data.endswith(b"\r\n\r\n"), data


def not_there():
    for path in (b"/", b"/nothing", b"/text/", b"/TEXT", b"/../text", b"//text", b"/text%00", b"/%zz"):
        is_status(ask(b"GET " + path + b" HTTP/1.1\r\n" + CLOSE + b"\r\n"), 404)
    is_status(ask(b"DELETE /text HTTP/1.1\r\n" + CLOSE + b"\r\n"), 405, b"Allow: GET, HEAD, OPTIONS\r\n")
    is_status(ask(b"OPTIONS /echo HTTP/1.1\r\n" + CLOSE + b"\r\n"), 204, b"Allow: OPTIONS, POST\r\n")
    # A body that nobody wants does not become the next request.
    data = ask(b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n"
               b"GET /text HTTP/1.1\r\nHost: x\r\n\r\n" + b"x" * 30)
    is_status(data, 404)
    assert data.count(b"HTTP/1.1") == 1, data


def query():
    data = ask(b"GET /query?a=1&b=%C3%BC+x&c&%ff=1&a=2 HTTP/1.1\r\n" + CLOSE + b"\r\n")
    is_status(data, 200, "\r\n\r\na=1|b=ü x|c=|a=2".encode())
    is_status(ask(b"GET http://example.com/query?z=1 HTTP/1.1\r\n" + CLOSE + b"\r\n"), 200, b"z=1")


def keep_alive():
    with connect() as connection:
        for number in range(50):
            body = b"x" * number
            connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % number + body)
            head_text, back = answer(connection)
            assert back == body and "Connection" not in head_text, (head_text, back)
    with connect() as connection:
        connection.sendall(b"GET /text HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert "Connection: keep-alive" in answer(connection)[0]
        connection.sendall(b"GET /text HTTP/1.0\r\n\r\n")
        assert everything(connection).endswith(b"hello")


def pipelined():
    data = b""
    for number in range(200):
        path = b"/later" if number % 50 == 7 else b"/echo"
        data += b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n%04d" % number
    data += b"GET /text HTTP/1.1\r\n" + CLOSE + b"\r\n"
    back = ask(data)
    bodies = [part.split(b"HTTP/1.1")[0] for part in back.split(b"\r\n\r\n")[1:]]
    assert bodies == [b"%04d" % number for number in range(200)] + [b"hello"], bodies


def drip():
    data = b"POST /echo HTTP/1.1\r\n" + CLOSE + b"Content-Length: 5\r\n\r\nhello"
    with connect() as connection:
        for byte in data:
            connection.sendall(bytes([byte]))
        is_status(everything(connection), 200, b"\r\n\r\nhello")


def chunked():
    first = b"POST /echo HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
    is_status(ask(first + b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n"), 200, b"\r\n\r\nhello world")
    with connect() as connection:
        for byte in first + b"3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n":
            connection.sendall(bytes([byte]))
        is_status(everything(connection), 200, b"\r\n\r\nabc0123456789")
    for wrong in (b"x\r\nhello\r\n", b"-5\r\nhello\r\n", b"5\nhello\r\n", b"5\r\nhello!\r\n0\r\n\r\n", b"0x5\r\nhello\r\n",
                  b"5 5\r\nhello\r\n", b"100000000\r\n", b"\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\r\r\nhello\r\n"):
        is_status(ask(first + wrong), 400)
    is_status(ask(first + b"5;" + b"x" * 400), 400)
    is_status(ask(first + b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 2000), 400)


def too_large():
    """The client gets to read the answer, however much it is still sending."""
    for first in (b"Content-Length: 50000000\r\n", b"Transfer-Encoding: chunked\r\n"):
        with connect() as connection:
            connection.sendall(b"POST /small HTTP/1.1\r\nHost: x\r\n" + first + b"\r\n")
            try:
                for _ in range(200):
                    connection.sendall(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
            except OSError as error:
                raise AssertionError(f"could not send: {error}") from None
            is_status(everything(connection), 413, b"larger than 10 bytes")
    result = subprocess.run(
        ["curl", "-sS", "-o", "-", "-w", " %{http_code}", "--data-binary", "@-",
         f"http://127.0.0.1:{PORT}/small"], input=b"x" * 3_000_000, capture_output=True, check=False)
    assert result.returncode == 0 and result.stdout.endswith(b" 413"), result
    result = subprocess.run(
        ["curl", "-sS", "-o", "-", "-w", " %{http_code}", "--data-binary", "@-",
         f"http://127.0.0.1:{PORT}/echo"], input=b"x" * 1_000_000, capture_output=True, check=False)
    assert result.returncode == 0 and result.stdout == b"x" * 1_000_000 + b" 200", result.stderr


def expect():
    with connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\n" + CLOSE + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert answer(connection)[0].startswith("HTTP/1.1 100 Continue")
        connection.sendall(b"ok")
        is_status(everything(connection), 200, b"\r\n\r\nok")
    is_status(ask(b"POST /small HTTP/1.1\r\n" + CLOSE + b"Expect: 100-continue\r\nContent-Length: 20\r\n\r\n"), 413)
    is_status(ask(b"POST /echo HTTP/1.1\r\n" + CLOSE + b"Expect: wonders\r\nContent-Length: 2\r\n\r\nok"), 417)


def malformed():
    end = b"Host: x\r\n\r\n"
    for wrong in (
            b"GET\r\n", b"GET /text\r\n", b" GET /text HTTP/1.1\r\n", b"GET  /text HTTP/1.1\r\n",
            b"GET /text HTTP/1.1 \r\n", b"G\x00T /text HTTP/1.1\r\n", b"GET /te\x01xt HTTP/1.1\r\n",
            b"GET /te\xc3\xbcxt HTTP/1.1\r\n", b"GET text HTTP/1.1\r\n", b"GET ftp://x/text HTTP/1.1\r\n",
            b"CONNECT x:80 HTTP/1.1\r\n", b"GET /text#x HTTP/1.1\r\n", b"GET /text HTTP/1.1\n",
            b"GET /text http/1.1\r\n", b"\r\n\r\nGET /text HTTP/1.1\r\n",
            b"GET /text HTTP/1.1\r\nHost : x\r\n", b"GET /text HTTP/1.1\r\nX Y: z\r\n",
            b"GET /text HTTP/1.1\r\n: x\r\n", b"GET /text HTTP/1.1\r\nX: y\r\n  folded\r\n",
            b"GET /text HTTP/1.1\r\nX: a\x00b\r\n", b"GET /text HTTP/1.1\r\nX: a\rb\r\n",
            b"GET /text HTTP/1.1\r\nX: y\n", b"GET /text HTTP/1.1\r\nHost: y\r\n",
            b"GET /text HTTP/1.1\r\nnonsense\r\n"):
        data = ask(wrong + end)
        is_status(data, 400)
        assert data.count(b"HTTP/1.1") == 1, data
    is_status(ask(b"GET /text HTTP/1.1\r\n\r\n"), 400, b"Host")
    is_status(ask(b"GET /text HTTP/1.1\nHost: x\n\n"), 400)
    is_status(ask(b"GET /text HTTP/2.0\r\n" + end), 505)
    is_status(ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505)
    is_status(ask(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), 400)
    # One empty line before it is forgiven.
    is_status(ask(b"\r\nGET /text HTTP/1.1\r\n" + CLOSE + b"\r\n"), 200)


def smuggled():
    """Nothing that could be two requests to somebody is one to us."""
    inner = b"GET /text HTTP/1.1\r\nHost: x\r\n\r\n"
    for headers, status in (
            (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", 400),
            (b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", 400),
            (b"Content-Length: 4\r\nContent-Length: 4\r\n", 400),
            (b"Content-Length: 4\r\nContent-Length: 40\r\n", 400),
            (b"Content-Length: 4, 40\r\n", 400), (b"Content-Length: +4\r\n", 400), (b"Content-Length: -4\r\n", 400),
            (b"Content-Length: 0x4\r\n", 400), (b"Content-Length: 4 4\r\n", 400), (b"Content-Length:\r\n", 400),
            (b"Content-Length: 99999999999999999999\r\n", 400), (b"Content-Length : 4\r\n", 400),
            (b"Content-Length: 4\x0b\r\n", 400), (b"Transfer-Encoding: gzip, chunked\r\n", 501),
            (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
            (b"Transfer-Encoding: xchunked\r\n", 501), (b"Transfer-Encoding: identity\r\n", 501),
            (b"Transfer-Encoding:\r\n", 501), (b"Transfer-Encoding : chunked\r\n", 400),
            (b"Transfer-Encoding:\x0bchunked\r\n", 400), (b" Transfer-Encoding: chunked\r\n", 400),
            (b"X: y\r\n\tTransfer-Encoding: chunked\r\n", 400)):
        data = ask(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n0\r\n\r\n" + inner)
        is_status(data, status)
        assert data.count(b"HTTP/1.1") == 1, (headers, data)
    data = ask(b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner)
    is_status(data, 400)
    assert data.count(b"HTTP/1.1") == 1, data


def header_limits():
    is_status(ask(b"GET /text HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40_000), 431)
    is_status(ask(b"GET /text HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 101 + b"\r\n"), 431)
    is_status(ask(b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"), 414)
    is_status(ask(b"GET /" + b"x" * 40_000), 414)
    is_status(ask(b"GET /text HTTP/1.1\r\n" + CLOSE + b"X: y\r\n" * 98 + b"\r\n"), 200)


def slow_head():
    is_status(ask(b"GET /text HTTP/1.1\r\nHost"), 408)
    with connect() as connection:
        connection.sendall(b"GET /text HTTP/1.1\r\n")
        began = time.monotonic()
        try:
            while time.monotonic() - began < 20:
                connection.sendall(b"X: y\r\n")
                time.sleep(0.1)
                connection.settimeout(0.01)
                try:
                    data = connection.recv(65536)
                    break
                except TimeoutError:
                    connection.settimeout(50)
        except OSError:
            raise AssertionError("reset") from None
        is_status(data, 408)


def slow_body():
    is_status(ask(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"), 408)


def idle():
    assert ask(b"") == b""
    with connect() as connection:
        connection.sendall(b"GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
        answer(connection)
        assert everything(connection) == b""


def no_answer():
    is_status(ask(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n"), 503)
    is_status(ask(b"GET /dropped HTTP/1.1\r\n" + CLOSE + b"\r\n"), 500)
    is_status(ask(b"GET /twice HTTP/1.1\r\n" + CLOSE + b"\r\n"), 200, b"first")


def gone():
    """Who leaves before the answer disturbs nobody."""
    for _ in range(20):
        with connect() as connection:
            connection.sendall(b"POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
    simple()


def large_answer():
    with connect() as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\n" + CLOSE + b"\r\n")
        time.sleep(0.2)
        data = everything(connection)
    assert len(data.split(b"\r\n\r\n", 1)[1]) == 20_000_000, len(data)


def rate():
    statuses = []
    with connect() as connection:
        for _ in range(30):
            connection.sendall(b"GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
            head_text, _ = answer(connection)
            statuses.append(head_text.split(" ")[1])
    # Five a second, and four seconds' worth at once.
    assert statuses[:20] == ["200"] * 20 and "429" in statuses[20:], statuses
    with connect() as connection:
        connection.sendall(b"GET /text HTTP/1.1\r\nHost: x\r\n\r\n")
        head_text, _ = answer(connection)
        assert "429" in head_text and "Retry-After: 1\r\n" in head_text, head_text


def forwarded(trusted):
    def who(*lines):
        text = "".join(f"X-Forwarded-For: {line}\r\n" for line in lines)
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        connection.close()
        data = ask(b"GET /peer HTTP/1.1\r\n" + CLOSE + text.encode() + b"\r\n")
        return data.split(b"\r\n\r\n")[1].decode()
    assert who() == "127.0.0.1"
    assert who("192.0.2.1") == ("192.0.2.1" if trusted else "127.0.0.1")
    if trusted:
        assert who("10.0.0.1, 192.0.2.7") == "192.0.2.7"
        assert who("10.0.0.1", "192.0.2.8") == "192.0.2.8"
        assert who("[2001:db8::1]:99") == "2001:db8::1"
        assert who("192.0.2.9:1234") == "192.0.2.9"
        assert who("nonsense") == "127.0.0.1"


def prefix():
    is_status(ask(b"GET /agim/text HTTP/1.1\r\n" + CLOSE + b"\r\n"), 200)
    is_status(ask(b"GET /text HTTP/1.1\r\n" + CLOSE + b"\r\n"), 404)
    is_status(ask(b"GET /agimtext HTTP/1.1\r\n" + CLOSE + b"\r\n"), 404)


def crowded():
    """One connection more than there may be takes the place of one that waits."""
    waiting = [connect() for _ in range(4)]
    time.sleep(0.2)
    for _ in range(6):
        simple()
    for connection in waiting:
        connection.close()


def begun(source=None):
    """A connection in the middle of a request, which therefore is not closed for another."""
    connection = socket.create_connection(("127.0.0.1", PORT), source_address=source and (source, 0))
    connection.settimeout(50)
    connection.sendall(b"POST /echo HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n" + CLOSE + b"\r\n")
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        assert piece, f"closed after {data!r}"
        data += piece
    is_status(data, 100)
    return connection


def is_served(connection):
    with connection:
        connection.sendall(b"hello")
        is_status(everything(connection), 200, b"hello")
    # The server sees that it is closed.
    time.sleep(0.1)


def is_turned_away(source=None):
    try:
        with socket.create_connection(("127.0.0.1", PORT), source_address=source and (source, 0)) as connection:
            connection.settimeout(50)
            data = connection.recv(1)
    except ConnectionError:
        data = b""
    assert data == b"", data


def one_address():
    """Four connections of one address are enough; others still find room."""
    held = [begun() for _ in range(4)]
    is_served(held.pop())
    held.append(begun())
    is_turned_away()
    is_turned_away()
    others = [begun("127.0.0.2") for _ in range(4)]
    is_turned_away("127.0.0.2")
    is_served(others.pop())
    for connection in held:
        is_served(connection)
    held.clear()
    # Those that wait make room for more of the same address, and never for one of another.
    waiting = [connect() for _ in range(4)]
    time.sleep(0.2)
    is_served(others.pop())
    for _ in range(6):
        simple()
    for connection in waiting + others:
        connection.close()


def no_address():
    """Who may have any number has it."""
    held = [begun() for _ in range(40)]
    for connection in held:
        connection.sendall(b"hello")
        is_status(everything(connection), 200, b"hello")


CASES = {
    "forwarded": lambda: forwarded(False), "trusted": lambda: forwarded(True),
    **{function.__name__: function for function in (
        simple, head, not_there, query, keep_alive, pipelined, drip, chunked, too_large, expect, malformed, smuggled,
        header_limits, slow_head, slow_body, idle, no_answer, gone, large_answer, rate, prefix, crowded, one_address,
        no_address)}}

try:
    CASES[sys.argv[2]]()
    print("ok")
except (AssertionError, OSError) as error:
    print(f"{type(error).__name__}: {error}")
