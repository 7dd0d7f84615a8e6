import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClient, type Image } from '@safelight/client';
import { createEdits } from './edits.ts';

const ID = '019a0000-0000-7000-8000-000000000000';

/** A service with one image, which others change too. */
function serviceWith(fields: Partial<Image>) {
  let image = { image_id: ID, user_id: 'ada', tags: [], description: null, metadata: {}, facts: null, ...fields };
  let revision = 1;
  let conflicts = 0;
  let isAway = false;
  let isGone = false;
  const change = (changes: object): void => {
    image = { ...image, ...changes };
    revision += 1;
  };
  const json = (body: object, status = 200): Response => Response.json(body, { status });
  const client = createClient({
    baseUrl: 'http://service.test',
    retries: 0,
    async fetch(_, { method = 'GET', headers, body } = {}) {
      if (isGone) return json({ code: 'image-not-found', detail: 'gone', status: 404 }, 404);
      if (isAway) throw new TypeError('no connection');
      if (method === 'PATCH') {
        const expected = new Headers(headers).get('if-match');
        if (expected !== `"${revision}"`) conflicts += 1;
        if (expected !== `"${revision}"`) return json({ code: 'revision-conflict', detail: 'other', status: 412 }, 412);
        change(JSON.parse(String(body)));
      }
      return json({ ...image, revision });
    },
  });
  return {
    client,
    change,
    stored: () => image,
    conflicts: () => conflicts,
    remove: () => {
      isGone = true;
    },
    goAway: (away: boolean) => {
      isAway = away;
    },
  };
}

async function opened(fields: Partial<Image> = {}) {
  const service = serviceWith(fields);
  const told = { saved: [] as Image[], unsaved: [] as (readonly string[])[], lost: [] as (readonly string[])[] };
  const edits = createEdits({
    imagesOf: () => service.client.images,
    onSaved: (image) => told.saved.push(image),
    onUnsaved: (_, names) => told.unsaved.push(names),
    onLost: (_, names) => told.lost.push(names),
  });
  const open = async () => edits.open(await service.client.images.get(ID));
  return { ...service, edits, open, image: await open(), told };
}

describe('an edit of an image', () => {
  it('saves what is typed, once', async () => {
    const { image, stored, told } = await opened();
    image.description.type('By the sea');
    assert.equal(image.description.snapshot().status, 'typed');
    await Promise.all([image.description.save(), image.description.save()]);
    assert.equal(stored().description, 'By the sea');
    assert.deepEqual([image.description.snapshot().status, told.saved.length], ['saved', 1]);
  });

  it('of two fields at once loses neither, one after the other', async () => {
    const { image, stored, conflicts } = await opened();
    image.description.type('one');
    image.tags.type({ tags: ['sea'], text: 'wind' });
    await Promise.all([image.description.save(), image.tags.save()]);
    assert.deepEqual([stored().description, stored().tags, conflicts()], ['one', ['sea', 'wind'], 0]);
  });

  it('goes on while it is saved', async () => {
    const { image, stored } = await opened();
    image.description.type('a');
    const saving = image.description.save();
    image.description.type('ab');
    await saving;
    assert.deepEqual([stored().description, image.description.snapshot().status], ['a', 'typed']);
    await image.description.save();
    assert.equal(stored().description, 'ab');
  });

  it('passes the change of another field by somebody else', async () => {
    const { image, change, stored } = await opened();
    change({ tags: ['theirs'] });
    image.description.type('mine');
    await image.description.save();
    assert.deepEqual([stored().tags, stored().description], [['theirs'], 'mine']);
    assert.deepEqual(image.tags.snapshot().own.tags, ['theirs']);
  });

  it('is in conflict with a change of the same field, and one chooses', async () => {
    for (const choice of ['own', 'theirs'] as const) {
      const { image, change, stored } = await opened({ description: 'before' });
      image.description.type('mine');
      change({ description: 'theirs' });
      await image.description.save();
      const state = image.description.snapshot();
      assert.deepEqual([state.status, stored().description], ['conflict', 'theirs']);
      assert.equal(state.status === 'conflict' && state.theirs, 'theirs');
      if (choice === 'own') await image.description.keep(state.own);
      else image.description.discard();
      const { status, own } = image.description.snapshot();
      const wanted = choice === 'own' ? 'mine' : 'theirs';
      assert.deepEqual([own, stored().description, status], [wanted, wanted, choice === 'own' ? 'saved' : 'clean']);
    }
  });

  it('never overwrites what another field has learned of', async () => {
    const { image, change, stored } = await opened({ description: 'before' });
    image.description.type('mine');
    change({ description: 'theirs' });
    image.tags.type({ tags: ['a'], text: '' });
    await image.tags.save(); // learns the newest revision
    await image.description.save();
    assert.deepEqual([stored().description, image.description.snapshot().status], ['theirs', 'conflict']);
  });

  it('is no conflict if both wrote the same', async () => {
    const { image, change } = await opened();
    image.description.type('same');
    change({ description: 'same' });
    await image.description.save();
    assert.equal(image.description.snapshot().status, 'saved');
  });

  it('that fails stays, and is saved by another attempt', async () => {
    const { image, goAway, stored, edits } = await opened();
    image.description.type('kept');
    goAway(true);
    await image.description.save();
    assert.equal(image.description.snapshot().status, 'failed');
    assert.ok(edits.hasUnsaved(ID));
    goAway(false);
    await image.description.save();
    assert.deepEqual([stored().description, edits.hasUnsaved()], ['kept', false]);
  });
});

describe('a picture that is left', () => {
  it('is saved', async () => {
    const { image, edits, stored, told } = await opened();
    image.description.type('left');
    image.tags.type({ tags: [], text: 'half-typed' });
    await edits.leave(ID);
    assert.deepEqual([stored().description, stored().tags, told.unsaved], ['left', ['half-typed'], []]);
  });

  it('waits for a save that is under way, and saves what was typed since', async () => {
    const { image, edits, stored, told } = await opened();
    image.description.type('a');
    const saving = image.description.save();
    image.description.type('ab');
    await edits.leave(ID);
    assert.deepEqual([stored().description, told.unsaved, edits.hasUnsaved()], ['ab', [], false]);
    await saving;
  });

  it('tells of a save that was under way and fails', async () => {
    const { image, edits, goAway, told } = await opened();
    goAway(true);
    image.description.type('on its way');
    const saving = image.description.save();
    await edits.leave(ID);
    await saving;
    assert.deepEqual(told.unsaved, [['the description']]);
  });

  it('is forgotten with the sign-out', async () => {
    const { image, edits, open } = await opened();
    image.tags.type({ tags: [], text: 'x'.repeat(65) });
    edits.forget();
    assert.equal(edits.hasUnsaved(), false);
    assert.equal((await open()).tags.snapshot().own.text, '');
  });

  it('says what is lost because the picture is gone, once', async () => {
    const { image, edits, remove, told } = await opened();
    image.description.type('too late');
    remove();
    await edits.leave(ID);
    assert.deepEqual([told.lost, told.unsaved, edits.hasUnsaved()], [[['the description']], [], false]);
  });

  it('says what is not saved, and has it when it is opened again', async () => {
    const { image, edits, open, told, stored } = await opened();
    image.tags.type({ tags: [], text: 'x'.repeat(65) });
    await edits.leave(ID);
    assert.deepEqual(told.unsaved, [['the tags']]);
    const again = await open();
    assert.equal(again.tags.snapshot().own.text.length, 65);
    again.tags.type({ tags: [], text: 'x' });
    await edits.leave(ID);
    assert.deepEqual([stored().tags, edits.hasUnsaved()], [['x'], false]);
  });
});
