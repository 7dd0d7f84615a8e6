import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createApp } from '../../src/http/app.ts';
import { createLogger } from '../../src/observe/log/logger.ts';
import type { ImageRepository } from '../../src/records/images/image-repository.ts';
import { samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { compose } from '../../src/run/compose/compose.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { superviseConnections } from '../../src/run/connections/connections.ts';
import { createRequestListener } from '../../src/run/process/request-listener.ts';
import { post } from '../services/service.ts';
import { connectTo, lines, statuses } from './raw-connection.ts';

/** How long one request may block the event loop, on any machine that runs the tests. */
const ALLOWED_MS = 2_000;

const RESOLUTION_MS = 10;

/** The CPU time of this thread so far. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** As many images as a page has. */
const SEARCHED_IMAGES = 1_000;

const MARKS = '\u0301\u0316'.repeat(1_000);

/** How long one search of a whole page may block the event loop: half of what its marks alone would without a bound. */
function searchAllowedMs(): number {
  const before = cpuMs();
  for (let count = 0; count < SEARCHED_IMAGES; count += 1) MARKS.normalize('NFKD');
  return (cpuMs() - before) / 2;
}

/** Descriptions that are slow to normalize, or become long. */
const DESCRIPTIONS = {
  'marks of two classes': MARKS,
  'marks and letters that become marks': '\u0301\uff9e'.repeat(1_000),
  'ligatures of eighteen letters': '\ufdfa'.repeat(2_000),
  'distinct words': Array.from({ length: 222 }, (_, n) => `${n}abcdefgh`.slice(0, 8)).join(' '),
};

/** No refusal repeats a text of this size. */
const MAX_ANSWER_LENGTH = 32_768;

const BODY_LENGTH = 480_000;
/** The rest of the 64 KB limit of headers. */
const QUERY_LENGTH = 60_000;
const HEADER_LENGTH = 60_000;
/** Stands for the id of an existing image: conditions and ranges are ignored for others. */
const READY = '00000000-0000-7000-8000-00000000000f';
const UNKNOWN = '/images/01932f00-0000-7000-8000-000000000001';

/** The service in this process on a socket, so that its event loop can be watched. */
interface ServedHere extends AsyncDisposable {
  readonly origin: string;
  readonly images: ImageRepository;
}

async function serveHere(): Promise<ServedHere> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'safelight-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { config, secrets } = loadConfig({ DATA_DIR: folder });
  const logger = await createLogger({ level: 'silent', format: 'json' });
  const composition = stack.use(await compose(config, secrets, { observe: () => undefined }));
  const app = createApp({
    ...composition,
    ...(await composition.openRateLimiters()),
    rateLimiter: null,
    access: config,
    pressure: () => undefined,
    stopping: null,
    leaving: null,
    logger,
  });
  const server = createServer({ maxHeaderSize: 65_536 });
  superviseConnections(
    server,
    createRequestListener({ fetch: app.fetch, observe: composition.services.observe, logger }),
    { maxConnections: 100 },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const held = stack.move();
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    images: composition.services.images,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A text of this many UTF-8 bytes, for each piece repeated. */
const filled = (piece: string, bytes: number): string => piece.repeat(Math.floor(bytes / Buffer.byteLength(piece)));

/** Pieces that some code handled in more than linear time: marks of two classes that NFC sorts, blanks inside, ... */
const PIECES = {
  marks: '\u0301\u0316',
  letters: 'a',
  blanks: ' ',
  breaks: '\n',
  quotes: '"',
  commas: ',',
  'pairs of surrogates': '🌅',
};

interface Case {
  readonly name: string;
  readonly request: Buffer;
}

const request = (head: readonly string[], body: string | Buffer = ''): Buffer => {
  const bytes = Buffer.from(body);
  return Buffer.concat([
    Buffer.from(lines(...head, 'Host: localhost', `Content-Length: ${bytes.length}`), 'latin1'),
    bytes,
  ]);
};

const inJson = (method: string, path: string, value: unknown): Buffer =>
  request([`${method} ${path} HTTP/1.1`, 'Content-Type: application/json'], JSON.stringify(value));

const IN_BODIES: Readonly<Record<string, (text: string) => Buffer>> = Object.fromEntries([
  ...['user_id', 'filename', 'description', 'content_type', 'sha256', 'method', 'size', 'metadata', 'tags'].map(
    (field) => [
      `grant ${field}`,
      (text: string) => inJson('POST', '/images/upload', { user_id: 'ada', content_type: 'image/png', [field]: text }),
    ],
  ),
  ...['filename', 'description', 'tags', 'metadata', 'focal_point', 'other'].map((field) => [
    `change ${field}`,
    (text: string) => inJson('PATCH', UNKNOWN, { [field]: text.slice(0, 60_000) }),
  ]),
  ...['filename', 'description', 'content_type', 'tags', 'other'].map((field) => [
    `base64 ${field}`,
    (text: string) =>
      inJson('POST', '/images/upload', {
        user_id: 'ada',
        file: 'AAAA',
        metadata: { content_type: 'image/png', [field]: text },
      }),
  ]),
  ['one tag', (text) => inJson('POST', '/images/upload', { user_id: 'ada', content_type: 'image/png', tags: [text] })],
  ['the tag of a change', (text) => inJson('PATCH', UNKNOWN, { tags: [text.slice(0, 30_000)] })],
  [
    'base64',
    (text) => inJson('POST', '/images/upload', { user_id: 'ada', file: text, metadata: { content_type: 'image/png' } }),
  ],
  [
    'a name in metadata',
    (text) => inJson('POST', '/images/upload', { user_id: 'ada', content_type: 'image/png', metadata: { [text]: 1 } }),
  ],
  [
    'a value in metadata',
    (text) => inJson('POST', '/images/upload', { user_id: 'ada', content_type: 'image/png', metadata: { a: [text] } }),
  ],
  ['a user of a batch', (text) => inJson('POST', '/images/uploads', { user_id: text, uploads: [{}] })],
  [
    'a tag of a batch',
    (text) =>
      inJson('POST', '/images/uploads', { user_id: 'a', uploads: [{ content_type: 'image/png', tags: [text] }] }),
  ],
  ['an id to delete', (text) => inJson('POST', '/images/delete', { user_id: 'a', image_ids: [text] })],
  ['an id to render', (text) => inJson('POST', '/render-urls', { renders: [{ image_id: text }] })],
  [
    'a parameter to sign',
    (text) => inJson('POST', '/render-urls', { renders: [{ image_id: UNKNOWN, position: text, background: text }] }),
  ],
  ['a name to sign', (text) => inJson('POST', '/render-urls', { renders: [{ image_id: UNKNOWN, [text]: 1 }] })],
] as [string, (text: string) => Buffer][]);

const IN_QUERIES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['user_id', 'tags', 'filename', 'description', 'metadata', 'content_type', 'other'].map((name) => [
      `grant ${name}`,
      `POST /images/upload?user_id=ada&${name}=`,
    ]),
  ),
  ...Object.fromEntries(
    [
      'user_id',
      'tag',
      'tag_mode',
      'status',
      'order',
      'cursor',
      'content_type',
      'start_date',
      'end_date',
      'limit',
      'fields',
      'q',
      'other',
    ].map((name) => [`list ${name}`, `GET /images?${name}=`]),
  ),
  'a wait': `GET ${UNKNOWN}/metadata?wait=`,
  'a version': `GET ${UNKNOWN}/renditions/thumb?v=`,
  'a preset': `GET ${UNKNOWN}/renditions/`,
  'an id': 'GET /images/',
  'a path': 'GET /nowhere/',
  'a signature': `GET ${UNKNOWN}/render?w=1&kid=1&sig=`,
  'a transform': `GET ${UNKNOWN}/render?kid=1&sig=1&position=`,
  'a key': 'PUT /objects/safelight/incoming/a/',
  'a presigned query': 'GET /objects/safelight/images/a?X-Amz-SignedHeaders=host;',
};

const HEADERS = [
  'X-User-Id', 'user-id', 'Idempotency-Key', 'Content-Type', 'Range', 'If-Match', 'If-None-Match', 'If-Range', 'If-Modified-Since',
  'Accept', 'Origin', 'Access-Control-Request-Headers', 'Sec-Fetch-Site', 'Cookie', 'X-Amz-Meta-A', 'Content-MD5',
]; // biome-ignore format: a list

/** Headers take one byte per character. */
const IN_HEADERS: Readonly<Record<string, string>> = {
  letters: filled('a', HEADER_LENGTH),
  'blanks in the midst': `bytes=a${filled(' ', HEADER_LENGTH)}b`,
  commas: `"a"${filled(', "a"', HEADER_LENGTH)}`,
  marks: Buffer.from(filled(PIECES.marks, HEADER_LENGTH)).toString('latin1'),
  semicolons: `image/png${filled(';', HEADER_LENGTH)}`,
  boundary: `multipart/form-data; boundary=${filled('-', HEADER_LENGTH - 100)}`,
};

const form = (part: string, value: string): Buffer =>
  request(
    ['POST /images/upload?user_id=ada HTTP/1.1', 'Content-Type: multipart/form-data; boundary=b'],
    `--b\r\nContent-Disposition: form-data; ${part}\r\n\r\n${value}\r\n--b--\r\n`,
  );

const repeated = (parameter: string) => filled(`${parameter}&`, QUERY_LENGTH);

const CASES: readonly Case[] = [
  ...Object.entries(IN_BODIES).flatMap(([field, make]) =>
    Object.entries(PIECES).map(([kind, piece]) => ({
      name: `${field}: ${kind}`,
      request: make(filled(piece, BODY_LENGTH)),
    })),
  ),
  ...Object.entries(IN_QUERIES).flatMap(([field, start]) =>
    Object.entries(PIECES).map(([kind, piece]) => ({
      name: `${field}: ${kind}`,
      request: request([`${start}${filled(encodeURIComponent(piece), QUERY_LENGTH)} HTTP/1.1`]),
    })),
  ),
  ...HEADERS.flatMap((header) =>
    Object.entries(IN_HEADERS).flatMap(([kind, value]) =>
      [
        `GET ${UNKNOWN}/metadata`,
        'POST /images/upload?user_id=ada',
        `PATCH ${UNKNOWN}`,
        'PUT /objects/safelight/incoming/a/b',
        `GET /images/${READY}`,
        `GET /images/${READY}/renditions/thumb`,
      ].map((target) => ({
        name: `${header} of ${target}: ${kind}`,
        request: request([`${target} HTTP/1.1`, `${header}: ${value}`]),
      })),
    ),
  ),
  ...['t=1', 'tags=a', 'tag=a', 'user_id=a', 'w=1', 'sig=1'].flatMap((parameter) =>
    [
      'POST /images/upload',
      'GET /images',
      `GET ${UNKNOWN}/render`,
      `GET ${UNKNOWN}/renditions/thumb`,
      'GET /objects/safelight/a',
    ].map((target) => ({
      name: `${parameter} again and again, ${target}`,
      request: request([`${target}?${repeated(parameter)} HTTP/1.1`]),
    })),
  ),
  ...Object.entries(PIECES).flatMap(([kind, piece]) => [
    { name: `a form's field: ${kind}`, request: form('name="tags"', filled(piece, BODY_LENGTH)) },
    { name: `a form's user: ${kind}`, request: form('name="user_id"', filled(piece, 16_000)) },
    { name: `a part's name: ${kind}`, request: form(`name="${filled(piece, BODY_LENGTH)}"`, 'x') },
    { name: `a file's name: ${kind}`, request: form(`name="file"; filename="${filled(piece, 60_000)}"`, 'x') },
  ]),
  {
    name: 'thousands of tags',
    request: inJson('POST', '/images/upload', {
      user_id: 'a',
      content_type: 'image/png',
      tags: Array(9_000).fill('\u0301\u0316'),
    }),
  },
  {
    name: 'the longest tags, in a batch',
    request: inJson('POST', '/images/uploads', {
      user_id: 'a',
      uploads: Array.from({ length: 38 }, () => ({
        content_type: 'image/png',
        tags: Array.from({ length: 200 }, (_, index) => `${index}${'\u0301\u0316'.repeat(126)}`),
      })),
    }),
  },
  {
    name: 'thousands of wrong ids',
    request: inJson('POST', '/images/delete', { user_id: 'a', image_ids: Array(200_000).fill(7) }),
  },
  { name: 'thousands of wrong renders', request: inJson('POST', '/render-urls', { renders: Array(40_000).fill(7) }) },
  {
    name: 'thousands of unknown fields',
    request: inJson(
      'PATCH',
      UNKNOWN,
      Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`f${index}`, 1])),
    ),
  },
  {
    name: 'levels of metadata',
    request: request(
      ['POST /images/upload HTTP/1.1', 'Content-Type: application/json'],
      `{"metadata":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
    ),
  },
  {
    name: 'millions of line breaks in base64',
    request: inJson('POST', '/images/upload', {
      user_id: 'a',
      file: '\n'.repeat(3_500_000),
      metadata: { content_type: 'image/png' },
    }),
  },
  {
    name: 'a tag of 7 MB',
    request: inJson('POST', '/images/upload', {
      user_id: 'a',
      content_type: 'image/png',
      tags: ['\u0301\u0316'.repeat(1_750_000)],
    }),
  },
  {
    name: 'a number of 7 MB',
    request: request(
      ['POST /images/upload HTTP/1.1', 'Content-Type: application/json'],
      `{"size":${'9'.repeat(7_000_000)}}`,
    ),
  },
];

describe('the longest and worst texts', () => {
  let service: ServedHere;
  let ready: string;
  let delay: ReturnType<typeof monitorEventLoopDelay>;
  before(async () => {
    service = await serveHere();
    const body = new Uint8Array(await testImage({ type: 'image/png', width: 16, height: 16 }));
    const uploaded = await fetch(`${service.origin}/images/upload?user_id=ada`, post(body, 'image/png'));
    ready = ((await uploaded.json()) as { image_id: string }).image_id;
    delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
  });
  after(async () => {
    delay.disable();
    await service[Symbol.asyncDispose]();
  });

  /** The longest time that our own code blocked the loop before the answer, without other load of the machine. */
  async function heldUpMs({ request: bytes }: Case): Promise<{ ms: number; answer: string }> {
    await using connection = await connectTo(service.origin);
    const sent = Buffer.from(bytes.toString('latin1').replace(READY, ready), 'latin1');
    await later(2 * RESOLUTION_MS); // the monitor notices a delay when it is over, also one of before
    delay.reset();
    const before = cpuMs();
    connection.socket.write(sent);
    const answer = await connection.until((received) => received.includes('\r\n\r\n'));
    connection.socket.end();
    await connection.ended;
    await later(2 * RESOLUTION_MS);
    return { ms: Math.min(delay.max / 1e6, cpuMs() - before), answer: connection.received() || answer };
  }

  for (const [kind, description] of Object.entries(DESCRIPTIONS)) {
    it(`are searched without blocking others: ${kind}`, async (test) => {
      const { images } = service;
      const add = async (): Promise<void> => {
        const pending = samplePending({ userId: kind, filename: 'sea.jpg', description });
        await images.create(pending);
        await images.replace(pending, samplePublished(pending));
      };
      await Promise.all(Array.from({ length: SEARCHED_IMAGES }, add));
      const query = new URLSearchParams({ user_id: kind, q: 'sea', fields: 'status', limit: String(SEARCHED_IMAGES) });
      const { ms, answer } = await heldUpMs({ name: kind, request: request([`GET /images?${query} HTTP/1.1`]) });
      const allowed = searchAllowedMs();
      const found = `${Math.round(ms)} of ${Math.round(allowed)} ms`;
      test.diagnostic(found);
      assert.ok(ms < allowed, found);
      assert.ok(answer.includes(`"count":${SEARCHED_IMAGES}`), answer.slice(0, 500));
    });
  }

  const groups = Map.groupBy(
    CASES,
    ({ name }) => /^(?:grant|change|base64|list) |^[\w-]+(?= of | again)|^[^:]+/.exec(name)?.[0].trim() ?? '',
  );
  for (const [group, cases] of groups) {
    it(`are answered without blocking others: ${group}`, async (test) => {
      let worst = { name: '', ms: 0 };
      for (const one of cases) {
        const { ms, answer } = await heldUpMs(one);
        if (ms > worst.ms) worst = { name: one.name, ms };
        assert.ok(ms < ALLOWED_MS, `${one.name}: ${Math.round(ms)} ms`);
        const [status = 0] = statuses(answer);
        assert.ok(status >= 200 && status < 500, `${one.name}: ${answer.slice(0, 300)}`);
        assert.ok(answer.length < MAX_ANSWER_LENGTH, `${one.name}: an answer of ${answer.length} characters`);
      }
      test.diagnostic(`${Math.round(worst.ms)} ms at most: ${worst.name}`);
    });
  }
});
