import type { TestBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { createProvisionedBucket, environmentOf as environmentOfBucket } from './ceph-service.ts';
import {
  createProvisionedTable,
  environmentOf as environmentOfTable,
  type ProvisionedTable,
} from './dynamo-service.ts';
import { movingClock } from './moving-clock.ts';
import { createTestService, type TestService } from './service.ts';

/** The reason to skip, or false. */
export const NO_CLOUD = NO_CEPH || NO_DYNOXIDE;

/** A test's own bucket and table, for any number of processes. */
export interface Cloud extends AsyncDisposable {
  readonly bucket: TestBucket;
  readonly table: ProvisionedTable;
  /** The settings of a process on both. */
  readonly environment: Readonly<Record<string, string>>;
}

/** `name`: of both. */
export async function createCloud(name?: string): Promise<Cloud> {
  await using stack = new AsyncDisposableStack();
  const bucket = stack.use(await createProvisionedBucket(name));
  const table = stack.use(await createProvisionedTable(name));
  const held = stack.move();
  return {
    bucket,
    table,
    environment: { ...environmentOfBucket(bucket), ...environmentOfTable(table) },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** This process's own service in a cloud, without a socket: its clock can be moved. */
export interface OwnService extends TestService {
  readonly clock: ReturnType<typeof movingClock>;
  /** A PUT without an event. */
  leave(id: Image['id'], bytes: Uint8Array): Promise<void>;
}

export async function joinCloud({ environment }: Pick<Cloud, 'environment'>): Promise<OwnService> {
  const clock = movingClock();
  const service = await createTestService({ environment: { ...environment }, overrides: { clock } });
  const { images, objects, staging } = service.services;
  return {
    ...service,
    clock,
    async leave(id, bytes) {
      const image = await images.get(id);
      if (!image) throw new Error(`expected a record of ${id}; there is none`);
      await using file = await staging.stage(chunksOf(bytes), { maxBytes: bytes.length });
      await objects.put(incomingKey(image.userId, id), file, { contentType: image.contentType });
    },
  };
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
