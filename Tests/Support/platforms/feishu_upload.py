"""Uploads as Feishu takes them: forms in parts, and files that are what they say they are."""

import re

IMAGE_LIMIT = 10 << 20
FILE_LIMIT = 30 << 20
FILE_TYPES = {"opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"}


class UploadError(Exception):
    """The platform's code for an upload that it does not take."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def parts(content_type, body):
    """The parts of a form: {name: (file name or None, bytes)}.

    Raises UploadError where a server would be lost.
    """
    match = re.fullmatch(r'multipart/form-data; boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?', content_type or "")
    if not match:
        raise UploadError(234001, f"the content type {content_type!r} is not a form with a boundary")
    boundary = b"--" + match.group(1).encode()
    if not body.endswith((boundary + b"--\r\n", boundary + b"--")):
        raise UploadError(234001, "the form does not end with its boundary")
    pieces = (b"\r\n" + body).split(b"\r\n" + boundary)
    if pieces[0] != b"":
        raise UploadError(234001, "something stands before the first boundary")
    found = {}
    for piece in pieces[1:-1]:
        if not piece.startswith(b"\r\n") or b"\r\n\r\n" not in piece:
            raise UploadError(234001, "a part without a head")
        head, data = piece[2:].split(b"\r\n\r\n", 1)
        lines = head.decode("utf-8").split("\r\n")
        place = next((line for line in lines if line.lower().startswith("content-disposition:")), None)
        named = re.search(r'; name="([^"]+)"', place or "")
        if not named:
            raise UploadError(234001, "a part without a name")
        if named.group(1) in found:
            raise UploadError(234001, f"the part {named.group(1)} stands twice")
        file = re.search(r'; filename="((?:[^"\\]|\\.)*)"', place)
        found[named.group(1)] = (file and file.group(1), data)
    return found


def field(form, name):
    """A field that is no file."""
    if name not in form or form[name][0] is not None:
        raise UploadError(234001, f"the field {name} is missing")
    return form[name][1].decode("utf-8")


def file(form, name, limit):
    """The file of a form: its name and bytes."""
    if name not in form or form[name][0] is None:
        raise UploadError(234001, f"the file {name} is missing, or has no name")
    title, data = form[name]
    if not data:
        raise UploadError(234010, "File's size can't be 0.")
    if len(data) > limit:
        raise UploadError(234006, "The file size exceed the max value.")
    return title, data


def is_image(data):
    """Whether the first bytes are those of a picture that the platform knows."""
    starts = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"\x00\x00\x01\x00", b"II*\x00", b"MM\x00*")
    return data.startswith(starts) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or data[4:12] in {
        b"ftypheic", b"ftypheix", b"ftypmif1"}


def image(content_type, body):
    """Checks an uploaded picture, and gives its bytes."""
    form = parts(content_type, body)
    if field(form, "image_type") != "message":
        raise UploadError(234001, "image_type is not message")
    _, data = file(form, "image", IMAGE_LIMIT)
    if not is_image(data):
        raise UploadError(234011, "Can't regonnize the image format.")
    return data


def document(content_type, body):
    """Checks an uploaded file, and gives its type, name, duration and bytes."""
    form = parts(content_type, body)
    kind = field(form, "file_type")
    if kind not in FILE_TYPES:
        raise UploadError(234001, f"file_type {kind}")
    name = field(form, "file_name")
    if not name or "/" in name:
        raise UploadError(234001, f"file_name {name!r}")
    duration = None
    # Feishu's own client sends an empty one where it knows none.
    if "duration" in form and field(form, "duration"):
        if not field(form, "duration").isdigit():
            raise UploadError(234001, f"duration {field(form, 'duration')!r}")
        duration = int(field(form, "duration"))
    _, data = file(form, "file", FILE_LIMIT)
    if kind == "opus" and not (data.startswith(b"OggS") and b"OpusHead" in data[:200]):
        raise UploadError(234001, "a voice that is not Opus in Ogg")
    if kind == "mp4" and data[4:8] != b"ftyp":
        raise UploadError(234001, "a video that is not MP4")
    if kind == "pdf" and not data.startswith(b"%PDF-"):
        raise UploadError(234001, "a PDF that is none")
    return kind, name, duration, data
