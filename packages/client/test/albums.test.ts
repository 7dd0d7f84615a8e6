import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type AlbumResults, createClient, explain } from '@safelight/client';
import { testImage } from '../../../test/pictures/test-images.ts';
import { type ClosedService, createClosedService } from '../../server/test/services/closed-service.ts';
import { type ListeningService, listen } from '../../server/test/services/listening-service.ts';
import { sweepAll } from '../../server/test/services/record-check.ts';
import { addAsGuest, guestSecret } from './add-as-guest.ts';
import { recordingFetch } from './recording-fetch.ts';

const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';

describe('albums', () => {
  let service: ClosedService;
  let listening: ListeningService;
  before(async () => {
    service = await createClosedService({ environment: {} });
    listening = await listen(service);
  });
  after(async () => {
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** A user of its own, with so many images. */
  async function someone(owner: string, images = 0) {
    const recording = recordingFetch();
    const token = await service.keyOf({ owner });
    const client = createClient({ baseUrl: `http://${listening.address}`, token, fetch: recording.fetch });
    const ids: string[] = [];
    for (let seed = 1; seed <= images; seed += 1) {
      const bytes = await testImage({ type: 'image/jpeg', width: 32, height: 24, seed });
      ids.push((await client.upload(new Blob([new Uint8Array(bytes)]))).image_id);
    }
    const listed = async (album: string, order: 'added' | 'manual' = 'added') =>
      (await Array.fromAsync(client.images.list({ album, order, limit: 2 }))).map(({ image_id }) => image_id);
    return { client, albums: client.albums, ids, listed, ...recording };
  }

  const statuses = ({ results }: AlbumResults) => results.map(({ status, error }) => status ?? error?.code);

  it('are created, listed page by page, read, changed and deleted', async () => {
    const { albums } = await someone('ada');
    const first = await albums.create({ title: 'Lisbon', description: 'By the sea' });
    const second = await albums.create({ title: '<b>Porto</b>', order: 'manual' });
    assert.deepEqual([first.order, second.order, second.title], ['added', 'manual', '<b>Porto</b>']);
    const listed = await Array.fromAsync(albums.list({ limit: 1 }));
    assert.deepEqual(listed, [second, first]);

    const { album_id: id, revision } = first;
    const changed = await albums.update(id, { title: 'Sintra', description: null }, { revision });
    assert.deepEqual([changed.title, changed.description, changed.revision], ['Sintra', null, revision + 1]);
    const late = albums.update(id, { title: 'Late' }, { revision });
    await assert.rejects(late, (error) => explain(error).startsWith('Somebody else changed this.'));
    assert.deepEqual(await albums.get(id), changed);

    const deletion = await albums.delete(id);
    assert.deepEqual([deletion.album_id, deletion.with_images, deletion.failed], [id, false, 0]);
    assert.equal((await albums.delete(id)).album_id, id, 'repeated, it says how far that is');
    await assert.rejects(albums.get(id), { code: 'album-not-found' });
    assert.deepEqual(
      (await Array.fromAsync(albums.list())).map(({ album_id }) => album_id),
      [second.album_id],
    );
  });

  it('get images, which are moved, taken out, and brought back where they were', async () => {
    const { albums, ids, listed } = await someone('grace', 4);
    const [a = '', b = '', c = '', d = ''] = ids;
    const { album_id: id } = await albums.create({ title: 'Lisbon', order: 'manual' });
    assert.deepEqual(statuses(await albums.addImages(id, [a, b, c])), ['added', 'added', 'added']);
    assert.deepEqual(statuses(await albums.addImages(id, [c, d, UNKNOWN])), ['unchanged', 'added', 'image-not-found']);
    assert.deepEqual(statuses(await albums.moveImages(id, [d, c], null)), ['moved', 'moved']);
    assert.deepEqual(statuses(await albums.moveImages(id, [d], b)), ['moved']);
    assert.deepEqual(await listed(id, 'manual'), [c, a, b, d]);

    const removed = await albums.removeImages(id, [a, b]);
    assert.deepEqual(
      [statuses(removed), await listed(id, 'manual')],
      [
        ['removed', 'removed'],
        [c, d],
      ],
    );
    const places = removed.results.map(({ place }) => String(place));
    assert.deepEqual(statuses(await albums.addImages(id, [a, b], { places })), ['added', 'added']);
    assert.deepEqual(await listed(id, 'manual'), [c, a, b, d]);
    assert.deepEqual(await listed(id), [a, b, c, d]);
    assert.equal((await albums.get(id)).images, 4);
  });

  it('go to the trash with their images on demand', async () => {
    const { client, albums, ids } = await someone('mary', 2);
    const { album_id: id } = await albums.create({ title: 'Lisbon' });
    await albums.addImages(id, ids.slice(0, 1));
    assert.equal((await albums.delete(id, { withImages: true })).with_images, true);
    await sweepAll(service); // takes the image out
    await sweepAll(service); // sees that none is left
    assert.deepEqual((await albums.delete(id)).status, 'deleted');
    const left = await Array.fromAsync(client.images.list());
    assert.deepEqual(
      left.map(({ image_id }) => image_id),
      ids.slice(1),
    );
  });

  it('are refused where an argument is wrong, and stay hidden from others', async () => {
    const { albums } = await someone('lise');
    const { album_id: id } = await albums.create({ title: 'Lisbon' });
    await assert.rejects(albums.create({ title: '' }), { code: 'invalid-request' });
    await assert.rejects(albums.addImages(id, []), { code: 'invalid-request' });
    await assert.rejects(albums.addImages(id, Array(1_001).fill(UNKNOWN)), { code: 'invalid-request' });
    await assert.rejects(albums.moveImages(id, [UNKNOWN], UNKNOWN), { code: 'invalid-request' });
    for (const name of ['x', '', UNKNOWN, 'a/b', '?title=x'])
      await assert.rejects(albums.removeImages(name, [UNKNOWN]), ({ status }) => status === 404, name);
    await assert.rejects(albums.get('..'), { name: 'TypeError' });
    const other = await someone('joan');
    for (const ask of [
      () => other.albums.get(id),
      () => other.albums.update(id, { title: 'Mine' }),
      () => other.albums.delete(id),
      () => other.albums.addImages(id, [UNKNOWN]),
    ])
      await assert.rejects(ask, (error) => explain(error) === "This album isn't there any more.");
    await assert.rejects(albums.list({ signal: AbortSignal.abort() }).next(), { code: 'aborted' });
    await assert.rejects(albums.addImages(id, [UNKNOWN], { signal: AbortSignal.abort() }), { code: 'aborted' });
  });

  it('have links, which are listed, changed and revoked', async () => {
    const { albums } = await someone('edith');
    const { links } = albums;
    const { album_id: id } = await albums.create({ title: 'Lisbon' });
    assert.deepEqual(await links.list(id), []);
    const first = await links.create(id);
    const second = await links.create(id, { allow: ['view', 'download'], password: 'correct horse' });
    assert.deepEqual([first.allow, first.has_password], [['view'], false]);
    assert.deepEqual([second.allow, second.has_password], [['view', 'download'], true]);
    assert.deepEqual(await links.list(id), [first, second]);
    assert.match(first.page_url, new RegExp(`/s/albums/${id}/${first.link_id}\\?`));
    assert.equal((await fetch(first.url)).status, 200);

    const changed = await links.change(id, first.link_id, { card: true, expires_in: 60 });
    assert.deepEqual([changed.card, changed.url], [true, first.url]);
    await assert.rejects(links.change(id, first.link_id, {}), { code: 'invalid-request' });
    await links.revoke(id, first.link_id);
    assert.equal((await fetch(first.url)).status, 404);
    assert.deepEqual(await links.list(id), [second]);
    await assert.rejects(links.revoke(id, first.link_id), { code: 'link-not-found' });
    await assert.rejects(links.change(id, '..', { card: true }), { name: 'TypeError' });
    const other = await someone('frances');
    for (const ask of [() => other.albums.links.list(id), () => other.albums.links.revoke(id, second.link_id)])
      await assert.rejects(ask, { code: 'album-not-found' });
  });

  it('get pictures from guests, which the owner sees, and accepts or refuses', async () => {
    const { albums, client, listed, loseNext } = await someone('anna');
    const { links, contributions } = albums;
    const { album_id: id, contributed_at } = await albums.create({ title: 'Lisbon' });
    assert.equal(contributed_at, null);
    const link = await links.create(id, { allow: ['view', 'contribute'], approve: true, max_images: 3 });
    assert.deepEqual([link.approve, link.max_images, link.max_bytes, link.content_types], [true, 3, null, null]);
    assert.equal((await links.create(id, { allow: ['contribute'] })).max_images, 500);
    const secret = guestSecret();
    const ids: string[] = [];
    for (let seed = 21; seed <= 23; seed += 1) {
      const bytes = await testImage({ type: 'image/jpeg', width: 32, height: 24, seed });
      const added = await addAsGuest(link, secret, { bytes, filename: `${seed}.jpg`, name: '<b>Anna</b>' });
      assert.equal(added.status, 'held');
      ids.push(added.image_id);
    }
    const waiting = async () => (await Array.fromAsync(contributions.list(id))).map(({ image_id }) => image_id);
    assert.deepEqual(await waiting(), ids);
    const [accepted = '', refused = '', third = ''] = ids;
    const preview = await contributions.preview(id, accepted);
    assert.equal(preview.type, 'image/jpeg');
    assert.ok(preview.size > 0);

    loseNext();
    assert.deepEqual(await contributions.decide(id, accepted, 'pass'), { image_id: accepted, status: 'ready' });
    await assert.rejects(contributions.decide(id, accepted, 'refuse'), { code: 'already-decided' });
    assert.equal((await contributions.decide(id, refused, 'refuse')).status, 'rejected');
    assert.deepEqual([await listed(id), await waiting()], [[accepted], [third]]);
    const { added_by } = await client.images.get(accepted);
    assert.deepEqual([added_by?.name, added_by?.link_id], ['<b>Anna</b>', link.link_id]);
    assert.match(String((await albums.get(id)).contributed_at), /^20/);

    const closed = await links.change(id, link.link_id, { allow: ['view'] });
    assert.deepEqual([closed.allow, closed.approve, closed.max_images], [['view'], true, 3]);
    const other = await someone('berta');
    for (const ask of [
      () => Array.fromAsync(other.albums.contributions.list(id)),
      () => other.albums.contributions.preview(id, third),
      () => other.albums.contributions.decide(id, third, 'pass'),
    ])
      await assert.rejects(ask, { code: 'album-not-found' });
    await assert.rejects(contributions.decide(id, UNKNOWN, 'pass'), { code: 'image-not-found' });
    await assert.rejects(contributions.decide(id, '..', 'pass'), { name: 'TypeError' });
  });

  it('are changed once, whatever answers are lost', async () => {
    const { albums, ids, listed, loseNext, statuses: answers } = await someone('ida', 2);
    const { album_id: id, revision } = await albums.create({ title: 'Lisbon' });
    loseNext();
    assert.equal((await albums.update(id, { title: 'Porto' }, { revision })).revision, revision + 1);
    assert.deepEqual(answers.slice(-3), [200, 412, 200]);
    loseNext();
    assert.deepEqual(statuses(await albums.addImages(id, ids)), ['unchanged', 'unchanged']);
    assert.deepEqual(await listed(id), ids);
    loseNext();
    assert.equal((await albums.delete(id)).album_id, id);

    loseNext();
    await assert.rejects(albums.create({ title: 'Once' }), { code: 'network' });
    assert.equal((await Array.fromAsync(albums.list())).length, 1, 'a repeat would have made a second one');

    const { album_id: other } = await albums.create({ title: 'Shared' });
    loseNext();
    await assert.rejects(albums.links.create(other), { code: 'network' });
    const [link] = await albums.links.list(other);
    assert.ok(link);
    loseNext();
    assert.equal((await albums.links.change(other, link.link_id, { card: true })).card, true);
    loseNext();
    await albums.links.revoke(other, link.link_id);
    assert.deepEqual(await albums.links.list(other), []);
  });
});
