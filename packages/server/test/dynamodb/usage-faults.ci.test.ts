import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { expire, type Image, reject, restore, tombstone, trash } from '../../src/domain/image/image.ts';
import { NO_USAGE, usageOf } from '../../src/domain/usage/usage.ts';
import { requireAgreement } from '../../src/records/dynamodb/table-check.fixture.ts';
import { NOW, sampleKeyUse, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import type { CallName } from '../faults/injection.ts';
import { ready } from '../faults/records/scenario.ts';
import { createDynamodbService, type DynamodbService } from '../services/dynamodb-service.ts';
import { json } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const LIMITED = { USAGE: 'on', QUOTA_BYTES: '1000000' };
/** The repository's attempts, for conflicts of transactions. */
const ATTEMPTS = 10;

const pending = samplePending({ reservedBytes: 1_000 });
const published = samplePublished(pending);
const trashed = trash(published, NOW, NOW);

/** Every transition that changes the usage, and the states before it. */
const TRANSITIONS: readonly (readonly [name: string, to: Image, ...before: Image[]])[] = [
  ['made ready', published, pending],
  ['rejected', reject(pending, { code: 'empty-upload', detail: 'no bytes' }, NOW), pending],
  ['expired', expire(pending, NOW), pending],
  ['deleted while it is pending', tombstone(pending, NOW), pending],
  ['trashed', trashed, pending, published],
  ['restored', restore(trashed, NOW, []), pending, published, trashed],
  ['deleted', tombstone(published, NOW), pending, published],
  ['purged', tombstone(trashed, NOW), pending, published, trashed],
];

async function startCounting(server: DynamoForTests): Promise<DynamodbService> {
  const service = await createDynamodbService(server.dynamo, { environment: LIMITED });
  await service.services.usage.setCounted(NOW);
  return service;
}

const used = async ({ services }: DynamodbService, userId = 'ada') => (await services.usage.usageOf(userId)).usage;

/** Brings a new record through these states. */
async function bring({ services }: DynamodbService, states: readonly Image[]): Promise<void> {
  assert.equal(await services.images.create(pending), true);
  for (const [index, next] of states.slice(1).entries())
    assert.equal(await services.images.replace(states[index] ?? pending, next), true);
}

/** The name of the next call that changes records. */
async function nameOf(service: DynamodbService, work: () => Promise<unknown>): Promise<CallName> {
  const from = service.proxy.calls.length;
  await work();
  const written = service.proxy.calls.slice(from).filter(({ name }) => name.startsWith('TransactWriteItems '));
  assert.equal(written.length, 1, 'expected one transaction');
  return written[0]?.name ?? assert.fail();
}

describe('usage in a table', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await sharedImaging[Symbol.asyncDispose]();
  });

  for (const kind of ['lost answer', 'lost with its token', 'conflict of transactions'] as const) {
    for (const [what, name] of [
      ['a grant', 'TransactWriteItems image+owner+usage'],
      ['a grant with an Idempotency-Key', 'TransactWriteItems image+key+owner+usage'],
    ] as const) {
      it(`counts ${what} once (${kind})`, async () => {
        await using service = await startCounting(server);
        const { images } = service.services;
        const fault = service.proxy.fail({ kind, name, nth: 1, lasts: 'once' });
        const use = sampleKeyUse({ imageId: pending.id, leaseUntil: null });
        if (what === 'a grant') assert.equal(await images.create(pending), true);
        else assert.equal(await images.useKey(use, NOW, pending), undefined);
        assert.equal(fault.hits(), 1);
        assert.deepEqual(await used(service), { ...NO_USAGE, pending: 1, reservedBytes: 1_000 });
        await requireAgreement(service.table);
      });
    }

    it(`counts each transition once (${kind})`, async () => {
      for (const [what, to, ...states] of TRANSITIONS) {
        await using service = await startCounting(server);
        await bring(service, states);
        const name =
          to.status === 'ready' || states.at(-1)?.status === 'ready' ? FACETED : 'TransactWriteItems image+usage';
        const fault = service.proxy.fail({ kind, name, nth: 1, lasts: 'once' });
        assert.equal(await service.services.images.replace(states.at(-1) ?? pending, to), true, what);
        assert.equal(fault.hits(), 1, what);
        assert.deepEqual(await used(service), usageOf(to), what);
        await requireAgreement(service.table);
      }
    });
  }

  it('is written with the record in one transaction', async () => {
    await using service = await startCounting(server);
    const name = await nameOf(service, () => service.services.images.create(pending));
    assert.equal(name, 'TransactWriteItems image+owner+usage');
    assert.equal(await nameOf(service, () => service.services.images.replace(pending, published)), FACETED);
  });

  it('is a 503 for writes after ten conflicts in a row, with nothing half counted; reads go on', async () => {
    await using service = await startCounting(server);
    const id = await ready(service);
    const before = await used(service, 'u');
    const asked = json({ user_id: 'u', content_type: 'image/jpeg', size: 1_000 });
    for (const [path, init, name] of [
      ['/uploads', asked, 'TransactWriteItems image+usage'],
      [`/images/${id}`, { method: 'DELETE' }, FACETED],
    ] as const) {
      const from = service.proxy.calls.length;
      const fault = service.proxy.fail({ kind: 'conflict of transactions', name, nth: 1, lasts: 'for this call' });
      const refused = await service.request(path, init);
      assert.deepEqual([refused.status, fault.hits()], [503, ATTEMPTS], await refused.text());
      assert.ok(Number(refused.headers.get('retry-after')) > 0);
      assert.equal(service.proxy.calls.slice(from).filter((call) => call.name === name).length, ATTEMPTS);
      assert.equal((await service.request(`/images/${id}/metadata`)).status, 200);
      assert.equal((await service.request('/usage?user_id=u')).status, 200);
      assert.deepEqual(await used(service, 'u'), before);
      service.proxy.repair();
    }
    await requireAgreement(service.table);
    assert.equal((await service.request('/uploads', asked)).status, 201);
    assert.equal((await service.request(`/images/${id}`, { method: 'DELETE' })).status, 200);
    await requireAgreement(service.table);
    assert.deepEqual(await used(service, 'u'), { ...NO_USAGE, pending: 1, reservedBytes: 1_000 });
  });
});

const FACETED = 'TransactWriteItems facet+image+months+usage';
