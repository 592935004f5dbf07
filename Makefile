# agim: see README.md. `make` builds the release, `make check` builds and tests everything.

SWIFT   ?= swift
N       ?= 200
RELEASE := $(SWIFT) build -c release --static-swift-stdlib

.PHONY: all check bench crash fuzz gate lint packages toolchain clean

all: toolchain
	$(RELEASE)

# Says what is missing and where it comes from, before a compiler does it in its own way.
toolchain:
	@Tests/toolchain "$(SWIFT)"

packages:
	@Tests/packages

check: toolchain packages
	Tests/check "$(SWIFT)"

lint: packages
	Tests/lint "$(SWIFT)"

crash: all packages
	python3 Tests/Crash/crash.py .build/release $(N)

# Runs N commands that the policy allows unasked, and sees whether they only read.
gate: all packages
	python3 Tests/Gate/differential.py .build/release $(N)

fuzz: toolchain
	Tests/Fuzz/all 60

bench: all packages
	python3 Benchmarks/bench.py .build/release

clean:
	rm -rf .build
