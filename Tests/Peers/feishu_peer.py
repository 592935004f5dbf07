"""Feishu's own code (lark-oapi) as a program: run by its own Python, it does what lines of JSON on standard input say.

{"do": "connect", "url": URL, "app": ID, "secret": TEXT}: the long connection; every event is printed as a line.
{"do": "take", "key": TEXT, "token": TEXT, "headers": {}, "body": TEXT}: its webhook; the status and the body it answers.
{"do": "frame", "hex": HEX}: reads a frame and writes it again.
{"do": "call", "url": URL, "app": ID, "secret": TEXT, "calls": [[NAME, {}] ...]}: calls of its interface, one after the
other; what comes back.
{"do": "model", "name": NAME, "body": {}}: the members of a body that its model of a request does not know.
"""

import json
import sys
import threading

import lark_oapi
from lark_oapi.api.cardkit import v1 as cardkit
from lark_oapi.api.im import v1 as im
from lark_oapi.core.model import RawRequest
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse
from lark_oapi.ws.pb.pbbp2_pb2 import Frame

LOCK = threading.Lock()


def say(value):
    with LOCK:
        print(json.dumps(value), flush=True)


def event(data):
    say({"heard": json.loads(lark_oapi.JSON.marshal(data))})


def press(data):
    event(data)
    return P2CardActionTriggerResponse({"toast": {"type": "success", "content": "从 Feishu"}})


def handler(key, token):
    return (lark_oapi.EventDispatcherHandler.builder(key, token).register_p2_im_message_receive_v1(event)
            .register_p2_card_action_trigger(press).build())


def connect(order):
    client = lark_oapi.ws.Client(
        order["app"], order["secret"], event_handler=handler("", ""), domain=order["url"],
        log_level=lark_oapi.LogLevel.CRITICAL)
    threading.Thread(target=client.start, daemon=True).start()


def take(order):
    request = RawRequest()
    request.uri = "/feishu"
    request.body = order["body"].encode()
    request.headers = order["headers"]
    answer = handler(order["key"], order["token"]).do(request)
    say({"status": answer.status_code, "body": answer.content.decode()})


def frame(order):
    one = Frame()
    one.ParseFromString(bytes.fromhex(order["hex"]))
    say({"hex": one.SerializeToString().hex(), "headers": [[h.key, h.value] for h in one.headers]})


def fill(builder, values):
    """A request of a builder's; a member that is an object is a body of its own."""
    for name, value in values.items():
        builder = getattr(builder, name)(value)
    return builder.build()


def result(answer):
    data = json.loads(lark_oapi.JSON.marshal(answer.data)) if getattr(answer, "data", None) else {}
    return {"code": answer.code, "msg": answer.msg, "data": data}


def call(order):
    client = lark_oapi.Client.builder().app_id(order["app"]).app_secret(order["secret"]).domain(order["url"]).build()
    doing = {
        "create": (client.im.v1.message.create, im.CreateMessageRequest, im.CreateMessageRequestBody),
        "reply": (client.im.v1.message.reply, im.ReplyMessageRequest, im.ReplyMessageRequestBody),
        "patch": (client.im.v1.message.patch, im.PatchMessageRequest, im.PatchMessageRequestBody),
        "list": (client.im.v1.message.list, im.ListMessageRequest, None),
        "image": (client.im.v1.image.create, im.CreateImageRequest, im.CreateImageRequestBody),
        "file": (client.im.v1.file.create, im.CreateFileRequest, im.CreateFileRequestBody),
        "react": (client.im.v1.message_reaction.create, im.CreateMessageReactionRequest,
                  im.CreateMessageReactionRequestBody),
        "unreact": (client.im.v1.message_reaction.delete, im.DeleteMessageReactionRequest, None),
        "card": (client.cardkit.v1.card.create, cardkit.CreateCardRequest, cardkit.CreateCardRequestBody),
        "text": (client.cardkit.v1.card_element.content, cardkit.ContentCardElementRequest,
                 cardkit.ContentCardElementRequestBody),
        "settings": (client.cardkit.v1.card.settings, cardkit.SettingsCardRequest, cardkit.SettingsCardRequestBody),
        "update": (client.cardkit.v1.card.update, cardkit.UpdateCardRequest, cardkit.UpdateCardRequestBody)}
    for name, values in order["calls"]:
        act, request, body = doing[name]
        values = dict(values)
        inner = values.pop("body", None)
        if inner is not None:
            if "reaction_type" in inner:
                inner["reaction_type"] = im.Emoji.builder().emoji_type(inner["reaction_type"]).build()
            if name == "update":
                inner["card"] = cardkit.Card(inner["card"])
            for member in ("image", "file"):
                if member in inner:
                    inner[member] = ("name", open(inner[member], "rb"), "application/octet-stream")
            values["request_body"] = fill(body.builder(), inner)
        say({"called": name, **result(act(fill(request.builder(), values)))})


def model(order):
    types = getattr(im, order["name"], None) or getattr(cardkit, order["name"])
    wrong = []
    for name, value in order["body"].items():
        kind = types._types.get(name)
        plain = kind in (str, int, bool)
        if kind is None or plain and not (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))):
            wrong.append(name)
    say({"unknown": wrong})


for line in sys.stdin:
    what = json.loads(line)
    {"connect": connect, "take": take, "frame": frame, "call": call, "model": model}[what["do"]](what)
