#!/bin/sh
# Builds the fuzzer of the JSON module with libFuzzer and AddressSanitizer.
#
# usage: Tests/Fuzz/build.sh output
#
# Run it without the leak check, because the Swift runtime keeps type metadata for ever, and without
# Swift's own backtraces, whose helper process can hang after libFuzzer has reported a crash:
#   ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no ./fuzz-json -max_total_time=60 [corpus-folder]
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 output" >&2
  exit 64
fi

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)

# One module: a SwiftPM executable cannot be used, its main function would clash with libFuzzer's.
exec swiftc -O -wmo -swift-version 6 -sanitize=fuzzer,address -parse-as-library \
  -module-name FuzzJSON -package-name agim \
  "$root"/Sources/Kit/JSON/*.swift "$root"/Tests/Fuzz/json.swift -o "$1"
