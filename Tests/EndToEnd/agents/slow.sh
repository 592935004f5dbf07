#!/bin/sh
# An agent that answers after the seconds that its message names.
read -r seconds
sleep "$seconds"
echo "slept $seconds"
