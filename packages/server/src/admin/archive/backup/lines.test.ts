import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { linesOf, MAX_LINE_BYTES } from './lines.ts';

const read = (parts: readonly string[]) =>
  Array.fromAsync(linesOf(Readable.from(parts.map((one) => Buffer.from(one)))));

describe('the lines of a file', () => {
  it('are read with their places, wherever it is cut into chunks', async () => {
    const text = 'one\n\nthree and ä\n';
    const expected = [
      { text: 'one', offset: 0, bytes: 4 },
      { text: '', offset: 4, bytes: 1 },
      { text: 'three and ä', offset: 5, bytes: 13 },
    ];
    assert.deepEqual(await read([text]), expected);
    const bytes = Buffer.from(text);
    const each = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    assert.deepEqual(await Array.fromAsync(linesOf(Readable.from(each))), expected);
    await assert.rejects(read(['one\ntwo']), /expected an end of the last line/);
  });

  it('have a bound, also within one chunk', async () => {
    const longest = 'x'.repeat(MAX_LINE_BYTES);
    assert.deepEqual(
      (await read([longest, '\n'])).map(({ bytes }) => bytes),
      [MAX_LINE_BYTES + 1],
    );
    for (const parts of [[`${longest}x\n`], [longest, 'x\n'], [longest, 'x']])
      await assert.rejects(read(parts), /expected lines of at most 262144 bytes; got a longer one/);
  });
});
