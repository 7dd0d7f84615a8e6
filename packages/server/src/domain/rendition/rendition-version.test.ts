import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parsePresets } from './presets.ts';
import { renditionVersion } from './rendition-version.ts';

const versions = (text: string, encoder = 'e1'): string[] =>
  [...parsePresets(text).values()].map((transform) => renditionVersion(transform, encoder));

it('the version of a preset changes if and only if its pictures change', () => {
  const [one] = versions('a:w=10');
  assert.match(one ?? '', /^[0-9a-f]{10}$/);
  assert.deepEqual(versions('renamed:w=10&fit=inside'), [one]);
  assert.notDeepEqual(versions('a:w=11'), [one]);
  assert.notDeepEqual(versions('a:w=10', 'e2'), [one]);
});
