import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { paddedPng, testImage } from '../../../../test/pictures/test-images.ts';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { FAULTY_DYNAMODB } from '../dynamodb/fault-kinds.ts';
import { startFaultyProxy } from '../faults/faulty-proxy.ts';
import { ADA } from '../links/link-requests.ts';
import { type Cloud, createCloud, NO_CLOUD } from '../services/cloud.ts';
import { createPostgresCloud, NO_POSTGRES_CLOUD, type PostgresCloud } from '../services/postgres-service.ts';
import type { Ended, RunningService } from '../services/running-service.ts';
import type { Grant } from '../services/s3-service.ts';
import { json } from '../services/service.ts';
import { createOperator, targetVariables } from './operator.ts';

const SECRET_KEY = 'a key that signs for the one service and for the restored one';
const WRITE = 'TransactWriteItems facet+image+owner+usage';
/** The largest is stored in parts. */
const SIZES = [50_000, 60_000, 9_000_000] as const;

const png = await testImage({ type: 'image/png', width: 64, height: 48 });

async function upload(origin: string, bytes: Uint8Array): Promise<string> {
  const granted = await fetch(`${origin}/uploads`, json({ user_id: 'ada', content_type: 'image/png' }));
  assert.equal(granted.status, 201, await granted.clone().text());
  const { image_id, upload_url, headers } = (await granted.json()) as Grant;
  const put = await fetch(upload_url, { method: 'PUT', headers, body: Uint8Array.from(bytes) });
  assert.equal(put.status, 200, await put.text());
  const complete = await fetch(`${origin}/images/${image_id}/complete`, { method: 'POST', headers: ADA });
  assert.equal(complete.status, 200, await complete.text());
  return image_id;
}

/** The paths that someone may have noted: of the list, the originals, a rendition and a share link. */
async function notedPaths(origin: string, ids: readonly string[]): Promise<readonly string[]> {
  const [id = ''] = ids;
  const metadata = await fetch(`${origin}/images/${id}/metadata`);
  const { renditions } = (await metadata.json()) as { renditions: Record<string, string> };
  const shared = await fetch(`${origin}/images/${id}/links`, json({ what: 'original' }, ADA));
  assert.equal(shared.status, 201);
  const { url } = (await shared.json()) as { url: string };
  const urls = [...ids.map((one) => `/images/${one}/original`), renditions['thumb'] ?? assert.fail(), url];
  return urls.map((one) => {
    const { pathname, search } = new URL(one, origin);
    return `${pathname}${search}`;
  });
}

async function bodiesOf({ origin }: RunningService, paths: readonly string[]): Promise<readonly Buffer[]> {
  const bodies: Buffer[] = [];
  for (const path of paths) {
    const answer = await fetch(`${origin}${path}`);
    assert.equal(answer.status, 200, path);
    bodies.push(Buffer.from(await answer.arrayBuffer()));
  }
  return bodies;
}

async function listed({ origin }: RunningService): Promise<readonly unknown[]> {
  const answer = await fetch(`${origin}/images?user_id=ada`);
  const { images } = (await answer.json()) as { images: readonly Record<string, unknown>[] };
  return images.map(({ image_id, size_bytes, tags, created_at }) => ({ image_id, size_bytes, tags, created_at }));
}

function told({ exitCode, output }: Ended, expected = 0): Record<string, unknown> {
  assert.equal(exitCode, expected, output);
  return JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? 'null') as Record<string, unknown>;
}

interface Disturbed extends AsyncDisposable {
  /** The settings of a process that reaches the place so. */
  readonly environment: Readonly<Record<string, string>>;
  /** Returns once it has disturbed the command. */
  disturb(restoring: Promise<unknown>): Promise<void>;
}

/** Throttled longer than a request of the service waits: four attempts of each of three writes. */
async function disturbedTable({ table, environment }: Cloud): Promise<Disturbed> {
  const proxy = await startFaultyProxy(table.dynamo.url, FAULTY_DYNAMODB);
  return {
    environment: { ...environment, AWS_ENDPOINT_URL_DYNAMODB: proxy.url },
    async disturb(restoring) {
      const scans = proxy.fail({ kind: 'throttling', name: 'Scan ', nth: 1, lasts: 'for every call' });
      await Promise.race([until(async () => scans.hits() > 16), restoring]);
      const writes = proxy.fail({ kind: 'throughput exceeded', name: WRITE, nth: 1, lasts: 'for every call' });
      await Promise.race([until(async () => writes.hits() > 12), restoring]);
      proxy.repair();
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

const undisturbed = async ({ environment }: Pick<PostgresCloud, 'environment'>): Promise<Disturbed> => ({
  environment,
  disturb: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
});

function backUpAndRestore<Place extends Cloud | PostgresCloud>(
  createCloud: () => Promise<Place>,
  disturbed: (place: Place) => Promise<Disturbed>,
): void {
  it('back up a running service to a versioned bucket, and restore it into others, where it serves the same', async () => {
    await using first = await createCloud();
    await using bucket = await createBucket(first.bucket.s3);
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await bucket.client.send(new PutBucketVersioningCommand({ Bucket: bucket.name, VersioningConfiguration }));
    const target = `s3://${bucket.name}/of/photos`;
    const variables = targetVariables(bucket.s3);

    await using here = await createOperator({ ...first.environment, SECRET_KEY, USAGE: 'on' });
    const run = (...args: string[]) => here.run(args, variables);
    let paths: readonly string[];
    let bodies: readonly Buffer[];
    let list: readonly unknown[];
    {
      await using service = await here.start();
      const ids: string[] = [];
      for (const size of SIZES) ids.push(await upload(service.origin, paddedPng(png, size)));
      const gone = await upload(service.origin, png);
      const made = told(await run('backup', target, '--json'));
      assert.deepEqual([made['images'], made['copied_objects'], made['faults']], [4, 4, []]);
      const deleted = await fetch(`${service.origin}/images/${gone}`, { method: 'DELETE', headers: ADA });
      assert.equal(deleted.status, 200, await deleted.text());
      paths = await notedPaths(service.origin, ids);
      bodies = await bodiesOf(service, paths);
      list = await listed(service);
      assert.equal(list.length, SIZES.length);
      const again = told(await run('backup', target, '--json'));
      assert.deepEqual([again['images'], again['copied_objects']], [3, 0]);
    }
    assert.deepEqual(told(await run('backup', 'verify', target, '--json'))['findings'], []);
    const drill = told(await run('restore', target, '--drill', '--json'));
    assert.deepEqual([drill['intact'], drill['faults']], [3, []]);
    const { kept, removed, removed_objects } = told(
      await run('backup', 'prune', target, '--keep-daily', '0', '--keep-weekly', '0', '--json'),
    );
    assert.deepEqual([(kept as []).length, (removed as []).length, removed_objects], [1, 1, 1]);
    assert.match(
      (await run('backup', 'list', target)).output,
      /^\S+ {2}of \S+: 3 images, 8\.7 MiB, by \S+, verified \S+ \(all\): sound\n$/,
    );

    await using second = await createCloud();
    await using reached = await disturbed(second);
    await using there = await createOperator({ ...reached.environment, SECRET_KEY, USAGE: 'on' });
    const restore = () => there.run(['restore', target, '--json'], variables);
    const restoring = restore();
    await reached.disturb(restoring);
    const { images, damaged } = told(await restoring);
    assert.deepEqual([images, damaged], [3, []]);
    const repeated = told(await restore());
    assert.deepEqual([repeated['images'], repeated['already_there']], [0, 3]);
    {
      await using service = await there.start();
      assert.deepEqual(await listed(service), list);
      assert.deepEqual(await bodiesOf(service, paths), bodies);
      await upload(service.origin, paddedPng(png, 70_000));
    }
    const sound = await there.run(['reconcile', '--read', '--json']);
    assert.equal(told(sound)['findings'], 0, sound.output);

    const { Contents = [] } = await bucket.client.send(
      new ListObjectsV2Command({ Bucket: bucket.name, Prefix: 'of/photos/objects/' }),
    );
    const Key = Contents[0]?.Key ?? assert.fail();
    const object = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key }));
    const Body = (await object.Body?.transformToByteArray()) ?? assert.fail();
    Body[7] = (Body[7] ?? 0) ^ 1;
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body }));
    const flipped = await run('backup', 'verify', target);
    assert.equal(flipped.exitCode, 1);
    assert.match(flipped.output, new RegExp(`^damaged: ${Key.replace('of/photos/', '')}: `, 'm'));
  });
}

describe('the commands of an operator on PostgreSQL and S3', { skip: NO_POSTGRES_CLOUD }, () =>
  backUpAndRestore(createPostgresCloud, undisturbed),
);

describe('the commands of an operator on DynamoDB and S3', { skip: NO_CLOUD }, () => {
  backUpAndRestore(createCloud, disturbedTable);

  it('say what is wrong with the settings of a target, and change nothing', async () => {
    await using cloud = await createCloud();
    await using bucket = await createBucket(cloud.bucket.s3);
    await using operator = await createOperator(cloud.environment);
    const target = `s3://${bucket.name}/photos`;
    const variables = targetVariables(bucket.s3);
    const port = await freePort();
    const cases: readonly (readonly [args: readonly string[], changed: Record<string, string>, output: RegExp])[] = [
      [
        ['backup', target],
        { BACKUP_AWS_SECRET_ACCESS_KEY: '' },
        /BACKUP_AWS_SECRET_ACCESS_KEY: expected a key and its secret, or neither/,
      ],
      [
        ['backup', target],
        { BACKUP_AWS_ACCESS_KEY_ID: '', BACKUP_AWS_SECRET_ACCESS_KEY: '' },
        /^expected BACKUP_AWS_ACCESS_KEY_ID and BACKUP_AWS_SECRET_ACCESS_KEY/,
      ],
      [
        ['backup', target],
        { BACKUP_AWS_SECRET_ACCESS_KEY: 'wrong' },
        /refuses the credentials: set BACKUP_AWS_ACCESS_KEY_ID/,
      ],
      [
        ['backup', target],
        { BACKUP_S3_ENDPOINT: `http://127.0.0.1:${port}` },
        /can't be reached \(ECONNREFUSED\): check BACKUP_S3_ENDPOINT/,
      ],
      [
        ['backup', target],
        { BACKUP_S3_ENDPOINT: bucket.s3.url.replace('http:', 'https:') },
        /doesn't speak TLS: set BACKUP_S3_ENDPOINT/,
      ],
      [['backup', `${target.replace('s3://', 's3://no-')}`], {}, /there is no bucket no-/],
      [['backup', `s3://${cloud.bucket.name}/photos`], {}, /^expected a target outside the service's own bucket/],
      [['backup', 'verify', target], {}, /^expected a target of backups at s3:/],
      [['restore', target], {}, /^expected a target of backups at s3:/],
    ];
    for (const [args, changed, output] of cases) {
      const ended = await operator.run(args, { ...variables, ...changed });
      assert.equal(ended.exitCode, 1, ended.output);
      assert.match(ended.output, output);
    }
    const { KeyCount } = await bucket.client.send(new ListObjectsV2Command({ Bucket: bucket.name }));
    assert.equal(KeyCount, 0);
  });
});
