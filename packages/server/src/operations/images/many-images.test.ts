import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { accessOf, userNamed } from '../../domain/access/principals.fixture.ts';
import { createEmbeddedServices, jpeg } from '../embedded-services.fixture.ts';
import { finalizeUpload } from '../uploads/finalize-upload.ts';
import { changeImages } from './many-images.ts';

const MOST = 400;
/** The images of a batch that are changed at once. */
const AT_ONCE = 50;

describe('a change of many images whose results fill the answer', () => {
  it('leaves the others as they are, and says so; failures take no room from others', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const image = await embedded.grant({ tags: [] });
      await embedded.arrive(image, await jpeg());
      ids.push((await finalizeUpload(services, image.id)).id);
    }
    const change = (some: readonly string[], tag: string, bytes: number) =>
      changeImages(services, accessOf(userNamed('ada'), 'changeImages'), {
        ids: some,
        edits: { addTags: [tag] },
        corrections: {},
        revisions: undefined,
        payer: UNKNOWN_PAYER,
        answer: { bytes, mostOfOne: MOST, bytesOf: (update) => (update ? MOST : 0) },
      });
    const results = await change(ids, 'sea', 2 * MOST + 1);
    assert.deepEqual(
      results.map((result) => ('done' in result ? result.done.after.tags : result.error.code)),
      [['sea'], ['sea'], 'unavailable'],
    );
    const last = await change(ids.slice(2), 'red', MOST);
    assert.deepEqual(
      last.flatMap((result) => ('done' in result ? [result.done.after.tags] : [])),
      [['red']],
    );
    const unknown = Array.from({ length: AT_ONCE }, () => 'unknown');
    const behind = await change([...unknown, ...ids.slice(0, 1)], 'late', AT_ONCE * MOST);
    assert.ok('done' in (behind.at(-1) ?? {}));
  });
});
