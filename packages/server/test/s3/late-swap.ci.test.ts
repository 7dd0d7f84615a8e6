import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import type { CallName } from '../faults/injection.ts';
import { sha256Of } from '../services/record-check.ts';
import {
  createS3Service,
  type Grant,
  type S3Service,
  type S3ServiceOptions,
  SHORT_TIMEOUTS,
} from '../services/s3-service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { requireNothing, requireRest } from './agreement.ts';
import { faultsOf } from './fault-kinds.ts';

const picture = async (width: number, seed: number) =>
  new Uint8Array(await testImage({ type: 'image/jpeg', width, height: width, seed }));
const first = await picture(64, 1);

/** The replacement that the client sends with the valid URL. */
const OTHERS = {
  'another image': await picture(72, 2),
  'no image': new Uint8Array(Buffer.from('<script>no image</script>')),
  'an image that is too large': await picture(512, 3),
};
const MAX_UPLOAD_BYTES = String(20_000);

/** The triggers of a finalize. */
interface Finalizer extends S3ServiceOptions {
  finalize(service: S3Service, id: string): Promise<unknown>;
}

const complete = (service: S3Service, id: string) => service.request(`/images/${id}/complete`, { method: 'POST' });

const FINALIZERS: Readonly<Record<string, Finalizer>> = {
  complete: { finalize: complete },
  'complete in a bucket with versions': { isVersioned: true, finalize: complete },
  'a read': { finalize: async (service, id) => (await service.request(`/images/${id}`)).bytes() },
  'a list': {
    environment: { FINALIZE_ON_READ: 'on' },
    async finalize(service, id) {
      await service.request('/images?user_id=u');
      await complete(service, id); // a list waits for two seconds at most
    },
  },
  'the sweeper': {
    environment: { S3_LACKS: 'conditional-copies,checksums,header-signing,lifecycle' },
    finalize: ({ services }) => sweep(services, { holder: 'test', signal: new AbortController().signal }),
  },
};

/** Calls of a finalize that a store can perform late, with an effect. */
const LATE: readonly CallName[] = ['COPY images', 'DELETE incoming'];

async function put(service: S3Service, { upload_url, headers }: Grant, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const response = await service.send(upload_url, { method: 'PUT', headers, body });
  assert.equal(response.status, 200, await response.text());
}

/** Asserts that the served bytes are the verified and recorded ones. */
async function requireVerified(service: S3Service, id: string, bytes: Uint8Array): Promise<void> {
  const image = await service.record(id);
  assert.equal(image?.status === 'ready' && image.sha256, sha256Of(bytes));
  const served = await (await service.request(`/images/${id}`)).bytes();
  assert.equal(sha256Of(served), sha256Of(bytes), 'expected the recorded bytes');
}

describe('a call that the store performs late, for an upload that was overwritten meanwhile', {
  skip: NO_CEPH,
  concurrency: 6,
}, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  async function arrived({ environment, ...options }: S3ServiceOptions) {
    const service = await createS3Service(server.s3, {
      timeouts: SHORT_TIMEOUTS,
      environment: { MAX_UPLOAD_BYTES, ...environment },
      ...options,
    });
    const grant = await service.grant();
    await put(service, grant, first);
    return { service, grant, id: grant.image_id };
  }

  it('is a copy or a delete: no other call of a finalize has a late effect', async () => {
    const met = new Set<string>();
    for (const { finalize, ...options } of Object.values(FINALIZERS)) {
      const { service, id } = await arrived(options);
      await using _ = service;
      await finalize(service, id);
      for (const call of service.proxy.calls) if (faultsOf(call).includes('late')) met.add(call.name);
    }
    assert.deepEqual([...met].toSorted(), LATE);
  });

  for (const [who, { finalize, ...options }] of Object.entries(FINALIZERS)) {
    for (const name of LATE) {
      for (const [what, other] of Object.entries(OTHERS)) {
        it(`changes nothing that ${who} published: ${name}, ${what}`, async () => {
          const { service, grant, id } = await arrived(options);
          await using _ = service;
          const late = service.proxy.fail({ kind: 'late', name, nth: 1, lasts: 'once' });
          await finalize(service, id);
          assert.equal(late.hits(), 1);
          await put(service, grant, other);
          await service.proxy.performLate();
          await requireVerified(service, id, first);
          await complete(service, id);
          await requireVerified(service, id, first);
          await requireRest(service, { lateCopies: name === 'COPY images' ? 1 : 0 });
          await requireVerified(service, id, first);
          await requireNothing(service);
        });
      }
    }
  }

  it('is preceded by a new examination if the upload is overwritten before the copy is repeated', async () => {
    const { service, grant, id } = await arrived({});
    await using _ = service;
    const other = OTHERS['another image'];
    service.proxy.fail({ kind: 'late', name: 'COPY images', nth: 1, lasts: 'once' });
    const cut = service.proxy.hold('COPY images', 'before');
    const completing = complete(service, id);
    await cut.reached;
    const repeated = service.proxy.hold('COPY images', 'before');
    cut.release();
    await repeated.reached;
    await put(service, grant, other);
    repeated.release();
    assert.equal((await completing).status, 200);
    await put(service, grant, OTHERS['no image']);
    await service.proxy.performLate();
    await requireVerified(service, id, other);
    await requireRest(service, { lateCopies: 1 });
    await requireNothing(service);
  });

  for (const when of ['before', 'after'] as const) {
    it(`that was given up and is performed ${when} the next finalize leaves no objects of deleted images`, async () => {
      const { service, grant, id } = await arrived({});
      await using _ = service;
      const other = OTHERS['another image'];
      const late = service.proxy.fail({ kind: 'late', name: 'COPY images', nth: 1, lasts: 'for this call' });
      assert.equal((await complete(service, id)).status, 503);
      const attempts = late.hits();
      assert.equal(attempts, 3, 'expected three attempts');
      service.proxy.repair();
      await put(service, grant, other);
      if (when === 'before') await service.proxy.performLate();
      assert.equal((await complete(service, id)).status, 200);
      if (when === 'after') {
        await put(service, grant, OTHERS['no image']);
        await service.proxy.performLate();
      }
      await requireVerified(service, id, other);
      await requireRest(service, { lateCopies: when === 'after' ? attempts : 0 });
      await requireNothing(service);
    });
  }
});
