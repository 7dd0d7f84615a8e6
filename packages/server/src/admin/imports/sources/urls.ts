import { createReadStream } from 'node:fs';
import { AppError, uploadTooLarge } from '../../../domain/errors.ts';
import { typeByExtension } from '../../../domain/image/media-type.ts';
import { failed, REASONS } from '../../../operations/ingest/fetch-fault.ts';
import { requireFetchable } from '../../../operations/ingest/require-fetchable.ts';
import { OutboundError } from '../../../outbound/outbound-error.ts';
import type { IngestServices } from '../../../services.ts';
import { createFingerprints } from '../../../text/fingerprints.ts';
import { linesOf } from '../../archive/backup/lines.ts';
import type { ImportSource } from '../import-source.ts';
import { entryOfFile } from './source-entry.ts';
import type { SourceFile, SourceFiles } from './source-files.ts';

export interface UrlsOptions {
  /** A file with a URL in each line; undefined: only a table names them. */
  readonly list: string | undefined;
  /** The hosts that may be asked. */
  readonly ingest: Pick<IngestServices, 'hosts' | 'downloads' | 'mayBeInside'>;
  readonly maxBytes: number;
}

const TIMEOUT_MS = 120_000;

const MAX_LINE = 8_192;

/** Pictures at URLs as files, whose paths are the URLs. Nothing is known of one before it is opened. */
export function openUrlFiles({ list, ingest, maxBytes }: UrlsOptions): SourceFiles {
  const fileOf = (text: string): SourceFile | { readonly path: string; readonly fault: string } => {
    try {
      const { pathname } = requireFetchable(ingest, text);
      return { path: text, sizeBytes: null, modifiedAt: null, filename: filenameIn(pathname) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { path: text, fault: error.errors[0]?.detail ?? error.detail };
    }
  };
  return {
    name: 'urls',
    stat: async (path) => fileOf(path),

    async open(path, signal) {
      const get = () => {
        const { href } = requireFetchable(ingest, path);
        const request = { timeoutMs: TIMEOUT_MS, maxBytes, reachOf: ingest.hosts.reachOf, signal };
        return ingest.downloads.get(href, request);
      };
      const download = await get().catch((error: unknown) => refuse(error, maxBytes));
      return passing(download, maxBytes);
    },

    async *list() {
      if (list === undefined) return;
      const seen = createFingerprints();
      for await (const line of linesIn(list)) {
        const text = line.trim();
        if (text === '' || text.startsWith('#') || seen.has(text)) continue;
        seen.add(text);
        yield fileOf(text.slice(0, MAX_LINE));
      }
    },

    async [Symbol.asyncDispose]() {},
  };
}

/** All pictures of one user. */
export function openUrlSource({ userId, ...options }: UrlsOptions & { readonly userId: string }): ImportSource {
  const files = openUrlFiles(options);
  return {
    name: files.name,
    async *entries() {
      for await (const file of files.list()) yield 'fault' in file ? file : entryOfFile(file, userId);
    },
    open: ({ path }, signal) => files.open(path, signal),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}

/** Errors: `unavailable`. */
async function* linesIn(path: string): AsyncGenerator<string> {
  try {
    for await (const { text } of linesOf(ended(path))) yield text;
  } catch (error) {
    const got = error instanceof Error ? error.message : String(error);
    throw new AppError('unavailable', `expected a file with URLs at ${path}; got ${got}`, { cause: error });
  }
}

/** With an end of the last line, which people leave out. */
async function* ended(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
  yield Buffer.from('\n');
}

async function* passing(
  download: Awaited<ReturnType<IngestServices['downloads']['get']>>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  using held = download;
  try {
    yield* held.body;
  } catch (error) {
    refuse(error, maxBytes);
  }
}

/** A host that fails costs its pictures, and not the import. */
function refuse(error: unknown, maxBytes: number): never {
  if (!(error instanceof OutboundError)) throw error;
  if (error.fault === 'too-large') throw uploadTooLarge(maxBytes, 'more', { cause: error });
  const { code, detail, params } = failed(REASONS[error.fault]);
  throw new AppError(code, detail, { cause: error, params });
}

const filenameIn = (pathname: string): string => {
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  const name = [...decoded(last).replace(/[\p{Cc}\p{Bidi_Control}/]/gu, '_')].slice(0, 255).join('');
  return typeByExtension(name) ? name : 'image';
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).toWellFormed();
  } catch {
    return text;
  }
}
