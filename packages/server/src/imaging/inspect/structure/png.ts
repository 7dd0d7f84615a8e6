import type { Rejection } from '../../../domain/image/image.ts';
import { type Limits, refuseExtent } from '../../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { type Chunk, chunkAt, hasRightCrc, isCritical } from './png-chunk.ts';
import { type PngHeader, readPngHeader } from './png-header.ts';
import { inflatedBytes } from './png-text.ts';
import { animated, count, cutOff, refuseTrailer, tooCostly, unsound } from './rejection.ts';

interface State {
  readonly file: ByteWindow;
  readonly limits: Limits;
  header: PngHeader | undefined;
  hasPalette: boolean;
  /** IDAT chunks must be consecutive. */
  pixels: 'none' | 'coming' | 'over';
  metadataBytes: number;
  inflatedBytes: number;
}

const CUT_OFF = cutOff('expected a PNG that ends with its IEND chunk; got one that is cut off');

/** Walks every chunk. The decoder detects missing rows: libpng fails if they end early. */
export function refusePng(file: ByteWindow, limits: Limits): Rejection | undefined {
  const state: State = {
    file,
    limits,
    header: undefined,
    hasPalette: false,
    pixels: 'none',
    metadataBytes: 0,
    inflatedBytes: 0,
  };
  let at = 8;
  for (let chunks = 1; chunks <= limits.maxChunks; chunks++) {
    const chunk = chunkAt(file, at);
    if (!chunk) return CUT_OFF;
    const rejection = refuseChunk(state, chunk);
    if (rejection) return rejection;
    at = chunk.at + chunk.sizeBytes + 4;
    if (chunk.type === 'IEND') return refuseTrailer(file.sizeBytes - at, limits.maxTrailerBytes);
  }
  return tooCostly(`expected at most ${count(limits.maxChunks)} chunks in a PNG; got more`);
}

function refuseChunk(state: State, chunk: Chunk): Rejection | undefined {
  const { type } = chunk;
  if (!/^[A-Za-z]{4}$/.test(type))
    return unsound('expected the type of a PNG chunk to be four letters; got other bytes');
  if (!state.header && type !== 'IHDR') return unsound(`expected a PNG that begins with its IHDR chunk; got ${type}`);
  if (isCritical(type) && !hasRightCrc(state.file, chunk)) {
    return unsound(`expected a PNG whose ${type} chunk has the CRC of its bytes; got another CRC`);
  }
  if (state.pixels === 'coming' && type !== 'IDAT') state.pixels = 'over';
  return read(state, chunk);
}

function read(state: State, chunk: Chunk): Rejection | undefined {
  switch (chunk.type) {
    case 'IHDR':
      return readHeader(state, chunk);
    case 'PLTE':
      return readPalette(state, chunk);
    case 'IDAT':
      return readPixels(state);
    case 'IEND':
      return state.pixels === 'none' ? unsound('expected an IDAT chunk in a PNG; got none') : undefined;
    case 'acTL':
      return state.pixels === 'none' && !isOneFrame(state.file, chunk) ? ANIMATED : undefined;
    case 'fdAT':
      return ANIMATED;
    case 'tEXt':
    case 'eXIf':
      return readMetadata(state, chunk);
    case 'zTXt':
    case 'iTXt':
    case 'iCCP':
      return readMetadata(state, chunk) ?? readCompressed(state, chunk);
    default:
      return isCritical(chunk.type)
        ? unsound(`expected a critical PNG chunk that is known; got ${chunk.type}`)
        : undefined;
  }
}

function readHeader(state: State, { at, sizeBytes }: Chunk): Rejection | undefined {
  if (state.header) return unsound('expected one IHDR chunk in a PNG; got another');
  const header = readPngHeader(state.file.bytesAt(at, sizeBytes === 13 ? 13 : 0));
  if ('detail' in header) return header;
  state.header = header;
  const { width, height, channels, isInterlaced, decodedBytes } = header;
  const tooLarge = refuseExtent('image/png', { width, height, frames: 1, channels }, state.limits);
  if (tooLarge) return tooLarge;
  if (!isInterlaced || decodedBytes <= state.limits.maxInterlacedBytes) return undefined;
  return tooCostly(
    `expected at most ${count(state.limits.maxInterlacedBytes)} bytes of pixels in an interlaced PNG; got ${count(decodedBytes)}: save it without interlacing`,
  );
}

function readPalette(state: State, { sizeBytes }: Chunk): Rejection | undefined {
  if (state.hasPalette) return unsound('expected one PLTE chunk in a PNG; got another');
  if (state.pixels !== 'none') return unsound('expected the PLTE chunk of a PNG before its pixels; got it after');
  if (sizeBytes === 0 || sizeBytes > 768 || sizeBytes % 3 !== 0) {
    return unsound(`expected 1 to 256 colors of 3 bytes in a PLTE chunk; got ${count(sizeBytes)} bytes`);
  }
  state.hasPalette = true;
  return undefined;
}

function readPixels(state: State): Rejection | undefined {
  if (state.pixels === 'over')
    return unsound('expected the IDAT chunks of a PNG one after the other; got others between');
  if (state.header?.isIndexed && !state.hasPalette)
    return unsound('expected a PLTE chunk in a PNG of a palette; got none');
  state.pixels = 'coming';
  return undefined;
}

const ANIMATED = animated(
  'expected a PNG of one frame; got an animated PNG: convert it to an animated WebP or a GIF',
  'image/png',
);

const isOneFrame = (file: ByteWindow, { at, sizeBytes }: Chunk): boolean =>
  sizeBytes === 8 && file.bytesAt(at, 4).readUInt32BE(0) === 1;

function readMetadata(state: State, { sizeBytes }: Chunk): Rejection | undefined {
  const { maxMetadataBytes } = state.limits;
  state.metadataBytes += sizeBytes;
  if (state.metadataBytes <= maxMetadataBytes) return undefined;
  return tooCostly(`expected at most ${count(maxMetadataBytes)} bytes of metadata in a PNG; got more`);
}

function readCompressed(state: State, chunk: Chunk): Rejection | undefined {
  const { maxInflatedBytes } = state.limits;
  state.inflatedBytes += inflatedBytes(state.file, chunk, maxInflatedBytes - state.inflatedBytes);
  if (state.inflatedBytes <= maxInflatedBytes) return undefined;
  return tooCostly(
    `expected at most ${count(maxInflatedBytes)} bytes of compressed texts and profile in a PNG; got more`,
  );
}
