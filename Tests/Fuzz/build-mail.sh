#!/bin/sh
# The fuzzer of the Mail module, MIME and IMAP; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzMail mail.swift Text Mail -- "$@"
