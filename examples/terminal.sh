#!/bin/bash
# A conversation in this terminal, or with whatever comes on standard input.
# Copy it and change what you like; agim-tutorial(7) and the manual of each command say more.
set -o pipefail

home=${AGIM_HOME:-$HOME/.agim}
(umask 077 && mkdir -p "$home/run") || exit

# The first agent that is here and that agim-run can drive, else the shell.
if [ -z "$AGIM_AGENT" ]; then
  AGIM_AGENT=shell
  found=$(agim-run --list)
  for name in claude codex opencode cursor agy gemini; do
    if grep -qx "$name" <<<"$found"; then
      AGIM_AGENT=$name
      break
    fi
  done
fi
read -ra agent <<<"$AGIM_AGENT"

# In a terminal, a pipeline of its own, and a file for what the stages log: the screen belongs to agim-recv.
log=
exec 3>&2
if [ -t 0 ]; then
  name=$(tty)
  name=${name#/dev/}
  export AGIM_PIPE=${AGIM_PIPE:-${name//\//-}}
  log=$home/run/$AGIM_PIPE.log
  exec 3>"$log"
  before=$(stty -g)
  trap 'stty "$before"' EXIT
fi

agim-recv tty | agim-route --agents "${agent[0]}" 2>&3 | agim-approve 2>&3 | agim-run "${agent[@]}" 2>&3 | agim-send 2>&3
status=$?
[ $status -eq 0 ] || [ -z "$log" ] || tail -n 5 "$log" >&2
exit $status
