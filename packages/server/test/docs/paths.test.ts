import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '../../../..');

/** All documents but the CHANGELOG, which may name what is gone. */
const DOCUMENTS = globSync(['*.md', '{bench,deploy,docs,test,packages/server/test}/**/*.md'], {
  cwd: ROOT,
  exclude: ['CHANGELOG.md', '**/node_modules'],
});

/** A document names a path from one of these folders, or from its own. */
const BASES: readonly string[] = ['.', 'packages/server', 'packages/server/src'];

/** Files of packages, of users and of S3, which documents name too. */
const FOREIGN: readonly string[] = ['thumbhash.js', 'bundles/redoc.standalone.js'];

/** The words of all code, in the text and in blocks. */
const codeIn = (text: string): string[] =>
  [...text.matchAll(/^ *```\w*\n([\s\S]*?)^ *```$|`([^`\n]+)`/gm)].flatMap(([, block, span]) =>
    (block ?? span ?? '').split(/[\s"'()=]+/),
  );

const FILE = /^[\w{][\w.*{},/-]*\.(ts|js|sql|md)$/;
const FOLDER = /^[a-z][\w.*{},/-]*\/$/;

const FOLDERS = new Set(
  BASES.flatMap((base) => globSync('*/', { cwd: join(ROOT, base) }).map((path) => path.replace(/\/$/, ''))),
);

/** A folder is one of ours if it begins with one: others are prefixes of object keys. */
const looksLikePath = (word: string): boolean =>
  FILE.test(word) || (FOLDER.test(word) && FOLDERS.has(word.split('/', 1)[0] ?? ''));

/** `{a,b}/c` as `a/c` and `b/c`, of which each must exist. */
function alternatives(path: string): string[] {
  const [, before = '', inside = '', behind = ''] = /^(.*?)\{([^{}]*)\}(.*)$/.exec(path) ?? [];
  return inside === '' ? [path] : inside.split(',').flatMap((one) => alternatives(`${before}${one}${behind}`));
}

const exists = (path: string, document: string): boolean =>
  [...BASES, dirname(document)].some((base) => globSync(path, { cwd: join(ROOT, base) }).length > 0);

const missingFrom = (document: string, text: string): string[] =>
  codeIn(text)
    .filter((word) => looksLikePath(word) && !FOREIGN.includes(word))
    .flatMap(alternatives)
    .filter((path) => !exists(path, document));

describe('paths in documents', () => {
  it('exist', () => {
    assert.ok(DOCUMENTS.includes('ARCHITECTURE.md') && DOCUMENTS.length > 40, DOCUMENTS.join(' '));
    const missing = DOCUMENTS.flatMap((document) =>
      missingFrom(document, readFileSync(join(ROOT, document), 'utf8')).map((path) => `${document}: ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  it('that do not exist are detected', () => {
    const text =
      'See `http/app.ts`, `http/gone.ts`, `gone.ts`, `operations/gone/`, `images/`, `node packages/server/{src,gone}/`.\n' +
      '```\nnode --test packages/server/test/gone/*.test.ts\n```\n';
    assert.deepEqual(missingFrom('ARCHITECTURE.md', text), [
      'http/gone.ts',
      'gone.ts',
      'operations/gone/',
      'packages/server/gone/',
      'packages/server/test/gone/*.test.ts',
    ]);
  });
});
