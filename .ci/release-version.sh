#!/usr/bin/env bash
# Fails unless the tag is that of the version in package.json, the CHANGELOG has that version, and main has the commit.
set -euo pipefail
version=$(node -p "require('./package.json').version")
if [ "$TAG" != "v$version" ]; then
  echo "expected the tag v$version, the version of package.json; got $TAG" >&2
  exit 1
fi
if ! grep -qE "^## \[?${version//./\\.}(\]|[[:space:]]|$)" CHANGELOG.md; then
  echo "expected a heading for $version in CHANGELOG.md; got none: npm run release -- $version writes it" >&2
  exit 1
fi
if ! git merge-base --is-ancestor HEAD origin/main; then
  echo "expected a commit of main; got another: git push --atomic origin HEAD:main $TAG" >&2
  exit 1
fi
echo "Release $version"
