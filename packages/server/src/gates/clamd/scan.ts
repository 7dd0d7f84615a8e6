import { preview } from '../../text/preview.ts';
import type { ClamdAddress } from './address.ts';
import { exchange } from './exchange.ts';

export type ScanResult = { readonly found: string | null };

/**
 * Has clamd scan a stream (INSTREAM). `found`: the signature, or null. Errors: no verdict, such as a limit of clamd
 * that the bytes exceed.
 */
export async function scan(
  address: ClamdAddress,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ScanResult> {
  return resultOf(await exchange(address, { command: 'INSTREAM', body: framed(bytes) }, signal));
}

/** Each chunk behind its length; a length of zero ends the stream. */
async function* framed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of bytes) {
    if (chunk.length === 0) continue;
    yield lengthOf(chunk);
    yield chunk;
  }
  yield lengthOf(new Uint8Array());
}

function lengthOf({ length }: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(length);
  return prefix;
}

/** A longer name is none of clamd's. */
const FOUND = /^stream: ([!-~]{1,200}) FOUND$/;

/** With `AlertExceedsMax` clamd reports what it didn't scan as if it were a signature. */
const UNSCANNED = 'Heuristics.Limits.';

/** clamd says no verdict: it failed, or it didn't look at all of the bytes. */
export class NoVerdict extends Error {}

export function resultOf(answer: string): ScanResult {
  if (answer === 'stream: OK') return { found: null };
  const name = FOUND.exec(answer)?.[1];
  if (name === undefined || name.startsWith(UNSCANNED))
    throw new NoVerdict(`expected OK or FOUND of clamd; got ${preview(answer)}`);
  return { found: name };
}
