#!/bin/sh
# Builds the fuzzer of the Markup module with libFuzzer and AddressSanitizer; libcmark-gfm itself is the installed one.
#
# usage: Tests/Fuzz/build-markup.sh output
#
# Run it with ASAN_OPTIONS=detect_leaks=0, because the Swift runtime keeps type metadata for ever:
#   ASAN_OPTIONS=detect_leaks=0 ./fuzz-markup -max_total_time=60 [corpus-folder]
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

maps=
for library in CPosix CMarkdown; do
  folder=$root/Sources/C/$library
  name=$(printf %s "$library" | tr '[:upper:]' '[:lower:]')
  clang -O1 -g -fsanitize=address -I "$folder/include" -c "$folder/$name.c" -o "$library.o"
  printf 'module %s { header "%s" export * }\n' "$library" "$folder/include/$library.h" >"$library.modulemap"
  maps="$maps -Xcc -fmodule-map-file=$objects/$library.modulemap"
done

# One object a module, in the order of their imports: a SwiftPM executable cannot be used, its main
# function would clash with libFuzzer's.
for module in JSON System Console Markup; do
  # shellcheck disable=SC2046,SC2086 # names of our own files, without blanks; a list of words
  swiftc -O -wmo -swift-version 6 -sanitize=fuzzer,address -parse-as-library -package-name agim \
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility \
    -I . $maps -module-name "$module" -emit-module \
    -c $(find "$root/Sources/Kit/$module" -name "*.swift") -o "$module.o"
done
# shellcheck disable=SC2086 # a list of words
swiftc -O -wmo -swift-version 6 -sanitize=fuzzer,address -parse-as-library -package-name agim \
  -I . $maps -module-name FuzzMarkup "$root/Tests/Fuzz/markup.swift" ./*.o -ldl -o "$output"
