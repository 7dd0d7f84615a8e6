import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { after, before, mock } from 'node:test';
import { describePutFirst } from '../put-first.contract.ts';
import { createDiskHarness } from './disk-harness.fixture.ts';

/** The errors of exFAT, which a test may not mount. */
const refuse = () => {
  throw Object.assign(new Error('EPERM: operation not permitted, link'), { errno: -1, code: 'EPERM' });
};

before(() => {
  mock.method(promises, 'link', async () => refuse());
  mock.method(fs, 'linkSync', refuse);
  syncBuiltinESMExports();
});
after(() => {
  mock.restoreAll();
  syncBuiltinESMExports();
});

describePutFirst('the disk without hard links', createDiskHarness, { lacks: [] });
