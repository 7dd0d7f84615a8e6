#!/usr/bin/env bash
# Makes the release of the tag with the files of dist/release/VERSION, or completes one that an earlier run began.
set -euo pipefail
version=${TAG#v}
cd "dist/release/$version"
sha256sum --check --quiet SHA256SUMS
files=()
for file in *; do
  [ "$file" = notes.md ] || files+=("$file")
done
options=(--title "Safelight $version" --notes-file notes.md)
[[ $version != *-* ]] || options+=(--prerelease)
highest=$(git tag --list "v*" | { grep -v -- - || true; } | cut -c 2- | sort --version-sort | tail -n 1)
[ "$highest" = "$version" ] || options+=(--latest=false)
if gh release view "$TAG" > /dev/null 2>&1; then
  gh release upload "$TAG" --clobber "${files[@]}"
  gh release edit "$TAG" "${options[@]}" --draft=false
else
  gh release create "$TAG" --verify-tag "${options[@]}" "${files[@]}"
fi
