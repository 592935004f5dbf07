# agim: see README.md. `make` builds the release, `make check` builds and tests everything.

SWIFT   ?= swift
N       ?= 200
PREFIX  ?= /usr/local
DESTDIR ?=
RELEASE := packaging/build-release $(SWIFT)

.PHONY: all demo install uninstall check check-peers bench crash soak fuzz gate lint packages toolchain clean

all: toolchain
	$(RELEASE)

# A conversation in this terminal, or with what comes on standard input, which the build must leave alone.
demo: toolchain
	@Tests/packages build </dev/null
	@$(RELEASE) </dev/null
	@PATH="$(CURDIR)/.build/release:$$PATH" examples/terminal.sh

# What was built is installed as it is, so that 'sudo make install' needs no toolchain.
install:
	@[ -x .build/release/agim ] || $(MAKE) all
	@packaging/install .build/release "$(PREFIX)" "$(DESTDIR)"

uninstall:
	@packaging/uninstall "$(PREFIX)" "$(DESTDIR)"

# Says what is missing and where it comes from, before a compiler does it in its own way.
toolchain:
	@Tests/toolchain "$(SWIFT)"

packages:
	@Tests/packages

check: toolchain packages
	Tests/check "$(SWIFT)"

# Real agents against a model server on loopback. They are downloaded into a cache outside of the checkout.
check-peers: all packages
	Tests/Peers/check .build/release

lint: packages
	Tests/lint "$(SWIFT)"

crash: all packages
	python3 Tests/Crash/crash.py .build/release $(N)
	python3 Tests/Crash/gate.py .build/release 40
	python3 Tests/Crash/telegram_crash.py .build/release 100
	python3 Tests/Crash/remind_crash.py .build/release 100
	python3 Tests/Crash/feishu_crash.py .build/release 100

# Each chat platform with connections that die every few seconds.
soak: all packages
	python3 Tests/Crash/telegram_crash.py .build/release --soak 600
	python3 Tests/Crash/feishu_crash.py .build/release --soak 600

# Runs N commands that the policy allows unasked, and sees whether they only read.
gate: all packages
	python3 Tests/Gate/differential.py .build/release $(N)

fuzz: toolchain
	Tests/Fuzz/all 60

# RECORDINGS: session files of Claude Code or Codex, or a directory of them, for the questions that people are asked.
bench: all packages
	python3 Benchmarks/bench.py .build/release $(if $(RECORDINGS),--recordings '$(RECORDINGS)')

clean:
	rm -rf .build
