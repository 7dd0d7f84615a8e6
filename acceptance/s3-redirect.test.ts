import { describeOnCeph } from './ceph.ts';

await describeOnCeph({ BYTES: 'redirect' });
