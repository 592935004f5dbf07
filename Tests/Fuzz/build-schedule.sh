#!/bin/sh
# Builds the fuzzer of the Schedule module, the grammar and the time zones, with libFuzzer and AddressSanitizer.
#
# usage: Tests/Fuzz/build-schedule.sh output
#
# Run it with ASAN_OPTIONS=detect_leaks=0, because the Swift runtime keeps type metadata for ever:
#   ASAN_OPTIONS=detect_leaks=0 ./fuzz-schedule -max_total_time=60 [corpus-folder]
set -eu
if [ $# -ne 1 ]; then
  echo "usage: $0 output" >&2
  exit 64
fi
exec "$(dirname -- "$0")/modules" "$1" FuzzSchedule schedule.swift System Console Schedule
