#!/bin/sh
# Fuzzes readers, one after the other: tests/fuzz/run.sh [-s SECONDS] [READER ...]
# Builds the preset "fuzz" where that has not been done; corpora and findings stay in build/fuzz/corpus.
set -eu
cd "$(dirname "$0")/../.."
seconds=1200
build=${LIVEGLOSS_FUZZ_BUILD:-build/fuzz}
while getopts s: option; do
    case $option in
        s) seconds=$OPTARG ;;
        *) echo "usage: $0 [-s SECONDS] [READER ...]" >&2; exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- safetensors torch_zip torch_legacy pickle npy gloss_dictionary vocabulary model_metadata

if [ ! -x "$build/bin/write_fuzz_seeds" ]; then
    cmake --preset fuzz -B "$build"
    cmake --build "$build" --target fuzzers
fi
corpus=$build/corpus
"$build/bin/write_fuzz_seeds" "$corpus/seeds"
failed=0
for reader in "$@"; do
    mkdir -p "$corpus/$reader" "$corpus/findings"
    echo "== $reader, $seconds s, $(date '+%Y-%m-%d %H:%M')"
    "$build/bin/fuzz_$reader" -max_total_time="$seconds" -max_len=8192 -timeout=5 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$corpus/findings/$reader-" \
        "$corpus/$reader" "$corpus/seeds/$reader" >"$corpus/$reader.log" 2>&1 || failed=1
    grep -E '^stat::number_of_executed_units|^stat::peak_rss|SUMMARY|^Done' "$corpus/$reader.log" || true
done
exit $failed
