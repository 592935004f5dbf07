#!/bin/sh
# The fuzzer of what endpoints of models send: streams of both APIs, answers that are one object, errors, vectors;
# `modules` tells how to run it.
models=ModelReader,ModelProblem,ModelUsage,ChatChunks,MessageBlocks,ThinkFilter
exec "$(dirname -- "$0")/modules" FuzzModels models.swift JSON System Console Settings Text \
  Network=Network/EventStreamParser "Models=Models/$models" -- "$@"
