#!/usr/bin/env bash
# Fails unless every job in RESULTS succeeded.
set -euo pipefail
for result in ${RESULTS:-none}; do
  if [ "$result" != success ]; then
    echo "expected success of every job; got ${RESULTS:-no job}" >&2
    exit 1
  fi
done
