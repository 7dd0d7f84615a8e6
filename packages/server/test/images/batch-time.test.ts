import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { newImageId } from '../../src/records/images/sample-images.fixture.ts';
import type { CallName } from '../faults/injection.ts';
import { createDynamodbService, type DynamodbService } from '../services/dynamodb-service.ts';
import { PATIENT_TIMEOUTS } from '../services/patience.ts';
import { json } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

interface Result {
  readonly error?: { readonly code: string; readonly status: number; readonly detail: string };
}

const codesOf = (results: readonly Result[]): string[] => results.map(({ error }) => error?.code ?? 'done');

describe('a batch delayed by a slow table', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  /** The answer after 25 s, with `count` calls of this name unanswered and `others` answered. */
  async function answeredLate(
    service: DynamodbService,
    { path, body, held }: { path: string; body: object; held: { name: CallName; count: number; others: number } },
  ) {
    const { name, count, others } = held;
    const calls = Array.from({ length: count }, () => service.proxy.hold(name, 'before'));
    const earlier = service.proxy.calls.length;
    const asked = service.request(path, json(body));
    await Promise.all(calls.map(({ reached }) => reached));
    const answered = () => service.proxy.calls.slice(earlier).filter((call) => call.name === name && call.answer);
    await until(async () => answered().length === others && service.proxy.openExchanges() === count);
    await service.services.images.get(newImageId()); // by then the service has read the answers before
    service.clock.offsetMs += 25_000;
    const answer = await asked;
    for (const call of calls) call.release();
    assert.equal(answer.status, 200);
    return (await answer.json()) as { count: number; results: readonly Result[] };
  }

  async function granted(service: DynamodbService, count: number): Promise<string[]> {
    const uploads = Array.from({ length: count }, () => ({ user_id: 'u', content_type: 'image/jpeg' }));
    const { results } = (await (await service.request('/images/uploads', json({ uploads }))).json()) as {
      results: { grant: { image_id: string } }[];
    };
    return results.map(({ grant }) => grant.image_id);
  }

  it('of grants answers after 25 s, and marks each unfinished one', async () => {
    await using service = await createDynamodbService(server.dynamo, { timeouts: PATIENT_TIMEOUTS });
    const uploads = Array.from({ length: 3 }, () => ({ user_id: 'u', content_type: 'image/jpeg' }));
    const { count, results } = await answeredLate(service, {
      path: '/images/uploads',
      body: { uploads },
      held: { name: 'PutItem image', count: 1, others: 2 },
    });
    assert.equal(count, 2);
    assert.deepEqual(codesOf(results).toSorted(), ['done', 'done', 'unavailable']);
    const late = results.find(({ error }) => error);
    assert.equal(late?.error?.status, 503);
    assert.match(late?.error?.detail ?? '', /within 25 s; .* may still succeed$/);
  });

  it('of deletes starts none after 25 s, and says which of the others were started', async () => {
    await using service = await createDynamodbService(server.dynamo, { timeouts: PATIENT_TIMEOUTS });
    const image_ids = await granted(service, 60);
    const { count, results } = await answeredLate(service, {
      path: '/images/delete',
      body: { user_id: 'u', image_ids },
      held: { name: 'GetItem image', count: 50, others: 0 },
    });
    assert.equal(count, 0);
    assert.deepEqual(new Set(codesOf(results)), new Set(['unavailable']));
    assert.equal(results.filter(({ error }) => /in progress/.test(error?.detail ?? '')).length, 50);
    assert.equal(results.filter(({ error }) => /not started; send it again/.test(error?.detail ?? '')).length, 10);
    const begun = image_ids.filter((_, index) => /in progress/.test(results[index]?.error?.detail ?? ''));
    const statusesOf = async (ids: readonly string[]) =>
      new Set(await Promise.all(ids.map(async (id) => (await service.services.images.get(id as ImageId))?.status)));
    while (!isDeepStrictEqual(await statusesOf(begun), new Set(['deleted']))) await delay(50);
    const others = image_ids.filter((id) => !begun.includes(id));
    assert.deepEqual(await statusesOf(others), new Set(['pending']), 'expected no other delete to begin');

    const again = await service.request('/images/delete', json({ user_id: 'u', image_ids }));
    const after = (await again.json()) as { results: readonly Result[] };
    for (const code of codesOf(after.results)) assert.ok(code === 'done' || code === 'image-not-found', code);
  });

  it('of signed URLs answers after 25 s', async () => {
    await using service = await createDynamodbService(server.dynamo, { timeouts: PATIENT_TIMEOUTS });
    const ids = await granted(service, 3);
    const renders = ids.map((image_id) => ({ image_id, w: 100 }));
    const { results } = await answeredLate(service, {
      path: '/render-urls',
      body: { user_id: 'u', renders },
      held: { name: 'GetItem image', count: 1, others: 2 },
    });
    assert.deepEqual(codesOf(results).toSorted(), ['done', 'done', 'unavailable']);
  });
});
