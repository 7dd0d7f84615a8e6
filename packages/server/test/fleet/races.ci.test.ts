import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Image } from '../../src/domain/image/image.ts';
import type { Told } from '../chance/racers.ts';
import { repeatsOf } from '../repeats.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { sha256Of } from '../services/record-check.ts';
import { DIRECT_FORMS, directRequest } from '../uploads/upload-requests.ts';
import { type Racing, startRacing } from './racing.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('fleetRaces');

const MANY = 20;
type Race = ReturnType<Racing['race']>;

const NONSENSE = new Uint8Array(Buffer.from('<html>no image</html>'));

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Asserts that it holds, with the answers if it doesn't. */
function requireStatus(answer: Told | undefined, ...expected: number[]): void {
  assert.ok(
    answer && expected.includes(answer.status),
    `expected ${expected.join(' or ')}; got ${answer?.status} ${answer?.text}`,
  );
}

const complete = (race: Race, id: string) => race.ask('POST', `/images/${id}/complete`);
const remove = (race: Race, id: string) => race.ask('DELETE', `/images/${id}`);
const read = (race: Race, id: string) => race.ask('GET', `/images/${id}/metadata`);

const listed = async (race: Race, query: string): Promise<string[]> => {
  const { json } = await race.ask('GET', `/images?${query}`);
  return (json['images'] as { image_id: string }[]).map((image) => image.image_id);
};

describe('two processes that answer and one that sweeps', { skip: NO_CLOUD }, () => {
  let racing: Racing;
  before(async () => {
    racing = await startRacing();
  });
  after(() => racing[Symbol.asyncDispose]());

  /** A test that runs `once` many times. The processes and their stores are those of all races; the user is not. */
  function race(name: string, once: (race: Race) => Promise<void>): void {
    it(name, async () => {
      const race = racing.race({ seed: SEED, userId: randomUUID() });
      for (let round = 1; round <= ROUNDS; round += 1) {
        await once(race).catch((cause) => {
          throw new Error(`in round ${round} of SEED=${SEED}`, { cause });
        });
      }
    });
  }

  race('finalize once for twenty concurrent completes of one image, with the same answer for all', async (race) => {
    const { bytes, sha256 } = await race.picture('image/png');
    const granted = await race.grant({ tags: ['a', 'b'] });
    const id = granted.image_id;
    await race.put(granted, bytes);
    const answers = await race.together(times(MANY, () => () => complete(race, id)));
    for (const answer of answers) requireStatus(answer, 200);
    const image = await race.record(id);
    assert.ok(image.status === 'ready' && image.sha256 === sha256 && image.revision === 2);
    assert.deepEqual(new Set(answers.map(({ json }) => json['s3_key'])), new Set([image.objectKey]));
  });

  race(
    'reject bytes that are not an image once for twenty concurrent completes, with the same reason for all',
    async (race) => {
      const granted = await race.grant();
      await race.put(granted, NONSENSE);
      const answers = await race.together(times(MANY, () => () => complete(race, granted.image_id)));
      assert.deepEqual(
        new Set(answers.map(({ status, json }) => `${status} ${json['code']}`)),
        new Set(['400 unsupported-type']),
      );
      assert.equal((await race.record(granted.image_id)).revision, 2);
    },
  );

  race('either expire an upload or give it valid new URLs', async (race) => {
    const key = { 'Idempotency-Key': randomUUID() };
    const { image_id: id } = await race.grantBefore({}, key);
    const [, ...again] = await race.together([
      () => race.sweep('one').then(() => undefined),
      ...times(MANY, () => () => race.grant({}, key)),
    ]);
    assert.deepEqual(new Set(again.map((one) => one?.image_id)), new Set([id]));
    const usable = again.find((one) => one?.upload_url);
    assert.equal((await race.record(id)).status, usable ? 'pending' : 'expired');
    if (!usable) return;
    await race.put(usable, (await race.picture('image/png')).bytes);
    requireStatus(await complete(race, id), 200);
  });

  race('make an image of late bytes, or expire the upload', async (race) => {
    const granted = await race.grantBefore();
    const { bytes, sha256 } = await race.picture('image/png');
    const [, , answer] = await race.together<Told | undefined>([
      () => race.own.leave(granted.image_id, bytes).then(() => undefined),
      () => race.sweep('one').then(() => undefined),
      () => complete(race, granted.image_id),
    ]);
    requireStatus(answer, 200, 409); // without bytes yet, or the image has expired
    const image = await race.record(granted.image_id);
    assert.ok(image.status === 'pending' || image.status === 'ready' || image.status === 'expired', image.status);
    if (image.status === 'ready') assert.equal(image.sha256, sha256);
    if (answer?.status === 200) assert.equal(image.status, 'ready');
  });

  race('delete an image during its finalize', async (race) => {
    const granted = await race.grant({ tags: ['a'] });
    const id = granted.image_id;
    await race.put(granted, (await race.picture('image/png')).bytes);
    const [deleted, ...others] = await race.together([
      () => remove(race, id),
      ...times(4, () => () => complete(race, id)),
      ...times(2, () => () => read(race, id)),
    ]);
    requireStatus(deleted, 200);
    for (const other of others) requireStatus(other, 200, 404);
    assert.equal((await race.record(id)).status, 'deleted');
    requireStatus(await read(race, id), 404);
    assert.deepEqual(await listed(race, `user_id=${race.userId}&tag=a`), []);
  });

  race('delete once for twenty concurrent deletes, single and in batches', async (race) => {
    const granted = await race.grant({ tags: ['a'] });
    const id = granted.image_id;
    await race.put(granted, (await race.picture('image/png')).bytes);
    requireStatus(await complete(race, id), 200);
    const batch = async () => {
      const { json } = await race.ask('POST', '/images/delete', { user_id: race.userId, image_ids: [id, id] });
      return Number(json['count']);
    };
    const single = async () => ((await remove(race, id)).status === 200 ? 1 : 0);
    const counts = await race.together(times(MANY, (index) => (index % 4 === 0 ? batch : single)));
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      1,
    );
  });

  race('change tags during a finalize: both succeed, and lists contain the last tags only', async (race) => {
    const granted = await race.grant({ tags: ['before'] });
    const id = granted.image_id;
    await race.put(granted, (await race.picture('image/png')).bytes);
    const tagsOf = (index: number) => [`${id} ${index}`, 'after'];
    const answers = await race.together([
      ...times(3, () => () => complete(race, id)),
      ...times(4, (index) => () => race.ask('PATCH', `/images/${id}`, { tags: tagsOf(index) })),
    ]);
    for (const answer of answers) requireStatus(answer, 200);
    const image = await race.record(id);
    assert.deepEqual([image.status, image.revision], ['ready', 6]);
    for (const index of times(4, (one) => one)) {
      const isLast = image.tags[0] === tagsOf(index)[0];
      assert.deepEqual(
        await listed(race, new URLSearchParams({ user_id: race.userId, tag: tagsOf(index)[0] ?? '' }).toString()),
        isLast ? [id] : [],
      );
    }
    assert.ok(!(await listed(race, `user_id=${race.userId}&tag=before`)).includes(id));
  });

  race('change tags of one revision once at most during a finalize', async (race) => {
    const granted = await race.grant({ tags: ['before'] });
    const id = granted.image_id;
    await race.put(granted, (await race.picture('image/png')).bytes);
    const revision = { 'If-Match': '"1"' };
    const [completed, ...patches] = await race.together([
      () => complete(race, id),
      ...times(6, (index) => () => race.ask('PATCH', `/images/${id}`, { tags: [`${index}`] }, revision)),
    ]);
    requireStatus(completed, 200);
    for (const patch of patches) requireStatus(patch, 200, 412);
    const changed = patches.filter(({ status }) => status === 200);
    assert.ok(changed.length <= 1, `${changed.length} changes`);
    const image = await race.record(id);
    assert.deepEqual([image.status, image.revision], ['ready', 2 + changed.length]);
    assert.deepEqual(image.tags, changed[0]?.json['tags'] ?? ['before']);
  });

  race('delete an image during changes of its tags', async (race) => {
    const granted = await race.grant({ tags: ['a'] });
    const id = granted.image_id;
    await race.put(granted, (await race.picture('image/png')).bytes);
    if (race.random.chance(0.5)) requireStatus(await complete(race, id), 200);
    const [deleted, ...others] = await race.together([
      () => remove(race, id),
      () => complete(race, id),
      ...times(4, (index) => () => race.ask('PATCH', `/images/${id}`, { tags: [`tag ${index}`] })),
    ]);
    requireStatus(deleted, 200);
    for (const other of others) requireStatus(other, 200, 404);
    assert.equal((await race.record(id)).status, 'deleted');
  });

  race('make one upload for twenty grants with one Idempotency-Key', async (race) => {
    const key = { 'Idempotency-Key': randomUUID() };
    const user_id = randomUUID();
    const grants = await race.together(times(MANY, () => () => race.grant({ user_id }, key)));
    const ids = new Set(grants.map(({ image_id }) => image_id));
    assert.equal(ids.size, 1);
    assert.deepEqual(await listed(race, `user_id=${user_id}&status=pending`), [...ids]);
    const [last] = grants.slice(-1);
    assert.ok(last);
    await race.put(last, (await race.picture('image/png')).bytes);
    requireStatus(await complete(race, last.image_id), 200);
  });

  race('make one image for twenty direct uploads with one Idempotency-Key', async (race) => {
    const body = await race.picture();
    const userId = randomUUID();
    const own = { 'X-User-Id': userId, 'Idempotency-Key': randomUUID() };
    const send = () => {
      const form = race.random.pick(DIRECT_FORMS);
      const { target, headers, ...sent } = directRequest(form, { filename: 'a', tags: ['a'] }, body);
      return race.send(target, { ...sent, headers: { ...headers, ...own } });
    };
    const answers = await race.together(times(MANY, () => send));
    for (const answer of answers) requireStatus(answer, 200);
    assert.deepEqual(new Set(answers.map(({ json }) => json['sha256'])), new Set([body.sha256]));
    const ids = new Set(answers.map(({ json }) => json['image_id'] as Image['id']));
    assert.equal(ids.size, 1);
    assert.deepEqual(await listed(race, `user_id=${userId}`), [...ids]);
    assert.deepEqual(await listed(race, `user_id=${userId}&status=pending`), []);
    const [id = ''] = ids;
    const response = await race.send(`/images/${id}`, { method: 'GET' });
    requireStatus(response, 200);
  });

  race('reach one verdict during a sweep', async (race) => {
    const { bytes, sha256 } = await race.picture('image/png');
    const { image_id: id } = await race.grantBefore();
    await race.own.leave(id, bytes);
    const [, ...answers] = await race.together<Told | undefined>([
      () => race.sweep('one').then(() => undefined),
      ...times(3, () => () => complete(race, id)),
      ...times(3, () => () => read(race, id)),
    ]);
    for (const answer of answers) requireStatus(answer, 200);
    assert.deepEqual(new Set(answers.map((answer) => answer?.json['sha256'])), new Set([sha256]));
    assert.equal((await race.record(id)).revision, 2);
    assert.equal(sha256Of(bytes), sha256);
  });

  it('leave nothing over, after all of these', async () => {
    await racing.race({ seed: SEED, userId: 'u' }).requireRest();
  });
});
