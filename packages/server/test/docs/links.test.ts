import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { it } from 'node:test';

const ROOT = join(import.meta.dirname, '../../../..');
const DOCUMENTS = globSync('**/*.md', { cwd: ROOT, exclude: ['**/node_modules', 'dist'] });

const withoutCode = (text: string): string => text.replace(/^ *```[\s\S]*?^ *```$/gm, '');

/** As forges make it: a heading in small letters, with `-` for each space and without other marks. */
const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

function anchorsIn(text: string): ReadonlySet<string> {
  const named = [...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name = '']) => name);
  const headings = [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
  const again = headings.map(
    (anchor, index) => `${anchor}-${headings.slice(0, index).filter((one) => one === anchor).length}`,
  );
  return new Set([...named, ...headings, ...again]);
}

it('a link of a document leads to a file that exists, and to a heading in it', () => {
  const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
  const dead = DOCUMENTS.flatMap((document) =>
    [...withoutCode(textOf(document)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^(?:[a-z]+:|\/)/.test(link)) return [];
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? document : normalize(join(dirname(document), path));
      if (!existsSync(join(ROOT, target))) return [`${document}: ${link}`];
      const isThere = anchor === undefined || !target.endsWith('.md') || anchorsIn(textOf(target)).has(anchor);
      return isThere ? [] : [`${document}: ${link}`];
    }),
  );
  assert.ok(DOCUMENTS.length > 100, `${DOCUMENTS.length} documents`);
  assert.deepEqual(dead, []);
});
