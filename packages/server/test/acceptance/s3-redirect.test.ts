import { describeOnCeph } from './ceph.ts';

await describeOnCeph('s3-redirect', { BYTES: 'redirect' });
