import assert from 'node:assert/strict';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { createDiskHarness, type DiskHarness } from '../disk/disk-harness.fixture.ts';
import type { PresignedRequest } from '../presigner.ts';
import { id, incoming, original, sha256, somePng } from '../sample-objects.fixture.ts';

type Headers = Readonly<Record<string, string>>;

/** Sends just these headers, and returns code and message. */
async function refusalOf({ url }: PresignedRequest, method: string, headers: Headers, bytes = 0): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sending = httpRequest(url, { method, headers: { 'content-length': bytes, ...headers } }, resolve);
  sending.on('error', reject).end(Buffer.alloc(bytes));
  const answer = await promise;
  const xml = await text(answer);
  assert.equal(answer.statusCode, 403, xml);
  return [
    /<Code>(.*)<\/Code>/.exec(xml)?.[1] ?? '',
    /<Message>(.*)<\/Message>/.exec(xml)?.[1]?.replaceAll('&apos;', "'") ?? '',
  ];
}

const BASE = 'The request signature we calculated does not match the signature you provided';
const SHA256 = sha256(somePng());
const CHECKSUM = Buffer.from(SHA256, 'hex').toString('base64');

describe('a presigned PUT with a right signature of something else', () => {
  const grant = async ({ presigner, publicOrigin }: DiskHarness, more: object): Promise<PresignedRequest> =>
    presigner.presignPut(incoming(), { publicOrigin, contentType: 'image/jpeg', expiresInSeconds: 60, ...more });
  const ONCE = { 'if-none-match': '*', 'x-amz-checksum-sha256': CHECKSUM };

  for (const [what, granted, headers, bytes, told] of [
    ['type', {}, { 'content-type': 'image/png' }, 3, 'expected content-type image/jpeg, as signed; got image/png'],
    ['type, none', {}, {}, 3, 'expected content-type image/jpeg, as signed; got none'],
    [
      'type of curl',
      {},
      { 'content-type': 'application/x-www-form-urlencoded' },
      3,
      'expected content-type image/jpeg, as signed; got application/x-www-form-urlencoded',
    ],
    [
      'length',
      { sizeBytes: 2_000 },
      { 'content-type': 'image/jpeg' },
      1_999,
      'expected content-length 2000, as signed; got 1999',
    ],
    [
      'type and length',
      { sizeBytes: 2_000 },
      { 'content-type': `text/${'x'.repeat(100)}` },
      7,
      `expected content-length 2000 and content-type image/jpeg, as signed; got 7 and text/${'x'.repeat(55)}...`,
    ],
    [
      'condition, none',
      { sizeBytes: 2_000, sha256: SHA256 },
      { 'content-type': 'image/png', 'x-amz-checksum-sha256': CHECKSUM },
      2_000,
      'expected content-type image/jpeg and if-none-match *, as signed; got image/png and none',
    ],
    [
      'checksum',
      { sizeBytes: 2_000, sha256: sha256(somePng()) },
      { 'content-type': 'image/jpeg', ...ONCE },
      2_000,
      "expected content-length, content-type, if-none-match, x-amz-checksum-sha256 as in the grant's headers, and its URL as it was made, host included; got others",
    ],
  ] as const)
    it(`says which: ${what}`, async () => {
      await using harness = await createDiskHarness();
      const answered = await refusalOf(await grant(harness, granted), 'PUT', headers, bytes);
      assert.deepEqual(answered, ['SignatureDoesNotMatch', `${BASE}: ${told}`]);
      assert.equal(await harness.store.head(incoming()), undefined);
    });

  it('says which method: GET', async () => {
    await using harness = await createDiskHarness();
    const answered = await refusalOf(await grant(harness, {}), 'GET', {});
    assert.deepEqual(answered, ['SignatureDoesNotMatch', `${BASE}: expected PUT, as signed; got GET`]);
  });

  it('says that a URL is not the one that was made: a GET', async () => {
    await using harness = await createDiskHarness();
    const { presigner, publicOrigin } = harness;
    const asked = { publicOrigin, contentType: 'image/png', disposition: 'inline', expiresInSeconds: 60 };
    const signed = await presigner.presignGet(original(), asked);
    const url = signed.url.replace('inline', 'attachment');
    const told = 'expected the URL as it was made, host and query included; got another';
    assert.deepEqual(await refusalOf({ ...signed, url }, 'GET', {}), ['SignatureDoesNotMatch', `${BASE}: ${told}`]);
  });

  it('tells no signed value without that signature', async () => {
    await using harness = await createDiskHarness();
    const granted = await grant(harness, { sizeBytes: 2_000 });
    for (const change of [
      (url: string) => url.replace(/(?<=Signature=)\w{8}/, '00000000'),
      (url: string) => url.replace(id(1), id(2)),
      (url: string) => url.replace('x-length=2000', 'x-length=1'),
      (url: string) => url.replace('x-length=2000', ''),
    ]) {
      const other = { ...granted, url: change(granted.url) };
      assert.notEqual(other.url, granted.url);
      const answered = await refusalOf(other, 'PUT', { 'content-type': 'image/png' }, 2_000);
      const told =
        "expected content-length, content-type as in the grant's headers, and its URL as it was made, host included; got others";
      assert.deepEqual(answered, ['SignatureDoesNotMatch', `${BASE}: ${told}`]);
    }
  });
});
