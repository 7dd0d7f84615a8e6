import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeEntityTags } from './entity-tag.contract.ts';
import type { Lacking, ObjectStoreHarness } from './object-store.contract.ts';
import { describePresignedGets } from './presigned-get.contract.ts';
import { describePresignedUploads } from './presigned-upload.contract.ts';
import type { PresignedRequest, Presigner } from './presigner.ts';
import { collect, getBytes, id, image, incoming, original, putBytes, send, somePng } from './sample-objects.fixture.ts';

/** A store whose presigned URLs are answered over HTTP. */
export interface PresignerHarness extends ObjectStoreHarness {
  readonly presigner: Presigner;
  readonly publicOrigin: string;
  /** How far the presigner's clock is ahead; the store verifies signatures by the real time. */
  readonly signingClock: { offsetSeconds: number };
}

export function describePresigner(
  name: string,
  create: () => Promise<PresignerHarness>,
  { lacks }: Lacking = { lacks: [] },
): void {
  describePresignedUploads(name, create, { lacks });
  describePresignedGets(name, create);
  describeEntityTags(name, create);

  describe(`${name} as a presigner`, () => {
    it('accepts a presigned PUT with exactly the given headers', async () => {
      await using harness = await create();
      const { store, presigner, publicOrigin } = harness;
      const bytes = somePng();
      const request = await presigner.presignPut(incoming(), { publicOrigin, ...image, expiresInSeconds: 300 });
      assert.deepEqual([request.method, request.headers], ['PUT', { 'Content-Type': 'image/png' }]);
      const response = await send(request, bytes);
      assert.equal(response.status, 200, await response.text());
      assert(response.headers.get('etag'));
      assert.deepEqual(await getBytes(store, incoming()), bytes);
    });

    it('tells the origin of its URLs', async () => {
      await using harness = await create();
      const { presigner, publicOrigin } = harness;
      const options = { publicOrigin, ...image, expiresInSeconds: 300 };
      const urls = [
        (await presigner.presignPut(incoming(), options)).url,
        (await presigner.presignGet(original(), { ...options, disposition: 'inline' })).url,
        ...(presigner.capabilities.postPolicy
          ? [(await presigner.presignPost(incoming(), { ...options, minBytes: 1, maxBytes: 9 })).url]
          : []),
      ];
      for (const url of urls) assert.equal(new URL(url).origin, presigner.originOf(publicOrigin));
    });

    it('returns the expiry of a presigned URL', async () => {
      await using harness = await create();
      const { presigner, publicOrigin } = harness;
      const before = Math.floor(Date.now() / 1000) * 1000;
      const options = { publicOrigin, ...image, expiresInSeconds: 300 };
      for (const { expiresAt } of [
        await presigner.presignPut(incoming(), options),
        await presigner.presignGet(original(), { ...options, disposition: 'inline' }),
      ]) {
        assert.equal(expiresAt.getMilliseconds(), 0);
        assert(expiresAt.getTime() >= before + 300_000 && expiresAt.getTime() <= Date.now() + 300_000);
      }
    });

    const refused: readonly (readonly [string, (request: PresignedRequest) => PresignedRequest])[] = [
      ['under another method', (request) => ({ ...request, method: 'GET', headers: {} })],
      ['with another type', (request) => ({ ...request, headers: { 'Content-Type': 'image/jpeg' } })],
      ['without its type', (request) => ({ ...request, headers: {} })],
      ['for another key', (request) => ({ ...request, url: request.url.replace(id(1), id(2)) })],
      ['with another expiry', (request) => ({ ...request, url: request.url.replace('Expires=300', 'Expires=301') })],
      [
        'with a tampered signature',
        (request) => ({
          ...request,
          url: request.url.replace(/(Signature=)(.)/, (_, name, digit) => name + (digit === '0' ? '1' : '0')),
        }),
      ],
      [
        'with an Amazon header that isn’t signed',
        (request) => ({ ...request, headers: { ...request.headers, 'x-amz-acl': 'public-read' } }),
      ],
    ];
    const unlessAble = (how: string) =>
      how.includes('isn’t signed') &&
      lacks.includes('header-signing') &&
      'this store takes headers that were not signed';
    for (const [how, change] of refused)
      it(`refuses a presigned PUT ${how}, and stores nothing`, { skip: unlessAble(how) }, async () => {
        await using harness = await create();
        const { store, presigner, publicOrigin } = harness;
        const request = await presigner.presignPut(incoming(), { publicOrigin, ...image, expiresInSeconds: 300 });
        const changed = change(request);
        assert.notDeepEqual(changed, request);
        const response = await send(changed, changed.method === 'GET' ? undefined : somePng());
        assert.equal(response.status, 403, await response.clone().text());
        assert.match(await response.text(), /<Code>(SignatureDoesNotMatch|AccessDenied)<\/Code>/);
        assert.deepEqual(await collect(store.list('incoming/')), []);
      });

    it('refuses expired presigned URLs', async () => {
      await using harness = await create();
      const { store, presigner, publicOrigin, signingClock } = harness;
      await putBytes(harness, original(), somePng());
      signingClock.offsetSeconds = -10;
      const options = { publicOrigin, ...image, disposition: 'inline' };
      for (const [expiresInSeconds, expected] of [
        [5, 403],
        [300, 200],
      ] as const) {
        const put = await send(await presigner.presignPut(incoming(), { ...options, expiresInSeconds }), somePng());
        assert.equal(put.status, expected, await put.text());
        const get = await send(await presigner.presignGet(original(), { ...options, expiresInSeconds }));
        assert.equal(get.status, expected, await get.text());
        assert.equal((await store.head(incoming())) !== undefined, expected === 200);
      }
    });
  });
}
