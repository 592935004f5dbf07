#!/bin/sh
# Builds the fuzzer of the Mail module, MIME and IMAP, with libFuzzer and AddressSanitizer.
#
# usage: Tests/Fuzz/build-mail.sh output
#
# Run it with ASAN_OPTIONS=detect_leaks=0, because the Swift runtime keeps type metadata for ever:
#   ASAN_OPTIONS=detect_leaks=0 ./fuzz-mail -max_total_time=60 [corpus-folder]
set -eu
if [ $# -ne 1 ]; then
  echo "usage: $0 output" >&2
  exit 64
fi
exec "$(dirname -- "$0")/modules" "$1" FuzzMail mail.swift Mail
