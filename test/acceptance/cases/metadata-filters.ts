import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Image } from '../answers.ts';
import { type Api, json, newUser, type Query } from '../api.ts';
import { picture } from '../pictures.ts';

const POST: RequestInit = { method: 'POST' };
const LONGEST = '€'.repeat(33);

/** Lists by members of the images' own metadata. The service has METADATA_FILTERS=order,sku, or none. */
export const describeMetadataFilters = (api: Api): void => {
  if (api.filtersByMetadata) describeFilters(api);
  else
    describe('GET /images with metadata.NAME', () => {
      it('is refused by a service without METADATA_FILTERS', async () => {
        const path = `/images?user_id=${api.asUser ?? newUser()}&metadata.order=A17`;
        await api.refused('invalid-request', path, {}, '?metadata.order');
      });
    });
};

const describeFilters = (api: Api): void => {
  const add = async (user: string, metadata: object, tags: readonly string[] = []): Promise<Image> => {
    const { image_id } = await api.upload(user, await picture(), { tags });
    return change(image_id, metadata);
  };
  const change = (id: string, metadata: object): Promise<Image> =>
    api.ask(`/images/${id}`, json({ metadata }, {}, 'PATCH'));
  const found = (query: Query, images: readonly Image[]) =>
    api.listOf(
      { order: 'oldest', ...query },
      images.map(({ image_id }) => image_id),
    );

  describe('GET /images with metadata.NAME', () => {
    // A service with a table that has just got METADATA_FILTERS answers 503 until workers have written the rows:
    // sometimes for longer than one request is repeated.
    before(async () => {
      const look = () => api.ask(`/images?user_id=${api.asUser ?? newUser()}&metadata.order=A17&metadata.sku=S-9`);
      await look().catch(look);
    });

    it('finds the images of the user that have exactly this text', async () => {
      const [user_id, other] = [newUser(), newUser()];
      const first = await add(user_id, { order: 'A17', note: 'x' });
      const second = await add(user_id, { order: 'A17' });
      await add(other, { order: 'A17' });
      for (const order of ['a17', 'A17 ', 17, ['A17'], null, { a: 'A17' }]) await add(user_id, { order });
      await found({ user_id, 'metadata.order': 'A17' }, [first, second]);
      for (const value of ['17', 'A1', 'A17#', '__proto__']) await found({ user_id, 'metadata.order': value }, []);
      await found({ user_id, 'metadata.sku': 'A17' }, []);
    });

    it('follows every change of the metadata', async () => {
      const user_id = newUser();
      const image = await add(user_id, { order: LONGEST });
      await found({ user_id, 'metadata.order': LONGEST }, [image]);
      await change(image.image_id, { order: `${LONGEST}é`, sku: 'a#b%23' });
      await found({ user_id, 'metadata.order': LONGEST }, []);
      await found({ user_id, 'metadata.sku': 'a#b%23' }, [image]);
      await change(image.image_id, {});
      await found({ user_id, 'metadata.sku': 'a#b%23' }, []);
    });

    it('finds no image in the trash, and it again once it is restored', { skip: api.trashDays === 0 }, async () => {
      const user_id = newUser();
      const image = await add(user_id, { order: 'A17' });
      await api.ask(`/images/${image.image_id}/trash`, POST);
      await found({ user_id, 'metadata.order': 'A17' }, []);
      await api.ask(`/images/${image.image_id}/restore`, POST);
      await found({ user_id, 'metadata.order': 'A17' }, [image]);
      await api.ask(`/images/${image.image_id}`, { method: 'DELETE' });
      await found({ user_id, 'metadata.order': 'A17' }, []);
    });

    it('combines with another name, tags, type and pages', async () => {
      const user_id = newUser();
      const both = { order: 'A17', sku: 'S-9' };
      const front = await add(user_id, both, ['front']);
      const back = await add(user_id, both, ['back']);
      await add(user_id, { order: 'A17' }, ['front']);
      const query = { user_id, 'metadata.order': 'A17', 'metadata.sku': 'S-9' };
      await found(query, [front, back]);
      await found({ ...query, tag: 'front' }, [front]);
      await found({ ...query, tag: ['front', 'back'], tag_mode: 'any', content_type: 'image/png' }, [front, back]);
      await found({ ...query, content_type: 'image/gif' }, []);
      const pages = await api.pages({ ...query, order: 'oldest', limit: 1 });
      assert.deepEqual(
        pages.flatMap(({ images }) => images.map(({ image_id }) => image_id)),
        [front.image_id, back.image_id],
      );
    });

    it('is refused with another name, twice, empty, too long, or beside what it does not combine with', async () => {
      const user = newUser();
      for (const [query, pointer] of [
        ['metadata.colour=red', '?metadata.colour'],
        ['metadata.order=a&metadata.order=b', '?metadata.order'],
        ['metadata.order=', '?metadata.order'],
        [`metadata.order=${encodeURIComponent(`${LONGEST}ab`)}`, '?metadata.order'],
        ['metadata.order=a&status=pending', '?status'],
        ['metadata.order=a&q=sea', '?q'],
        ['metadata.order=a&external_id=a', '?external_id'],
        ['metadata.order=a&count_total=true', '?count_total'],
      ] as const)
        await api.refused('invalid-request', `/images?user_id=${user}&${query}`, {}, pointer);
    });
  });
};
