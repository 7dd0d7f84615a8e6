import type { Size } from '../../../../domain/rendition/transform.ts';
import { refuse } from './heic-rejection.ts';

/** ISO/IEC 23008-12, 6.6.2.3. */
interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly size: Size;
}

const WIDE_FIELDS = 1;

export function readGrid(data: Buffer): Grid {
  const fieldBytes = fieldBytesOf(data, 'grid');
  if (data.length !== 4 + 2 * fieldBytes) refuse(`${4 + 2 * fieldBytes} bytes of data in a grid`, `${data.length}`);
  return {
    rows: data.readUInt8(2) + 1,
    columns: data.readUInt8(3) + 1,
    size: { width: data.readUIntBE(4, fieldBytes), height: data.readUIntBE(4 + fieldBytes, fieldBytes) },
  };
}

/** The canvas of an overlay, 6.6.2.2. */
export function readOverlay(data: Buffer, layers: number): Size {
  const fieldBytes = fieldBytesOf(data, 'overlay');
  const expected = 10 + 2 * fieldBytes * (1 + layers);
  if (data.length !== expected) refuse(`${expected} bytes of data in an overlay of ${layers}`, `${data.length}`);
  return { width: data.readUIntBE(10, fieldBytes), height: data.readUIntBE(10 + fieldBytes, fieldBytes) };
}

function fieldBytesOf(data: Buffer, what: string): 2 | 4 {
  if (data.length < 2 || data[0] !== 0) refuse(`${what} data of version 0`, data.length < 2 ? 'none' : 'another');
  return ((data[1] ?? 0) & WIDE_FIELDS) === 0 ? 2 : 4;
}

/** Whether tiles fill the grid, and none lies outside. */
export function requireCovered({ columns, rows, size }: Grid, tile: Size): void {
  const isCovered =
    tile.width * columns >= size.width &&
    tile.height * rows >= size.height &&
    tile.width * (columns - 1) < size.width &&
    tile.height * (rows - 1) < size.height;
  if (isCovered) return;
  const [grid, tiles] = [size, tile].map(({ width, height }) => `${width} x ${height}`);
  refuse(`${columns} x ${rows} tiles that cover ${grid} pixels`, `tiles of ${tiles}`);
}
