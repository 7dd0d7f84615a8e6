import { isDeepStrictEqual } from 'node:util';
import type { Size } from '../../../../domain/rendition/transform.ts';
import type { Limits } from '../../../limits.ts';
import type { ByteWindow } from '../byte-window.ts';
import { itemData } from '../heif-item.ts';
import type { Meta } from '../heif-meta.ts';
import { count, otherType } from '../rejection.ts';
import { createByteClaims } from './byte-claims.ts';
import { areaOf, createHeicBudget } from './heic-budget.ts';
import { readGrid, readOverlay, requireCovered } from './heic-derived.ts';
import { alphaOf, type HeicProperties, readHeicProperties } from './heic-properties.ts';
import { HeicRejected, refuse, refuseCost } from './heic-rejection.ts';
import { type Chroma, type HeicPicture, type HeicSource, isHighRange, type Nclx } from './heic-source.ts';
import { type Transformation, transformedSize } from './heic-transformations.ts';
import { createParameterSetReader } from './hevc-configuration.ts';
import { createHevcItemReader } from './hevc-item.ts';

/** 48 MP have 756 tiles of 256 x 256. */
const MAX_TILES = 1_024;
const MAX_LAYERS = 32;
/** `iden` of `iovl` of `iden` of a grid. */
const MAX_DEPTH = 4;
const MAX_DERIVED_BYTES = 4_096;

const CHROMAS = ['mono', '420', '422', '444'] as const satisfies readonly Chroma[];

interface Decoded {
  readonly source: HeicSource;
  readonly transformations: readonly Transformation[];
  readonly alpha: HeicSource | null;
  readonly icc: Buffer | null;
  readonly nclx: Nclx | null;
}

/** Walks the primary item and all items that it is made of. Errors: `HeicRejected`, `UnsoundMeta`. */
export function readPictures(file: ByteWindow, meta: Meta, limits: Limits): HeicPicture {
  const [ambiguous] = meta.ambiguous;
  if (ambiguous) refuse(`every item once in the ${ambiguous} box, with existing properties`, 'another box');
  const primary = meta.primary;
  const walk = createItemWalk(file, meta, limits);
  const { source, alpha, ...rest } = walk.decoded(primary, 0);
  if (!rest.icc && rest.nclx && isHighRange(rest.nclx)) walk.budget.spendMapping(source.size);
  return { ...source, primary, alpha, isPremultiplied: meta.premultiplied.has(primary), ...rest };
}

function createItemWalk(file: ByteWindow, meta: Meta, limits: Limits) {
  const hevc = createHevcItemReader(file, meta, createParameterSetReader());
  const visited = new Set<number>();
  const bytes = createByteClaims();
  const budget = createHeicBudget(limits);

  /** Checks everything that holds for each item, before its data. */
  const enter = (id: number): HeicProperties => {
    if (visited.has(id)) refuse('items that are used once', 'one that is used again');
    visited.add(id);
    const properties = readHeicProperties(meta, id);
    budget.requireExtent(properties.size);
    bytes.claim(file, meta, id);
    return properties;
  };
  const single = (id: number, properties: HeicProperties): Decoded => {
    if (!properties.configuration) refuse('an hvcC box for each HEVC picture', 'none');
    budget.spendPixels(areaOf(properties.size));
    const { configuration, sequence } = hevc.read(id, properties.configuration);
    const { chroma, bitDepth } = sequence;
    if (chroma !== configuration.chroma || bitDepth !== configuration.bitDepth) {
      refuse('parameter sets with the chroma format and bit depth of their hvcC box', 'others');
    }
    if (bitDepth !== 8 && bitDepth !== 10) refuse('HEVC pictures of 8 or 10 bits', `${bitDepth}`);
    budget.spendPicture(sequence, itemData(file, meta, id).sizeBytes);
    requireSame(properties.size, sequence.shown, 'HEVC pictures');
    budget.requireExtent(sequence.coded);
    budget.spendPixels(areaOf(sequence.coded) - areaOf(properties.size));
    const source: HeicSource = {
      kind: 'single',
      item: id,
      size: properties.size,
      bitDepth,
      chroma: CHROMAS[chroma] ?? 'mono',
    };
    return decodedAs(source, properties, { ...properties, nclx: properties.nclx ?? sequence.usability });
  };

  const grid = (id: number, properties: HeicProperties): Decoded => {
    const { columns, rows, size } = readGrid(derivedData(id));
    requireSame(properties.size, size, 'a grid');
    const tiles = meta.tiles.get(id) ?? [];
    if (columns * rows > MAX_TILES) refuseCost(`at most ${count(MAX_TILES)} tiles in a grid`, count(columns * rows));
    if (tiles.length !== columns * rows) refuse(`${columns * rows} tiles in a grid`, count(tiles.length));
    const [first, ...others] = tiles.map((tile): Decoded => {
      requireHevc(meta, tile, 'the tiles of a grid');
      const decoded = withAlpha(tile, single(tile, enter(tile)));
      if (decoded.transformations.length > 0) refuse('tiles as they are', 'one that is turned, mirrored or cut');
      return decoded;
    });
    if (!first) refuse('tiles in a grid', 'none');
    for (const other of others) requireAlike(first, other);
    requireCovered({ columns, rows, size }, first.source.size);
    const { bitDepth, chroma, size: tileSize } = first.source;
    const source: HeicSource = { kind: 'grid', size, bitDepth, chroma, grid: { columns, rows, tiles, tileSize } };
    const colors = { icc: properties.icc ?? first.icc, nclx: properties.nclx ?? first.nclx };
    return { ...decodedAs(source, properties, colors), alpha: alphaOfTiles(source, [first, ...others]) };
  };

  const derived = (id: number, properties: HeicProperties, depth: number): Decoded => {
    if (depth >= MAX_DEPTH) refuseCost(`at most ${MAX_DEPTH} items made of one another`, 'more');
    const isOverlay = meta.items.get(id)?.type === 'iovl';
    budget.requireWhole(properties.size, 'an overlay or iden item');
    const inputs = meta.tiles.get(id) ?? [];
    if (inputs.length > MAX_LAYERS) refuseCost(`at most ${MAX_LAYERS} layers in an overlay`, count(inputs.length));
    if (inputs.length === 0 || (!isOverlay && inputs.length > 1)) {
      refuse(isOverlay ? 'layers in an overlay' : 'one picture behind an iden item', count(inputs.length));
    }
    if (isOverlay) budget.spendPixels(areaOf(properties.size));
    const [first, ...others] = inputs.map((input) => decoded(input, depth + 1));
    if (!first) refuse('layers in an overlay', 'none');
    for (const { source } of [first, ...others]) budget.requireWhole(source.size, 'a part of an overlay or iden item');
    const size = isOverlay
      ? readOverlay(derivedData(id), inputs.length)
      : transformedSize(first.source.size, first.transformations);
    requireSame(properties.size, size, isOverlay ? 'an overlay' : 'an iden item');
    const { bitDepth, chroma } = first.source;
    const source: HeicSource = { kind: 'other', item: id, size, bitDepth, chroma };
    const colors = { icc: properties.icc ?? first.icc, nclx: properties.nclx ?? first.nclx };
    const alpha = [first, ...others].find((one) => one.alpha)?.alpha ?? null;
    return { ...decodedAs(source, properties, colors), alpha };
  };

  const derivedData = (id: number): Buffer => {
    const { bytesAt, sizeBytes } = itemData(file, meta, id);
    if (sizeBytes > MAX_DERIVED_BYTES) refuse('a few bytes of data in grids and overlays', count(sizeBytes));
    return bytesAt(0, sizeBytes);
  };

  const plain = (id: number, depth: number): Decoded => {
    const type = meta.items.get(id)?.type;
    switch (type) {
      case 'hvc1':
        return single(id, enter(id));
      case 'grid':
        return grid(id, enter(id));
      case 'iden':
      case 'iovl':
        return derived(id, enter(id), depth);
      default:
        return refuseItem(type, depth === 0 ? 'the primary item' : 'the parts of a derived item');
    }
  };

  const withAlpha = (id: number, picture: Decoded): Decoded => {
    const alpha = alphaOf(meta, id);
    if (alpha === undefined) return picture;
    if (picture.alpha && picture.source.kind === 'grid') refuse('alpha of a grid or of its tiles', 'both');
    const type = meta.items.get(alpha)?.type;
    if (type !== 'grid') requireHevc(meta, alpha, 'alpha');
    const own = type === 'grid' ? grid(alpha, enter(alpha)) : single(alpha, enter(alpha));
    requireSame(picture.source.size, own.source.size, 'alpha');
    if (picture.source.grid && !isDeepStrictEqual(own.source.grid?.tileSize, picture.source.grid.tileSize)) {
      budget.requireWhole(picture.source.size, 'a grid whose alpha has other tiles');
    }
    if (JSON.stringify(own.transformations) !== JSON.stringify(picture.transformations)) {
      refuse('alpha that is turned, mirrored and cut like its picture', 'another');
    }
    return { ...picture, alpha: own.source };
  };

  const decoded = (id: number, depth: number): Decoded => withAlpha(id, plain(id, depth));
  return { decoded, budget };
}

function decodedAs(
  source: HeicSource,
  { transformations, channels }: HeicProperties,
  { icc, nclx }: Pick<Decoded, 'icc' | 'nclx'>,
): Decoded {
  const wrong = channels?.find((bits) => bits !== source.bitDepth);
  if (wrong !== undefined && source.kind !== 'other') {
    refuse(`${source.bitDepth} bits in every channel of a pixi box, as in the parameter sets`, `${wrong}`);
  }
  return { source, transformations, alpha: null, icc, nclx };
}

function requireHevc(meta: Meta, id: number, what: string): void {
  const type = meta.items.get(id)?.type;
  if (type !== 'hvc1') refuseItem(type, what);
}

const CODECS: Readonly<Record<string, string>> = {
  avc1: 'AVC',
  vvc1: 'VVC',
  lhv1: 'layered HEVC',
  hev1: 'HEVC of type hev1',
  jpeg: 'JPEG',
  j2k1: 'JPEG 2000',
  unci: 'uncompressed pixels',
  mski: 'a mask',
  tmap: 'a tone-mapped picture',
  tili: 'a tiled picture',
};

/** A refusal's text has no control characters. */
const shown = (type: string): string =>
  /^[!-~]{1,4}$/.test(type) ? `"${type}"` : `0x${Buffer.from(type, 'latin1').toString('hex')}`;

function refuseItem(type: string | undefined, what: string): never {
  if (type === 'av01') throw new HeicRejected(otherType('image/heic', 'image/avif'));
  const name = type === undefined ? 'no item' : (CODECS[type] ?? `an item of type ${shown(type)}`);
  refuse(`HEVC pictures as ${what}`, name);
}

function requireSame(said: Size, got: Size, what: string): void {
  if (said.width === got.width && said.height === got.height) return;
  const [expected, other] = [said, got].map(({ width, height }) => `${count(width)} x ${count(height)}`);
  refuse(`${what} of ${expected} pixels, as said before`, `${other}`);
}

/** libheif assembles tiles of one kind. */
function requireAlike(first: Decoded, other: Decoded): void {
  requireSame(first.source.size, other.source.size, 'tiles');
  const isAlike = first.source.bitDepth === other.source.bitDepth && first.source.chroma === other.source.chroma;
  if (!isAlike) refuse('tiles of one bit depth and chroma format', 'several');
  if ((first.alpha === null) !== (other.alpha === null)) refuse('alpha for all tiles or for none', 'for some');
}

/** The alpha pictures of tiles are a grid as well. */
function alphaOfTiles(source: HeicSource, tiles: readonly Decoded[]): HeicSource | null {
  const alphas = tiles.flatMap(({ alpha }) => (alpha?.kind === 'single' ? [alpha] : []));
  const [first] = alphas;
  if (!first || source.kind !== 'grid') return null;
  if (alphas.length < tiles.length) refuse('HEVC pictures as the alpha of tiles', 'a grid');
  if (alphas.some(({ bitDepth, chroma }) => bitDepth !== first.bitDepth || chroma !== first.chroma)) {
    refuse('alpha of one bit depth and chroma format', 'several');
  }
  const grid = { ...source.grid, tiles: alphas.map(({ item }) => item) };
  return { kind: 'grid', size: source.size, bitDepth: first.bitDepth, chroma: first.chroma, grid };
}
