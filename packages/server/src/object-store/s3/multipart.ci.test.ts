import { after, describe } from 'node:test';
import { NO_CEPH } from '../../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../../test/servers/s3-for-tests.ts';
import { describeMultipart } from '../multipart.contract.ts';
import { S3_PROFILES } from './capabilities.ts';
import { createS3Harness } from './s3-harness.fixture.ts';

describe('multipart uploads of S3 (Ceph)', { skip: NO_CEPH }, async () => {
  const server = s3ForTests();
  after(async () => (await server)[Symbol.asyncDispose]());

  describeMultipart('S3', async () => createS3Harness((await server).s3), { lacks: S3_PROFILES.ceph });
});
