import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '../../../..');

/** Documents, examples, and the sources whose texts users read. */
const READ = ['**/*.md', 'examples/**/*.*', 'packages/*/src/**/*.*', '.env.example', 'deploy/**/*', 'openapi.json'];
const FILES = globSync(READ, { cwd: ROOT, exclude: ['**/node_modules', '**/dist'], withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)).replaceAll('\\', '/'));

/** A command that takes a package from the registry by a name of ours. A path to a tarball is none. */
const BY_NAME =
  /\b(?:npx|bunx|(?:npm|pnpm|yarn|bun) (?:i|install|add|exec|x|dlx))\b[^\n`]*?(?<![\w./-])(?:@safelight\/[a-z]+|safelight)(?![\w./-])|npmjs\.com\/package\/@?safelight/g;

const namesIn = (text: string): readonly string[] => text.match(BY_NAME) ?? [];

describe('names that nobody owns on npm', () => {
  it('are installed or run by no document, example or text', () => {
    assert.ok(FILES.includes('README.md') && FILES.includes('packages/cli/src/program.ts'), `${FILES.length} files`);
    const found = FILES.flatMap((file) =>
      namesIn(readFileSync(join(ROOT, file), 'utf8')).map((command) => `${file}: ${command}`),
    );
    assert.deepEqual(found, []);
  });

  it('are detected', () => {
    for (const command of [
      'npx safelight login',
      'npx --yes @safelight/cli',
      'npm install @safelight/client',
      'npm i -g safelight',
      'https://www.npmjs.com/package/safelight',
    ])
      assert.equal(namesIn(command).length, 1, command);
    assert.deepEqual(namesIn('npm install -g ./dist/safelight-cli-0.1.0.tgz; `npm install` before safelight ls'), []);
  });
});
