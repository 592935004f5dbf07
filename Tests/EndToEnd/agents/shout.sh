#!/bin/sh
# A stage that changes replies: their text in capitals, everything else as it came.
exec jq -c --unbuffered 'if .type == "reply" then .text |= ascii_upcase else . end'
