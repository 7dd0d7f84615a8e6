import { describeOnCeph } from './ceph.ts';

await describeOnCeph('s3-stream', { BYTES: 'stream' });
