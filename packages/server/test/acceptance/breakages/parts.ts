import { breakages } from './breakage.ts';

export const PARTS = breakages([
  ['a part counts as received without its mark', 'findUpload', "marks[number - 1] === '1' && ", ''],
  ['parts are not told as received', 'findUpload', 'filter(isHere)', 'filter(() => false)'],
  ['a part size too small for the store is granted', 'partsFor', 'Math.max(partBytes, least)', 'partBytes || least'],
  ['a part that the upload lacks has a URL', 'requireParts', 'number > count', 'number > count + 1_000_000'],
  ['a part needs no checksum for its URL', 'requireParts', 'upload.checksums && ', 'false && '],
  ['parts have no checksums', 'partsFor', 'checksums && ', 'partBytes === -1 && '],
  ['an upload with checksums has URLs without them', 'grantParts', 'upload.checksums ? [] : ', ''],
  ['the fingerprint of a grant omits its parts', 'create-upload.ts: fingerprintOf', '...(input.parts && {…}),', ''],
  ['a replay begins an upload in parts anew', 'grant-parts.ts: underWay', 'if (upload) {', 'if (upload && !image) {'],
  ['an upload of one request has URLs for parts', 'grant-parts.ts: isInParts', 'image.parts !== null', 'true'],
  ['a grant of parts ends with its first hour', 'endOfParts', 'settings.uploadPartsHours', '0'],
  [
    'a part keeps its first bytes',
    'createDiskMultipart.receive',
    'writers.write(',
    "(await find(part))?.received.includes(part.number) ? 'received' : await writers.write(",
  ],
  ['parts of an upload are never completed', 'finalizeUpload', '|| parts?.missing === 0', ''],
]);
