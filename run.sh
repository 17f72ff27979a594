#!/usr/bin/env bash
# Installs what is missing, builds LiveGloss (Release) and starts it with the sample clip. Arguments go to the program.
# Without a display the same clip or source is recognised on the command line.
set -euo pipefail
cd "$(dirname "$0")"

packaging/install-packages.sh
if [[ ! -f build/release/build.ninja ]]; then
    echo "Configuring (once)..."
    cmake --preset release >build-configure.log 2>&1 || { tail -n 30 build-configure.log >&2; exit 1; }
    rm -f build-configure.log
fi
if ! ninja -C build/release -n livegloss livegloss-cli | grep -q 'no work to do'; then
    echo "Building; the first time takes some minutes..."
    ninja -C build/release livegloss livegloss-cli
fi

# Not by exec: without a display the window's program says why and ends with this code.
readonly no_display=69
build/release/bin/livegloss "$@" &
window=$!
trap 'kill "$window" 2>/dev/null' INT TERM HUP
status=0
wait "$window" || status=$?
[[ $status -eq $no_display ]] || exit "$status"
trap - INT TERM HUP

what=" the sample clip"
named=false
arguments=()
while (($# > 0)); do
    case $1 in
        --screenshot | --screenshot=*) exit "$no_display" ;; # of a window, and there is none
        --no-sample) what="" ;;
        --after) shift $(($# > 1)) ;;
        --after=*) ;;
        --model) arguments+=("${@:1:2}"); shift $(($# > 1)) ;;
        -*) arguments+=("$1") ;;
        *) arguments+=("$1"); named=true ;;
    esac
    shift
done
if $named; then
    what="" # not by its name, which may hold a password
elif [[ -z $what ]]; then
    exit "$no_display"
fi
echo "Recognising$what on the command line instead:"
exec build/release/bin/livegloss-cli live --pace realtime "${arguments[@]}"
