#!/bin/sh
# The fuzzer of the Markup module; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzMarkup markup.swift JSON System Console Markup -- "$@"
