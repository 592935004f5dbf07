#!/usr/bin/env python3
"""Holds Package.swift against the order of groups in ARCHITECTURE.md: a target depends only on
groups to its left, commands are folders of Sources/, and no C library is reached from where it
does not belong."""

import os
import re
import subprocess
import json
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GROUPS = [
    ["CPosix", "CSQLite", "CPCRE2", "CCrypto", "CCurl", "CMarkdown"],
    ["JSON", "System", "Console"],
    ["Wire", "Settings", "Crypto", "Text", "Markup", "Mail"],
    ["Store", "Network", "Web"],
    ["Policy", "Routing", "Limits", "Models", "Schedule", "Memory", "MCP"],
    ["Journal", "Requests", "Recall"],
    ["Gate"],
    ["Stage"],
    ["Turns", "Delivery", "Audit", "Goals", "Reminders"],
    ["Peers", "Speech"],
    ["Chat", "Approvals", "Hooks", "ModelContext", "Admin", "AgentTools"],
    ["*Wire"],
    ["Agent*", "Messenger*", "*Source", "*Messenger"],
    ["agim*"],
]
# Within the first group of Swift targets, Console stands on System; within the next, Mail on Text.
WITHIN = {("Console", "System"), ("Mail", "Text"), ("Turns", "Turns"), ("Web", "Network")}
# Who may touch the C libraries.
OWNERS = {"CSQLite": {"Store"}, "CPosix": {"System"}, "CPCRE2": {"Routing"}, "CCrypto": {"Crypto"},
          "CCurl": {"Network"}, "CMarkdown": {"Markup"}}


def group(name):
    for index, names in enumerate(GROUPS):
        for pattern in names:
            if name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])) \
                    or (pattern.startswith("*") and name.endswith(pattern[1:])):
                return index
    return None


def main():
    described = json.loads(subprocess.run(
        ["swift", "package", "dump-package"], cwd=TOP, check=True, capture_output=True, text=True).stdout)
    faults = []
    architecture = open(os.path.join(TOP, "ARCHITECTURE.md"), encoding="utf-8").read()
    for target in described["targets"]:
        name = target["name"]
        if target["type"] == "test" or target["path"].startswith("Tests/"):
            continue
        own = group(name)
        if own is None:
            faults.append(f"{name}: in no group; add it to ARCHITECTURE.md and Tests/Layout/layout.py")
            continue
        if not re.search(rf"\b{re.escape(name)}\b", architecture) and own < len(GROUPS) - 3:
            faults.append(f"{name}: not in ARCHITECTURE.md")
        for dependency in target["dependencies"]:
            other = (dependency.get("byName") or dependency.get("target"))[0]
            theirs = group(other)
            if theirs is None or theirs >= own and (name, other) not in WITHIN:
                faults.append(f"{name} depends on {other}, which is not to its left")
            if other in OWNERS and name not in OWNERS[other]:
                faults.append(f"{name} depends on {other}, which belongs to {OWNERS[other]}")
    sources = os.path.join(TOP, "Sources")
    for folder in sorted(os.listdir(sources)):
        if folder.startswith("agim") and not os.path.exists(os.path.join(TOP, "man", f"{folder}.1")):
            faults.append(f"{folder}: no manual page")
    # SQL and locks stay where section 10 of the design wants them.
    for root, _, files in os.walk(sources):
        for file in files:
            path = os.path.join(root, file)
            where = os.path.relpath(path, sources)
            if not file.endswith(".swift"):
                continue
            text = open(path, encoding="utf-8").read()
            if "import CSQLite" in text and not where.startswith("Kit/Store/"):
                faults.append(f"{where}: SQLite outside Kit/Store")
            if re.search(r"^\s*(package |internal |public )?import Foundation", text, re.M):
                faults.append(f"{where}: imports Foundation")
            if re.search(r"\btry!|\bfatalError\(|@unchecked Sendable|nonisolated\(unsafe\)", text):
                faults.append(f"{where}: a trap, or unchecked concurrency")
    for fault in faults:
        print(f"layout: {fault}")
    sys.exit(1 if faults else 0)


main()
