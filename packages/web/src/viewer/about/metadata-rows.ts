import type { Image } from '@safelight/client';
import { metadataFault } from './limits.ts';

export type Metadata = Image['metadata'];

/** How a value is written in its row. */
export type Kind = 'text' | 'number' | 'boolean' | 'empty' | 'json';

/** A member of the metadata as somebody types it. */
export interface MetadataRow {
  /** It stays while the row is edited. */
  readonly key: number;
  readonly name: string;
  readonly kind: Kind;
  readonly text: string;
}

/** A number as JSON writes it (RFC 8259 6). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** `known`: rows that are on the screen, whose keys those of the same names get. */
export function rowsOf(metadata: Metadata, known: readonly MetadataRow[] = []): readonly MetadataRow[] {
  let free = Math.max(-1, ...known.map(({ key }) => key));
  return Object.entries(metadata).map(([name, value]) => {
    const key = known.find((row) => row.name === name)?.key ?? ++free;
    return { key, name, ...written(value) };
  });
}

function written(value: unknown): Pick<MetadataRow, 'kind' | 'text'> {
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (value === null) return { kind: 'empty', text: '' };
  const text = JSON.stringify(value);
  if (typeof value === 'number') return { kind: 'number', text };
  return { kind: typeof value === 'boolean' ? 'boolean' : 'json', text };
}

/** The row with its value as another kind, as far as its text means one of that kind. */
export function asKind({ text, ...row }: MetadataRow, kind: Kind): MetadataRow {
  if (kind === 'boolean') return { ...row, kind, text: text === 'true' ? text : 'false' };
  if (kind === 'empty') return { ...row, kind, text: '' };
  return { ...row, kind, text };
}

/** A row that nobody has filled counts as none. */
const isFilled = ({ name, text, kind }: MetadataRow): boolean => name !== '' || (text !== '' && kind !== 'boolean');

/** The members of rows without a fault. A member may be called `__proto__`. */
export const metadataOf = (rows: readonly MetadataRow[]): Metadata =>
  Object.fromEntries(rows.filter(isFilled).map((row) => [row.name, jsonOf(row)]));

/** undefined: the text isn't of that kind. */
function jsonOf({ kind, text }: MetadataRow): unknown {
  if (kind === 'text') return text;
  if (kind === 'empty') return null;
  if (kind === 'boolean') return text === 'true';
  if (kind === 'number') return NUMBER.test(text.trim()) && Number.isFinite(Number(text)) ? Number(text) : undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why the rows can't be saved, for people. */
export function rowsFault(rows: readonly MetadataRow[]): string | undefined {
  const filled = rows.filter(isFilled);
  if (filled.some(({ name }) => name === '')) return 'Give each row a name.';
  const names = filled.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `Two rows are called “\u2068${twice}\u2069”. Rename one.`;
  const wrong = filled.find((row) => jsonOf(row) === undefined);
  if (wrong?.kind === 'number') return `“\u2068${wrong.name}\u2069” isn't a number yet. Type one, such as 12.5.`;
  if (wrong) return `“\u2068${wrong.name}\u2069” isn't JSON yet. Type a list or an object, such as ["a", 2].`;
  return metadataFault(metadataOf(filled));
}
