import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import stringWidth from 'string-width';
import { createProgram } from '../program.ts';
import { lineOf } from './progress-line.ts';
import { rowText } from './rows.ts';
import { shown } from './terminal-text.ts';

describe('the progress line', () => {
  const progress = { verb: 'Uploading', done: 12, total: 40, bytes: 30 * 1_048_576, totalBytes: 90 * 1_048_576 };

  it('says less where the terminal is narrow, and never fills it', () => {
    assert.equal(lineOf(progress, 10, 79), 'Uploading ████████░░░░░░░░░░░░░░░░ 12 of 40, 3.0 MB/s, 20 s left');
    assert.equal(lineOf(progress, 10, 39), 'Uploading ███░░░░░░░ 12 of 40, 3.0 MB/s');
    for (let width = 20; width < 120; width += 1) assert.ok(stringWidth(lineOf(progress, 10, width)) <= width);
  });

  it('counts bytes of an earlier run as sent, and not as speed', () => {
    const resumed = { ...progress, foundBytes: 20 * 1_048_576 };
    assert.equal(lineOf(resumed, 10, 79), 'Uploading ████████░░░░░░░░░░░░░░░░ 12 of 40, 1.0 MB/s, 1 min left');
  });

  it('has no bar until the total is known', () => {
    assert.equal(lineOf({ ...progress, total: undefined }, 0, 79), 'Uploading 12');
  });
});

describe('a row', () => {
  const row = { id: 'i'.repeat(36), facts: ['2026-11-20', '  2.1 MB', '4000x3000'], name: '写真 '.repeat(20) };

  it('fits every terminal', () => {
    for (let columns = 40; columns < 200; columns += 1)
      for (const line of rowText(row, columns).split('\n'))
        assert.ok(stringWidth(line) < columns, `${columns}: ${line}`);
  });

  it('shows the same columns as the others, however long its name is', () => {
    for (let columns = 40; columns < 120; columns += 1) {
      const [short, long] = ['a', row.name].map((name) => rowText({ ...row, name }, columns));
      assert.equal(short?.includes('4000x3000'), long?.includes('4000x3000'), String(columns));
      assert.equal(short?.includes('2.1 MB'), long?.includes('2.1 MB'), String(columns));
    }
  });

  it('is whole, with tabs, without a terminal', () => {
    assert.equal(rowText(row, undefined), [row.id, ...row.facts, row.name].join('\t'));
  });
});

describe('help', () => {
  it('breaks between words on a terminal of 40 columns', () => {
    const program = createProgram('1', async () => undefined);
    for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
      const help = command.configureOutput({ getOutHelpWidth: () => 40 }).helpInformation();
      const wide = help.split('\n').filter((line) => line.length > 40 && !line.startsWith('Usage:'));
      assert.deepEqual([command.name(), wide], [command.name(), []]);
    }
  });
});

describe('text from elsewhere', () => {
  it('has no character that a terminal obeys', () => {
    assert.equal(shown('a\u001b[2J\nb\u202Egnp.exe é 写真'), 'a\\u001b[2J\\u000ab\\u202egnp.exe é 写真');
  });

  for (const [what, from, to] of [
    ['C0 controls', 0x00, 0x1f],
    ['C1 controls', 0x7f, 0x9f],
    ['the Arabic letter mark', 0x61c, 0x61c],
    ['marks of direction', 0x200e, 0x200f],
    ['line and paragraph separators', 0x2028, 0x2029],
    ['embeddings and overrides of direction', 0x202a, 0x202e],
    ['invisible operators', 0x2060, 0x2064],
    ['isolates of direction', 0x2066, 0x2069],
    ['lone surrogates', 0xd800, 0xdfff],
    ['the byte order mark', 0xfeff, 0xfeff],
    ['annotations', 0xfff9, 0xfffb],
    ['tags', 0xe0000, 0xe007f],
  ] as const)
    it(`spells out ${what}`, () => {
      for (let point = from; point <= to; point += 1)
        assert.match(shown(`a${String.fromCodePoint(point)}b`), /^a(?:\\u[0-9a-f]{4})+b$/, point.toString(16));
    });

  it('keeps the joiners of emoji and scripts, and shows those that hide', () => {
    for (const text of ['👨‍👩‍👧.jpg', '❤️ 1️⃣', 'می‌خواهم', 'क्‍ष', '👍🏽']) assert.equal(shown(text), text);
    assert.equal(shown('a\u200db\ufe0f\u{e0041}\u00ad'), 'a\\u200db\\ufe0f\\udb40\\udc41\\u00ad');
  });
});
