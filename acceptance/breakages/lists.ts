import { breakagesOf } from './breakage.ts';

export const LISTS = [
  ...breakagesOf('http/images/images.openapi.ts', [
    ['a list ignores unknown parameters', 'query: listQuery,\n  refusesUnknownNames: true,', 'query: listQuery,'],
  ]),
  ...breakagesOf('http/images/images.ts', [
    ['a page has no limit in bytes', 'MAX_PAGE_BYTES = 4 * 1_048_576', 'MAX_PAGE_BYTES = 40 * 1_048_576'],
    ['the filter by tag is ignored', 'tags: asked.tag ?? []', 'tags: []'],
    ['the filter by type is ignored', "acceptedType(asked.content_type ?? '')", 'undefined'],
    ['the filter by user is ignored', 'return { ...range, status, userId, tags', 'return { ...range, status, tags'],
    ['tag_mode=any is treated as all', "tagMode: asked.tag_mode ?? 'all'", "tagMode: 'all'"],
    ['tag_mode is any by default', "tagMode: asked.tag_mode ?? 'all'", "tagMode: asked.tag_mode ?? 'any'"],
    ['order is ignored', 'createdBefore, order, limit };', "createdBefore, order: 'newest', limit };"],
    ['the start date is ignored', 'const range = { createdFrom,', 'const range = { createdFrom: undefined,'],
    ['a user of the header sees pending images of all', 'userId ?? subject ?? undefined', 'userId ?? undefined'],
    ['there is a list of all expired images', 'if (owner !== undefined) return', 'if (owner !== null) return'],
    [
      'pending images of all owners are refused',
      "if (status === 'pending' || status === 'held' || status === 'rejected') return",
      "if ((status === 'pending' || status === 'rejected') && owner !== undefined) return",
    ],
    [
      'status is always pending',
      "status === 'rejected') return { ...range, status,",
      "status === 'rejected') return { ...range, status: 'pending',",
    ],
    ['the Link header is missing', 'nextCursor === null ? {} :', 'nextCursor !== 0 ? {} :'],
    [
      'Link omits the filters',
      'new URL(c.req.url);\n  url.searchParams.set',
      "new URL('/images', c.req.url);\n  url.searchParams.set",
    ],
    ['Link is a relative URL', "{c.get('publicOrigin')}", "{''}"],
    ['count is the limit', 'count: texts.length, texts,', 'count: asked.limit, texts,'],
    ['next_cursor is absent at the end', 'next_cursor: nextCursor }', 'next_cursor: nextCursor ?? undefined }'],
  ]),
  ...breakagesOf('http/images/image-schemas.ts', [
    ['an end instant is exclusive', 'DAY_MS : 1)', 'DAY_MS : 0)'],
    ['a date-time without an offset is refused', 'local: true', 'local: false'],
    ['an end date without a time is its first millisecond', '? DAY_MS : 1)', '? 1 : 1)'],
    ['a page may have 1,001 images', 'MAX_LIST_LIMIT = 1_000', 'MAX_LIST_LIMIT = 1_001'],
    ['a page has 99 images by default', 'DEFAULT_LIST_LIMIT = 100', 'DEFAULT_LIST_LIMIT = 99'],
    [
      'tag and type beside status=pending are accepted',
      "status === 'ready' || !(tag ?? tag_mode ?? content_type)",
      'true',
    ],
    ['a start after the end is accepted', '!start_date || !end_date || start_date < end_date', 'true'],
  ]),
  ...breakagesOf('http/request/fields.ts', [
    ['a limit of 0 is accepted', 'Number(value) >= min && Number(value) <= max', 'Number(value) <= max'],
  ]),
  ...breakagesOf('domain/cursor.ts', [
    ['a cursor is not authenticated', 'timingSafeEqual(tag, tagOf(key, id, filters))', 'true'],
    [
      'a cursor is not bound to filters',
      "createHmac('sha256', key).update(id).update(filters)",
      "createHmac('sha256', key).update(id)",
    ],
  ]),
  ...breakagesOf('operations/images/find-images.ts', [
    [
      'a cursor is not bound to the user',
      '[status, userId, createdFrom, createdBefore, order, ready]',
      '[status, createdFrom, createdBefore, order, ready]',
    ],
    [
      'a cursor is not bound to the order',
      '[status, userId, createdFrom, createdBefore, order, ready]',
      '[status, userId, createdFrom, createdBefore, ready]',
    ],
    [
      'a cursor is not bound to the dates',
      '[status, userId, createdFrom, createdBefore, order, ready]',
      '[status, userId, order, ready]',
    ],
    [
      'a cursor is not bound to tags and type',
      '[status, userId, createdFrom, createdBefore, order, ready]',
      '[status, userId, createdFrom, createdBefore, order]',
    ],
    [
      'images that do not fit into a page are skipped',
      'const next = count < images.length ?',
      'const next = count < 0 ?',
    ],
    ['the cursor is never used', 'images.find({ ...query, after })', 'images.find(query)'],
  ]),
  ...breakagesOf('records/images/sqlite/find.ts', [
    ['next_cursor is null before the last page', 'rows.length > limit &&', 'rows.length > limit + 1 &&'],
    ['next_cursor is not null on the last page', 'rows.length > limit &&', 'rows.length >= limit &&'],
    ['an image is lost between pages', 'const last = fitting.at(-1);', 'const last = rows.at(-1);'],
  ]),
];
