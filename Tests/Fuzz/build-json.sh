#!/bin/sh
# The fuzzer of the JSON module; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzJSON json.swift +JSON -- "$@"
