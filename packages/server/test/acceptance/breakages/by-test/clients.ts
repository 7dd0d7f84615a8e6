import { caughtBy } from '../breakage.ts';

/** Breakages of the client, the command line and the gallery. */
export const CLIENTS = [
  ...caughtBy('packages/client/test/requests.test.ts', [
    ['a URL is renewed once', 'upload.ts: RENEWALS', '4', '1'],
    ['a URL is renewed once more', 'upload.ts: RENEWALS', '4', '5'],
    [
      'months are those of all users',
      'images/images.ts: createImages',
      "'/images/months', options",
      "'/images/months', {}",
    ],
    ['a list ignores its abort', 'pages.ts: listOf', 'cursor }, signal }', 'cursor } }'],
  ]),
  ...caughtBy('packages/client/test/lost-answers.test.ts', [
    [
      'a correction whose answer is lost is a conflict',
      'images/images.ts: isOfFacts',
      "'taken_at' in changes || 'position' in changes",
      'false',
    ],
    ['a date is compared as it was sent', 'update-result.ts: isResultOf', "name === 'taken_at' && value", 'false'],
    ['degrees are compared as they were sent', 'update-result.ts: ROUNDED', '5e-5', '0'],
    [
      'a change of many images at their revisions is repeated',
      'images/images.ts: createImages',
      'changes.revisions !== undefined',
      'false',
    ],
  ]),
  ...caughtBy('packages/client/src/react/live.test.ts', [
    ['an image whose date changes is listed twice', 'image-list.ts: appended', '!ids.has(id)', 'true'],
  ]),
  ...caughtBy('packages/cli/test/commands.test.ts', [
    [
      'ls by capture shows the day of the upload',
      'commands/ls.ts: rowOf',
      'isByCapture ? String(facts?.taken_at ?? createdAt) : ',
      '',
    ],
    ['ls by date of capture keeps the order of uploads', 'commands/ls.ts: orderOf', 'if (isByCapture)', 'if (false)'],
    ['ls of words has no order of uploads', 'commands/ls.ts: orderOf', ' && search === undefined', ''],
  ]),
  ...caughtBy('packages/cli/src/output/lines.test.ts', [
    ['isolates of direction reach the terminal', 'terminal-text.ts: OBEYED', 'ufffb]--[', 'ufffb]--[\\u2066-\\u2069'],
  ]),
  ...caughtBy('packages/web/src/session/oidc/oidc.test.ts', [
    ['signing out leaves the refresh token valid', 'oidc.ts: credentialOf', '= refresh ??', '='],
    ['tokens outlive the sign-out', 'oidc.ts: credentialOf', ";\n      [access, refresh] = ['', undefined]", ''],
    ['signing out waits for a silent issuer', 'oidc.ts: credentialOf', 'signal: AbortSignal.timeout(END_MS),', ''],
    [
      'signing out fails with an issuer that is away',
      'oidc.ts: credentialOf',
      '          .catch(() => undefined);\n',
      ';',
    ],
    ['the page after the sign-out is that of a sign-in', 'oidc.ts: credentialOf', "new URL('/', …).href", '…'],
    [
      'the issuer is not told who signs out',
      'oidc.ts: credentialOf',
      "page.searchParams.set('id_token_hint', idToken)",
      'void 0',
    ],
    ['signing out leads to any address', 'oidc.ts: pageAt', '&& isTrusted ? page :', '??'],
  ]),
  ...caughtBy('packages/client/src/queue/totals.test.ts', [
    [
      'the time left is by the last seconds alone',
      'totals.ts: createSpeedometer',
      'withinMs: MEAN_MS',
      'withinMs: SPEED_MS',
    ],
  ]),
  ...caughtBy('packages/web/src/uploads/found-files.test.ts', [
    ['a chosen folder is sent in any order', 'found-files.ts: foundIn', 'inOrder(files)', 'files'],
  ]),
  ...caughtBy('packages/web/src/uploads/use-kept-rows.test.ts', [
    ['rows move up when one is uploaded', 'use-kept-rows.ts: rowsAfter', ' || !hasLeft(item.id)', ''],
  ]),
  ...caughtBy('packages/web/src/library/library-query.test.ts', [
    [
      'uploads with other tags enter the pictures of a tag',
      'belongs.ts: belongs',
      'tags.every((tag) => picture.tags?.includes(tag)) &&',
      '',
    ],
    ['a month lacks its last day', 'belongs.ts: isOfMonth', 'time < to', 'time < to - 86_400_000'],
    [
      'a picture that loses its tag stays among those of the tag',
      'create-library.ts: createLibrary',
      'if (byId.has(given.image_id)) lose(given.image_id);',
      '',
    ],
    [
      'a list of a month has no end',
      'read-page.ts: boundsFrom',
      'smaller(span && span.to - 1, ',
      'smaller(undefined, ',
    ],
    [
      'an upload enters the pictures of some words unseen',
      'create-library.ts: createLibrary',
      'left.has(id) || undefined)',
      'left.has(id) || true)',
    ],
  ]),
  ...caughtBy('packages/web/src/find/find-text.test.ts', [
    ['a tag with a quote is another tag', 'find-text.ts: quoted', "value.replace(/[\"\\\\]/g, '\\\\$&')", 'value'],
    [
      'words are offered without search',
      'find-text.ts: readText',
      'token.name === undefined && findable.maySearch',
      'token.name === undefined',
    ],
  ]),
  ...caughtBy('packages/web/src/viewer/renditions.test.ts', [
    [
      'sizes that are the same are offered twice',
      'renditions.ts: wholeRenditions',
      'size.width, size.height,',
      'preset,',
    ],
  ]),
  ...caughtBy('packages/web/src/timeline/block-layout.test.ts', [
    ['days of two months are joined', 'block-layout.ts: groupsOf', ' && monthOf(first) === monthOf(day)', ''],
  ]),
];
