import { breakagesFor } from '../breakage.ts';

const MADE = 'server/test/renditions/working-copies.test.ts';
const LIFE = 'server/test/renditions/working-copies-life.test.ts';
const LOST = 'server/test/s3/lost-copies.test.ts';
const ORPHANS = 'server/test/upkeep/orphans.test.ts';
const RECIPES = 'server/src/domain/rendition/copy-recipes.test.ts';
const PICTURES = 'server/src/imaging/render/from-copy.test.ts';
const REMEMBERED = 'server/src/records/images/sqlite/remembered-images.test.ts';

export const WORKING_COPIES = [
  ...breakagesFor({ file: 'server/src/operations/renditions/render-sources.ts', test: MADE }, [
    ['working copies are used although they are off', '!services.settings.workingCopies', 'false'],
    [
      'renditions are made from the original all the same',
      'if (recipes.length < all.length) return undefined;',
      'return undefined;',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/renditions/render-sources.ts', test: LOST }, [
    ['a replaced copy is rendered', 'if (file.sha256 !== sha256) {', "if (file.sha256 === '') {"],
  ]),
  ...breakagesFor({ file: 'server/src/operations/renditions/ask-for-working-copy.ts', test: MADE }, [
    ['nobody asks for the copy of a JPEG', 'if (isAsked) await sendMaintenance(services, id);', ''],
  ]),
  ...breakagesFor({ file: 'server/src/operations/images/may-serve-object.ts', test: MADE }, [
    ['a URL of a working copy is answered', "|| stored.kind === 'working-copy'", ''],
  ]),
  ...breakagesFor({ file: 'server/src/operations/renditions/purge-renditions.ts', test: LIFE }, [
    ['a purge counts the working copy', "storedKey(key)?.kind !== 'working-copy'", 'key.length > 0'],
  ]),
  ...breakagesFor({ file: 'server/src/domain/image/hold.ts', test: LIFE }, [
    [
      'an image that a gate looks at again loses its copy',
      'const serving = { maintainAt, renditionFailures, links, workingCopy, heldAt: at };',
      'const serving = { maintainAt, renditionFailures, links, workingCopy: workingCopy && null, heldAt: at };',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/upkeep/orphans.ts', test: ORPHANS }, [
    ['a copy that no record names stays', "kind === 'working-copy' && key !== workingCopyKeyOf(image)", 'false'],
  ]),
  ...breakagesFor({ file: 'server/src/records/images/sqlite/remembered-images.ts', test: REMEMBERED }, [
    ['a named copy is not seen by this process', "'links', 'working_copy'] as const", "'links'] as const"],
  ]),
  ...breakagesFor({ file: 'server/src/domain/rendition/copy-recipes.ts', test: RECIPES }, [
    ['a copy is enlarged', 'const LEAST_RATIO = 2;', 'const LEAST_RATIO = 0.5;'],
    ['a crop moves', 'const MAX_SHIFT = 0.125;', 'const MAX_SHIFT = 9;'],
    ['a plain PNG becomes a JPEG', "=== 'png') return 'png';", "=== 'png') return 'jpeg';"],
  ]),
  ...breakagesFor({ file: 'server/src/imaging/render/encodings.ts', test: PICTURES }, [
    ['a working copy is coarse', 'quality: 92', 'quality: 20'],
  ]),
];
