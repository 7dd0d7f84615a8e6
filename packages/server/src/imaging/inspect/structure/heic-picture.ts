import type { Rejection } from '../../../domain/image/image.ts';
import type { Region, Size } from '../../../domain/rendition/transform.ts';
import type { Limits } from '../../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { boxAt } from './heif-boxes.ts';
import { readMeta } from './heif-meta.ts';
import { itemData } from './heif-item.ts';

export type Transformation =
  | { readonly type: 'irot'; readonly angle: 0 | 1 | 2 | 3 }
  | { readonly type: 'imir'; readonly axis: 0 | 1 }
  | ({ readonly type: 'clap' } & Region);

export interface HeicGrid { readonly columns: number; readonly rows: number; readonly tiles: readonly number[]; readonly tileSize: Size }
export interface HeicPicture {
  readonly kind: 'single' | 'grid' | 'other';
  readonly size: Size;
  readonly primary: number;
  readonly grid?: HeicGrid;
  readonly alpha?: object;
  readonly isPremultiplied: boolean;
  readonly transformations: readonly Transformation[];
  readonly bitDepth: 8 | 10;
  readonly chroma: string;
  readonly icc: Buffer | null;
  readonly nclx: { primaries: number; transfer: number; matrix: number; isFullRange: boolean } | null;
}

export function readHeicPicture(file: ByteWindow, _limits: Limits): HeicPicture | Rejection {
  let at = 0; let box = boxAt(file, at, file.sizeBytes);
  while (box && box.type !== 'meta') { at = box.end; box = boxAt(file, at, file.sizeBytes); }
  if (!box) throw new Error('no meta');
  const bytes = Buffer.from(file.bytesAt(box.at, box.end - box.at));
  const meta = readMeta(bytes, { maxItems: 5000, maxProperties: 10000, maxExtents: 64 });
  const type = meta.items.get(meta.primary)?.type;
  const props = meta.properties.get(meta.primary) ?? [];
  const size = meta.sizes.get(meta.primary)!;
  const tiles = meta.tiles.get(meta.primary) ?? [];
  let grid: HeicGrid | undefined;
  if (type === 'grid') {
    const d = itemData(file, meta, meta.primary).bytesAt(0, 8);
    grid = { rows: d[2]! + 1, columns: d[3]! + 1, tiles, tileSize: meta.sizes.get(tiles[0]!)! };
  }
  const transformations: Transformation[] = [];
  let icc: Buffer | null = null; let nclx: HeicPicture['nclx'] = null;
  for (const { type, data } of props) {
    if (type === 'irot') transformations.push({ type, angle: (data[0]! & 3) as 0 });
    if (type === 'imir') transformations.push({ type, axis: (data[0]! & 1) as 0 });
    if (type === 'clap') { const n = (i: number) => data.readInt32BE(4 * i); const w = n(0) / n(1), h = n(2) / n(3); const cx = n(4) / n(5) + (size.width - 1) / 2, cy = n(6) / n(7) + (size.height - 1) / 2; transformations.push({ type, left: Math.round(cx - (w - 1) / 2), top: Math.round(cy - (h - 1) / 2), width: Math.round(w), height: Math.round(h) }); }
    if (type === 'colr' && data.toString('latin1', 0, 4) === 'nclx') nclx = { primaries: data.readUInt16BE(4), transfer: data.readUInt16BE(6), matrix: data.readUInt16BE(8), isFullRange: data[10]! > 127 };
    if (type === 'colr' && ['prof', 'rICC'].includes(data.toString('latin1', 0, 4))) icc = data.subarray(4);
  }
  const pixi = props.find((p) => p.type === 'pixi')?.data;
  const bitDepth = pixi && pixi[5] === 10 ? 10 : 8;
  const alphas = (meta.auxiliaries.get(meta.primary) ?? []).filter((id) => (meta.properties.get(id) ?? []).some((p) => p.type === 'auxC' && /aux:?id:?1|alpha/.test(p.data.toString('latin1'))));
  return { kind: grid ? 'grid' : type === 'hvc1' ? 'single' : 'other', size, primary: meta.primary, ...(grid && { grid }), ...(alphas.length && { alpha: {} }), isPremultiplied: false, transformations, bitDepth, chroma: '420', icc, nclx };
}
