import { caughtBy } from '../breakage.ts';

export const ACCESS = [
  ...caughtBy('packages/server/test/http/preflights.test.ts', [
    ['each preflight of an origin has a line in the log', 'createUnlistedOrigins', ' || told.has(origin)', ''],
    ['any number of origins has lines in the log', 'createUnlistedOrigins', 'size === MOST_AN_HOUR || told.', ''],
    ['preflights of unlisted origins are not reported', 'cors', 'if (isPreflight) report(origin);', ''],
  ]),
  ...caughtBy('packages/server/src/records/keys/sqlite/sqlite.test.ts', [
    [
      'an older version takes a key by prefix for its owner’s',
      'actsAsText',
      '[EVERYONE] : actsAs',
      '[EVERYONE] : (actsAs.prefixes ?? actsAs)',
    ],
    [
      'a stored empty prefix is everyone',
      'stored-key.ts: prefixesIn',
      'prefixFault(text) === undefined',
      "typeof text === 'string'",
    ],
  ]),
  ...caughtBy('packages/server/src/records/keys/dynamodb/dynamodb.test.ts', [
    [
      'a key by prefix has the version of other keys',
      'key-item.ts: versionOf',
      'isByPrefix(actsAs) ? VERSIONED_BY_PREFIX :',
      '',
    ],
    [
      'a change of a key by prefix takes its version',
      'dynamodb/dynamodb.ts: updateOf',
      '...versionOf(to)',
      "schemaVersion: { N: '6' }",
    ],
  ]),
  ...caughtBy('packages/server/src/records/webhooks/sqlite/sqlite.test.ts', [
    ['webhooks of a prefix are unlimited', 'hasRoomFor', 'alike < MAX_WEBHOOKS && ', ''],
    ['webhooks of all prefixes are unlimited', 'hasRoomFor', ' && prefixed < MAX_WEBHOOKS_BY_PREFIX', ''],
    [
      'an older version sends everything to a webhook for a prefix',
      'stored-webhook.ts: webhookJson',
      'userPrefix === null',
      "userPrefix !== ''",
    ],
  ]),
  ...caughtBy('packages/server/src/callers/authenticator/jwt/claims.test.ts', [
    [
      'a token for an empty prefix is for everyone',
      'claims.ts: prefixesIn',
      'prefixFault(one) !== undefined',
      'one === undefined',
    ],
    [
      'a token has users and prefixes',
      'claims.ts: principalOf',
      'actsAs !== undefined && prefixes !== undefined',
      'false',
    ],
  ]),
  ...caughtBy('packages/server/src/domain/access/upload-token-text.test.ts', [
    ['an upload token with an unknown visibility fixes none', 'boundsIn', ';\n  if (visibility …undefined', ''],
    ['a token of version 2 is sealed as one of version 1', 'createSealedClaims', '`v…}|', '`v1|'],
  ]),
  ...caughtBy('packages/server/src/domain/access/forged-upload-tokens.test.ts', [
    ['a token of a later version is accepted', 'createSealedClaims', '(opened.v ?? 1) === sealed.version && ', ''],
    ['a claim of a later version is ignored', 'createSealedClaims', ' && hasOnly(opened, sealed.names)', ''],
  ]),
  ...caughtBy('packages/server/src/domain/access/policy.test.ts', [
    ['a row without viewers admits them', 'permits', 'return false', 'return true'],
    ['a view token sees images without its tags', 'viewerRefusal', 'token.onlyTags.every(', 'token.onlyTags.some('],
    ['a view token sees images that are not ready', 'viewerRefusal', " && image.status === 'ready'", ''],
    ['a view token sees images of every user', 'viewerRefusal', 'if (image.userId !== …;', ''],
    ['a view token opens originals unasked', 'permits', 'return showsOriginals', 'return true'],
    ['a view token uploads unasked', 'permits', 'upload !== null', 'true'],
    [
      'a view token describes what its minter uploaded itself',
      'isUploaderOf',
      "if (principal.kind === 'viewer' …;",
      '',
    ],
    ['a view token describes uploads of any age', 'viewerRefusal', ' && isRecent(image, token)', ''],
  ]),
  ...caughtBy('packages/server/src/callers/authenticator/view-token.test.ts', [
    ['revocations are not read', 'createViewTokenVerifier', 'if (await recent…;', ''],
    ['a token from far ahead is accepted', 'createViewTokenVerifier', 'if (token.issuedAt…;', ''],
    ['a read under way is remembered over a revocation', 'createRecentReads', ', ...flights]', ']'],
  ]),
  ...caughtBy('packages/server/src/operations/images/list-within.test.ts', [
    ['a view token lists other states', 'listWithin', "query.status !== 'ready'", "query.status === 'held'"],
    [
      'a view token with tags searches',
      'listWithin',
      'if (query.words !== undefined)',
      'if (query.words?.length === 0)',
    ],
    [
      'a view token lists any of several tags',
      'listWithin',
      "if (query.tagMode !== 'all')",
      'if (query.tagMode === undefined)',
    ],
  ]),
  ...caughtBy('packages/server/src/domain/event/event-filter.test.ts', [
    ['a view token hears of changed metadata', 'shownEvent', ' && (viewer…(field))', ''],
    ['a view token hears of held images', 'isViewed', "event.status === 'ready' && ", ''],
  ]),
  ...caughtBy('packages/server/src/http/images/image-json.test.ts', [
    [
      'a view token is told the hash of the original',
      'imageJson',
      'view.shows.originals ? (stored?.sha256 ?? null) : null',
      'stored?.sha256 ?? null',
    ],
    ['a view token is told metadata', 'imageJson', 'view.shows.metadata ? image.metadata : {}', 'image.metadata'],
  ]),
  ...caughtBy('packages/server/src/callers/authenticator/jwt/jwt.test.ts', [
    ['a token lives a second longer than its skew', 'verifiedClaims', 'clockSkewSeconds,', 'clockSkewSeconds + 1,'],
    [
      'a token may be issued a second later than its skew',
      'verifiedClaims',
      'clockSkewSeconds)',
      'clockSkewSeconds + 1)',
    ],
  ]),
  ...caughtBy('packages/server/src/http/request/user-claims.test.ts', [
    ['only the first user in a query counts', 'claimsIn', ';', '.slice(0, 1);'],
  ]),
];
