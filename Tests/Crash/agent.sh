#!/bin/sh
# The agent of the crash test: notes that its turn began, answers in two parts.
# The prompt is "ID SECONDS".
read -r id seconds
echo "$id" >> "$CRASH_LOGS/turns"
echo "part one of $id"
sleep "$seconds"
echo "part two of $id"
