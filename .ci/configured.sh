#!/usr/bin/env bash
# configured.sh WHAT NAME...: whether all of these variables of the repository are set. Jobs that need them read the output
# `configured`; people read in the summary of the run that they were skipped.
set -euo pipefail
what=$1
missing=()
for name in "${@:2}"; do
  [ -n "${!name:-}" ] || missing+=("$name")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo 'configured=true' >> "$GITHUB_OUTPUT"
else
  echo 'configured=false' >> "$GITHUB_OUTPUT"
  echo "$what: skipped: not configured. The repository lacks the variables: ${missing[*]}" | tee -a "$GITHUB_STEP_SUMMARY"
fi
