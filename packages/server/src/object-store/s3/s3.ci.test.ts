import { after, describe } from 'node:test';
import { NO_CEPH } from '../../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../../test/servers/s3-for-tests.ts';
import { describeObjectStore } from '../object-store.contract.ts';
import { describePresigner } from '../presigner.contract.ts';
import { S3_PROFILES } from './capabilities.ts';
import { createS3Harness } from './s3-harness.fixture.ts';

describe('S3 (Ceph)', { skip: NO_CEPH ?? false }, async () => {
  const server = s3ForTests();
  after(async () => (await server)[Symbol.asyncDispose]());

  const create = async () => createS3Harness((await server).s3);
  describeObjectStore('S3', create, { lacks: S3_PROFILES.ceph });
  describePresigner('S3', create, { lacks: S3_PROFILES.ceph });
});
