import type { Size } from '../../../../domain/rendition/transform.ts';
import type { Meta, Property } from '../heif-meta.ts';
import { refuse } from './heic-rejection.ts';
import type { Nclx } from './heic-source.ts';
import { readTransformations, type Transformation } from './heic-transformations.ts';

/** The properties of one item that is decoded. */
export interface HeicProperties {
  /** Before its transformations. */
  readonly size: Size;
  readonly transformations: readonly Transformation[];
  readonly configuration: Buffer | null;
  /** Bits of each channel; null: unknown. */
  readonly channels: readonly number[] | null;
  readonly icc: Buffer | null;
  readonly nclx: Nclx | null;
}

/** Decoders take the first or the last of several. */
const ONCE = ['hvcC', 'ispe', 'pixi', 'auxC', 'irot', 'imir', 'clap'];
/** All that may be essential: the others describe the picture. */
const KNOWN = new Set([
  ...ONCE,
  'colr',
  'pasp',
  'rloc',
  'clli',
  'mdcv',
  'cclv',
  'amve',
  'udes',
  'altt',
  'iscl',
  'ndwt',
]);

/** Errors: `HeicRejected`. */
export function readHeicProperties({ properties, sizes }: Meta, id: number): HeicProperties {
  const own = properties.get(id) ?? [];
  const unknown = own.find(({ type, isEssential }) => isEssential && !KNOWN.has(type));
  if (unknown) refuse('known essential properties', `${JSON.stringify(unknown.type)}`);
  for (const type of ONCE) {
    if (own.filter((one) => one.type === type).length > 1) refuse(`one ${type} box for each item`, 'more');
  }
  const size = sizes.get(id);
  if (!size || size.width === 0 || size.height === 0) refuse('a size (ispe) for each picture', 'none');
  const pixi = dataOf(own, 'pixi');
  return {
    size,
    transformations: readTransformations(own, size),
    configuration: dataOf(own, 'hvcC'),
    channels: pixi && readChannels(pixi),
    ...readColors(own),
  };
}

const dataOf = (properties: readonly Property[], type: string): Buffer | null =>
  properties.find((one) => one.type === type)?.data ?? null;

function readChannels(pixi: Buffer): readonly number[] {
  const channels = [...pixi.subarray(5)];
  if (channels.length === 0 || channels.length !== pixi[4]) refuse('a pixi box with bits for each channel', 'another');
  return channels;
}

const NCLX_BYTES = 11;

function readColors(properties: readonly Property[]): Pick<HeicProperties, 'icc' | 'nclx'> {
  const boxes = properties.filter(({ type }) => type === 'colr').map(({ data }) => data);
  const kindOf = (data: Buffer): string => data.toString('latin1', 0, 4);
  const profiles = boxes.filter((data) => ['prof', 'rICC'].includes(kindOf(data)));
  const codes = boxes.filter((data) => kindOf(data) === 'nclx');
  if (profiles.length > 1 || codes.length > 1) refuse('one color profile and one nclx box for each item', 'more');
  const [nclx] = codes;
  if (nclx && nclx.length !== NCLX_BYTES) refuse(`${NCLX_BYTES} bytes of data in the nclx box`, `${nclx.length}`);
  return {
    icc: profiles[0] && profiles[0].length > 4 ? profiles[0].subarray(4) : null, // an empty one is none
    nclx: nclx
      ? {
          primaries: nclx.readUInt16BE(4),
          transfer: nclx.readUInt16BE(6),
          matrix: nclx.readUInt16BE(8),
          isFullRange: (nclx.readUInt8(10) & 0x80) !== 0,
        }
      : null,
  };
}

const ALPHA = new Set([
  'urn:mpeg:avc:2015:auxid:1',
  'urn:mpeg:hevc:2015:auxid:1',
  'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha',
]);

/** The item that holds the alpha of another. Gain maps and depth maps are auxiliary pictures, too. */
export function alphaOf({ auxiliaries, properties }: Meta, id: number): number | undefined {
  const [alpha, ...others] = (auxiliaries.get(id) ?? []).filter((auxiliary) => {
    const auxC = dataOf(properties.get(auxiliary) ?? [], 'auxC');
    return auxC !== null && ALPHA.has(auxC.toString('latin1', 4).replace(/\0.*$/s, ''));
  });
  if (others.length > 0) refuse('one alpha picture for each picture', 'more');
  return alpha;
}
