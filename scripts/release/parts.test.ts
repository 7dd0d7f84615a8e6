import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { NO_REPOSITORY } from './clone.fixture.ts';
import { partsOf, uuidOf } from './parts.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Part {
  readonly 'bom-ref': string;
  readonly name: string;
}

describe('the list of parts', () => {
  it('has each dependency of the server, theirs too, and nothing for development', {
    skip: NO_REPOSITORY,
  }, async () => {
    const parts = JSON.parse(await partsOf(ROOT)) as {
      readonly metadata: { readonly component: Part };
      readonly components: readonly Part[];
    };
    const manifest = JSON.parse(await readFile(join(ROOT, 'packages/server/package.json'), 'utf8'));
    assert.equal(parts.metadata.component['bom-ref'], `@safelight/server@${manifest.version}`);
    const names = parts.components.map((one) => one['bom-ref'].replace(/(?<=.)@.*$/, ''));
    const direct = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    assert.deepEqual(
      direct.filter((name) => !names.includes(name)),
      [],
    );
    for (const name of ['@smithy/core', 'sonic-boom', '@img/sharp-linux-x64']) assert.ok(names.includes(name), name);
    for (const name of ['typescript', 'vite', 'react', 'playwright-core']) assert.ok(!names.includes(name), name);
  });

  it('has a number that the commit decides', () => {
    assert.match(uuidOf('a'), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(uuidOf('a'), uuidOf('a'));
    assert.notEqual(uuidOf('a'), uuidOf('b'));
  });
});
