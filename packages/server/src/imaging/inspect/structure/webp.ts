import type { Rejection } from '../../../domain/image/image.ts';
import type { Size } from '../../../domain/rendition/transform.ts';
import { type Limits, refuseExtent } from '../../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { count, cutOff, refuseTrailer, tooCostly, unsound } from './rejection.ts';
import { BITSTREAM_HEAD_BYTES, bitstreamSize } from './webp-bitstream.ts';

interface State {
  readonly file: ByteWindow;
  readonly limits: Limits;
  chunks: number;
  /** Undefined without a VP8X chunk: then the picture has the size. */
  canvas: Canvas | undefined;
  hasAnimationHeader: boolean;
  /** Outside frames. */
  hasPicture: boolean;
  frames: number;
}

interface Canvas extends Size {
  readonly isAnimation: boolean;
  readonly hasAlpha: boolean;
}

interface Chunk {
  readonly type: string;
  /** The offset of its data. */
  readonly at: number;
  readonly sizeBytes: number;
  /** The offset of the next chunk. */
  readonly next: number;
}

const CUT_OFF = cutOff('expected a WebP of as many bytes as its RIFF header says; got one that is cut off');
const CUT_CHUNK = unsound('expected the chunks of a WebP to end where what they are in ends; got one that goes beyond');

const ANIMATION_FLAG = 0x02;
const ALPHA_FLAG = 0x10;
const CHUNK_HEAD_BYTES = 8;
const FRAME_HEAD_BYTES = 16;

/**
 * Walks each chunk and frame (RFC 9649) before libwebp reads them: its time to read a header grows with the square of
 * the number of frames, and it decodes frames with fewer pixels than they claim. libwebp itself detects missing pixels.
 */
export function refuseWebp(file: ByteWindow, limits: Limits): Rejection | undefined {
  const riff = file.bytesAt(0, 12);
  if (riff.length < 12) return CUT_OFF;
  const end = 8 + riff.readUInt32LE(4);
  if (end > file.sizeBytes) return CUT_OFF;
  const state: State = {
    file,
    limits,
    chunks: 0,
    canvas: undefined,
    hasAnimationHeader: false,
    hasPicture: false,
    frames: 0,
  };
  for (let at = 12; at < end; ) {
    const chunk = chunkAt(state, at, end);
    if ('detail' in chunk) return chunk;
    const rejection = readChunk(state, chunk);
    if (rejection) return rejection;
    at = chunk.next;
  }
  return refuseWhole(state) ?? refuseTrailer(file.sizeBytes - end, limits.maxTrailerBytes);
}

/** A padding byte at the end of the file may be missing. */
function chunkAt(state: State, at: number, end: number): Chunk | Rejection {
  const { maxChunks } = state.limits;
  if (++state.chunks > maxChunks) return tooCostly(`expected at most ${count(maxChunks)} chunks in a WebP; got more`);
  const head = state.file.bytesAt(at, CHUNK_HEAD_BYTES);
  if (at + CHUNK_HEAD_BYTES > end || head.length < CHUNK_HEAD_BYTES) return CUT_CHUNK;
  const sizeBytes = head.readUInt32LE(4);
  const data = at + CHUNK_HEAD_BYTES;
  if (data + sizeBytes > end) return CUT_CHUNK;
  return { type: head.toString('latin1', 0, 4), at: data, sizeBytes, next: data + sizeBytes + (sizeBytes % 2) };
}

function readChunk(state: State, chunk: Chunk): Rejection | undefined {
  if (state.chunks === 1 && !['VP8 ', 'VP8L', 'VP8X'].includes(chunk.type)) {
    return unsound('expected a WebP that begins with a VP8, VP8L or VP8X chunk; got another chunk');
  }
  switch (chunk.type) {
    case 'VP8X':
      return readCanvas(state, chunk);
    case 'ANIM':
      state.hasAnimationHeader = true;
      return undefined;
    case 'ANMF':
      return readFrame(state, chunk);
    case 'VP8 ':
    case 'VP8L':
      return readStill(state, chunk, chunk.type);
    case 'ALPH':
      if (state.canvas?.hasAlpha) return undefined;
      return unsound('expected the VP8X chunk of a WebP to announce its alpha chunk; got an alpha chunk without that');
    case 'ICCP':
      return refuseProfile(chunk);
    default:
      return undefined;
  }
}

function readCanvas(state: State, { at, sizeBytes }: Chunk): Rejection | undefined {
  if (state.chunks > 1) return unsound('expected one VP8X chunk, the first of a WebP; got another');
  if (sizeBytes !== 10) return unsound(`expected a VP8X chunk of 10 bytes; got ${sizeBytes}`);
  const data = state.file.bytesAt(at, 10);
  const flags = data.readUInt8(0);
  state.canvas = {
    width: data.readUIntLE(4, 3) + 1,
    height: data.readUIntLE(7, 3) + 1,
    isAnimation: (flags & ANIMATION_FLAG) !== 0,
    hasAlpha: (flags & ALPHA_FLAG) !== 0,
  };
  return refuseExtent('image/webp', { ...state.canvas, frames: 1, channels: 3 }, state.limits);
}

function readStill(state: State, chunk: Chunk, type: 'VP8 ' | 'VP8L'): Rejection | undefined {
  if (state.canvas?.isAnimation)
    return unsound('expected the pictures of an animated WebP in its frames; got one outside');
  if (state.hasPicture) return unsound('expected one picture in a WebP that is not animated; got another');
  state.hasPicture = true;
  return refusePicture(state, chunk, { type, size: state.canvas });
}

interface Expected {
  readonly type: 'VP8 ' | 'VP8L';
  /** Undefined if only the picture has it. */
  readonly size: Size | undefined;
}

function refusePicture(
  { file, limits }: State,
  { at, sizeBytes }: Chunk,
  { type, size }: Expected,
): Rejection | undefined {
  const got = bitstreamSize(type, file.bytesAt(at, Math.min(sizeBytes, BITSTREAM_HEAD_BYTES)));
  if (!got) return unsound(`expected a picture in the ${type.trim()} chunk of a WebP; got other bytes`);
  if (size && (got.width !== size.width || got.height !== size.height)) {
    return unsound(`expected a picture of ${sizeOf(size)} in a WebP, as it says before; got one of ${sizeOf(got)}`);
  }
  return refuseExtent('image/webp', { ...got, frames: 1, channels: 3 }, limits);
}

function readFrame(state: State, { at, sizeBytes }: Chunk): Rejection | undefined {
  const { file, limits, canvas } = state;
  if (!canvas?.isAnimation || !state.hasAnimationHeader) {
    return unsound(
      'expected a VP8X chunk that announces an animation and an ANIM chunk before the frames of a WebP; got neither or one',
    );
  }
  const frame = `frame ${count(++state.frames)}`;
  const tooMuch = refuseExtent('image/webp', { ...canvas, frames: state.frames, channels: 3 }, limits);
  if (tooMuch) return tooMuch;
  if (sizeBytes < FRAME_HEAD_BYTES)
    return unsound(`expected a WebP's ${frame} to have a header; got ${sizeBytes} bytes`);

  const head = file.bytesAt(at, FRAME_HEAD_BYTES);
  const [left, top] = [2 * head.readUIntLE(0, 3), 2 * head.readUIntLE(3, 3)];
  const size = { width: head.readUIntLE(6, 3) + 1, height: head.readUIntLE(9, 3) + 1 };
  if (left + size.width > canvas.width || top + size.height > canvas.height) {
    return unsound(`expected a WebP's ${frame} inside its ${sizeOf(canvas)} pixels; got one that goes beyond`);
  }
  return readFramePicture(state, { start: at + FRAME_HEAD_BYTES, end: at + sizeBytes, size, frame });
}

interface FrameData {
  readonly start: number;
  readonly end: number;
  readonly size: Size;
  /** For messages. */
  readonly frame: string;
}

function readFramePicture(state: State, { start, end, size, frame }: FrameData): Rejection | undefined {
  let pictures = 0;
  for (let at = start; at < end; ) {
    const chunk = chunkAt(state, at, end);
    if ('detail' in chunk) return chunk;
    const { type } = chunk;
    if (type === 'VP8 ' || type === 'VP8L') {
      pictures += 1;
      const rejection = refusePicture(state, chunk, { type, size });
      if (rejection) return rejection;
    }
    at = chunk.next;
  }
  return pictures === 1 ? undefined : unsound(`expected one picture in a WebP's ${frame}; got ${count(pictures)}`);
}

/** Color tables of printers have 3 MB; every decode reads the profile. */
const MAX_PROFILE_BYTES = 4 * 1_048_576;

const refuseProfile = ({ sizeBytes }: Chunk): Rejection | undefined =>
  sizeBytes <= MAX_PROFILE_BYTES
    ? undefined
    : tooCostly(`expected a color profile of at most ${count(MAX_PROFILE_BYTES)} bytes; got ${count(sizeBytes)}`);

function refuseWhole({ canvas, frames, hasPicture }: State): Rejection | undefined {
  if (canvas?.isAnimation) return frames > 0 ? undefined : unsound('expected a frame in an animated WebP; got none');
  return hasPicture ? undefined : unsound('expected a picture in a WebP; got none');
}

const sizeOf = ({ width, height }: Size): string => `${count(width)} x ${count(height)}`;
