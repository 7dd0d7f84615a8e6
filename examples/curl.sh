#!/usr/bin/env bash
# Uploads, lists, views, downloads and deletes an image, and checks each answer: first by the canonical routes, then in every
# way that clients of the five earlier services use (docs/compatibility.md). Usage: examples/curl.sh BASE FILE, for example examples/curl.sh http://127.0.0.1:8000 photo.jpg
# FILE is a JPEG, PNG, WebP, GIF or AVIF image of at most 5 MB.
set -euo pipefail

base=${1:-http://127.0.0.1:8000}
file=${2:?usage: examples/curl.sh BASE FILE}
case $file in
  *.jpg | *.jpeg | *.JPG | *.JPEG) type=image/jpeg extension=jpg other=image/png ;;
  *.png | *.PNG) type=image/png extension=png other=image/jpeg ;;
  *.webp) type=image/webp extension=webp other=image/jpeg ;;
  *.gif) type=image/gif extension=gif other=image/jpeg ;;
  *.avif) type=image/avif extension=avif other=image/jpeg ;;
  *.heic | *.HEIC) type=image/heic extension=heic other=image/jpeg ;;
  *.tif | *.tiff) type=image/tiff extension=tif other=image/jpeg ;;
  *) echo "expected a .jpg, .png, .webp, .gif, .avif, .heic or .tif file; got $file" >&2; exit 2 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
user=user123-$$-$RANDOM   # this run has its own user, so that counts are known
size=$(wc -c <"$file" | tr -d ' ')
today=$(date -u +%Y-%m-%d)
checks=0

fail() {
  echo "FAILED: $*" >&2
  echo "  status $status, headers and body:" >&2
  head -c 2000 "$work/headers" "$work/body" >&2
  exit 1
}

# send STATUS[|STATUS] CURL-ARGUMENTS...: the answer's body is in $work/body
send() {
  local expected=$1
  shift
  status=$(curl -sS -L -o "$work/body" -D "$work/headers" -w '%{http_code}' "$@")
  [[ $status =~ ^($expected)$ ]] || fail "expected status $expected of: curl $*"
  checks=$((checks + 1))
}

field() { grep -o "\"$1\":\"[^\"]*\"" "$work/body" | head -n 1 | cut -d '"' -f 4; }
has() { for part in "$@"; do grep -qF -- "$part" "$work/body" || fail "expected $part in the body"; done; }
header() { grep -qi "^$1: *$2" "$work/headers" || fail "expected the header $1: $2"; }
same_bytes() { cmp -s "$file" "$work/body" || fail 'expected the uploaded bytes'; }
problem() { has '"detail":"' '"code":"'; }
encode() { sed 's/{/%7B/g; s/}/%7D/g; s/"/%22/g; s/:/%3A/g' <<<"$1"; }

echo "The canonical routes"
echo "The service itself"
send 200 "$base/"; has '"status":"running"'
send 200 "$base/health"; has '"status":"ok"'
send 200 "$base/docs"; has 'swagger-ui'

echo "POST /images: upload in one request"
send 201 -F "user_id=$user" -F 'tags=a,b' -F "file=@$file;type=$type" "$base/images"
id=$(field image_id)
has '"status":"ready"' '"tags":["a","b"]' "\"size\":$size"
header location "/images/$id/metadata"
send 200 "$base/images/$id/original"; header content-type "$type"; same_bytes
send 200 "$base/images/$id/metadata"; has "\"image_id\":\"$id\"" "\"user_id\":\"$user\""
send 201 "$base/images/$id/links" -H "X-User-Id: $user" -H 'Content-Type: application/json' -d '{"what":"original","expires_in":60}'
link=$(field link_id) url=$(field url)
send 200 "$url"; same_bytes
send 200 -X DELETE "$base/images/$id/links/$link?user_id=$user"; has '"status":"revoked"'
send 404 "$url"; problem
send 200 -X DELETE "$base/images/$id?user_id=$user"
send 404 "$base/images/$id/original"; problem

echo "POST /uploads: a grant, the bytes straight to the bucket"
send 201 "$base/uploads" -H 'Content-Type: application/json' \
  -d "{\"user_id\":\"$user\",\"content_type\":\"$type\",\"tags\":[\"sea\"]}"
id=$(field image_id) upload_url=$(field upload_url)
has '"status":"pending"' '"method":"PUT"'
header location "/images/$id/metadata"
send '200|204' -X PUT "$upload_url" -H "Content-Type: $type" --data-binary "@$file"
send 200 "$base/images/$id/metadata?wait=20"; has '"status":"ready"'
send 200 "$base/images?user_id=$user&tag=sea"; has '"count":1' "\"image_id\":\"$id\""
send 200 "$base/images/$id/download"
send 200 "$(field download_url)"; same_bytes
send 200 -X DELETE "$base/images/$id?user_id=$user"

echo "The five earlier services"
echo "Everyone"
send 200 "$base/"; has '"status":"running"'
send 200 "$base/health"; has '"status":"ok"'
send 404 "$base/images/nothing/"; has '"error":"Image not found"' '"detail":"Image not found"'
send 200 "$base/images/?limit=1"; has '"count":'

echo "Families 0 and 1: a grant by JSON, the bytes straight to the bucket"
send 200 -X POST "$base/images/upload" -H 'Content-Type: application/json' \
  -d "{\"user_id\":\"$user\",\"content_type\":\"$type\",\"tags\":[\"profile\",\"mobile\"],\"description\":\"Sample image\"}"
id=$(field image_id) upload_url=$(field upload_url)
[[ $upload_url == http* ]] || fail 'expected an upload_url'
send 403 -X PUT "$upload_url" -H "Content-Type: $other" --data-binary "@$file"
send '200|204' -X PUT "$upload_url" -H "Content-Type: $type" --data-binary "@$file"
send 200 "$base/images?user_id=$user&tag=profile"
has '"count":1' "\"image_id\":\"$id\"" "\"user_id\":\"$user\"" '"s3_key":"' "\"content_type\":\"$type\"" \
  '"upload_time":"' '"tags":["profile","mobile"]' '"description":"Sample image"'
send 200 "$base/images?limit=1000"; has "\"image_id\":\"$id\""
send 200 "$base/images/$id/download"
download_url=$(field download_url)
send 200 "$download_url"; same_bytes
send 200 -X DELETE "$base/images/$id?user_id=$user"
has '"message":"Image deleted successfully"' "\"image_id\":\"$id\"" '"status":"deleted"'
send 404 "$base/images/$id/download"; has '"detail":"Image not found"'

send 200 -X POST "$base/images/upload" -H 'Content-Type: application/json' \
  -d "{\"user_id\":\"$user\",\"content_type\":\"$type\"}"
id=$(field image_id)
send '200|204' -X PUT "$(field upload_url)" -H "Content-Type: $type" --data-binary "@$file"
send 200 "$base/images/$id"
send 200 -X DELETE "$base/images/$id"   # without a user: open mode only
has '"message":"Image deleted successfully"' "\"image_id\":\"$id\"" '"status":"deleted"'

if [[ $type == image/jpeg ]]; then
  echo "Family 2: a grant by query, image/jpeg by default"
  send 200 -X POST "$base/images/upload?user_id=$user&tags=test,cloud-$user&description=hi"
  id=$(field image_id)
  send '200|204' -X PUT "$(field upload_url)" -H 'Content-Type: image/jpeg' --data-binary "@$file"
  send 200 "$base/images?tag=cloud-$user"
  has '"count":1' "\"image_id\":\"$id\"" "\"tags\":[\"test\",\"cloud-$user\"]" '"description":"hi"'
  send 200 "$base/images?start_date=$today&end_date=$today&user_id=$user"; has "\"image_id\":\"$id\""
  send 200 "$base/images?start_date=2020-01-01&end_date=2020-12-31"; has '"count":0'
  send 200 -X DELETE "$base/images/$id?user_id=$user"
fi

echo "Family 3: the raw body"
metadata=$(encode '{"camera":"x"}')
send 200 "$base/images/upload?filename=photo.$extension&metadata=$metadata" \
  -H "X-User-Id: $user" -H "Content-Type: $type" --data-binary "@$file"
id=$(field image_id)
has "\"user_id\":\"$user\"" "\"filename\":\"photo.$extension\"" "/images/$user/" "\"size\":$size" '"camera":"x"'
[[ $(field s3_url) == s3://*/images/$user/* ]] || fail 'expected an s3_url'
send 200 "$base/images/upload" -H "X-User-Id: $user" -H "Content-Type: $type" --data-binary "@$file"
has "\"filename\":\"image.$extension\""
unnamed=$(field image_id)
send 400 "$base/images/upload" -H "Content-Type: $type" --data-binary "@$file"; problem
send 400 -X POST "$base/images/upload" -H "X-User-Id: $user" -H "Content-Type: $type"; problem
send 200 "$base/images?user_id=$user&content_type=$type&limit=10"
has '"count":2' "\"image_id\":\"$id\"" "\"user_id\":\"$user\"" "\"filename\":\"photo.$extension\"" "\"size\":$size" '"created_at":"'
for limit in 0 1001 abc; do send 400 "$base/images?limit=$limit"; problem; done
for limit in 1 1000; do send 200 "$base/images?limit=$limit"; done
send 200 "$base/images/$id"; header content-type "$type"; same_bytes
send 200 "$base/images/$id?download=True"; has '"presigned_url":"http'   # as Python's requests sends it
send 200 "$base/images/$id?download=true"
has "\"image_id\":\"$id\"" '"presigned_url":"http' '"metadata":{' "\"filename\":\"photo.$extension\""
send 200 "$(field presigned_url)"; same_bytes
send 403 -X DELETE "$base/images/$id" -H 'X-User-Id: mallory'; problem
send 200 -X DELETE "$base/images/$id" -H "X-User-Id: $user"
has '"message":"Image deleted successfully"' "\"image_id\":\"$id\""
send 404 -X DELETE "$base/images/$id" -H "X-User-Id: $user"; problem
send 200 -X DELETE "$base/images/$unnamed" -H "X-User-Id: $user"

echo "Family 4: base64 in JSON"
base64_body() { # CONTENT_TYPE < bytes
  printf '{"file":"'
  base64 | tr -d '\n'
  printf '","metadata":{"filename":"a.%s","content_type":"%s","tags":["x"]}}' "$extension" "$1"
}
base64_body "$type" <"$file" >"$work/json"
send 200 -X POST "$base/images/upload" -H 'Content-Type: application/json' -H "user-id: $user" --data-binary "@$work/json"
id=$(field image_id)
send 200 "$base/images/$id"; same_bytes
refuse() { send "$1" -X POST "$base/images/upload" -H 'Content-Type: application/json' -H "user-id: $user" --data-binary "@$work/json"; }
base64_body application/pdf <"$file" >"$work/json"; refuse 400; problem
base64_body "$other" <"$file" >"$work/json"; refuse 400; problem
echo 'no image at all' | base64_body "$type" >"$work/json"; refuse 400; problem
{ cat "$file"; head -c $((5 * 1048576 + 1 - size)) /dev/zero; } | base64_body "$type" >"$work/json"
refuse '400|413' # a gateway in front may answer first
printf '{"file":"no base64!","metadata":{"content_type":"%s"}}' "$type" >"$work/json"; refuse 400; problem
send 200 "$base/images?user_id=$user"; has '"count":1' # nothing refused was stored
send 200 -X DELETE "$base/images/$id?user_id=$user"

echo "multipart/form-data"
send 200 -F "file=@$file;type=$type" -F 'tags=a,b' "$base/images/upload?user_id=$user"
id=$(field image_id)
has '"status":"ready"' '"tags":["a","b"]'
send 200 "$base/images/$id"; same_bytes
send 200 -X DELETE "$base/images/$id?user_id=$user"

echo "All $checks answers are as expected."
