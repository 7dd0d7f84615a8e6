import assert from 'node:assert/strict';
import type { Access } from '../../../src/domain/access/policy.ts';
import type { ImageId } from '../../../src/domain/image/image-id.ts';
import { decideImage } from '../../../src/operations/gates/decide-image.ts';
import { isOk, type Outcome, outcomeOf } from '../../chance/outcome.ts';
import { always, failing, LATER, PASS, REFUSE } from '../../gates/test-gate.ts';
import { requireImage, sweepOnce } from './change-scenarios.ts';
import { outcomeOfWork, type Scenario, type ServiceOnStore } from './scenario.ts';
import { arrived, KEYED, requireOne, upload } from './upload-scenarios.ts';

const HOUR_MS = 3_600_000;
/** Longer than the first pause between two questions, and so short that the pause after a failure is too. */
const DUE_MS = 90_000;

/** An upload that has arrived, of which the gate will say this. */
const arrivedFor =
  (answer: ServiceOnStore['gate']['answer']) =>
  (service: ServiceOnStore): Promise<string> => {
    service.gate.answer = answer;
    return arrived(service);
  };

const complete = (service: ServiceOnStore, id: string): Promise<Response> =>
  service.request(`/images/${id}/complete`, { method: 'POST' });

/** A held image that is due, of which the gate will say this. */
const heldFor =
  (answer: ServiceOnStore['gate']['answer'], afterMs = DUE_MS) =>
  async (service: ServiceOnStore): Promise<string> => {
    service.gate.answer = failing;
    const id = await arrived(service);
    assert.equal(((await (await complete(service, id)).json()) as { status: string }).status, 'held');
    service.gate.answer = answer;
    service.clock.offsetMs += afterMs;
    return id;
  };

const isNow = (status: string, files: number) =>
  sweepOnce(
    async (service, id) =>
      (await service.services.images.get(id))?.status === status && (await service.storedFiles()).length === files,
  );

const requireGone = async (service: ServiceOnStore, id: string): Promise<void> => {
  await requireImage({ status: 'rejected' })(service, id);
  assert.deepEqual(await service.storedFiles(), []);
};

const ADMIN: Access = {
  principal: { kind: 'admin', actors: ['admin'], mayErase: false },
  operation: 'decideImage',
  named: null,
};

const decideTo =
  (verdict: 'pass' | 'refuse') =>
  (service: ServiceOnStore, id: string): Promise<Outcome> =>
    outcomeOfWork(async () => {
      const image = await service.services.images.get(id as ImageId);
      const sha256 = image && 'sha256' in image ? image.sha256 : '';
      const decision = { gate: service.gate.name, sha256, verdict, reason: null, privateReason: null };
      const decided = image?.status === 'rejected' ? image : await decideImage(service.services, ADMIN, id, decision);
      return decided.status === (verdict === 'pass' ? 'ready' : 'rejected') ? 'done' : `wrong: ${decided.status}`;
    });

const gateRules = {};

/** What happens to uploads before a gate, and by it. */
export const GATED: readonly Scenario[] = [
  {
    name: 'a finalize of an image that its gate holds',
    gateRules,
    prepare: arrivedFor(always(LATER)),
    act: async (service, id) => outcomeOf(await complete(service, id)),
    holds: requireImage({ status: 'held' }),
  },
  {
    name: 'a finalize of an image that its gate refuses',
    gateRules,
    prepare: arrivedFor(always(REFUSE)),
    act: async (service, id) => outcomeOf(await complete(service, id), ({ status }) => status === 400),
    holds: requireImage({ status: 'rejected' }),
  },
  {
    name: 'a direct upload that its gate holds',
    gateRules,
    prepare: async ({ gate }) => {
      gate.answer = always(LATER);
      return '';
    },
    act: async (service) => outcomeOf(await upload(service, undefined, KEYED), isOk),
    holds: requireOne('status=held'),
  },
  {
    name: 'a sweep whose gate passes the image',
    gateRules,
    isRepeated: true,
    prepare: heldFor(always(PASS)),
    act: isNow('ready', 1),
    holds: requireImage({ status: 'ready' }),
  },
  {
    name: 'a sweep whose gate refuses the image',
    gateRules,
    isRepeated: true,
    prepare: heldFor(always(REFUSE)),
    act: isNow('rejected', 0),
    holds: requireGone,
  },
  {
    name: 'a sweep whose gate has not decided',
    gateRules,
    isRepeated: true,
    only: ['lost answer', 'late', 'conflict', 'throughput exceeded'],
    prepare: heldFor(always(LATER)),
    act: isNow('held', 1),
    holds: requireImage({ status: 'held' }),
  },
  {
    name: 'a sweep at the deadline',
    gateRules: { deadlineMs: HOUR_MS },
    isRepeated: true,
    only: ['lost answer', 'late', 'conflict', 'throughput exceeded'],
    prepare: heldFor(failing, 2 * HOUR_MS),
    act: isNow('rejected', 0),
    async again(service, id) {
      service.clock.offsetMs += HOUR_MS; // longer than the backoff, which grows with what has passed since the hold
      return isNow('rejected', 0)(service, id);
    },
    holds: requireGone,
  },
  {
    name: 'a person who passes the image',
    gateRules,
    only: ['lost answer', 'late', 'conflict', 'throughput exceeded'],
    prepare: heldFor(always(LATER)),
    act: decideTo('pass'),
    holds: requireImage({ status: 'ready' }),
  },
  {
    name: 'a person who refuses the image',
    gateRules,
    only: ['lost answer', 'late', 'conflict', 'throughput exceeded'],
    prepare: heldFor(always(LATER)),
    act: decideTo('refuse'),
    async holds(service, id) {
      service.clock.offsetMs += HOUR_MS; // if the answer was lost, its bytes are the sweeper's
      assert.equal(await isNow('rejected', 0)(service, id), 'done');
      await requireGone(service, id);
    },
  },
];
