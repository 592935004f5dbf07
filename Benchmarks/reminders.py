"""agim-remind due with ten reminders and with a million, of which three are due: whole processes."""

import os
import sqlite3
import statistics
import subprocess
import time


def stored(binaries, home, count):
    """A store with so many reminders, three of them due."""
    env = dict(os.environ, AGIM_HOME=home)
    os.makedirs(home, mode=0o700)
    subprocess.run([f"{binaries}/agim-remind", "add", "--to", "stdin:a", "1h", "x"], env=env, check=True,
                   stdout=subprocess.DEVNULL)
    database = sqlite3.connect(f"{home}/agim.db")
    names = [row[1] for row in database.execute("pragma table_info(reminder)") if row[1] != "n"]
    later = "next + n * 1000 + 86400000"
    columns = ", ".join(later if name == "next" else name for name in names)
    database.execute(
        f"with recursive c(n) as (select 1 union all select n + 1 from c where n < ?) "
        f"insert into reminder ({', '.join(names)}) select {columns.replace('n * 1000', 'c.n * 1000')} from reminder, c "
        f"where reminder.n = 1", (count - 1,))
    database.commit()
    database.execute("pragma wal_checkpoint(truncate)")
    database.close()
    return env


def due(binaries, home, env, rounds):
    """Milliseconds of one run that prints three, in each of some rounds."""
    waits = []
    for _ in range(rounds):
        database = sqlite3.connect(f"{home}/agim.db")
        database.execute("delete from outbox")
        database.execute("update reminder set state = 'active', next = 1000, runs = 0 where n in (2, 5, 9)")
        database.commit()
        database.execute("pragma wal_checkpoint(truncate)")
        database.close()
        began = time.perf_counter()
        done = subprocess.run([f"{binaries}/agim-remind", "due"], env=env, check=True, stdout=subprocess.PIPE)
        waits.append((time.perf_counter() - began) * 1000)
        if done.stdout.count(b"\n") != 3:
            raise SystemExit(f"agim-remind due printed {done.stdout!r}")
    return statistics.median(waits)


def measure(binaries, top, rounds, many=1_000_000):
    """Milliseconds with ten and with many."""
    result = []
    for count in (10, many):
        home = f"{top}/reminders-{count}"
        env = stored(binaries, home, count)
        due(binaries, home, env, 2)
        result.append(due(binaries, home, env, rounds))
    return result
