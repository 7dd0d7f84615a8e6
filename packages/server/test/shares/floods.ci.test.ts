import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';
import { createFlooded } from './flooded.ts';

/** Places for bodies (http/steps/body-places.ts), and for long polls (run/compose/compose.ts). */
const PLACES = 256;

/** Large JSON bodies that are read at once (http/steps/body-places.ts). */
const LARGE_BODIES = 4;

const GRANT = { content_type: 'image/png' };

/** A request whose body never ends by itself. */
function slowGrant(service: Pick<ClosedService, 'as'>, key: string) {
  let end: () => void = () => undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{'));
      end = () => controller.error(new Error('the sender left'));
    },
  });
  const headers = { 'Content-Type': 'application/json' };
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body, duplex: 'half' };
  return { answered: service.as(key, '/uploads', init), end: () => end() };
}

describe('the single request of one user, from the address of a flood', () => {
  it('is answered while another user holds every place for bodies, whose newest body ends', async () => {
    await using service = await createFlooded();
    const flood = Array.from({ length: PLACES }, () => slowGrant(service, service.mallory));
    for (const [index, { answered }] of flood.entries()) void service.note(`body ${index}`, answered);
    assert.equal(await service.note('single', service.as(service.ada, '/uploads', json(GRANT))), 201);
    await flood.at(-1)?.answered;
    assert.deepEqual(
      service.answers.toSorted((one, other) => one.status - other.status),
      [
        { name: 'single', status: 201 },
        { name: `body ${PLACES - 1}`, status: 429 },
      ],
    );
    for (const { end } of flood) end();
    await Promise.allSettled(flood.map(({ answered }) => answered));
  });

  it('is answered while slow bodies come with invalid keys, which get no place', async () => {
    await using service = await createFlooded();
    const forged = service.mallory.replace(/.{4}$/, 'AAAA');
    const flood = Array.from({ length: 2 * PLACES }, () => slowGrant(service, forged));
    const refused = flood.map(({ answered }, index) => service.note(`body ${index}`, answered));
    assert.equal(await service.note('single', service.as(service.ada, '/uploads', json(GRANT))), 201);
    assert.deepEqual(new Set(await Promise.all(refused)), new Set([401]));
    for (const { end } of flood) end();
  });

  it('is answered before twenty batches of a hundred grants', async () => {
    await using service = await createFlooded();
    const batch = { uploads: Array.from({ length: 100 }, () => GRANT) };
    const flood = Array.from({ length: 20 }, (_, index) =>
      service.note(`batch ${index}`, service.as(service.mallory, '/images/uploads', json(batch))),
    );
    assert.equal(await service.note('single', service.as(service.ada, '/uploads', json(GRANT))), 201);
    assert.deepEqual(service.answers, [{ name: 'single', status: 201 }]);
    for (const status of await Promise.all(flood)) assert.equal(status, 200);
  });

  it('has a batch of grants read after the few that are being read, of twenty from another user', async () => {
    await using service = await createFlooded();
    const batch = { uploads: Array.from({ length: 100 }, () => ({ ...GRANT, description: 'x'.repeat(700) })) };
    const flood = Array.from({ length: 20 }, (_, index) =>
      service.note(`batch ${index}`, service.as(service.mallory, '/images/uploads', json(batch))),
    );
    assert.equal(await service.note('single', service.as(service.ada, '/images/uploads', json(batch))), 200);
    assert.ok(service.answers.length <= 2 * LARGE_BODIES, `${service.answers.length} answers`);
    for (const status of await Promise.all(flood)) assert.equal(status, 200);
  });

  it('waits for its image while another user holds every place to wait, whose newest request is answered at once', async () => {
    await using service = await createFlooded();
    const idOf = async (key: string): Promise<string> => {
      const granted = await service.as(key, '/uploads', json(GRANT));
      return ((await granted.json()) as { image_id: string }).image_id;
    };
    const [theirs, own] = [await idOf(service.mallory), await idOf(service.ada)];
    const poll = (key: string, id: string, name: string) =>
      service.note(name, service.as(key, `/images/${id}/metadata?wait=20`));
    const flood = Array.from({ length: PLACES + 1 }, (_, index) => poll(service.mallory, theirs, `poll ${index}`));
    await flood[PLACES];
    assert.deepEqual(service.answers, [{ name: `poll ${PLACES}`, status: 200 }]);
    const single = poll(service.ada, own, 'single');
    await flood[PLACES - 1];
    assert.deepEqual(
      service.answers.map(({ name }) => name),
      [`poll ${PLACES}`, `poll ${PLACES - 1}`],
    );
    service.clock.offsetMs += 20_000; // all have waited long enough
    await Promise.all([single, ...flood]);
  });
});
