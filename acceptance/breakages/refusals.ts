import { breakagesOf } from './breakage.ts';

export const REFUSALS = [
  ...breakagesOf('http/request/fields.ts', [
    ['21 tags are accepted', 'MAX_TAGS = 20', 'MAX_TAGS = 21'],
    ['20 tags are refused', 'MAX_TAGS = 20', 'MAX_TAGS = 19'],
    ['a tag of 65 characters is accepted', 'MAX_TAG_LENGTH = 64', 'MAX_TAG_LENGTH = 65'],
    ['a filename of 256 characters is accepted', 'MAX_FILENAME_LENGTH = 255', 'MAX_FILENAME_LENGTH = 256'],
    [
      'a description of 2,001 characters is accepted',
      'MAX_DESCRIPTION_LENGTH = 2_000',
      'MAX_DESCRIPTION_LENGTH = 2_001',
    ],
    ['metadata of 4,097 bytes are accepted', 'MAX_METADATA_BYTES = 4_096', 'MAX_METADATA_BYTES = 4_097'],
    [
      'a tag of 257 characters before normalization is accepted',
      'MAX_SENT_TAG_LENGTH = 4 * MAX_TAG_LENGTH',
      'MAX_SENT_TAG_LENGTH = 257',
    ],
    [
      'a tag of 256 characters before normalization is refused',
      'MAX_SENT_TAG_LENGTH = 4 * MAX_TAG_LENGTH',
      'MAX_SENT_TAG_LENGTH = 255',
    ],
    ['bidirectional control characters are accepted', '!/\\p{Bidi_Control}/u.test(value)', 'value.length >= 0'],
    ['tags are not trimmed', "one.normalize('NFC').trim()", "one.normalize('NFC')"],
    ['tags are not normalized', "one.normalize('NFC').trim()", 'one.trim()'],
    [
      'tags are not deduplicated',
      "[...new Set(given.map((one) => one.normalize('NFC').trim()))]",
      "given.map((one) => one.normalize('NFC').trim())",
    ],
    ['control characters are accepted', '!/\\p{Cc}/u.test(value)', 'value.length >= 0'],
    ['metadata may be an array', 'value !== null && !Array.isArray(value)', 'value !== null'],
  ]),
  ...breakagesOf('text/text-length.ts', [
    ['lengths are in UTF-16 units', 'const length = codePoints(text);', 'const length = text.length;'],
  ]),
  ...breakagesOf('http/steps/request-target.ts', [
    ['a fragment in the target is dropped', '[#\\0-', '[\\0-'],
    ['dot segments are resolved', '\\/(?:\\.|%2e){1,2}', '\\/(?:\\.|%2e){9}'],
    ['percent-encoded dot segments are resolved', '(?:\\.|%2e){1,2}', '\\.{1,2}'],
  ]),
  ...breakagesOf('domain/access/user-id.ts', [
    ['a user id of 129 characters is accepted', 'MAX_USER_ID_LENGTH = 128', 'MAX_USER_ID_LENGTH = 129'],
  ]),
  ...breakagesOf('domain/access/access.ts', [
    [
      'the header wins if two users are given',
      '    if (userId !== named)\n',
      "    if (userId !== named && claim.pointer === '')\n",
    ],
  ]),
  ...breakagesOf('domain/access/policy.ts', [
    [
      'in open mode a user changes images of others',
      "rule.effect === 'change' && !isOwner ? 'not-owner' : undefined",
      'undefined',
    ],
    [
      'in open mode a user reads only its own images',
      "return rule.effect === 'change' && !isOwner ? 'not-owner'",
      "return !isOwner ? 'hidden'",
    ],
  ]),
  ...breakagesOf('http/bodies/base64.ts', [
    [
      'invalid base64 is accepted',
      "if (bytes.toString('base64').replace(PADDING, '') !== text.replace(PADDING, ''))",
      'if (bytes.length < 0)',
    ],
  ]),
  ...breakagesOf('http/bodies/request-body.ts', [
    ['of two members with one name the last counts', 'if (countMembers(value) !== names) {', 'if (values < 0) {'],
    [
      'the largest body is refused',
      'if (sizeBytes > maxBytes) throw uploadTooLarge',
      'if (sizeBytes >= maxBytes) throw uploadTooLarge',
    ],
    [
      'a declared length past the limit is 413',
      'if (declared > maxBytes) throw uploadTooLarge(maxBytes, declared)',
      "if (declared > maxBytes) throw Object.assign(new Error('413'))",
    ],
  ]),
  ...breakagesOf('operations/uploads/stage-direct-upload.ts', [
    [
      'a direct upload may be as large as a presigned one',
      'maxBytesWithin(settings.maxDirectUploadBytes,',
      'maxBytesWithin(settings.maxUploadBytes,',
    ],
    ['an empty body is unreadable-image', "AppError('empty-upload'", "AppError('unreadable-image'"],
  ]),
  ...breakagesOf('imaging/inspect/signature.ts', [
    ['bytes of another format are type-mismatch', 'if (!got || !isAccepted(got)) return', 'if (!got) return'],
  ]),
  ...breakagesOf('domain/image/other-formats.ts', [
    ['the refusal of PDF has no advice', "['application/pdf', PDF],", ''],
    ['the refusal of SVG has no advice', "['image/svg+xml', SVG],", ''],
    ['the refusal of a video has no advice', "type.startsWith('video/') ? VIDEO :", ''],
  ]),
  ...breakagesOf('http/bodies/refused-type.ts', [
    ['the refusal of a declared type ignores the bytes', 'throw toldByBytes(error, await head());', 'throw error;'],
    [
      'an image is to be sent once more to a route that refused it',
      'if (type === undefined || acceptedType(type)) return error;',
      'if (type === undefined) return error;\n  if (acceptedType(type)) return withFormat(error, type, type + ": send them as that");',
    ],
  ]),
  ...breakagesOf('domain/image/media-type.ts', [
    ['one row of pixels over the limit is accepted', 'CAMERA_PIXELS = 52_428_800', 'CAMERA_PIXELS = 52_436_992'],
    ['exactly the limit of pixels is refused', 'CAMERA_PIXELS = 52_428_800', 'CAMERA_PIXELS = 52_428_799'],
    ['a JPEG may have one row too many', 'PHONE_PIXELS = 201_326_592', 'PHONE_PIXELS = 201_342_976'],
    ['a JPEG may have 52 megapixels only', 'PHONE_PIXELS = 201_326_592', 'PHONE_PIXELS = 52_428_800'],
  ]),
  ...breakagesOf('imaging/limits.ts', [
    ['a side of 16,385 pixels is accepted', 'maxSidePixels: 16_384', 'maxSidePixels: 16_385'],
  ]),
  ...breakagesOf('imaging/limits.ts', [
    ['a JPEG may have any number of scans', 'maxScanPixels: 32 *', 'maxScanPixels: 3_200 *'],
    ['the coefficients of a JPEG may take any memory', 'maxHeldJpegBytes: 472 *', 'maxHeldJpegBytes: 4_720 *'],
    ['text chunks of a PNG may inflate to 1.6 GB', 'maxInflatedBytes: 16 *', 'maxInflatedBytes: 1_600 *'],
  ]),
  ...breakagesOf('imaging/inspect/structure/jpeg-entropy.ts', [
    [
      'the last units of a JPEG may be missing',
      "if (heldBits < madeUpBits) return { outcome: 'short', units: unit };",
      '',
    ],
  ]),
  ...breakagesOf('imaging/inspect/structure/png.ts', [
    ['a wrong CRC is accepted', 'isCritical(type) && !hasRightCrc(state.file, chunk)', "type === ''"],
    ['an animated PNG is accepted', '!isOneFrame(state.file, chunk)', 'isOneFrame(state.file, chunk)'],
  ]),
  ...breakagesOf('imaging/inspect/structure/gif.ts', [
    ['a frame may end early', "pixels.outcome() === 'whole'", 'true'],
    ['a frame may exceed the canvas', 'left + across > width || top + down > height', 'false'],
  ]),
  ...breakagesOf('imaging/inspect/structure/avif.ts', []),
  ...breakagesOf('imaging/inspect/structure/heif-file.ts', [
    [
      'an AVIF image sequence is accepted',
      "isSequence || type === 'moov' || type === 'moof' ? AVIF_SEQUENCE",
      'isSequence ? AVIF_SEQUENCE',
    ],
  ]),
  ...breakagesOf('imaging/inspect/structure/webp.ts', [
    ['a WebP may have any data after its end', ' ?? refuseTrailer(file.sizeBytes - end, limits.maxTrailerBytes)', ''],
  ]),
  ...breakagesOf('imaging/pixels.ts', [
    ['orientation is ignored', 'frames > 1 ? metadata : metadata.autoOrient', 'metadata'],
  ]),
  ...breakagesOf('domain/image/media-type.ts', [
    ['image/jpg is not accepted', "aliases: ['image/jpg']", 'aliases: []'],
  ]),
];
