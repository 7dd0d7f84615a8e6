import { caughtBy } from '../breakage.ts';

export const FORMER_IDS = [
  ...caughtBy('packages/server/test/images/former-ids.test.ts', [
    ['an id of an earlier service is found nowhere', 'withFormerIds', 'image || !isFormerId(id)', 'true'],
    ['the cover of an album is an id of an earlier service', 'changeAlbum', ', ...(cover && { cover }) }', ' }'],
    ['an image is moved behind itself by its former id', 'ownId', 'id && isFormerId(id)', 'id && !isFormerId(id)'],
  ]),
  ...caughtBy('packages/server/src/records/images/sqlite/sqlite.test.ts', [
    ['an ended image keeps its former id', 'image.ts: NOTHING_SAID', '\n  formerId: null,', ''],
    [
      'a former id in use is an error of the database',
      'sqlite/taken-ids.ts: createTakenIds',
      'holder.id !== id ? ',
      'holder.id === id ? ',
    ],
  ]),
  ...caughtBy('packages/server/src/records/images/dynamodb/taken-ids.ci.test.ts', [
    [
      'two ids of one ended image cannot be taken over at once',
      'dynamodb/taken-ids.ts: createTakenIds',
      'checks.get(id) ?? ',
      '',
    ],
  ]),
  ...caughtBy('packages/server/src/records/images/dynamodb/image-item.test.ts', [
    ['the process of the version before waits for the client of a fetched image', 'VERSIONED_TO_FETCH', "'9'", "'8'"],
  ]),
];
