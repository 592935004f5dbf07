#!/bin/sh
# Builds the fuzzer of the MCP module, a server fed with lines, with libFuzzer and AddressSanitizer.
#
# usage: Tests/Fuzz/build-mcp.sh output
#
# Run it with ASAN_OPTIONS=detect_leaks=0, because the Swift runtime keeps type metadata for ever:
#   ASAN_OPTIONS=detect_leaks=0 ./fuzz-mcp -max_total_time=60 [corpus-folder]
set -eu
if [ $# -ne 1 ]; then
  echo "usage: $0 output" >&2
  exit 64
fi
exec "$(dirname -- "$0")/modules" "$1" FuzzMCP mcp.swift JSON MCP
