#!/bin/sh
# The fuzzer of the Settings module; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzConfig config.swift JSON System Console Settings -- "$@"
