#!/usr/bin/env bash
# Installs what is missing, builds LiveGloss with warnings as errors and runs every test offscreen. Arguments go to ctest.
set -euo pipefail
cd "$(dirname "$0")"

packaging/install-packages.sh
cmake --preset ci
cmake --build --preset ci
ctest --preset ci --parallel 3 "$@"
