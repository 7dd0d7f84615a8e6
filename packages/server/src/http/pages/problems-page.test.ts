import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PROBLEMS } from '../problem.ts';
import { problemsHtml } from './problems-page.ts';

const MARKDOWN = readFileSync(new URL('../../../../../docs/problems.md', import.meta.url), 'utf8');

describe('docs/problems.md as a page', () => {
  const html = problemsHtml(MARKDOWN);

  it('has one anchor for every code, with its status', () => {
    const anchors = [
      ...html.matchAll(/<h3 id="([^"]+)"><a href="#([^"]+)">[^<]+<\/a> <small>(\d+) · [^<]+<\/small><\/h3>/g),
    ];
    const codes = Object.entries(PROBLEMS).map(([code, { status }]) => [code, code, String(status)]);
    assert.deepEqual(anchors.map(([, id, href, status]) => [id, href, status]).toSorted(), codes.toSorted());
  });

  it('has every word, and no Markdown', () => {
    const text = html.replaceAll(/<small>[^<]*<\/small>|<[^>]+>/g, '');
    assert.doesNotMatch(text, /`|\*\*|\]\(|^[#|-]/m);
    const words = (from: string) => from.replaceAll(/\]\([^)]*\)|[^A-Za-z\s]/g, ' ').split(/\s+/);
    const shown = new Set(words(text));
    assert.deepEqual(
      words(MARKDOWN).filter((word) => !shown.has(word)),
      [],
    );
  });

  it('escapes HTML characters, and names files that are not served', () => {
    const page = problemsHtml(
      '# A & B\n\n### x\nIf `a < b` then "c" in [d](api.md#e), [f.md](f.md), [g](https://h.example/?i&j).',
    );
    assert.equal(
      page,
      [
        '<h1>A &amp; B</h1>',
        '<h3 id="x"><a href="#x">x</a></h3>',
        '<p>If <code>a &lt; b</code> then &quot;c&quot; in d (<code>docs/api.md</code>), <code>docs/f.md</code>, <a href="https://h.example/?i&amp;j">g</a>.</p>',
      ].join('\n'),
    );
  });
});
