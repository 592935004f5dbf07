#!/bin/sh
# Builds the fuzzer of what endpoints of models send, with libFuzzer and AddressSanitizer: streams of both APIs,
# answers that are one object, errors, vectors.
#
# usage: Tests/Fuzz/build-models.sh output
#
# Run it with ASAN_OPTIONS=detect_leaks=0, because the Swift runtime keeps type metadata for ever.
set -eu
if [ $# -ne 1 ]; then
  echo "usage: $0 output" >&2
  exit 64
fi
models=ModelReader,ModelProblem,ModelUsage,ChatChunks,MessageBlocks,ThinkFilter
exec "$(dirname -- "$0")/modules" "$1" FuzzModels models.swift JSON System Console Settings Text \
  Network=Network/EventStreamParser "Models=Models/$models"
