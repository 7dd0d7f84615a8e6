import { breakagesOf } from './breakage.ts';

export const BYTES = [
  ...breakagesOf('http/schemas/images.ts', [
    ['bytes know their parameters only', 'bytesQuery = z.object({', 'bytesQuery = z.strictObject({'],
    ['a download knows its parameters only', 'downloadQuery = z.object({', 'downloadQuery = z.strictObject({'],
  ]),
  ...breakagesOf('http-semantics/byte-range.ts', [
    ['the end of a range is off by one', 'Math.min(end, sizeBytes - 1)', 'Math.min(end, sizeBytes)'],
    ['a range may begin behind the end', 'start < sizeBytes ?', 'start <= sizeBytes ?'],
    ['of several ranges the first is served', 'others.length > 0 || first === undefined', 'first === undefined'],
    ['a suffix range has a byte too many', 'sizeBytes - lengthBytes)', 'sizeBytes - lengthBytes - 1)'],
    [
      'a range that ends before it begins is 416',
      'if (end < start) return undefined',
      "if (end < start) return 'unsatisfiable'",
    ],
  ]),
  ...breakagesOf('http/answers/bytes-answer.ts', [
    ['Content-Range has another end', '{start}-', '{start + 1}-'],
    ['a range is answered 200', '? answerComplete(c, body, 206,', '? answerComplete(c, body, 200,'],
    ['416 does not tell the size', "addHeaders(c, { 'content-range': `bytes */", "addHeaders(c, { 'content-length': `"],
    ['304 never', "if (verdict === 'not-modified') return", "if (verdict === 'never') return"],
    ['there is no Last-Modified', '...(validators.lastModified && {', '...(false && validators.lastModified && {'],
    ['there is no Accept-Ranges', "'accept-ranges': 'bytes',", ''],
    ['stored bytes carry no sandbox', "'content-security-policy': BYTES_POLICY,", ''],
    [
      'HEAD tells another length',
      'return answerComplete(c, null, 200, whole);',
      "return answerComplete(c, null, 200, { ...whole, 'content-length': '0' });",
    ],
  ]),
  ...breakagesOf('http/answers/original-answer.ts', [
    ['the ETag of bytes is constant', '{image.sha256}"`', '{image.contentType}"`'],
    [
      'bytes are served as an attachment',
      "contentDisposition('inline', served",
      "contentDisposition('attachment', served",
    ],
    [
      'bytes are served under the name they were given',
      'servedFilename(image.filename, image.contentType)',
      'image.filename',
    ],
  ]),
  ...breakagesOf('http/routes/compatibility.ts', [
    ['?download=true is ignored', 'return download ?', 'return download === undefined ?'],
  ]),
  ...breakagesOf('http/routes/images.ts', [
    [
      "an original's bytes have no route of their own",
      "path: '/images/:id/original',",
      "path: '/images/:id/originals',",
    ],
    ['the next page of a list has the slash of this one', 'c.req.path', 'url.pathname'],
    [
      '?disposition is ignored',
      "{ disposition, publicOrigin: c.get('publicOrigin') }",
      "{ disposition: 'attachment', publicOrigin: c.get('publicOrigin') }",
    ],
  ]),
  ...breakagesOf('http-semantics/preconditions.ts', [
    [
      'If-Modified-Since counts beside If-None-Match',
      'ifNoneMatch !== undefined\n      ?',
      'ifNoneMatch !== undefined && modifiedSince === undefined\n      ?',
    ],
    ['If-None-Match takes one tag only', "list.split(',')", '[list]'],
    ['If-None-Match knows no *', "item.trim() === '*' ||", ''],
    ['If-None-Match takes no weak tags', "ifNoneMatch.replaceAll('W/', '')", 'ifNoneMatch'],
    [
      'If-Modified-Since compares milliseconds',
      'Math.floor(lastModified.getTime() / 1000) * 1000',
      '(lastModified.getTime() + 1)',
    ],
  ]),
  ...breakagesOf('operations/images/create-download.ts', [
    ['a download has the name it was given', 'servedFilename(image.filename, image.contentType)', 'image.filename'],
  ]),
  ...breakagesOf('http-semantics/content-disposition.ts', [
    ['the encoded file name is missing', "; filename*=UTF-8''", '; name='],
  ]),
  ...breakagesOf('object-store/endpoint/get-object.ts', [
    ['what a presigned URL shows is kept past its end', '{signed.secondsLeft}', '{signed.secondsLeft + 3_600}'],
    ['what a presigned URL shows is kept by all caches', 'cacheControl || `private,', 'cacheControl || `public,'],
  ]),
  ...breakagesOf('object-store/endpoint/object-request.ts', [
    ['errors of presigned URLs may be kept', "'cache-control': 'no-store',", "'cache-control': 'private, max-age=60',"],
  ]),
  ...breakagesOf('object-store/signing/presigned-object.ts', [
    ['expires_at is later than the URL ends', '+ expiresInSeconds) * 1000', '+ expiresInSeconds + 60) * 1000'],
  ]),
];
