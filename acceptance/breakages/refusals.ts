import { breakagesOf } from './breakage.ts';

export const REFUSALS = [
  ...breakagesOf('http/schemas/fields.ts', [
    ['21 tags pass', 'MAX_TAGS = 20', 'MAX_TAGS = 21'],
    ['19 tags are the most', 'MAX_TAGS = 20', 'MAX_TAGS = 19'],
    ['a tag of 65 characters passes', 'MAX_TAG_LENGTH = 64', 'MAX_TAG_LENGTH = 65'],
    ['a file name of 256 characters passes', 'MAX_FILENAME_LENGTH = 255', 'MAX_FILENAME_LENGTH = 256'],
    ['a description of 2,001 characters passes', 'MAX_DESCRIPTION_LENGTH = 2_000', 'MAX_DESCRIPTION_LENGTH = 2_001'],
    ['metadata of 4,097 bytes pass', 'MAX_METADATA_BYTES = 4_096', 'MAX_METADATA_BYTES = 4_097'],
    ['a sent tag of 257 characters passes', 'MAX_SENT_TAG_LENGTH = 4 * MAX_TAG_LENGTH', 'MAX_SENT_TAG_LENGTH = 257'],
    [
      'a sent tag of 256 characters is refused',
      'MAX_SENT_TAG_LENGTH = 4 * MAX_TAG_LENGTH',
      'MAX_SENT_TAG_LENGTH = 255',
    ],
    ['bidi control characters pass', '!/\\p{Bidi_Control}/u.test(value)', 'value.length >= 0'],
    ['tags are not trimmed', "one.normalize('NFC').trim()", "one.normalize('NFC')"],
    ['tags are not normalized', "one.normalize('NFC').trim()", 'one.trim()'],
    [
      'tags are not deduplicated',
      "[...new Set(given.map((one) => one.normalize('NFC').trim()))]",
      "given.map((one) => one.normalize('NFC').trim())",
    ],
    ['control characters pass', '!/\\p{Cc}/u.test(value)', 'value.length >= 0'],
    ['metadata may be an array', 'value !== null && !Array.isArray(value)', 'value !== null'],
  ]),
  ...breakagesOf('text/text-length.ts', [
    ['lengths are in UTF-16 units', 'const length = codePoints(text);', 'const length = text.length;'],
  ]),
  ...breakagesOf('http/steps/request-target.ts', [
    ['a fragment in the target is dropped', '[#\\0-', '[\\0-'],
    ['dot segments are resolved', '\\/(?:\\.|%2e){1,2}', '\\/(?:\\.|%2e){9}'],
    ['dots that are encoded are resolved', '(?:\\.|%2e){1,2}', '\\.{1,2}'],
  ]),
  ...breakagesOf('domain/access/principal.ts', [
    ['a user id of 129 characters passes', 'MAX_USER_ID_LENGTH = 128', 'MAX_USER_ID_LENGTH = 129'],
    [
      'of two users the header’s counts',
      'throw invalidField(pointer, `expected the user ',
      'if (userId) return principal;\n  throw invalidField(pointer, `expected the user ',
    ],
  ]),
  ...breakagesOf('http/bodies/base64.ts', [
    [
      'bad base64 passes',
      "if (bytes.toString('base64').replace(PADDING, '') !== text.replace(PADDING, ''))",
      'if (bytes.length < 0)',
    ],
  ]),
  ...breakagesOf('http/bodies/request-body.ts', [
    [
      'the largest body is refused',
      'if (sizeBytes > maxBytes) throw tooLarge',
      'if (sizeBytes >= maxBytes) throw tooLarge',
    ],
    [
      'a declared length past the limit is 413',
      'if (declared > maxBytes) throw tooLarge(maxBytes, declared)',
      "if (declared > maxBytes) throw Object.assign(new Error('413'))",
    ],
  ]),
  ...breakagesOf('operations/uploads/stage-direct-upload.ts', [
    [
      'a direct upload may be as large as a presigned one',
      'services.settings.maxDirectUploadBytes',
      'services.settings.maxUploadBytes',
    ],
    ['an empty body has the code of a broken image', "AppError('empty-upload'", "AppError('unreadable-image'"],
  ]),
  ...breakagesOf('imaging/inspect/signature.ts', [
    ['bytes that are no image pass for a mismatch of types', 'if (!got || !isAccepted(got)) {', 'if (!got) {'],
  ]),
  ...breakagesOf('domain/image/other-formats.ts', [
    ['nobody is told what to do with HEIC', "['image/heic', HEIC],", ''],
    ['nobody is told what to do with SVG', "['image/svg+xml', SVG],", ''],
    ['nobody is told what to do with a video', "type.startsWith('video/') ? VIDEO :", ''],
  ]),
  ...breakagesOf('http/bodies/refused-type.ts', [
    ['a refused type is told by what was declared alone', 'throw toldByBytes(error, await head());', 'throw error;'],
  ]),
  ...breakagesOf('imaging/limits.ts', [
    ['a row of pixels too many passes', 'maxPixels: 50 * MEGAPIXEL,', 'maxPixels: 50 * MEGAPIXEL + 8_192,'],
    ['a row of pixels too few is the most', 'maxPixels: 50 * MEGAPIXEL,', 'maxPixels: 50 * MEGAPIXEL - 1,'],
    ['a side of 16,385 passes', 'maxSidePixels: 16_384', 'maxSidePixels: 16_385'],
  ]),
  ...breakagesOf('imaging/limits.ts', [
    ['a JPEG may have any number of scans', 'maxScanPixels: 32 *', 'maxScanPixels: 3_200 *'],
    ['texts of a PNG may inflate to 1 GB', 'maxInflatedBytes: 16 *', 'maxInflatedBytes: 1_600 *'],
  ]),
  ...breakagesOf('imaging/inspect/structure/jpeg-entropy.ts', [
    [
      'the last units of a JPEG may be missing',
      "if (heldBits < madeUpBits) return { outcome: 'short', units: unit };",
      '',
    ],
  ]),
  ...breakagesOf('imaging/inspect/structure/png.ts', [
    ['a wrong CRC passes', 'isCritical(type) && !hasRightCrc(state.file, chunk)', "type === ''"],
    ['an animated PNG passes', '!isOneFrame(state.file, chunk)', 'isOneFrame(state.file, chunk)'],
  ]),
  ...breakagesOf('imaging/inspect/structure/gif.ts', [
    ['a frame may end early', "pixels.outcome() === 'whole'", 'true'],
    ['a frame may go beyond the canvas', 'left + across > width || top + down > height', 'false'],
  ]),
  ...breakagesOf('imaging/inspect/structure/avif.ts', [
    [
      'of an AVIF image sequence the first picture is taken',
      "if (box.type === 'moov' || box.type === 'moof') return SEQUENCE;",
      '',
    ],
  ]),
  ...breakagesOf('imaging/inspect/structure/webp.ts', [
    ['a WebP may have anything behind its end', ' ?? refuseTrailer(file.sizeBytes - end, limits.maxTrailerBytes)', ''],
  ]),
  ...breakagesOf('imaging/pixels.ts', [
    ['orientation is ignored', 'frames > 1 ? metadata : metadata.autoOrient', 'metadata'],
  ]),
  ...breakagesOf('domain/image/media-type.ts', [
    ['image/jpg is unknown', "return type === 'image/jpg' ? 'image/jpeg' :", 'return'],
  ]),
];
