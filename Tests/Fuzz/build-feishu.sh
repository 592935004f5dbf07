#!/bin/sh
# Builds the fuzzer of what Feishu sends, with libFuzzer and AddressSanitizer: frames, posts, events, messages.
#
# usage: Tests/Fuzz/build-feishu.sh output
#
# Run it with ASAN_OPTIONS=detect_leaks=0, because the Swift runtime keeps type metadata for ever:
#   ASAN_OPTIONS=detect_leaks=0 ./fuzz-feishu -max_total_time=60 [corpus-folder]
set -eu
if [ $# -ne 1 ]; then
  echo "usage: $0 output" >&2
  exit 64
fi
parts=FeishuFrame,FeishuFragments,FeishuEvent,FeishuMessage,FeishuContent,FeishuText,FeishuPost,FeishuDoor,FeishuSeal
exec "$(dirname -- "$0")/modules" "$1" FuzzFeishu feishu.swift JSON System Text Crypto \
  "FeishuWire=Messengers/Feishu/Wire/$parts"
