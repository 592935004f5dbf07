"""The three model APIs: how each one's request is read, and how each one's answer is written."""

import base64
import json
import secrets


def text_of(content):
    """The text of a string or of a list of blocks, whatever they are called; images are named."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        content = [content]
    found = []
    for block in content:
        if isinstance(block, str):
            found.append(block)
        elif isinstance(block.get("text"), str):
            found.append(block["text"])
        elif image_of(block):
            found.append("[{} {} bytes]".format(*image_of(block)))
    return "\n".join(found)


def image_of(block):
    """(mime, size) of an image block of any of the APIs."""
    url = block.get("image_url")
    source = block.get("source") or {}
    if source.get("type") == "base64":
        return source.get("media_type"), size(source.get("data", ""))
    if isinstance(url, dict):
        url = url.get("url")
    if isinstance(url, str) and url.startswith("data:"):
        head, _, data = url.partition(",")
        return head[5:].split(";")[0], size(data)
    return None


def size(data):
    try:
        return len(base64.b64decode(data, validate=True))
    except ValueError:
        return -1


def blocks(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else \
        [block for block in content or [] if isinstance(block, dict)]


def pieces(text):
    """A text as a model streams it: small, and large ones in larger pieces."""
    step = 9 if len(text) < 2000 else 4096
    return [text[at:at + step] for at in range(0, len(text), step)] or [""]


def new(prefix):
    return prefix + secrets.token_hex(10)


class Anthropic:
    """`/v1/messages`."""

    def __init__(self, body, emit):
        self.emit = emit
        self.model = body.get("model", "mock-model")
        self.tools = {tool.get("name") for tool in body.get("tools") or []}
        self.content = []
        self.calls = False
        self.id = new("msg_")

    @staticmethod
    def entries(body):
        found = []
        for message in body.get("messages") or []:
            role = message.get("role")
            for block in blocks(message.get("content")):
                kind = block.get("type")
                if kind == "tool_result":
                    found += [("image", image_of(b)) for b in blocks(block.get("content")) if image_of(b)]
                    found.append(("result", text_of(block.get("content"))))
                elif kind == "tool_use":
                    found.append(("call", block.get("name")))
                elif image_of(block):
                    found.append(("image", image_of(block)))
                elif kind == "text" and role in ("user", "assistant"):
                    found.append((role, block.get("text", "")))
        return found

    def event(self, kind, **more):
        self.emit(f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n")

    def usage(self):
        return {"input_tokens": 11, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1}

    def begin(self):
        self.event("message_start", message={
            "id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": [],
            "stop_reason": None, "stop_sequence": None, "usage": self.usage()})

    def block(self, start, deltas, whole):
        index = len(self.content)
        self.content.append(whole)
        self.event("content_block_start", index=index, content_block=start)
        for delta in deltas:
            self.event("content_block_delta", index=index, delta=delta)
        self.event("content_block_stop", index=index)

    def text(self, text):
        self.block({"type": "text", "text": ""}, ({"type": "text_delta", "text": p} for p in pieces(text)),
                   {"type": "text", "text": text})

    def think(self, text):
        deltas = [{"type": "thinking_delta", "thinking": p} for p in pieces(text)]
        deltas.append({"type": "signature_delta", "signature": "c2lnbmF0dXJl"})
        self.block({"type": "thinking", "thinking": "", "signature": ""}, deltas,
                   {"type": "thinking", "thinking": text, "signature": "c2lnbmF0dXJl"})

    def tool(self, name, value):
        self.calls = True
        start = {"type": "tool_use", "id": new("toolu_"), "name": name, "input": {}}
        self.block(start, ({"type": "input_json_delta", "partial_json": p} for p in pieces(json.dumps(value))),
                   {**start, "input": value})

    def stop_reason(self):
        return "tool_use" if self.calls else "end_turn"

    def end(self):
        self.event("message_delta", delta={"stop_reason": self.stop_reason(), "stop_sequence": None},
                   usage={"output_tokens": 7})
        self.event("message_stop")

    def whole(self):
        return {"id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": self.content,
                "stop_reason": self.stop_reason(), "stop_sequence": None, "usage": {**self.usage(), "output_tokens": 7}}

    @staticmethod
    def error(status, message):
        kind = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
                404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error",
                529: "overloaded_error"}.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_mock"}

    def fail(self, status, message):
        self.event("error", **{k: v for k, v in self.error(status, message).items() if k != "type"})


class Chat:
    """`/v1/chat/completions`."""

    def __init__(self, body, emit):
        self.emit = emit
        self.model = body.get("model", "mock-model")
        self.tools = {(tool.get("function") or {}).get("name") for tool in body.get("tools") or []}
        self.with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        self.id = new("chatcmpl-")
        self.said, self.thought, self.calls = "", "", []

    @staticmethod
    def entries(body):
        found = []
        for message in body.get("messages") or []:
            role = message.get("role")
            content = message.get("content")
            images = [("image", image_of(block)) for block in blocks(content) if image_of(block)]
            if role == "tool":
                found += images + [("result", text_of(content))]
            elif role in ("user", "assistant"):
                found += images
                found += [(role, block["text"]) for block in blocks(content) if isinstance(block.get("text"), str)]
                found += [("call", (c.get("function") or {}).get("name")) for c in message.get("tool_calls") or []]
        return found

    def chunk(self, delta, finish=None, **more):
        self.emit("data: " + json.dumps({
            "id": self.id, "object": "chat.completion.chunk", "created": 1, "model": self.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}) + "\n\n")

    def begin(self):
        self.chunk({"role": "assistant", "content": ""})

    def text(self, text):
        self.said += text
        for piece in pieces(text):
            self.chunk({"content": piece})

    def think(self, text):
        self.thought += text
        for piece in pieces(text):
            self.chunk({"reasoning_content": piece})

    def tool(self, name, value):
        arguments = json.dumps(value)
        index, call = len(self.calls), {"id": new("call_"), "type": "function"}
        self.calls.append({**call, "function": {"name": name, "arguments": arguments}})
        self.chunk({"tool_calls": [{"index": index, **call, "function": {"name": name, "arguments": ""}}]})
        for piece in pieces(arguments):
            self.chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})

    def finish(self):
        return "tool_calls" if self.calls else "stop"

    @staticmethod
    def usage():
        return {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18,
                "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}

    def end(self):
        self.chunk({}, self.finish())
        if self.with_usage:
            self.emit("data: " + json.dumps({
                "id": self.id, "object": "chat.completion.chunk", "created": 1, "model": self.model, "choices": [],
                "usage": self.usage()}) + "\n\n")
        self.emit("data: [DONE]\n\n")

    def whole(self):
        message = {"role": "assistant", "content": self.said or None}
        if self.thought:
            message["reasoning_content"] = self.thought
        if self.calls:
            message["tool_calls"] = self.calls
        return {"id": self.id, "object": "chat.completion", "created": 1, "model": self.model, "usage": self.usage(),
                "choices": [{"index": 0, "message": message, "finish_reason": self.finish()}]}

    @staticmethod
    def error(status, message):
        code = {401: "invalid_api_key", 429: "rate_limit_exceeded"}.get(status)
        return {"error": {"message": message, "type": "invalid_request_error" if status < 429 else "server_error",
                          "param": None, "code": code}}

    def fail(self, status, message):
        self.emit("data: " + json.dumps(self.error(status, message)) + "\n\n")


class Responses:
    """`/v1/responses`."""

    def __init__(self, body, emit):
        self.emit = emit
        self.id = new("resp_")
        self.model = body.get("model", "mock-model")
        self.output = []
        self.sequence = 0
        # (namespace, is custom) of each tool, by every name that it can be called.
        self.tools = {}
        for tool in body.get("tools") or []:
            if tool.get("type") == "namespace":
                for inner in tool.get("tools") or []:
                    for between in ("/", "__"):
                        self.tools[tool["name"] + between + inner["name"]] = (tool["name"], inner["name"], False)
            elif tool.get("name"):
                self.tools[tool["name"]] = (None, tool["name"], tool.get("type") == "custom")

    @staticmethod
    def entries(body):
        found = []
        asked = body.get("input")
        for item in [{"type": "message", "role": "user", "content": asked}] if isinstance(asked, str) else asked or []:
            kind = item.get("type", "message")
            if kind == "message" and item.get("role") in ("user", "assistant"):
                for block in blocks(item.get("content")):
                    if image_of(block):
                        found.append(("image", image_of(block)))
                    elif isinstance(block.get("text"), str):
                        found.append((item["role"], block["text"]))
            elif kind in ("function_call", "custom_tool_call", "local_shell_call"):
                found.append(("call", item.get("name", kind)))
            elif kind.endswith("_call_output"):
                output = item.get("output")
                if isinstance(output, dict):
                    output = output.get("content", json.dumps(output))
                found += [("image", image_of(block)) for block in blocks(output) if image_of(block)]
                found.append(("result", text_of(output)))
        return found

    def event(self, kind, **more):
        self.emit(f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': self.sequence, **more})}\n\n")
        self.sequence += 1

    def state(self, status, **more):
        return {"id": self.id, "object": "response", "created_at": 1, "status": status, "model": self.model,
                "output": self.output, **more}

    def begin(self):
        self.event("response.created", response=self.state("in_progress"))

    def item(self, item, events=()):
        index = len(self.output)
        self.event("response.output_item.added", output_index=index,
                   item={**item, "status": "in_progress", **({"content": []} if item["type"] == "message" else {})})
        for kind, more in events:
            self.event(kind, output_index=index, item_id=item["id"], **more)
        self.output.append(item)
        self.event("response.output_item.done", output_index=index, item=item)

    def text(self, text):
        part = {"type": "output_text", "text": text, "annotations": []}
        events = [("response.content_part.added", {"content_index": 0, "part": {**part, "text": ""}})]
        events += [("response.output_text.delta", {"content_index": 0, "delta": piece}) for piece in pieces(text)]
        events.append(("response.output_text.done", {"content_index": 0, "text": text}))
        events.append(("response.content_part.done", {"content_index": 0, "part": part}))
        self.item({"type": "message", "id": new("msg_"), "role": "assistant", "status": "completed",
                   "content": [part]}, events)

    def think(self, text):
        part = {"type": "summary_text", "text": text}
        events = [("response.reasoning_summary_part.added", {"summary_index": 0, "part": {**part, "text": ""}})]
        events += [("response.reasoning_summary_text.delta", {"summary_index": 0, "delta": p}) for p in pieces(text)]
        events.append(("response.reasoning_summary_text.done", {"summary_index": 0, "text": text}))
        self.item({"type": "reasoning", "id": new("rs_"), "summary": [part]}, events)

    def tool(self, name, value):
        space, inner, custom = self.tools.get(name, (None, name, False))
        call = {"id": new("fc_"), "call_id": new("call_"), "name": inner, "status": "completed"}
        if space:
            call["namespace"] = space
        if custom:
            given = value if isinstance(value, str) else value.get("input", json.dumps(value))
            self.item({"type": "custom_tool_call", **call, "input": given})
            return
        arguments = json.dumps(value)
        events = [("response.function_call_arguments.delta", {"delta": piece}) for piece in pieces(arguments)]
        events.append(("response.function_call_arguments.done", {"arguments": arguments}))
        self.item({"type": "function_call", **call, "arguments": arguments}, events)

    def completed(self):
        return self.state("completed", usage={
            "input_tokens": 11, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 18})

    def end(self):
        self.event("response.completed", response=self.completed())

    whole = completed
    error = staticmethod(Chat.error)

    def fail(self, status, message):
        code = {429: "rate_limit_exceeded", 529: "server_is_overloaded"}.get(status, "server_error")
        self.event("response.failed", response=self.state("failed", error={"code": code, "message": message}))
