"""The sending half of a Feishu that runs on loopback: messages, cards, CardKit, uploads, reactions.

It refuses what the platform refuses, with its codes, and keeps in `wrong` what a client must never do: a test is to
find that empty. `Messages.answer` takes one request; `feishu.py` gives it those that it does not know itself, and
`Server` here serves it alone.
"""

import collections
import http.server
import json
import re
import secrets
import threading
import time
import urllib.parse

import feishu_card
import feishu_upload

Answer = collections.namedtuple("Answer", "status headers body")
TEXT_LIMIT = 150_000
POST_LIMIT = 30_000
SCOPES = {"im:message", "im:resource", "im:message.reactions:write_only", "im:message.reactions:read",
          "cardkit:card:write"}
WORDS = {
    230001: "Your request contains an invalid request parameter",
    230002: "The bot can not be outside the group.",
    230011: "The message is recalled.",
    230013: "Bot has NO availability to this user.",
    230019: "The topic does NOT exist.",
    230020: "This operation triggers the frequency limit.",
    230025: "The length of the message content reaches its limit.",
    230031: "Message can only be modified within 14 days after sending.",
    230049: "The message is being sent, please try again later.",
    230055: "The type of file upload does not match the type of message being sent.",
    230071: "The group to which the message belongs does not support reply in thread.",
    230099: "Failed to create card content",
    230110: "Action unavailable as the message has been deleted.",
    231003: "The message is not found, maybe not exist or deleted.",
    200740: "The card entity does not exist",
    200750: "The card entity has expired",
    200810: "The card is in an ongoing interaction and cannot be updated",
    200850: "Card streaming timeout",
    200860: "Card content exceeds limit.",
    300309: "Card streaming closed",
    300313: "Failed to update element properties",
    300317: "The sequence number for operating on the card did not increment consecutively",
    99991400: "request trigger frequency limit",
    99991661: "Missing access token for authorization.",
    99991663: "Invalid access token for authorization.",
    99991672: "Access denied. One of the following scopes is required: [{}].",
}


class Refused(Exception):
    """An answer of the platform that is an error."""

    def __init__(self, code, more="", status=400, headers=None):
        super().__init__(f"{code} {more}")
        self.code = code
        words = WORDS.get(code, "failed")
        self.text = words.format(more) if "{}" in words else words + (f", ext={more}" if more else "")
        self.status = status
        self.headers = headers or {}


class Message:
    """A message of the bot's: `content` is what stands there now, `edits` what stood there before."""

    def __init__(self, mid, chat, kind, raw, uuid):
        self.id = mid
        self.chat = chat
        self.kind = kind
        self.raw = raw
        self.content = json.loads(raw)
        self.uuid = uuid
        self.edits = []
        self.root = self.parent = self.thread = None
        self.card_id = None
        self.created = int(time.time() * 1000)
        self.age = 0
        self.patches = []
        self.recalled = False

    @property
    def data(self):
        data = {
            "message_id": self.id, "msg_type": self.kind, "create_time": str(self.created),
            "update_time": str(self.created), "deleted": False, "updated": bool(self.edits), "chat_id": self.chat,
            "sender": {"id": "cli_fake", "id_type": "app_id", "sender_type": "app", "tenant_key": "tenant"},
            "body": {"content": self.raw}}
        for name, value in (("root_id", self.root), ("parent_id", self.parent), ("thread_id", self.thread)):
            if value:
                data[name] = value
        return data


class Card:
    """A card entity: its JSON, its sequence, and whether it streams."""

    def __init__(self, card_id, card):
        self.id = card_id
        self.card = card
        self.sequence = 0
        self.sent = None
        self.opened = time.monotonic()
        self.operations = []
        self.texts = []
        self.expired = False

    @property
    def streams(self):
        return self.card.get("config", {}).get("streaming_mode", False)


class Misdeed:
    """What happens instead of an answer, so many times, to requests of a kind."""

    def __init__(self, method, path, times, before, act):
        self.method = method
        self.path = re.compile(path)
        self.times = times
        self.before = before
        self.act = act


class Messages:
    """The state of the platform, as far as an app that sends can see it."""

    def __init__(self, authorise=None):
        self.lock = threading.RLock()
        self.authorise = authorise
        self.scopes = set(SCOPES)
        self.wrong = []
        self.requests = []
        self.bodies = []
        self.messages = {}
        self.order = []
        self.cards = {}
        self.uploads = {}
        self.reactions = {}
        self.theirs = {}
        self.chats = {}
        self.people = {}
        self.uuids = {}
        self.misdeeds = []
        self.sends = collections.defaultdict(list)
        self.calls = []
        self.per_chat = 5
        self.per_second = 50
        self.streaming_seconds = 600
        self.allowed_rate = False
        self.topics = True

    # What a test says

    def chat(self, chat_id, bot=True):
        """A group; without the bot nothing can be said there."""
        self.chats[chat_id] = bot

    def person(self, open_id, chat_id, user_id=None, email=None, union_id=None, available=True):
        """A person, with whom the bot has a chat of two."""
        self.chats[chat_id] = True
        for name in (open_id, user_id, email, union_id):
            if name:
                self.people[name] = (chat_id, available)

    def heard(self, message_id, chat_id, thread=None, root=None):
        """A message of a person's, which may be answered."""
        self.theirs[message_id] = {"chat": chat_id, "thread": thread, "root": root, "recalled": False}

    def recall(self, message_id):
        """Takes a message back, whoever said it."""
        if message_id in self.theirs:
            self.theirs[message_id]["recalled"] = True
        else:
            self.messages[message_id].recalled = True

    def misbehave(self, method, path, act, times=1, after=False):
        """Lets requests go wrong; `after`: the request is done, and only its answer is lost.

        act: ("code", CODE[, {header: value}]), ("status", STATUS, TEXT), ("garbage",), ("drop",), ("slow", SECONDS).
        """
        with self.lock:
            self.misdeeds.append(Misdeed(method, path, times, not after, act))

    # What a test asks

    def said(self, chat=None):
        """The messages in a chat, in their order."""
        with self.lock:
            return [self.messages[mid] for mid in self.order if chat in (None, self.messages[mid].chat)]

    def shown(self, message):
        """What a person reads of a message now."""
        with self.lock:
            if message.kind == "interactive":
                return feishu_card.readable(self.card_of(message))
            if message.kind == "post":
                lines = message.content["zh_cn"]["content"]
                return "\n".join("".join(one.get("text", "") for one in line) for line in lines)
            return message.content.get("text", "")

    def card_of(self, message):
        """The card that a message shows now."""
        return self.cards[message.card_id].card if message.card_id else message.content

    def buttons(self, message):
        """The buttons of a message's card: label, type, value."""
        with self.lock:
            return feishu_card.buttons(self.card_of(message))

    def file_of(self, message):
        """What was uploaded for a message: kind, name, duration, bytes."""
        with self.lock:
            return self.uploads[message.content.get("file_key") or message.content.get("image_key")]

    # Requests

    def answer(self, method, path, query, headers, body):
        """The answer to a request; None where it is not for this half, or the connection is to be dropped (False)."""
        route = next((
            (act, scope, found) for verb, pattern, scope, act in self.ROUTES
            if verb == method and (found := re.fullmatch(pattern, path))), None)
        if route is None:
            return None
        act, scope, found = route
        misdeed = self.misdeed(method, path)
        if misdeed and misdeed.act[0] == "slow":
            time.sleep(misdeed.act[1])
            misdeed = None
        if misdeed and misdeed.before:
            return self.misdone(misdeed)
        with self.lock:
            self.requests.append((method, path, time.monotonic()))
            try:
                self.rate(self.calls, self.per_second, 99991400)
                self.admit(headers, scope)
                data = act(self, found, query, headers, body)
                result = self.json(200, {"code": 0, "msg": "success", "data": data})
            except Refused as refusal:
                result = self.error(refusal)
        return self.misdone(misdeed) if misdeed else result

    def admit(self, headers, scope):
        token = headers.get("authorization", "")
        if not token.startswith("Bearer "):
            raise Refused(99991661)
        code = self.authorise(token[7:]) if self.authorise else None
        if code:
            raise Refused(code)
        wanted = scope.split("|")
        if not self.scopes & set(wanted):
            raise Refused(99991672, ", ".join(wanted))

    def misdeed(self, method, path):
        with self.lock:
            for one in self.misdeeds:
                if one.method == method and one.path.fullmatch(path) and one.times > 0:
                    one.times -= 1
                    return one
        return None

    def misdone(self, misdeed):
        act = misdeed.act
        if act[0] == "code":
            return self.error(Refused(act[1], headers=act[2] if len(act) > 2 else None,
                                      status=429 if act[1] == 99991400 else 400))
        if act[0] == "status":
            return Answer(act[1], {"Content-Type": "text/html"}, act[2].encode())
        if act[0] == "garbage":
            return Answer(200, {"Content-Type": "application/json"}, b'{"code":0,"data":{"message_id":')
        return False

    @staticmethod
    def json(status, value, headers=None):
        more = {"Content-Type": "application/json; charset=utf-8", "X-Tt-Logid": secrets.token_hex(16), **(headers or {})}
        return Answer(status, more, json.dumps(value, ensure_ascii=False).encode())

    def error(self, refusal):
        return self.json(refusal.status, {
            "code": refusal.code, "msg": refusal.text, "error": {"log_id": secrets.token_hex(16)}}, refusal.headers)

    def fault(self, words):
        """Notes what a client must never do, and refuses it."""
        self.wrong.append(words)
        raise Refused(230001, words)

    def rate(self, times, limit, code, window=1.0):
        now = time.monotonic()
        times[:] = [one for one in times if now - one < window]
        if len(times) >= limit:
            if not self.allowed_rate:
                self.wrong.append(f"more than {limit} calls in {window} s ({code})")
            headers = {"x-ogw-ratelimit-limit": str(limit), "x-ogw-ratelimit-reset": "1"} if code == 99991400 else None
            raise Refused(code, headers=headers, status=429 if code == 99991400 else 400)
        times.append(now)

    def body(self, headers, body, allowed, required):
        if headers.get("content-type", "").lower().replace(" ", "") != "application/json;charset=utf-8":
            self.fault(f"the content type is {headers.get('content-type')!r}")
        try:
            value = json.loads(body)
        except ValueError as error:
            self.fault(f"the body is no JSON: {error}")
        if not isinstance(value, dict):
            self.fault("the body is no object")
        self.bodies.append((*self.requests[-1][:2], value))
        if set(value) - set(allowed.split()):
            self.fault(f"unknown members {sorted(set(value) - set(allowed.split()))}")
        for name in required.split():
            if name not in value:
                self.fault(f"the member {name} is missing")
        return value

    # Messages

    def create(self, _, query, headers, body):
        kind = query.get("receive_id_type")
        value = self.body(headers, body, "receive_id msg_type content uuid", "receive_id msg_type content")
        target = value["receive_id"]
        if kind == "chat_id":
            if target not in self.chats:
                raise Refused(230001, "invalid receive_id.")
            if not self.chats[target]:
                raise Refused(230002)
            chat = target
        elif kind in ("open_id", "user_id", "union_id", "email"):
            starts = {"open_id": "ou_", "union_id": "on_"}.get(kind, "")
            if not target.startswith(starts):
                self.fault(f"{target} is no {kind}")
            if target not in self.people:
                raise Refused(230001, "invalid receive_id.")
            chat, available = self.people[target]
            if not available:
                raise Refused(230013)
        else:
            self.fault(f"receive_id_type {kind}")
        return self.post(chat, value).data

    def reply(self, found, _, headers, body):
        value = self.body(headers, body, "msg_type content reply_in_thread uuid", "msg_type content")
        origin = self.known(found.group(1))
        in_thread = value.get("reply_in_thread", False)
        if not isinstance(in_thread, bool):
            self.fault("reply_in_thread is no truth value")
        if in_thread and not self.topics:
            raise Refused(230071)
        message = self.post(origin["chat"], value)
        message.parent = found.group(1)
        message.root = origin["root"] or found.group(1)
        if origin["thread"] or in_thread:
            message.thread = origin["thread"] or "omt_" + secrets.token_hex(8)
            if found.group(1) in self.theirs:
                self.theirs[found.group(1)]["thread"] = message.thread
        return message.data

    def known(self, message_id):
        if message_id in self.theirs:
            origin = self.theirs[message_id]
            if origin["recalled"]:
                raise Refused(230011)
            return origin
        if message_id in self.messages:
            message = self.messages[message_id]
            if message.recalled:
                raise Refused(230011)
            return {"chat": message.chat, "thread": message.thread, "root": message.root}
        raise Refused(230001, "invalid message_id")

    def post(self, chat, value):
        uuid = value.get("uuid")
        if uuid is None:
            self.wrong.append("a message without uuid")
        elif not isinstance(uuid, str) or not 1 <= len(uuid) <= 50:
            self.fault(f"uuid {uuid!r}")
        elif uuid in self.uuids and time.monotonic() - self.uuids[uuid][1] < 3600:
            message = self.messages[self.uuids[uuid][0]]
            # The card of a request may have been settled while it was on its way.
            is_card = message.kind == value["msg_type"] == "interactive" and not message.card_id
            if (message.kind, message.first) != (value["msg_type"], value["content"]) and not is_card:
                self.wrong.append(f"the uuid {uuid} was used for two different messages")
            return message
        self.rate(self.sends[chat], self.per_chat, 230020)
        raw = value["content"]
        if not isinstance(raw, str):
            self.fault("content is no text")
        check = getattr(self, f"of_{value['msg_type']}", None)
        if check is None:
            self.fault(f"msg_type {value['msg_type']}")
        try:
            content = json.loads(raw)
        except ValueError:
            raise Refused(230001, "content is not a string in json format") from None
        card_id = check(content, raw)
        message = Message("om_" + secrets.token_hex(16), chat, value["msg_type"], raw, uuid)
        message.first = raw
        if card_id:
            message.card_id = card_id
            self.cards[card_id].sent = message.id
        self.messages[message.id] = message
        self.order.append(message.id)
        if uuid:
            self.uuids[uuid] = (message.id, time.monotonic())
        return message

    def only(self, content, allowed, required):
        if not isinstance(content, dict) or set(content) - set(allowed.split()) or set(required.split()) - set(content):
            raise Refused(230001, f"content {content!r}"[:200])

    def of_text(self, content, raw):
        self.only(content, "text", "text")
        if len(raw.encode()) > TEXT_LIMIT:
            raise Refused(230025)
        if not content["text"]:
            raise Refused(230001, "text is empty")
        if re.search(r"<\s*at\s", content["text"]):
            self.wrong.append("a text that calls somebody")

    def of_post(self, content, raw):
        if len(raw.encode()) > POST_LIMIT:
            raise Refused(230025)
        self.only(content, "zh_cn en_us ja_jp", "")
        if not content:
            raise Refused(230001, "no language")
        for part in content.values():
            self.only(part, "title content", "content")
            for line in part["content"]:
                for element in line:
                    if element.get("tag") not in {"text", "a", "md", "code_block", "hr", "img"}:
                        raise Refused(230001, f"tag {element.get('tag')}")
                    if element["tag"] == "md":
                        if len(line) > 1:
                            raise Refused(230001, "md with others in a line")
                        if re.search(r"<\s*at\s", feishu_card.outside_code(element["text"])):
                            self.wrong.append("a post that calls somebody")

    def of_interactive(self, content, raw):
        if isinstance(content, dict) and content.get("type") == "card":
            self.only(content, "type data", "type data")
            card = self.cards.get(content["data"].get("card_id"))
            if card is None:
                raise Refused(230099, "ErrCode: 200740; ErrMsg: card entity does not exist")
            if card.sent:
                self.fault("a card entity was sent twice")
            return card.id
        self.checked(raw, 230099, 230025)
        return None

    def checked(self, raw, code, too_long):
        """The card of a JSON text; a card that is wrong fails the test, but for one that is too long."""
        try:
            return feishu_card.check(raw, self.uploads)
        except feishu_card.CardError as error:
            self.wrong.append(f"a card: {error}")
            if error.code == 200860:
                raise Refused(too_long) from None
            raise Refused(code, f"ErrCode: {error.code}; ErrMsg: {error.text}") from None

    def uploaded(self, content, name, kinds):
        upload = self.uploads.get(content.get(name))
        if upload is None:
            raise Refused(230001, f"invalid {name}")
        if upload[0] not in kinds:
            self.wrong.append(f"a file uploaded as {upload[0]} sent as {kinds}")
            raise Refused(230055)

    def of_image(self, content, _):
        self.only(content, "image_key", "image_key")
        self.uploaded(content, "image_key", {"image"})

    def of_file(self, content, _):
        self.only(content, "file_key", "file_key")
        self.uploaded(content, "file_key", feishu_upload.FILE_TYPES - {"mp4"})

    def of_audio(self, content, _):
        self.only(content, "file_key", "file_key")
        self.uploaded(content, "file_key", {"opus"})

    def of_media(self, content, _):
        self.only(content, "file_key image_key", "file_key")
        self.uploaded(content, "file_key", {"mp4"})

    def patch(self, found, _, headers, body):
        value = self.body(headers, body, "content", "content")
        message = self.messages.get(found.group(1))
        if message is None:
            raise Refused(230001, "invalid message_id")
        if message.recalled:
            raise Refused(230011)
        if message.kind != "interactive":
            self.fault("PATCH of a message that is no card")
        if message.card_id:
            self.fault("PATCH of a message that shows a card entity")
        if message.age > 14:
            raise Refused(230031)
        self.rate(message.patches, 5, 230020)
        self.checked(value["content"], 230099, 230025)
        message.edits.append(message.content)
        message.raw = value["content"]
        message.content = json.loads(message.raw)
        return {}

    def get(self, found, _, __, ___):
        origin = self.messages.get(found.group(1))
        if origin is None:
            raise Refused(230001, "invalid message_id")
        return {"items": [origin.data]}

    def history(self, _, query, __, ___):
        if query.get("container_id_type") != "thread":
            self.fault(f"container_id_type {query.get('container_id_type')}")
        if query.get("sort_type", "ByCreateTimeAsc") != "ByCreateTimeAsc":
            self.fault("sort_type")
        thread = query.get("container_id")
        items = [{"message_id": mid, "thread_id": thread} for mid, one in self.theirs.items() if one["thread"] == thread]
        items += [self.messages[mid].data for mid in self.order if self.messages[mid].thread == thread]
        if not items:
            raise Refused(230019)
        return {"items": items[:int(query.get("page_size", "20"))], "has_more": len(items) > 1}

    # CardKit

    def card_new(self, _, __, headers, body):
        value = self.body(headers, body, "type data", "type data")
        if value["type"] != "card_json":
            self.fault(f"type {value['type']}")
        card = Card(str(7_000_000_000_000_000_000 + secrets.randbelow(10**17)), self.checked(value["data"], 200220, 200860))
        self.cards[card.id] = card
        return {"card_id": card.id}

    def entity(self, card_id, value):
        card = self.cards.get(card_id)
        if card is None:
            raise Refused(200740)
        if card.expired:
            raise Refused(200750)
        self.rate(card.operations, 10, 99991400)
        sequence = value["sequence"]
        if not isinstance(sequence, int) or not 1 <= sequence <= 2147483647:
            self.fault(f"sequence {sequence!r}")
        if sequence <= card.sequence:
            raise Refused(300317)
        if "uuid" in value and not 1 <= len(value["uuid"]) <= 64:
            self.fault("uuid")
        card.sequence = sequence
        if card.streams and time.monotonic() - card.opened > self.streaming_seconds:
            card.card["config"]["streaming_mode"] = False
            card.timed_out = True
        return card

    def card_text(self, found, _, headers, body):
        value = self.body(headers, body, "content sequence uuid", "content sequence")
        card = self.entity(found.group(1), value)
        if not card.streams:
            raise Refused(200850 if getattr(card, "timed_out", False) else 300309)
        element = feishu_card.find(card.card, found.group(2))
        if element is None:
            raise Refused(300313, f"not find elementID: {found.group(2)}")
        if not 1 <= len(value["content"]) <= 100_000:
            self.fault("content of a wrong length")
        try:
            feishu_card.check_markdown(value["content"], self.uploads)
        except feishu_card.CardError as error:
            self.wrong.append(f"a growing text: {error}")
            raise Refused(200220, str(error)) from None
        changed = json.loads(json.dumps(card.card))
        feishu_card.find(changed, found.group(2))["content"] = value["content"]
        if len(json.dumps(changed, ensure_ascii=False).encode()) > feishu_card.LIMIT:
            self.wrong.append("a growing text that is too long")
            raise Refused(200860)
        card.card = changed
        card.texts.append(value["content"])
        return {}

    def card_settings(self, found, _, headers, body):
        value = self.body(headers, body, "settings sequence uuid", "settings sequence")
        card = self.entity(found.group(1), value)
        settings = json.loads(value["settings"])
        if set(settings) - {"config", "card_link"}:
            self.fault(f"settings {sorted(settings)}")
        card.card.setdefault("config", {}).update(settings.get("config", {}))
        if card.streams:
            card.opened = time.monotonic()
            card.timed_out = False
        return {}

    def card_update(self, found, _, headers, body):
        value = self.body(headers, body, "card sequence uuid", "card sequence")
        card = self.entity(found.group(1), value)
        if value["card"].get("type") != "card_json":
            self.fault("card.type")
        card.card = self.checked(value["card"]["data"], 200220, 200860)
        if card.streams:
            card.opened = time.monotonic()
        return {}

    # Files

    def image(self, _, __, headers, body):
        try:
            data = feishu_upload.image(headers.get("content-type"), body)
        except feishu_upload.UploadError as error:
            raise Refused(error.code, error.text) from None
        key = "img_v3_" + secrets.token_hex(12)
        self.uploads[key] = ("image", None, None, data)
        return {"image_key": key}

    def file(self, _, __, headers, body):
        try:
            upload = feishu_upload.document(headers.get("content-type"), body)
        except feishu_upload.UploadError as error:
            raise Refused(error.code, error.text) from None
        key = "file_v3_" + secrets.token_hex(12)
        self.uploads[key] = upload
        return {"file_key": key}

    # Reactions

    def react(self, found, _, headers, body):
        value = self.body(headers, body, "reaction_type", "reaction_type")
        emoji = value["reaction_type"].get("emoji_type")
        if emoji not in {"OnIt", "Typing", "THINKING", "OneSecond", "DONE"}:
            raise Refused(231001)
        try:
            self.known(found.group(1))
        except Refused:
            raise Refused(231003) from None
        reaction = secrets.token_urlsafe(16)
        self.reactions[reaction] = (found.group(1), emoji)
        return self.reaction(reaction)

    def reaction(self, reaction):
        return {
            "reaction_id": reaction, "operator": {"operator_id": "cli_fake", "operator_type": "app"},
            "action_time": str(int(time.time() * 1000)), "reaction_type": {"emoji_type": self.reactions[reaction][1]}}

    def unreact(self, found, _, __, ___):
        if self.reactions.get(found.group(2), (None,))[0] != found.group(1):
            raise Refused(231003)
        data = self.reaction(found.group(2))
        del self.reactions[found.group(2)]
        return data

    def reacted(self, found, _, __, ___):
        return {"items": [self.reaction(one) for one, at in self.reactions.items() if at[0] == found.group(1)],
                "has_more": False}

    SEND = "im:message|im:message:send_as_bot"
    CARDS = "/open-apis/cardkit/v1/cards"
    IM = "/open-apis/im/v1"
    ROUTES = [
        ("POST", f"{IM}/messages", SEND, create),
        ("POST", f"{IM}/messages/([^/]+)/reply", SEND, reply),
        ("PATCH", f"{IM}/messages/([^/]+)", SEND, patch),
        ("GET", f"{IM}/messages", "im:message|im:message:readonly", history),
        ("GET", f"{IM}/messages/([^/]+)", "im:message|im:message:readonly", get),
        ("POST", f"{IM}/messages/([^/]+)/reactions", "im:message.reactions:write_only", react),
        ("GET", f"{IM}/messages/([^/]+)/reactions", "im:message.reactions:read", reacted),
        ("DELETE", f"{IM}/messages/([^/]+)/reactions/([^/]+)", "im:message.reactions:write_only", unreact),
        ("POST", f"{IM}/images", "im:resource|im:resource:upload", image),
        ("POST", f"{IM}/files", "im:resource|im:resource:upload", file),
        ("POST", CARDS, "cardkit:card:write", card_new),
        ("PUT", f"{CARDS}/([^/]+)/elements/([^/]+)/content", "cardkit:card:write", card_text),
        ("PATCH", f"{CARDS}/([^/]+)/settings", "cardkit:card:write", card_settings),
        ("PUT", f"{CARDS}/([^/]+)", "cardkit:card:write", card_update),
    ]


class Server:
    """The sending half alone on a port of loopback, with the tokens that it needs."""

    APP, SECRET = "cli_fake", "S3cret0fThisFakeApp"

    def __init__(self):
        self.tokens = {}
        self.issued = 0
        self.messages = Messages(self.authorise)
        self.misdeeds = self.messages.misbehave
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Gives requests to the half."""

            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def serve(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                url = urllib.parse.urlsplit(self.path)
                answer = owner.take(
                    self.command, url.path, dict(urllib.parse.parse_qsl(url.query)),
                    {name.lower(): value for name, value in self.headers.items()}, body)
                if answer is False:
                    self.close_connection = True
                    self.connection.shutdown(2)
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        class Quiet(http.server.ThreadingHTTPServer):
            """Clients that are killed are no news."""

            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def authorise(self, token):
        until = self.tokens.get(token)
        return 99991663 if until is None or until < time.monotonic() else None

    def expire(self):
        """Lets all tokens end now."""
        self.tokens.clear()

    def take(self, method, path, query, headers, body):
        if (method, path) == ("POST", "/open-apis/auth/v3/tenant_access_token/internal"):
            value = json.loads(body)
            if value != {"app_id": self.APP, "app_secret": self.SECRET}:
                return Messages.json(200, {"code": 10014, "msg": "app secret invalid"})
            self.issued += 1
            token = "t-" + secrets.token_hex(20)
            self.tokens[token] = time.monotonic() + 7200
            return Messages.json(200, {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200})
        if (method, path) == ("GET", "/open-apis/bot/v3/info"):
            return Messages.json(200, {"code": 0, "msg": "ok", "bot": {
                "activate_status": 2, "app_name": "agim", "open_id": "ou_bot"}})
        answer = self.messages.answer(method, path, query, headers, body)
        return Messages.json(404, {"code": 404, "msg": f"{method} {path}"}) if answer is None else answer
