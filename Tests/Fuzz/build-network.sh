#!/bin/sh
# Builds the fuzzer of what Kit/Network reads from others, with libFuzzer and AddressSanitizer.
#
# usage: Tests/Fuzz/build-network.sh output
#
# Run it with ASAN_OPTIONS=detect_leaks=0, because the Swift runtime keeps type metadata for ever.
set -eu
if [ $# -ne 1 ]; then
  echo "usage: $0 output" >&2
  exit 64
fi
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
network=$root/Sources/Kit/Network
exec swiftc -O -wmo -swift-version 6 -sanitize=fuzzer,address -parse-as-library -package-name agim \
  -module-name FuzzNetwork "$network/HTTPRequestReader.swift" "$network/ChunkedReader.swift" \
  "$network/HTTPTarget.swift" "$network/WebSocketFrame.swift" "$network/WebSocketQueue.swift" \
  "$root/Tests/Fuzz/network.swift" -o "$1"
