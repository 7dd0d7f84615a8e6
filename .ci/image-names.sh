#!/usr/bin/env bash
# The image's name, version, date and tags: the version, and its X.Y unless it is a prerelease. No `latest`: a repair of an older X.Y would
# become it.
set -euo pipefail
version=${TAG#v}
name=${IMAGE_REGISTRY%/}/$IMAGE_NAME
name=${name,,} # registries take small letters only
tags=("$name:$version")
[[ $version == *-* ]] || tags+=("$name:${version%.*}")
{
  echo "name=$name"
  echo "version=$version"
  echo "created=$(git log -1 --format=%cI)"
  echo 'tags<<END'
  printf '%s\n' "${tags[@]}"
  echo END
} >> "$GITHUB_OUTPUT"
echo "Container image: ${tags[*]}" | tee -a "$GITHUB_STEP_SUMMARY"
