#!/bin/sh
# The fuzzer of the Schedule module, the grammar and the time zones; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzSchedule schedule.swift System Console Schedule -- "$@"
