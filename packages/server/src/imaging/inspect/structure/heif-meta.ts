import type { Size } from '../../../domain/rendition/transform.ts';
import { type Box, boxesIn } from './heif-boxes.ts';

/** The content of the `meta` box. */
export interface Meta {
  readonly primary: number;
  readonly items: ReadonlyMap<number, Item>;
  /** The tiles of a grid and the alpha of a picture, by the item to which they belong. */
  readonly tiles: ReadonlyMap<number, readonly number[]>;
  readonly auxiliaries: ReadonlyMap<number, readonly number[]>;
  /** The pictures that an item of metadata describes. */
  readonly described: ReadonlyMap<number, readonly number[]>;
  readonly extents: ReadonlyMap<number, readonly Extent[]>;
  readonly sizes: ReadonlyMap<number, Size>;
  /** All properties of each item, in the order of its associations. */
  readonly properties: ReadonlyMap<number, readonly Property[]>;
  /** The data of the `idat` box. */
  readonly data: Buffer;
  /** The pictures whose colors are multiplied with their alpha. */
  readonly premultiplied: ReadonlySet<number>;
  /** Boxes that describe an item twice, of which each reader takes another, or that name a missing property. */
  readonly ambiguous: ReadonlySet<string>;
}

export interface Item {
  readonly type: string;
  /** A `mime` item has one, if it is not cut off. */
  readonly contentType?: string | undefined;
}

/** ISO/IEC 14496-12, 8.11.14. */
export interface Property {
  readonly type: string;
  readonly data: Buffer;
  /** A reader that doesn't know the property must not show the item. */
  readonly isEssential: boolean;
}

/** A part of an item's data, in the file or in the `idat` box. */
export interface Extent {
  readonly isInData: boolean;
  readonly at: number;
  readonly sizeBytes: number;
}

/** `message`: the expected and the found content of a `meta` box. */
export class UnsoundMeta extends Error {}

/** Limits that are checked before anything else. */
export interface MetaBounds {
  readonly maxItems: number;
  readonly maxProperties: number;
  readonly maxExtents: number;
  /** The limit of associations between items and properties. */
  readonly maxAssociations: number;
}

/** Parses ISO/IEC 14496-12, 8.11. Errors: `UnsoundMeta` if it ends early or exceeds a limit. */
export function readMeta(bytes: Buffer, bounds: MetaBounds): Meta {
  const boxes = children(bytes, { start: 4, end: bytes.length }, MAX_BOXES);
  const only = (type: string): Buffer => {
    const [box, ...others] = boxes.filter((one) => one.type === type);
    if (others.length > 0) throw new UnsoundMeta(`one ${type} box; got more`);
    return box ? bytes.subarray(box.at, box.end) : Buffer.alloc(0);
  };
  const pitm = only('pitm');
  const ambiguous = new Set<string>();
  const references = readReferences(only('iref'), bounds, ambiguous);
  const properties = readProperties(only('iprp'), bounds, ambiguous);
  return {
    primary: fieldAt(pitm, 4, version(pitm) === 0 ? 2 : 4),
    items: readItems(only('iinf'), bounds),
    tiles: references.get('dimg') ?? new Map(),
    auxiliaries: inverted(references.get('auxl') ?? new Map()),
    described: references.get('cdsc') ?? new Map(),
    extents: readLocations(only('iloc'), bounds, ambiguous),
    sizes: sizesIn(properties),
    properties,
    data: only('idat'),
    premultiplied: new Set(references.get('prem')?.keys()),
    ambiguous,
  };
}

const MAX_BOXES = 64;

function children(bytes: Buffer, { start, end }: { start: number; end: number }, maxBoxes: number): readonly Box[] {
  const boxes = boxesIn(bytes, start, end, maxBoxes);
  if (!boxes) throw new UnsoundMeta(`at most ${maxBoxes} boxes that fill the box they are in; got others`);
  return boxes;
}

const version = (box: Buffer): number => fieldAt(box, 0, 1);

function fieldAt(bytes: Buffer, at: number, sizeBytes: number): number {
  if (at + sizeBytes > bytes.length)
    throw new UnsoundMeta('fields that end inside their box; got one that goes beyond');
  if (sizeBytes === 0) return 0;
  return sizeBytes === 8 ? Number(bytes.readBigUInt64BE(at)) : bytes.readUIntBE(at, sizeBytes);
}

function requireAtMost(count: number, max: number, what: string): void {
  if (count > max) throw new UnsoundMeta(`at most ${max.toLocaleString('en-US')} ${what}; got more`);
}

function readItems(iinf: Buffer, { maxItems }: MetaBounds): Map<number, Item> {
  const start = version(iinf) === 0 ? 6 : 8;
  const items = new Map<number, Item>();
  requireAtMost(fieldAt(iinf, 4, start - 4), maxItems, 'items');
  for (const box of children(iinf, { start, end: iinf.length }, maxItems)) {
    const entry = iinf.subarray(box.at, box.end);
    const idBytes = version(entry) < 3 ? 2 : 4;
    if (box.type !== 'infe' || version(entry) < 2) continue; // older versions have no item type
    const id = fieldAt(entry, 4, idBytes);
    if (items.has(id)) throw new UnsoundMeta('every item once; got one twice');
    const type = fieldAt(entry, 6 + idBytes, 4) === 0 ? '' : entry.toString('latin1', 6 + idBytes, 10 + idBytes);
    items.set(id, { type, contentType: type === 'mime' ? contentTypeIn(entry, 10 + idBytes) : undefined });
  }
  return items;
}

/** Behind the name of the item, which ends with a NUL as it does. */
function contentTypeIn(entry: Buffer, nameAt: number): string | undefined {
  const at = entry.indexOf(0, nameAt) + 1;
  const end = at > 0 ? entry.indexOf(0, at) : -1;
  return end < 0 ? undefined : entry.toString('latin1', at, end);
}

type References = Map<number, readonly number[]>;

function readReferences(
  iref: Buffer,
  { maxItems }: MetaBounds,
  ambiguous: Set<string>,
): ReadonlyMap<string, References> {
  const byType = new Map<string, References>();
  if (iref.length === 0) return byType;
  const idBytes = version(iref) === 0 ? 2 : 4;
  let total = 0;
  for (const { type, at, end } of children(iref, { start: 4, end: iref.length }, maxItems)) {
    const box = iref.subarray(at, end);
    const count = fieldAt(box, idBytes, 2);
    total += count;
    requireAtMost(total, maxItems, 'references between items');
    const to = Array.from({ length: count }, (_, place) => fieldAt(box, idBytes + 2 + place * idBytes, idBytes));
    const references = byType.get(type) ?? new Map();
    byType.set(type, references);
    const from = fieldAt(box, 0, idBytes);
    if (type === 'dimg' && references.has(from)) ambiguous.add('iref');
    references.set(from, [...(references.get(from) ?? []), ...to]);
  }
  return byType;
}

function inverted(references: References): References {
  const all: References = new Map();
  for (const [from, to] of references) for (const id of to) all.set(id, [...(all.get(id) ?? []), from]);
  return all;
}

/** 8.11.3. */
function readLocations(
  iloc: Buffer,
  { maxItems, maxExtents }: MetaBounds,
  ambiguous: Set<string>,
): Map<number, readonly Extent[]> {
  const kind = version(iloc);
  const nibbles = fieldAt(iloc, 4, 2);
  const [offsetBytes, lengthBytes, baseBytes, indexBytes] = [12, 8, 4, 0].map((shift) => (nibbles >> shift) & 15) as [
    number,
    number,
    number,
    number,
  ];
  if ([offsetBytes, lengthBytes, baseBytes, indexBytes].some((bytes) => ![0, 4, 8].includes(bytes))) {
    throw new UnsoundMeta('an iloc box with fields of 0, 4 or 8 bytes; got others');
  }
  const idBytes = kind < 2 ? 2 : 4;
  const all = new Map<number, readonly Extent[]>();
  const count = fieldAt(iloc, 6, idBytes);
  requireAtMost(count, maxItems, 'items');
  let at = 6 + idBytes;
  const field = (sizeBytes: number): number => {
    at += sizeBytes;
    return fieldAt(iloc, at - sizeBytes, sizeBytes);
  };
  for (let left = count; left > 0; left--) {
    const id = field(idBytes);
    const method = kind === 0 ? 0 : field(2) & 15;
    if (method > 1) throw new UnsoundMeta('the data of an item in the file or in its idat box; got it in another item');
    field(2); // a reference to another file, which is not followed
    const base = field(baseBytes);
    const extents = field(2);
    requireAtMost(extents, maxExtents, 'parts of an item');
    const parts = Array.from({ length: extents }, (): Extent => {
      if (kind > 0) field(indexBytes);
      return { isInData: method === 1, at: base + field(offsetBytes), sizeBytes: field(lengthBytes) };
    });
    if (all.has(id)) ambiguous.add('iloc');
    all.set(id, parts);
  }
  return all;
}

/** The `ispe` property of each item. Errors: `UnsoundMeta` if browsers would show no picture. */
function sizesIn(properties: ReadonlyMap<number, readonly Property[]>): Map<number, Size> {
  const sizes = new Map<number, Size>();
  for (const [id, own] of properties) {
    requireDepth(own);
    for (const { type, data } of own) {
      if (type === 'ispe') sizes.set(id, { width: fieldAt(data, 4, 4), height: fieldAt(data, 8, 4) });
    }
  }
  return sizes;
}

/** 8.11.14: the boxes of `ipco` that `ipma` assigns to each item. */
function readProperties(
  iprp: Buffer,
  { maxItems, maxProperties, maxAssociations }: MetaBounds,
  ambiguous: Set<string>,
): Map<number, readonly Property[]> {
  const boxes = children(iprp, { start: 0, end: iprp.length }, MAX_BOXES);
  const ipco = boxes.find(({ type }) => type === 'ipco');
  const inside = ipco ? children(iprp, { start: ipco.at, end: ipco.end }, maxProperties) : [];
  const properties = inside.map(({ type, at, end }) => {
    const property = { type, data: iprp.subarray(at, end) };
    return { optional: { ...property, isEssential: false }, essential: { ...property, isEssential: true } };
  });
  let total = 0;
  const all = new Map<number, Property[]>();
  for (const box of boxes.filter(({ type }) => type === 'ipma')) {
    const ipma = iprp.subarray(box.at, box.end);
    const idBytes = version(ipma) === 0 ? 2 : 4;
    const indexBytes = (fieldAt(ipma, 3, 1) & 1) + 1;
    const count = fieldAt(ipma, 4, 4);
    requireAtMost(count, maxItems, 'items');
    let at = 8;
    for (let left = count; left > 0; left--) {
      const id = fieldAt(ipma, at, idBytes);
      const associations = fieldAt(ipma, at + idBytes, 1);
      at += idBytes + 1;
      total += associations;
      requireAtMost(total, maxAssociations, 'properties of all items');
      if (all.has(id)) ambiguous.add('ipma');
      const own = all.get(id) ?? [];
      all.set(id, own);
      for (let place = 0; place < associations; place++, at += indexBytes) {
        const value = fieldAt(ipma, at, indexBytes);
        const essential = indexBytes === 1 ? 0x80 : 0x8000;
        const index = value & (essential - 1); // 0: none
        const property = properties[index - 1];
        if (property) own.push((value & essential) === 0 ? property.optional : property.essential);
        else if (index > 0) ambiguous.add('ipma');
      }
    }
  }
  return all;
}

/** Browsers (libavif) show no picture with contradicting `pixi` and `av1C` boxes. */
function requireDepth(properties: readonly Property[]): void {
  const of = (type: string): Buffer | undefined => properties.find((one) => one.type === type)?.data;
  const [config, pixi] = [of('av1C'), of('pixi')];
  if (!config || !pixi) return;
  const flags = fieldAt(config, 2, 1);
  const bits = (flags & HIGH_BIT_DEPTH) === 0 ? 8 : (flags & TWELVE_BITS) === 0 ? 10 : 12;
  const channels = fieldAt(pixi, 4, 1);
  for (let channel = 0; channel < channels; channel++) {
    const got = fieldAt(pixi, 5 + channel, 1);
    if (got !== bits)
      throw new UnsoundMeta(`${bits} bits in every channel of its pixi box, as in its av1C box; got ${got}`);
  }
}

/** AV1 in ISOBMFF 2.3.3, the third byte. */
const HIGH_BIT_DEPTH = 0x40;
const TWELVE_BITS = 0x20;
