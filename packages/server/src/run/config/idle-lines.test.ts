import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { idleLines } from './idle-lines.ts';

const sentence = (line: number, got: string) => `Line ${line} of .env sets nothing: expected NAME=value; got ${got}.`;

describe('a line of .env that sets nothing', () => {
  for (const [line, got] of [
    ['MAX_UPLOAD_BYTES 100', 'MAX_UPLOAD_BYTES without "="'],
    ['export AUTH', 'AUTH without "="'],
    ['AUTH: api-key', 'AUTH without "="'],
    ['SECRET_KEY hunter2', 'SECRET_KEY without "="'],
    ['hunter2', 'another form'],
    ['=hunter2', 'another form'],
    ['export', 'another form'],
    ['PORT 80=90', 'PORT without "="'],
  ] as const)
    it(`is reported by its number, without its value: ${line}`, () => {
      assert.deepEqual(idleLines(`# ours\r\nHOST=::1\r\n\r\n  ${line}\r\nPORT=1`), [sentence(4, got)]);
    });

  it('is reported at the end of a file, and each for itself', () =>
    assert.deepEqual(idleLines('AUTH\nPORT=1\nHOST'), [
      sentence(1, 'AUTH without "="'),
      sentence(3, 'HOST without "="'),
    ]));

  for (const text of [
    '',
    '\n',
    '  # a b',
    'A=',
    'A = 1 # x y',
    'export A=1',
    'A="x\ny z\n"\nB=1',
    "A='x\n\ny'",
    'A=`x\ny`',
  ])
    it(`is none of these: ${JSON.stringify(text)}`, () => assert.deepEqual(idleLines(text), []));

  it('is one after a quote that Node takes as a part of its value', () => {
    const text = 'A="open\nAUTH api-key';
    assert.deepEqual(parseEnv(text), { A: '"open' });
    assert.deepEqual(idleLines(text), [sentence(2, 'AUTH without "="')]);
  });
});
