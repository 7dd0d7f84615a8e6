import { caughtBy } from '../breakage.ts';

export const METADATA_FILTERS = [
  ...caughtBy('packages/server/test/images/metadata-filters.test.ts', [
    ['a filter by metadata is ignored', 'images/images.ts: filterOf', 'subject), metadata }', 'subject) }'],
    ['an empty filter by metadata is ignored', 'metadataFiltersIn', "if (value === '')", 'if (false)'],
    ['a repeated filter by metadata counts once', 'metadataFiltersIn', 'given.length > 1', 'false'],
    [
      'an uploaded image is found by no metadata',
      'publishImage',
      'maintainAt, filteredBy, decisions',
      'maintainAt, filteredBy: [], decisions',
    ],
    [
      'a restored image is found by no metadata',
      'images/restore-image.ts: restoreImage',
      'now(), filteredBy)',
      'now(), [])',
    ],
    [
      'a view token filters by metadata that it does not show',
      'listWithin',
      'filter && !showsMetadata',
      'filter && false',
    ],
    ['a cursor serves another filter by metadata', 'find-images.ts: canonical', 'ready, ...others]', 'ready]'],
  ]),
  ...caughtBy('packages/server/test/upkeep/fill-filters.test.ts', [
    [
      'a list answers by a filter that is being filled',
      'createFilterNames',
      'if (missing === undefined) return;',
      'if (missing) return;',
    ],
    [
      'a name that stays is refused during a fill',
      'checkFilters',
      'kept: names.filter((name) => complete.includes(name))',
      'kept: []',
    ],
    ['a fill of a table begins at once', 'fill-filters.ts: dueFilling', 'NAMES_NOTICED_MS + LONGEST_WRITE_MS', '0'],
    ['a process that was frozen goes on with a fill', 'walk-published.ts: walkPublished', 'if (isHeld) await', 'await'],
    ['a fill begins anew after a stop', 'fill-filters.ts: fill', 'position: next,', 'position: null,'],
    ['a fill gives up images that change beside it', 'fillOne', '|| CHANGED', '|| false'],
    [
      'a scheduled worker whose sweep fails fills no filters',
      'sweepOnce',
      '[fillFilters(services, options)',
      '[sweeping().then(() => fillFilters(services, options))',
    ],
    ['a PATCH keeps the names of filters that it found', 'withFiltersInForce', "image.status === 'ready'", 'false'],
  ]),
  ...caughtBy('packages/server/src/records/images/sqlite/sqlite.test.ts', [
    ['a value of metadata that has gone lists its image', 'createMetadataRows', 'if (lacks(after, row))', 'if (false)'],
    [
      'a fill and a change of one image both win',
      'sqlite/record-writes.ts: CONDITION_COLUMNS',
      "  'filtered_by',\n",
      '',
    ],
  ]),
];
