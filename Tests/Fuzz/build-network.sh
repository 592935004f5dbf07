#!/bin/sh
# The fuzzer of what Kit/Network reads from others; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzNetwork network.swift \
  +Network/HTTPRequestReader,ChunkedReader,HTTPTarget,WebSocketFrame,WebSocketQueue -- "$@"
