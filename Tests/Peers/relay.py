#!/usr/bin/env python3
"""usage: relay.py cut|multiply WORD ONCE PROGRAM [ARGUMENT ...]

Runs a program and hands on what it prints, up to the first line that holds WORD. `cut`: of that line a half goes
out, and the program dies. `multiply`: it goes out until there were 100 MB of it, and then what follows. The file
ONCE is made then; where it is, every line goes on as it is.
"""

import os
import signal
import subprocess
import sys

ALL = 100 << 20


def give(data):
    while data:
        data = data[os.write(1, data):]


def main():
    mode, word, once = sys.argv[1:4]
    word = b"" if os.path.exists(once) else word.encode()
    program = subprocess.Popen(sys.argv[4:], stdout=subprocess.PIPE)
    # Who ends the relay ends all below it; what is asked of it alone goes on to the program.
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    for line in program.stdout:
        if word and word in line:
            word = b""
            os.close(os.open(once, os.O_CREAT))
            if mode == "cut":
                give(line[:len(line) // 2])
                program.kill()
                program.wait()
                os.kill(os.getpid(), signal.SIGKILL)
            for _ in range(ALL // len(line)):
                give(line)
        give(line)
    sys.exit(program.wait() & 0xFF)


try:
    main()
except BrokenPipeError:
    sys.exit(1)
