"""Feishu's own code (lark-oapi) as a program: run by its own Python, it does what lines of JSON on standard input say.

{"do": "connect", "url": URL, "app": ID, "secret": TEXT}: the long connection; every event is printed as a line.
{"do": "take", "key": TEXT, "token": TEXT, "headers": {}, "body": TEXT}: its webhook; the status and the body it answers.
{"do": "frame", "hex": HEX}: reads a frame and writes it again.
"""

import json
import sys
import threading

import lark_oapi
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


for line in sys.stdin:
    what = json.loads(line)
    {"connect": connect, "take": take, "frame": frame}[what["do"]](what)
