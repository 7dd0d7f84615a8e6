import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decompressionBomb, paddedPng, testImage, truncated } from '../../../../test/pictures/test-images.ts';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { createTestService, json, ORIGIN, post, type TestService } from '../services/service.ts';

interface Refusal {
  readonly name: string;
  readonly path?: string;
  readonly init: RequestInit;
  readonly code: ErrorCode;
  /** The detail: the expected and the given value. */
  readonly says: RegExp;
  /** The pointer in `errors`. */
  readonly pointer?: string;
}

const MEGABYTE = 1_048_576;
const bytes = (data: Buffer) => new Uint8Array(data);
const jpeg = bytes(await testImage({ type: 'image/jpeg', width: 80, height: 60 }));
const png = bytes(await testImage({ type: 'image/png', width: 80, height: 60 }));
const largest = bytes(paddedPng(Buffer.from(png), 5 * MEGABYTE));
const user = { 'X-User-Id': 'u1' };
const base64 = Buffer.from(jpeg).toString('base64');
const grant = (fields: object) => json({ user_id: 'u1', content_type: 'image/jpeg', ...fields });
const encoded = (fields: object, metadata: object = {}) =>
  json({ file: base64, metadata: { content_type: 'image/jpeg', ...metadata }, ...fields }, { 'user-id': 'u1' });

const form = (parts: Record<string, string | Blob | Uint8Array<ArrayBuffer>>, type = 'image/jpeg'): RequestInit => {
  const data = new FormData();
  for (const [name, value] of Object.entries(parts)) {
    if (typeof value === 'string') data.set(name, value);
    else data.set(name, new File([value], 'a.jpg', { type }));
  }
  return { method: 'POST', body: data };
};

const HTML = bytes(Buffer.from('<!doctype html><script>alert(1)</script>'));
const SVG = bytes(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'));
const HEIC = bytes(
  Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic'), Buffer.alloc(64)]),
);
const WAVE = bytes(Buffer.concat([Buffer.from('RIFF\x40\0\0\0WAVEfmt '), Buffer.alloc(64)]));
const raw = '/images/upload';
const manyTags = Array.from({ length: 21 }, (_, index) => `tag${index}`);

const REFUSALS: readonly Refusal[] = [
  // user
  {
    name: 'a raw body without a user',
    init: post(jpeg, 'image/jpeg'),
    code: 'invalid-request',
    says: /user_id: expected a user.*got none/,
  },
  {
    name: 'a grant without a user',
    init: json({ content_type: 'image/jpeg' }),
    code: 'invalid-request',
    says: /expected a user/,
  },
  { name: 'a query grant without a user', init: { method: 'POST' }, code: 'invalid-request', says: /expected a user/ },
  {
    name: 'a base64 body without a user',
    init: json({ file: base64, metadata: { content_type: 'image/jpeg' } }),
    code: 'invalid-request',
    says: /expected a user/,
  },
  { name: 'a form without a user', init: form({ file: jpeg }), code: 'invalid-request', says: /expected a user/ },
  {
    name: 'two users: header and query',
    path: `${raw}?user_id=u2`,
    init: post(jpeg, 'image/jpeg', user),
    code: 'invalid-request',
    says: /expected the user u1, named elsewhere in the request; got u2/,
    pointer: '?user_id',
  },
  {
    name: 'two users: header and body',
    init: json({ user_id: 'u2', content_type: 'image/jpeg' }, user),
    code: 'invalid-request',
    says: /got u2/,
    pointer: '/user_id',
  },
  {
    name: 'two users: query and body',
    path: `${raw}?user_id=u2`,
    init: grant({}),
    code: 'invalid-request',
    says: /expected the user u2, named elsewhere in the request; got u1/,
  },
  {
    name: 'two users: both headers',
    init: post(jpeg, 'image/jpeg', { ...user, 'user-id': 'u2' }),
    code: 'invalid-request',
    says: /expected the user u1, named elsewhere in the request; got u2/,
  },
  {
    name: 'a user id of 129 characters',
    init: grant({ user_id: 'x'.repeat(129) }),
    code: 'invalid-request',
    says: /at most 128 characters; got 129/,
    pointer: '/user_id',
  },
  {
    name: 'a user id of 1,000 characters in the header',
    init: post(jpeg, 'image/jpeg', { 'X-User-Id': 'x'.repeat(1000) }),
    code: 'invalid-request',
    says: /at most 128 characters; got 1000/,
  },
  {
    name: 'a user id with NUL',
    init: grant({ user_id: 'a\0b' }),
    code: 'invalid-request',
    says: /no control characters/,
    pointer: '/user_id',
  },
  {
    name: 'a user id with a lone surrogate',
    init: grant({ user_id: 'a\ud800' }),
    code: 'invalid-request',
    says: /well-formed Unicode/,
  },
  {
    name: 'a user id that is a number',
    init: grant({ user_id: 7 }),
    code: 'invalid-request',
    says: /expected a user id as text; got 7/,
    pointer: '/user_id',
  },
  // metadata
  {
    name: 'a file name of 256 characters',
    init: grant({ filename: 'x'.repeat(256) }),
    code: 'invalid-request',
    says: /at most 255 characters; got 256/,
    pointer: '/filename',
  },
  {
    name: 'a file name with control characters',
    path: `${raw}?filename=a%0Ab.jpg`,
    init: post(jpeg, 'image/jpeg', user),
    code: 'invalid-request',
    says: /no control characters/,
    pointer: '?filename',
  },
  {
    name: '21 tags in JSON',
    init: grant({ tags: manyTags }),
    code: 'invalid-request',
    says: /at most 20 tags; got 21/,
    pointer: '/tags',
  },
  {
    name: '21 tags in a query',
    path: `${raw}?user_id=u1&tags=${manyTags.join(',')}`,
    init: { method: 'POST' },
    code: 'invalid-request',
    says: /at most 20 tags; got 21/,
    pointer: '?tags',
  },
  {
    name: 'a tag of 65 code points',
    init: grant({ tags: ['🙂'.repeat(65)] }),
    code: 'invalid-request',
    says: /at most 64 characters; got 65/,
    pointer: '/tags/0',
  },
  {
    name: 'an empty tag',
    init: grant({ tags: [' '] }),
    code: 'invalid-request',
    says: /at least 1 character/,
    pointer: '/tags/0',
  },
  {
    name: 'tags that are not an array',
    init: grant({ tags: 7 }),
    code: 'invalid-request',
    says: /expected an array of tags; got 7/,
    pointer: '/tags',
  },
  {
    name: 'a description of 2,001 characters',
    init: grant({ description: 'x'.repeat(2001) }),
    code: 'invalid-request',
    says: /at most 2000 characters; got 2001/,
    pointer: '/description',
  },
  {
    name: 'metadata of 4,097 bytes',
    init: grant({ metadata: { a: 'x'.repeat(4097 - 8) } }),
    code: 'invalid-request',
    says: /at most 4096 bytes of JSON; got 4097/,
    pointer: '/metadata',
  },
  {
    name: 'metadata that is an array',
    init: grant({ metadata: [1] }),
    code: 'invalid-request',
    says: /expected a JSON object/,
    pointer: '/metadata',
  },
  {
    name: "metadata that isn't JSON",
    path: `${raw}?metadata=%7Bcamera`,
    init: post(jpeg, 'image/jpeg', user),
    code: 'invalid-request',
    says: /expected a JSON object; got other text/,
    pointer: '?metadata',
  },
  {
    name: 'metadata that is JSON but not an object',
    path: `${raw}?metadata=7`,
    init: post(jpeg, 'image/jpeg', user),
    code: 'invalid-request',
    says: /expected a JSON object/,
    pointer: '?metadata',
  },
  {
    name: 'a filename given twice',
    path: `${raw}?filename=a&filename=b`,
    init: post(jpeg, 'image/jpeg', user),
    code: 'invalid-request',
    says: /got 2 values/,
    pointer: '?filename',
  },
  // form of the body
  { name: 'malformed JSON', init: { ...json({}), body: '{"user_id":' }, code: 'malformed-body', says: /expected JSON/ },
  {
    name: 'JSON that is not UTF-8',
    init: { ...json({}), body: bytes(Buffer.from([0x22, 0xff, 0x22])) },
    code: 'malformed-body',
    says: /not UTF-8/,
  },
  {
    name: 'JSON with two users',
    init: { ...json({}), body: '{"user_id":"ada","content_type":"image/jpeg","user\\u005fid":"bob"}' },
    code: 'malformed-body',
    says: /each name once in its object/,
  },
  {
    name: 'JSON with a name twice in metadata',
    init: { ...json({}), body: '{"user_id":"ada","metadata":{"a":":","a":1},"content_type":"image/jpeg"}' },
    code: 'malformed-body',
    says: /each name once in its object/,
  },
  { name: 'JSON that is an array', init: json([]), code: 'invalid-request', says: /got/ },
  { name: 'JSON that is null', init: json(null), code: 'invalid-request', says: /got null/ },
  { name: 'an empty JSON body', init: { ...json({}), body: '' }, code: 'malformed-body', says: /expected JSON/ },
  {
    name: 'a form-encoded body',
    init: { ...json({}, { 'Content-Type': 'application/x-www-form-urlencoded' }), body: 'user_id=u1' },
    code: 'unsupported-body',
    says: /got application\/x-www-form-urlencoded/,
  },
  {
    name: 'plain text',
    init: { ...json({}, { 'Content-Type': 'text/plain' }), body: 'hello' },
    code: 'unsupported-body',
    says: /got text\/plain/,
  },
  {
    name: 'a truncated form',
    init: {
      ...json({}, { 'Content-Type': 'multipart/form-data; boundary=b' }),
      body: '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nabc',
    },
    code: 'malformed-body',
    says: /got a part/,
  },
  {
    name: 'a form without a boundary',
    init: { ...json({}, { 'Content-Type': 'multipart/form-data' }), body: 'x' },
    code: 'malformed-body',
    says: /multipart/,
  },
  {
    name: 'a form without a file',
    init: form({ user_id: 'u1' }),
    code: 'invalid-request',
    says: /expected the image in the part "file"/,
  },
  {
    name: 'a form with its file under another name',
    init: form({ user_id: 'u1', image: jpeg }),
    code: 'invalid-request',
    says: /got one in image/,
  },
  {
    name: 'JSON of half a million values',
    init: { ...json({}, user), body: `{"content_type":"image/jpeg","x":[${'0,'.repeat(500_000)}0]}` },
    code: 'malformed-body',
    says: /at most 10000 values; got more/,
  },
  // type
  {
    name: 'a grant for a PDF',
    init: grant({ content_type: 'application/pdf' }),
    code: 'unsupported-type',
    says: /expected one of image\/jpeg.*got "application\/pdf"/,
    pointer: '/content_type',
  },
  {
    name: 'a grant without a type',
    init: json({ user_id: 'u1' }),
    code: 'invalid-request',
    says: /content_type: expected a content type as text; got nothing/,
    pointer: '/content_type',
  },
  {
    name: 'a grant for SVG',
    init: grant({ content_type: 'image/svg+xml' }),
    code: 'unsupported-type',
    says: /got "image\/svg\+xml"/,
  },
  {
    name: 'a raw SVG',
    init: post(SVG, 'image/svg+xml', user),
    code: 'unsupported-type',
    says: /got "image\/svg\+xml"/,
  },
  { name: 'SVG under a PNG name', init: post(SVG, 'image/png', user), code: 'unsupported-type', says: /SVG/ },
  { name: 'HTML under an image name', init: post(HTML, 'image/jpeg', user), code: 'unsupported-type', says: /html/i },
  { name: 'HEIC declared AVIF', init: post(HEIC, 'image/avif', user), code: 'type-mismatch', says: /heic/ },
  { name: 'RIFF that is not WebP', init: post(WAVE, 'image/webp', user), code: 'unsupported-type', says: /expected/ },
  {
    name: 'PNG declared JPEG',
    init: post(png, 'image/jpeg', user),
    code: 'type-mismatch',
    says: /expected.*jpeg.*got.*png/i,
  },
  {
    name: 'a form whose part has no image type',
    init: form({ user_id: 'u1', file: jpeg }, 'application/pdf'),
    code: 'unsupported-type',
    says: /got "application\/pdf"/,
  },
  // bytes
  {
    name: 'an empty raw body',
    init: post(bytes(Buffer.alloc(0)), 'image/jpeg', user),
    code: 'empty-upload',
    says: /got an empty body/,
  },
  {
    name: 'an empty file in a form',
    init: form({ user_id: 'u1', file: new Blob([]) }),
    code: 'empty-upload',
    says: /empty/,
  },
  {
    name: 'a raw body of 5 MB and a byte',
    init: post(new Uint8Array(5 * MEGABYTE + 1), 'image/jpeg', user),
    code: 'upload-too-large',
    says: /at most 5242880 bytes; got 5242881/,
  },
  {
    name: 'a form file of 5 MB and a byte',
    path: '/images',
    init: form({ user_id: 'u1', file: new Uint8Array(5 * MEGABYTE + 1) }),
    code: 'upload-too-large',
    says: /at most 5242880 bytes; got more\. POST \/uploads grants a URL for an upload of up to 52428800 bytes/,
  },
  {
    name: 'a form file of 8 MB',
    path: '/images',
    init: form({ user_id: 'u1', file: new Uint8Array(8 * MEGABYTE) }),
    code: 'upload-too-large',
    says: /\. POST \/uploads grants a URL for an upload of up to 52428800 bytes/,
  },
  {
    name: 'a base64 file of 5 MB and a byte',
    init: encoded({ file: Buffer.alloc(5 * MEGABYTE + 1).toString('base64') }),
    code: 'upload-too-large',
    says: /at most 5242880 bytes/,
  },
  {
    name: 'JSON with 8 MB of base64',
    init: encoded({ file: 'A'.repeat(8 * MEGABYTE) }),
    code: 'upload-too-large',
    says: /at most/,
  },
  {
    name: 'invalid base64',
    init: encoded({ file: 'no base64!' }),
    code: 'invalid-request',
    says: /expected base64/,
    pointer: '/file',
  },
  {
    name: 'base64 that is a number',
    init: encoded({ file: 7 }),
    code: 'invalid-request',
    says: /got 7/,
    pointer: '/file',
  },
  {
    name: 'base64 without a type',
    init: json({ file: base64, metadata: {} }, user),
    code: 'unsupported-type',
    says: /got no type/,
    pointer: '/metadata/content_type',
  },
  { name: 'base64 of no bytes', init: encoded({ file: '' }), code: 'empty-upload', says: /empty/ },
  {
    name: 'a truncated JPEG',
    init: post(bytes(truncated(Buffer.from(jpeg))), 'image/jpeg', user),
    code: 'unreadable-image',
    says: /expected/,
  },
  {
    name: 'a truncated PNG',
    init: post(bytes(truncated(Buffer.from(png))), 'image/png', user),
    code: 'unreadable-image',
    says: /expected/,
  },
  {
    name: 'a decompression bomb',
    init: post(bytes(decompressionBomb()), 'image/png', user),
    code: 'too-many-pixels',
    says: /expected.*got/,
  },
];

describe('a refused upload', () => {
  let service: TestService;
  before(async () => {
    service = await createTestService();
  });
  after(() => service[Symbol.asyncDispose]());

  for (const { name, path = raw, init, code, says, pointer } of REFUSALS) {
    it(`gets 400 ${code}: ${name}`, async () => {
      const response = await service.request(path, { method: 'POST', ...init });
      const problem = (await response.json()) as {
        code: string;
        status: number;
        detail: string;
        request_id: string;
        errors?: { pointer: string }[];
      };
      assert.equal(response.status, 400, JSON.stringify(problem));
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.equal(problem.code, code, problem.detail);
      assert.equal(problem.status, 400);
      assert.match(problem.detail, says);
      assert.equal(problem.request_id, response.headers.get('x-request-id'));
      if (pointer !== undefined)
        assert.deepEqual(
          problem.errors?.map((error) => error.pointer),
          [pointer],
        );
    });
  }

  it('leaves no record, no object and no temporary file', async () => {
    const list = await (await service.request('/images?limit=1000')).json();
    assert.deepEqual(list, { count: 0, images: [], next_cursor: null });
    assert.deepEqual(await service.storedFiles(), []);
  });
});

describe('an upload at its limits', () => {
  const accepted: readonly { name: string; init: RequestInit; path?: string; has: object }[] = [
    { name: '5 MB of image', init: post(largest, 'image/png', user), has: { size: 5 * MEGABYTE } },
    {
      name: '5 MB of image in a form',
      init: form({ user_id: 'u1', content_type: 'image/png', file: largest }),
      has: { size: 5 * MEGABYTE },
    },
    {
      name: '5 MB of image in base64',
      init: json({ file: Buffer.from(largest).toString('base64'), metadata: { content_type: 'image/png' } }, user),
      has: { size: 5 * MEGABYTE },
    },
    { name: '128 characters of user id', init: grant({ user_id: '🙂'.repeat(128) }), has: { status: 'pending' } },
    {
      name: '255 characters of file name',
      path: `${raw}?filename=${encodeURIComponent('é'.repeat(255))}`,
      init: post(jpeg, 'image/jpeg', user),
      has: { filename: 'é'.repeat(255) },
    },
    {
      name: '20 tags of 64 code points',
      init: encoded({}, { tags: manyTags.slice(1).map((tag) => `${tag}${'🙂'.repeat(64 - tag.length)}`) }),
      has: { status: 'ready' },
    },
    {
      name: 'tags that need NFC, trimming and deduplication',
      init: encoded({}, { tags: [' e\u0301 ', '\u00e9', 'E\u0301'] }),
      has: { tags: ['\u00e9', '\u00c9'] },
    },
    {
      name: '2,000 characters of description',
      init: encoded({}, { description: 'x'.repeat(2000) }),
      has: { description: 'x'.repeat(2000) },
    },
    {
      name: '4,096 bytes of metadata',
      init: encoded({}, { a: 'x'.repeat(4096 - 8) }),
      has: { metadata: { a: 'x'.repeat(4096 - 8) } },
    },
    { name: 'unknown fields', init: encoded({ colour: 'blue' }), has: { status: 'ready', metadata: {} } },
    {
      name: 'a data: URL with its own type',
      init: json({ file: `data:image/jpeg;base64,${base64}`, metadata: {} }, user),
      has: { content_type: 'image/jpeg' },
    },
    {
      name: 'base64 with line breaks',
      init: encoded({ file: base64.replace(/.{76}/g, '$&\n') }),
      has: { status: 'ready' },
    },
    {
      name: 'the same user twice',
      path: `${raw}?user_id=u1`,
      init: post(jpeg, 'image/jpeg', user),
      has: { user_id: 'u1' },
    },
    { name: 'image/jpg', init: post(jpeg, 'image/jpg', user), has: { content_type: 'image/jpeg' } },
    {
      name: 'a form file of unknown type with an image extension',
      init: form({ user_id: 'u1', file: jpeg }, 'application/octet-stream'),
      has: { content_type: 'image/jpeg', filename: 'a.jpg' },
    },
    {
      name: 'a form file whose type is in content_type',
      init: form({ user_id: 'u1', content_type: 'image/jpeg', file: jpeg }, 'application/pdf'),
      has: { content_type: 'image/jpeg' },
    },
    {
      name: 'a file name like a path',
      path: `${raw}?filename=${encodeURIComponent('../../etc/passwd')}`,
      init: post(jpeg, 'image/jpeg', user),
      has: { filename: '../../etc/passwd' },
    },
    {
      name: 'a user id like a path',
      init: post(jpeg, 'image/jpeg', { 'X-User-Id': '../..' }),
      has: { user_id: '../..' },
    },
    {
      name: 'a form with its fields after the file',
      init: form({ file: jpeg, user_id: 'u1', tags: 'a,b', description: 'd' }),
      has: { tags: ['a', 'b'], description: 'd', filename: 'a.jpg' },
    },
  ];

  for (const { name, path = raw, init, has } of accepted) {
    it(`is accepted: ${name}`, async () => {
      await using service = await createTestService();
      const response = await service.request(path, { method: 'POST', ...init });
      const image = (await response.json()) as Record<string, unknown>;
      assert.equal(response.status, 200, JSON.stringify(image));
      assert.deepEqual(Object.fromEntries(Object.keys(has).map((key) => [key, image[key]])), has);
      if (image['status'] !== 'ready') return;
      const back = await service.request(`/images/${image['image_id']}`);
      const received = new Uint8Array(await back.arrayBuffer());
      assert.ok(
        [jpeg, largest].some(
          (sent) => sent.length === image['size'] && sent.every((byte, at) => byte === received[at]),
        ),
      );
    });
  }
});

describe('other refused requests', () => {
  const cases: readonly { method?: string; path: string; status: number; code: ErrorCode; says?: RegExp }[] = [
    { path: '/images?limit=0', status: 400, code: 'invalid-request', says: /from 1 to 1000; got "0"/ },
    { path: '/images?limit=1001', status: 400, code: 'invalid-request', says: /got "1001"/ },
    { path: '/images?limit=abc', status: 400, code: 'invalid-request', says: /got "abc"/ },
    { path: '/images?limit=-1', status: 400, code: 'invalid-request' },
    { path: '/images?limit=1&limit=2', status: 400, code: 'invalid-request', says: /got 2 values/ },
    { path: '/images?user_id=a&user_id=b', status: 400, code: 'invalid-request', says: /got 2 values/ },
    { path: '/images?content_type=text/html', status: 400, code: 'unsupported-type' },
    { path: '/images?start_date=yesterday', status: 400, code: 'invalid-request', says: /ISO 8601.*got "yesterday"/ },
    { path: '/images?start_date=2026-02-30', status: 400, code: 'invalid-request' },
    {
      path: '/images?start_date=2026-02-02&end_date=2026-02-01',
      status: 400,
      code: 'invalid-request',
      says: /end_date/,
    },
    { path: '/images/not-an-id', status: 404, code: 'image-not-found' },
    { path: '/images/not-an-id/download', status: 404, code: 'image-not-found' },
    { path: '/images/%00', status: 404, code: 'image-not-found' },
    { path: '/images/%ff', status: 404, code: 'image-not-found' },
    { path: '/images/..%2f..%2fetc%2fpasswd', status: 404, code: 'image-not-found' },
    { path: '/images/01a1f803-fab2-76af-9766-f778a1c0a763', status: 404, code: 'image-not-found' },
    { method: 'DELETE', path: '/images/not-an-id', status: 404, code: 'image-not-found' },
    { path: '/nowhere', status: 404, code: 'route-not-found' },
    {
      method: 'PUT',
      path: '/images',
      status: 405,
      code: 'method-not-allowed',
      says: /expected POST, GET, HEAD; got PUT/,
    },
    { method: 'GET', path: '/images/upload', status: 405, code: 'method-not-allowed' },
    { path: '/images/x?download=perhaps', status: 400, code: 'invalid-request' },
  ];
  for (const { method = 'GET', path, status, code, says = /./ } of cases) {
    it(`${status} ${code}: ${method} ${path}`, async () => {
      await using service = await createTestService();
      const response = await service.request(path, { method });
      const problem = (await response.json()) as { code: string; detail: string };
      assert.deepEqual([response.status, problem.code], [status, code], problem.detail);
      assert.match(problem.detail, says);
      if (status === 405) assert.ok(response.headers.get('allow'));
    });
  }

  it('ignores unknown parameters if no answer depends on any', async () => {
    await using service = await createTestService();
    assert.equal((await service.send(`${ORIGIN}/health?x=1`)).status, 200);
  });
});
