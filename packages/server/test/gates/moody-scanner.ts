import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { EICAR } from '../../src/gates/clamd/proof.ts';
import type { Random } from '../chance/random.ts';
import { sha256Of } from '../services/record-check.ts';
import { GARBAGE } from './disturbed-clamd.ts';
import { createCounts, type MoodyGate, refuses } from './moody-gate.ts';

/** How often it keeps a verdict to itself, until it calms down. */
const MOODS = 0.4;

/** The end of a stream. */
const NO_MORE = 0;

/** It speaks clamd's protocol. */
export async function startMoodyScanner(random: Random): Promise<MoodyGate> {
  const { counts, count } = createCounts();
  let isCalm = false;

  const answer = (bytes: Buffer): string | undefined => {
    if (bytes.includes(EICAR)) return 'stream: Eicar-Test-Signature FOUND\0';
    if (isCalm || !random.chance(MOODS)) {
      count('now');
      return refuses(sha256Of(bytes)) ? 'stream: Test.Refused FOUND\0' : 'stream: OK\0';
    }
    const isNever = random.chance(0.3);
    count(isNever ? 'never' : 'garbage');
    return isNever ? undefined : random.pick(GARBAGE);
  };

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let heard = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.subarray(0, 6).toString() === 'zPING\0') return void socket.end('PONG\0');
      const bytes = streamIn(heard);
      const said = bytes && answer(bytes);
      if (said !== undefined) socket.end(Buffer.from(said, 'latin1'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    environment: {
      GATE_CLAMD: `127.0.0.1:${port}`,
      GATE_CLAMD_TIMEOUT_SECONDS: '1', // a scan that never ends is given up within the request
      GATE_CLAMD_CONCURRENCY: '20',
    },
    may: (sha256, status) => refuses(sha256) === (status === 'rejected'),
    unsent: new Set(),
    counts,
    calmDown() {
      isCalm = true;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** The bytes of a whole INSTREAM; undefined: more is to come. */
function streamIn(heard: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 'zINSTREAM\0'.length; at + 4 <= heard.length; ) {
    const length = heard.readUInt32BE(at);
    if (length === NO_MORE) return Buffer.concat(chunks);
    if (at + 4 + length > heard.length) return undefined;
    chunks.push(heard.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return undefined;
}
