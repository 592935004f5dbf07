"""The installer, with a registry on loopback that has one small package."""

import http.server
import io
import os
import signal
import subprocess
import sys
import threading
import zipfile

from support import Case

HERE = os.path.dirname(os.path.abspath(__file__))
INSTALL = os.path.join(HERE, "install")
# The installer with another table of programs than its own.
SMALL = """
import importlib.machinery, importlib.util, sys
sys.path.insert(0, {here!r})
sys.dont_write_bytecode = True
import peers
peers.PEERS.clear()
peers.PEERS["small"] = {{"package": "agim-small-peer", "version": {version!r}, "kind": {kind!r},
    "program": {program!r}, "keep": ["small/"], "python": ({least!r}, (3, 99))}}
loader = importlib.machinery.SourceFileLoader("install", {install!r})
module = importlib.util.module_from_spec(importlib.util.spec_from_loader("install", loader))
loader.exec_module(module)
sys.argv = ["install"] + {words!r}
sys.exit(module.main())
"""


class Registry(http.server.ThreadingHTTPServer):
    """Serves one wheel, or hangs over it."""

    daemon_threads = True

    def __init__(self):
        registry = self
        self.hang = False
        self.loads = 0
        self.ended = threading.Event()
        wheel = io.BytesIO()
        with zipfile.ZipFile(wheel, "w") as archive:
            program = zipfile.ZipInfo("small/bin/program")
            program.external_attr = 0o100755 << 16
            archive.writestr(program, "#!/bin/sh\necho small 1.0\n")
            archive.writestr("agim_small_peer-1.0.dist-info/METADATA",
                             "Metadata-Version: 2.1\nName: agim-small-peer\nVersion: 1.0\n")
            archive.writestr("agim_small_peer-1.0.dist-info/WHEEL",
                             "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr("agim_small_peer-1.0.dist-info/RECORD", "")

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                if self.path.endswith(".whl"):
                    registry.loads += 1
                    data, kind = wheel.getvalue(), "application/octet-stream"
                    if registry.hang:
                        registry.ended.wait(60)
                elif self.path.startswith("/simple/agim-small-peer"):
                    data, kind = b'<a href="/agim_small_peer-1.0-py3-none-any.whl">x</a>', "text/html"
                else:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, *_):
        """Clients are killed here."""

    @property
    def url(self):
        return "http://127.0.0.1:%d/simple" % self.server_address[1]

    def stop(self):
        self.ended.set()
        self.shutdown()
        self.server_close()


class Install(Case):
    def setUp(self):
        super().setUp()
        self.registry = Registry()
        self.addCleanup(self.registry.stop)
        self.cache = self.path("cache")

    def environment(self, url=None):
        # Its home, where a person's own settings of pip are, is this test's.
        return {**self.env, "PATH": os.environ["PATH"], "AGIM_PEERS": self.cache, "PIP_INDEX_URL": url or self.registry.url,
                "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}

    def words(self, *more, version="1.0", kind="wheel", program="small/bin/program", least=(3, 8)):
        return [sys.executable, "-c", SMALL.format(
            here=HERE, install=INSTALL, version=version, kind=kind, program=program, least=least, words=list(more))]

    def install(self, *more, url=None, **options):
        return subprocess.run(
            self.words(*more, **options), env=self.environment(url), capture_output=True, text=True, timeout=120)

    def ready(self):
        return os.path.exists(os.path.join(self.cache, "small-1.0", "agim-ready"))

    def test_a_wheel(self):
        """Installed once, and left alone the next time; what is half there is made anew."""
        self.assertEqual(self.install("--missing").stdout, "small\n")
        done = self.install()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("installed in", done.stdout)
        program = os.path.join(self.cache, "small-1.0/small/bin/program")
        self.assertEqual(subprocess.check_output([program], text=True), "small 1.0\n")
        self.assertEqual(self.install("--missing").stdout, "\n")
        again = self.install()
        self.assertEqual((again.returncode, again.stdout, self.registry.loads), (0, "", 1))
        os.unlink(os.path.join(self.cache, "small-1.0/agim-ready"))
        with open(program, "w") as file:
            file.write("half")
        self.assertEqual(self.install("--missing").stdout, "small\n")
        self.assertEqual(self.install().returncode, 0)
        self.assertEqual(subprocess.check_output([program], text=True), "small 1.0\n")

    def test_killed_in_the_middle(self):
        """SIGTERM takes its pip with it, SIGKILL leaves what is never used and is made anew."""
        self.registry.hang = True
        for number in (signal.SIGTERM, signal.SIGKILL):
            before = self.registry.loads
            process = subprocess.Popen(self.words(), env=self.environment(), stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            self.wait_for(lambda: self.registry.loads > before, 30, "the download")
            process.send_signal(number)
            process.wait(20)
            if number == signal.SIGTERM:
                self.wait_for(lambda: not self.processes(), what="the end of pip")
            self.assertFalse(self.ready())
        # The pip of the one that was killed is still there, and is in nobody's way.
        self.registry.hang = False
        self.assertEqual(self.install().returncode, 0)
        self.assertTrue(self.ready())
        self.registry.ended.set()
        self.wait_for(lambda: not self.processes(), 20, "the end of the other pip")

    def test_no_registry(self):
        """No answer is no failure of a package: status 75, in words."""
        done = self.install(url="http://127.0.0.1:9/simple")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertIn("the package registry could not be reached", done.stderr)
        self.assertFalse(self.ready())

    def test_no_answer_in_time(self):
        self.registry.hang = True
        done = self.install("--limit", "8")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertFalse(self.processes())

    def test_a_version_that_is_gone(self):
        """A registry that has other versions only is a failure, as the pinned one is wrong."""
        done = self.install(version="2.0")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("agim-small-peer 2.0", done.stderr)

    def test_no_python_fits(self):
        done = self.install(kind="venv", program="bin/program", least=(3, 90))
        self.assertEqual(done.returncode, 69, done.stderr)
        self.assertIn("it needs Python 3.90 or later", done.stderr)

    def test_an_environment_without_the_program(self):
        done = self.install(kind="venv", program="bin/program")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("holds no bin/program", done.stderr)
        self.assertFalse(self.ready())

    def test_two_at_once(self):
        """They wait for each other, and one of them does the work."""
        running = [subprocess.Popen(self.words(), env=self.environment(), stdout=subprocess.PIPE, text=True)
                   for _ in range(2)]
        said = [process.communicate(timeout=120)[0] for process in running]
        self.assertEqual([process.returncode for process in running], [0, 0])
        self.assertEqual(sorted(bool(text) for text in said), [False, True])
        self.assertEqual(self.registry.loads, 1)
