import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

const WORK = join(import.meta.dirname, '../src/bin/work.ts');

describe('npm run work', () => {
  it('says that SQLite needs no worker of its own, and ends', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [WORK]);
    assert.match(stdout, /^Nothing to start: with records in SQLite, npm start does the background work itself\.\n$/);
  });
});
