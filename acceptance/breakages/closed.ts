import { breakagesOf } from './breakage.ts';

/** Rules that only a service with authentication has. */
export const CLOSED = [
  ...breakagesOf('domain/access/user-id.ts', [
    ['users may begin or end with spaces', 'if (OUTER_SPACE.test(text)) return', "if (text === ' \\n') return"],
    ['users may be invisible', 'if (!VISIBLE.test(text)) return', "if (text === ' ') return"],
    ['invalid UTF-8 names a user', "if (text.includes('\\ufffd')) return", "if (text === '\\ufffd') return"],
  ]),
  ...breakagesOf('domain/access/access.ts', [
    [
      'an empty user is everyone',
      'if (!isProven && !userId) return undefined;',
      "if (userId === '') return undefined;",
    ],
    [
      'a user of null is everyone',
      'if (!isProven && !userId) return undefined;',
      'if (userId === null) return undefined;',
    ],
    ['a service needs no user', 'if (lacksUser(access)) throw noUser();', ''],
  ]),
  ...breakagesOf('callers/authenticator/credential.ts', [
    ['a refused credential is called none', "fault === 'missing' ? NONE : REFUSED", 'NONE'],
    [
      'a credential of another shape is called none',
      "fault === 'missing' ?",
      "['missing', 'unknown-shape'].includes(fault) ?",
    ],
  ]),
  ...breakagesOf('http/answers/problem-answer.ts', [
    ['the challenge tells no refusal', `', error="invalid_token"'`, `''`],
    ['the challenge without a credential has an error', "reason === 'missing' ? ''", "reason === '' ? ''"],
  ]),
  ...breakagesOf('http/request/user-claims.ts', [
    [
      'user%5Fid in a query is not seen',
      'const search = searchOf(c);',
      "const search = /user_id/.test(searchOf(c)) ? searchOf(c) : '';",
    ],
    ['an empty user in a query is none', "name === 'user_id' ?", "name === 'user_id' && userId !== '' ?"],
    [
      'misspelt user headers are ignored',
      'if (hasCredential(principal)) refuseMisspelt',
      'if (!principal) refuseMisspelt',
    ],
    ['user headers may lack a separator', 'user[-_]*id$/', 'user[-_]+id$/'],
    ['user headers may have underscores', '^x?[-_]*user[-_]*id$', '^x?-*user-*id$'],
    ['headers are decoded beside a credential', 'hasCredential(principal) ? printable : decoded', 'decoded'],
    [
      'an empty header is none',
      'headers(pointer).map((value)',
      "headers(pointer).filter((value) => value !== '').map((value)",
    ],
  ]),
  ...breakagesOf('http/request/fields.ts', [
    [
      'keys and quotas are for users that are none',
      '.refine((value) => userIdFault(value) === undefined,',
      '.refine((value) => value.length < 129,',
    ],
  ]),
  ...breakagesOf('domain/access/policy.ts', [
    [
      'an upload token mints upload tokens',
      "if (principal.kind === 'uploader' && rule.effect === 'delegate') return 'missing-scope';",
      '',
    ],
    [
      'an upload token permits reads',
      "return scope === 'images:upload';",
      "return scope === 'images:upload' || scope === 'images:read';",
    ],
    ['an upload token permits changes', "return scope === 'images:upload';", "return scope !== 'images:admin';"],
    [
      'an upload token sees what its minter uploaded itself',
      "if (principal.kind === 'uploader' && token === null) return false;",
      '',
    ],
    [
      'an upload token sees all uploads by tokens for its user',
      "return uploadedBy !== null && 'actors' in principal && principal.actors.includes(uploadedBy);",
      "return uploadedBy !== null && 'actors' in principal;",
    ],
    ['an upload token acts for every user', 'principal.token.userId === userId', 'userId.length > 0'],
    [
      'images hide from those without a credential only',
      "!image || isOpenToAll(image) ? undefined : 'hidden'",
      "!image || image.status === 'ready' ? undefined : 'hidden'",
    ],
  ]),
  ...breakagesOf('domain/access/upload-token-text.ts', [
    [
      'any seal of a token is accepted',
      'if (!keys.some((key) => isSame(tag, tagOf(key, claims)))) return undefined;',
      '',
    ],
  ]),
  ...breakagesOf('domain/access/upload-token.ts', [
    ['a token may last 59 seconds', 'MIN_TOKEN_SECONDS = 60', 'MIN_TOKEN_SECONDS = 59'],
    ['a token may last longer than a day', 'MAX_TOKEN_SECONDS = 86_400', 'MAX_TOKEN_SECONDS = 86_401'],
    ['a token lasts for two hours by default', 'DEFAULT_TOKEN_SECONDS = 3_600', 'DEFAULT_TOKEN_SECONDS = 7_200'],
    ['a token may permit 10,001 images', 'MAX_TOKEN_IMAGES = 10_000', 'MAX_TOKEN_IMAGES = 10_001'],
    ['max_images is ignored', 'maxImages === null ? undefined :', 'maxImages !== 0 ? undefined :'],
    ['records forget the limit of their token', '({ id, maxBytes })', '({ id, maxBytes: null })'],
  ]),
  ...breakagesOf('domain/access/upload-bounds.ts', [
    ['nothing that a token fixes is enforced', 'if (errors.length > 0) {', 'if (errors.length > 99) {'],
    ['any type may be uploaded', '...typeFaults(token, upload), ', ''],
    ['the visibility may differ from the token', "['tags', 'metadata', 'visibility'] as", "['tags', 'metadata'] as"],
    ['tags may differ from the token', "['tags', 'metadata', 'visibility'] as", "['metadata', 'visibility'] as"],
    ['metadata may differ from the token', "['tags', 'metadata', 'visibility'] as", "['tags', 'visibility'] as"],
    ['max_bytes is ignored', 'Math.min(maxBytes, token?.maxBytes ?? maxBytes)', 'maxBytes'],
  ]),
  ...breakagesOf('http/uploads/upload-fields.ts', [
    ["uploads don't get the tags of their token", 'fixed?.tags ?? []', '[]'],
    ["uploads don't get the metadata of their token", 'fixed?.metadata ?? {}', '{}'],
    ["uploads don't get the visibility of their token", "fixed?.visibility ?? 'private'", "'private'"],
  ]),
  ...breakagesOf('http/uploads/upload-json.ts', [
    [
      'max_size is not the limit of the token',
      'maxBytesWithin(settings.maxUploadBytes, image.token)',
      'settings.maxUploadBytes',
    ],
  ]),
  ...breakagesOf('records/images/sqlite/token-uses.ts', [
    ['a token permits one image too many', '>= maxImages', '> maxImages'],
    ['uses of a token are counted once', 'used = used + 1', 'used = used'],
  ]),
  ...breakagesOf('operations/uploads/idempotency.ts', [
    ['upload tokens share the keys of their user', 'keyspace === undefined ? key :', "keyspace !== '' ? key :"],
  ]),
  ...breakagesOf('domain/access/access.ts', [
    [
      'each upload token has keys of its own',
      "principal.kind === 'uploader' ? principal.keyspace : undefined",
      "principal.kind === 'uploader' ? principal.token.id : undefined",
    ],
  ]),
  ...breakagesOf('operations/uploads/require-token-use.ts', [
    ['a used-up token is refused after the body', 'if (!use || !(await images.isUsedUp(use))) return;', 'return;'],
    [
      'a used-up token repeats no upload',
      'if (await images.findKeyUse(of, clock.now())) return;',
      'await images.findKeyUse(of, clock.now());',
    ],
  ]),
  ...breakagesOf('operations/keys/rotate-key.ts', [
    ['a key whose successor is in use is rotated again', '    requireUnused(successors, now);\n', ''],
  ]),
  ...breakagesOf('domain/access/api-key.ts', [
    ['a successor that nobody used lives on', "former && stateOf(former, now) === 'live' ?", 'former === key ?'],
    ['a second rotation shortens the expiry', 'newKey(issued, former ?? key, now)', 'newKey(issued, key, now)'],
    ['a successor has Idempotency-Keys of its own', '      keyspace: key.keyspace,\n', ''],
    ['a revoked key works on', "if (revokedAt !== null) return 'revoked';", ''],
  ]),
  ...breakagesOf('records/images/sqlite/key-uses.ts', [
    [
      'a replay counts',
      'if (standing) return standing;',
      'if (standing && tokenUse) tokenUses.count(tokenUse);\n        if (standing) return standing;',
    ],
  ]),
  ...breakagesOf('http/uploads/upload-token-schemas.ts', [
    ['unknown fields of a token pass', "has this visibility.' }),\n});", "has this visibility.' }),\n}).strip();"],
    ['the bounds of a token are dropped: max_bytes', 'maxBytes: given.max_bytes ?? null', 'maxBytes: null'],
    [
      'the bounds of a token are dropped: content_types',
      'contentTypes: given.content_types ?? null',
      'contentTypes: null',
    ],
  ]),
  ...breakagesOf('http/uploads/upload-tokens.ts', [
    ['caches may keep refusals of tokens', 'addHeaders(c, UNCACHED);', ''],
  ]),
  ...breakagesOf('domain/access/signed-url.ts', [
    ['URLs last for less than READ_URL_SECONDS', '+ 2) * windowMs', '+ 1) * windowMs'],
    [
      'the epoch of a preset URL is not signed',
      'textOf: ({ id }, epoch, exp) =>',
      'textOf: ({ id }, _, exp, epoch = 0) =>',
    ],
    ['the image of a preset URL is not signed', '{id}|$', '{0}|$'],
  ]),
  ...breakagesOf('http/images/image-json.ts', [
    ['URLs of presets are not signed', 'const seal = sealOf(image);', "const seal = '';"],
  ]),
  ...breakagesOf('operations/images/read-shared-image.ts', [
    [
      'the URL of a preset survives its epoch',
      'if (image?.epoch !== epoch) throw invalidSignature();',
      'if (!image) throw invalidSignature();',
    ],
  ]),
  ...breakagesOf('http/admission/access.ts', [
    [
      'signatures of presets are not looked at',
      "if (rule === 'signed' || (isShared && isSigned(c)))",
      "if (rule === 'signed')",
    ],
    [
      'a credential beside a signature decides',
      "if (rule === 'signed' || (isShared && isSigned(c)))",
      "if (rule === 'signed' || (isShared && isSigned(c) && headerValues(c, 'authorization').length === 0))",
    ],
    ['an invalid credential is like none', "isShared && headers('authorization').length === 0", 'isShared'],
    ['public presets need a credential', "isShared && headers('authorization').length === 0", 'false'],
  ]),
  ...breakagesOf('http/app.ts', [
    [
      'JSON by credential does not vary',
      "    if (hasCredential(access.principal)) addHeaders(c, { vary: 'Authorization, Origin' });\n",
      '',
    ],
  ]),
  ...breakagesOf('http/renditions/renditions.ts', [
    [
      'shared caches may keep a preset by credential',
      "case 'uploader':\n      return REVALIDATED;",
      "case 'uploader':\n      return PUBLIC;",
    ],
    ['other origins may not show signed presets', 'allowAnyPage(c);\n      return presetOf(', 'return presetOf('],
    [
      'signed presets are private in caches',
      'return sharedKeeping(principal.url.expiresAt, services.clock.now());',
      'return REVALIDATED;',
    ],
  ]),
];
