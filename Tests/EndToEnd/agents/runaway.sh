#!/bin/sh
# An agent that leaves processes behind: one that holds its output, one that hides in another session.
cat > /dev/null
sleep 300 &
setsid sh -c 'sleep 301 & sleep 302' > /dev/null 2>&1 < /dev/null &
sleep 0.3
echo finished
