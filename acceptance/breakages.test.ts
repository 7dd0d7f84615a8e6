import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
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

it('a test file that detects a breakage exists', async () => {
  for (const { test } of TESTED) await access(join(ROOT, test));
});
