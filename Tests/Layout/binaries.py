#!/usr/bin/env python3
"""Reads the size and the link list of every command: usage: binaries.py BIN-DIR."""

import os
import re
import subprocess
import sys

LIMIT = 8_000_000
# The C++ library of the Swift runtime is linked statically: it would be most of the start-up.
EVERYWHERE = {"libsqlite3.so", "libm.so", "libc.so", "ld-linux-x86-64.so", "ld-linux-aarch64.so"}
NETWORK = {"libcurl.so", "libwebsockets.so", "libcrypto.so", "libssl.so"}
MAY_NETWORK = {"agim-recv", "agim-send", "agim-model"}


def main():
    faults = []
    directory = sys.argv[1]
    commands = sorted(
        name for name in os.listdir(os.path.join(os.path.dirname(__file__), "../../Sources")) if name.startswith("agim"))
    for name in commands:
        path = os.path.join(directory, name)
        size = os.path.getsize(path)
        print(f"{name}: {size} bytes")
        if size > LIMIT:
            faults.append(f"{name}: {size} bytes, more than {LIMIT}")
        dynamic = subprocess.run(["readelf", "-d", "-h", path], check=True, capture_output=True, text=True).stdout
        needed = {re.sub(r"\.so.*", ".so", lib) for lib in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)}
        extra = needed - EVERYWHERE - (NETWORK if name in MAY_NETWORK else set())
        if extra:
            faults.append(f"{name}: links {', '.join(sorted(extra))}")
        if "BIND_NOW" not in dynamic and "NOW" not in dynamic:
            faults.append(f"{name}: binds lazily")
        if not re.search(r"Type:\s+DYN", dynamic):
            faults.append(f"{name}: not position-independent")
        sections = subprocess.run(["readelf", "-S", "-W", path], check=True, capture_output=True, text=True).stdout
        if ".symtab" in sections:
            faults.append(f"{name}: not stripped")
    for fault in faults:
        print(f"binaries: {fault}")
    sys.exit(1 if faults else 0)


main()
