"""Services that take notifications, as strict as they are: robots, webhooks and push services on one loopback port.

What a service would refuse is refused in its own words, and noted in `faults`; what it takes is in `got`.
`misbehave` makes the next requests of a service go wrong: `429`, `500`, `garbage`, `drop`, `half`, `slow`,
`redirect`, `empty`, or an error of the service's own by its code."""

import base64
import collections
import email.parser
import email.policy
import hashlib
import hmac
import json
import socket
import threading
import time
import urllib.parse

from loopback import Loopback

MINUTE = 60


class Refusal(Exception):
    """What a service answers instead of taking a request, and why the test should know."""

    def __init__(self, status, body, why, headers=()):
        super().__init__(why)
        self.status, self.body, self.headers = status, body, dict(headers)


def check(condition, status, body, why, headers=()):
    if not condition:
        raise Refusal(status, body, why, headers)


class Request:
    def __init__(self, handler, body):
        self.method = handler.command
        address = urllib.parse.urlsplit(handler.path)
        self.path = urllib.parse.unquote(address.path)
        self.raw_path = address.path
        self.query = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
        self.headers = handler.headers
        self.body = body
        self.type = handler.headers.get("Content-Type", "")

    @property
    def json(self):
        check(self.type.startswith("application/json"), 400, {"message": "not JSON"}, f"content type {self.type!r}")
        try:
            value = json.loads(self.body.decode("utf-8"))
        except ValueError as error:
            raise Refusal(400, {"message": "bad JSON"}, f"a body that is no JSON: {error}") from None
        check(isinstance(value, dict), 400, {"message": "bad JSON"}, "a body that is no JSON object")
        return value

    @property
    def parts(self):
        """The parts of a multipart body: name, file name, type, bytes."""
        check(self.type.startswith("multipart/form-data"), 400, {}, f"content type {self.type!r}")
        head = f"Content-Type: {self.type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        check(message.is_multipart(), 400, {}, "no parts in a multipart body")
        found = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            found[name] = (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        return found


class PushServer(Loopback):
    """All of them on one port; `url` is where."""

    def __init__(self, roots=False, **options):
        # Whether ntfy and Bark are at the root, as clients have it that know of no path before theirs.
        self.roots = roots
        self.options = {
            "dingtalk": {"token": "ding-token-1", "secret": None, "keyword": None, "allowed": True},
            "feishu": {"token": "feishu-hook-1", "secret": None, "keyword": None, "allowed": True},
            "wecom": {"token": "wecom-key-1"},
            "slack": {"token": "T000/B000/slackhooktoken"},
            "discord": {"token": "123456/discord-token"},
            "ntfy": {"token": None},
            "gotify": {"token": "gotify-app-token"},
            "bark": {"token": "bark-device-key"},
            "pushover": {"token": "pushover-app-token", "user": "pushover-user-key"},
            "matrix": {"token": "matrix-access-token", "room": "!room:example.org"},
            "mattermost": {"token": "mattermosthook"},
            "teams": {"token": "teams-sig"},
            "googlechat": {"token": "gchat-token", "key": "gchat-key"},
            "webhook": {"secret": None, "token": None},
        }
        for name, more in options.items():
            self.options[name].update(more)
        self.got = collections.defaultdict(list)
        self.faults = []
        self.plans = collections.defaultdict(list)
        self.times = collections.defaultdict(list)
        self.blocked = {}
        self.media = {}
        self.transactions = {}
        self.number = 0
        # From here on it is asked.
        super().__init__()

    # What tests ask for.

    def robot(self, platform):
        """The whole address of a robot or webhook."""
        token = self.options[platform].get("token")
        return self.url + {
            "dingtalk": f"/robot/send?access_token={token}",
            "feishu": f"/open-apis/bot/v2/hook/{token}",
            "wecom": f"/cgi-bin/webhook/send?key={token}",
            "slack": f"/services/{token}",
            "discord": f"/api/webhooks/{token}",
            "mattermost": f"/hooks/{token}",
            "teams": f"/workflows/abc/triggers/manual/paths/invoke?api-version=1&sig={token}",
            "googlechat": f"/v1/spaces/AAA/messages?key={self.options['googlechat']['key']}&token={token}",
            "webhook": "/hook",
        }[platform]

    def misbehave(self, platform, *plans):
        self.plans[platform] += [str(plan) for plan in plans]

    # What happens to a request.

    def serve(self, handler):
        length = handler.headers.get("Content-Length")
        if length is None:
            body = b""
        else:
            body = handler.rfile.read(int(length))
        request = Request(handler, body)
        platform, act = self.route(request)
        if platform is None:
            self.faults.append(f"nothing is at {request.method} {request.path}")
            return self.answer(handler, 404, {"message": "not found"})
        with self.lock:
            plan = self.plans[platform].pop(0) if self.plans[platform] else None
        if plan and not self.misbehaves(handler, platform, plan):
            return None
        try:
            with self.lock:
                status, value = act(request, self.options[platform])
        except Refusal as refusal:
            self.faults.append(f"{platform}: {refusal}")
            return self.answer(handler, refusal.status, refusal.body, refusal.headers)
        return self.answer(handler, status, value)

    def misbehaves(self, handler, platform, plan):
        """Goes wrong as planned; true where the request is served all the same."""
        if plan == "ok":
            return True
        if plan == "drop":
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        elif plan == "half":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"err")
            handler.wfile.flush()
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        elif plan.startswith("slow"):
            self.gone.wait(float(plan[4:] or 1))
            return True
        elif plan == "garbage":
            self.answer(handler, 200, "<html><body>Welcome to this hotel's network</body></html>")
        elif plan == "empty":
            self.answer(handler, 200, "")
        elif plan == "redirect":
            self.answer(handler, 302, "", {"Location": self.url + "/elsewhere"})
        else:
            self.answer(handler, *self.error(platform, plan))
        return False

    @staticmethod
    def error(platform, code):
        """An error by its code, as the service words it."""
        status = int(code)
        words = {401: "unauthorized", 403: "forbidden", 404: "not found", 429: "too many requests", 500: "internal error",
                 502: "bad gateway", 503: "unavailable", 400: "bad request", 410: "gone", 413: "too large"}
        if status not in words:
            return {
                "dingtalk": (200, {"errcode": status, "errmsg": f"error {status} of the robot"}),
                "wecom": (200, {"errcode": status, "errmsg": f"error {status} of the webhook, hint: [1]"}),
                "feishu": (200, {"code": status, "msg": f"error {status} of the bot", "data": {}}),
                "bark": (200, {"code": status, "message": f"error {status} of the server"}),
            }[platform]
        text = words[status]
        after = {"Retry-After": "7"} if status == 429 else {}
        if platform == "slack":
            return status, {403: "invalid_token", 404: "no_service", 410: "channel_is_archived"}.get(status, text), after
        if platform == "discord":
            if status == 404:
                return 404, {"message": "Unknown Webhook", "code": 10015}
            return status, {"message": text, "code": 0, **({"retry_after": 6.5, "global": False} if status == 429 else {})}, after
        if platform == "matrix" and status == 429:
            return 429, {"errcode": "M_LIMIT_EXCEEDED", "error": text, "retry_after_ms": 7000}
        if platform == "matrix":
            return status, {"errcode": {401: "M_UNKNOWN_TOKEN", 403: "M_FORBIDDEN"}.get(status, "M_UNKNOWN"), "error": text}
        if platform == "pushover":
            return status, {"status": 0, "errors": [text], "request": "r"}, after
        if platform == "googlechat":
            kind = "RESOURCE_EXHAUSTED" if status == 429 else "UNKNOWN"
            return status, {"error": {"code": status, "message": text, "status": kind}}, after
        if platform == "ntfy":
            return status, {"code": status * 100 + 1, "http": status, "error": text}, after
        return status, {"message": text, "error": text}, after

    @staticmethod
    def answer(handler, status, value, headers=()):
        body = value.encode() if isinstance(value, str) else b"" if value is None else json.dumps(value).encode()
        try:
            handler.send_response(status)
            is_page = isinstance(value, str) and value.startswith("<")
            handler.send_header(
                "Content-Type", "text/html" if is_page else "text/plain" if isinstance(value, str) else "application/json")
            for name, text in dict(headers).items():
                handler.send_header(name, text)
            if status != 204:
                handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            if status != 204:
                handler.wfile.write(body)
        except OSError:
            pass

    def route(self, request):
        path, method = request.path, request.method
        for where, platform, act in [
                ("GET /api/webhooks/", "discord", self.discord_info), ("GET /ntfy/v1/health", "ntfy", self.healthy),
                ("GET /gotify/health", "gotify", self.healthy), ("GET /bark/ping", "bark", self.healthy),
                ("POST /pushover/1/users/validate.json", "pushover", self.pushover_user),
                ("GET /_matrix/client/v3/account/whoami", "matrix", self.whoami)]:
            if f"{method} {path}".startswith(where):
                return platform, act
        for start, platform, act in [
                ("/robot/send", "dingtalk", self.dingtalk), ("/open-apis/bot/v2/hook/", "feishu", self.feishu),
                ("/cgi-bin/webhook/send", "wecom", self.wecom), ("/cgi-bin/webhook/upload_media", "wecom", self.wecom_upload),
                ("/services/", "slack", self.slack), ("/api/webhooks/", "discord", self.discord),
                ("/gotify/message", "gotify", self.gotify), ("/bark/push", "bark", self.bark),
                ("/pushover/1/messages.json", "pushover", self.pushover), ("/hooks/", "mattermost", self.mattermost),
                ("/workflows/", "teams", self.teams), ("/v1/spaces/", "googlechat", self.googlechat),
                ("/hook", "webhook", self.webhook), ("/ntfy/", "ntfy", self.ntfy)]:
            if path.startswith(start) and (method == "POST" or method == "PUT" and platform == "ntfy"):
                return platform, act
        if self.roots and method in ("POST", "PUT"):
            return ("bark", self.bark) if path == "/push" else ("ntfy", self.ntfy)
        if path == "/_matrix/media/v3/upload" and method == "POST":
            return "matrix", self.matrix_upload
        if path.startswith("/_matrix/") and method == "PUT":
            return "matrix", self.matrix
        return None, None

    def take(self, platform, **what):
        self.number += 1
        self.got[platform].append(what)
        return self.number

    def count(self, platform, limit, window=MINUTE):
        """Whether one more request stays within the rate; counts it."""
        now = time.monotonic()
        self.times[platform] = [at for at in self.times[platform] if now - at < window] + [now]
        return len(self.times[platform]) <= limit

    # What can be asked without sending.

    def discord_info(self, request, want):
        check(request.path[len("/api/webhooks/"):] == want["token"], 404, {"message": "Unknown Webhook", "code": 10015},
              "an unknown webhook")
        return 200, {"id": "123456", "type": 1, "name": "ops", "channel_id": "1"}

    @staticmethod
    def healthy(_request, _want):
        return 200, {"healthy": True, "health": "green", "database": "green", "code": 200, "message": "pong"}

    @staticmethod
    def pushover_user(request, want):
        body = dict(urllib.parse.parse_qsl(request.body.decode()))
        check(body == {"token": want["token"], "user": want["user"]}, 400, {"status": 0, "errors": ["invalid"]}, "unknown")
        return 200, {"status": 1, "request": "r", "devices": ["phone"]}

    @staticmethod
    def whoami(request, want):
        check(request.headers.get("Authorization") == f"Bearer {want['token']}", 401,
              {"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid access token passed."}, "an unknown token")
        return 200, {"user_id": "@bot:example.org"}

    # The robots.

    def dingtalk(self, request, want):
        def no(why, text, code=310000):
            return Refusal(200, {"errcode": code, "errmsg": text}, why)
        check(request.query.get("access_token") == want["token"], 200, {"errcode": 310000, "errmsg": "token is not exist"},
              "an unknown token")
        if time.monotonic() < self.blocked.get("dingtalk", 0) or not self.count("dingtalk", 20):
            self.blocked["dingtalk"] = time.monotonic() + 600
            raise no("more than 20 messages a minute", "send too fast", 302033)
        if want["secret"]:
            stamp = request.query.get("timestamp", "")
            if not stamp.isdigit() or abs(time.time() * 1000 - int(stamp)) > 3600_000:
                raise no(f"timestamp {stamp!r} is not of this hour", "invalid timestamp")
            sum_ = hmac.new(want["secret"].encode(), f"{stamp}\n{want['secret']}".encode(), hashlib.sha256).digest()
            if request.query.get("sign") != base64.b64encode(sum_).decode():
                raise no("a wrong signature", "sign not match")
        if not want["allowed"]:
            raise no("from an address that is not listed", "ip 127.0.0.1 not in whitelist")
        body = request.json
        if len(request.body) > 20000:
            raise no("a body of more than 20000 bytes", "message too long", 460101)
        kind = body.get("msgtype")
        if kind == "text":
            text = (body.get("text") or {}).get("content")
        elif kind == "markdown":
            text = (body.get("markdown") or {}).get("text")
            if not (body.get("markdown") or {}).get("title"):
                raise no("Markdown without a title", "param error", 40035)
        else:
            raise no(f"msgtype {kind!r}", "param error", 40035)
        if not isinstance(text, str) or not text:
            raise no("no text", "param error", 40035)
        if want["keyword"] and want["keyword"] not in request.body.decode() and want["keyword"] not in text:
            raise no("the keyword is missing", "keywords not in content")
        self.take("dingtalk", text=text, kind=kind, title=(body.get("markdown") or {}).get("title"))
        return 200, {"errcode": 0, "errmsg": "ok"}

    def feishu(self, request, want):
        def no(why, code, text):
            return Refusal(200, {"code": code, "msg": text, "data": {}}, why)
        if request.path.rstrip("/").rsplit("/", 1)[1] != want["token"]:
            raise no("an unknown hook", 19001, "param invalid: incoming webhook access token invalid")
        body = request.json
        if not self.count("feishu", 5, 1):
            raise no("more than 5 messages a second", 11232, "frequency limited")
        if want["secret"]:
            stamp, sign = body.get("timestamp"), body.get("sign")
            if not isinstance(stamp, str) or not stamp.isdigit() or abs(time.time() - int(stamp)) > 3600:
                raise no(f"timestamp {stamp!r} is not of this hour", 19021,
                         "sign match fail or timestamp is not within one hour from current time")
            sum_ = hmac.new(f"{stamp}\n{want['secret']}".encode(), b"", hashlib.sha256).digest()
            if sign != base64.b64encode(sum_).decode():
                raise no("a wrong signature", 19021, "sign match fail or timestamp is not within one hour from current time")
        if not want["allowed"]:
            raise no("from an address that is not listed", 19022, "Ip Not Allowed")
        if len(request.body) > 20 * 1024:
            raise no("a body of more than 20 KB", 9499, "Bad Request")
        kind = body.get("msg_type")
        if kind == "text":
            text, title = (body.get("content") or {}).get("text"), None
        elif kind == "interactive":
            card = body.get("card") or {}
            elements = card.get("elements") or (card.get("body") or {}).get("elements") or []
            if not all(isinstance(e, dict) and e.get("tag") in ("markdown", "div", "hr") for e in elements):
                raise no(f"elements {elements!r}", 9499, "Bad Request")
            text = "\n".join(e.get("content") or (e.get("text") or {}).get("content") or "" for e in elements)
            title = ((card.get("header") or {}).get("title") or {}).get("content")
        else:
            raise no(f"msg_type {kind!r}", 9499, "Bad Request")
        if not text:
            raise no("no text", 9499, "Bad Request")
        if want["keyword"] and want["keyword"] not in text and want["keyword"] not in (title or ""):
            raise no("the keyword is missing", 19024, "Key Words Not Found")
        self.take("feishu", text=text, kind=kind, title=title)
        return 200, {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"}

    def wecom_no(self, why, code, text):
        return Refusal(200, {"errcode": code, "errmsg": text}, why)

    def wecom(self, request, want):
        if request.query.get("key") != want["token"]:
            raise self.wecom_no("an unknown key", 93000, "invalid webhook url, hint: [1]")
        if not self.count("wecom", 20):
            raise self.wecom_no("more than 20 messages a minute", 45009, "api freq out of limit")
        body = request.json
        kind = body.get("msgtype")
        if kind == "file":
            name = self.media.pop((body.get("file") or {}).get("media_id"), None)
            if name is None:
                raise self.wecom_no("an unknown media_id", 40007, "invalid media_id")
            self.take("wecom", file=name[0], content=name[1])
            return 200, {"errcode": 0, "errmsg": "ok"}
        limits = {"text": 2048, "markdown": 4096, "markdown_v2": 4096}
        if kind not in limits:
            raise self.wecom_no(f"msgtype {kind!r}", 40008, "invalid message type")
        text = (body.get(kind) or {}).get("content")
        if not text:
            raise self.wecom_no("no text", 44004, "empty content")
        if len(text.encode()) > limits[kind]:
            raise self.wecom_no(f"{len(text.encode())} bytes of text", 40058, "content exceed max length")
        self.take("wecom", text=text, kind=kind)
        return 200, {"errcode": 0, "errmsg": "ok"}

    def wecom_upload(self, request, want):
        if request.query.get("key") != want["token"]:
            raise self.wecom_no("an unknown key", 93000, "invalid webhook url")
        if request.query.get("type") not in ("file", "voice"):
            raise self.wecom_no("no type", 40004, "invalid media type")
        name, _, content = request.parts.get("media") or (None, None, None)
        if not name:
            raise self.wecom_no("no part media with a file name", 41005, "media data missing")
        if not 5 < len(content) <= 20_000_000:
            raise self.wecom_no(f"a file of {len(content)} bytes", 40006, "invalid meida size")
        key = f"media-{len(self.media) + self.number}"
        self.media[key] = (name, content)
        return 200, {"errcode": 0, "errmsg": "ok", "type": "file", "media_id": key, "created_at": "1"}

    def slack(self, request, want):
        check(request.path[len("/services/"):] == want["token"], 403, "invalid_token", "an unknown webhook")
        check(self.count("slack", 3, 2), 429, "ratelimited", "faster than a message a second", {"Retry-After": "1"})
        body = request.json
        text = body.get("text")
        check(isinstance(text, str) and text or body.get("attachments") or body.get("blocks"), 400, "no_text", "no text")
        check(not text or len(text) <= 40000, 400, "msg_too_long", "a text that is too long")
        for bad in ("<!channel>", "<!here>", "<!everyone>"):
            check(bad not in (text or ""), 200, "ok", "a text that calls everybody")
        self.take("slack", text=text, body=body)
        return 200, "ok"

    def discord(self, request, want):
        check(request.path[len("/api/webhooks/"):] == want["token"], 404, {"message": "Unknown Webhook", "code": 10015},
              "an unknown webhook")
        check(self.count("discord", 5, 2), 429, {"message": "You are being rate limited.", "retry_after": 0.5, "global": False},
              "more than 5 messages in 2 s", {"Retry-After": "1"})
        files = []
        if request.type.startswith("multipart/"):
            parts = request.parts
            payload = parts.get("payload_json")
            body = json.loads(payload[2]) if payload else {name: part[2].decode() for name, part in parts.items() if not part[0]}
            for name, (filename, _, content) in parts.items():
                if filename is not None:
                    check(name.startswith("files[") or not payload, 400, {"message": "bad part", "code": 50035}, f"part {name!r}")
                    files.append((filename, content))
        else:
            body = request.json
        content = body.get("content")
        check(content or files or body.get("embeds"), 400, {"message": "Cannot send an empty message", "code": 50006}, "empty")
        units = len((content or "").encode("utf-16-le")) // 2
        check(units <= 2000, 400, {"message": "Invalid Form Body", "code": 50035}, f"{units} UTF-16 units of content")
        number = self.take("discord", text=content, files=files, body=body, thread=request.query.get("thread_id"))
        if request.query.get("wait") == "true":
            return 200, {"id": f"1000{number}", "content": content, "type": 0}
        return 204, None

    # The services.

    def ntfy(self, request, want):
        def no(status, code, text, why):
            return Refusal(status, {"code": code, "http": status, "error": text}, why)
        if want["token"] and request.headers.get("Authorization") != f"Bearer {want['token']}":
            raise no(403, 40301, "forbidden", "no or another access token")
        topic = request.path.removeprefix("/ntfy").lstrip("/")
        if topic:
            name = request.query.get("filename") or request.headers.get("Filename")
            if request.method == "PUT" and name:
                if len(request.body) > 15 << 20:
                    raise no(413, 41301, "attachment too large", "a file that is too large")
                number = self.take("ntfy", topic=topic, file=name, content=request.body)
                return 200, {"id": f"n{number}", "time": 1, "event": "message", "topic": topic}
            raise no(400, 40001, "bad request", "a topic in the path and no file name")
        body = request.json
        topic = body.get("topic")
        if not isinstance(topic, str) or not topic or not topic.replace("-", "").replace("_", "").isalnum() or len(topic) > 64:
            raise no(400, 40009, "invalid topic", f"topic {topic!r}")
        message = body.get("message", "")
        if len(message.encode()) > 4096:
            raise no(413, 41302, "message too large", "more than 4096 bytes of text")
        if body.get("priority", 3) not in (1, 2, 3, 4, 5):
            raise no(400, 40007, "invalid priority", "a bad priority")
        number = self.take("ntfy", topic=topic, text=message, title=body.get("title"), body=body)
        return 200, {"id": f"n{number}", "time": 1, "expires": 2, "event": "message", "topic": topic, "message": message}

    def gotify(self, request, want):
        token = request.headers.get("X-Gotify-Key") or request.query.get("token")
        check(token == want["token"], 401, {"error": "Unauthorized", "errorCode": 401, "errorDescription": "you need to provide "
              "a valid access token"}, "an unknown token")
        body = request.json
        check(isinstance(body.get("message"), str) and body["message"], 400, {"error": "Bad Request"}, "no message")
        check(0 <= body.get("priority", 5) <= 10, 400, {"error": "Bad Request"}, "a bad priority")
        number = self.take("gotify", text=body["message"], title=body.get("title"), body=body)
        return 200, {"id": number, "appid": 1, "message": body["message"], "date": "2026-01-01T00:00:00Z"}

    def bark(self, request, want):
        body = request.json
        check(body.get("device_key") == want["token"], 400, {"code": 400, "message": "failed to get device token"}, "unknown key")
        text = body.get("markdown") or body.get("body")
        check(text, 400, {"code": 400, "message": "empty body"}, "no text")
        check(len(request.body) <= 4096, 500, {"code": 400, "message": "PayloadTooLarge"}, "more than Apple takes")
        check(body.get("level", "active") in ("critical", "active", "timeSensitive", "passive"), 400,
              {"code": 400, "message": "bad level"}, "a bad level")
        self.take("bark", text=text, title=body.get("title"), body=body)
        return 200, {"code": 200, "message": "success", "timestamp": 1}

    def pushover(self, request, want):
        def no(text, why):
            return Refusal(400, {"status": 0, "errors": [text], "request": "r"}, why)
        file = None
        if request.type.startswith("multipart/"):
            parts = request.parts
            body = {name: part[2].decode() for name, part in parts.items() if name != "attachment"}
            file = parts.get("attachment")
            if file and (len(file[2]) > 5 << 20 or not file[1].startswith("image/")):
                raise no("attachment is invalid", "an attachment that is no small picture")
        else:
            body = dict(urllib.parse.parse_qsl(request.body.decode(), keep_blank_values=True))
        if body.get("token") != want["token"]:
            raise no("application token is invalid", "an unknown token")
        if body.get("user") != want["user"]:
            raise no("user identifier is invalid", "an unknown user")
        if not 1 <= len(body.get("message", "")) <= 1024:
            raise no("message cannot be blank", f"{len(body.get('message', ''))} characters of text")
        if len(body.get("title", "")) > 250:
            raise no("title is too long", "a title that is too long")
        if body.get("priority") == "2" and not (int(body.get("retry", 0)) >= 30 and 0 < int(body.get("expire", 0)) <= 10800):
            raise no("retry and expire", "an emergency without retry and expire")
        number = self.take("pushover", text=body["message"], title=body.get("title"), body=body, file=file)
        return 200, {"status": 1, "request": f"po-{number}"}

    def matrix(self, request, want):
        def no(status, code, why):
            return Refusal(status, {"errcode": code, "error": why}, why)
        if request.headers.get("Authorization") != f"Bearer {want['token']}":
            raise no(401, "M_UNKNOWN_TOKEN", "an unknown token")
        words = request.raw_path.split("/")
        if words[:5] != ["", "_matrix", "client", "v3", "rooms"] or words[6:8] != ["send", "m.room.message"] or len(words) != 9:
            raise no(404, "M_UNRECOGNIZED", f"path {request.raw_path}")
        if urllib.parse.unquote(words[5]) != want["room"]:
            raise no(403, "M_FORBIDDEN", "not in that room")
        if not words[8]:
            raise no(400, "M_MISSING_PARAM", "no transaction id")
        body = request.json
        if body.get("msgtype") in ("m.file", "m.image"):
            name, content, mime = self.media.get(body.get("url"), (None, None, None))
            if name is None:
                raise no(400, "M_BAD_JSON", f"no such content: {body.get('url')}")
            if body.get("info") != {"mimetype": mime, "size": len(content)} or body.get("filename") != name or not body.get("body"):
                raise no(400, "M_BAD_JSON", f"a file that is described wrongly: {body}")
            if mime.startswith("image/") != (body["msgtype"] == "m.image"):
                raise no(400, "M_BAD_JSON", f"{mime} as {body['msgtype']}")
            if words[8] not in self.transactions:
                number = self.take("matrix", file=name, content=content, transaction=words[8])
                self.transactions[words[8]] = f"$event{number}"
            return 200, {"event_id": self.transactions[words[8]]}
        if body.get("msgtype") not in ("m.text", "m.notice") or not body.get("body"):
            raise no(400, "M_BAD_JSON", "no text")
        if "formatted_body" in body and body.get("format") != "org.matrix.custom.html":
            raise no(400, "M_BAD_JSON", "formatted_body without its format")
        if len(request.body) > 65536:
            raise no(413, "M_TOO_LARGE", "an event that is too large")
        if words[8] not in self.transactions:
            number = self.take("matrix", text=body["body"], html=body.get("formatted_body"), transaction=words[8])
            self.transactions[words[8]] = f"$event{number}"
        return 200, {"event_id": self.transactions[words[8]]}

    def matrix_upload(self, request, want):
        if request.headers.get("Authorization") != f"Bearer {want['token']}":
            raise Refusal(401, {"errcode": "M_UNKNOWN_TOKEN", "error": "unknown"}, "an unknown token")
        name = request.query.get("filename")
        if not name or not request.type or not request.body:
            raise Refusal(400, {"errcode": "M_UNKNOWN", "error": "bad upload"}, "an upload without name, type or content")
        key = f"mxc://example.org/media{len(self.media) + self.number}"
        self.media[key] = (name, request.body, request.type)
        return 200, {"content_uri": key}

    def mattermost(self, request, want):
        no = {"id": "web.incoming_webhook.invalid.app_error", "message": "Invalid webhook", "status_code": 400}
        check(request.path[len("/hooks/"):] == want["token"], 400, no, "an unknown webhook")
        body = request.json
        check(isinstance(body.get("text"), str) and body["text"] or body.get("attachments"), 400,
              {**no, "message": "text is required"}, "no text")
        check(len(body.get("text") or "") <= 16383, 400, {**no, "message": "too long"}, "a text that is too long")
        self.take("mattermost", text=body["text"], body=body)
        return 200, "ok"

    def teams(self, request, want):
        check(request.query.get("sig") == want["token"], 401, {"error": {"code": "DirectApiAuthorizationRequired",
              "message": "The signature is invalid."}}, "an unknown signature")
        body = request.json
        check(len(request.body) <= 28 * 1024, 413, {"error": {"code": "RequestEntityTooLarge", "message": "too large"}}, "too large")
        cards = body.get("attachments") or []
        check(body.get("type") == "message" and cards, 400, {"error": {"code": "BadRequest", "message": "no card"}}, "no card")
        card = cards[0].get("content") or {}
        check(cards[0].get("contentType") == "application/vnd.microsoft.card.adaptive" and card.get("type") == "AdaptiveCard"
              and card.get("body"), 400, {"error": {"code": "BadRequest", "message": "no adaptive card"}}, "no adaptive card")
        self.take("teams", text="\n".join(block.get("text", "") for block in card["body"]), card=card)
        return 202, None

    def googlechat(self, request, want):
        no = {"error": {"code": 401, "message": "unknown key or token", "status": "UNAUTHENTICATED"}}
        check(request.query.get("key") == want["key"] and request.query.get("token") == want["token"], 401, no, "unknown token")
        body = request.json
        bad = {"error": {"code": 400, "message": "Message cannot be empty", "status": "INVALID_ARGUMENT"}}
        check(isinstance(body.get("text"), str) and body["text"], 400, bad, "no text")
        check(len(body["text"].encode()) <= 32000, 400, bad, "a text that is too long")
        key = request.query.get("requestId")
        if key is None or key not in self.transactions:
            number = self.take("googlechat", text=body["text"], body=body, request=key)
            self.transactions[key] = number
        return 200, {"name": f"spaces/AAA/messages/{self.transactions[key]}", "thread": {"name": "spaces/AAA/threads/1"}}

    def webhook(self, request, want):
        if want["secret"]:
            # By the receiver's own rules: the time within five minutes, no id twice, the bytes as they came.
            ident, stamp = request.headers.get("webhook-id"), request.headers.get("webhook-timestamp", "")
            check(ident and stamp.isdigit() and abs(time.time() - int(stamp)) <= 300, 401, {"error": "timestamp"}, "bad timestamp")
            key = base64.b64decode(want["secret"].removeprefix("whsec_"))
            sum_ = hmac.new(key, f"{ident}.{stamp}.".encode() + request.body, hashlib.sha256).digest()
            given = request.headers.get("webhook-signature", "").split()
            check(f"v1,{base64.b64encode(sum_).decode()}" in given, 401, {"error": "signature"}, "a wrong signature")
            check(request.json.get("id", ident) == ident, 400, {"error": "id"}, "another id in the body")
        if want["token"]:
            check(request.headers.get("Authorization") == f"Bearer {want['token']}", 401, {"error": "token"}, "an unknown token")
        self.take("webhook", text=request.json.get("text") or request.json.get("message"), body=request.json,
                  headers=dict(request.headers), raw=request.body.decode())
        return 204, None


if __name__ == "__main__":
    server = PushServer()
    print(server.url, flush=True)
    threading.Event().wait()
