#!/bin/sh
# An agent that does not listen to SIGTERM.
trap '' TERM
echo working
while :; do sleep 0.1; done
