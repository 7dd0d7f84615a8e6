import { breakagesOf } from './breakage.ts';

/** What counts, and what is limited: `USAGE=on`. */
export const USAGE = [
  ...breakagesOf('domain/usage/usage.ts', [
    [
      'pending images reserve nothing',
      'pending: 1, reservedBytes: image.reservedBytes',
      'pending: 1, reservedBytes: 0',
    ],
    [
      'pending images count as none',
      'pending: 1, reservedBytes: image.reservedBytes',
      'reservedBytes: image.reservedBytes',
    ],
    [
      'trashed images do not count',
      'if (!isStored(image)) return NO_USAGE;',
      "if (!isStored(image) || image.status === 'trashed') return NO_USAGE;",
    ],
    ['trashed bytes are not told', "image.status === 'trashed' ? bytes : 0", '0'],
  ]),
  ...breakagesOf('domain/usage/quota.ts', [
    ['an upload may exceed its limit by what it asks', 'used + reserved + more > max', 'used + reserved >= max'],
    ['what is used does not count for limits', 'used + reserved + more > max', 'reserved + more > max'],
    ['what is reserved does not count for limits', 'used + reserved + more > max', 'used + more > max'],
    ['refusals have no numbers', '{ quota: fault },', '{},'],
    ['pending uploads are unlimited', 'limits.pending ?? Number', 'limits.bytes ?? Number'],
  ]),
  ...breakagesOf('records/usage/sqlite/usage.ts', [
    ['limits of a user are ignored', 'limitsOf(userId) ?? defaults, reservedBytes)', 'defaults, reservedBytes)'],
    [
      'limits of one user are those of all',
      'SELECT bytes, images, pending FROM quotas WHERE user_id = ?',
      'SELECT bytes, images, pending FROM quotas WHERE ? IS NOT NULL',
    ],
    ['limits stay for ever', 'DELETE FROM quotas WHERE user_id = ?', 'DELETE FROM quotas WHERE user_id = ? || 0'],
    [
      'users without images are not listed',
      'SELECT user_id FROM usage UNION SELECT user_id FROM quotas) WHERE user_id > ?',
      'SELECT user_id FROM usage) WHERE user_id > ?',
    ],
    ['pages of users overlap', 'quotas) WHERE user_id > ?', 'quotas) WHERE user_id >= ?'],
    ['users come in reverse order', 'ORDER BY user_id LIMIT ?', 'ORDER BY user_id DESC LIMIT ?'],
  ]),
  ...breakagesOf('operations/uploads/create-upload.ts', [
    ['pending uploads reserve the largest size', 'input.sizeBytes ?? maxUploadBytes, max', 'maxUploadBytes, max'],
  ]),
  ...breakagesOf('operations/uploads/store-direct-upload.ts', [
    ['direct uploads reserve nothing', 'reservedBytes: upload.file.sizeBytes,', 'reservedBytes: 0,'],
  ]),
  ...breakagesOf('operations/usage/read-usage.ts', [
    ['usage without a user is that of nobody', 'if (userId === null) throw', "if (userId === '') throw"],
  ]),
  ...breakagesOf('http/usage/usage-json.ts', [
    ['reserved bytes are part of the bytes', 'bytes: usage.bytes,', 'bytes: usage.bytes + usage.reservedBytes,'],
    ['admins are not told whose limits they are', 'has_own_limits: owner.hasOwnLimits', 'has_own_limits: false'],
  ]),
  ...breakagesOf('http/answers/within-batch.ts', [
    ['refused members of a batch have no numbers', '  quota,\n  errors', '  quota: undefined,\n  errors'],
  ]),
  ...breakagesOf('http/usage/usage-schemas.ts', [
    [
      'limits that are not named are removed',
      '.min(0, got(EXPECTED_AMOUNT))\n    .nullable()',
      '.min(0, got(EXPECTED_AMOUNT))\n    .nullable()\n    .default(null)',
    ],
    ['negative limits pass', '.min(0, got(EXPECTED_AMOUNT))', ''],
    ['fractional limits pass', '.int(EXPECTED_AMOUNT)', '.number(EXPECTED_AMOUNT)'],
    ['unknown fields of limits pass', 'limitsBody = closedObject({', 'limitsBody = z.object({'],
  ]),
  ...breakagesOf('http/request/fields.ts', [['pages of 101 users', 'MAX_LISTED = 100', 'MAX_LISTED = 101']]),
  ...breakagesOf('operations/usage/find-owners.ts', [
    ['any text is a cursor of users', "bytes.length > 0 && bytes.toString('base64url') === cursor", 'bytes.length > 0'],
  ]),
];

/** Rules about usage that only a service with authentication has. */
export const CLOSED_USAGE = [
  ...breakagesOf('domain/access/policy.ts', [
    ['users change their limits', 'setQuota: ADMINISTER', 'setQuota: CHANGE'],
    ['users remove their limits', 'removeQuota: ADMINISTER', 'removeQuota: CHANGE'],
    ['users read the limits of others', 'describeQuota: ADMINISTER', 'describeQuota: LIST'],
    ['users see all users', 'listUsers: ADMINISTER', 'listUsers: LIST'],
  ]),
  ...breakagesOf('operations/uploads/create-upload.ts', [
    ['pending uploads ignore max_bytes of their token', 'maxBytesWithin(maxUploadBytes, mark));', 'maxUploadBytes);'],
  ]),
];
