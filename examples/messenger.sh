#!/bin/sh
# A messenger in shell: a directory as the chat platform of the people of one machine.
#
#   chat="command:examples/messenger.sh"
#   agim-recv "$chat receive DIR" | agim-run exec -- rev | agim-send --via "$chat send DIR"
#
# Whoever moves a file into DIR/in says what is in it, and is the owner of that file: command:NAME in
# config.json. The answers are the files in DIR/out/NAME. Who may write into DIR/in may speak.
set -u
[ $# -eq 2 ] || { echo "usage: messenger.sh receive|send DIR" >&2; exit 78; }
chat=$2

# Prints each file as a message. It goes only when agim has it in its store; until then it stays, and comes
# again after a crash, under the same id, by which agim knows it.
receive() {
  for file in "$chat"/in/*; do
    if [ ! -f "$file" ] || [ -L "$file" ]; then continue; fi
    id=$(stat -c drop-%i-%.9Y "$file") || continue
    head -c 100000 "$file" | jq -Rsc --arg id "$id" --arg who "$(stat -c %U "$file")" \
      '{type: "message", id: $id, session: "drop:\($who)", from: {id: $who}, chat: "direct",
        text: rtrimstr("\n")}'
    until agim-queue show "$id" >/dev/null 2>&1; do sleep 0.2; done
    rm -- "$file"
  done
}

# One reply, on standard input: a file with the name of its id, so that the same one twice is still one.
# The path is the proof of its delivery; status 75 means: try again.
send() {
  line=$(cat)
  name() { printf '%s\n' "$line" | jq -r "$1 | gsub(\"[^A-Za-z0-9_-]\"; \"_\")"; }
  place=$chat/out/$(name '.session | ltrimstr("drop:")') || exit 65
  file=$place/$(name .id) || exit 65
  mkdir -p "$place" || exit 75
  printf '%s\n' "$line" | jq -r .text >"$file.new" || exit 75
  mv "$file.new" "$file" || exit 75
  echo "$file"
}

case $1 in
  receive) while :; do receive; sleep 0.5; done ;;
  send) send ;;
  *) echo "messenger.sh: not 'receive' or 'send': $1" >&2; exit 78 ;;
esac
