#!/bin/sh
# The fuzzer of the line reader and the Wire module; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzLines lines.swift JSON System Wire -- "$@"
