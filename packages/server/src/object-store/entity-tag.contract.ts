import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredObject } from './object-store.ts';
import type { PresignerHarness } from './presigner.contract.ts';
import { image, original, putBytes, send, somePng } from './sample-objects.fixture.ts';

/** RFC 9110 8.8.3, without weak tags. */
const STRONG = /^"[\x21\x23-\x7e\x80-\xff]+"$/;

/** Clients cache bytes by entity tag: it must be stable while the bytes are unchanged, and change with them. */
export function describeEntityTags(name: string, create: () => Promise<PresignerHarness>): void {
  const giveUp = async ({ body }: StoredObject) => {
    if (body instanceof ReadableStream) await body.cancel();
  };

  /** The tags from every way to read the object, including a presigned URL. */
  async function tagsOf({ store, presigner, publicOrigin }: PresignerHarness): Promise<(string | undefined)[]> {
    const tags: (string | undefined)[] = [(await store.head(original()))?.entityTag];
    for (const range of [undefined, undefined, { start: 5, end: 900 }]) {
      const object = await store.get(original(), { range });
      assert(object);
      tags.push(object.entityTag);
      await giveUp(object);
    }
    const options = { publicOrigin, ...image, disposition: 'inline', expiresInSeconds: 60 };
    const answer = await send(await presigner.presignGet(original(), options));
    await answer.bytes();
    return [...tags, answer.headers.get('etag') ?? undefined, (await store.head(original()))?.entityTag];
  }

  describe(`an entity tag of ${name}`, () => {
    for (const sizeBytes of [2_000, 600_000])
      it(`is the same for the same ${sizeBytes} bytes, and differs for other bytes`, async () => {
        await using harness = await create();
        const seen = new Set<string | undefined>();
        for (let times = 1; times <= 10; times += 1) {
          await putBytes(harness, original(), somePng(sizeBytes));
          const tags = new Set(await tagsOf(harness));
          assert.equal(tags.size, 1, [...tags].join());
          for (const tag of tags) {
            assert.match(tag ?? '', STRONG);
            seen.add(tag);
          }
          assert.equal(seen.size, times);
        }
      });

    it('differs after a delete and a put of other bytes', async () => {
      await using harness = await create();
      await putBytes(harness, original(), somePng());
      const [before] = await tagsOf(harness);
      await harness.store.delete([original()]);
      await putBytes(harness, original(), somePng());
      assert(!(await tagsOf(harness)).includes(before));
    });
  });
}
