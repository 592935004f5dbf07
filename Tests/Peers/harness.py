"""What tests with real agents share: their programs, homes and keys, a model on loopback, and ways to watch them.

Beside `Case` and `GateCase` of Tests/EndToEnd, which do everything that is not about the programs.
"""

import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
import unittest

import peers
from model import Model
from talk import GateCase, Talk

__all__ = ["Dialogue", "PeerCase", "PNG"]

# A picture of two by two points, 73 bytes.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73"
    "0000001049444154789c63f8cf0004ff192014001bf203fdd696f22b0000000049454e44ae426082")


class Dialogue:
    """A child that is spoken to in JSON lines: what it said is kept, and can be waited for."""

    def __init__(self, test, words, env, cwd):
        self.test = test
        self.said, self.stray = [], []
        self.lines = queue.Queue()
        self.stderr = open(test.path(f"stderr-{len(test.dialogues)}"), "w+b")
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, env=env, cwd=cwd,
            start_new_session=True)
        self.at = 0
        self.ids = 0
        # What is answered at once when the child asks: {method: what makes the result of the parameters}.
        self.answers = {}
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        test.dialogues.append(self)

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def send(self, value):
        self.process.stdin.write(json.dumps(value).encode() + b"\n")
        self.process.stdin.flush()

    def errors(self):
        self.stderr.seek(0)
        return self.stderr.read()[-3000:].decode(errors="replace")

    def expect(self, wanted, limit=60, what="the line"):
        """The next message for which `wanted` is true; those before it stay in `said`."""
        deadline = time.monotonic() + limit
        while True:
            while self.at < len(self.said):
                message = self.said[self.at]
                self.at += 1
                if wanted(message):
                    return message
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                tail = "\n".join(json.dumps(message)[:400] for message in self.said[-12:])
                ended = "" if self.process.poll() is None else f" (ended with {self.process.returncode})"
                raise AssertionError(f"{what} has not come{ended}\n{tail}\n{self.stray[-5:]}\n{self.errors()}")
            try:
                message = json.loads(line)
                if not isinstance(message, dict):
                    raise ValueError
            except ValueError:
                self.stray.append(line)
                continue
            self.said.append(message)
            if "id" in message and message.get("method") in self.answers:
                answer = {"jsonrpc": "2.0", "id": message["id"]}
                try:
                    answer["result"] = self.answers[message["method"]](message["params"])
                except OSError as error:
                    answer["error"] = {"code": -32002, "message": str(error)}
                self.send(answer)

    def call(self, method, params=None, limit=60, **envelope):
        """A JSON-RPC request and its answer; what comes before the answer can be expected afterwards."""
        self.ids += 1
        self.send({**envelope, "method": method, "id": self.ids, "params": params or {}})
        number, at = self.ids, self.at
        answer = self.expect(
            lambda m: m.get("id") == number and "method" not in m, limit, f"the answer to {method}")
        self.at = at
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer["result"]

    def end(self, limit=30):
        """The end of its input; its exit status."""
        self.process.stdin.close()
        return self.process.wait(limit)

    def clean(self):
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        self.reader.join(5)
        for stream in (self.process.stdin, self.process.stdout, self.stderr):
            try:
                stream.close()
            except OSError:
                pass


class PeerTalk(Talk):
    """A conversation with real programs, which take their time to start."""

    def reply(self, message, limit=60):
        return super().reply(message, limit)

    def card(self, message, limit=60):
        return super().card(message, limit)

    def ask(self, text, limit=60, **more):
        return super().ask(text, limit, **more)

    def settled(self, request, *states, limit=60):
        return super().settled(request, *states, limit=limit)


class PeerCase(GateCase):
    """A test with a model server, and a home of its own for each real program."""

    def setUp(self):
        self.dialogues = []
        self.model = None
        super().setUp()
        self.model = Model(self.path("requests.jsonl"))
        self.addCleanup(self.model.stop)
        self.addCleanup(lambda: [dialogue.clean() for dialogue in self.dialogues])

    # The programs

    def program(self, name):
        """The path of a real program."""
        path = peers.program(name)
        if path is None:
            if name in os.environ.get("AGIM_PEERS_LEFT_OUT", "").split():
                raise unittest.SkipTest(f"{name} cannot be installed here")
            raise AssertionError(f"{name} is not installed: run Tests/Peers/install {name}")
        return path

    def own(self, name):
        """A directory of this test's that takes a program's own settings and sessions."""
        path = os.path.join(self.user, name)
        os.makedirs(path, exist_ok=True)
        return path

    def agent(self, name, **more):
        """What `config.json` says of a real agent: program and variables, as `command` and `env`; `None` says nothing."""
        words, env = getattr(self, "agent_" + name)(self.program(name))
        driver = name if name in ("claude", "codex") else "acp"
        if name == "hermes":
            # Confined, as it is by itself, it would not find its own files where the cache is hidden, below /root.
            more = {"sandbox": "none", **more}
        said = {"driver": driver, "command": words, "env": env, "workdir": self.work, **more}
        return {key: value for key, value in said.items() if value is not None}

    def agent_claude(self, program):
        return [program], {
            "ANTHROPIC_BASE_URL": self.model.url, "ANTHROPIC_API_KEY": "none", "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CONFIG_DIR": self.own("claude"),
            "CLAUDE_CODE_MAX_RETRIES": "2"}

    def agent_codex(self, program):
        home = self.own("codex")
        with open(os.path.join(home, "config.toml"), "w") as file:
            file.write(f"""model = "mock-model"
model_provider = "mock"
[model_providers.mock]
name = "Mock"
base_url = "{self.model.url}/v1"
wire_api = "responses"
env_key = "MOCK_KEY"
request_max_retries = 2
stream_max_retries = 2
[analytics]
enabled = false
""")
        # Below the directory for temporary files it makes no helper programs, and its sandbox starts nothing.
        temporary = self.own("tmp")
        return [program], {"CODEX_HOME": home, "MOCK_KEY": "none", "TMPDIR": temporary}

    def agent_kimi(self, program):
        # Its settings are below HOME, wherever that is.
        home = self.own("kimi")
        os.makedirs(os.path.join(home, ".kimi"), exist_ok=True)
        with open(os.path.join(home, ".kimi/config.toml"), "w") as file:
            file.write(f"""default_model = "mock"
[models.mock]
provider = "mock"
model = "mock-model"
max_context_size = 200000
capabilities = ["image_in"]
[providers.mock]
type = "openai_legacy"
base_url = "{self.model.url}/v1"
api_key = "none"
[loop_control]
max_retries_per_step = 2
""")
        return [program, "acp"], {"HOME": home, "KIMI_CLI_NO_AUTO_UPDATE": "1"}

    def agent_vibe(self, program):
        home = self.own("vibe")
        with open(os.path.join(home, "config.toml"), "w") as file:
            file.write(f"""active_model = "mock"
enable_telemetry = false
enable_update_checks = false
enable_auto_update = false
[[providers]]
name = "mock"
api_base = "{self.model.url}/v1"
api_key_env_var = "MOCK_KEY"
backend = "generic"
[[models]]
name = "mock-model"
provider = "mock"
alias = "mock"
supports_images = true
""")
        return [program], {"HOME": home, "VIBE_HOME": home, "MOCK_KEY": "none"}

    def agent_fastagent(self, program):
        home = self.own("fastagent")
        with open(os.path.join(home, "fast-agent.yaml"), "w") as file:
            file.write("llm_retries: 0\n")
        return [program, "--model", "generic.mock-model", "-x"], {
            "HOME": home, "FAST_AGENT_HOME": home, "GENERIC_API_KEY": "none",
            "GENERIC_BASE_URL": self.model.url + "/v1"}

    def agent_hermes(self, program):
        home = self.own("hermes")
        with open(os.path.join(home, "config.yaml"), "w") as file:
            # `smart` would let a model decide in a person's place.
            file.write(f"""model:
  provider: custom
  default: mock-model
  base_url: "{self.model.url}/v1"
  api_key: none
approvals:
  mode: manual
""")
        return [program], {"HOME": home, "HERMES_HOME": home}

    def configure_peers(self, *names, agents=None, **more):
        """Writes `config.json` with these real agents; `agents={NAME: {…}}` adds to what is said of one."""
        extra = agents or {}
        found = {name: self.agent(name, **extra.get(name, {})) for name in names}
        found.update({name: value for name, value in extra.items() if name not in names})
        self.configure(agents=found, **more)

    def talk(self, *stages, **options):
        return PeerTalk(self, list(stages) or None, **options)

    def talk_with(self, *names, stages=None, agents=None, **more):
        """A running `agim-recv | agim-approve | agim-run NAME … | agim-send` with real agents; see talk.py."""
        self.configure_peers(*names, agents=agents, **more)
        return self.talk(*(stages or (["agim-approve"], ["agim-run", *names])))

    def environment(self, name):
        """What a program finds when a test runs it without agim."""
        agent = self.agent(name)
        return agent["command"], {**self.env, **agent["env"], "PWD": self.work}

    def dialogue(self, name, *words, env=None):
        """A real program, run without agim."""
        command, variables = self.environment(name)
        return Dialogue(self, [*command, *words], {**variables, **(env or {})}, self.work)

    # People

    def allow(self, talk, request):
        """Somebody writes the word that allows one request."""
        return talk.say("y " + request["code"])

    def deny(self, talk, request):
        return talk.say("n " + request["code"])

    # Processes

    def stage(self, talk, name):
        """The process of a stage of a running pipeline, which may be the guardian of another one."""
        return next(p for p in talk.live.procs if isinstance(p.args, list) and p.args[0] == name)

    def kill_stage(self, talk, name):
        """kill -9 of a stage, its guardian included."""
        process = self.stage(talk, name)
        for pid in {self.worker(process), process.pid}:
            self.kill(pid)

    @staticmethod
    def kill(pid):
        """kill -9, of one that may be gone."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def of_agents(self):
        """Living processes of this test that a real program is, or has started: {pid: command line}."""
        found = {}
        for pid, words in self.processes().items():
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    variables = file.read()
                program = os.readlink(f"/proc/{pid}/exe")
            except OSError:
                continue
            # A turn's own variables, or a program out of the cache.
            if re.search(rb"(^|\0)AGIM_(TURN|HOLDER)=", variables) or peers.cache() in program + words:
                if not os.path.basename(program).startswith("agim-"):
                    found[pid] = words
        return found

    def commands(self, words):
        """Living processes of this test whose command line holds these words: {pid: command line}."""
        return {pid: line for pid, line in self.processes().items() if words in line}

    def has_ended(self, pid):
        """Whether a process is gone, or is only waited for by its parent."""
        try:
            with open(f"/proc/{pid}/stat") as file:
                return file.read().rpartition(")")[2].split()[0] in "ZX"
        except OSError:
            return True

    def assertNoAgents(self, limit=10):
        """Every process of an agent has ended."""
        deadline = time.monotonic() + limit
        while (left := self.of_agents()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(left, "processes of an agent are left")

    # What the model was asked

    def wait_for_model(self, wanted, limit=30, what="a request to the model"):
        """Waits until the log of the model holds a request for which `wanted(note)` is true."""
        return self.wait_for(lambda: next((n for n in self.model.notes() if wanted(n)), None), limit, what)
