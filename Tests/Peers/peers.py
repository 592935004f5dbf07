"""The real programs that tests run: what they are called, where they are kept, and which of them are there."""

import os

# A pinned package each. A "wheel" is unpacked, as it holds a program that needs no Python; a "venv" gets an
# environment of its own. `python` are the interpreters that the package takes: at least, and below.
PEERS = {
    "claude": {"package": "claude-agent-sdk", "version": "0.2.186", "kind": "wheel",
               "program": "claude_agent_sdk/_bundled/claude", "keep": ["claude_agent_sdk/_bundled/"]},
    "codex": {"package": "openai-codex-cli-bin", "version": "0.163.0", "kind": "wheel",
              "program": "codex_cli_bin/bin/codex", "keep": ["codex_cli_bin/"]},
    "kimi": {"package": "kimi-cli", "version": "1.3", "kind": "venv",
             # With Python 3.12.1 its ACP server falls over at start.
             "program": "bin/kimi", "python": ((3, 13), (3, 14))},
    "vibe": {"package": "mistral-vibe", "version": "3.0.2", "kind": "venv",
             "program": "bin/vibe-acp", "python": ((3, 12), (3, 14))},
    "fastagent": {"package": "fast-agent-mcp", "version": "0.10.46", "kind": "venv",
                  "program": "bin/fast-agent-acp", "python": ((3, 12), (3, 16))},
    "hermes": {"package": "hermes-agent[acp]", "version": "0.19.0", "kind": "venv",
               "program": "bin/hermes-acp", "python": ((3, 12), (3, 14))},
    # Not an agent: a mail server, which our mail is sent to.
    "aiosmtpd": {"package": "aiosmtpd", "version": "1.4.6", "kind": "venv",
                 "program": "bin/python", "python": ((3, 9), (3, 15))},
    # Not an agent: Feishu's own code, which our fake Feishu is held against.
    "lark": {"package": "lark-oapi", "version": "1.7.5", "kind": "venv",
             "program": "bin/python", "python": ((3, 9), (3, 15))},
    # Not an agent: a client of the Bot API that many use, which our fake Bot API is held against.
    "telegram": {"package": "python-telegram-bot", "version": "22.8", "kind": "venv",
                 "program": "bin/python", "python": ((3, 10), (3, 16))},
    # Not an agent: the protocol's own Python library, a client that our server is held against.
    "mcp": {"package": "mcp", "version": "2.3.0", "kind": "venv",
            "program": "bin/python", "python": ((3, 10), (3, 15))},
    # Not an agent: the clients of OpenAI and Anthropic, which our fake model endpoints are held against.
    "models": {"package": "openai", "version": "3.24.0", "kind": "venv", "also": ["anthropic==1.11.0"],
               "program": "bin/python", "python": ((3, 10), (3, 16))},
    # Apprise, with slack_sdk and standardwebhooks beside it: clients that our fake push services are held against.
    "push": {"package": "apprise", "version": "2.2.0", "kind": "venv", "also": ["slack_sdk==3.47.0", "standardwebhooks==1.1.0"],
             "program": "bin/python", "python": ((3, 9), (3, 15))},
    # Not an agent: cron and recurrences by others, with dateutil beside it, which our schedules are held against.
    "croniter": {"package": "croniter", "version": "7.0.0", "kind": "venv", "also": ["python-dateutil==4.0.0"],
                 "program": "bin/python", "python": ((3, 10), (3, 16))},
}

READY = "agim-ready"


def cache():
    """Where the programs are: outside of every checkout, and shared by all of them."""
    named = os.environ.get("AGIM_PEERS")
    if named:
        return os.path.abspath(named)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "agim-peers")


def directory(name):
    return os.path.join(cache(), f"{name}-{PEERS[name]['version']}")


def program(name):
    """The path of an installed program; None while it is not there, or only half of it."""
    place = directory(name)
    if not os.path.exists(os.path.join(place, READY)):
        return None
    path = os.path.join(place, PEERS[name]["program"])
    return path if os.access(path, os.X_OK) else None
