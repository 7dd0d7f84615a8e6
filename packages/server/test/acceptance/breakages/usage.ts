import { breakages } from './breakage.ts';

/** What counts, and what is limited: `USAGE=on`. */
export const USAGE = breakages([
  ['pending images reserve nothing', 'domain/usage/usage.ts: usageOf', 'image.reservedBytes', '0'],
  ['pending images count as none', 'domain/usage/usage.ts: usageOf', ', pending: 1', ''],
  ['trashed images do not count', 'domain/usage/usage.ts: usageOf', '(image)', "(image) || image.status === 'trashed'"],
  ['trashed bytes are not told', 'domain/usage/usage.ts: usageOf', "image.status === 'trashed' ? bytes : 0", '0'],
  ['an upload may exceed its limit by what it asks', 'quotaFault', '+ more >', '>='],
  ['what is used does not count for limits', 'quotaFault', '=> used +', '=>'],
  ['what is reserved does not count for limits', 'quotaFault', '+ reserved +', '+'],
  ['refusals have no numbers', 'quotaExceeded', '{ quota: fault }', '{}'],
  ['pending uploads are unlimited', 'quotaFault', 'pending ??', 'bytes ??'],
  ['limits of a user are ignored', 'usage.ts: createUsageCounts', ', limitsOf(userId) ??', ','],
  ['limits of one user are those of all', 'createReads', "user_id = ?'", "? IS NOT NULL'"],
  ['limits stay for ever', 'createSqliteUsage', 'user_id = ?', 'user_id = ? || 0'],
  ['users without images are not listed', 'createSqliteUsage', ' UNION SELECT user_id FROM quotas', ''],
  ['pages of users overlap', 'createSqliteUsage', ') WHERE user_id >', ') WHERE user_id >='],
  ['users come in reverse order', 'createSqliteUsage', 'LIMIT ?', 'DESC LIMIT ?'],
  ['pending uploads reserve the largest size', 'createUpload', 'min(input.sizeBytes ?? ', 'min('],
  ['direct uploads reserve nothing', 'store-verified.ts: begin', 'upload.file.sizeBytes', '0'],
  ['usage without a user is that of nobody', 'readUsage', 'null', "''"],
  ['reserved bytes are part of the bytes', 'usageJson', 'bytes,', 'bytes + usage.reservedBytes,'],
  ['admins are not told whose limits they are', 'ownerJson', 'owner.hasOwnLimits', 'false'],
  ['refused members of a batch have no numbers', 'within-batch.ts: within', 'quota,', 'quota: undefined,'],
  ['limits that are not named are removed', 'amount', 'meta', 'default(null)\n    .meta'],
  ['negative limits pass', 'amount', '.min(0, got(EXPECTED_AMOUNT))', ''],
  ['fractional limits pass', 'amount', 'int', 'number'],
  ['unknown fields of limits pass', 'limitsBody', 'closedObject', 'z.object'],
  ['pages of 101 users', 'fields.ts: MAX_LISTED', '100', '101'],
  ['any text is a cursor of users', 'find-owners.ts: opened', "0 && bytes.toString('base64url') === cursor", '0'],
]);

/** Rules about usage that only a service with authentication has. */
export const CLOSED_USAGE = breakages([
  ['users change their limits', 'POLICY.setQuota', 'ADMINISTER', 'CHANGE'],
  ['users remove their limits', 'POLICY.removeQuota', 'ADMINISTER', 'CHANGE'],
  ['users read the limits of others', 'POLICY.describeQuota', 'ADMINISTER', 'LIST'],
  ['users see all users', 'POLICY.listUsers', 'ADMINISTER', 'LIST'],
  [
    'pending uploads ignore max_bytes of their token',
    'createUpload',
    'maxUploadBytes, maxBytes)',
    'maxUploadBytes, maxUploadBytes)',
  ],
]);
