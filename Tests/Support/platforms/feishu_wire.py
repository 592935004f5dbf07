"""What a fake Feishu needs of protobuf (pbbp2.Frame), WebSockets (RFC 6455, server side) and its encryption.

Written from the descriptions and not from our Swift, so that one finds the faults of the other.
"""

import base64
import hashlib
import os
import subprocess

FIELDS = {1: "seq_id", 2: "log_id", 3: "service", 4: "method", 6: "payload_encoding", 7: "payload_type", 8: "payload",
          9: "log_id_new"}


def varint(number):
    out = b""
    number &= (1 << 64) - 1
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def chunk(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data


def encode(frame):
    """The bytes of a frame: a dictionary of FIELDS' names, and `headers`, a list of pairs."""
    out = b""
    for field in (1, 2, 3, 4):
        out += varint(field << 3) + varint(frame.get(FIELDS[field], 0))
    for key, value in frame.get("headers", []):
        out += chunk(5, chunk(1, key) + chunk(2, value))
    for field in (6, 7, 8, 9):
        if frame.get(FIELDS[field]) is not None:
            out += chunk(field, frame[FIELDS[field]])
    return out


def fields(data):
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
    while at < len(data):
        tag = number()
        if tag & 7 == 0:
            yield tag >> 3, number()
        elif tag & 7 == 2:
            length = number()
            if at + length > len(data):
                raise ValueError("cut off")
            at += length
            yield tag >> 3, data[at - length:at]
        else:
            raise ValueError(f"a field of kind {tag & 7}")


def decode(data):
    """A frame of its bytes; ValueError, IndexError for what is none."""
    frame = {"headers": []}
    for field, value in fields(data):
        if field == 5:
            pair = dict(fields(value))
            frame["headers"].append((pair[1].decode(), pair[2].decode()))
        else:
            name = FIELDS[field]
            frame[name] = value if field in (1, 2, 3, 4, 8) else value.decode()
    for field in (1, 2, 3, 4):
        if FIELDS[field] not in frame:
            raise ValueError(f"no {FIELDS[field]}")
    return frame


# WebSocket

def accept_key(key):
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()


def ws_frame(opcode, data, final=True):
    head = bytes([(0x80 if final else 0) | opcode])
    if len(data) < 126:
        head += bytes([len(data)])
    elif len(data) < 65536:
        head += bytes([126]) + len(data).to_bytes(2, "big")
    else:
        head += bytes([127]) + len(data).to_bytes(8, "big")
    return head + data


class Closed(Exception):
    """The other end is gone."""


def exactly(stream, count):
    data = b""
    while len(data) < count:
        try:
            more = stream.read(count - len(data))
        except OSError as error:
            raise Closed() from error
        if not more:
            raise Closed()
        data += more
    return data


def ws_read(stream):
    """One frame of a client: (opcode, data, final). A frame without a mask is a fault."""
    first, second = exactly(stream, 2)
    length = second & 0x7F
    if length == 126:
        length = int.from_bytes(exactly(stream, 2), "big")
    elif length == 127:
        length = int.from_bytes(exactly(stream, 8), "big")
    if not second & 0x80:
        raise ValueError("a client's frame has no mask")
    if first & 0x70:
        raise ValueError("reserved bits are set")
    mask = exactly(stream, 4)
    data = exactly(stream, length)
    return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)), bool(first & 0x80)


# Encryption of pushes

def encrypt(key, text):
    """What Feishu puts into `encrypt`: AES-256-CBC by the openssl program."""
    vector = os.urandom(16)
    sealed = subprocess.run(
        ["openssl", "enc", "-aes-256-cbc", "-K", hashlib.sha256(key.encode()).hexdigest(), "-iv", vector.hex()],
        input=text.encode(), capture_output=True, check=True).stdout
    return base64.b64encode(vector + sealed).decode()


def sign(time, nonce, key, body):
    return hashlib.sha256(time.encode() + nonce.encode() + key.encode() + body).hexdigest()
