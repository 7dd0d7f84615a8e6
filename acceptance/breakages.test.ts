import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { KINDS } from './breakages/kinds.ts';

const SOURCES = join(import.meta.dirname, '../packages/server/src');

it('the code that a breakage replaces occurs exactly once', async () => {
  for (const { name, file, search, replace } of KINDS.flatMap(({ breakages }) => breakages)) {
    const source = await readFile(join(SOURCES, file), 'utf8');
    assert.equal(source.split(search).length - 1, 1, `${name}: ${file} has ${search}`);
    assert.notEqual(search, replace, name);
  }
});
