import type { Rejection } from '../../../domain/image/image.ts';
import type { Limits } from '../../limits.ts';
import { MARKER } from './jpeg-marker.ts';
import { count, tooCostly, unsound } from './rejection.ts';

/** The content of a frame header (ITU-T T.81, B.2.2). */
export interface JpegFrame {
  readonly isProgressive: boolean;
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
}

export interface Component {
  readonly id: number;
  /** Sampling factors, 1 to 4. */
  readonly across: number;
  readonly down: number;
}

export const isFrameHeader = (code: number): boolean =>
  code >= MARKER.baseline &&
  code <= MARKER.lastFrame &&
  code !== MARKER.huffmanTables &&
  code !== MARKER.reserved &&
  code !== MARKER.arithmeticConditioning;

const PROCESSES: Record<number, string> = {
  3: 'lossless',
  5: 'hierarchical',
  6: 'hierarchical',
  7: 'hierarchical',
  9: 'arithmetic coding',
  10: 'arithmetic coding',
  11: 'lossless',
};

/** The frame, or the reason why browsers don't show it. */
export function readFrame(code: number, data: Buffer): JpegFrame | Rejection {
  const process = code - MARKER.baseline;
  if (process > 2) {
    return unsound(`expected a baseline or progressive JPEG; got ${PROCESSES[process] ?? 'hierarchical'}`);
  }
  if (data.length < 6 || data.length !== 6 + 3 * (data[5] ?? 0)) {
    return unsound('expected a JPEG frame header as long as its components; got another length');
  }
  if (data[0] !== 8) return unsound(`expected a JPEG of 8 bits a sample; got ${data[0]}`);
  const height = data.readUInt16BE(1);
  const width = data.readUInt16BE(3);
  if (width === 0) return unsound('expected a JPEG at least one pixel wide; got 0');
  if (height === 0)
    return unsound('expected the height in the JPEG frame header; got 0, which leaves it to a DNL marker');

  const components = Array.from({ length: data[5] ?? 0 }, (_, index) => {
    const at = 6 + 3 * index;
    const factors = data[at + 1] ?? 0;
    return { id: data[at] ?? 0, across: factors >> 4, down: factors & 15 };
  });
  if (components.length === 0 || components.length > 4) {
    return unsound(`expected 1 to 4 components in a JPEG; got ${components.length}`);
  }
  if (components.some(({ across, down }) => Math.min(across, down) < 1 || Math.max(across, down) > 4)) {
    return unsound('expected JPEG sampling factors from 1 to 4; got others');
  }
  if (new Set(components.map(({ id }) => id)).size < components.length) {
    return unsound('expected JPEG components with ids of their own; got the same twice');
  }
  return { isProgressive: code === MARKER.progressive, width, height, components };
}

/** Blocks of 8x8 samples of one component in a non-interleaved scan (A.2.2). */
export function blocksOf({ across, down }: Component, { width, height, components }: JpegFrame): number {
  const maxAcross = Math.max(...components.map((one) => one.across));
  const maxDown = Math.max(...components.map((one) => one.down));
  return Math.ceil((width * across) / maxAcross / 8) * Math.ceil((height * down) / maxDown / 8);
}

/** Units of all components in an interleaved scan (A.2.3). */
export function unitsOf({ width, height, components }: JpegFrame): number {
  const maxAcross = Math.max(...components.map((one) => one.across));
  const maxDown = Math.max(...components.map((one) => one.down));
  return Math.ceil(width / maxAcross / 8) * Math.ceil(height / maxDown / 8);
}

/** Each of the 64 coefficients of a block takes two bytes (libjpeg, JCOEF). */
const BYTES_PER_BLOCK = 64 * 2;

/**
 * libjpeg shows a picture of several scans after the last of them, so it keeps all coefficients, whatever the size of
 * the result. Of a single scan it keeps one row of units.
 */
export function refuseCoefficients(
  frame: JpegFrame,
  fileBytes: number,
  { maxHeldJpegBytes }: Limits,
): Rejection | undefined {
  const { width, height, components, isProgressive } = frame;
  const blocksInUnit = components.reduce((sum, { across, down }) => sum + across * down, 0);
  const coefficients = unitsOf(frame) * blocksInUnit * BYTES_PER_BLOCK;
  const held = coefficients + fileBytes;
  if (held <= maxHeldJpegBytes) return undefined;
  const what = isProgressive ? 'a progressive JPEG' : 'a JPEG of several scans';
  const most = `at most ${count(maxHeldJpegBytes)} bytes for the file and the coefficients of ${what}`;
  const remedy = 'save it as a baseline JPEG, or with fewer pixels';
  const limit_pixels = Math.floor((width * height * (maxHeldJpegBytes - fileBytes)) / coefficients);
  return { ...tooCostly(`expected ${most}; got ${count(held)}: ${remedy}`), params: { width, height, limit_pixels } };
}
