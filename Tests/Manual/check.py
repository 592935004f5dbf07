#!/usr/bin/env python3
"""Holds the manual pages against the commands: usage: check.py BIN-DIR.

Prints a line for each check that fails, then `N passed, M failed`; leaves with 1 if one failed.
What is checked is in the functions below. In the pages, comments tell what can be run:

    .\\" test              the literal block that follows (in EXAMPLES) must run with status 0
    .\\" test FILE         the same, with a block that was marked `file: FILE` in its directory
    .\\" needs: CMD...      before it as well: it is not run while there is no such command
    .\\" expect: TEXT      after that block: its output holds TEXT
    .\\" file: FILE        the literal block that follows is the content of FILE
    .\\" json              the literal block that follows holds JSON objects, each a line of agim
"""

import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# sysexits.h, success, what a shell gives for SIGPIPE, and what blocks for the programs that call a hook.
STATUSES = {0, 2, 141} | set(range(64, 79))
TIME_LIMIT = 60


class Page:
    """A page as lines, sections and blocks of its source."""

    def __init__(self, path):
        self.path = path
        self.file = os.path.basename(path)
        self.name, self.number = self.file.rsplit(".", 1)
        with open(path, encoding="utf-8") as source:
            self.lines = source.read().split("\n")

    def part(self, macro, title):
        """The lines of a section (`Sh`) or subsection (`Ss`); empty if there is none."""
        found = []
        inside = False
        for line in self.lines:
            if line.startswith(".Sh ") or macro == "Ss" and line.startswith(".Ss "):
                inside = line == f".{macro} {title}"
            elif inside:
                found.append(line)
        return found

    def blocks(self):
        """(section, comments before, lines, comments behind) of each literal block."""
        section = ""
        found = []
        before = []
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            at += 1
            if line.startswith(".Sh "):
                section = line[4:]
            if line.startswith('.\\" '):
                before.append(line[4:])
                continue
            if line.startswith(".Bd -literal"):
                body = []
                while at < len(self.lines) and self.lines[at] != ".Ed":
                    body.append(plain(self.lines[at]))
                    at += 1
                at += 1
                behind = []
                while at < len(self.lines) and self.lines[at].startswith('.\\" '):
                    behind.append(self.lines[at][4:])
                    at += 1
                found.append((section, before, body, behind))
            before = []
        return found


def plain(line):
    """The text of a line of a literal block."""
    for escape, text in (("\\(dq", '"'), ("\\(aq", "'"), ("\\(ga", "`"), ("\\&", ""), ("\\-", "-"), ("\\e", "\\")):
        line = line.replace(escape, text)
    return line


class Results:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, page, good, reason):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"{page}: {reason}")


def output(words, **more):
    return subprocess.run(words, capture_output=True, text=True, timeout=TIME_LIMIT, check=False, **more)


def check_form(pages, results):
    """Each page is what mandoc calls clean."""
    for page in pages:
        lint = output(["mandoc", "-T", "lint", "-W", "warning", page.path])
        first = (lint.stdout + lint.stderr).split("\n")[0]
        results.check(page.file, lint.returncode == 0, f"mandoc: {first}")
        results.check(page.file, page.lines[0] == ".Dd November 21, 2026", "the date is not that of the release")
        results.check(page.file, f".Dt {page.name.upper()} {page.number}" in page.lines, ".Dt does not name the page")


def check_references(pages, results):
    """Each .Xr of an agim page has a page."""
    known = {(page.name, page.number) for page in pages}
    for page in pages:
        for line in page.lines:
            for name, number in re.findall(r"\bXr (agim\S*) (\d)", line):
                results.check(page.file, (name, number) in known, f"refers to {name}({number}), which is not there")


def documented_options(page, results):
    """{(short, long): argument} of the items of OPTIONS."""
    options = {}
    for line in page.part("Sh", "OPTIONS"):
        if not line.startswith(".It Fl "):
            continue
        short = long = argument = ""
        spelling, _, argument = line[4:].partition(" Ar ")
        for word in re.findall(r"Fl (\S+)", spelling):
            if word.startswith("-"):
                long = "-" + word
            else:
                short = "-" + word
        results.check(page.file, (short, long) not in options, f"OPTIONS: {short or long} is described twice")
        options[short, long] = argument
    return options


def check_options(command, page, results):
    """OPTIONS against the option table of the command, in both directions."""
    table = output([command, "--help-options"])
    results.check(page.file, table.returncode == 0, "--help-options fails")
    real = {}
    for line in table.stdout.splitlines():
        short, long, argument, _ = line.split("\t")
        # The others are operands.
        if short or long:
            real[short, long] = argument
    written = documented_options(page, results)
    for names, argument in real.items():
        name = ", ".join(filter(None, names))
        results.check(page.file, names in written, f"OPTIONS: {name} is not documented")
        if names in written:
            results.check(
                page.file, written[names] == argument,
                f"OPTIONS: {name}: the argument is '{argument}', not '{written[names]}'")
    for names in written:
        name = ", ".join(filter(None, names))
        results.check(page.file, names in real, f"OPTIONS: {name} does not exist")


def check_usage(command, page, results):
    """SYNOPSIS against the usage of --help, word for word, in both directions."""
    usage = []
    for line in output([command, "--help"]).stdout.splitlines():
        form = re.match(rf"(?:usage:|      ) {page.name}\b(.*)", line)
        if not form:
            break
        usage.append(" ".join(form.group(1).split()))
    results.check(page.file, bool(usage), "--help shows no usage")
    text = output(["sh", "-c", 'mandoc -T utf8 "$1" | col -bx', "sh", page.path]).stdout
    synopsis = re.search(r"^SYNOPSIS\n(.*?)^\S", text, re.M | re.S)
    words = " ".join(synopsis.group(1).split()) if synopsis else ""
    forms = [form.strip() for form in re.split(rf"(?:^| ){page.name}(?= |$)", words)][1:]
    for form in usage:
        results.check(page.file, form in forms, f"SYNOPSIS: '{page.name} {form}' of --help is not there")
    for form in forms:
        results.check(page.file, form in usage, f"SYNOPSIS: '{page.name} {form}' is not in --help")


def check_statuses(page, results):
    """EXIT STATUS lists statuses that exist, 0 among them."""
    listed = [line[4:] for line in page.part("Sh", "EXIT STATUS") if line.startswith(".It ")]
    results.check(page.file, "0" in listed, "EXIT STATUS: 0 is not there")
    results.check(page.file, len(set(listed)) == len(listed), "EXIT STATUS: a status is listed twice")
    for status in listed:
        good = status.isdecimal() and int(status) in STATUSES
        results.check(page.file, good, f"EXIT STATUS: {status} is no status of sysexits.h")


def read_source(name):
    with open(os.path.join(TOP, "Sources", "Kit", name), encoding="utf-8") as source:
        return source.read()


def check_columns(page, schema, table, results):
    """The columns of a table, in both directions."""
    create = re.search(rf"CREATE TABLE {table} \((.*?)\n    \) STRICT", schema, re.S)
    # Columns begin their line with a lower-case name and a type.
    columns = set(re.findall(r"^ +(\w+) (?:INTEGER|TEXT|REAL|BLOB)\b", create.group(1) if create else "", re.M))
    written = set()
    for line in page.part("Ss", f"The table {table}"):
        if line.startswith(".It Ic "):
            written |= set(line[7:].split(" , "))
    for column in columns ^ written:
        where = "not documented" if column in columns else "not in the schema"
        results.check(page.file, False, f"The table {table}: column {column} is {where}")
    results.check(page.file, columns == written and columns, f"The table {table}: columns differ")


def check_store(page, results):
    """The tables and states of agim-store(5) against the schema and the state machines."""
    schema = read_source("Store/Migrations.swift") + read_source("Store/Migrations+Memory.swift")
    titles = {
        "inbox": "States of a message", "outbox": "States of a reply", "session": "States of a session",
        "request": "States of a request"}
    machines = {
        "inbox": "Journal/InboxMachine.swift", "outbox": "Journal/OutboxMachine.swift",
        "request": "Requests/RequestMachine.swift"}
    tables = re.findall(r"CREATE TABLE (\w+) \(", schema)
    described = [line[14:] for line in page.lines if line.startswith(".Ss The table ")]
    for table in set(tables) ^ set(described):
        results.check(page.file, False, f"table {table} is only in {'the schema' if table in tables else 'the page'}")
    for table in tables:
        check_columns(page, schema, table, results)
    for table, title in titles.items():
        create = re.search(rf"CREATE TABLE {table} \((.*?)\n    \) STRICT", schema, re.S)
        results.check(page.file, create is not None, f"{table}: not found in the schema")
        if not create:
            continue
        constraint = re.search(r"CHECK \((state.*)", create.group(1), re.S)
        real = set(re.findall(r"'(\w+)'", constraint.group(1))) if constraint else set()
        part = page.part("Ss", title)
        listed = [line[7:] for line in part if re.fullmatch(r"\.It Cm \w+", line)]
        results.check(page.file, sorted(listed) == sorted(real), f"{title}: {sorted(listed)}, in the schema {sorted(real)}")
        moves = set()
        for line in part:
            cells = [cell.strip() for cell in line[4:].split(" Ta ")] if " Ta " in line else []
            if len(cells) < 3 or cells[0].startswith("Em"):
                continue
            names = [re.fullmatch(r"Cm (\w+)|(-)", cell) for cell in cells[:2]]
            results.check(page.file, all(names), f"{title}: not two states: {line}")
            for name in filter(None, names):
                if name.group(1):
                    results.check(page.file, name.group(1) in real, f"{title}: no state '{name.group(1)}'")
            if all(names):
                moves.add((names[0].group(1), names[1].group(1)))
        for line in read_source(machines[table]).splitlines() if table in machines else []:
            case = re.match(r"\s+case (\(.*\)): \.(\w+)", line)
            for state in re.findall(r"\(\.(\w+), \.\w+\)", case.group(1)) if case else []:
                results.check(
                    page.file, (state, case.group(2)) in moves, f"{title}: {state} to {case.group(2)} is not there")


def check_json(page, body, results):
    decoder = json.JSONDecoder()
    text = "\n".join(body)
    while text.strip():
        try:
            line, end = decoder.raw_decode(text.lstrip())
        except ValueError as error:
            results.check(page.file, False, f"EXAMPLES: not JSON: {error}")
            return
        text = text.lstrip()[end:]
        good = isinstance(line, dict) and {"v", "type", "id", "time"} <= set(line)
        results.check(page.file, good, "EXAMPLES: an object without v, type, id or time")


def run_example(binaries, page, number, body, files, behind):
    """Faults of one example, run in a home and a directory of its own."""
    place = tempfile.mkdtemp(prefix="agim-manual.")
    try:
        work = os.path.join(place, "work")
        os.mkdir(work)
        for name, content in files.items():
            with open(os.path.join(work, name), "w", encoding="utf-8") as file:
                file.write("\n".join(content) + "\n")
        environment = {
            "PATH": f"{binaries}:{os.environ.get('PATH', '/usr/bin:/bin')}", "HOME": place, "LOGNAME": "ann",
            "AGIM_HOME": os.path.join(place, "home"), "LC_ALL": "C.UTF-8",
        }
        script = "\n".join(body) + "\n"
        try:
            # Of a session of its own, so that nothing of it outlives a time-out.
            run = subprocess.Popen(
                ["sh", "-eu", "-c", script], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
            out, errors = run.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, 9)
            return [f"example {number} runs longer than {TIME_LIMIT} s: {body[0]}"]
        faults = []
        if run.returncode != 0:
            last = errors.strip().split("\n")[-1]
            faults.append(f"example {number} leaves with {run.returncode}: {body[0]}: {last}")
        for line in behind:
            if line.startswith("expect: ") and line[8:] not in out:
                faults.append(f"example {number}: no '{line[8:]}' in the output: {body[0]}: {out.strip()[-200:]!r}")
        return faults
    finally:
        shutil.rmtree(place, ignore_errors=True)


def is_program(binaries, name):
    return os.access(os.path.join(binaries, name), os.X_OK)


def check_examples(binaries, pages, results):
    """Every example that is marked as runnable runs, and prints what it is to print."""
    jobs = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        for page in pages:
            blocks = page.blocks()
            files = {}
            for _, before, body, _ in blocks:
                for comment in before:
                    if comment.startswith("file: "):
                        files[comment[6:]] = body
            number = 0
            for section, before, body, behind in blocks:
                if "json" in before:
                    check_json(page, body, results)
                mark = [comment for comment in before if comment.split()[0] == "test"]
                if not mark:
                    results.check(page.file, not behind, f"{section}: 'expect' behind a block that is not run")
                    continue
                results.check(page.file, section == "EXAMPLES", f"{section}: a block to run outside EXAMPLES")
                number += 1
                lines = [comment[7:].split() for comment in before if comment.startswith("needs: ")]
                missing = [name for names in lines for name in names if not is_program(binaries, name)]
                if missing:
                    print(f"{page.file}: example {number} is not run: there is no {', '.join(missing)}")
                    continue
                wanted = mark[0].split()[1:]
                for name in wanted:
                    results.check(page.file, name in files, f"example {number}: no block 'file: {name}'")
                needed = {name: files[name] for name in wanted if name in files}
                jobs.append((page, pool.submit(run_example, binaries, page, number, body, needed, behind)))
            if page.number == "1":
                results.check(page.file, number > 0, "no example is marked as runnable")
        for page, job in jobs:
            faults = job.result()
            results.check(page.file, not faults, "; ".join(faults))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check.py BIN-DIR")
    binaries = os.path.abspath(sys.argv[1])
    pages = [Page(path) for path in sorted(glob.glob(os.path.join(TOP, "man", "*.[1-8]")))]
    by_name = {page.file: page for page in pages}
    results = Results()
    check_form(pages, results)
    check_references(pages, results)
    commands = sorted(
        name for name in os.listdir(os.path.join(TOP, "Sources"))
        if name == "agim" or name.startswith("agim-"))
    for name in commands:
        page = by_name.get(f"{name}.1")
        results.check(f"{name}.1", page is not None, "there is no such page")
        command = os.path.join(binaries, name)
        results.check(f"{name}.1", os.access(command, os.X_OK), f"{command} is not there")
        if page and os.access(command, os.X_OK):
            check_options(command, page, results)
            check_usage(command, page, results)
            check_statuses(page, results)
    for page in pages:
        if page.number == "1":
            results.check(page.file, page.name in commands, "a page without a command")
    if "agim-store.5" in by_name:
        check_store(by_name["agim-store.5"], results)
    else:
        results.check("agim-store.5", False, "there is no such page")
    check_examples(binaries, pages, results)
    print(f"{results.passed} passed, {results.failed} failed")
    sys.exit(1 if results.failed else 0)


if __name__ == "__main__":
    main()
