import type { Confinement } from '../imaging.ts';

/**
 * The child's messages, each a line of JSON: ready once, then for each job started, and done or failed. The line `done`
 * is followed by the bytes of small outputs.
 */
export type Reply =
  | { readonly kind: 'ready'; readonly confinement: Confinement; readonly reason: string }
  | { readonly kind: 'started' }
  | { readonly kind: 'done'; readonly result: unknown; readonly sizes: OutputSizes }
  | { readonly kind: 'failed'; readonly systemCode: string | null; readonly message: string };

export const CONFINEMENTS = ['landlock', 'namespaces', 'unconfined'] as const satisfies readonly Confinement[];

/** The number of bytes that follow for each output; null, or absent: its file has them. */
export type OutputSizes = readonly (number | null)[];

/**
 * The limit of outputs that are sent through the pipe, all together. A picture of 2,048 pixels a side takes about half
 * of it.
 */
export const MAX_SENT_BYTES = 1_048_576;

const MAX_MESSAGE_LENGTH = 2_000;

/** A child may be compromised: undefined for a line that no sound child writes. */
export function parseReply(line: string): Reply | undefined {
  const reply = parseJson(line);
  if (!isRecord(reply)) return undefined;
  const { kind, confinement, reason, systemCode, message } = reply;
  switch (kind) {
    case 'ready': {
      const known = CONFINEMENTS.find((one) => one === confinement);
      return known && typeof reason === 'string' ? { kind, confinement: known, reason } : undefined;
    }
    case 'started':
      return { kind };
    case 'done': {
      const { sizes = [], result } = reply;
      return isSizes(sizes) ? { kind, result, sizes } : undefined;
    }
    case 'failed':
      if (typeof message !== 'string' || !isSystemCode(systemCode)) return undefined;
      return { kind, systemCode, message: message.slice(0, MAX_MESSAGE_LENGTH) };
    default:
      return undefined;
  }
}

const isSizes = (value: unknown): value is OutputSizes =>
  Array.isArray(value) &&
  value.every((size) => size === null || (Number.isInteger(size) && size > 0)) &&
  sentBytes(value) <= MAX_SENT_BYTES;

export const sentBytes = (sizes: OutputSizes): number => sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSystemCode = (value: unknown): value is string | null =>
  value === null || (typeof value === 'string' && /^[A-Z0-9_]{2,32}$/.test(value));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** From an error that a system call caused. */
export const systemCodeOf = (error: unknown): string | null =>
  error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : null;
