import { breakages } from './breakage.ts';

export const EXTERNAL_IDS = breakages([
  ['a grant ignores its external id', 'describedAs', 'fields.external_id ?? ', ''],
  ['PATCH ignores an external id', 'metadata.ts: changesOf', 'externalId: external_id', ''],
  [
    'a rejected image keeps its external id',
    'keptOf',
    '{ filename }…, filename }',
    '{ filename, externalId }…, filename, externalId }',
  ],
  [
    'a look-up without a status finds images in the trash',
    'find-by-external-id.ts: isIn',
    "status !== 'trashed'",
    'true',
  ],
  ['a look-up ignores its status', 'find-by-external-id.ts: isIn', ': status === asked', ': true'],
  ['an empty external_id lists everything', 'imageRoutes', ", 'external_id'", ''],
  ['an external id may have 201 bytes', 'externalIdFault', 'bytes > MAX', 'bytes > 1 + MAX'],
  ['the bytes of an external id count as characters', 'externalIdFault', 'Buffer.byteLength(text)', 'text.length'],
  ['the fingerprint of a grant omits the external id', 'fingerprintedExternalId', ': { externalId }', ': {}'],
  ['the conflict does not name the image', 'externalIdTaken', ', params: { …status }', ''],
]);
