import { open } from 'node:fs/promises';
import type { Tracing } from '../../../observe/observer/tracing.ts';
import { discoverKeys } from './discovery.ts';
import { fetchDocument, MAX_DOCUMENT_BYTES } from './http-document.ts';
import type { KeyPlace } from './key-place.ts';
import type { KeySetOptions } from './key-set.ts';
import { type SigningKeys, signingKeysIn } from './signing-keys.ts';

type Source = Pick<KeySetOptions, 'read' | 'refreshMs' | 'intervalMs'>;

const OVER_HTTP = { refreshMs: 600_000, intervalMs: 10_000 };
/** A file on this machine costs little, and its owner expects a change to count at once. */
const FROM_FILE = { refreshMs: 1_000, intervalMs: 1_000 };

export interface SourceOptions {
  readonly elapsedMs: () => number;
  readonly tracing: Pick<Tracing, 'outgoing'>;
}

export function keySourceAt(place: KeyPlace, options: SourceOptions): Source {
  switch (place.at) {
    case 'issuer':
      return { ...OVER_HTTP, read: readDiscovered(place.issuer, options) };
    case 'url':
      return {
        ...OVER_HTTP,
        read: async (signal) => signingKeysIn(await fetchDocument(place.url, { ...options, signal })),
      };
    case 'file':
      return { ...FROM_FILE, read: readFileOf(place.path) };
  }
}

/** An issuer that moves its keys keeps the old address for longer. */
const ADDRESS_KEPT_MS = 3_600_000;

/** Asks for the address again after a failure too, so that usually one request is made. */
function readDiscovered(issuer: string, { elapsedMs, tracing }: SourceOptions): Source['read'] {
  let known: { readonly url: string; readonly untilMs: number } | undefined;
  return async (signal) => {
    const address =
      known !== undefined && elapsedMs() < known.untilMs
        ? known
        : { url: await discoverKeys(issuer, { signal, tracing }), untilMs: elapsedMs() + ADDRESS_KEPT_MS };
    known = undefined;
    const keys = signingKeysIn(await fetchDocument(address.url, { signal, tracing }));
    known = address;
    return keys;
  };
}

function readFileOf(path: string): Source['read'] {
  let last: { readonly text: string; readonly keys: SigningKeys } | undefined;
  return async () => {
    const text = await textOf(path);
    if (last?.text !== text) last = { text, keys: signingKeysIn(text) };
    return last.keys;
  };
}

async function textOf(path: string): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (size > MAX_DOCUMENT_BYTES)
    throw new Error(`expected at most ${MAX_DOCUMENT_BYTES} bytes in ${path}; got ${size}`);
  return file.readFile('utf8');
}
