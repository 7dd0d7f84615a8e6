#!/usr/bin/env bash
# Publishes the packages of dist/release/VERSION, the client first, because the command line depends on it. Skips those that
# the registry has, so the job can be run again.
set -euo pipefail
version=${TAG#v}
cd "dist/release/$version"
sha256sum --check --quiet SHA256SUMS

oldest=11.5.1 # the first npm that shows the registry the ID token of a workflow ("trusted publishing")
npm=$(npm --version)
if ! printf '%s\n' "$oldest" "$npm" | sort --version-sort --check=quiet; then
  echo "expected npm $oldest or later; got $npm" >&2
  exit 1
fi
if [ -n "${NODE_AUTH_TOKEN:-}" ]; then
  registry=$(npm config get registry)
  # npm reads the variable; the file doesn't have the token.
  npm config set --location=user "${registry#*:}:_authToken" '${NODE_AUTH_TOKEN}'
fi

# The tag that npm installs by default goes to the highest version: a repair of an older one gets release-X.Y.
latest=$(npm view @safelight/client dist-tags.latest 2> /dev/null || true)
highest=$(printf '%s\n' "${latest:-0.0.0}" "$version" | sort --version-sort | tail -n 1)
if [[ $version == *-* ]]; then
  tag=next
elif [ "$highest" = "$version" ]; then
  tag=latest
else
  tag=release-${version%.*}
fi
for name in client cli server; do
  package=@safelight/$name
  file=./safelight-$name-$version.tgz
  ours=sha512-$(openssl dgst -sha512 -binary "$file" | base64 --wrap=0)
  theirs=$(npm view "$package@$version" dist.integrity 2> /dev/null || true)
  if [ -z "$theirs" ]; then
    npm publish "$file" --access public --provenance --tag "$tag"
    echo "$package $version: published" | tee -a "$GITHUB_STEP_SUMMARY"
  elif [ "$theirs" = "$ours" ]; then
    echo "$package $version: skipped, the registry has it" | tee -a "$GITHUB_STEP_SUMMARY"
  else
    echo "expected $package $version with the integrity $ours; the registry has $theirs" >&2
    exit 1
  fi
done
