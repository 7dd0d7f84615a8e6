import { caughtBy } from '../breakage.ts';

export const WORKING_COPIES = [
  ...caughtBy('packages/server/test/renditions/working-copies.test.ts', [
    ['working copies are used although they are off', 'fromWorkingCopy', '!services.settings.workingCopies', 'false'],
    ['renditions are made from the original all the same', 'fromWorkingCopy', 'if (recipes.length < all.length) ', ''],
    ['nobody asks for the copy of a JPEG', 'ask-for-working-copy.ts: ask', 'if (isAsked) …;', ''],
    ['a URL of a working copy is answered', 'mayServeObject', "|| stored.kind === 'working-copy'", ''],
  ]),
  ...caughtBy('packages/server/test/s3/lost-copies.ci.test.ts', [
    ['a replaced copy is rendered', 'render-sources.ts: checkOut', '!== sha256', "=== ''"],
  ]),
  ...caughtBy('packages/server/test/renditions/working-copies-life.ci.test.ts', [
    ['a purge counts the working copy', 'purgeRenditions', "storedKey(key)?.kind !== 'working-copy'", 'key.length > 0'],
    ['an image that a gate looks at again loses its copy', 'holdAgain', ', heldAt', ': workingCopy && null, heldAt'],
  ]),
  ...caughtBy('packages/server/test/upkeep/orphans.test.ts', [
    ['a copy that no record names stays', 'orphanOf', "kind === 'working…)", 'false'],
  ]),
  ...caughtBy('packages/server/src/records/images/sqlite/remembered-images.test.ts', [
    ['a named copy is not seen by this process', 'remembered-images.ts: VERSION', "'working_copy',", ''],
  ]),
  ...caughtBy('packages/server/src/domain/rendition/copy-recipes.test.ts', [
    ['a copy is enlarged', 'LEAST_RATIO', '2', '0.5'],
    ['a crop moves', 'MAX_SHIFT', '0.125', '9'],
    ['a plain PNG becomes a JPEG', 'formatFromCopy', "'png';", "'jpeg';"],
  ]),
  ...caughtBy('packages/server/src/imaging/render/from-copy.test.ts', [
    ['a working copy is coarse', 'COPY_ENCODINGS', 'quality: 92', 'quality: 20'],
  ]),
];
