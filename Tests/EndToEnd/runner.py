"""Runs the tests, two at a time where nothing else is said, and looks for processes that they left behind.

Tests of a class with `alone = True` measure time or load: they run after the others, one by one.
"""

import concurrent.futures
import ctypes
import os
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
# Other tests that stand on these ones' support have a folder of their own.
TESTS = os.environ.get("AGIM_E2E_TESTS", HERE)
PR_SET_CHILD_SUBREAPER = 36
# Tests of programs that make one wait more than they work may run more of them at a time.
JOBS = int(os.environ.get("AGIM_E2E_JOBS", "2"))


class Result(unittest.TextTestResult):
    """A result that several threads may report to."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.lock = threading.RLock()
        self.began = {}
        self.bad = set()
        self.left_out = set()

    def startTest(self, test):
        with self.lock:
            self.testsRun += 1
            self.began[test.id()] = time.monotonic()

    def stopTest(self, test):
        pass

    def tell(self, test, word):
        seconds = time.monotonic() - self.began[test.id()]
        with self.lock:
            if self.showAll:
                self.stream.writeln(f"{word:5} {seconds:5.1f} s  {test.id().split('.', 1)[1]}")
                self.stream.flush()

    def addSuccess(self, test):
        self.tell(test, "ok")

    def addFailure(self, test, err):
        with self.lock:
            self.failures.append((test, self._exc_info_to_string(err, test)))
            self.bad.add(test.id())
        self.tell(test, "FAIL")

    def addError(self, test, err):
        with self.lock:
            self.errors.append((test, self._exc_info_to_string(err, test)))
            self.bad.add(test.id())
        self.tell(test, "ERROR")

    def addSkip(self, test, reason):
        test = getattr(test, "test_case", test)
        with self.lock:
            self.skipped.append((test, reason))
            self.left_out.add(test.id())
        self.tell(test, "skip")

    def addSubTest(self, test, subtest, err):
        if err is not None:
            with self.lock:
                self.failures.append((subtest, self._exc_info_to_string(err, test)))
                if test.id() not in self.bad:
                    self.bad.add(test.id())
                    self.tell(test, "FAIL")


class Plan:
    """The tests of a suite in their order: the slowest first, the sensitive ones last and alone."""

    def __init__(self, suite):
        tests = list(self.flatten(suite))
        self.alone = [test for test in tests if getattr(test, "alone", False)]
        self.together = [test for test in tests if not getattr(test, "alone", False)]
        self.together.sort(key=lambda test: -getattr(getattr(test, test._testMethodName, None), "seconds", 1))

    @classmethod
    def flatten(cls, suite):
        for entry in suite:
            if isinstance(entry, unittest.TestSuite):
                yield from cls.flatten(entry)
            else:
                yield entry

    def __call__(self, result):
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            for future in [pool.submit(test, result) for test in self.together]:
                future.result()
        for test in self.alone:
            test(result)


class Runner(unittest.TextTestRunner):
    resultclass = Result

    def run(self, test):
        return super().run(Plan(test))


def left_behind():
    """Our own descendants: orphans come to us, because we are a subreaper."""
    found = []
    for _ in range(50):
        found = []
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return found
        with open(f"/proc/{os.getpid()}/task/{os.getpid()}/children") as children:
            for pid in children.read().split():
                try:
                    with open(f"/proc/{pid}/cmdline") as words:
                        found.append((int(pid), words.read().replace("\0", " ")))
                except OSError:
                    pass
        if not found:
            return found
        time.sleep(0.1)
    return found


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    sys.path[:0] = [TESTS, HERE]
    # Where no test is named, all are meant.
    words = sys.argv[1:]
    if not any(word.startswith("test_") and words[max(0, at - 1)] != "-k" for at, word in enumerate(words)):
        sys.argv += sorted(name[:-3] for name in os.listdir(TESTS) if name.startswith("test_") and name.endswith(".py"))
    program = unittest.main(module=None, testRunner=Runner, exit=False, argv=["run"] + sys.argv[1:])
    result = program.result
    processes = left_behind()
    for pid, words in processes:
        print(f"left behind: {pid} {words}", file=sys.stderr)
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    failed = len({test.id() for test, _ in result.failures + result.errors if not hasattr(test, "test_case")} | result.bad)
    failed += bool(processes)
    passed = max(0, result.testsRun - len(result.bad | result.left_out))
    print(f"{passed} passed, {failed} failed" + (f", {len(result.left_out)} skipped" if result.left_out else ""), flush=True)
    sys.exit(1 if failed else 0)


main()
