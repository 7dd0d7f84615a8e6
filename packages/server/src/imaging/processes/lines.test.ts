import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { type LineReader, readLines } from './lines.ts';

/** A line `bytes <n>` is followed by n bytes, which are no lines. */
const SENT = 'first\nbytes 7\na\nb\nc\n\nbytes 0\nsecond é\nbytes 3\nxyzlast\n';
const HEARD = ['first', 'bytes 7', '<a\nb\nc\n\n>', 'bytes 0', '<>', 'second é', 'bytes 3', '<xyz>', 'last'];

function listen(maxBytes: number) {
  const stream = new PassThrough();
  const heard: string[] = [];
  let isTooLong = false;
  const lines: LineReader = readLines(stream, {
    maxBytes,
    onLine(line) {
      heard.push(line);
      const [, length] = /^bytes (\d+)$/.exec(line) ?? [];
      if (length) lines.take(Number(length), (bytes) => heard.push(`<${bytes.toString()}>`));
    },
    onTooLong: () => {
      isTooLong = true;
    },
  });
  const send = async (bytes: Buffer, size: number): Promise<void> => {
    for (let at = 0; at < bytes.length; at += size) {
      stream.write(bytes.subarray(at, at + size));
      await new Promise(setImmediate);
    }
  };
  return { send, heard, isTooLong: () => isTooLong };
}

describe('lines', () => {
  for (const size of [1, 2, 3, 7, 10, 1_000])
    it(`are told in order, with what is taken between them, from chunks of ${size} bytes`, async () => {
      const { send, heard } = listen(100);
      await send(Buffer.from(SENT), size);
      assert.deepEqual(heard, HEARD);
    });

  it('of many small chunks are whole, and so are long bytes between them', async () => {
    const { send, heard } = listen(1_000);
    const [line, bytes] = ['l'.repeat(900), 'b'.repeat(5_000)];
    await send(Buffer.from(`${line}\nbytes 5000\n${bytes}${line}\n`), 3);
    assert.deepEqual(heard, [line, 'bytes 5000', `<${bytes}>`, line]);
  });

  it('end at the limit of their length', async () => {
    const { send, heard, isTooLong } = listen(10);
    await send(Buffer.from('bytes 30\n'), 9);
    await send(Buffer.from('x'.repeat(30)), 30);
    assert.equal(isTooLong(), false, 'what is taken is no line');
    await send(Buffer.from('0123456789'), 10);
    assert.equal(isTooLong(), false);
    await send(Buffer.from('0'), 1);
    assert.equal(isTooLong(), true);
    await send(Buffer.from('\nmore\n'), 6);
    assert.deepEqual(heard, ['bytes 30', `<${'x'.repeat(30)}>`]);
  });
});
