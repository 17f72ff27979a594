#!/usr/bin/env bash
# Installs the Debian packages of packaging/debian-packages.txt that are missing. Says what it does; uses sudo where needed.
set -euo pipefail
cd "$(dirname "$0")"

mapfile -t wanted < <(grep -vE '^\s*(#|$)' debian-packages.txt)
if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system. Install the equivalents of these packages by hand, then start again:" >&2
    printf '  %s\n' "${wanted[@]//|/ or }" >&2
    exit 1
fi

installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}
# One of "a|b" is enough; a is installed where there is none.
missing=()
for package in "${wanted[@]}"; do
    IFS='|' read -ra choices <<<"$package"
    there=no
    for choice in "${choices[@]}"; do
        ! installed "$choice" || there=yes
    done
    [[ $there == yes ]] || missing+=("${choices[0]}")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "These packages are missing, and there is no sudo to install them with. As root, run:" >&2
        echo "  apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "Installing with apt-get; the first time that takes some minutes: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Keeps what apt-get says, and shows its newest line where a person watches.
follow() {
    local line columns
    columns=$(stty size 2>/dev/null </dev/tty | cut -d' ' -f2) || columns=80
    ((columns > 10)) || columns=80
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        [[ ! -t 2 ]] || printf '\r\033[K  %s' "${line:0:columns - 4}" >&2
    done
    [[ ! -t 2 ]] || printf '\r\033[K' >&2
}
if ! { "${as_root[@]}" apt-get update -q &&
       "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } 2>&1 | follow; then
    tail -n 20 "$log" >&2
    echo "Installing the packages failed; the last lines of apt-get are above." >&2
    exit 1
fi
