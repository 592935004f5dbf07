#!/usr/bin/env python3
"""Stands for agim-model embed in tests: a vector of a text, made of its character n-grams by hashing.

usage: embed.py [embed] [-0|--lines]

Deterministic and honest: it knows no meaning, only which letters stand together.
"""

import hashlib
import json
import math
import sys
import unicodedata

DIMENSION = 384


def vector(text):
    text = " " + unicodedata.normalize("NFKC", text).casefold() + " "
    values = [0.0] * DIMENSION
    for length, weight in ((1, 0.3), (2, 1.0), (3, 1.0)):
        for at in range(len(text) - length + 1):
            part = text[at:at + length]
            if part.isspace():
                continue
            digest = hashlib.blake2b(part.encode(), digest_size=8).digest()
            place = int.from_bytes(digest[:4], "little") % DIMENSION
            values[place] += weight if digest[4] & 1 else -weight
    size = math.sqrt(sum(value * value for value in values)) or 1.0
    return [round(value / size, 6) for value in values]


def main():
    words = [word for word in sys.argv[1:] if word != "embed"]
    data = sys.stdin.buffer.read().decode()
    if "-0" in words:
        texts = data.split("\0")
        texts = texts[:-1] if texts[-1] == "" else texts
    elif "--lines" in words:
        texts = data.splitlines()
    else:
        texts = [data]
    for index, text in enumerate(texts):
        print(json.dumps({"index": index, "model": "hashed-ngrams", "vector": vector(text)}))


if __name__ == "__main__":
    main()
