import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { parseImageId } from '../../domain/image/image-id.ts';
import { incomingKey, KEY_PREFIXES, originalKey, renditionKey } from '../../domain/image/object-key.ts';
import { type Policy, type Provisioned, policiesFor } from './policies.ts';

const mayWrite = ({ Statement }: Policy) =>
  Statement.filter(({ Action }) => Action.includes('s3:PutObject')).flatMap(({ Resource }) => Resource);

const s3 = { bucket: 'images', region: 'eu-central-1' };
const dynamodb = { table: 'records', region: 'eu-central-1' };
const sqs = { url: 'https://sqs.eu-central-1.amazonaws.com/111122223333/jobs', region: 'us-east-1' };
const only = (one: Partial<Provisioned>) =>
  policiesFor({ s3: null, dynamodb: null, sqs: null, hasWorker: false, ...one });

describe('the IAM policies', () => {
  it('are those of API, worker, operator and provision', () => {
    const { api, worker, operator, provision } = policiesFor({ s3, dynamodb, sqs, hasWorker: true });
    const services = (policy: Policy) =>
      [...new Set(policy.Statement.flatMap(({ Action }) => Action.map((action) => action.split(':')[0])))].toSorted();
    for (const one of [api, worker, provision]) assert.deepEqual(services(one), ['dynamodb', 's3', 'sqs']);
    assert.deepEqual(services(operator), ['dynamodb', 's3'], 'a person works on records and objects, and on no jobs');
    for (const { Statement } of [api, worker, operator, provision])
      for (const { Action, Resource } of Statement)
        assert.ok(!Action.some((action) => action.includes('*')) && !Resource.includes('*'));
  });

  const { api, worker } = only({ s3 });

  it('name this table only, and its indexes for queries', () => {
    const arn = 'arn:aws:dynamodb:eu-central-1:*:table/records';
    const indexes = ['gsi1', 'gsi2', 'gsi3', 'gsi4'].map((name) => `${arn}/index/${name}`);
    const { api: ofApi, worker: ofWorker } = only({ dynamodb });
    for (const { Action, Resource } of [...ofApi.Statement, ...ofWorker.Statement])
      assert.deepEqual(Resource, Action.includes('dynamodb:Query') ? [arn, ...indexes] : [arn]);
  });

  it('let the API only send to the queue if another process is the worker', () => {
    const arn = 'arn:aws:sqs:eu-central-1:*:jobs';
    const both = policiesFor({ s3, dynamodb, sqs, hasWorker: true });
    const [ofApi, ofWorker] = [both.api, both.worker].map(({ Statement }) =>
      Statement.flatMap(({ Action, Resource }) =>
        Action.filter((action) => action.startsWith('sqs:')).map((action) => `${action} ${Resource.join()}`),
      ).toSorted(),
    );
    assert.deepEqual(ofApi, [`sqs:GetQueueAttributes ${arn}`, `sqs:SendMessage ${arn}`]);
    assert.deepEqual(ofWorker, [
      `sqs:ChangeMessageVisibility ${arn}`,
      `sqs:DeleteMessage ${arn}`,
      `sqs:GetQueueAttributes ${arn}`,
      `sqs:GetQueueAttributes ${arn}-dead-letters`,
      `sqs:ReceiveMessage ${arn}`,
      `sqs:SendMessage ${arn}`,
      `sqs:SendMessage ${arn}-dead-letters`,
    ]);
  });

  it('let the API also work if no other process does', () => {
    for (const one of [{ s3, sqs }, { dynamodb, sqs }, { sqs }]) {
      const { api: ofApi } = only(one);
      for (const statement of only({ sqs }).worker.Statement) {
        assert.ok(
          ofApi.Statement.some((is) => isDeepStrictEqual(is, statement)),
          statement.Sid,
        );
      }
    }
  });

  it('cover bucket, table and queue if all are used', () => {
    const { worker: ofAll, api: ofApi } = policiesFor({ s3, dynamodb, sqs, hasWorker: true });
    const parts = [only({ s3 }), only({ dynamodb }), only({ sqs })];
    assert.deepEqual(
      ofAll.Statement,
      parts.flatMap((one) => one.worker.Statement),
    );
    for (const { Statement } of [ofAll, ofApi])
      assert.equal(new Set(Statement.map(({ Sid }) => Sid)).size, Statement.length, 'a policy takes each Sid once');
  });

  it('name only this bucket and the keys of the service', () => {
    const [arn, objects] = ['arn:aws:s3:::images', KEY_PREFIXES.map((prefix) => `arn:aws:s3:::images/${prefix}*`)];
    for (const policy of [api, worker]) {
      const resources = new Set(policy.Statement.flatMap(({ Resource }) => Resource));
      assert.deepEqual(resources, new Set([arn, ...objects]));
      for (const { Action, Resource } of policy.Statement) {
        const isOfBucket = Action.every((action) => /Bucket|Configuration/.test(action));
        assert.equal(Resource.includes(arn), isOfBucket, Action.join());
      }
    }
  });

  it('let only API and worker write where clients may, for URLs and for uploads in parts', () => {
    const { operator, provision } = only({ s3 });
    const incoming = (policy: Policy) => mayWrite(policy).filter((resource) => resource.includes('/incoming/'));
    assert.deepEqual(
      [api, worker, operator, provision].map((policy) => incoming(policy).length),
      [1, 1, 0, 0],
    );
  });

  it('cover every key that the service builds', () => {
    const id = parseImageId('01890a5d-ac96-774b-bcce-b302099a8057');
    assert.ok(id);
    for (const key of [
      incomingKey('u', id),
      originalKey({ userId: 'u', id, filename: 'a.png', contentType: 'image/png' }, 'attempt'),
      renditionKey(id, 'preset', 'name'),
      renditionKey(id, 'free', 'name'),
    ]) {
      assert.ok(
        KEY_PREFIXES.some((prefix) => key.startsWith(prefix)),
        key,
      );
    }
  });

  it('let API and worker create, read and delete the objects of an image', () => {
    for (const { Statement } of [api, worker]) {
      for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) {
        const resources = Statement.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource);
        for (const prefix of ['images', 'renditions'])
          assert.ok(resources.includes(`arn:aws:s3:::images/${prefix}/*`), `${action} ${prefix}`);
      }
    }
  });

  it('use the partition of the region', () => {
    for (const [region, partition] of [
      ['eu-central-1', 'aws'],
      ['cn-north-1', 'aws-cn'],
      ['us-gov-west-1', 'aws-us-gov'],
    ] as const) {
      const { api: ofRegion } = policiesFor({
        s3: { bucket: 'images', region },
        dynamodb: { table: 'records', region },
        sqs: { url: 'http://127.0.0.1:4566/000000000000/jobs', region },
        hasWorker: true,
      });
      const resourcesOf = (sid: string) => ofRegion.Statement.find(({ Sid }) => Sid === sid)?.Resource;
      assert.deepEqual(resourcesOf('Bucket'), [`arn:${partition}:s3:::images`]);
      assert.deepEqual(resourcesOf('Table'), [`arn:${partition}:dynamodb:${region}:*:table/records`]);
      assert.deepEqual(resourcesOf('Send'), [`arn:${partition}:sqs:${region}:*:jobs`]);
    }
  });
});
