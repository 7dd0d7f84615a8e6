import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const ROOT = join(import.meta.dirname, '../../../..');
const MAX_WIDTH = 120;
const MIN_SENTENCE = 40; // shorter ones may stand twice

const SOURCES = globSync('{bench,deploy,examples,packages,scripts,test}/**/*.{js,ts,tsx}', {
  cwd: ROOT,
  exclude: ['**/node_modules', '**/dist', 'packages/client/src/openapi.ts'],
});
const WITHOUT_SUBJECT = /^[ \t]*\/\*\*\s+(?:\*\s+)?(?:Of|The same)\b.*/gm;

const DOCUMENTS = globSync('**/*.md', { cwd: ROOT, exclude: ['**/node_modules'] });

const isTableRow = (line: string): boolean => /^\s*\|/.test(line);
const isGenerated = (text: string): boolean => text.startsWith('<!-- Generated');

/** Without blocks of code; the lines stay. */
const withoutCode = (text: string): string =>
  text.replace(/^ *```[\s\S]*?^ *```$/gm, (block) => block.replace(/.+/g, ''));

/** A line that a break couldn't shorten, such as one URL, may be longer. */
const isUnbreakable = (line: string): boolean => !/\s/.test(line.replace(/^[\s>]*([-*+]|\d+\.)?\s*/, ''));

const isTooWide = (line: string): boolean =>
  [...line].length > MAX_WIDTH && !isTableRow(line) && !line.startsWith('#') && !isUnbreakable(line);

const tooWide = (text: string): readonly string[] =>
  withoutCode(text)
    .split('\n')
    .flatMap((line, index) => (isTooWide(line) ? [`${index + 1}: ${line}`] : []));

/** Table rows and sentences of paragraphs and list items; a heading or an item begins another. */
function statements(text: string): readonly string[] {
  const lines = withoutCode(text).split('\n');
  const rows = lines.filter(isTableRow).map((row) => row.trim());
  const paragraphs = lines
    .map((line) => (isTableRow(line) || line.startsWith('#') ? '' : line))
    .join('\n')
    .split(/\n\s*\n|\n(?=\s*(?:[-*+]|\d+\.)\s)/);
  const sentences = paragraphs.flatMap((one) =>
    one
      .replace(/^\s*(?:[-*+]|\d+\.)\s/, '')
      .replace(/\s+/g, ' ')
      .trim()
      .split(/(?<=[.!?:])\s+(?=\S)/),
  );
  return [...rows, ...sentences].filter((one) => one.length >= MIN_SENTENCE && /\w/.test(one));
}

/** Generated documents repeat what variables or parameters have in common. */
const doubled = (text: string): readonly string[] => {
  const all = isGenerated(text) ? [] : statements(text);
  return [...new Set(all.filter((one, index) => all.indexOf(one) !== index))];
};

const findings = (find: (text: string) => readonly string[]): readonly string[] =>
  DOCUMENTS.flatMap((document) => find(readFileSync(join(ROOT, document), 'utf8')).map((one) => `${document}: ${one}`));

const DECISIONS = join(ROOT, 'docs/decisions');
const decisions = globSync('0*.md', { cwd: DECISIONS });

/** About one page. */
const MAX_WORDS_OF_DECISION = 450;

/** As `wc -w` counts. */
const wordsIn = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;

/** A superseded decision without successor says that none follows. */
const SUPERSEDED_WITHOUT_LINK = /^# .*\n+\*\*Status\.\*\* Superseded(?!(?:.+\n)*?.*(?:\]\(00|No decision follows))/;

describe('docs/decisions/README.md', () => {
  it('lists each decision once, by its title', () => {
    const listed = [...readFileSync(join(DECISIONS, 'README.md'), 'utf8').matchAll(/^- \[(.+)\]\((0.+\.md)\)$/gm)].map(
      ([, title, file]) => `${file}: # ${title}`,
    );
    const written = decisions.map(
      (file) => `${file}: ${readFileSync(join(DECISIONS, file), 'utf8').split('\n', 1)[0]}`,
    );
    assert.ok(written.length > 50);
    assert.deepEqual(listed.toSorted(), written.toSorted());
  });

  it('leads from each superseded decision to its successor', () => {
    const unlinked = decisions.filter((file) =>
      SUPERSEDED_WITHOUT_LINK.test(readFileSync(join(DECISIONS, file), 'utf8')),
    );
    assert.deepEqual(unlinked, []);
  });
});

describe('docs/decisions', () => {
  it(`has decisions of at most ${MAX_WORDS_OF_DECISION} words`, () => {
    assert.equal(wordsIn('# 1. A title\n\n- one  two\n'), 7);
    const long = decisions
      .map((file) => ({ file, words: wordsIn(readFileSync(join(DECISIONS, file), 'utf8')) }))
      .filter(({ words }) => words > MAX_WORDS_OF_DECISION);
    assert.deepEqual(long, []);
  });
});

describe('prose in documents', () => {
  it(`has lines of at most ${MAX_WIDTH} characters`, () => {
    assert.ok(DOCUMENTS.includes('README.md') && DOCUMENTS.length > 60, DOCUMENTS.join(' '));
    assert.deepEqual(findings(tooWide), []);
  });

  it(`and comments in code, too`, () => {
    assert.ok(SOURCES.length > 2_000, `${SOURCES.length} files found`);
    const wide = SOURCES.flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          /^\s*(?:\*\s|\/[/*])/.test(line) && [...line].length > MAX_WIDTH ? [`${file}:${index + 1}`] : [],
        ),
    );
    assert.deepEqual(wide, []);
  });

  it('names the subject of each doc comment, which begins with neither "Of" nor "The same"', () => {
    const unnamed = SOURCES.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(WITHOUT_SUBJECT)].map(([comment]) => `${file}: ${comment}`),
    );
    assert.deepEqual(unnamed, []);
    const comments = ['/** Of the answer. */', '/**\n   * The same for a batch.\n   */', '/** Often read. */'];
    assert.equal(comments.join('\n').match(WITHOUT_SUBJECT)?.length, 2);
  });

  it('says nothing twice in one document', () => {
    assert.deepEqual(findings(doubled), []);
  });

  it('that is too wide or stands twice is detected', () => {
    const long = `${'word '.repeat(24)}end`;
    const unbroken = `https://example.com/${'a'.repeat(120)}`;
    const fence = `\`\`\`\n${long} of code\n\`\`\``;
    const wide = `${long}\n- ${unbroken}\n| ${long} |\n${fence}\n`;
    assert.deepEqual(tooWide(wide), [`1: ${long}`]);

    const sentence = 'The sweeper deletes the objects of an expired upload.';
    const row = '| the sweeper | deletes the objects of an upload that expired |';
    assert.deepEqual(doubled(`A start. ${sentence}\n\n- ${sentence.replace(' objects', '\n  objects')} An end.\n`), [
      sentence,
    ]);
    assert.deepEqual(doubled(`${row}\n| other | one |\n${row}\n`), [row]);
    assert.deepEqual(doubled(`${sentence}\n\n${fence}\n\n${fence}\n\nSee above.\n\nSee above.\n`), []);
  });
});
