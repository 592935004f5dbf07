#!/bin/sh
# The platform of the crash test: notes each reply that it is given, and gives it a number.
read -r line
id=${line#*\"id\":\"}
id=${id%%\"*}
echo "$id" >> "$CRASH_LOGS/deliveries"
echo "platform-$id"
