import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { EICAR } from '../../src/screening/clamd/proof.ts';
import type { Random } from '../chance/random.ts';
import { sha256Of } from '../services/record-check.ts';
import { GARBAGE } from './disturbed-clamd.ts';

/** A scanner that speaks clamd's protocol: it always has the same verdict about the same bytes, but it doesn't always say it. */
export interface MoodyScanner extends AsyncDisposable {
  /** For GATE_CLAMD. */
  readonly address: string;
  /** From now on it says each verdict at once. */
  calmDown(): void;
  /** How often it said a verdict, and how often it didn't. */
  readonly counts: { verdicts: number; moods: number };
}

/** Whether the scanner refuses these bytes: about every third. */
export const refuses = (sha256: string): boolean => Number.parseInt(sha256.slice(0, 4), 16) % 3 === 0;

/** How often it keeps a verdict to itself, until it calms down. */
const MOODS = 0.4;

/** The end of a stream. */
const NO_MORE = 0;

export async function startMoodyScanner(random: Random): Promise<MoodyScanner> {
  const counts = { verdicts: 0, moods: 0 };
  let isCalm = false;

  const answer = (bytes: Buffer): string | undefined => {
    if (bytes.includes(EICAR)) return 'stream: Eicar-Test-Signature FOUND\0';
    if (isCalm || !random.chance(MOODS)) {
      counts.verdicts += 1;
      return refuses(sha256Of(bytes)) ? 'stream: Test.Refused FOUND\0' : 'stream: OK\0';
    }
    counts.moods += 1;
    return random.chance(0.3) ? undefined : random.pick(GARBAGE);
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
    address: `127.0.0.1:${port}`,
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
