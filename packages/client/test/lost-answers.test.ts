import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createClient, type SafelightClient } from '@safelight/client';
import { testImage } from '../../server/test/pictures/test-images.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { recordingFetch } from './recording-fetch.ts';

describe('a request whose answer is lost', () => {
  let service: RunningService;
  let network: ReturnType<typeof recordingFetch>;
  let client: SafelightClient;
  let id: string;
  let revision: number;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent' });
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    network = recordingFetch();
    client = createClient({ baseUrl: service.origin, userId: 'lost', fetch: network.fetch });
    const bytes = await testImage({ type: 'image/png', width: 16, height: 12 });
    ({ image_id: id, revision } = await client.upload(new Blob([new Uint8Array(bytes)])));
    network.statuses.length = 0;
  });

  it('is done if it was a delete, and fails if nothing was lost', async () => {
    network.loseNext();
    await client.images.delete(id);
    assert.deepEqual(network.statuses, [200, 404]);
    await assert.rejects(client.images.delete(id), { code: 'image-not-found' });
  });

  it('is done if it was a restore', async () => {
    await client.images.trash(id);
    network.loseNext();
    assert.equal((await client.images.restore(id)).status, 'ready');
  });

  it("is done if it ended a link, but not if it was another's", async () => {
    const link = await client.images.createLink(id);
    network.loseNext();
    await client.images.revokeLink(id, link.link_id);
    await assert.rejects(client.images.revokeLink(id, link.link_id), { code: 'link-not-found' });
  });

  it('is done if it was an update of a revision', async () => {
    network.loseNext();
    const changes = { tags: ['b', 'a'], metadata: { x: { y: [1] } }, description: null };
    const updated = await client.images.update(id, changes, { revision });
    assert.deepEqual([updated.tags, updated.metadata, updated.revision], [['b', 'a'], { x: { y: [1] } }, revision + 1]);
    assert.deepEqual(network.statuses, [200, 412, 200]);
  });

  it('is a conflict if somebody else made another update of that revision', async () => {
    await client.images.update(id, { tags: ['theirs'] });
    network.loseNext();
    await assert.rejects(client.images.update(id, { tags: ['ours'] }, { revision }), { code: 'revision-conflict' });
  });

  it("isn't repeated if that would do it twice", async () => {
    network.loseNext();
    await assert.rejects(client.images.createLink(id), { code: 'network' });
    assert.equal((await client.images.links(id)).length, 1);
  });
});
