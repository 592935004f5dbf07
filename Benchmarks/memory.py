#!/usr/bin/env python3
"""How well memos are found, beside SQLite's default tokenizer and LIKE, and how fast.

usage: memory.py BIN-DIR [--quick]
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTS = os.path.join(TOP, "Tests", "Memory")


def numbers(words):
    out = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in out.splitlines())}


def words(text):
    return re.findall(r"\w+", text)


def default_tokenizer(memos, questions):
    """FTS5 as it comes, any of the words, by its own rank: what most programs do."""
    store = sqlite3.connect(":memory:")
    store.execute("CREATE VIRTUAL TABLE memo USING fts5(text)")
    store.executemany("INSERT INTO memo (rowid, text) VALUES (?, ?)", [(m["memo"], m["text"]) for m in memos])
    for question in questions:
        match = " OR ".join(f'"{word}"' for word in words(question["question"]))
        yield [n for (n,) in store.execute(
            "SELECT rowid FROM memo WHERE memo MATCH ? ORDER BY rank LIMIT 20", (match,))]


def like(memos, questions):
    """How many of the words stand in a memo, by LIKE."""
    store = sqlite3.connect(":memory:")
    store.execute("CREATE TABLE memo (n INTEGER PRIMARY KEY, text TEXT)")
    store.executemany("INSERT INTO memo VALUES (?, ?)", [(m["memo"], m["text"]) for m in memos])
    for question in questions:
        parts = words(question["question"])
        score = " + ".join("(text LIKE ?)" for _ in parts)
        rows = store.execute(
            f"SELECT n, {score} AS score FROM memo ORDER BY score DESC, n LIMIT 20", [f"%{part}%" for part in parts])
        yield [n for n, score in rows if score]


def quality(found, questions):
    three = reciprocal = 0
    for rows, question in zip(found, questions):
        if question["wanted"] in rows:
            place = rows.index(question["wanted"])
            three += place < 3
            reciprocal += 1 / (place + 1)
    return three / len(questions), reciprocal / len(questions)


def run(binaries, note, quick=False):
    """Notes every figure."""
    bench = os.path.join(binaries, "bench-memory")
    with tempfile.TemporaryDirectory() as folder:
        labelled = os.path.join(folder, "labelled")
        vectors = os.path.join(folder, "vectors")
        with open(labelled, "wb") as out:
            subprocess.run([os.path.join(TESTS, "labelled.py")], check=True, stdout=out)
        with open(labelled, encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        with open(vectors, "wb") as out:
            texts = "\0".join(row.get("text") or row["question"] for row in rows) + "\0"
            subprocess.run([os.path.join(TESTS, "embed.py"), "-0"], input=texts.encode(), check=True, stdout=out)
        memos = [row for row in rows if "memo" in row]
        questions = [row for row in rows if "question" in row]
        print(f"Recall: {len(questions)} questions over {len(memos)} memos")
        words_only = numbers([bench, "quality", labelled])
        joined = numbers([bench, "quality", labelled, vectors])
        for name, one in [("full-text search", words_only), ("with vectors of n-grams", joined)]:
            for key in ["all", "zh", "en", "mixed"]:
                note(f"recall at 3, {name}, {key}", one[f"{key}.recall3"], "", better="more")
                note(f"mean reciprocal rank, {name}, {key}", one[f"{key}.mrr"], "", better="more")
        for name, found in [("FTS5's default tokenizer", default_tokenizer), ("LIKE", like)]:
            for language in [None, "zh", "en", "mixed"]:
                asked = [q for q in questions if language in (None, q["language"])]
                three, reciprocal = quality(found(memos, asked), asked)
                note(f"recall at 3, {name}, {language or 'all'}", three, "", better="more")
                note(f"mean reciprocal rank, {name}, {language or 'all'}", reciprocal, "", better="more")
        count = 50_000 if quick else 1_000_000
        speed = numbers([bench, "speed", labelled, str(count)])
        note(f"search among {count} memos, median", speed["search.median"], "ms", 20)
        note(f"recall among {count} memos, median", speed["recall.median"], "ms", 20)
        note(f"search among {count} memos, worst", speed["search.worst"], "ms")
        note("memos stored in a second", speed["insert.per_second"], "/s")
        note(f"forgetting a person with {count} memos", speed["forget"], "ms")
        count = 10_000 if quick else 100_000
        near = numbers([bench, "vectors", str(count), "384"])
        note(f"exact search among {count} vectors of 384, median", near["vectors.median"], "ms", 50)


if __name__ == "__main__":
    def show(name, value, unit, limit=None, better="less"):
        budget = "" if limit is None else f"  (budget: at most {limit:g} {unit})"
        print(f"  {name:62} {value:10.3f} {unit}{budget}", flush=True)

    if len(sys.argv) < 2:
        sys.exit(__doc__)
    run(sys.argv[1], show, "--quick" in sys.argv)
