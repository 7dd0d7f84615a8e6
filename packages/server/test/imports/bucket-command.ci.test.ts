import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { createOperator } from '../backups/operator.ts';

interface Listed {
  readonly image_id: string;
  readonly user_id: string;
  readonly filename: string;
  readonly tags: readonly string[];
  readonly created_at: string;
}

it('a bucket comes in by the pattern of its keys, and by a table, with keys of its own', {
  skip: NO_CEPH,
}, async () => {
  await using server = await s3ForTests();
  const { s3 } = server;
  await using bucket = await createBucket(s3);
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-import-'));
  const at = (name: string): string => join(folder.path, name);
  const pictures = new Map<string, Buffer>();
  for (const [seed, key] of ['of/ada/1.png', 'of/bob/at the sea.png', 'of/logo.png', 'other.png'].entries()) {
    const bytes = await testImage({ type: 'image/png', width: 30, height: 20, seed });
    pictures.set(key, bytes);
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: bytes }));
  }
  const source = `s3://${bucket.name}/of/`;
  const variables = {
    IMPORT_S3_ENDPOINT: s3.url,
    IMPORT_AWS_REGION: s3.region,
    IMPORT_AWS_ACCESS_KEY_ID: s3.accessKeyId,
    IMPORT_AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  };
  await using operator = await createOperator({});
  const run = async (report: string, ...options: readonly string[]) => {
    const args = ['import', source, '--json', '--report', at(report), ...options];
    const { exitCode, output } = await operator.run(args, variables);
    const printed = /^\{.*\}$/m.exec(output)?.[0];
    assert.ok(printed, output);
    const { imported, known, refused } = JSON.parse(printed) as Record<string, number>;
    return { exitCode, imported, known, refused };
  };

  const byPattern = ['--user-pattern', 'of/{user}/{rest}'];
  assert.deepEqual(await run('a', ...byPattern), { exitCode: 1, imported: 2, known: 0, refused: 1 }); // the logo
  assert.deepEqual(await run('b', ...byPattern), { exitCode: 1, imported: 0, known: 2, refused: 1 });

  await writeFile(
    at('table.csv'),
    [
      'path,user_id,tags,created_at',
      'of/logo.png,carl,"a,b",2020-05-06T07:08:09Z',
      'of/ada/1.png,ada,x,',
      'of/bob/at the sea.png,bob,,',
      'of/none.png,carl,,',
      'other.png,carl,,',
    ].join('\n'),
  );
  const byTable = await run('c', '--table', at('table.csv'));
  assert.deepEqual(byTable, { exitCode: 1, imported: 1, known: 2, refused: 2 }); // no such object, outside the prefix

  await using service = await operator.start();
  const answer = await fetch(`${service.origin}/images`);
  const { images } = (await answer.json()) as { images: Listed[] };
  const inOrder = images.toSorted((a, b) => a.user_id.localeCompare(b.user_id));
  assert.deepEqual(
    inOrder.map(({ user_id, filename }) => [user_id, filename]),
    [
      ['ada', '1.png'],
      ['bob', 'at the sea.png'],
      ['carl', 'logo.png'],
    ],
  );
  const [, sea, logo] = inOrder;
  assert.deepEqual([logo?.tags, logo?.created_at], [['a', 'b'], '2020-05-06T07:08:09.000Z']);
  const original = await fetch(`${service.origin}/images/${sea?.image_id}/original`);
  assert.deepEqual(Buffer.from(await original.arrayBuffer()), pictures.get('of/bob/at the sea.png'));
});
