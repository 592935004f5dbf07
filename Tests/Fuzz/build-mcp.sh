#!/bin/sh
# The fuzzer of the MCP module, a server fed with lines; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzMCP mcp.swift JSON MCP -- "$@"
