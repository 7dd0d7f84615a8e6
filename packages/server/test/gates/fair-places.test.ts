import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test-servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test-servers/dynoxide.ts';
import type { Image } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { type GateReceiver, PASSES, says, startReceiver } from './gate-receiver.ts';
import { createTableEnvironment, PICTURE } from './gated-service.ts';
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
    const service = await onSqlite({ ...shared.environment, ...environment }, gates);
    return {
      ...service,
      async [Symbol.asyncDispose]() {
        await service[Symbol.asyncDispose]();
        await shared[Symbol.asyncDispose]();
      },
    };
  });
});

const FAILS = says(503);

function describePlaces(create: Create): void {
  it('a gate that hangs for the images of one user is asked about those of another, who comes later', async () => {
    const unanswered: ServerResponse[] = [];
    await using receiver = await startReceiver((_, response) => unanswered.push(response));
    await using service = await create(receiver.environment);
    const flood = await uploads(service, 'ada', 12);
    await until(async () => receiver.questions.length >= 3);
    receiver.answering = (question, response, request) =>
      question.image.user_id === 'eve' ? PASSES(question, response, request) : unanswered.push(response);
    const eve = await Promise.all(await uploads(service, 'eve', 3));
    assert.deepEqual(
      eve.map(({ status }) => status),
      ['ready', 'ready', 'ready'],
    );
    assert.deepEqual(
      receiver.questions.slice(0, 6).map(({ image }) => image.user_id),
      ['ada', 'ada', 'ada', 'eve', 'eve', 'eve'],
      'one of the four places stays free for others',
    );
    receiver.answering = FAILS;
    for (const response of unanswered) response.writeHead(503).end();
    await Promise.all(flood);
  });

  it('the sweeper asks about one image of a user for whose images a gate hangs, and about all of another', async () => {
    await using receiver = await startReceiver(FAILS);
    await using service = await create({ ...receiver.environment, GATE_HTTP_REVIEW_TIMEOUT_SECONDS: '2' });
    const ada = await Promise.all(await uploads(service, 'ada', 12));
    const eve = await Promise.all(await uploads(service, 'eve', 5));
    receiver.answering = (question, ...rest) => question.image.user_id === 'eve' && PASSES(question, ...rest);
    const before = askedAbout(receiver, 'ada').length;
    await sweep(service, 2);
    const images = await Promise.all(eve.map((image) => imageOf(service, image.id)));
    assert.deepEqual(new Set(images.map(({ status }) => status)), new Set(['ready']));
    assert.equal(askedAbout(receiver, 'ada').length - before, 1);
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
    receiver.answering = PASSES;
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

const askedAbout = ({ questions }: GateReceiver, userId: string) =>
  questions.filter(({ image }) => image.user_id === userId);

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
