import type { TestBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import {
  createDatabase,
  NO_POSTGRES,
  postgresForTests,
  type TestDatabase,
} from '../../../../test/servers/postgres-for-tests.ts';
import { createProvisionedBucket, environmentOf as environmentOfBucket } from './ceph-service.ts';

/** The reason to skip, or false. */
export const NO_POSTGRES_CLOUD = NO_CEPH || NO_POSTGRES;

/** A test's own bucket and database, for any number of processes. */
export interface PostgresCloud extends AsyncDisposable {
  readonly bucket: TestBucket;
  readonly database: TestDatabase;
  /** The settings of a process on both. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A test's own database, without any table. */
export async function createOwnDatabase(): Promise<TestDatabase> {
  await using stack = new AsyncDisposableStack();
  const { postgres } = stack.use(await postgresForTests());
  const { url } = stack.use(await createDatabase(postgres));
  const held = stack.move();
  return { url, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

export async function createPostgresCloud(): Promise<PostgresCloud> {
  await using stack = new AsyncDisposableStack();
  const bucket = stack.use(await createProvisionedBucket());
  const database = stack.use(await createOwnDatabase());
  const held = stack.move();
  return {
    bucket,
    database,
    environment: { ...environmentOfBucket(bucket), DATABASE_URL: database.url },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
