import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kindsOf } from './kinds.ts';
import { needsOf } from './needs.ts';
import { roleOf } from './role.ts';

const s3 = (command: string, input: object) => kindsOf({ client: 'S3Client', command: `${command}Command`, input });
const dynamodb = (command: string, input: object) =>
  kindsOf({ client: 'DynamoDBClient', command: `${command}Command`, input });
const sqs = (command: string, input: object) => kindsOf({ client: 'SQSClient', command: `${command}Command`, input });

describe('the kind of an AWS command', () => {
  it('names what it touches', () => {
    assert.deepEqual(s3('GetObject', { Bucket: 'b', Key: 'images/u/1' }), ['S3 GetObject images/']);
    assert.deepEqual(s3('ListObjectsV2', { Bucket: 'b', Prefix: 'images/' }), ['S3 ListObjectsV2']);
    assert.deepEqual(dynamodb('GetItem', { TableName: 't' }), ['DynamoDB GetItem']);
    assert.deepEqual(dynamodb('Query', { TableName: 't', IndexName: 'gsi1' }), ['DynamoDB Query gsi1']);
    assert.deepEqual(sqs('SendMessage', { QueueUrl: 'https://q/1/jobs' }), ['SQS SendMessage queue']);
    assert.deepEqual(sqs('SendMessage', { QueueUrl: 'https://q/1/jobs-dead-letters' }), [
      'SQS SendMessage dead letters',
    ]);
  });

  it('names what needs rights of its own', () => {
    const copy = {
      Key: 'images/u/1',
      CopySource: 'b/incoming/u/1',
      TaggingDirective: 'REPLACE',
      MetadataDirective: 'REPLACE',
    };
    assert.deepEqual(s3('CopyObject', copy), ['S3 CopyObject incoming/ -> images/ TaggingDirective']);
    assert.deepEqual(s3('CopyObject', { ...copy, CopySource: 'b/incoming/u/1?versionId=v' }), [
      'S3 CopyObject incoming/ -> images/ TaggingDirective source VersionId',
    ]);
    assert.deepEqual(s3('PutObject', { Key: 'images/1', ACL: 'private', Tagging: 'a=b' }), [
      'S3 PutObject images/ ACL Tagging',
    ]);
    const Objects = [{ Key: 'images/1' }, { Key: 'renditions/2', VersionId: 'v' }, { Key: 'images/3' }];
    assert.deepEqual(s3('DeleteObjects', { Delete: { Objects } }), [
      'S3 DeleteObjects images/',
      'S3 DeleteObjects renditions/ VersionId',
    ]);
    const TransactItems = [{ Put: {} }, { ConditionCheck: {} }, { Put: {} }];
    assert.deepEqual(dynamodb('TransactWriteItems', { TransactItems }), [
      'DynamoDB TransactWriteItems Put',
      'DynamoDB TransactWriteItems ConditionCheck',
    ]);
  });
});

describe('what an AWS command needs', () => {
  const rights = (kind: string) => needsOf(kind).map(({ action, on }) => `${action} ${on}`);

  it('are its actions', () => {
    assert.deepEqual(rights('S3 HeadObject renditions/'), ['s3:GetObject renditions']);
    assert.deepEqual(rights('S3 GetObject images/ VersionId'), ['s3:GetObject images', 's3:GetObjectVersion images']);
    assert.deepEqual(rights('S3 CopyObject incoming/ -> images/ TaggingDirective source VersionId'), [
      's3:GetObject incoming',
      's3:GetObjectVersion incoming',
      's3:PutObject images',
      's3:PutObjectTagging images',
    ]);
    assert.deepEqual(rights('S3 DeleteObjects images/ VersionId'), ['s3:DeleteObjectVersion images']);
    assert.deepEqual(rights('S3 HeadBucket'), ['s3:ListBucket bucket']);
    assert.deepEqual(rights('DynamoDB Query gsi3'), ['dynamodb:Query indexes']);
    assert.deepEqual(rights('DynamoDB TransactWriteItems Delete'), ['dynamodb:DeleteItem table']);
    assert.deepEqual(rights('SQS GetQueueUrl dead letters'), ['sqs:GetQueueUrl dead letters']);
  });

  it('must be known', () => {
    for (const kind of [
      'S3 SelectObjectContent images/',
      'DynamoDB DeleteTable',
      'SQS PurgeQueue queue',
      'SNS Publish',
    ])
      assert.throws(() => needsOf(kind), new RegExp(`got ${kind}$`));
    assert.throws(() => needsOf('S3 PutObject images/ ObjectLockMode'), /needs.ts knows; got ObjectLockMode$/);
  });
});

describe('the role of a process', () => {
  const role = (program: string, rest: Partial<Parameters<typeof roleOf>[0]> = {}) =>
    roleOf({
      argv: ['node', `/safelight/packages/server/src/bin/${program}`, ...(rest.argv ?? [])],
      env: rest.env ?? {},
    });

  it('is that of its program', () => {
    const env = { S3_BUCKET: 'b', DYNAMO_TABLE: 't' };
    assert.equal(role('start.js', { env }), 'api');
    assert.equal(role('start.js', { env: { S3_BUCKET: 'b' } }), 'alone');
    assert.equal(role('work.ts'), 'worker');
    assert.equal(role('admin.ts', { argv: ['keys', 'list'] }), 'operator');
    assert.equal(role('admin.ts', { argv: ['backup', 's3://b/p'] }), 'backup');
    assert.equal(role('admin.ts', { argv: ['restore', 's3://b/p'] }), 'operator');
    assert.equal(role('admin.ts', { argv: ['provision'] }), 'provision');
    assert.equal(role('admin.ts', { argv: ['provision', '--backfill'] }), 'operator');
    const lambda = (name: string) =>
      roleOf({ argv: ['node', '/x/lambda-bootstrap.js'], env: { LAMBDA_TASK_ROOT: `/tmp/a/${name}` } });
    assert.deepEqual([lambda('http'), lambda('worker')], ['api', 'worker']);
    assert.equal(role('some.test.ts'), 'test');
  });
});
