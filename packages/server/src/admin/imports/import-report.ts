import { createReadStream } from 'node:fs';
import { open, readFile, stat, truncate } from 'node:fs/promises';
import * as z from 'zod';
import { AppError } from '../../domain/errors.ts';
import { unlessAbsent } from '../../object-store/staging/file-fault.ts';
import { createFingerprints } from '../../text/fingerprints.ts';

/** What became of an entry, as a line of JSON. */
export interface ReportLine {
  readonly path: string;
  readonly outcome: 'imported' | 'known' | 'refused';
  readonly image_id?: string;
  readonly status?: string;
  readonly user_id?: string;
  readonly created_at?: string;
  /** The source's time was before 1970 or in the future. */
  readonly clamped?: true;
  readonly code?: string;
  readonly detail?: string;
}

/** A file with a line for each entry: the map from a source to ids, and how far an import is. */
export interface ImportReport extends AsyncDisposable {
  /** When the first import of the source into this service began. */
  readonly begunAt: Date;
  /** Whether an earlier import has brought the entry for that user. */
  has(path: string, userId: string): boolean;
  add(line: ReportLine): Promise<void>;
}

const header = z.object({ source: z.string(), service: z.string(), begun_at: z.iso.datetime() });
const line = z.object({ path: z.string(), outcome: z.string(), user_id: z.string().optional() });

const keyOf = (path: string, userId: string): string => JSON.stringify([path, userId]);

export interface ReportOf {
  readonly source: string;
  readonly service: string;
  readonly now: Date;
}

/** What the first line has behind the beginning of its time. */
const START_ENDS = '"}'.length;

/** Goes on with the report at `path`, or begins it. Errors: `unavailable` for another file, source or service. */
export async function openReport(path: string, { source, service, now }: ReportOf): Promise<ImportReport> {
  await using stack = new AsyncDisposableStack();
  const unwritable = (error: Error): never => {
    throw new AppError('unavailable', `expected a report that can be written at ${path}; got ${error.message}`);
  };
  const before = await unlessAbsent(stat(path)).catch(unwritable);
  if (before && !before.isFile()) throw foreign(path, 'something else'); // a pipe without a reader would never open
  const file = stack.use(await open(path, 'a', 0o600).catch(unwritable));
  const found = await readReport(path);
  const start = JSON.stringify({ source, service, begun_at: '' }).slice(0, -START_ENDS);
  if (!found.begunAt && !start.startsWith((await readFile(path, 'utf8')).slice(0, start.length))) throw foreign(path);
  const begunAt = found.begunAt ?? now;
  if (found.begunAt && (found.source !== source || found.service !== service)) {
    const other = found.source === source ? 'another service' : `the source ${found.source}`;
    throw new AppError(
      'unavailable',
      `expected a report of ${source}; got one of ${other} at ${path}: name another file`,
    );
  }
  await truncate(path, found.wholeBytes); // a line that a kill has cut
  const write = (value: object): Promise<void> => file.appendFile(`${JSON.stringify(value)}\n`).catch(unwritable);
  if (!found.begunAt) await write({ source, service, begun_at: begunAt });
  const held = stack.move();
  return {
    begunAt,
    has: (one, userId) => found.done.has(keyOf(one, userId)),
    add: write,
    async [Symbol.asyncDispose]() {
      await file.sync();
      await held.disposeAsync();
    },
  };
}

async function readReport(path: string) {
  const done = createFingerprints();
  let first: z.infer<typeof header> | undefined;
  let wholeBytes = 0;
  for await (const { text, endsAt } of wholeLines(path)) {
    wholeBytes = endsAt;
    if (first === undefined) {
      const read = header.safeParse(parsed(text));
      if (!read.success) throw foreign(path);
      first = read.data;
      continue;
    }
    const read = line.safeParse(parsed(text));
    if (read.success && read.data.outcome !== 'refused') done.add(keyOf(read.data.path, read.data.user_id ?? ''));
  }
  return {
    done,
    wholeBytes,
    source: first?.source,
    service: first?.service,
    begunAt: first && new Date(first.begun_at),
  };
}

const foreign = (path: string, got = 'another file'): AppError =>
  new AppError('unavailable', `expected a report of an import at ${path}; got ${got}`);

const MAX_LINE_BYTES = 1_048_576;

/** The lines that end with a line feed, and where. */
async function* wholeLines(path: string): AsyncGenerator<{ readonly text: string; readonly endsAt: number }> {
  let rest = Buffer.alloc(0);
  let readBytes = 0;
  for await (const chunk of createReadStream(path)) {
    const bytes = Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
      yield { text: bytes.toString('utf8', from, end), endsAt: readBytes + end + 1 };
      from = end + 1;
    }
    rest = bytes.subarray(from);
    readBytes += from;
    if (rest.length > MAX_LINE_BYTES) throw foreign(path);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
