#!/bin/sh
# The fuzzer of the shell parser, and the Policy module around it; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzShell shell.swift JSON System Console Settings Policy -- "$@"
