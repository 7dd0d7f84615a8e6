import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sweepOnce } from '../../src/run/worker.ts';
import { answered, guestOf } from '../albums/guest.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { createTestService, json } from '../services/service.ts';
import { PICTURE } from './gated-service.ts';
import { always, createTestGate, LATER, PASS, REFUSE, type TestGate } from './test-gate.ts';

const createService = (gates: readonly TestGate[]): Promise<ClosedService> =>
  createClosedService({ overrides: { gates } });

const sweep = ({ services }: ClosedService) =>
  sweepOnce(services, { holder: services.newId(), signal: new AbortController().signal });

const codeOf = async (answer: Response): Promise<string> =>
  `${answer.status} ${((await answer.json()) as { code?: string }).code}`;

interface Decided {
  readonly status: string;
  readonly sha256: string;
  readonly gates: readonly string[];
  readonly waits_for: string | null;
}

const decisionsOf = async (service: ClosedService, id: string): Promise<Decided> =>
  answered(await service.as(service.admin, `/images/${id}/decisions`));

describe('the gate of the owner of an album', () => {
  it('comes after all others: until they have passed the owner neither sees a picture nor decides', async () => {
    const scan = createTestGate('scan');
    scan.answer = always(LATER);
    await using service = await createService([scan]);
    const guest = await guestOf(service, { approve: true });
    const { image_id: id, status } = await guest.add(PICTURE);
    assert.equal(status, 'held');
    const { gates, waits_for, sha256 } = await decisionsOf(service, id);
    assert.deepEqual([gates, waits_for], [['scan', 'owner'], 'scan']);
    assert.deepEqual(await guest.waiting(), []);
    assert.equal(await codeOf(await guest.decide(id, 'pass')), '409 not-awaited');
    assert.equal(
      await codeOf(await guest.call(`/albums/${guest.album}/contributions/${id}/preview`)),
      '409 not-awaited',
    );

    const decision = { gate: 'scan', sha256, verdict: 'pass' };
    await answered(await guest.call(`/images/${id}/decision`, 'POST', decision, service.admin));
    assert.deepEqual([(await decisionsOf(service, id)).waits_for, await guest.waiting()], ['owner', [id]]);
    await sweep(service);
    assert.deepEqual(await guest.shown(), []);
    await answered(await guest.decide(id, 'pass'));
    assert.deepEqual([await guest.shown(), await guest.waiting()], [[id], []]);
  });

  it('is not asked about what another gate refuses', async () => {
    const scan = createTestGate('scan');
    scan.answer = always(REFUSE);
    await using service = await createService([scan]);
    const guest = await guestOf(service, { approve: true });
    const granted = await guest.grant(PICTURE);
    await guest.put(granted, PICTURE);
    const told = await answered<{ status: string; rejection: { code: string } }>(
      await guest.complete(granted.image_id),
    );
    assert.deepEqual([told.status, told.rejection.code], ['rejected', 'refused-by-gate']);
    assert.deepEqual([await guest.waiting(), await guest.shown()], [[], []]);
    assert.equal(await codeOf(await guest.decide(granted.image_id, 'pass')), '409 not-awaited');
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('may be passed before a gate that was added meanwhile, which is asked then', async () => {
    await using service = await createService([]);
    const guest = await guestOf(service, { approve: true });
    const [one, other] = [await guest.add(PICTURE), await guest.add(PICTURE)];
    const scan = createTestGate('scan');
    scan.answer = always(LATER);
    (service.services.gates as unknown as TestGate[]).push(scan); // as in a process that was started again
    assert.deepEqual(await guest.waiting(), [one.image_id, other.image_id]);
    const decided = await answered<{ status: string }>(await guest.decide(one.image_id, 'pass'));
    assert.equal(decided.status, 'held');
    assert.equal((await decisionsOf(service, one.image_id)).waits_for, 'scan');
    scan.answer = always(PASS);
    await sweep(service);
    service.clock.offsetMs += 61_000;
    await sweep(service);
    assert.ok(scan.asked > 0);
    assert.deepEqual([await guest.shown(), await guest.waiting()], [[one.image_id], [other.image_id]]);
  });

  it('is none without AUTH, where everybody could decide', async () => {
    await using service = await createTestService();
    const made = await service.request('/albums', json({ user_id: 'ada', title: 'Party' }));
    const { album_id: album } = await answered<{ album_id: string }>(made, 201);
    const link = (terms: object) =>
      service.request(`/albums/${album}/links?user_id=ada`, json({ allow: ['contribute'], ...terms }));
    assert.equal((await link({})).status, 201);
    const refused = await link({ approve: true });
    const { errors } = await answered<{ errors: { pointer: string; detail: string }[] }>(refused, 400);
    assert.deepEqual(errors, [
      {
        pointer: '/approve',
        detail: 'expected a service with AUTH, since without it everybody could decide; got one without',
      },
    ]);
  });

  it('is decided once, whoever decides at the same time, and nothing half-done is seen', async () => {
    await using service = await createService([]);
    const guest = await guestOf(service, { approve: true });
    const added = await Promise.all(Array.from({ length: 12 }, () => guest.add(PICTURE)));
    const outcomes = await Promise.all(
      added.map(async ({ image_id: id }) => {
        const answers = await Promise.all([
          guest.decide(id, 'pass'),
          guest.decide(id, 'refuse'),
          guest.takeBack(id),
          guest.call(`/images/${id}`, 'DELETE'),
        ]);
        for (const { status } of answers) assert.ok(status < 500 || status === 503, `${status}`);
        return (await guest.call(`/images/${id}/metadata`)).status;
      }),
    );
    assert.deepEqual(await guest.waiting(), []);
    assert.equal(
      (await guest.shown()).length,
      outcomes.filter((status) => status === 200).length - (await refused(guest)),
    );
  });
});

/** Pictures of ada that were refused. */
async function refused(guest: Awaited<ReturnType<typeof guestOf>>): Promise<number> {
  const { count } = await answered<{ count: number }>(await guest.call('/images?status=rejected'));
  return count;
}
