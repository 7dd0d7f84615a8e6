import type { ByteWindow } from '../byte-window.ts';
import { itemData } from '../heif-item.ts';
import type { Meta } from '../heif-meta.ts';
import { count } from '../rejection.ts';
import { refuse, refuseCost } from './heic-rejection.ts';
import {
  type HevcConfiguration,
  MAX_SET_BYTES,
  type ParameterSet,
  type ParameterSetReader,
  readConfiguration,
} from './hevc-configuration.ts';
import { NAL_TYPE, type NalUnit, nalUnits } from './hevc-nal.ts';
import type { SequenceParameters } from './hevc-parameter-sets.ts';
import { type ActiveSets, MAX_HEADER_BYTES, readSliceHeader, type SliceHeader } from './hevc-slice.ts';

/** Level 6.2 has 600 slice segments. */
const MAX_UNITS = 1_024;
/** The limit of NAL units in all items together. */
const MAX_ALL_UNITS = 16_384;

interface HevcItemReader {
  /** The sequence parameters of the only picture of an item. */
  read(id: number, hvcC: Buffer): { readonly configuration: HevcConfiguration; readonly sequence: SequenceParameters };
}

/** Walks the NAL units of items, the headers of slices included. Errors: `HeicRejected`. */
export function createHevcItemReader(file: ByteWindow, meta: Meta, sets: ParameterSetReader): HevcItemReader {
  let allUnits = 0;
  return {
    read: (id, hvcC) => {
      const data = itemData(file, meta, id);
      const configuration = readConfiguration(hvcC, sets);
      const picture = createPictureWalk(configuration.sets);
      let units = 0;
      for (const unit of nalUnits(data, configuration.lengthBytes)) {
        if (++units > MAX_UNITS) refuseCost(`at most ${count(MAX_UNITS)} NAL units in an HEVC picture`, 'more');
        if (++allUnits > MAX_ALL_UNITS) refuseCost(`at most ${count(MAX_ALL_UNITS)} NAL units`, 'more');
        if (unit.type <= NAL_TYPE.lastPicture) picture.slice(unit, data);
        else picture.add(sets.read(unit.type, data.bytesAt(unit.at, Math.min(unit.sizeBytes, MAX_SET_BYTES + 1))));
      }
      return { configuration, sequence: picture.end() };
    },
  };
}

type Data = Pick<ReturnType<typeof itemData>, 'bytesAt' | 'viewAt'>;

function createPictureWalk(initial: readonly ParameterSet[]) {
  const sets = new Map<string, ParameterSet>();
  for (const set of initial) sets.set(`${set.kind} ${set.id}`, set);
  let last: SliceHeader | undefined;
  let type: number | undefined;
  const activeSets = (id: number): ActiveSets => {
    const picture = sets.get(`picture ${id}`);
    if (picture?.kind !== 'picture') refuse('slices whose parameter sets exist', `one with picture parameters ${id}`);
    const sequence = sets.get(`sequence ${picture.sequence}`);
    if (sequence?.kind !== 'sequence' || !sets.has(`video ${sequence.video}`)) {
      refuse('slices whose parameter sets exist', `one with picture parameters ${id}, which lack others`);
    }
    return { sequence, picture };
  };
  return {
    add(set: ParameterSet | undefined): void {
      if (!set) return;
      if (last) refuse('parameter sets before the slices of a picture', 'some behind');
      sets.set(`${set.kind} ${set.id}`, set);
    },
    slice(unit: NalUnit, data: Data): void {
      if (unit.type < NAL_TYPE.firstIntra || unit.type > NAL_TYPE.clean) {
        refuse('HEVC pictures without references to others (IDR or CRA)', `NAL units of type ${unit.type}`);
      }
      if (type !== undefined && unit.type !== type) refuse('one HEVC picture in an item', 'slices of two types');
      type = unit.type;
      const isInstant = type === NAL_TYPE.instant || type === NAL_TYPE.instantWithLeading;
      const head = data.bytesAt(unit.at, Math.min(unit.sizeBytes, MAX_HEADER_BYTES));
      const slice = readSliceHeader(head, isInstant, activeSets);
      requireOrder(slice, last);
      if (slice.headerBytes + Math.max(1, slice.dataBytes) > unit.sizeBytes) {
        refuse('slices with all of their data', 'one without');
      }
      requireNoStartCode(data, unit);
      last = slice;
    },
    end(): SequenceParameters {
      if (!last) refuse('slices in every HEVC picture', 'one without');
      return last.sequence;
    },
  };
}

function requireOrder(slice: SliceHeader, last: SliceHeader | undefined): void {
  if (slice.isFirst && last) refuse('one HEVC picture in an item', 'a second one');
  if (!slice.isFirst && !last) refuse('an HEVC picture from its first slice on', 'one without it');
  if (!last) return;
  if (slice.address <= last.address) refuse('slices in their order', 'one at the place of another');
  if (slice.picture !== last.picture) refuse('slices with the same parameter sets', 'others');
}

const PIECE_BYTES = 65_536;

/**
 * H.265, 7.4.2: encoders break up 00 00 00, 00 00 01 and 00 00 02 anywhere in a unit. They mean that data was
 * overwritten, most often with zeros. Zeros at the end of a unit are tolerated: some muxers leave them there.
 */
function requireNoStartCode({ bytesAt, viewAt }: Data, { at, sizeBytes }: NalUnit): void {
  for (let done = 0; done + 2 < sizeBytes; ) {
    const view = viewAt(at + done, Math.min(PIECE_BYTES, sizeBytes - done));
    const piece = view.length > 2 ? view : bytesAt(at + done, Math.min(PIECE_BYTES, sizeBytes - done));
    const place = startCodeIn(piece);
    if (place !== undefined) {
      const rest = sizeBytes - done - place;
      requireTrailing(bytesAt(at + done + place, Math.min(MAX_TRAILING_ZEROS + 1, rest)));
      return;
    }
    done += piece.length - 2;
  }
}

function requireTrailing(rest: Buffer): void {
  const isTrailing = rest.length <= MAX_TRAILING_ZEROS && rest.every((byte) => byte === 0);
  if (!isTrailing) refuse('slices without the byte sequences that H.265 excludes', 'zeros in one');
}

const MAX_TRAILING_ZEROS = 8;

/** Finds a start code: of three bytes in a row, one is at a multiple of three. */
function startCodeIn(bytes: Buffer): number | undefined {
  for (let at = 2; at < bytes.length; at += 3) {
    const byte = bytes[at] ?? 3;
    if (byte > 2) continue;
    if (bytes[at - 1] === 0 && bytes[at - 2] === 0) return at - 2;
    if (byte !== 0) continue;
    if (bytes[at - 1] === 0 && (bytes[at + 1] ?? 3) <= 2) return at - 1;
    if (bytes[at + 1] === 0 && (bytes[at + 2] ?? 3) <= 2) return at;
  }
  return undefined;
}
