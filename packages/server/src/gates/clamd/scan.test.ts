import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { CutOff } from './exchange.ts';
import { EICAR, SMALLEST_ZIP, zipWithEicar } from './proof.ts';
import { NoVerdict, resultOf, scan } from './scan.ts';

const PATIENCE_MS = 60_000;

/** A server that says what the test says, once it has heard what the test waits for. */
async function scripted(script: (socket: Socket, heard: () => Buffer) => void) {
  const server = createServer((socket) => {
    const chunks: Buffer[] = [];
    const heard = () => Buffer.concat(chunks);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      script(socket, heard);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: { kind: 'tcp', host: '127.0.0.1', port } as const,
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
}

const ENDED = Buffer.alloc(4);
const atTheEnd = (answer: string) =>
  scripted((socket, heard) => {
    if (heard().subarray(-4).equals(ENDED)) socket.end(answer);
  });

async function* bytes(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* chunks;
}

const picture = (): AsyncIterable<Uint8Array> => bytes(Buffer.from('picture'));

describe('a scan by clamd', () => {
  it('sends each chunk behind its length, and an empty one at the end', async () => {
    let heard: Buffer = Buffer.alloc(0);
    await using server = await scripted((socket, all) => {
      heard = all();
      if (heard.subarray(-4).equals(ENDED)) socket.end('stream: OK\0');
    });
    const found = await scan(
      server.address,
      bytes(Buffer.from('abc'), Buffer.from('de')),
      AbortSignal.timeout(PATIENCE_MS),
    );
    assert.deepEqual(found, { found: null });
    assert.equal(heard.toString('latin1'), 'zINSTREAM\0\0\0\0\x03abc\0\0\0\x02de\0\0\0\0');
  });

  it('tells the signature that was found', async () => {
    await using server = await atTheEnd('stream: Eicar-Test-Signature FOUND\0');
    const result = await scan(server.address, picture(), AbortSignal.timeout(PATIENCE_MS));
    assert.deepEqual(result, { found: 'Eicar-Test-Signature' });
  });

  it('is cut off if the connection is reset in the middle of a stream, and not if there is none', async () => {
    await using server = await scripted((socket) => void socket.resetAndDestroy());
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await assert.rejects(scan(server.address, zipWithEicar(4_000_000), signal), CutOff);
    await server[Symbol.asyncDispose]();
    await assert.rejects(scan(server.address, picture(), signal), { code: 'ECONNREFUSED' });
  });

  for (const answer of [
    'stream: OK',
    'stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND\0',
    'INSTREAM size limit exceeded. ERROR\0',
    "stream: Can't allocate memory ERROR\0",
    'UNKNOWN COMMAND\0',
    'stream: OK stream: Eicar FOUND\0',
    'HTTP/1.1 200 OK\r\n\r\n',
    '\0',
    '',
  ])
    it(`has no verdict if clamd says ${JSON.stringify(answer)}`, async () => {
      await using server = await atTheEnd(answer);
      await assert.rejects(scan(server.address, picture(), AbortSignal.timeout(PATIENCE_MS)));
    });

  it('has no verdict before all bytes were sent', async () => {
    await using server = await scripted((socket) => socket.write('stream: OK\0'));
    async function* endless() {
      for (;;) yield Buffer.alloc(65_536);
    }
    await assert.rejects(
      scan(server.address, endless(), AbortSignal.timeout(PATIENCE_MS)),
      /got one (that ended )?before/,
    );
  });

  it('has no verdict if the answer has no end', async () => {
    await using server = await scripted((socket) => {
      const talk = () => socket.writable && socket.write('x'.repeat(1_024), () => setImmediate(talk));
      talk();
    });
    await assert.rejects(scan(server.address, picture(), AbortSignal.timeout(PATIENCE_MS)), /at most 4096 bytes/);
  });

  it('ends with the signal while clamd says nothing', async () => {
    await using server = await scripted(() => undefined);
    await assert.rejects(scan(server.address, picture(), AbortSignal.timeout(50)), { name: 'TimeoutError' });
  });

  it('fails if nothing listens', async () => {
    const address = { kind: 'unix', path: '/nonexistent/clamd.ctl' } as const;
    await assert.rejects(scan(address, picture(), AbortSignal.timeout(PATIENCE_MS)), { code: 'ENOENT' });
  });
});

describe('an answer of clamd', () => {
  it('is a verdict only in two forms', () => {
    assert.deepEqual(resultOf('stream: OK'), { found: null });
    assert.deepEqual(resultOf('stream: Win.Test FOUND'), { found: 'Win.Test' });
    for (const other of ['stream: ok', 'OK', 'stream:  FOUND', 'stream: a b FOUND', 'stream: OK\n'])
      assert.throws(() => resultOf(other), NoVerdict, other);
  });
});

describe('the zip archive of the proof', () => {
  for (const size of [SMALLEST_ZIP, 1_000, 200_000])
    it(`has ${size} bytes, and EICAR as its last member`, async () => {
      const zip = Buffer.concat(await Array.fromAsync(zipWithEicar(size)));
      assert.equal(zip.length, size);
      const end = zip.subarray(-22);
      assert.equal(end.readUInt16LE(10), 2, 'members');
      const directory = end.readUInt32LE(16);
      const last = directory + 46 + 'filler'.length;
      const offset = zip.readUInt32LE(last + 42) + 30 + 'eicar.com'.length;
      assert.deepEqual(zip.subarray(offset, offset + EICAR.length), EICAR);
      assert.equal(offset + EICAR.length, directory, 'nothing is behind it but the directory');
    });
});
