#!/bin/sh
# The fuzzer of what Kit/Web reads from others; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzNetwork network.swift \
  +Web/HTTPRequestReader,ChunkedReader,HTTPTarget,WebSocketFrame,WebSocketQueue -- "$@"
