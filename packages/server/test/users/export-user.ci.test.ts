import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { openExportFolder } from '../../src/admin/commands/user/export-folder.ts';
import { CLOCK_ALLOWANCE_MS, revocationOf } from '../../src/domain/access/revocation.ts';
import { sampleWebhook } from '../../src/domain/event/webhooks.fixture.ts';
import { sampleDetails } from '../../src/domain/facts/facts.fixture.ts';
import { exportUser } from '../../src/operations/users/export-user.ts';
import { findRecords } from '../../src/operations/users/hide-images.ts';
import { sampleAlbum, sampleAlbumLink } from '../../src/records/albums/sample-albums.fixture.ts';
import type { RecordArchive } from '../../src/records/archive/record-archive.ts';
import { addReady, NOW, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { compose } from '../../src/run/compose/compose.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { addStored, PLACES } from '../backups/place.ts';

it('an export has no events where no service has begun their log, as after a restore', async () => {
  await using place = await PLACES['SQLite and disk']({ EVENTS: 'on' });
  await using composition = await place.open();
  await addStored(composition.services, samplePublished(samplePending({ userId: 'ada' })), undefined, sampleDetails);
  const dir = join(place.folder, 'export');
  {
    await using folder = await openExportFolder(dir);
    assert.equal((await exportUser(composition.services, { userId: 'ada', folder })).originals, 1);
  }
  assert.deepEqual(JSON.parse(await readFile(join(dir, 'images.jsonl'), 'utf8')).details, sampleDetails);
  assert.equal(await readFile(join(dir, 'events.jsonl'), 'utf8'), '');
  assert.equal(JSON.parse(await readFile(join(dir, 'person.json'), 'utf8')).user_id, 'ada');
});

it('an export reads the details of its user, and a search for what a deletion removes reads none', async () => {
  await using place = await PLACES['SQLite and disk']({ EVENTS: 'on' });
  await using composition = await place.open();
  const { services } = composition;
  for (const userId of ['ada', 'bob', 'bob'])
    await addStored(services, samplePublished(samplePending({ userId })), undefined, sampleDetails);
  let read = 0;
  const archive: RecordArchive = {
    ...services.archive,
    async *all(options) {
      for await (const page of services.archive.all(options)) {
        read += page.filter((record) => 'details' in record).length;
        yield page;
      }
    },
  };
  await using folder = await openExportFolder(join(place.folder, 'export'));
  await exportUser({ ...services, archive }, { userId: 'ada', folder });
  assert.equal(read, 1);
  await findRecords({ archive }, 'ada', {});
  assert.equal(read, 1);
});

it('an export has the events, webhooks and revoked view tokens of the user, and of nobody else', async () => {
  await using place = await PLACES['SQLite and disk']({ EVENTS: 'on' });
  const { config, secrets } = loadConfig(place.environment);
  {
    await using service = await compose(config, secrets, { observe: () => undefined });
    for (const userId of ['ada', 'bob']) await addReady(service.services.images, { userId });
  }
  await using composition = await place.open();
  const [ada, ...others] = ['ada', 'bob', null].map((userId) => sampleWebhook({ userId }));
  assert.ok(ada);
  for (const webhook of [ada, ...others]) await composition.services.webhooks.create(webhook);
  const revoked = [
    { userId: 'ada', tokenId: null },
    { userId: 'ada', tokenId: 'v1' },
    { userId: 'bob', tokenId: 'v2' },
    { userId: null, tokenId: 'v3' },
  ] as const;
  for (const tokens of revoked)
    await composition.services.archive.put({ kind: 'revocation', revocation: revocationOf(tokens, NOW) });
  const dir = join(place.folder, 'export');
  {
    await using folder = await openExportFolder(dir);
    await exportUser(composition.services, { userId: 'ada', folder });
  }
  const linesOf = async (name: string): Promise<readonly Record<string, unknown>[]> =>
    (await readFile(join(dir, name), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const [[image], events] = await Promise.all([linesOf('images.jsonl'), linesOf('events.jsonl')]);
  assert.deepEqual(
    events.map(({ eventId, type, userId }) => ({ eventId, type, userId })),
    [{ eventId: `${image?.['id']}-${image?.['revision']}`, type: 'image.ready', userId: 'ada' }],
  );
  const person = await readFile(join(dir, 'person.json'), 'utf8');
  assert.deepEqual(
    JSON.parse(person).webhooks.map(({ id }: { id: string }) => id),
    [ada.id],
  );
  const notBefore = new Date(NOW.getTime() + CLOCK_ALLOWANCE_MS).toISOString();
  assert.deepEqual(JSON.parse(person).view_tokens_revoked, [
    { token_id: null, not_before: notBefore },
    { token_id: 'v1', not_before: notBefore },
  ]);
  assert.ok(!person.includes('sealed'));
});

it('an export has the albums of the user with their links, and of a password only that there is one', async () => {
  await using place = await PLACES['SQLite and disk']();
  await using composition = await place.open();
  const link = sampleAlbumLink();
  for (const userId of ['ada', 'bob'])
    await composition.services.albums.create(sampleAlbum({ userId, title: `Title by ${userId}`, links: [link] }));
  const dir = join(place.folder, 'export');
  {
    await using folder = await openExportFolder(dir);
    await exportUser(composition.services, { userId: 'ada', folder });
  }
  const person = await readFile(join(dir, 'person.json'), 'utf8');
  const { albums } = JSON.parse(person);
  assert.deepEqual([albums.length, albums[0].title, albums[0].links.length], [1, 'Title by ada', 1]);
  assert.ok(albums[0].links[0].hasPassword && !person.includes('scrypt') && !person.includes(link.revision));
});
