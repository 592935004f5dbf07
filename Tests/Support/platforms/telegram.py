#!/usr/bin/env python3
"""A Bot API server on loopback, as strict as Telegram's and in places stricter, which can misbehave on command.

It checks tokens, parameters, the markup of texts, lengths, buttons, forms, offsets, conflicts, rates and the age of
updates. What Telegram would refuse is refused with its words. What it would let pass, but no careful client does
(an unknown parameter, a bare ampersand, a call during a penalty, a button that is never answered) is noted in
`faults`, which must be empty at the end of a test.

As a program: telegram.py [--port N] [--token T] prints its address; each line on its standard input is said by a
person in a private chat. What it is sent is printed.
"""

import email.parser
import email.policy
import http.server
import json
import os
import random
import re
import socket
import socketserver
import sys
import threading
import time
import urllib.parse
import urllib.request

TOKEN = "123456789:FAKE0fake1NotReal2Sample3FAKE0fake1No"
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
INT = object()
CHAT = object()
# Parameters of the methods: name: (type, is required).
SEND = {
    "chat_id": (CHAT, True), "message_thread_id": (INT, False), "reply_parameters": (dict, False),
    "reply_markup": (dict, False), "disable_notification": (bool, False), "protect_content": (bool, False)}
CAPTION = {"caption": (str, False), "parse_mode": (str, False), "caption_entities": (list, False)}
METHODS = {
    "getMe": {},
    "getUpdates": {
        "offset": (INT, False), "limit": (INT, False), "timeout": (INT, False), "allowed_updates": (list, False)},
    "setWebhook": {
        "url": (str, True), "ip_address": (str, False), "max_connections": (INT, False),
        "allowed_updates": (list, False), "drop_pending_updates": (bool, False), "secret_token": (str, False),
        "certificate": ("file", False)},
    "deleteWebhook": {"drop_pending_updates": (bool, False)},
    "getWebhookInfo": {},
    "sendMessage": {
        **SEND, "text": (str, True), "parse_mode": (str, False), "entities": (list, False),
        "link_preview_options": (dict, False)},
    "editMessageText": {
        "chat_id": (CHAT, True), "message_id": (INT, True), "text": (str, True), "parse_mode": (str, False),
        "entities": (list, False), "link_preview_options": (dict, False), "reply_markup": (dict, False)},
    "editMessageReplyMarkup": {
        "chat_id": (CHAT, True), "message_id": (INT, True), "reply_markup": (dict, False)},
    "deleteMessage": {"chat_id": (CHAT, True), "message_id": (INT, True)},
    "sendChatAction": {"chat_id": (CHAT, True), "action": (str, True), "message_thread_id": (INT, False)},
    "sendDocument": {
        **SEND, **CAPTION, "document": ("file", True), "disable_content_type_detection": (bool, False)},
    "sendPhoto": {**SEND, **CAPTION, "photo": ("file", True)},
    "sendVoice": {**SEND, **CAPTION, "voice": ("file", True), "duration": (INT, False)},
    "sendVideo": {**SEND, **CAPTION, "video": ("file", True), "duration": (INT, False)},
    "sendLocation": {**SEND, "latitude": (float, True), "longitude": (float, True)},
    "answerCallbackQuery": {
        "callback_query_id": (str, True), "text": (str, False), "show_alert": (bool, False), "url": (str, False),
        "cache_time": (INT, False)},
    "getFile": {"file_id": (str, True)},
    "getChat": {"chat_id": (CHAT, True)},
    "setMyCommands": {"commands": (list, True), "scope": (dict, False), "language_code": (str, False)},
    "setMessageReaction": {
        "chat_id": (CHAT, True), "message_id": (INT, True), "reaction": (list, False), "is_big": (bool, False)},
    "logOut": {}, "close": {},
}
UPDATES = {
    "message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member",
    "chat_member", "message_reaction", "inline_query", "poll", "chat_join_request", "message_reaction_count"}
LIMITS = {"document": 50 << 20, "photo": 10 << 20, "voice": 50 << 20, "video": 50 << 20, "certificate": 3 << 20}
ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location"}
TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji"}


class Refused(Exception):
    def __init__(self, code, description, **parameters):
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def units(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Markup:
    """The HTML of the Bot API: gives the text and its entities, or the words of the refusal."""

    def __init__(self, source, note):
        self.source, self.note = source, note
        self.text, self.entities, self.open = "", [], []
        self.parse()

    def fail(self, what, at):
        offset = len(self.source[:at].encode())
        raise Refused(400, f"Bad Request: can't parse entities: {what} at byte offset {offset}")

    def parse(self):
        source, at = self.source, 0
        while at < len(source):
            char = source[at]
            if char == "&":
                at = self.reference(at)
            elif char != "<":
                self.text += char
                at += 1
            elif source.startswith("</", at):
                at = self.end(at)
            else:
                at = self.start(at)
        if self.open:
            raise Refused(
                400, "Bad Request: can't parse entities: Can't find end tag corresponding to start tag"
                f" \"{self.open[-1][0]}\"")
        self.entities.sort(key=lambda e: (e["offset"], -e["length"]))

    def reference(self, at):
        found = re.compile(r"&(#x[0-9a-fA-F]+|#[0-9]+|[a-zA-Z]+)(;?)").match(self.source, at)
        known = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
        if found:
            name = found[1]
            char = known.get(name)
            if name.startswith("#"):
                code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
                char = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None
            if char is not None:
                if not found[2]:
                    self.note(f"a character reference without its semicolon: {found[0]}")
                self.text += char
                return found.end()
        self.note(f"a bare ampersand in HTML: {self.source[at:at + 20]!r}")
        self.text += "&"
        return at + 1

    def start(self, at):
        source = self.source
        found = re.compile(r"<([^\s>/]*)").match(source, at)
        name = found[1].lower()
        if name not in TAGS:
            self.fail(f'Unsupported start tag "{name}"', at)
        place, attributes = found.end(), {}
        while True:
            blank = re.compile(r"\s*").match(source, place)
            place = blank.end()
            if place >= len(source):
                self.fail("Unclosed start tag", at)
            if source[place] == ">":
                break
            found = re.compile(r"([^\s=>]+)(\s*=\s*(\"[^\"]*\"|'[^']*'|[a-zA-Z0-9.-]+))?").match(source, place)
            if not found or not found[0]:
                self.fail("Unclosed start tag", at)
            value = (found[3] or "").strip("\"'")
            inner = Markup.__new__(Markup)
            inner.source, inner.note, inner.text, inner.entities, inner.open = value, self.note, "", [], []
            if "<" not in value:
                inner.parse()
                value = inner.text
            attributes[found[1].lower()] = value
            place = found.end()
        if name == "span" and attributes.get("class") != "tg-spoiler":
            self.fail('Tag "span" must have class "tg-spoiler"', at)
        kinds = [kind for kind, *_ in self.open]
        if kinds and kinds[-1] in ("code", "pre") and not (kinds[-1] == "pre" and name == "code"):
            self.note(f"<{name}> inside of <{kinds[-1]}> is dropped by Telegram")
        if name == "blockquote" and "blockquote" in kinds:
            self.note("a quotation inside of a quotation")
        self.open.append((name, units(self.text), attributes))
        return place + 1

    def end(self, at):
        found = re.compile(r"</([^\s>]*)\s*>").match(self.source, at)
        if not found:
            self.fail("Unclosed end tag", at)
        name = found[1].lower()
        if not self.open:
            self.fail("Unexpected end tag", at)
        opened, offset, attributes = self.open.pop()
        if name and name != opened:
            self.fail(f'Unmatched end tag, expected "</{opened}>", found "</{name}>"', at)
        entity = {"type": TAGS[opened], "offset": offset, "length": units(self.text) - offset}
        if opened == "a":
            if not re.match(r"(https?|tg|ftp|mailto|tel)[:]", attributes.get("href", ""), re.I):
                self.note(f"a link to nowhere: {attributes.get('href')!r}")
            entity["url"] = attributes.get("href", "")
        if opened == "code" and self.open and self.open[-1][0] == "pre":
            language = attributes.get("class", "")
            if language.startswith("language-"):
                self.language = language[9:]
            return found.end()
        if opened == "code" and "class" in attributes:
            self.note("a language outside of <pre>")
        if opened == "pre" and getattr(self, "language", None):
            entity["language"] = self.language
            self.language = None
        if entity["length"]:
            self.entities.append(entity)
        return found.end()


class Penalty:
    """Flood control: a bucket for each chat and one for all, and what a client does after a refusal."""

    def __init__(self, fake):
        self.fake = fake
        self.buckets = {}
        self.until = {}

    def take(self, key, burst, rate):
        now = time.monotonic()
        level, at = self.buckets.get(key, (burst, now))
        level = min(burst, level + (now - at) * rate)
        if level < 1:
            self.buckets[key] = (level, now)
            return False
        self.buckets[key] = (level - 1, now)
        return True

    def check(self, chat):
        now = time.monotonic()
        until = self.until.get(chat["id"], 0)
        if now < until - 0.05:
            self.fake.note(f"a call for chat {chat['id']} {until - now:.1f} s before the penalty was over")
            raise Refused(429, f"Too Many Requests: retry after {int(until - now) + 1}", retry_after=int(until - now) + 1)
        burst, rate = self.fake.group_rate if chat["id"] < 0 else self.fake.private_rate
        if not self.take(chat["id"], burst, rate) or not self.take(None, *self.fake.total_rate):
            self.fake.floods += 1
            self.punish(chat["id"], self.fake.penalty)

    def punish(self, chat, seconds):
        self.until[chat] = time.monotonic() + seconds
        raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


class FakeTelegram:
    """The server, its one bot, the people and their chats."""

    def __init__(self, token=TOKEN, username="agim_test_bot", port=0, local=False, quick=False):
        self.token, self.username, self.local = token, username, local
        self.id = int(token.split(":")[0])
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.faults, self.calls = [], []
        self.skew = 0.0
        self.next_update = 7_000_001
        self.updates = []
        self.poll = 0
        self.webhook = None
        self.allowed = UPDATES - {"chat_member", "message_reaction", "message_reaction_count"}
        self.chats, self.users, self.messages, self.files, self.queries = {}, {}, {}, {}, {}
        self.numbers = {}
        self.plans = {}
        self.chaos = None
        self.reads_groups = False
        # Bursts and messages a second.
        self.private_rate, self.group_rate, self.total_rate, self.penalty = (8, 1), (20, 20 / 60), (30, 30), 3
        self.floods = 0
        if quick:
            self.private_rate = self.group_rate = self.total_rate = (100_000, 100_000)
        self.flood = Penalty(self)
        self.last_offset = None
        self.connections = set()
        self.closing = False
        self.retry = 0.2
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                fake.connections.add(self.connection)

            def finish(self):
                fake.connections.discard(self.connection)
                try:
                    super().finish()
                except OSError:
                    pass

            def do_GET(self):
                fake.serve(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                if not isinstance(sys.exc_info()[1], OSError):
                    super().handle_error(*_)

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        threading.Thread(target=self.deliver, daemon=True).start()

    # What tests use

    def close(self):
        with self.lock:
            self.closing = True
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()
        self.break_connections()

    def restart(self):
        """Every connection dies; nothing else is forgotten."""
        self.break_connections()

    def break_connections(self):
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def note(self, fault):
        with self.lock:
            if len(self.faults) < 1000:
                self.faults.append(fault)

    def misbehave(self, method, *actions):
        """What the next calls of a method (or of "file") get: ok, drop, lose, half, garbage, 500, 502, lost-502,
        429:N, delay:S, replay (updates that were confirmed come again), conflict."""
        with self.lock:
            self.plans.setdefault(method, []).extend(actions)

    def called(self, method, **parameters):
        with self.lock:
            return [c["parameters"] for c in self.calls if c["method"] == method and c["status"] == 200 and all(
                c["parameters"].get(k) == v for k, v in parameters.items())]

    def sent(self, chat=None):
        """The bot's messages as people see them now, the oldest first."""
        with self.lock:
            return [m for m in self.messages.values() if m["from"]["id"] == self.id and (
                chat is None or m["chat"]["id"] == chat) and not m.get("_deleted")]

    def texts(self, chat=None):
        return [m.get("text", m.get("caption", "")) for m in self.sent(chat)]

    def user(self, number=501, name="Ada", language="en", **more):
        return self.users.setdefault(number, {
            "id": number, "is_bot": False, "first_name": name, "language_code": language, **more})

    def private(self, number=501, **more):
        user = self.user(number, **more)
        return self.chats.setdefault(
            number, {"id": number, "type": "private", "first_name": user["first_name"]})

    def group(self, number=-4001, title="Team", supergroup=False, forum=False):
        chat = {"id": number, "type": "supergroup" if supergroup or forum else "group", "title": title}
        if forum:
            chat["is_forum"] = True
        self.chats.setdefault(number, chat)
        if forum:
            self.chats[number].setdefault("_topics", set())
        return self.chats[number]

    def topic(self, chat, number):
        self.chats[chat]["_topics"].add(number)
        return number

    def say(self, text, chat=501, user=501, entities=None, reply_to=None, thread=None, **more):
        """Somebody says something; gives the message's number."""
        with self.lock:
            message = self.message(chat, self.user(user), thread=thread, reply_to=reply_to)
            if text is not None:
                message["text"] = text
                message["entities"] = entities if entities is not None else self.find_entities(text)
                if not message["entities"]:
                    del message["entities"]
            message.update(more)
            self.push("message", message)
            return message["message_id"]

    def send_file(self, kind, content, chat=501, user=501, name=None, mime=None, caption=None, **more):
        with self.lock:
            message = self.message(chat, self.user(user), **more)
            message.update(self.file_member(kind, content, name, mime))
            if caption:
                message["caption"] = caption
                message["caption_entities"] = self.find_entities(caption)
            self.push("message", message)
            return message["message_id"]

    def send_album(self, contents, chat=501, user=501, caption=None):
        with self.lock:
            album = str(random.getrandbits(60))
            for number, content in enumerate(contents):
                message = self.message(chat, self.user(user))
                message.update(self.file_member("photo", content, None, None), media_group_id=album)
                if caption and number == 0:
                    message["caption"] = caption
                self.push("message", message)

    def edit(self, message, text, chat=501):
        with self.lock:
            changed = self.messages[chat, message]
            changed.update(text=text, edit_date=int(self.now()))
            self.push("edited_message", changed)

    def press(self, label, chat=501, user=501, message=None, data=None):
        """Somebody presses a button of the bot's newest message that has one with this label."""
        with self.lock:
            for sent in reversed(self.sent(chat)):
                if message is not None and sent["message_id"] != message:
                    continue
                for row in sent.get("reply_markup", {}).get("inline_keyboard", []):
                    for button in row:
                        if label is None or label in button["text"]:
                            return self.press_data(data or button["callback_data"], sent, user)
            raise AssertionError(f"no button {label!r} in chat {chat}: {self.sent(chat)}")

    def press_data(self, data, message, user=501):
        with self.lock:
            number = str(random.getrandbits(62))
            self.queries[number] = {"at": self.now(), "answers": []}
            self.push("callback_query", {
                "id": number, "from": self.user(user), "message": self.shown(message), "data": data,
                "chat_instance": str(message["chat"]["id"] * 7)})
            return number

    def membership(self, chat, status, user=501, before="left"):
        with self.lock:
            bot = self.me()
            self.chats[chat]["_bot"] = status
            self.push("my_chat_member", {
                "chat": self.public(self.chats[chat]), "from": self.user(user), "date": int(self.now()),
                "old_chat_member": {"user": bot, "status": before},
                "new_chat_member": {"user": bot, "status": status}})

    def migrate(self, chat, to):
        with self.lock:
            self.group(to, self.chats[chat]["title"], supergroup=True)
            message = self.message(chat, self.user(501))
            message["migrate_to_chat_id"] = to
            self.chats[chat]["_migrated"] = to
            self.push("message", message)

    def push(self, kind, payload):
        """An update for the bot."""
        with self.changed:
            if kind not in self.allowed:
                return
            self.updates.append({
                "at": self.now(), "kind": kind, "confirmed": False,
                "body": {"update_id": self.next_update, kind: self.shown(payload)}})
            self.next_update += 1
            self.changed.notify_all()

    # Messages

    def now(self):
        return time.time() + self.skew

    def me(self):
        return {
            "id": self.id, "is_bot": True, "first_name": "agim", "username": self.username, "can_join_groups": True,
            "can_read_all_group_messages": self.reads_groups, "supports_inline_queries": False,
            "can_connect_to_business": False, "has_main_web_app": False}

    @staticmethod
    def public(chat):
        return {k: v for k, v in chat.items() if not k.startswith("_")}

    def shown(self, message):
        """A message as it is sent out: without our own members."""
        if isinstance(message, dict):
            return {k: self.shown(v) for k, v in message.items() if not k.startswith("_")}
        if isinstance(message, list):
            return [self.shown(item) for item in message]
        return message

    def message(self, chat, user, thread=None, reply_to=None):
        known = self.chats.get(chat) or self.private(chat)
        number = self.numbers[chat] = self.numbers.get(chat, 100) + 1
        message = {"message_id": number, "from": user, "chat": self.public(known), "date": int(self.now())}
        if thread is not None:
            message.update(message_thread_id=thread, is_topic_message=True)
        if reply_to is not None:
            message["reply_to_message"] = {
                k: v for k, v in self.messages[chat, reply_to].items() if k != "reply_to_message"}
        self.messages[chat, number] = message
        return message

    def find_entities(self, text):
        found = []
        for kind, pattern in (
                ("bot_command", r"(?<!\S)/[A-Za-z0-9_]{1,32}(@[A-Za-z0-9_]{3,32})?"),
                ("mention", r"(?<![\w/])@[A-Za-z0-9_]{3,32}")):
            for match in re.finditer(pattern, text):
                found.append({"type": kind, "offset": units(text[:match.start()]), "length": units(match[0])})
        return sorted(found, key=lambda e: e["offset"])

    def file_member(self, kind, content, name, mime):
        number = f"FILE{len(self.files) + 1:06d}{random.getrandbits(40):x}"
        self.files[number] = {"content": content, "path": f"{kind}s/file_{len(self.files) + 1}"}
        one = {"file_id": number, "file_unique_id": f"U{number[4:]}", "file_size": len(content)}
        if kind == "photo":
            small = dict(one, width=90, height=60)
            return {"photo": [small, dict(one, width=900, height=600)]}
        if name:
            one["file_name"] = name
        if mime:
            one["mime_type"] = mime
        if kind in ("voice", "video", "audio"):
            one["duration"] = 3
        if kind == "video":
            one.update(width=640, height=480)
        return {kind: one}

    # The protocol

    def serve(self, handler):
        try:
            length = int(handler.headers.get("Content-Length") or 0)
            body = handler.rfile.read(length) if length else b""
            url = urllib.parse.urlsplit(handler.path)
            if url.path.startswith("/file/bot"):
                return self.serve_file(handler, urllib.parse.unquote(url.path))
            found = re.match(r"/bot([^/]*)/([A-Za-z]+)\Z", url.path)
            if not found:
                return self.answer(handler, 404, {"ok": False, "error_code": 404, "description": "Not Found"})
            token, method = found[1], found[2]
            known = {name.lower(): name for name in METHODS}
            name = known.get(method.lower(), method)
            if urllib.parse.unquote(token) != self.token:
                self.record(name, {}, 401)
                return self.answer(
                    handler, 401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
            if name not in METHODS:
                return self.answer(
                    handler, 404, {"ok": False, "error_code": 404, "description": "Not Found: method not found"})
            action = self.plan(name)
            if action.startswith("delay:"):
                time.sleep(float(action[6:]))
            elif action == "drop":
                return self.cut(handler)
            elif action == "garbage":
                return self.garbage(handler, 200)
            elif action in ("500", "502"):
                self.record(name, {}, int(action))
                if action == "502":
                    return self.garbage(handler, 502)
                return self.answer(handler, 500, {
                    "ok": False, "error_code": 500, "description": "Internal Server Error"})
            status, value = self.perform(name, handler, url, body, action)
            if action == "lose":
                return self.cut(handler)
            if action == "lost-502":
                return self.garbage(handler, 502)
            self.answer(handler, status, value, half=action == "half")
        except (ConnectionError, TimeoutError, ValueError):
            handler.close_connection = True

    def perform(self, name, handler, url, body, action):
        parameters = {}
        try:
            parameters, files = self.parameters(name, handler, url, body)
            if action.startswith("429:"):
                chat = parameters.get("chat_id")
                if chat is not None:
                    self.flood.punish(int(chat), int(action[4:]))
                raise Refused(429, f"Too Many Requests: retry after {action[4:]}", retry_after=int(action[4:]))
            if action == "conflict":
                raise Refused(409, "Conflict: terminated by other getUpdates request; make sure that only one bot"
                              " instance is running")
            if action.startswith("refuse:"):
                raise Refused(int(action[7:10]), action[11:])
            if action == "replay":
                self.replay = True
            result = getattr(self, f"do_{name}")(parameters, files)
            status, value = 200, {"ok": True, "result": self.shown(result)}
        except Refused as refusal:
            status = refusal.code
            value = {"ok": False, "error_code": status, "description": refusal.description}
            if refusal.parameters:
                value["parameters"] = refusal.parameters
        self.record(name, parameters, status, value)
        return status, value

    def record(self, method, parameters, status, value=None):
        with self.changed:
            self.calls.append({
                "method": method, "parameters": parameters, "status": status, "at": time.monotonic(),
                "result": value})
            del self.calls[:-50_000]
            self.changed.notify_all()

    def plan(self, method):
        with self.lock:
            plan = self.plans.get(method)
            if plan:
                return plan.pop(0)
            return self.chaos(method) if self.chaos else "ok"

    @staticmethod
    def cut(handler):
        handler.close_connection = True
        try:
            handler.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    @staticmethod
    def garbage(handler, status):
        page = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
        handler.send_response(status)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(page)))
        handler.end_headers()
        handler.wfile.write(page)

    def answer(self, handler, status, value, half=False):
        data = json.dumps(value).encode()
        try:
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(data)))
            retry = value.get("parameters", {}).get("retry_after")
            if retry is not None:
                handler.send_header("Retry-After", str(retry))
            handler.end_headers()
            handler.wfile.write(data[:len(data) // 2] if half else data)
            handler.wfile.flush()
            if half:
                self.cut(handler)
        except OSError:
            handler.close_connection = True

    def serve_file(self, handler, path):
        action = self.plan("file")
        if action == "drop":
            return self.cut(handler)
        if action.startswith("delay:"):
            time.sleep(float(action[6:]))
        prefix = f"/file/bot{self.token}/"
        found = [f for f in self.files.values() if path == prefix + f["path"] and f.get("given")]
        if not found:
            return self.answer(handler, 404, {"ok": False, "error_code": 404, "description": "Not Found"})
        content = found[0]["content"]
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if action == "half":
            handler.wfile.write(content[:len(content) // 2])
            return self.cut(handler)
        handler.wfile.write(content)

    def parameters(self, method, handler, url, body):
        values, files = {}, {}
        isJSON = False
        kind = (handler.headers.get("Content-Type") or "").split(";")[0].strip().lower()
        for name, value in urllib.parse.parse_qsl(url.query, keep_blank_values=True):
            values[name] = value
        if kind == "application/json" and body:
            if len(body) > 1 << 20:
                raise Refused(413, "Request Entity Too Large")
            try:
                given = json.loads(body)
            except ValueError as error:
                raise Refused(400, "Bad Request: can't parse parameters as JSON") from error
            isJSON = True
            values.update(given)
        elif kind == "application/x-www-form-urlencoded":
            values.update(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        elif kind == "multipart/form-data":
            self.form(handler.headers["Content-Type"], body, values, files)
        elif body:
            raise Refused(400, "Bad Request: unsupported content type")
        table = METHODS[method]
        strict = handler.headers.get("User-Agent", "").startswith("agim")
        typed = {}
        for name, value in values.items():
            if name not in table:
                if strict:
                    self.note(f"{method} has no parameter {name}")
                typed[name] = value
                continue
            typed[name] = self.typed(method, name, value, table[name][0], isJSON)
        for name, (_, needed) in table.items():
            if needed and name not in typed and name not in files:
                raise Refused(400, f"Bad Request: {name} is empty")
        for name, (_, content, _) in files.items():
            if name in LIMITS and len(content) > LIMITS[name] and not self.local:
                raise Refused(413, "Request Entity Too Large")
        return typed, files

    def typed(self, method, name, value, kind, isJSON):
        def wrong():
            raise Refused(400, f"Bad Request: parameter \"{name}\" has a wrong type")
        if kind is INT or kind is CHAT:
            if isinstance(value, bool):
                wrong()
            try:
                number = int(value)
            except (TypeError, ValueError):
                if kind is CHAT and isinstance(value, str) and value.startswith("@"):
                    return value
                wrong()
            if isJSON and isinstance(value, str):
                self.note(f"{method}: {name} is a string where a number belongs")
            if abs(number) >= 1 << 52:
                wrong()
            return number
        if kind is float:
            return float(value)
        if kind is bool:
            return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes")
        if kind is str or kind == "file":
            return value if isinstance(value, str) else wrong()
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                wrong()
        return value if isinstance(value, kind) else wrong()

    def form(self, header, body, values, files):
        boundary = re.search(r'boundary="?([^";]+)"?', header)
        if not boundary or len(boundary[1]) > 70:
            raise Refused(400, "Bad Request: boundary is missing or too long")
        mark = b"--" + boundary[1].encode()
        if not body.startswith(mark + b"\r\n") or not body.rstrip(b"\r\n").endswith(mark + b"--"):
            raise Refused(400, "Bad Request: the form does not begin or end as it should")
        pieces = body.split(b"\r\n" + mark)
        pieces[0] = pieces[0][len(mark):]
        if len(pieces) > 60:
            raise Refused(400, "Bad Request: too many parts")
        for piece in pieces[:-1]:
            head, found, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            if not found:
                raise Refused(400, "Bad Request: a part without a head")
            fields = email.parser.HeaderParser(policy=email.policy.HTTP).parsestr(head.decode())
            if fields.get_content_disposition() != "form-data":
                raise Refused(400, "Bad Request: a part that is no form-data")
            name = re.search(r'[; ]name="([^"]*)"', head.decode())
            filename = re.search(r'filename="([^"]*)"', head.decode())
            if not name:
                raise Refused(400, "Bad Request: a part without a name")
            if filename is None:
                values[name[1]] = content.decode()
            else:
                files[name[1]] = (filename[1], content, fields.get_content_type())

    # Methods

    def do_getMe(self, parameters, files):
        return self.me()

    def do_getUpdates(self, parameters, files):
        with self.changed:
            if self.webhook:
                raise Refused(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook"
                              " to delete the webhook first")
            if "allowed_updates" in parameters:
                self.set_allowed(parameters["allowed_updates"])
            self.poll += 1
            mine = self.poll
            self.changed.notify_all()
            offset, limit = parameters.get("offset", 0), max(1, min(100, parameters.get("limit", 100)))
            timeout = max(0, min(50, parameters.get("timeout", 0)))
            if offset < 0:
                self.updates = self.updates[offset:]
            elif not getattr(self, "replay", False):
                self.updates = [u for u in self.updates if u["body"]["update_id"] >= offset]
            replayed = getattr(self, "replay", False)
            self.replay = False
            deadline = time.monotonic() + timeout
            while True:
                if self.closing:
                    raise Refused(500, "Internal Server Error: restart")
                self.expire()
                ready = [u["body"] for u in self.updates if replayed or u["body"]["update_id"] >= offset][:limit]
                if ready:
                    return ready
                left = deadline - time.monotonic()
                if left <= 0:
                    return []
                self.changed.wait(left)
                if self.poll != mine:
                    raise Refused(409, "Conflict: terminated by other getUpdates request; make sure that only one"
                                  " bot instance is running")
                if self.webhook:
                    raise Refused(409, "Conflict: terminated by setWebhook request")

    def expire(self):
        now = self.now()
        self.updates = [
            u for u in self.updates if now - u["at"] < (150 if u["kind"] == "callback_query" else 86_400)]

    def set_allowed(self, names):
        for name in names:
            if name not in UPDATES:
                self.note(f"allowed_updates: {name} is no kind of update")
        self.allowed = set(names) or UPDATES - {"chat_member", "message_reaction", "message_reaction_count"}

    def do_setWebhook(self, parameters, files):
        with self.changed:
            url = parameters["url"]
            secret = parameters.get("secret_token", "")
            if secret and not SECRET.match(secret):
                raise Refused(400, "Bad Request: secret token contains unallowed characters")
            if url and not url.startswith("https://") and not self.local:
                raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
            if "allowed_updates" in parameters:
                self.set_allowed(parameters["allowed_updates"])
            if parameters.get("drop_pending_updates"):
                self.updates = []
            self.webhook = {"url": url, "secret": secret} if url else None
            self.changed.notify_all()
        return True

    def do_deleteWebhook(self, parameters, files):
        with self.changed:
            if parameters.get("drop_pending_updates"):
                self.updates = []
                self.note("updates were dropped unasked")
            self.webhook = None
            self.changed.notify_all()
        return True

    def do_getWebhookInfo(self, parameters, files):
        return {
            "url": self.webhook["url"] if self.webhook else "", "has_custom_certificate": False,
            "pending_update_count": len(self.updates)}

    def chat(self, parameters, counts=True):
        number = parameters["chat_id"]
        with self.lock:
            chat = self.chats.get(number)
            if isinstance(number, str):
                chat = next((c for c in self.chats.values() if "@" + c.get("username", "") == number), None)
            if chat is None:
                raise Refused(400, "Bad Request: chat not found")
            if "_migrated" in chat:
                raise Refused(
                    400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat["_migrated"])
            if chat.get("_bot") == "kicked":
                raise Refused(403, "Forbidden: bot was blocked by the user" if chat["type"] == "private" else
                              "Forbidden: bot was kicked from the group chat")
            if counts:
                self.flood.check(chat)
            return chat

    def written(self, parameters, name, limit):
        text = parameters.get(name, "")
        entities = []
        mode = parameters.get("parse_mode", "")
        if mode == "HTML":
            markup = Markup(text, self.note)
            text, entities = markup.text, markup.entities
        elif mode:
            raise Refused(400, f"Bad Request: unsupported parse_mode {mode}") if mode not in (
                "MarkdownV2", "Markdown") else Refused(400, "Bad Request: this fake parses HTML alone")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Refused(400, "Bad Request: text must be encoded in UTF-8") from error
        stripped = text.strip()
        if name == "text" and not stripped:
            raise Refused(400, "Bad Request: message text is empty")
        if len(stripped) > limit:
            raise Refused(400, "Bad Request: message is too long" if name == "text" else
                          "Bad Request: message caption is too long")
        if units(stripped) > limit:
            self.note(f"{name} has {units(stripped)} UTF-16 units")
        if len(entities) > 100:
            self.note(f"{len(entities)} entities; Telegram keeps 100")
        shift = units(text) - units(text.lstrip())
        kept = []
        for entity in entities:
            start, end = max(0, entity["offset"] - shift), entity["offset"] + entity["length"] - shift
            end = min(end, units(stripped))
            if end > start:
                kept.append(dict(entity, offset=start, length=end - start))
        return stripped, kept

    def keyboard(self, markup):
        rows = markup.get("inline_keyboard")
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise Refused(400, "Bad Request: can't parse inline keyboard button")
        if sum(map(len, rows)) > 100:
            raise Refused(400, "Bad Request: reply markup is too long")
        for row in rows:
            if len(row) > 8:
                self.note("more than 8 buttons in a row")
            for button in row:
                if not button.get("text"):
                    raise Refused(400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed"
                                  " in the inline keyboard")
                actions = [k for k in button if k in ("url", "callback_data", "copy_text", "web_app")]
                if len(actions) != 1 or set(button) - {"text", "style", *actions}:
                    raise Refused(400, "Bad Request: can't parse inline keyboard button")
                if button.get("style", "primary") not in ("primary", "success", "danger"):
                    raise Refused(400, "Bad Request: invalid button style")
                data = button.get("callback_data")
                if data is not None and not 1 <= len(data.encode()) <= 64:
                    raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        return {"inline_keyboard": rows} if rows else None

    def prepared(self, parameters):
        """The message that is about to be sent, with what all kinds have."""
        chat = self.chat(parameters)
        thread = parameters.get("message_thread_id")
        if thread is not None:
            if thread == 1 or thread not in chat.get("_topics", ()):
                raise Refused(400, "Bad Request: message thread not found")
        reply = parameters.get("reply_parameters")
        quoted = None
        if reply is not None:
            unknown = set(reply) - {"message_id", "allow_sending_without_reply", "quote", "quote_position", "chat_id"}
            if unknown:
                self.note(f"reply_parameters: {unknown}")
            if (chat["id"], reply["message_id"]) in self.messages:
                quoted = reply["message_id"]
            elif not reply.get("allow_sending_without_reply"):
                raise Refused(400, "Bad Request: message to be replied not found")
        markup = self.keyboard(parameters["reply_markup"]) if "reply_markup" in parameters else None
        return chat, thread, quoted, markup

    def post(self, prepared, members):
        chat, thread, quoted, markup = prepared
        message = self.message(chat["id"], self.me(), thread=thread, reply_to=quoted)
        message.update(members)
        if markup:
            message["reply_markup"] = markup
        self.changed.notify_all()
        return message

    def do_sendMessage(self, parameters, files):
        with self.lock:
            text, entities = self.written(parameters, "text", 4096)
            prepared = self.prepared(parameters)
            if not parameters.get("link_preview_options", {}).get("is_disabled") and "http" in text:
                self.previews = getattr(self, "previews", 0) + 1
            return self.post(prepared, {"text": text, **({"entities": entities} if entities else {})})

    def own(self, parameters):
        chat = self.chat(parameters)
        message = self.messages.get((chat["id"], parameters["message_id"]))
        if message is None or message.get("_deleted"):
            raise Refused(400, "Bad Request: message to edit not found")
        if message["from"]["id"] != self.id:
            raise Refused(400, "Bad Request: message can't be edited")
        return message

    def do_editMessageText(self, parameters, files):
        with self.lock:
            text, entities = self.written(parameters, "text", 4096)
            message = self.own(parameters)
            if "text" not in message:
                raise Refused(400, "Bad Request: there is no text in the message to edit")
            markup = self.keyboard(parameters["reply_markup"]) if "reply_markup" in parameters else None
            if (text, entities, markup) == (
                    message["text"], message.get("entities", []), message.get("reply_markup")):
                raise Refused(400, "Bad Request: message is not modified: specified new message content and reply"
                              " markup are exactly the same as a current content and reply markup of the message")
            message.pop("reply_markup", None)
            message.update(text=text, entities=entities, edit_date=int(self.now()))
            if markup:
                message["reply_markup"] = markup
            message.setdefault("_versions", []).append(text)
            self.changed.notify_all()
            return message

    def do_editMessageReplyMarkup(self, parameters, files):
        with self.lock:
            message = self.own(parameters)
            markup = self.keyboard(parameters["reply_markup"]) if "reply_markup" in parameters else None
            if markup == message.get("reply_markup"):
                raise Refused(400, "Bad Request: message is not modified")
            message.pop("reply_markup", None)
            if markup:
                message["reply_markup"] = markup
            return message

    def do_deleteMessage(self, parameters, files):
        with self.lock:
            chat = self.chat(parameters, counts=False)
            message = self.messages.get((chat["id"], parameters["message_id"]))
            if message is None or message.get("_deleted"):
                raise Refused(400, "Bad Request: message to delete not found")
            message["_deleted"] = True
            return True

    def do_sendChatAction(self, parameters, files):
        if parameters["action"] not in ACTIONS:
            raise Refused(400, "Bad Request: wrong parameter action in request")
        with self.lock:
            chat = self.chat(parameters, counts=False)
            thread = parameters.get("message_thread_id")
            if thread is not None and thread not in chat.get("_topics", ()):
                raise Refused(400, "Bad Request: message thread not found")
        return True

    def do_sendLocation(self, parameters, files):
        with self.lock:
            return self.post(self.prepared(parameters), {
                "location": {"latitude": parameters["latitude"], "longitude": parameters["longitude"]}})

    def upload(self, kind, parameters, files):
        with self.lock:
            caption, entities = self.written(parameters, "caption", 1024)
            prepared = self.prepared(parameters)
            if kind not in files:
                given = parameters[kind]
                if given not in self.files:
                    raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
                members = {kind: {"file_id": given, "file_unique_id": "U" + given[4:]}}
            else:
                name, content, mime = files[kind]
                if not content:
                    raise Refused(400, "Bad Request: file must be non-empty")
                if kind == "photo" and not content.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")):
                    raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
                if kind == "photo" and content.startswith(b"\x89PNG") and len(content) >= 24:
                    width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
                    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
                        raise Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
                if kind == "voice" and not content.startswith((b"OggS", b"ID3", b"\xff\xfb")):
                    kind = "document"
                members = self.file_member(kind, content, name, mime)
                members["_content"], members["_name"] = content, name
            if caption:
                members["caption"] = caption
                if entities:
                    members["caption_entities"] = entities
            return self.post(prepared, members)

    def do_sendDocument(self, parameters, files):
        return self.upload("document", parameters, files)

    def do_sendPhoto(self, parameters, files):
        return self.upload("photo", parameters, files)

    def do_sendVoice(self, parameters, files):
        return self.upload("voice", parameters, files)

    def do_sendVideo(self, parameters, files):
        return self.upload("video", parameters, files)

    def do_answerCallbackQuery(self, parameters, files):
        with self.changed:
            query = self.queries.get(parameters["callback_query_id"])
            if len(parameters.get("text", "")) > 200:
                raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
            if query is None or self.now() - query["at"] > 60 or query["answers"]:
                if query is not None and query["answers"]:
                    query["answers"].append(None)
                raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
            query["answers"].append(parameters.get("text", ""))
            query["after"] = self.now() - query["at"]
            self.changed.notify_all()
        return True

    def do_getFile(self, parameters, files):
        with self.lock:
            file = self.files.get(parameters["file_id"])
            if file is None:
                raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
            if len(file["content"]) > 20 << 20 and not self.local:
                raise Refused(400, "Bad Request: file is too big")
            file["given"] = True
            path = file["path"]
            if self.local:
                path = file.get("local") or f"{self.local}/{file['path']}"
                os.makedirs(os.path.dirname(path), exist_ok=True)
                if not os.path.lexists(path):
                    with open(path, "wb") as out:
                        out.write(file["content"])
            return {
                "file_id": parameters["file_id"], "file_unique_id": "U" + parameters["file_id"][4:],
                "file_size": len(file["content"]), "file_path": path}

    def do_getChat(self, parameters, files):
        return self.chat(parameters, counts=False)

    def do_setMyCommands(self, parameters, files):
        for command in parameters["commands"]:
            if not re.match(r"/?[a-z0-9_]{1,32}\Z", command["command"]) or not 1 <= len(command["description"]) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        self.commands = parameters["commands"]
        return True

    def do_setMessageReaction(self, parameters, files):
        self.chat(parameters)
        return True

    def do_logOut(self, parameters, files):
        self.note("logOut")
        return True

    do_close = do_logOut

    # The webhook

    def deliver(self):
        """Posts updates one after the other, again and again until each is answered with a 2xx."""
        wait = self.retry
        while True:
            with self.changed:
                if self.closing:
                    return
                self.expire()
                if not self.webhook or not self.updates:
                    wait = self.retry
                    self.changed.wait(0.2)
                    continue
                hook, update = dict(self.webhook), self.updates[0]
            headers = {"Content-Type": "application/json"}
            if hook["secret"]:
                headers["X-Telegram-Bot-Api-Secret-Token"] = hook["secret"]
            request = urllib.request.Request(hook["url"], json.dumps(update["body"]).encode(), headers)
            try:
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(request, timeout=60) as response:
                    done = 200 <= response.status < 300
            except OSError as error:
                done = False
                self.last_error = str(error)
            with self.changed:
                if done:
                    again = self.plan("webhook") == "replay"
                    if update in self.updates and not again:
                        self.updates.remove(update)
                    wait = self.retry
                else:
                    self.changed.wait(wait)
                    wait = min(wait * 2, 60)

    # What must hold at the end

    def check(self):
        """The faults, and buttons that nobody answered."""
        with self.lock:
            left = [f"callback query {n} was never answered" for n, q in self.queries.items()
                    if not q["answers"] and not q.get("excused")]
            return self.faults + left


def main():
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--quick", action="store_true", help="without flood control")
    parser.add_argument("--silent", action="store_true")
    options = parser.parse_args()
    fake = FakeTelegram(token=options.token, port=options.port, quick=options.quick)
    fake.private()
    print(fake.url, flush=True)

    def show():
        seen = 0
        while True:
            with fake.changed:
                fake.changed.wait(0.5)
                calls = fake.calls[seen:]
                seen = len(fake.calls)
            for call in calls:
                if call["method"] not in ("getUpdates",):
                    print(json.dumps(call, default=str), flush=True)

    if not options.silent:
        threading.Thread(target=show, daemon=True).start()
    for line in sys.stdin:
        fake.say(line.rstrip("\n"))
    fake.close()


if __name__ == "__main__":
    main()
