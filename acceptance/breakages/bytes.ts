import { breakagesOf } from './breakage.ts';

export const BYTES = [
  ...breakagesOf('http/images/image-schemas.ts', [
    ['GET of bytes refuses unknown parameters', 'bytesQuery = z.object({', 'bytesQuery = z.strictObject({'],
    ['a download refuses unknown parameters', 'downloadQuery = z.object({', 'downloadQuery = z.strictObject({'],
  ]),
  ...breakagesOf('http-semantics/byte-range.ts', [
    ['the end of a range is off by one', 'Math.min(end, sizeBytes - 1)', 'Math.min(end, sizeBytes)'],
    ['a range may begin after the last byte', 'start < sizeBytes ?', 'start <= sizeBytes ?'],
    ['the first of several ranges is served', 'others.length > 0 || first === undefined', 'first === undefined'],
    ['a suffix range has one byte too many', 'sizeBytes - lengthBytes)', 'sizeBytes - lengthBytes - 1)'],
    [
      'a range that ends before it begins is 416',
      'if (end < start) return undefined',
      "if (end < start) return 'unsatisfiable'",
    ],
  ]),
  ...breakagesOf('http/answers/bytes-answer.ts', [
    ['Content-Range has a wrong start', '{start}-', '{start + 1}-'],
    ['a range is answered with 200', '? answerComplete(c, body, 206,', '? answerComplete(c, body, 200,'],
    ['a 416 has no Content-Range', "addHeaders(c, { 'content-range': `bytes */", "addHeaders(c, { 'content-length': `"],
    ['nothing is answered with 304', "if (verdict === 'not-modified') return", "if (verdict === 'never') return"],
    ['Last-Modified is missing', '...(validators.lastModified && {', '...(false && validators.lastModified && {'],
    ['Accept-Ranges is missing', "'accept-ranges': 'bytes',", ''],
    ['stored bytes have no sandbox CSP', "'content-security-policy': BYTES_POLICY,", ''],
    [
      'HEAD has a wrong Content-Length',
      'return answerComplete(c, null, 200, whole);',
      "return answerComplete(c, null, 200, { ...whole, 'content-length': '0' });",
    ],
  ]),
  ...breakagesOf('http/answers/original-answer.ts', [
    ['the ETag of bytes is constant', '{image.sha256}"`', '{image.contentType}"`'],
    [
      'bytes are served as an attachment',
      "{ disposition: 'inline', keeping: OWN }",
      "{ disposition: 'attachment', keeping: OWN }",
    ],
    [
      'bytes are served with the uploaded extension',
      'servedFilename(image.filename, image.contentType)',
      'image.filename',
    ],
  ]),
  ...breakagesOf('http/compatibility/compatibility.ts', [
    ['?download=true is ignored', 'return download ?', 'return download === undefined ?'],
  ]),
  ...breakagesOf('http/images/images.ts', [
    [
      "an original's bytes have no route of their own",
      "path: '/images/:id/original',",
      "path: '/images/:id/originals',",
    ],
    ['a download ignores ?user_id', 'if (owner) requireOwnedBy(found, owner);', ''],
    ['the next page of a list has the slash of this one', 'c.req.path', 'url.pathname'],
    [
      '?disposition is ignored',
      "{ disposition, publicOrigin: c.get('publicOrigin') }",
      "{ disposition: 'attachment', publicOrigin: c.get('publicOrigin') }",
    ],
  ]),
  ...breakagesOf('http-semantics/preconditions.ts', [
    [
      'If-Modified-Since applies beside If-None-Match',
      'ifNoneMatch !== undefined\n      ?',
      'ifNoneMatch !== undefined && modifiedSince === undefined\n      ?',
    ],
    ['If-None-Match accepts only one tag', "list.split(',')", '[list]'],
    ['If-None-Match does not accept *', "item.trim() === '*' ||", ''],
    ['If-None-Match does not accept weak tags', "ifNoneMatch.replaceAll('W/', '')", 'ifNoneMatch'],
    [
      'If-Modified-Since compares milliseconds',
      'Math.floor(lastModified.getTime() / 1000) * 1000',
      '(lastModified.getTime() + 1)',
    ],
  ]),
  ...breakagesOf('operations/images/create-download.ts', [
    ['a download has the uploaded extension', 'servedFilename(image.filename, image.contentType)', 'image.filename'],
  ]),
  ...breakagesOf('http-semantics/content-disposition.ts', [
    ['filename*= is missing', "; filename*=UTF-8''", '; name='],
  ]),
  ...breakagesOf('object-store/endpoint/get-object.ts', [
    ['bytes of a presigned URL may be cached after it expires', '{signed.secondsLeft}', '{signed.secondsLeft + 3_600}'],
    ['shared caches may keep bytes of a presigned URL', 'cacheControl || `private,', 'cacheControl || `public,'],
  ]),
  ...breakagesOf('object-store/endpoint/object-request.ts', [
    [
      'errors of presigned URLs may be cached',
      "'cache-control': 'no-store',",
      "'cache-control': 'private, max-age=60',",
    ],
  ]),
  ...breakagesOf('object-store/signing/presigned-object.ts', [
    ['expires_at is later than the end of the URL', '+ expiresInSeconds) * 1000', '+ expiresInSeconds + 60) * 1000'],
  ]),
];
