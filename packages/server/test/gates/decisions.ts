import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import {
  codeOf,
  decide,
  grant,
  later,
  moderatorOf,
  put,
  SHA256,
  shownOf,
  statusOf,
  sweep,
  type Told,
  toldOf,
  upload,
} from './moderation.ts';
import { always, createTestGate, failing, PASS, REFUSE, type TestGate, LATER as TO_LATER } from './test-gate.ts';

const OTHER = '0'.repeat(64);
const REASONS = { reason: 'expected a landscape; got a portrait', private_reason: 'face' };

export interface DecisionOptions {
  readonly observe?: (event: ServiceEvent) => void;
  readonly environment?: Record<string, string>;
}
export type CreateDeciding = (gates: readonly TestGate[], options?: DecisionOptions) => Promise<ClosedService>;

export const createDeciding: CreateDeciding = (gates, { environment, ...options } = {}) =>
  createClosedService({ environment: { USAGE: 'on', ...environment }, overrides: { gates }, ...options });

export function describeDecisions(create: CreateDeciding): void {
  it('of the last gate makes a held image ready at once, and is kept with who decided', async () => {
    const gate = later('review');
    const audited: unknown[] = [];
    const observe = (event: ServiceEvent) =>
      void (event.event === 'audit' && event.operation === 'decideImage' && audited.push(event));
    await using service = await create([gate], { observe, environment: { EAGER_PRESETS: 'thumb' } });
    const moderator = await moderatorOf(service);
    const { id } = await upload(service);
    const answer = await decide(service, moderator, id, { verdict: 'pass' });
    assert.equal(answer.status, 200);
    const told = (await answer.json()) as Told;
    assert.deepEqual([told.status, told.waits_for, told.sha256], ['ready', null, SHA256]);
    const [decision, ...others] = told.decisions;
    assert.deepEqual(others, []);
    assert.deepEqual(
      { ...decision, at: undefined },
      { gate: 'review', by: 'person', actor: idOf(moderator), verdict: 'pass', at: undefined, private_reason: null },
    );
    assert.equal(await statusOf(service, id), 'ready');
    assert.equal((await service.as(service.admin, `/images/${id}/original`)).status, 200);
    assert.equal(audited.length, 1);
    assert.deepEqual(await (await service.as(moderator, `/images/${id}/decisions`)).json(), told);
    const image = await service.services.images.get(id as ImageId);
    assert.ok(image?.status === 'ready' && image.maintainAt !== null, 'its eager presets are due');
    assert.equal(gate.asked, 1);
  });

  it('that refuses rejects a held image at once, with its reason, and removes the bytes', async () => {
    await using service = await create([later('review')]);
    const { id } = await upload(service);
    const answer = await decide(service, service.admin, id, { verdict: 'refuse', ...REASONS });
    assert.equal(((await answer.json()) as Told).status, 'rejected');
    assert.deepEqual(await service.storedFiles(), []);
    const shown = await shownOf(service, id);
    assert.deepEqual(shown['rejection'], { code: 'refused-by-gate', detail: REASONS.reason });
    assert.ok(!JSON.stringify(shown).includes('face'));
    const { decisions } = await toldOf(service, id);
    assert.deepEqual([decisions[0]?.['by'], decisions[0]?.['private_reason']], ['person', 'face']);
    assert.equal((await service.services.usage.usageOf('ada')).usage.bytes, 0);
  });

  it('is the same again, and no other one, whatever became of the image', async () => {
    for (const [verdict, opposite] of [
      ['pass', 'refuse'],
      ['refuse', 'pass'],
    ] as const) {
      await using service = await create([later('review')]);
      const { id } = await upload(service);
      const first = (await (await decide(service, service.admin, id, { verdict })).json()) as Told;
      const again = await decide(service, await moderatorOf(service), id, { verdict });
      assert.deepEqual([again.status, await again.json()], [200, first]);
      assert.equal(await codeOf(decide(service, service.admin, id, { verdict: opposite })), 'already-decided');
      assert.deepEqual(await toldOf(service, id), first);
    }
  });

  it('is one of two that contradict at the same time: one counts, the other is a 409', async () => {
    await using service = await create([later('review')]);
    for (const isHeld of [true, false]) {
      const { id } = isHeld ? await upload(service) : await grant(service);
      const answers = await Promise.all(
        (['pass', 'refuse', 'pass', 'refuse'] as const).map((verdict) =>
          decide(service, service.admin, id, { verdict }),
        ),
      );
      const statuses = answers.map(({ status }) => status);
      assert.deepEqual(statuses.toSorted(), [200, 200, 409, 409], String(statuses));
      assert.equal(statuses[0], statuses[2]);
      const { decisions, status } = await toldOf(service, id);
      assert.equal(decisions.length, 1);
      const won = statuses[0] === 200 ? 'pass' : 'refuse';
      assert.equal(decisions[0]?.['verdict'], won);
      if (isHeld) assert.equal(status, won === 'pass' ? 'ready' : 'rejected');
    }
  });

  for (const verdict of ['pass', 'refuse'] as const)
    it(`counts if it comes before the bytes are verified: ${verdict}`, async () => {
      const gate = later('review');
      await using service = await create([gate]);
      const { id, url } = await grant(service);
      const early = await decide(service, service.admin, id, { verdict, ...(verdict === 'refuse' && REASONS) });
      assert.deepEqual([early.status, ((await early.json()) as Told).status], [200, 'pending']);
      assert.equal((await decide(service, service.admin, id, { verdict })).status, 200);
      const opposite = verdict === 'pass' ? 'refuse' : 'pass';
      assert.equal(await codeOf(decide(service, service.admin, id, { verdict: opposite })), 'already-decided');
      await put(service, url);
      assert.equal(await statusOf(service, id), verdict === 'pass' ? 'ready' : 'rejected');
      assert.equal(gate.asked, 0);
      const { decisions } = await toldOf(service, id);
      assert.deepEqual(
        decisions.map(({ by, verdict: kept }) => [by, kept]),
        [['person', verdict]],
      );
      assert.equal((await service.storedFiles()).length, verdict === 'pass' ? 1 : 0);
    });

  it('about other bytes does not count for those that arrive', async () => {
    const gate = later('review');
    await using service = await create([gate]);
    const { id, url } = await grant(service);
    assert.equal((await decide(service, service.admin, id, { verdict: 'pass', sha256: OTHER })).status, 200);
    await put(service, url);
    assert.equal(await statusOf(service, id), 'held');
    assert.equal(gate.asked, 1);
    assert.equal(await codeOf(decide(service, service.admin, id, { verdict: 'pass', sha256: OTHER })), 'not-awaited');
    assert.equal((await decide(service, service.admin, id, { verdict: 'pass' })).status, 200);
    assert.equal(await statusOf(service, id), 'ready');
  });

  it('that refuses is kept among 50 before the bytes come: it takes the place of a pass, and no pass takes its place', async () => {
    await using service = await create([later('review')]);
    const { id, url } = await grant(service);
    const early = (verdict: 'pass' | 'refuse', sha256: string) =>
      decide(service, service.admin, id, {
        verdict,
        sha256,
        private_reason: verdict === 'refuse' ? sha256 : undefined,
      });
    const hashOf = (n: number): string => n.toString(16).padStart(64, '0');
    assert.equal((await early('refuse', SHA256)).status, 200);
    for (let n = 1; n < 50; n += 1) assert.equal((await early('pass', hashOf(n))).status, 200);
    const surplus = await early('pass', hashOf(50));
    assert.equal(surplus.status, 409);
    assert.partialDeepStrictEqual(await surplus.json(), {
      code: 'not-awaited',
      detail:
        'expected at most 50 decisions about a pending image: decide once it is held; got one more than 49 passes and 1 refusals',
    });
    assert.equal((await early('refuse', hashOf(51))).status, 200);
    const { decisions } = await toldOf(service, id);
    assert.equal(decisions.length, 50);
    const refused = decisions.filter(({ verdict }) => verdict === 'refuse');
    assert.deepEqual(
      refused.map(({ private_reason: why }) => why),
      [SHA256, hashOf(51)],
    );
    assert.equal(await codeOf(early('pass', hashOf(1))), 'not-awaited', 'the oldest pass went');
    assert.equal((await early('pass', hashOf(2))).status, 200, 'it is recorded already');
    await put(service, url);
    assert.equal(await statusOf(service, id), 'rejected');
  });

  it('that comes while its gate is being asked counts instead of the later that the gate answers', async () => {
    for (const verdict of ['pass', 'refuse'] as const) {
      const gate = createTestGate('review');
      await using service = await create([gate]);
      const { id, url } = await grant(service);
      gate.answer = async () => {
        assert.equal((await decide(service, service.admin, id, { verdict })).status, 200);
        return TO_LATER;
      };
      await put(service, url);
      assert.equal(await statusOf(service, id), verdict === 'pass' ? 'ready' : 'rejected');
      assert.equal((await service.storedFiles()).length, verdict === 'pass' ? 1 : 0);
    }
  });

  it('that refuses while its gate passes the image wins', async () => {
    const gate = createTestGate('review');
    await using service = await create([gate]);
    const { id, url } = await grant(service);
    gate.answer = async () => {
      await decide(service, service.admin, id, { verdict: 'refuse' });
      return PASS;
    };
    await put(service, url);
    assert.equal(await statusOf(service, id), 'rejected');
    assert.deepEqual(await service.storedFiles(), []);
  });

  it('of one gate leaves the image to the next, and may be about a gate that does not have its turn', async () => {
    const [first, second, third] = [later('first'), later('second'), createTestGate('third')];
    await using service = await create([first, second, third]);
    const { id } = await upload(service);
    const before = (await shownOf(service, id))['held_until'];
    service.clock.offsetMs += 60_000;
    await decide(service, service.admin, id, { gate: 'second', verdict: 'pass' });
    let told = await toldOf(service, id);
    assert.deepEqual([told.status, told.waits_for], ['held', 'first']);
    assert.equal((await shownOf(service, id))['held_until'], before);
    await sweep(service, 2);
    assert.equal(first.asked, 1, 'it has answered later already');
    await decide(service, service.admin, id, { gate: 'first', verdict: 'pass' });
    told = await toldOf(service, id);
    assert.deepEqual([told.status, told.waits_for], ['held', 'third']);
    assert.equal(
      await codeOf(decide(service, service.admin, id, { gate: 'second', verdict: 'refuse' })),
      'already-decided',
    );
    await sweep(service, 2);
    assert.equal(await statusOf(service, id), 'ready');
    assert.deepEqual([first.asked, second.asked, third.asked], [1, 0, 1]);
  });

  it('overrides a gate that is away, and loses nothing to a sweep at the same time', async () => {
    const gate = createTestGate('clamd');
    gate.answer = failing;
    await using service = await create([gate]);
    const { id } = await upload(service);
    gate.answer = async () => {
      assert.equal((await decide(service, service.admin, id, { gate: 'clamd', verdict: 'pass' })).status, 200);
      return REFUSE;
    };
    await sweep(service, 2);
    assert.equal(await statusOf(service, id), 'ready');
    assert.equal((await service.storedFiles()).length, 1);
  });

  for (const was of ['ready', 'trashed'] as const)
    for (const verdict of ['pass', 'refuse'] as const)
      it(`about a ${was} image that a re-scan holds: ${verdict}`, async () => {
        const gate = createTestGate('review');
        await using service = await create([gate], { environment: { EAGER_PRESETS: 'thumb' } });
        const moderator = await moderatorOf(service);
        const { id } = await upload(service);
        await sweep(service, 1); // its eager presets are made
        if (was === 'trashed') await service.as(service.admin, `/images/${id}/trash?user_id=ada`, { method: 'POST' });
        const imageOf = () => service.services.images.get(id as ImageId);
        const former = await imageOf();
        gate.answer = always(TO_LATER);
        service.clock.offsetMs += 1_000;
        await service.as(service.admin, '/gates/rescan', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ gate: 'review' }),
        });
        await sweep(service, 1);
        assert.equal(await statusOf(service, id), 'held');
        const told = (await (await decide(service, moderator, id, { verdict })).json()) as Told;
        assert.equal(told.status, verdict === 'pass' ? was : 'rejected');
        assert.deepEqual(
          told.decisions.map(({ by }) => by),
          ['gate', 'person'],
        );
        const opposite = verdict === 'pass' ? 'refuse' : 'pass';
        assert.equal(await codeOf(decide(service, moderator, id, { verdict: opposite })), 'already-decided');
        await sweep(service, 2);
        const now = await imageOf();
        if (verdict === 'refuse') {
          assert.equal(now?.status, 'rejected');
          assert.deepEqual(await service.storedFiles(), []);
          return assert.equal((await service.services.usage.usageOf('ada')).usage.bytes, 0);
        }
        assert.ok(former && 'decisions' in former && now && 'decisions' in now);
        const { decisions: _, revision, updatedAt, ...kept } = former;
        const { decisions: __, revision: later, updatedAt: ___, ...same } = now;
        assert.deepEqual([same, later], [kept, revision + 2], String(updatedAt));
      });

  it('is refused if nothing of that kind is awaited', async () => {
    const gate = later('review');
    await using service = await create([gate]);
    const { id } = await upload(service);
    const refused = (input: object, image = id) => codeOf(decide(service, service.admin, image, input));
    assert.equal(await refused({ verdict: 'pass', gate: 'scan' }), 'not-awaited');
    assert.equal(await refused({ verdict: 'pass', sha256: OTHER }), 'not-awaited');
    assert.equal(await refused({ verdict: 'pass' }, '01890a5d-ac96-774b-bcce-b302099a8057'), 'image-not-found');
    for (const wrong of [
      { verdict: 'later' },
      { verdict: 'pass', sha256: 'x' },
      { verdict: 'pass', reason: 'a' },
      { verdict: 'refuse', reason: 'a\nb' },
      { verdict: 'refuse', reason: 'x'.repeat(301) },
      { verdict: 'refuse', private_reason: 'x'.repeat(501) },
      { verdict: 'refuse', more: 1 },
      { verdict: 'pass', gate: '' },
    ])
      assert.equal(await refused(wrong), 'invalid-request', JSON.stringify(wrong));
    gate.answer = always(PASS);
    const { id: ready } = await upload(service);
    assert.equal(await refused({ verdict: 'refuse', gate: 'scan' }, ready), 'not-awaited');
    assert.equal(await refused({ verdict: 'refuse' }, ready), 'already-decided');
    assert.equal(await statusOf(service, ready), 'ready');
  });
}

/** As the audit names a key. */
const idOf = (key: string): string => key.split('_')[1] ?? '';
