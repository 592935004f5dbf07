#!/bin/sh
# The fuzzer of Telegram's updates: what reads foreign bytes, without what makes calls; `modules` tells how to run it.
exec "$(dirname -- "$0")/modules" FuzzTelegram telegram.swift JSON \
  +Messengers/Telegram/Wire/Update,ChatMessage,ChatFile,Addressing,Bytes,BotToken -- "$@"
