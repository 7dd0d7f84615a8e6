import { caughtBy } from '../breakage.ts';

/** Breakages of how the gallery selects, edits, and keeps its lists. */
export const GALLERY = [
  ...caughtBy('packages/web/src/select/selection.test.ts', [
    ['an exception of a range is selected', 'select/selection.ts: has', '!without.has(position) && ', ''],
  ]),
  ...caughtBy('packages/web/src/select/undo.test.ts', [
    [
      'Undo takes tags from pictures that had them before',
      'select/undo.ts: undoOf',
      'remove_tags: result.added_tags',
      'remove_tags: edit.add_tags',
    ],
    ['Undo replaces dates that others have set since', 'select/undo.ts: undoOf', "isTag ? 'any' : 'known'", "'any'"],
  ]),
  ...caughtBy('packages/web/src/select/in-batches.test.ts', [
    [
      'a shift that may have been done is done twice',
      'in-batches.ts: stepsAgain',
      "at: 'known' as const, members: of(unsure)",
      'members: of(unsure)',
    ],
    ['all dates are sent at once', 'in-batches.ts: DATES_AT_ONCE', '4', '400'],
  ]),
  ...caughtBy('packages/web/src/viewer/about/edits.test.ts', [
    [
      "an edit overwrites somebody else's",
      'field-edit.ts: createFieldEdit',
      '[base, sent].some((known) => isSame(field.formOf(found), known))',
      'true',
    ],
  ]),
  ...caughtBy('packages/web/src/favorites/favorite.test.ts', [
    ['a favorite has the tag twice', 'favorite.ts: withFavorite', '.filter((tag) => tag !== FAVORITE)', ''],
  ]),
  ...caughtBy('packages/web/src/uploads/known-files.test.ts', [
    ['a known file is sent', 'known-files.ts: createKnownFiles', '!statuses.has(file)', 'true'],
    [
      'files are kept back when the service is away',
      'known-files.ts: createKnownFiles',
      '.catch(() => new Map…())',
      '',
    ],
  ]),
  ...caughtBy('packages/web/src/library/taken-out.test.ts', [
    ['a trashed picture comes back with an older list', 'read-page.ts: read', '.filter((one) => !isAway(one))', ''],
  ]),
  ...caughtBy('packages/web/src/library/gone-elsewhere.test.ts', [
    ['each missing picture is asked for by itself', 'read-newest.ts: FEW', '4', '4_000'],
  ]),
];
