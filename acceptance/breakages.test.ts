import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { filesOf } from '../scripts/test-tiers.ts';
import { TESTED } from './breakages/by-test/tested.ts';
import { KINDS } from './breakages/kinds.ts';

const ROOT = join(import.meta.dirname, '..');
const SUITE = KINDS.flatMap(({ breakages }) => breakages);

it('the code that a breakage replaces occurs exactly once', async () => {
  for (const { name, file, search, replace } of [...SUITE, ...TESTED]) {
    const source = await readFile(join(ROOT, file), 'utf8');
    assert.equal(source.split(search).length - 1, 1, `${name}: ${file} has ${search}`);
    assert.notEqual(search, replace, name);
  }
});

it('a test file that detects a breakage is one that CI runs', () => {
  const files = filesOf(['change', 'ci']);
  for (const { name, test } of TESTED) assert.ok(files.includes(test), `${name}: ${test}`);
});
