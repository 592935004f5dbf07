"""Model endpoints on loopback, stricter than real ones: Chat Completions, Messages, embeddings, transcriptions.

Whatever is not as the documents of the APIs have it is refused with a status and words of that API, and noted in
`faults`. It answers with `You said: PROMPT`, unless `behave(...)` has told it what to do with the next request.

    with Models() as server: server.behave(status=429, headers={"retry-after-ms": "20"}); ... server.url ...
"""

import base64
import hashlib
import http.server
import json
import socket
import struct
import threading
import time

KEY = "sk-FAKE0fake1NotReal2Sample3FAKE0fake1"
CHAT_FIELDS = {
    "model": str, "messages": list, "stream": bool, "stream_options": dict, "max_tokens": int,
    "max_completion_tokens": int, "temperature": (int, float), "top_p": (int, float), "stop": (str, list), "seed": int,
    "n": int, "reasoning_effort": str, "response_format": dict, "tools": list, "tool_choice": (str, dict), "user": str}
MESSAGE_FIELDS = {
    "model": str, "messages": list, "max_tokens": int, "system": (str, list), "stream": bool,
    "temperature": (int, float), "stop_sequences": list, "metadata": dict, "thinking": dict, "top_p": (int, float),
    "tools": list, "tool_choice": dict}
EMBEDDING_FIELDS = {"model": str, "input": (str, list), "encoding_format": str, "dimensions": int, "user": str}
SOUNDS = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
LIMIT = 64 << 20


class Refused(Exception):
    def __init__(self, status, message, kind="invalid_request_error", param=None, code=None):
        super().__init__(message)
        self.status, self.message, self.kind, self.param, self.code = status, message, kind, param, code


def vector(text, length=8):
    """The same numbers for the same text, everywhere."""
    digest = hashlib.sha256(text.encode()).digest()
    while len(digest) < length:
        digest += hashlib.sha256(digest).digest()
    return [byte / 128 - 1 for byte in digest[:length]]


def pieces(text):
    """A text as a model streams it."""
    return [text[at:at + 7] for at in range(0, len(text), 7)]


def tokens(text):
    return max(1, len(text) // 4)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    @property
    def models(self):
        return self.server.models

    # Reading

    def read(self):
        if "Transfer-Encoding" in self.headers:
            raise Refused(411, "a Content-Length is needed")
        length = int(self.headers.get("Content-Length") or 0)
        if length > LIMIT:
            raise Refused(413, "the request is too large", "request_too_large")
        return self.rfile.read(length)

    def do_GET(self):
        self.serve()

    do_PUT = do_DELETE = do_HEAD = do_POST = do_GET

    def serve(self):
        path = self.path.split("?")[0]
        self.isAnthropic = path.endswith("/v1/messages")
        note = {"method": self.command, "path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}
        try:
            note["raw"] = self.read()
            with self.models.lock:
                self.models.requests.append(note)
                behaviour = self.models.planned.pop(0) if self.models.planned else {}
            answer = self.check(path, note)
            self.answer(answer, behaviour)
        except Refused as refused:
            if refused.status != 429:
                self.models.faults.append(refused.message)
            self.refuse(refused)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    # What is asked for

    def check(self, path, note):
        if self.command != "POST":
            raise Refused(405, "only POST is here")
        calls = {"/v1/chat/completions": self.chat, "/v1/embeddings": self.embeddings,
                 "/v1/audio/transcriptions": self.transcription, "/v1/messages": self.messages}
        prefix = self.models.prefix
        call = calls.get(path[len(prefix):] if path.startswith(prefix) else "")
        if call is None:
            raise Refused(404, f"there is no {path}", "not_found_error", code="unknown_url")
        self.check_key(note["headers"])
        if path.endswith("/transcriptions"):
            return call(note)
        kind = note["headers"].get("content-type", "").split(";")[0]
        if kind != "application/json":
            raise Refused(415, f"the body is {kind}, not application/json")
        try:
            body = note["body"] = json.loads(note["raw"])
        except ValueError as error:
            raise Refused(400, f"the body is no JSON: {error}") from None
        return call(body)

    def check_key(self, headers):
        if self.isAnthropic:
            if headers.get("x-api-key") != KEY or "authorization" in headers:
                raise Refused(401, "invalid x-api-key", "authentication_error")
            if headers.get("anthropic-version") != "2023-06-01":
                raise Refused(400, "anthropic-version: header is required")
        elif headers.get("authorization") != f"Bearer {KEY}" or "x-api-key" in headers:
            given = headers.get("authorization", "")[7:]
            raise Refused(401, f"Incorrect API key provided: {given}.", "invalid_request_error", code="invalid_api_key")

    def fields(self, body, known, needed):
        if not isinstance(body, dict):
            raise Refused(400, "the body is no object")
        for name, value in body.items():
            if name in self.models.refuses:
                word = self.models.refuses[name]
                raise Refused(400, word or f"Unsupported parameter: '{name}'.", param=name, code="unsupported_parameter")
            if name not in known:
                raise Refused(400, f"{name}: Extra inputs are not permitted", param=name)
            if not isinstance(value, known[name]) or isinstance(value, bool) and known[name] is not bool:
                raise Refused(400, f"{name}: a value of the wrong type", param=name)
        for name in needed:
            if name not in body:
                raise Refused(400, f"{name}: Field required", param=name)
        if body["model"] not in self.models.names:
            raise Refused(404, f"The model `{body['model']}` does not exist", "invalid_request_error",
                          code="model_not_found")

    def chat(self, body):
        self.fields(body, CHAT_FIELDS, ("model", "messages"))
        if "stream_options" in body and not body.get("stream"):
            raise Refused(400, "stream_options is only for streams", param="stream_options")
        if not 0 <= body.get("temperature", 1) <= 2:
            raise Refused(400, "temperature: between 0 and 2", param="temperature")
        if not body["messages"]:
            raise Refused(400, "messages: at least one", param="messages")
        said = ""
        for number, message in enumerate(body["messages"]):
            role = message.get("role")
            if role not in ("system", "developer", "user", "assistant"):
                raise Refused(400, f"messages[{number}].role: {role}", param="messages")
            if role == "system" and number > 0:
                raise Refused(400, "System message must be at the beginning.", param="messages")
            if not isinstance(message.get("content"), str):
                raise Refused(400, f"messages[{number}].content: Input should be a valid string", param="messages")
            extra = set(message) - {"role", "content", "reasoning_content", "name"}
            if extra:
                raise Refused(400, f"messages[{number}]: {extra}", param="messages")
            if role == "user":
                said = message["content"]
        if not said:
            raise Refused(400, "messages: nothing from the user", param="messages")
        return ("chat", body, f"You said: {said}")

    def messages(self, body):
        self.fields(body, MESSAGE_FIELDS, ("model", "messages", "max_tokens"))
        if not 0 <= body.get("temperature", 1) <= 1:
            raise Refused(400, "temperature: range: 0..1")
        if body["max_tokens"] < 1:
            raise Refused(400, "max_tokens: must be greater than 0")
        if not body["messages"]:
            raise Refused(400, "messages: at least one message is required")
        said = ""
        for number, message in enumerate(body["messages"]):
            if set(message) != {"role", "content"}:
                raise Refused(400, f"messages.{number}: {sorted(message)}: Extra inputs are not permitted")
            if message["role"] not in ("user", "assistant"):
                raise Refused(400, f"messages.{number}.role: unexpected")
            content = message["content"]
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
            for block in blocks:
                if block["type"] == "text" and not block["text"]:
                    raise Refused(400, f"messages.{number}: text content blocks must be non-empty")
                if block["type"] == "thinking" and block.get("signature") != "c2lnbmF0dXJl":
                    raise Refused(400, f"messages.{number}: Invalid `signature` in `thinking` block")
            if message["role"] == "user":
                said = "".join(block["text"] for block in blocks if block["type"] == "text")
        if body["messages"][0]["role"] != "user":
            raise Refused(400, "messages: first message must use the \"user\" role")
        return ("messages", body, f"You said: {said}")

    def embeddings(self, body):
        self.fields(body, EMBEDDING_FIELDS, ("model", "input"))
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if not texts or not all(isinstance(text, str) and text for text in texts):
            raise Refused(400, "input: cannot be an empty string", param="input")
        if len(texts) > self.models.most_inputs:
            raise Refused(self.models.most_status, f"batch size is invalid, it should not be larger than {self.models.most_inputs}")
        if any(len(text) > self.models.longest for text in texts):
            raise Refused(400, f"maximum context length is {self.models.longest}")
        return ("embeddings", body, texts)

    def transcription(self, note):
        kind = note["headers"].get("content-type", "")
        if not kind.startswith("multipart/form-data; boundary="):
            raise Refused(415, "not multipart/form-data with a boundary")
        boundary = kind.split("boundary=")[1].strip('"').encode()
        parts = {}
        raw = note["raw"]
        if not raw.endswith(b"--" + boundary + b"--\r\n"):
            raise Refused(400, "the form does not end")
        for piece in raw.split(b"--" + boundary)[1:-1]:
            if piece[:2] != b"\r\n" or piece[-2:] != b"\r\n":
                raise Refused(400, "lines of the form do not end with CRLF")
            head, separator, content = piece[2:-2].partition(b"\r\n\r\n")
            if not separator:
                raise Refused(400, "a part of the form has no content")
            parts[head.split(b'name="')[1].split(b'"')[0].decode()] = (head.decode(), content)
        note["parts"] = parts
        unknown = set(parts) - {"file", "model", "language", "prompt", "response_format", "temperature"}
        if unknown or not {"file", "model"} <= set(parts):
            raise Refused(400, f"fields of the form: {sorted(parts)}")
        head, content = parts["file"]
        name = head.split('filename="')[1].split('"')[0]
        if name.rsplit(".", 1)[-1] not in SOUNDS:
            raise Refused(400, f"Invalid file format: {name}. Supported formats: {SOUNDS}")
        if "charset" in head or "Content-Type: " not in head:
            raise Refused(400, "the file has a wrong Content-Type")
        if len(content) > 25 << 20:
            raise Refused(413, "Maximum content size limit (26214400) exceeded")
        if parts["model"][1].decode() not in self.models.names:
            raise Refused(404, "no such model", code="model_not_found")
        if parts.get("response_format", ("", b"json"))[1] != b"json":
            raise Refused(400, "response_format: only json is here")
        if "language" in parts and len(parts["language"][1]) != 2:
            raise Refused(400, "language: ISO 639-1")
        return ("transcription", {}, f" I heard {len(content)} bytes.\n")

    # Answering

    def refuse(self, refused):
        error = {"message": refused.message, "type": refused.kind}
        if self.isAnthropic:
            value = {"type": "error", "error": error, "request_id": "req_1"}
        else:
            value = {"error": {**error, "param": refused.param, "code": refused.code}}
        self.send(refused.status, value)

    def send(self, status, value, headers=None, kind="application/json"):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def chunk(self, data):
        if data:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

    def open_stream(self, kind="text/event-stream"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def reset(self):
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def answer(self, asked, do):
        if "status" in do:
            return self.send(do["status"], do.get("body", {"error": {"message": "as told", "type": "told", "code": None}}),
                             do.get("headers"), do.get("kind", "application/json"))
        if do.get("drop"):
            return self.reset()
        if do.get("hang"):
            self.models.ended.wait(do["hang"])
            self.close_connection = True
            return None
        if "raw" in do:
            self.open_stream(do.get("kind", "text/event-stream"))
            for piece in do["raw"]:
                if isinstance(piece, (int, float)):
                    self.models.ended.wait(piece)
                else:
                    self.chunk(piece if isinstance(piece, bytes) else piece.encode())
            if do.get("reset"):
                return self.reset()
            return self.wfile.write(b"0\r\n\r\n")
        kind, body, content = asked
        if kind == "embeddings":
            return self.send(200, self.vectors(body, content))
        if kind == "transcription":
            return self.send(200, {"text": content, "usage": {"type": "tokens", "input_tokens": 9, "output_tokens": 3,
                                                              "total_tokens": 12}})
        text = do.get("text", content)
        if kind == "chat":
            events, whole = self.chat_answer(body, text, do)
        else:
            events, whole = self.message_answer(body, text, do)
        if not body.get("stream") or do.get("whole"):
            return self.send(200, whole)
        self.open_stream()
        for event in events:
            self.chunk(event)
            self.models.ended.wait(do.get("pause", 0))
        self.wfile.write(b"0\r\n\r\n")
        return None

    def vectors(self, body, texts):
        length = body.get("dimensions", 8)
        data = [{"object": "embedding", "index": index, "embedding": vector(text, length)}
                for index, text in enumerate(texts)]
        if body.get("encoding_format") == "base64":
            for item in data:
                item["embedding"] = base64.b64encode(struct.pack(f"<{length}f", *item["embedding"])).decode()
        # Their order is not promised; the numbers say it.
        count = sum(tokens(text) for text in texts)
        return {"object": "list", "data": data[::-1], "model": body["model"],
                "usage": {"prompt_tokens": count, "total_tokens": count}}

    def chat_answer(self, body, text, do):
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
                 "prompt_tokens_details": {"cached_tokens": 40}, "completion_tokens_details": {"reasoning_tokens": 5}}
        base = {"id": "chatcmpl-1", "created": 1, "model": body["model"] + "-0001", "system_fingerprint": None}
        thought = do.get("thought", "")
        finish = do.get("finish", "stop")

        def event(choices, **more):
            value = {**base, "object": "chat.completion.chunk", "choices": choices, **more}
            return f"data: {json.dumps(value)}\n\n".encode()

        def choice(delta, finish=None):
            return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]

        events = [b": keep-alive\n\n", event(choice({"role": "assistant", "content": "", "refusal": None}))]
        events += [event(choice({"reasoning_content": piece})) for piece in pieces(thought)]
        events += [event(choice({"content": piece})) for piece in pieces(text)]
        events.append(event(choice({}, finish)))
        if (body.get("stream_options") or {}).get("include_usage"):
            events.append(event([], usage=usage))
        events.append(b"data: [DONE]\n\n")
        message = {"role": "assistant", "content": text, "refusal": None}
        if thought:
            message["reasoning_content"] = thought
        whole = {**base, "object": "chat.completion", "usage": usage, "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}]}
        return events, whole

    def message_answer(self, body, text, do):
        usage = {"input_tokens": 60, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 40, "output_tokens": 1}
        content = []
        thought = do.get("thought", "")
        if thought:
            content.append(({"type": "thinking", "thinking": "", "signature": ""},
                            [{"type": "thinking_delta", "thinking": piece} for piece in pieces(thought)]
                            + [{"type": "signature_delta", "signature": "c2lnbmF0dXJl"}],
                            {"type": "thinking", "thinking": thought, "signature": "c2lnbmF0dXJl"}))
        content.append(({"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces(text)],
                        {"type": "text", "text": text}))
        finish = do.get("finish", "end_turn")
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"] + "-0001"}

        def event(kind, **more):
            return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()

        events = [event("message_start", message={
            **message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}), event("ping")]
        for index, (start, deltas, _) in enumerate(content):
            events.append(event("content_block_start", index=index, content_block=start))
            events += [event("content_block_delta", index=index, delta=delta) for delta in deltas]
            events.append(event("content_block_stop", index=index))
        events.append(event("message_delta", delta={"stop_reason": finish, "stop_sequence": None},
                            usage={"output_tokens": 20}))
        events.append(event("message_stop"))
        return events, {**message, "content": [block for _, _, block in content], "stop_reason": finish,
                        "stop_sequence": None, "usage": {**usage, "output_tokens": 20}}


class Models:
    """The server, in threads of this process."""

    def __init__(self, prefix=""):
        self.prefix = prefix
        self.requests, self.faults, self.planned = [], [], []
        self.names = {"small", "whisper-1", "vectors", "claude-small"}
        # Fields that the server does not take, with its words about it.
        self.refuses = {}
        self.most_inputs, self.most_status, self.longest = 2048, 400, 30_000
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.models = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.root = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.root}{prefix}/v1"

    def behave(self, **what):
        """What becomes of the next request that nothing was said about yet."""
        with self.lock:
            self.planned.append(what)

    def bodies(self):
        return [request.get("body") for request in self.requests]

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


if __name__ == "__main__":
    with Models() as models:
        print(models.url, KEY, flush=True)
        while True:
            time.sleep(3600)
