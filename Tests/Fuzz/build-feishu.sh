#!/bin/sh
# The fuzzer of what Feishu sends: frames, posts, events, messages; `modules` tells how to run it.
parts=FeishuFrame,FeishuFragments,FeishuEvent,FeishuMessage,FeishuContent,FeishuText,FeishuPost,FeishuDoor,FeishuSeal
exec "$(dirname -- "$0")/modules" FuzzFeishu feishu.swift JSON System Text Crypto \
  "FeishuWire=Messengers/Feishu/Wire/$parts" -- "$@"
