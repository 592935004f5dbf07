"""A strict Feishu on loopback: tokens, the endpoint of the long connection, its frames, events, files of messages.

`wrong` collects what a client must never do; a test is to find it empty. What is not answered in time is pushed
again, as Feishu does it. What is sent to chats is the affair of `feishu_messages.py`, where that is there.
"""

import base64
import collections
import http.server
import itertools
import json
import os
import re
import secrets
import socket
import sys
import threading
import time
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import feishu_wire as wire  # noqa: E402

try:
    import feishu_messages
except ImportError:
    feishu_messages = None

SERVICE = 33554678


class Push:
    """An event on its way: it is pushed again until it is answered with 200."""

    def __init__(self, owner, event, kind="event"):
        self.owner = owner
        self.event = event
        self.kind = kind
        self.frame_id = "m-" + secrets.token_hex(8)
        self.payload = json.dumps(event, ensure_ascii=False).encode()
        self.sent = []
        self.answers = []
        self.took = []
        self.done = threading.Event()

    def answer(self, limit=10):
        """The first answer with 200; `data` of it is decoded."""
        if not self.done.wait(limit):
            raise AssertionError(
                f"not answered within {limit} s: {self.payload[:300]}; answers: {self.answers}; "
                f"wrong: {self.owner.wrong}")
        value = next(one for one in self.answers if one.get("code") == 200)
        data = value.get("data")
        return json.loads(base64.b64decode(data, validate=True)) if data else None


class Connection:
    """One long connection."""

    def __init__(self, owner, handler, device):
        self.owner = owner
        self.device = device
        self.socket = handler.connection
        self.stream = handler.rfile
        self.lock = threading.Lock()
        self.pings = 0
        self.heard = []
        self.open = True
        self.answers_pings = True

    def raw(self, data):
        with self.lock:
            try:
                self.socket.sendall(data)
            except OSError:
                self.open = False

    def send(self, frame):
        self.raw(wire.ws_frame(2, wire.encode(frame)))

    def cut(self):
        """The connection ends without a word."""
        self.open = False
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def serve(self):
        try:
            while self.open:
                opcode, data, final = wire.ws_read(self.stream)
                if opcode == 8:
                    self.raw(wire.ws_frame(8, data[:2]))
                    break
                if opcode == 9:
                    if self.answers_pings:
                        self.raw(wire.ws_frame(10, data))
                elif opcode == 10:
                    pass
                elif opcode == 2 and final:
                    self.take(data)
                else:
                    self.owner.fault(f"a message of kind {opcode}, final {final}")
        except wire.Closed:
            pass
        except (ValueError, IndexError, KeyError) as error:
            self.owner.fault(f"{type(error).__name__}: {error}")
        finally:
            self.open = False
            self.owner.gone(self)

    def take(self, data):
        frame = wire.decode(data)
        if wire.encode(frame) != data:
            self.owner.fault("a frame in another order than Feishu's own clients write it")
        headers = dict(frame["headers"])
        if frame["method"] == 0:
            if headers != {"type": "ping"} or frame["service"] != SERVICE or frame["seq_id"] or frame["log_id"]:
                self.owner.fault(f"a control frame that is no ping: {frame}")
            self.pings += 1
            if self.answers_pings:
                config = json.dumps(self.owner.config).encode() if self.owner.tells_config else None
                self.send({"service": SERVICE, "method": 0, "headers": [("type", "pong")], "payload": config})
        elif self.pings == 0:
            self.owner.fault("an answer before the first ping")
        else:
            self.owner.answered(self, frame)


class Feishu:
    """The platform."""

    def __init__(self, app="cli_a1b2c3d4e5", secret="S3cret0fThisFakeApp", bot="ou_bot", port=0):
        self.app, self.secret, self.bot = app, secret, bot
        self.wrong = []
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.tokens = {}
        self.token_calls = 0
        self.endpoint_calls = 0
        self.tickets = {}
        self.connections = []
        self.all_connections = 0
        self.pushes = {}
        self.resources = {}
        self.downloads = collections.Counter()
        self.heard = {}
        self.numbers = itertools.count(1)
        self.config = {"ReconnectCount": -1, "ReconnectInterval": 120, "ReconnectNonce": 30, "PingInterval": 120}
        self.tells_config = True
        # Seconds after which what is not answered is pushed again; Feishu waits 15 s, then minutes and hours.
        self.again = [15, 300, 3600, 21600]
        self.deadline = 3.0
        # Misbehaviour: a list of answers of the next requests of a path, by a part of the path.
        self.misdeeds = collections.defaultdict(list)
        self.verification_token = "v3rificationT0ken"
        self.closing = False
        self.sending = feishu_messages.Messages(self.authorise) if feishu_messages else None
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Gives requests to the platform."""

            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def serve(self):
                owner.serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        threading.Thread(target=self.push_again, daemon=True).start()

    def close(self):
        self.closing = True
        for connection in list(self.connections):
            connection.cut()
        self.server.shutdown()
        self.server.server_close()

    def fault(self, words):
        with self.lock:
            self.wrong.append(words)
            self.changed.notify_all()

    # HTTP

    def serve(self, handler):
        length = handler.headers.get("Content-Length")
        body = handler.rfile.read(int(length)) if length else b""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        url = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        if headers.get("upgrade", "").lower() == "websocket":
            return self.upgrade(handler, url, query, headers)
        answer = self.misdo(handler.command, url.path)
        if answer is None:
            answer = self.answer(handler.command, url.path, query, headers, body)
        if answer is False:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return None
        status, more, data = answer
        if not isinstance(data, bytes):
            data = json.dumps(data).encode()
            more = {"Content-Type": "application/json; charset=utf-8", **more}
        handler.send_response(status)
        for name, value in {"X-Tt-Logid": "20261121" + secrets.token_hex(8), **more}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)
        return None

    def misdo(self, method, path):
        """What a test wants instead of an answer: (status, headers, body), False to hang up, a number to wait."""
        with self.lock:
            for part, acts in self.misdeeds.items():
                if acts and part in f"{method} {path}":
                    act = acts.pop(0)
                    break
            else:
                return None
        if isinstance(act, (int, float)) and not isinstance(act, bool):
            time.sleep(act)
            return None
        return act

    @staticmethod
    def refuse(code, words, status=400):
        return status, {}, {"code": code, "msg": words}

    def answer(self, method, path, query, headers, body):
        if (method, path) == ("POST", "/open-apis/auth/v3/tenant_access_token/internal"):
            return self.token(headers, body)
        if (method, path) == ("POST", "/callback/ws/endpoint"):
            return self.endpoint(headers, body)
        refused = self.authorise(headers.get("authorization", "").removeprefix("Bearer ")
                                 if headers.get("authorization", "").startswith("Bearer ") else None)
        mine = (method, path) == ("GET", "/open-apis/bot/v3/info")
        resource = re.fullmatch(r"/open-apis/im/v1/messages/([^/]+)/resources/([^/]+)", path)
        message = re.fullmatch(r"/open-apis/im/v1/messages/([^/]+)", path)
        if mine or resource or (method == "GET" and message and message.group(1) in self.heard):
            if refused:
                return self.refuse(refused, "Invalid access token for authorization. Please make a test")
            if mine:
                return 200, {}, {"code": 0, "msg": "ok", "bot": {
                    "activate_status": 2, "app_name": "Bot", "open_id": self.bot, "avatar_url": "https://x/y"}}
            if resource:
                return self.resource(resource.group(1), resource.group(2), query)
            return 200, {}, {"code": 0, "msg": "success", "data": {"items": self.heard[message.group(1)]}}
        if self.sending:
            answer = self.sending.answer(method, path, query, headers, body)
            if answer is not None:
                return answer if answer is False else (answer.status, answer.headers, answer.body)
        if method == "GET" and message:
            return self.refuse(230110, "Action unavailable as the message has been deleted.")
        self.fault(f"nobody asks for {method} {path}")
        return self.refuse(404, "404 page not found", 404)

    def json_body(self, headers, body, names):
        if not headers.get("content-type", "").startswith("application/json"):
            self.fault(f"Content-Type {headers.get('content-type')}")
        value = json.loads(body)
        if set(value) != set(names):
            self.fault(f"a body with {sorted(value)} instead of {sorted(names)}")
        return value

    def token(self, headers, body):
        value = self.json_body(headers, body, ["app_id", "app_secret"])
        self.token_calls += 1
        if value.get("app_id") != self.app:
            return self.refuse(10003, "invalid param", 200)
        if value.get("app_secret") != self.secret:
            return self.refuse(10014, "app secret invalid", 200)
        now = time.monotonic()
        with self.lock:
            # While more than 30 minutes are left it stays the same.
            for token, until in self.tokens.items():
                if until - now > 1800:
                    return 200, {}, {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": int(until - now)}
            token = "t-" + secrets.token_hex(20)
            self.tokens[token] = now + 7200
        return 200, {}, {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200}

    def expire_tokens(self):
        with self.lock:
            self.tokens.clear()

    def authorise(self, token):
        """The number of what is wrong with a token; None where nothing is."""
        if not token:
            self.fault("a request without a token")
            return 99991661
        return None if self.tokens.get(token, 0) > time.monotonic() else 99991663

    def endpoint(self, headers, body):
        value = self.json_body(headers, body, ["AppID", "AppSecret"])
        self.endpoint_calls += 1
        if headers.get("locale") not in ("zh", "en"):
            self.fault(f"locale {headers.get('locale')}")
        if (value.get("AppID"), value.get("AppSecret")) != (self.app, self.secret):
            return self.refuse(1000040345, "app_id or app_secret is invalid", 200)
        ticket, device = secrets.token_hex(16), str(secrets.randbelow(1 << 60))
        self.tickets[ticket] = device
        return 200, {}, {"code": 0, "msg": "", "data": {
            "URL": f"ws://127.0.0.1:{self.port}/ws/v2?fpid=493&aid=552564&device_id={device}&access_key=k3y"
                   f"&service_id={SERVICE}&ticket={ticket}",
            "ClientConfig": self.config}}

    def resource(self, message, key, query):
        self.downloads[key] += 1
        if query.get("type") not in ("image", "file"):
            return self.refuse(234001, "Invalid request param.")
        found = self.resources.get((message, urllib.parse.unquote(key)))
        if found is None:
            return self.refuse(234003, "File not in msg.")
        content, kind, name = found
        if (query["type"] == "image") != key.startswith("img_"):
            self.fault(f"type {query['type']} for {key}")
        return 200, {"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'}, content

    # The long connection

    def upgrade(self, handler, url, query, headers):
        handler.close_connection = True
        refusal = self.misdo("UPGRADE", url.path)
        if refusal is False:
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        device = self.tickets.pop(query.get("ticket"), None)
        if url.path != "/ws/v2" or headers.get("sec-websocket-version") != "13":
            self.fault(f"an upgrade of {url.path}, version {headers.get('sec-websocket-version')}")
        if device is None and refusal is None:
            self.fault("a ticket that is used twice or was never given")
            refusal = (403, {"Handshake-Status": "403", "Handshake-Msg": "ticket"}, b"")
        if refusal is None and len(self.connections) >= 50:
            refusal = (514, {"Handshake-Status": "514", "Handshake-Msg": "too many connections",
                             "Handshake-Autherrcode": "1000040350"}, b"")
        if refusal is not None:
            status, more, data = refusal
            handler.send_response(status)
            for name, value in more.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
            return
        handler.send_response(101)
        handler.send_header("Upgrade", "websocket")
        handler.send_header("Connection", "Upgrade")
        handler.send_header("Sec-WebSocket-Accept", wire.accept_key(headers["sec-websocket-key"]))
        handler.end_headers()
        handler.wfile.flush()
        handler.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(self, handler, device)
        with self.lock:
            self.connections.append(connection)
            self.all_connections += 1
            self.changed.notify_all()
        connection.serve()

    def gone(self, connection):
        with self.lock:
            if connection in self.connections:
                self.connections.remove(connection)
            self.changed.notify_all()

    def connected(self, limit=15, since=0):
        """Waits for a connection that has pinged; the newest."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            with self.lock:
                good = [one for one in self.connections if one.pings and one.open]
                if good and self.all_connections > since:
                    return good[-1]
            time.sleep(0.01)
        raise AssertionError(f"no connection within {limit} s; wrong: {self.wrong}")

    def answered(self, connection, frame):
        headers = frame["headers"]
        values = dict(headers)
        push = self.pushes.get(values.get("message_id"))
        if push is None:
            return self.fault(f"an answer to nothing: {frame}")
        sent = push.sent[-1][1] if push.sent else None
        for _, one in push.sent:
            if one["seq_id"] == frame["seq_id"]:
                sent = one
        rest = [pair for pair in headers if pair[0] != "biz_rt"]
        same = all(frame.get(name) == sent.get(name) for name in (
            "seq_id", "log_id", "service", "method", "payload_encoding", "payload_type", "log_id_new"))
        if rest != sent["headers"] or not same:
            self.fault(f"an answer that is not the frame that it answers: {frame} to {sent}")
        if len(headers) - len(rest) != 1 or not values["biz_rt"].isdigit():
            self.fault(f"biz_rt of an answer: {headers}")
        value = json.loads(frame["payload"])
        if value.get("code") not in (200, 500):
            self.fault(f"an answer with code {value.get('code')}")
        with self.lock:
            push.answers.append(value)
            push.took.append(time.monotonic() - push.sent[-1][0])
            if value["code"] == 200:
                push.done.set()
            self.changed.notify_all()
        return None

    def frames(self, push, parts=1):
        """The frames of a push, in so many pieces."""
        size = max(1, -(-len(push.payload) // parts))
        pieces = [push.payload[at:at + size] for at in range(0, len(push.payload), size)]
        for index, piece in enumerate(pieces):
            yield {
                "seq_id": next(self.numbers), "log_id": secrets.randbelow(1 << 63), "service": SERVICE, "method": 1,
                "headers": [("type", push.kind), ("message_id", push.frame_id), ("sum", str(len(pieces))),
                            ("seq", str(index)), ("trace_id", secrets.token_hex(16)),
                            ("timestamp", str(int(time.time() * 1000)))],
                "payload": piece, "log_id_new": "20261121" + secrets.token_hex(8)}

    def deliver(self, push, parts=1, order=None):
        """Sends a push over one connection, chosen at random as Feishu does it."""
        with self.lock:
            good = [one for one in self.connections if one.pings and one.open]
            frames = list(self.frames(push, parts))
            push.sent.append((time.monotonic(), frames[-1]))
            for frame in frames[:-1]:
                push.sent.insert(-1, (time.monotonic(), frame))
            if not good:
                return
            connection = secrets.choice(good)
        for index in order or range(len(frames)):
            connection.send(frames[index])

    def push(self, event, parts=1, order=None, kind="event", deliver=True):
        """Pushes an event until it is answered."""
        push = Push(self, event, kind)
        with self.lock:
            self.pushes[push.frame_id] = push
        if deliver:
            self.deliver(push, parts, order)
        return push

    def push_again(self):
        while not self.closing:
            time.sleep(0.02)
            now = time.monotonic()
            with self.lock:
                due = []
                for push in self.pushes.values():
                    rounds = getattr(push, "rounds", 0)
                    last = push.sent[-1][0] if push.sent else now
                    if not push.done.is_set() and rounds < len(self.again) and now - last > self.again[rounds]:
                        push.rounds = rounds + 1
                        due.append(push)
            for push in due:
                self.deliver(push)

    # Events

    def event(self, kind, body, event_id=None):
        """An event of schema 2.0."""
        return {
            "schema": "2.0",
            "header": {"event_id": event_id or secrets.token_hex(16), "event_type": kind, "tenant_key": "t3nant",
                       "create_time": str(int(time.time() * 1000)), "token": self.verification_token,
                       "app_id": self.app},
            "event": body}

    @staticmethod
    def user(name):
        """The ids of a person."""
        return {"open_id": f"ou_{name}", "union_id": f"on_{name}", "user_id": f"u_{name}"}

    def mention(self, number, name, open_id=None):
        """Somebody who is mentioned; without a name it is the bot."""
        ids = {"open_id": self.bot, "union_id": "on_bot", "user_id": ""} if open_id is None and name == "Bot" \
            else {"open_id": open_id or f"ou_{name.lower()}", "union_id": "", "user_id": ""}
        return {"key": f"@_user_{number}", "id": ids, "name": name, "tenant_key": "t3nant"}

    def message(self, content="hello", kind="text", chat="oc_chat", sender="anna", group=False, mentions=(),
                message_id=None, event_id=None, **more):
        """The event of a message; a text is its own content."""
        if isinstance(content, str):
            content = {"text": content}
        message_id = message_id or "om_" + secrets.token_hex(16)
        message = {
            "message_id": message_id, "create_time": str(int(time.time() * 1000)), "chat_id": chat,
            "update_time": str(int(time.time() * 1000)), "chat_type": "group" if group else "p2p",
            "message_type": kind, "content": json.dumps(content, ensure_ascii=False), **more}
        if mentions:
            message["mentions"] = list(mentions)
        if self.sending:
            self.sending.heard(message_id, chat, more.get("thread_id"), more.get("root_id"))
            if chat not in self.sending.chats:
                self.sending.chat(chat)
        return self.event("im.message.receive_v1", {
            "sender": {"sender_id": self.user(sender), "sender_type": "user", "tenant_key": "t3nant"},
            "message": message}, event_id)

    def say(self, *words, **more):
        """Pushes the event of a message."""
        pushing = {name: more.pop(name) for name in ("parts", "order", "deliver") if name in more}
        return self.push(self.message(*words, **more), **pushing)

    def stored(self, message_id, kind, content, sender="ou_anna", sender_type="user", chat="oc_chat", children=(),
               **more):
        """Makes a message that can be fetched."""
        item = {
            "message_id": message_id, "msg_type": kind, "create_time": "1700000000000", "deleted": False,
            "chat_id": chat, "sender": {"id": sender, "id_type": "open_id" if sender_type == "user" else "app_id",
                                        "sender_type": sender_type, "tenant_key": "t3nant"},
            "body": {"content": json.dumps(content, ensure_ascii=False)}, **more}
        self.heard[message_id] = [item] + list(children)
        return item

    def press(self, value, chat="oc_chat", message_id="om_card", operator="anna", event_id=None):
        """The event of a pressed button."""
        return self.event("card.action.trigger", {
            "operator": {**self.user(operator), "tenant_key": "t3nant"}, "token": "c-" + secrets.token_hex(20),
            "action": {"value": value, "tag": "button", "timezone": "Asia/Shanghai"}, "host": "im_message",
            "context": {"open_message_id": message_id, "open_chat_id": chat}}, event_id)

    # The webhook

    def post(self, url, event, key=None, signed=True, at=None, nonce=None, headers=None, raw=None, limit=10):
        """Posts an event as Feishu does, encrypted and signed with a key; the status and the answer."""
        plain = json.dumps(event, ensure_ascii=False)
        body = raw if raw is not None else (
            json.dumps({"encrypt": wire.encrypt(key, plain)}) if key else plain).encode()
        more = {"Content-Type": "application/json; charset=utf-8"}
        if key and signed:
            at, nonce = at or str(int(time.time())), nonce or secrets.token_hex(8)
            more |= {"X-Lark-Request-Timestamp": at, "X-Lark-Request-Nonce": nonce,
                     "X-Lark-Signature": wire.sign(at, nonce, key, body)}
        request = urllib.request.Request(url, body, {**more, **(headers or {})}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=limit) as answer:
                data, status = answer.read(), answer.status
        except urllib.error.HTTPError as error:
            data, status = error.read(), error.code
        try:
            return status, json.loads(data)
        except ValueError:
            return status, data.decode(errors="replace")
