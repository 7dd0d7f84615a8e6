import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCUMENT = join(import.meta.dirname, '../../docs/capacity.md');

/** What tests hold about the cost of one upload, one read and one image in docs/capacity.md. */
export interface Documented {
  /** Dollars a million, by the row of "What each access costs", or of the cost of a million uploads. */
  dollars(row: string): number;
  /** Bytes an image, by the row of "What a billion images take". */
  bytes(row: string): number;
}

export function documented(): Documented {
  const rows = readFileSync(DOCUMENT, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const last = (name: string, columns: number): number => {
    const row = rows.find((cells) => cells[0]?.split('; ').includes(name) && cells.length === columns);
    const value = Number(row?.at(-1)?.replaceAll(',', ''));
    if (row === undefined || Number.isNaN(value))
      throw new Error(`expected a row "${name}" with ${columns} columns in docs/capacity.md`);
    return value;
  };
  return {
    dollars: (row) => last(row, OF_UPLOADS.includes(row) ? 3 : 5),
    bytes: (row) => last(row, 3),
  };
}

/** Rows of the cost of a million uploads. */
const OF_UPLOADS = ['S3 requests', 'queue'];
