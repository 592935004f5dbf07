"""Our fake Feishu and our webhook against Feishu's own code (lark-oapi): where they agree, the fake is right."""

import json
import os
import sys
import time

from harness import Dialogue, PeerCase

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Support", "platforms"))
import feishu  # noqa: E402
import feishu_wire as wire  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class Lark(PeerCase):
    """Feishu's own code."""

    def setUp(self):
        super().setUp()
        self.feishu = feishu.Feishu()
        self.addCleanup(self.feishu.close)
        self.peer = Dialogue(self, [self.program("lark"), os.path.join(HERE, "feishu_peer.py")], self.env, self.dir)

    def test_its_client_with_our_server(self):
        self.feishu.config["PingInterval"] = 1
        self.feishu.again = [1, 1, 300]
        self.peer.send({"do": "connect", "url": self.feishu.url, "app": self.feishu.app, "secret": self.feishu.secret})
        connection = self.feishu.connected(60)
        for parts, order in ((1, None), (4, [2, 0, 3, 1])):
            push = self.feishu.say("Grüße 你好", parts=parts, order=order, message_id=f"om_{parts}")
            self.assertIsNone(push.answer(30))
            heard = self.peer.expect(lambda line: "heard" in line)["heard"]
            self.assertEqual(json.loads(heard["event"]["message"]["content"]), {"text": "Grüße 你好"})
        answer = self.feishu.push(self.feishu.press({"agim": "x"})).answer(30)
        self.assertEqual(answer["toast"], {"type": "success", "content": "从 Feishu"})
        pings = connection.pings
        self.wait_for(lambda: connection.pings > pings + 1, what="two pings")
        self.assertEqual(self.feishu.wrong, [])

    def test_frames(self):
        for frame in (
                {"seq_id": 0, "log_id": 0, "service": 1, "method": 0, "headers": [("type", "ping")]},
                {"seq_id": 1 << 63, "log_id": 5, "service": -1, "method": 1, "headers": [("a", "ä"), ("", "")],
                 "payload_encoding": "e", "payload_type": "t", "payload": b"\0\xff" * 300, "log_id_new": "n"}):
            self.peer.send({"do": "frame", "hex": wire.encode(frame).hex()})
            back = self.peer.expect(lambda line: "hex" in line)
            self.assertEqual(bytes.fromhex(back["hex"]), wire.encode(frame))
            self.assertEqual([tuple(pair) for pair in back["headers"]], frame["headers"])

    def test_what_its_webhook_takes_ours_takes_too(self):
        key, token = "an Encrypt Key ä", self.feishu.verification_token
        self.config({"accounts": {"feishu": {
            "app_id": self.feishu.app, "secret": self.feishu.secret, "base_url": self.feishu.url,
            "encrypt_key": key, "verification_token": token}}, "allow": {"*": "*"}})
        url = self.listening()
        now = str(int(time.time()))
        check = {"challenge": "c-1", "token": token, "type": "url_verification"}
        message = self.feishu.message("über 你好 " * 50)
        wrong = json.loads(json.dumps(message))
        wrong["header"]["token"] = "another"
        cases = [(check, key, None, True), (message, key, None, True), (message, "another key", None, False),
                 (message, key, "0" * 64, False), (wrong, key, None, False), ({**check, "token": "x"}, key, None, False)]
        for event, by, signature, good in cases:
            with self.subTest(event=str(event)[:60], by=by, signature=signature):
                body = json.dumps({"encrypt": wire.encrypt(by, json.dumps(event))})
                signature = signature or wire.sign(now, "n0nce", by, body.encode())
                headers = {"X-Lark-Request-Timestamp": now, "X-Lark-Request-Nonce": "n0nce",
                           "X-Lark-Signature": signature}
                self.peer.send({"do": "take", "key": key, "token": token, "headers": headers, "body": body})
                theirs = self.peer.expect(lambda line: "status" in line)
                status, ours = self.feishu.post(url, event, raw=body.encode(), headers=headers)
                self.assertEqual(theirs["status"] == 200, good, theirs)
                self.assertEqual(status == 200, good, ours)
                if good:
                    self.assertEqual(ours, json.loads(theirs["body"]))

    def test_its_calls_and_our_server(self):
        """Their client does with the fake what our messenger does: what it refuses from us, Feishu's code does not do."""
        sending = self.feishu.sending
        sending.chat("oc_1")
        sending.heard("om_q", "oc_1", thread="omt_1", root="om_q")
        image = self.write("dot.png", b"\x89PNG\r\n\x1a\n" + bytes(40))
        file = self.write("a.pdf", b"%PDF-1.4")
        card = json.dumps({"schema": "2.0", "config": {"update_multi": True}, "body": {"elements": [
            {"tag": "markdown", "content": "x"}]}})
        growing = json.dumps({"schema": "2.0", "config": {"update_multi": True, "streaming_mode": True}, "body": {
            "elements": [{"tag": "markdown", "content": "x", "element_id": "text"}]}})

        def call(name, **values):
            self.peer.send({"do": "call", "url": self.feishu.url, "app": self.feishu.app, "secret": self.feishu.secret,
                            "calls": [[name, values]]})
            back = self.peer.expect(lambda line: line.get("called") == name)
            self.assertEqual(back["code"], 0, back)
            return back["data"]

        text = {"msg_type": "text", "content": json.dumps({"text": "hi"}), "uuid": "u-1"}
        first = call("create", receive_id_type="chat_id", body={"receive_id": "oc_1", **text})
        again = call("create", receive_id_type="chat_id", body={"receive_id": "oc_1", **text})
        self.assertEqual(first["message_id"], again["message_id"])
        answer = call("reply", message_id="om_q", body={**text, "uuid": "u-2", "reply_in_thread": True})
        self.assertEqual(answer["thread_id"], "omt_1")
        listed = call("list", container_id_type="thread", container_id="omt_1", sort_type="ByCreateTimeAsc", page_size=1)
        self.assertEqual(listed["items"][0]["message_id"], "om_q")
        posted = call("create", receive_id_type="chat_id", body={
            "receive_id": "oc_1", "msg_type": "interactive", "content": card, "uuid": "u-3"})
        call("patch", message_id=posted["message_id"], body={"content": card})
        self.assertTrue(call("image", body={"image_type": "message", "image": image})["image_key"].startswith("img_"))
        self.assertTrue(call("file", body={
            "file_type": "pdf", "file_name": "a.pdf", "file": file})["file_key"].startswith("file_"))
        reaction = call("react", message_id="om_q", body={"reaction_type": "OnIt"})["reaction_id"]
        call("unreact", message_id="om_q", reaction_id=reaction)
        entity = call("card", body={"type": "card_json", "data": growing})["card_id"]
        call("create", receive_id_type="chat_id", body={
            "receive_id": "oc_1", "msg_type": "interactive", "uuid": "u-4",
            "content": json.dumps({"type": "card", "data": {"card_id": entity}})})
        call("text", card_id=entity, element_id="text", body={"content": "xy", "sequence": 1})
        call("settings", card_id=entity, body={"settings": '{"config":{"streaming_mode":false}}', "sequence": 2})
        call("update", card_id=entity, body={"card": {"type": "card_json", "data": card}, "sequence": 3})
        # Its request for a token says not what it is; ours has to.
        self.assertEqual([one for one in self.feishu.wrong if one != "Content-Type None"], [])
        self.assertEqual(sending.wrong, [])

    def test_what_we_send_is_in_its_models(self):
        sending = self.feishu.sending
        sending.chat("oc_1")
        sending.heard("om_q", "oc_1")
        self.config({"accounts": {"feishu": {
            "app_id": self.feishu.app, "secret": self.feishu.secret, "base_url": self.feishu.url}}, "allow": {"*": "*"}})
        send = self.start(["agim-send"])
        origin = {"message_id": "om_q", "chat_id": "oc_1", "chat_type": "group"}

        def say(text, **more):
            line = {"type": "reply", "id": "r1", "session": "feishu:oc_1", "text": text, "origin": origin, **more}
            send.write(json.dumps(line) + "\n")

        say("growing **text** hm", final=False)
        self.wait_for(lambda: sending.said("oc_1"), what="the growing message")
        say("growing **text** more hm", final=False)
        self.wait_for(lambda: sending.cards[sending.said("oc_1")[0].card_id].texts, what="more of it")
        say("growing **text** whole")
        say("plain", id="r2", session="feishu:oc_1:om_q", origin=None)
        send.close()
        self.assertEqual(send.wait(), [0])
        models = {
            ("POST", "messages"): "CreateMessageRequestBody", ("POST", "reply"): "ReplyMessageRequestBody",
            ("POST", "cards"): "CreateCardRequestBody", ("PUT", "content"): "ContentCardElementRequestBody",
            ("PUT", "ID"): "UpdateCardRequestBody"}
        seen = set()
        for method, path, body in sending.bodies:
            end = path.rsplit("/", 1)[1]
            name = models[(method, "ID" if end.isdigit() else end)]
            seen.add(name)
            self.peer.send({"do": "model", "name": name, "body": body})
            self.assertEqual(self.peer.expect(lambda line: "unknown" in line)["unknown"], [], (name, body))
        self.assertEqual(seen, set(models.values()))
        self.assertEqual((self.feishu.wrong, sending.wrong), ([], []))

    def listening(self):
        """The address of our webhook."""
        running = self.start(["agim-recv", "-v", "--listen", "127.0.0.1:0", "feishu"])

        def address():
            for line in running.err(0).splitlines():
                if "url=" in line:
                    return line.split("url=")[1].split()[0].strip('"')
            return None
        return self.wait_for(address, what="the address")
