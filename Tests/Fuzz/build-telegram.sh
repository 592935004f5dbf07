#!/bin/sh
# Builds the fuzzer of Telegram's updates with libFuzzer and AddressSanitizer.
#
# usage: Tests/Fuzz/build-telegram.sh output
#
# Run it with ASAN_OPTIONS=detect_leaks=0, because the Swift runtime keeps type metadata for ever.
set -eu
if [ $# -ne 1 ]; then
  echo "usage: $0 output" >&2
  exit 64
fi
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
case $1 in
  /*) output=$1 ;;
  *) output=$(pwd)/$1 ;;
esac
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
cd "$objects"

compile() {
  swiftc -O -wmo -swift-version 6 -sanitize=fuzzer,address -parse-as-library -package-name agim \
    -enable-upcoming-feature InternalImportsByDefault -use-ld=lld -I . "$@"
}
compile -module-name JSON -emit-module -c "$root/Sources/Kit/JSON"/*.swift -o JSON.o
wire=$root/Sources/Kit/Messengers/Telegram/Wire
# What reads foreign bytes, without what makes calls.
compile -module-name FuzzTelegram "$wire/Update.swift" "$wire/ChatMessage.swift" "$wire/ChatFile.swift" \
  "$wire/Addressing.swift" "$wire/Bytes.swift" "$wire/BotToken.swift" "$root/Tests/Fuzz/telegram.swift" JSON.o \
  -o "$output"
