import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../config/config.ts';
import { functionConfig } from './function-config.ts';

const CLOUD = { S3_BUCKET: 'bucket', DYNAMO_TABLE: 'table' };
const OPEN = { ...CLOUD, ALLOW_OPEN: 'true' };

describe('the configuration of a function', () => {
  it('limits bodies to the size of events, redirects to bytes and writes below /tmp by default', () => {
    const { maxDirectUploadBytes, bytes, dataDir } = functionConfig(OPEN, 'clients').config;
    assert.deepEqual([maxDirectUploadBytes, bytes, dataDir], [4 * 1_048_576, 'redirect', '/tmp/safelight']);
    const told = functionConfig({ ...OPEN, MAX_DIRECT_UPLOAD_BYTES: '1000', BYTES: 'stream' }, 'clients').config;
    assert.deepEqual([told.maxDirectUploadBytes, told.bytes], [1_000, 'stream']);
    assert.equal(functionConfig({ ...OPEN, BYTES: ' ' }, 'clients').config.bytes, 'redirect');
  });

  it('names all missing variables at once', () => {
    assert.throws(
      () => functionConfig({}, 'clients'),
      (error) =>
        error instanceof ConfigError && error.problems.map(({ name }) => name).join() === 'S3_BUCKET,DYNAMO_TABLE,AUTH',
    );
  });

  it('refuses an empty AUTH', () => {
    assert.throws(() => functionConfig({ ...OPEN, AUTH: '' }, 'clients'), /AUTH: expected open, .*; got nothing/);
  });

  it('requires AUTH or ALLOW_OPEN for clients, but not for the queue', () => {
    assert.throws(() => functionConfig(CLOUD, 'clients'), /AUTH: expected api-key, or ALLOW_OPEN=true, .*; got none/);
    assert.deepEqual(functionConfig({ ...CLOUD, AUTH: 'api-key' }, 'clients').config.auth, ['api-key']);
    const queue = { SQS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/1/q' };
    assert.equal(functionConfig({ ...CLOUD, ...queue }, 'queue').config.s3?.bucket, 'bucket');
    assert.throws(() => functionConfig(CLOUD, 'queue'), /^ConfigError: SQS_QUEUE_URL: expected the queue /);
  });

  it('refuses PostgreSQL, whose connections many instances would use up', () => {
    const { DYNAMO_TABLE: _, ...rest } = OPEN;
    const why =
      /^ConfigError: (DATABASE_URL(?:_FILE)?): expected no value, since each instance .*; got one: set DYNAMO_TABLE instead$/;
    assert.throws(() => functionConfig({ ...rest, DATABASE_URL: 'postgres://h/images' }, 'clients'), why);
    assert.throws(() => functionConfig({ ...rest, DATABASE_URL_FILE: '/run/secrets/url' }, 'clients'), why);
  });

  it('demands no confinement of decoders, which Lambda cannot give', () => {
    for (const level of ['landlock', 'namespaces'])
      assert.throws(
        () => functionConfig({ ...OPEN, DECODERS_REQUIRE: level }, 'clients'),
        new RegExp(
          `^ConfigError: DECODERS_REQUIRE: expected no value, since Lambda .* unconfined there; got ${level}$`,
        ),
      );
  });
});
