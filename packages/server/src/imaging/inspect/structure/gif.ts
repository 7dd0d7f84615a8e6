import type { Rejection } from '../../../domain/image/image.ts';
import { type Limits, refuseExtent } from '../../limits.ts';
import type { ByteWindow } from './byte-window.ts';
import { createPixelCount, type PixelCount } from './gif-lzw.ts';
import { count, cutOff, refuseTrailer, tooCostly, unsound } from './rejection.ts';

interface State {
  readonly file: ByteWindow;
  readonly limits: Limits;
  readonly width: number;
  readonly height: number;
  frames: number;
  extensions: number;
  subBlocks: number;
}

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
/** GIF89a 23. Browsers show no GIF with another size. */
const GRAPHIC_CONTROL = 0xf9;
const GRAPHIC_CONTROL_BYTES = 4;

/**
 * Without its trailer an animation may have lost frames, which nothing else would reveal; browsers show the rest.
 * Decoders also show frames whose data ends early, so the walk counts every frame's pixels.
 */
const CUT_OFF = cutOff('expected a GIF that ends with its trailer; got one that is cut off');

/** GIF89a 17 to 27. */
export function refuseGif(file: ByteWindow, limits: Limits): Rejection | undefined {
  const screen = file.bytesAt(6, 7);
  if (screen.length < 7) return CUT_OFF;
  const [width, height] = [screen.readUInt16LE(0), screen.readUInt16LE(2)];
  if (Math.min(width, height) === 0) return unsound(`expected a GIF of at least one pixel; got ${width} x ${height}`);
  const state: State = { file, limits, width, height, frames: 0, extensions: 0, subBlocks: 0 };

  for (let at = 13 + colorTableBytes(screen[4]); ; ) {
    const block = file.bytesAt(at, 1)[0];
    if (block === undefined) return CUT_OFF;
    if (block === TRAILER) return refuseEnd(state, at + 1);
    if (block !== EXTENSION && block !== IMAGE) {
      return unsound('expected an image, an extension or the trailer as the next block of a GIF; got other bytes');
    }
    const next = block === IMAGE ? readImage(state, at) : readExtension(state, at);
    if (typeof next !== 'number') return next;
    at = next;
  }
}

/** The next offset, or a rejection. */
function readExtension(state: State, at: number): number | Rejection {
  const { maxExtensions } = state.limits;
  if (++state.extensions > maxExtensions) {
    return tooCostly(`expected at most ${count(maxExtensions)} extensions in a GIF; got more`);
  }
  const [label, sizeBytes, end] = [1, 2, 3 + GRAPHIC_CONTROL_BYTES].map(
    (offset) => state.file.bytesAt(at + offset, 1)[0],
  );
  if (label === GRAPHIC_CONTROL && (sizeBytes !== GRAPHIC_CONTROL_BYTES || end !== 0)) {
    return unsound('expected 4 bytes in a graphic control extension of a GIF; got more or fewer');
  }
  return readSubBlocks(state, at + 2);
}

function readImage(state: State, at: number): number | Rejection {
  const { file, limits, width, height } = state;
  const head = file.bytesAt(at, 10);
  if (head.length < 10) return CUT_OFF;
  const frame = `frame ${count(++state.frames)}`;
  const [left, top, across, down] = [1, 3, 5, 7].map((offset) => head.readUInt16LE(offset));
  if (left === undefined || top === undefined || across === undefined || down === undefined) return CUT_OFF;
  if (across === 0 || down === 0) return unsound(`expected a GIF's ${frame} to have pixels; got ${across} x ${down}`);
  if (left + across > width || top + down > height) {
    const size = `${count(width)} x ${count(height)}`;
    return unsound(`expected a GIF's ${frame} inside its ${size} pixels; got one that goes beyond`);
  }
  const tooMuch = refuseExtent('image/gif', { width, height, frames: state.frames, channels: 4 }, limits);
  if (tooMuch) return tooMuch;

  const data = at + 10 + colorTableBytes(head[9]);
  const minCodeBits = file.bytesAt(data, 1)[0];
  if (minCodeBits === undefined) return CUT_OFF;
  if (minCodeBits < 1 || minCodeBits > 8) {
    return unsound(`expected LZW codes of 1 to 8 bits to begin with in a GIF; got ${minCodeBits}`);
  }
  const pixels = createPixelCount(minCodeBits, across * down);
  const next = readSubBlocks(state, data + 1, pixels);
  if (typeof next !== 'number' || pixels.outcome() === 'whole') return next;
  const got = `${count(pixels.pixels())}${pixels.outcome() === 'corrupt' ? ' and then corrupt data' : ''}`;
  return unsound(`expected ${count(across * down)} pixels in a GIF's ${frame}; got ${got}`);
}

/** The offset of the block after them. */
function readSubBlocks(state: State, start: number, pixels?: PixelCount): number | Rejection {
  const { file, limits } = state;
  for (let at = start; ; ) {
    const sizeBytes = file.bytesAt(at, 1)[0];
    if (sizeBytes === undefined) return CUT_OFF;
    if (sizeBytes === 0) return at + 1;
    if (++state.subBlocks > limits.maxSubBlocks) {
      return tooCostly(`expected at most ${count(limits.maxSubBlocks)} sub-blocks in a GIF; got more`);
    }
    pixels?.add(file.bytesAt(at + 1, sizeBytes));
    at += 1 + sizeBytes;
  }
}

function refuseEnd({ file, limits, frames }: State, end: number): Rejection | undefined {
  if (frames === 0) return unsound('expected a frame in a GIF; got none');
  return refuseTrailer(file.sizeBytes - end, limits.maxTrailerBytes);
}

/** GIF89a 18: the flag, and the exponent of the number of three-byte colors. */
const colorTableBytes = (flags = 0): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
