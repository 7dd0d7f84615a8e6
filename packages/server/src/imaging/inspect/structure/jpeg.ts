import type { Rejection } from '../../../domain/image/image.ts';
import { type Limits, refuseExtent } from '../../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { type Coverage, createCoverage, type ScanHeader } from './jpeg-coverage.ts';
import { readScan, type SequentialScan } from './jpeg-entropy.ts';
import { blocksOf, isFrameHeader, type JpegFrame, readFrame, refuseCoefficients, unitsOf } from './jpeg-frame.ts';
import { type HuffmanCode, huffmanTable, STANDARD_CODES } from './jpeg-huffman.ts';
import { MARKER, type Marker, nextMarker } from './jpeg-marker.ts';
import { count, cutOff, refuseTrailer, tooCostly, unsound } from './rejection.ts';

/** The state after the segments so far. */
interface State {
  readonly file: ByteWindow;
  readonly limits: Limits;
  readonly refuseFrame: FrameCheck;
  readonly codes: Map<number, HuffmanCode>;
  restartInterval: number;
  frame: JpegFrame | undefined;
  coverage: Coverage | undefined;
  metadataBytes: number;
  /** The pixels of all scans, counted per component. */
  scanPixels: number;
}

/** Why a frame isn't the expected one. */
export type FrameCheck = (frame: JpegFrame) => Rejection | undefined;

const CUT_OFF = cutOff('expected a JPEG that ends with its EOI marker; got one that is cut off');

/**
 * Walks every segment and scan. It counts the units of a sequential scan. The decoder checks progressive scans, because
 * it reads all of them before the first row; the walk bounds their cost and checks that none is missing.
 */
export function refuseJpeg(
  file: ByteWindow,
  limits: Limits,
  refuseFrame: FrameCheck = () => undefined,
): Rejection | undefined {
  if (file.sizeBytes > limits.maxJpegBytes) {
    return tooCostly(`expected a JPEG of at most ${count(limits.maxJpegBytes)} bytes; got ${count(file.sizeBytes)}`);
  }
  const state: State = {
    file,
    limits,
    refuseFrame,
    codes: new Map(),
    restartInterval: 0,
    frame: undefined,
    coverage: undefined,
    metadataBytes: 0,
    scanPixels: 0,
  };
  let at = 2;
  for (let segments = 0; ; segments++) {
    if (segments > limits.maxSegments) {
      return tooCostly(`expected at most ${count(limits.maxSegments)} segments in a JPEG; got more`);
    }
    const marker = nextMarker(file, at);
    if (!marker) return CUT_OFF;
    if (marker.code === MARKER.endOfImage) return refuseEnd(state, marker);
    const end = segmentEnd(file, marker);
    if (end === undefined) return CUT_OFF;
    const next = readSegment(state, marker, end);
    if (typeof next !== 'number') return next;
    at = next;
  }
}

function segmentEnd(file: ByteWindow, { at, code }: Marker): number | undefined {
  if (code === MARKER.temporary || code === MARKER.startOfImage) return at + 2;
  const length = file.bytesAt(at + 2, 2);
  if (length.length < 2) return undefined;
  const end = at + 2 + Math.max(2, length.readUInt16BE(0));
  return end > file.sizeBytes ? undefined : end;
}

/** The next offset, or a rejection. */
function readSegment(state: State, { at, code }: Marker, end: number): number | Rejection {
  const data = (): Buffer => Buffer.from(state.file.bytesAt(at + 4, end - at - 4));
  if (isFrameHeader(code)) return readFrameSegment(state, code, data()) ?? end;
  switch (code) {
    case MARKER.startOfImage:
      return unsound('expected one SOI marker in a JPEG; got another inside');
    case MARKER.huffmanTables:
      return readTables(state, data()) ?? end;
    case MARKER.restartInterval:
      return readRestartInterval(state, data()) ?? end;
    case MARKER.startOfScan:
      return readScanSegment(state, data(), end);
    default:
      return readMetadata(state, end - at) ?? end;
  }
}

function readFrameSegment(state: State, code: number, data: Buffer): Rejection | undefined {
  if (state.frame) return unsound('expected one frame header in a JPEG; got another');
  const frame = readFrame(code, data);
  if ('detail' in frame) return frame;
  state.frame = frame;
  state.coverage = createCoverage(frame);
  const { width, height, components } = frame;
  const unexpected = state.refuseFrame(frame);
  if (unexpected) return unexpected;
  return refuseExtent('image/jpeg', { width, height, frames: 1, channels: components.length }, state.limits);
}

function readMetadata(state: State, sizeBytes: number): Rejection | undefined {
  const { maxMetadataBytes } = state.limits;
  state.metadataBytes += sizeBytes;
  if (state.metadataBytes <= maxMetadataBytes) return undefined;
  return tooCostly(`expected at most ${count(maxMetadataBytes)} bytes of metadata in a JPEG; got more`);
}

function readTables({ codes }: State, data: Buffer): Rejection | undefined {
  for (let at = 0; at < data.length; ) {
    const counts = [...data.subarray(at + 1, at + 17)];
    const total = counts.reduce((sum, one) => sum + one, 0);
    const symbols = data.subarray(at + 17, at + 17 + total);
    if (counts.length < 16 || total > 256 || symbols.length < total) {
      return unsound('expected Huffman tables as long as their segment; got another length');
    }
    codes.set(data[at] ?? 0, { counts, symbols });
    at += 17 + total;
  }
  return undefined;
}

function readRestartInterval(state: State, data: Buffer): Rejection | undefined {
  if (data.length !== 2) return unsound(`expected a DRI segment of 2 bytes in a JPEG; got ${data.length}`);
  state.restartInterval = data.readUInt16BE(0);
  return undefined;
}

function readScanSegment(state: State, data: Buffer, start: number): number | Rejection {
  const { file, frame, coverage, limits } = state;
  if (!frame || !coverage) return unsound('expected a frame header before the first scan of a JPEG; got none');
  const scan = readScanHeader(data, frame);
  if (!scan) return unsound('expected a JPEG scan header of components that its frame has; got another');

  const isOneOfSeveral = frame.isProgressive || scan.components.length < frame.components.length;
  const tooLarge = isOneOfSeveral ? refuseCoefficients(frame, file.sizeBytes, limits) : undefined;
  if (tooLarge) return tooLarge;

  const blocks = scan.components.reduce((sum, { component }) => sum + blocksOf(component, frame), 0);
  state.scanPixels += blocks * 64;
  if (state.scanPixels > limits.maxScanPixels) {
    return tooCostly(`expected at most ${count(limits.maxScanPixels)} pixels in all scans of a JPEG; got more`);
  }
  coverage.add(scan);
  if (frame.isProgressive) return start;

  const sequential = sequentialScan(state, scan, frame);
  if (!sequential) return unsound('expected Huffman tables that are whole for each component of a JPEG; got others');
  const result = readScan(file, start, sequential);
  if (result.outcome === 'whole') return result.end;
  const detail = `expected ${count(sequential.units)} coded units in a scan of a JPEG; got ${count(result.units)}`;
  return result.outcome === 'short' ? cutOff(`${detail}: it is cut off`) : unsound(`${detail} and then corrupt data`);
}

function readScanHeader(data: Buffer, { components }: JpegFrame): ScanHeader | undefined {
  const total = data[0] ?? 0;
  if (total < 1 || total > 4 || data.length !== 4 + 2 * total) return undefined;
  const own = Array.from({ length: total }, (_, index) => {
    const component = components.find(({ id }) => id === data[1 + 2 * index]);
    const tables = data[2 + 2 * index] ?? 0;
    return component ? [{ component, dc: tables >> 4, ac: tables & 15 }] : [];
  }).flat();
  if (new Set(own.map(({ component }) => component)).size < total) return undefined;
  const [from = 0, to = 0, bits = 0] = data.subarray(1 + 2 * total);
  return { components: own, from, to, low: bits & 15 };
}

/** Undefined if a table is missing or invalid. */
function sequentialScan(
  { codes, restartInterval }: State,
  { components }: ScanHeader,
  frame: JpegFrame,
): SequentialScan | undefined {
  const table = (key: number) => {
    const code = codes.get(key) ?? STANDARD_CODES[key];
    return code && huffmanTable(code);
  };
  const blocks = components.flatMap(({ component, dc, ac }) => {
    const [dcTable, acTable] = [table(dc), table(0x10 | ac)];
    const blocksInUnit = components.length === 1 ? 1 : component.across * component.down;
    return dcTable && acTable ? Array.from({ length: blocksInUnit }, () => ({ dc: dcTable, ac: acTable })) : [];
  });
  const [alone] = components;
  const units = components.length === 1 && alone ? blocksOf(alone.component, frame) : unitsOf(frame);
  const expected = components.reduce((sum, { component: { across, down } }) => sum + across * down, 0);
  const isWhole = blocks.length === (components.length === 1 ? 1 : expected);
  return isWhole ? { units, blocks, restartInterval } : undefined;
}

function refuseEnd({ file, limits, frame, coverage, scanPixels }: State, { at }: Marker): Rejection | undefined {
  if (!frame || !coverage || scanPixels === 0) return unsound('expected a scan in a JPEG; got none');
  if (!coverage.isComplete()) {
    const what = frame.isProgressive ? 'every bit of every coefficient' : 'every component';
    return unsound(`expected scans of ${what} of a JPEG; got fewer`);
  }
  return refuseTrailer(file.sizeBytes - at - 2, limits.maxCameraTrailerBytes);
}
