import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseImageId } from '../domain/image-id.ts';
import { incomingKey, originalKey } from '../domain/object-key.ts';
import { type Policy, policiesFor } from './policies.ts';
import { PREFIXES } from './prefixes.ts';

const ADAPTER = join(import.meta.dirname, '../object-store');

/** What each call of the adapter's needs ("Required permissions for Amazon S3 API operations"). */
const ACTIONS: Record<string, readonly string[]> = {
  ListObjectsV2: ['s3:ListBucket'],
  ListObjectVersions: ['s3:ListBucketVersions'],
  GetBucketVersioning: ['s3:GetBucketVersioning'],
  GetPublicAccessBlock: ['s3:GetBucketPublicAccessBlock'],
  GetObject: ['s3:GetObject'],
  HeadObject: ['s3:GetObject'],
  PutObject: ['s3:PutObject'],
  CopyObject: ['s3:GetObject', 's3:PutObject'],
  DeleteObjects: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
};

/** Every call that the adapter's source makes. */
const calls = [
  ...new Set(
    globSync('s3*.ts', { cwd: ADAPTER })
      .filter((file) => !/\.(test|fixture)\.ts$/.test(file))
      .flatMap((file) => [
        ...readFileSync(join(ADAPTER, file), 'utf8').matchAll(/new (\w+)Command\(|\bpaginate(\w+)\(/g),
      ])
      .map(([, command, pages]) => command ?? pages ?? ''),
  ),
];

const actionsOf = ({ Statement }: Policy) => new Set(Statement.flatMap(({ Action }) => Action));
const mayWrite = ({ Statement }: Policy) =>
  Statement.filter(({ Action }) => Action.includes('s3:PutObject')).flatMap(({ Resource }) => Resource);

describe('the IAM policies', () => {
  const { api, worker } = policiesFor('images', 'eu-central-1');

  it('permit what the adapter calls, and nothing else', () => {
    assert.ok(calls.length >= 9, calls.join());
    const unknown = calls.filter((call) => ACTIONS[call] === undefined);
    assert.deepEqual(unknown, [], 'each call has its actions in this table');
    const needed = new Set(calls.flatMap((call) => ACTIONS[call] ?? []));
    for (const policy of [api, worker]) assert.deepEqual(actionsOf(policy), needed);
  });

  it('name this bucket only, and the keys of the service in it', () => {
    const [arn, objects] = ['arn:aws:s3:::images', PREFIXES.map((prefix) => `arn:aws:s3:::images/${prefix}*`)];
    for (const policy of [api, worker]) {
      const resources = new Set(policy.Statement.flatMap(({ Resource }) => Resource));
      assert.deepEqual(resources, new Set([arn, ...objects]));
      for (const { Action, Resource } of policy.Statement) {
        const isOfBucket = Action.every((action) => /Bucket/.test(action));
        assert.equal(Resource.includes(arn), isOfBucket, Action.join());
      }
    }
  });

  it('let only the API write where clients may, since a presigned URL may what its signer may', () => {
    assert.ok(mayWrite(api).some((resource) => resource.includes('/incoming/')));
    assert.deepEqual(
      mayWrite(worker).filter((resource) => resource.includes('/incoming/')),
      [],
    );
  });

  it('cover every key that the service builds', () => {
    const id = parseImageId('01890a5d-ac96-774b-bcce-b302099a8057');
    assert.ok(id);
    for (const key of [incomingKey('u', id), originalKey({ userId: 'u', id, filename: 'a.png' }, 'attempt')]) {
      assert.ok(
        PREFIXES.some((prefix) => key.startsWith(prefix)),
        key,
      );
    }
  });

  it("are of the region's partition", () => {
    for (const [region, partition] of [
      ['eu-central-1', 'aws'],
      ['cn-north-1', 'aws-cn'],
      ['us-gov-west-1', 'aws-us-gov'],
    ] as const) {
      const [statement] = policiesFor('images', region).api.Statement;
      assert.deepEqual(statement?.Resource, [`arn:${partition}:s3:::images`]);
    }
  });
});
