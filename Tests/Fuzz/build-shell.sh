#!/bin/sh
# Builds the fuzzer of the Policy module, the shell parser in it with libFuzzer and AddressSanitizer.
#
# usage: Tests/Fuzz/build-shell.sh output
#
# Run it with ASAN_OPTIONS=detect_leaks=0, because the Swift runtime keeps type metadata for ever:
#   ASAN_OPTIONS=detect_leaks=0 ./fuzz-shell -max_total_time=60 [corpus-folder]
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

posix=$root/Sources/C/CPosix
clang -O1 -g -fsanitize=address -I "$posix/include" -c "$posix/cposix.c" -o CPosix.o
if [ -e "$posix/include/module.modulemap" ]; then
  map=$posix/include/module.modulemap
else
  map=$objects/module.modulemap
  printf 'module CPosix { header "%s" export * }\n' "$posix/include/CPosix.h" >"$map"
fi

# One object a module, in the order of their imports: a SwiftPM executable cannot be used, its main
# function would clash with libFuzzer's.
for module in JSON System Console Settings Policy; do
  # shellcheck disable=SC2046 # names of our own files, without blanks
  swiftc -O -wmo -swift-version 6 -sanitize=fuzzer,address -parse-as-library -package-name agim \
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility \
    -I . -Xcc "-fmodule-map-file=$map" -module-name "$module" -emit-module \
    -c $(find "$root/Sources/Kit/$module" -name "*.swift") -o "$module.o"
done
swiftc -O -wmo -swift-version 6 -sanitize=fuzzer,address -parse-as-library -package-name agim \
  -I . -Xcc "-fmodule-map-file=$map" -module-name FuzzShell "$root/Tests/Fuzz/shell.swift" ./*.o -o "$output"
