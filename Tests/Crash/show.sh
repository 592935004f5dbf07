#!/bin/sh
# The platform of the gate's crash test: shows each line to the person, and gives it a number.
# What a killed agim-send began to say is not shown.
read -r line || exit 75
id=${line#*\"id\":\"}
id=${id%%\"*}
printf '%s\n' "$line" >> "$CRASH_LOGS/shown"
echo "$id" >> "$CRASH_LOGS/deliveries"
echo "platform-$id"
