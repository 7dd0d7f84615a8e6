import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { repeatsOf } from '../repeats.ts';
import { recordsOf, sha256Of } from '../services/record-check.ts';
import { DIRECT_FORMS, directRequest } from '../uploads/upload-requests.ts';
import type { Told } from './racers.ts';
import { createRace, PAST_EXPIRY_MS, type Race } from './racing.ts';

const { count: ROUNDS, seed: SEED } = repeatsOf('races');

const MANY = 20;
const NONSENSE = new Uint8Array(Buffer.from('<html>no image</html>'));

/** A test that runs `once` many times on one service, after which nothing may be left over. */
function race(name: string, once: (race: Race) => Promise<void>): void {
  it(name, async () => {
    await using race = await createRace(SEED);
    for (let round = 1; round <= ROUNDS; round += 1) {
      await once(race).catch((cause) => {
        throw new Error(`in round ${round} of SEED=${SEED}`, { cause });
      });
    }
    await race.requireRest();
  });
}

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

const statuses = (answers: readonly Told[]): number[] => answers.map(({ status }) => status).toSorted((a, b) => a - b);

/** Asserts that all of these hold, with the answers if they don't. */
function requireStatus(answer: Told | undefined, ...expected: number[]): void {
  assert.ok(
    answer && expected.includes(answer.status),
    `expected ${expected.join(' or ')}; got ${answer?.status} ${answer?.text}`,
  );
}

const complete = (race: Race, id: string) => race.ask('POST', `/images/${id}/complete`);
const remove = (race: Race, id: string) => race.ask('DELETE', `/images/${id}`);
const read = (race: Race, id: string) => race.ask('GET', `/images/${id}/metadata`);

describe('finalizing', () => {
  race('happens once for twenty concurrent completes of one image, with the same answer for all', async (race) => {
    const { bytes, sha256 } = await race.picture('image/png');
    const { image_id: id } = await race.grant();
    await race.leave(id, bytes);
    const answers = await race.together(times(MANY, () => () => complete(race, id)));
    for (const answer of answers) requireStatus(answer, 200);
    const image = await race.requireStored(id);
    assert.ok(image.status === 'ready' && image.sha256 === sha256 && image.revision === 2);
    assert.deepEqual(new Set(answers.map(({ json }) => json['s3_key'])), new Set([image.objectKey]));
  });

  race(
    'rejects bytes that are not an image once for twenty concurrent completes, with the same reason for all',
    async (race) => {
      const { image_id: id } = await race.grant();
      await race.leave(id, NONSENSE);
      const answers = await race.together(times(MANY, () => () => complete(race, id)));
      assert.deepEqual(
        new Set(answers.map(({ status, json }) => `${status} ${json['code']}`)),
        new Set(['400 unsupported-type']),
      );
      assert.equal((await race.requireStored(id)).revision, 2);
    },
  );

  race('whose lease lapses midway is taken over, and stores one image', async (race) => {
    const { bytes, sha256 } = await race.picture('image/png');
    const { image_id: id } = await race.grant();
    await race.leave(id, bytes);
    const outliveLease = async () => {
      race.clock.offsetMs += 61_000;
      return complete(race, id);
    };
    const answers = await race.together([() => complete(race, id), outliveLease, outliveLease]);
    for (const answer of answers) requireStatus(answer, 200, 503); // 503: another finalizer took its copy, or it waited too long
    requireStatus(await complete(race, id), 200);
    const image = await race.requireStored(id);
    assert.ok(image.status === 'ready' && image.sha256 === sha256);
  });

  race('and a PATCH both succeed; the bytes are readable under either name', async (race) => {
    const { bytes, sha256 } = await race.picture('image/png');
    const granted = await race.grant({ filename: 'before.png', tags: ['before'] });
    const id = granted.image_id;
    const changes = { filename: 'after.png', tags: ['after', id] };
    const [put, patch] = await race.together([
      () => race.put(granted, bytes),
      () => race.ask('PATCH', `/images/${id}`, changes),
    ]);
    requireStatus(put, 200);
    requireStatus(patch, 200);
    const image = await race.requireStored(id);
    assert.ok(image.status === 'ready' && image.sha256 === sha256 && image.revision === 3);
    assert.match(image.objectKey, /\/(before|after)\.png$/);
    assert.deepEqual({ filename: image.filename, tags: image.tags }, changes);
    const { json } = await race.ask('GET', `/images?user_id=u&tag=${id}`);
    assert.equal(json['count'], 1);
  });

  race('and PATCHes of one revision: at most one PATCH succeeds, and the image has its change', async (race) => {
    const { bytes } = await race.picture('image/png');
    const granted = await race.grant({ filename: 'before.png' });
    const id = granted.image_id;
    const [put, ...patches] = await race.together([
      () => race.put(granted, bytes),
      ...times(
        5,
        (index) => () => race.ask('PATCH', `/images/${id}`, { filename: `${index}.png` }, { 'If-Match': '"1"' }),
      ),
    ]);
    requireStatus(put, 200);
    const changed = patches.filter(({ status }) => status === 200);
    assert.deepEqual(
      statuses(patches).slice(changed.length),
      times(5 - changed.length, () => 412),
    );
    assert.ok(changed.length <= 1);
    const image = await race.requireStored(id);
    assert.deepEqual([image.status, image.revision], ['ready', 2 + changed.length]);
    assert.equal(image.filename, changed[0]?.json['filename'] ?? 'before.png');
  });
});

describe('PUTs to one URL', () => {
  race('make one image of one body, and only the PUT of that body is answered 200', async (race) => {
    const granted = await race.grant();
    const bodies = await Promise.all(times(3, () => race.picture('image/png')));
    const answers = await race.together(
      bodies.map(
        ({ bytes }) =>
          () =>
            race.put(granted, bytes),
      ),
    );
    assert.deepEqual(statuses(answers), [200, 412, 412]);
    const image = await race.requireStored(granted.image_id);
    assert.equal(
      image.status === 'ready' && image.sha256,
      bodies[answers.findIndex(({ status }) => status === 200)]?.sha256,
    );
  });

  race('of the same bytes all succeed', async (race) => {
    const granted = await race.grant();
    const { bytes } = await race.picture('image/png');
    const answers = await race.together(times(3, () => () => race.put(granted, bytes)));
    assert.deepEqual(statuses(answers), [200, 200, 200]);
    assert.equal((await race.requireStored(granted.image_id)).revision, 2);
  });

  race('that accepts one body once are answered 200 or 412, at least one of them 200', async (race) => {
    const { bytes, sha256 } = await race.picture('image/png');
    const granted = await race.grant({ size: bytes.length, sha256 });
    const answers = await race.together(times(3, () => () => race.put(granted, bytes)));
    for (const answer of answers) requireStatus(answer, 200, 412);
    assert.ok(statuses(answers).includes(200));
    const image = await race.requireStored(granted.image_id);
    assert.ok(image.status === 'ready' && image.sha256 === sha256);
  });

  race('with valid and invalid bytes get answers that agree with the image', async (race) => {
    const granted = await race.grant();
    const { bytes, sha256 } = await race.picture('image/png');
    const [good, bad] = await race.together([() => race.put(granted, bytes), () => race.put(granted, NONSENSE)]);
    const image = await race.requireStored(granted.image_id);
    assert.deepEqual([good?.status, bad?.status], image.status === 'ready' ? [200, 412] : [400, 400]);
    assert.equal(
      image.status === 'ready' ? image.sha256 : image.status,
      image.status === 'ready' ? sha256 : 'rejected',
    );
  });
});

describe('a PUT', () => {
  for (const way of ['put', 'putSlowly'] as const) {
    race(`concurrent with a delete leaves a deleted image (${way})`, async (race) => {
      const granted = await race.grant();
      const { bytes } = await race.picture('image/png');
      const [put, deleted] = await race.together([
        () => race[way](granted, bytes),
        () => remove(race, granted.image_id),
      ]);
      requireStatus(put, 200, 409);
      requireStatus(deleted, 200);
      assert.equal((await race.requireStored(granted.image_id)).status, 'deleted');
      requireStatus(await read(race, granted.image_id), 404);
    });

    race(`concurrent with its expiry is answered 200 only if the image is ready (${way})`, async (race) => {
      const granted = await race.grant();
      const { bytes, sha256 } = await race.picture('image/png');
      const expire = async () => {
        race.clock.offsetMs += PAST_EXPIRY_MS;
        await race.sweep('sweeper');
      };
      const [put] = await race.together<Told | undefined>([
        () => race[way](granted, bytes),
        () => expire().then(() => undefined),
      ]);
      requireStatus(put, 200, 403, 409, 503); // 503: the sweep took over its claim as abandoned
      const image = await race.requireStored(granted.image_id);
      if (put?.status === 200) assert.equal(image.status, 'ready');
      else if (put?.status === 503) assert.ok(['ready', 'expired'].includes(image.status), image.status);
      else assert.equal(image.status, 'expired');
      if (image.status === 'ready') assert.equal(image.sha256, sha256);
    });
  }

  race('to the URL of a replay that is concurrent with the expiry succeeds', async (race) => {
    const key = { 'Idempotency-Key': randomUUID() };
    const { image_id: id } = await race.grant({}, key);
    race.clock.offsetMs += PAST_EXPIRY_MS;
    const [, ...again] = await race.together([
      () => race.sweep('sweeper').then(() => undefined),
      ...times(MANY, () => () => race.grant({}, key)),
    ]);
    const [granted] = again.filter((one) => one?.upload_url);
    assert.equal((await race.requireStored(id)).status, granted ? 'pending' : 'expired');
    if (granted) requireStatus(await race.put(granted, (await race.picture('image/png')).bytes), 200);
  });

  race(
    'concurrent with replays of its grant: a replay gets a URL if, and only if, the image is pending',
    async (race) => {
      const key = { 'Idempotency-Key': randomUUID() };
      const granted = await race.grant({}, key);
      const { bytes } = await race.picture('image/png');
      const [put, ...again] = await race.together([
        () => race.put(granted, bytes),
        ...times(5, () => () => race.ask('POST', '/images/upload', { user_id: 'u', content_type: 'image/png' }, key)),
      ]);
      requireStatus(put, 200);
      for (const { status, json } of again) {
        assert.deepEqual([status, json['image_id']], [200, granted.image_id]);
        assert.equal('upload_url' in json, json['status'] === 'pending');
      }
      assert.equal((await race.requireStored(granted.image_id)).revision, 2);
    },
  );
});

describe('one Idempotency-Key', () => {
  race('makes one upload for twenty grants', async (race) => {
    const key = { 'Idempotency-Key': randomUUID() };
    const grants = await race.together(times(MANY, () => () => race.grant({}, key)));
    const ids = new Set(grants.map(({ image_id }) => image_id));
    assert.equal(ids.size, 1);
    const urls = [grants[0], grants.at(-1)].flatMap((one) => one ?? []);
    const { bytes } = await race.picture('image/png');
    assert.deepEqual(statuses(await race.together(urls.map((one) => () => race.put(one, bytes)))), [200, 200]);
    for (const id of ids) await race.requireStored(id);
  });

  race('makes one image for twenty direct uploads', async (race) => {
    const before = (await recordsOf(race.service)).length;
    const body = await race.picture();
    const headers = { 'X-User-Id': 'u', 'Idempotency-Key': randomUUID() };
    const send = async () => {
      const { target, ...sent } = directRequest(race.random.pick(DIRECT_FORMS), { filename: 'a', tags: [] }, body);
      const response = await race.service.request(target, { ...sent, headers: { ...sent.headers, ...headers } });
      return { status: response.status, json: (await response.json()) as { image_id: string; sha256: string } };
    };
    const answers = await race.together(times(MANY, () => send));
    for (const { status, json } of answers) {
      assert.deepEqual([status, json.sha256, json.image_id], [200, body.sha256, answers[0]?.json.image_id]);
    }
    const records = await recordsOf(race.service);
    assert.deepEqual(
      records.slice(before).map(({ id, status }) => [id, status]),
      [[answers[0]?.json.image_id, 'ready']],
    );
    for (const { id } of records.slice(before)) await race.requireStored(id);
  });

  race('with bytes that are not an image: each request is refused, and nothing is stored', async (race) => {
    const before = await recordsOf(race.service);
    const headers = { 'X-User-Id': 'u', 'Idempotency-Key': randomUUID() };
    const request = { method: 'POST', headers: { ...headers, 'Content-Type': 'image/png' }, body: NONSENSE };
    const answers = await race.together(times(4, () => () => race.service.request('/images/upload', request)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([400]));
    assert.deepEqual(await recordsOf(race.service), before);
  });
});

describe('a delete', () => {
  race('is performed once for twenty concurrent requests, single and in batches', async (race) => {
    const granted = await race.grant();
    requireStatus(await race.put(granted, (await race.picture('image/png')).bytes), 200);
    const id = granted.image_id;
    const batch = async () => {
      const { json } = await race.ask('POST', '/images/delete', { user_id: 'u', image_ids: [id, id] });
      return Number(json['count']);
    };
    const single = async () => ((await remove(race, id)).status === 200 ? 1 : 0);
    const counts = await race.together(times(MANY, (index) => (index % 4 === 0 ? batch : single)));
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      1,
    );
    assert.equal((await race.requireStored(id)).status, 'deleted');
  });

  race('concurrent with reads: each read gets all bytes or a 404', async (race) => {
    const granted = await race.grant({ content_type: 'image/jpeg' });
    const { bytes, sha256 } = await race.picture('image/jpeg');
    const large = new Uint8Array(Buffer.concat([bytes, Buffer.alloc(200_000)])); // so that the image's copy is kept too
    requireStatus(await race.put(granted, large), 200);
    const url = `/images/${granted.image_id}`;
    const { json } = await race.ask('GET', `${url}/download`);
    const get = async (target: string) => {
      const response = await race.service.send(target);
      const received = new Uint8Array(await response.arrayBuffer());
      return response.status === 200 ? sha256Of(received) : response.status;
    };
    const targets = times(6, (index) =>
      index % 2 === 0 ? `http://127.0.0.1:8000${url}` : String(json['download_url']),
    );
    const [deleted, ...reads] = await race.together<unknown>([
      async () => (await remove(race, granted.image_id)).status,
      ...targets.map((target) => () => get(target)),
    ]);
    assert.equal(deleted, 200);
    assert.notEqual(sha256, sha256Of(large));
    for (const one of reads) assert.ok(one === sha256Of(large) || one === 404, String(one));
    await race.requireStored(granted.image_id);
  });

  race('concurrent with PATCHes leaves a deleted image', async (race) => {
    const granted = await race.grant({ tags: ['a'] });
    const id = granted.image_id;
    requireStatus(await race.put(granted, (await race.picture('image/png')).bytes), 200);
    const [deleted, ...patches] = await race.together([
      () => remove(race, id),
      ...times(4, (index) => () => race.ask('PATCH', `/images/${id}`, { tags: [`tag ${index}`] })),
    ]);
    requireStatus(deleted, 200);
    for (const patch of patches) requireStatus(patch, 200, 404);
    assert.equal((await race.requireStored(id)).status, 'deleted');
  });
});

describe('a sweep', () => {
  race('concurrent with another finalizes, rejects and expires each image once', async (race) => {
    const [arrived, refused, missing] = [await race.grant(), await race.grant(), await race.grant()];
    const { bytes } = await race.picture('image/png');
    await race.leave(arrived.image_id, bytes);
    await race.leave(refused.image_id, NONSENSE);
    race.clock.offsetMs += PAST_EXPIRY_MS;
    const holders = race.random.pick([['one'], ['one', 'other']]); // the holder's own lease does not block it
    await race.together([0, 1].map((index) => () => race.sweep(holders[index] ?? 'one')));
    const images = await Promise.all(
      [arrived, refused, missing].map(async ({ image_id }) => {
        const { status, revision } = await race.requireStored(image_id);
        return `${status} ${revision}`;
      }),
    );
    assert.deepEqual(images, ['ready 2', 'rejected 2', 'expired 2']);
    race.clock.offsetMs += PAST_EXPIRY_MS; // past the lease of the sweeper
  });

  race('concurrent with completes and reads finalizes the image once', async (race) => {
    const { image_id: id } = await race.grant();
    const { bytes } = await race.picture('image/png');
    await race.leave(id, bytes);
    race.clock.offsetMs += PAST_EXPIRY_MS;
    const [, ...answers] = await race.together<Told | undefined>([
      () => race.sweep('sweeper').then(() => undefined),
      ...times(3, () => () => complete(race, id)),
      ...times(3, () => () => read(race, id)),
    ]);
    for (const answer of answers) requireStatus(answer, 200);
    assert.deepEqual(new Set(answers.map((answer) => answer?.json['status'])), new Set(['ready']));
    assert.equal((await race.requireStored(id)).revision, 2);
  });

  race('concurrent with a delete leaves a deleted image without objects', async (race) => {
    const { image_id: id } = await race.grant();
    if (race.random.chance(0.7)) await race.leave(id, (await race.picture('image/png')).bytes);
    race.clock.offsetMs += PAST_EXPIRY_MS;
    const [deleted] = await race.together<Told | undefined>([
      () => remove(race, id),
      () => race.sweep('sweeper').then(() => undefined),
    ]);
    requireStatus(deleted, 200);
    assert.equal((await race.requireStored(id)).status, 'deleted');
  });
});
