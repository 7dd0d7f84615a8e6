import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import type { Image } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { createTableEnvironment, PICTURE, withStores } from './gated-service.ts';
import { sweep } from './moderation.ts';
import { createTestGate, failing, hanging, PASS, type TestGate } from './test-gate.ts';

type Environment = Record<string, string>;
type Create = (environment: Environment, gates?: readonly TestGate[]) => Promise<ClosedService>;

const onSqlite: Create = (environment, gates) =>
  createClosedService({ environment, ...(gates && { overrides: { gates } }) });

describe('on SQLite', () => describePlaces(onSqlite));

describe('on DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describePlaces(async (environment, gates) => {
    const shared = await createTableEnvironment(server.dynamo);
    return withStores(await onSqlite({ ...shared.environment, ...environment }, gates), shared);
  });
});

const TIMEOUT_MS = 10_000;

/** A gate whose answers depend on the owner. */
interface GateFor extends TestGate {
  failsForAll: boolean;
  /** It gives no answer about images of ada's, but an error once this is aborted. */
  hangsUntil: AbortSignal | null;
  /** A question about an image of ada's lasts as long as this moves the clock, and fails. */
  passTime: (() => void) | null;
  readonly askedAbout: string[];
}

function createGateFor(): GateFor {
  const gate: GateFor = {
    ...createTestGate('scan', { timeoutMs: TIMEOUT_MS }),
    failsForAll: false,
    hangsUntil: null,
    passTime: null,
    askedAbout: [],
    async ask({ image: { userId } }, signal) {
      gate.askedAbout.push(userId);
      if (gate.failsForAll) return failing();
      if (userId !== 'ada') return PASS;
      if (gate.hangsUntil) return hanging(AbortSignal.any([signal, gate.hangsUntil]));
      if (!gate.passTime) return PASS;
      gate.passTime();
      return failing();
    },
  };
  return gate;
}

function describePlaces(create: Create): void {
  it('a gate that hangs for the images of one user keeps a place for those of another', async () => {
    const gate = createGateFor();
    await using service = await create({}, [gate]);
    const stopped = new AbortController();
    gate.hangsUntil = stopped.signal;
    const flood = await uploads(service, 'ada', 8);
    await until(async () => gate.askedAbout.length >= 3);
    const [eve] = await Promise.all(await uploads(service, 'eve', 1));
    assert.equal(eve?.status, 'ready');
    gate.hangsUntil = null;
    stopped.abort(new Error('it answers at last'));
    await Promise.all(flood);
  });

  it('the sweeper asks about one image of a user for whose images a gate hangs, and about all of another', async () => {
    const gate = createGateFor();
    await using service = await create({}, [gate]);
    gate.failsForAll = true;
    const ada = await Promise.all(await uploads(service, 'ada', 12));
    const eve = await Promise.all(await uploads(service, 'eve', 5));
    const before = gate.askedAbout.length;
    gate.failsForAll = false;
    gate.passTime = () => {
      service.clock.offsetMs += TIMEOUT_MS;
    };
    await sweep(service, 2);
    const images = await Promise.all(eve.map((image) => imageOf(service, image.id)));
    assert.deepEqual(new Set(images.map(({ status }) => status)), new Set(['ready']));
    assert.equal(gate.askedAbout.slice(before).filter((user) => user === 'ada').length, 1);
    const failures: number[] = [];
    for (const { id } of ada) {
      const image = await imageOf(service, id);
      assert.ok(image.status === 'held');
      assert.ok(image.screening.askAt > service.clock.now(), 'its turn comes again later');
      failures.push(image.screening.failures);
    }
    assert.deepEqual(
      failures.toSorted(),
      [...Array(11).fill(1), 2],
      'no error is counted for those that were not asked',
    );
    gate.passTime = null;
    await sweep(service, 10);
    assert.deepEqual(
      new Set(await Promise.all(ada.map(async ({ id }) => (await imageOf(service, id)).status))),
      new Set(['ready']),
    );
  });

  it('a gate that hangs delays neither a deadline nor another gate', async () => {
    const [slow, quick] = [
      createTestGate('1-slow', { concurrency: 1, deadlineMs: 3_600_000 }),
      createTestGate('2-quick'),
    ];
    await using service = await create({}, [slow, quick]);
    slow.answer = failing;
    const [late] = await Promise.all(await uploads(service, 'bob', 1));
    service.clock.offsetMs += 3_590_000;
    await Promise.all(await uploads(service, 'ada', 3));
    slow.answer = async () => PASS;
    quick.answer = failing;
    const [other] = await Promise.all(await uploads(service, 'eve', 1));
    const stopped = new AbortController();
    slow.answer = () => hanging(stopped.signal);
    quick.answer = async () => PASS;
    const asked = slow.asked;
    const sweeping = sweep(service, 2);
    await until(async () => slow.asked > asked);
    await until(async () => late !== undefined && (await imageOf(service, late.id)).status === 'rejected');
    await until(async () => other !== undefined && (await imageOf(service, other.id)).status === 'ready');
    slow.answer = async () => PASS;
    stopped.abort(new Error('it answers at last'));
    await sweeping;
  });
}

const imageOf = async ({ services }: ClosedService, id: string): Promise<Image> =>
  (await services.images.get(id as ImageId)) ?? assert.fail(`no record of ${id}`);

interface Uploaded {
  readonly id: string;
  readonly status: string;
}

/** Uploads of a user at the same time, with a key of its own. */
async function uploads(service: ClosedService, owner: string, count: number): Promise<readonly Promise<Uploaded>[]> {
  const key = await service.keyOf({ owner });
  return Array.from({ length: count }, async () => {
    const body = new FormData();
    body.set('file', new File([PICTURE], 'a.jpg', { type: 'image/jpeg' }));
    const answer = await service.as(key, '/images', { method: 'POST', body });
    const shown = (await answer.json()) as { image_id: string; status: string };
    assert.equal(answer.status, 201, JSON.stringify(shown));
    return { id: shown.image_id, status: shown.status };
  });
}
