import type { Flip, Region, Rotation, Size } from '../../domain/rendition/transform.ts';

/**
 * One of the eight orientations of a rectangle, in sharp's order: mirrored, then a quarter turn clockwise. A half turn
 * is both mirrors.
 */
export interface Turn {
  /** Swaps top and bottom. */
  readonly flip: boolean;
  /** Swaps left and right. */
  readonly flop: boolean;
  readonly quarter: boolean;
}

export const NO_TURN: Turn = { flip: false, flop: false, quarter: false };

const FLOP: Turn = { flip: false, flop: true, quarter: false };
const FLIP: Turn = { flip: true, flop: false, quarter: false };
const QUARTER: Turn = { flip: false, flop: false, quarter: true };
const HALF: Turn = { flip: true, flop: true, quarter: false };

/** One turn followed by another. */
export function turned(first: Turn, second: Turn): Turn {
  // Mirroring after a quarter turn equals mirroring along the other axis before it.
  const [flip, flop] = first.quarter ? [second.flop, second.flip] : [second.flip, second.flop];
  const isHalf = first.quarter && second.quarter;
  return {
    flip: (first.flip !== flip) !== isHalf,
    flop: (first.flop !== flop) !== isHalf,
    quarter: first.quarter !== second.quarter,
  };
}

const ROTATIONS: Record<Rotation, Turn> = { 0: NO_TURN, 90: QUARTER, 180: HALF, 270: turned(HALF, QUARTER) };
const FLIPS: Record<Flip, Turn> = { none: NO_TURN, horizontal: FLOP, vertical: FLIP, both: HALF };

/** A recipe's turn of the displayed picture. */
export const asAsked = ({ rotate, flip }: { rotate: Rotation; flip: Flip }): Turn =>
  turned(ROTATIONS[rotate], FLIPS[flip]);

/** EXIF orientations 1 to 8 as turns to the displayed picture (TIFF 6.0, "Orientation"). */
const ORIENTATIONS = [
  NO_TURN,
  FLOP,
  HALF,
  FLIP,
  turned(QUARTER, FLOP),
  QUARTER,
  turned(ROTATIONS[270], FLOP),
  ROTATIONS[270],
];

export const asSeen = (orientation: number): Turn => ORIENTATIONS[orientation - 1] ?? NO_TURN;

/** Swaps width and height if there is a quarter turn, in either direction. */
export const turnedSize = ({ width, height }: Size, { quarter }: Turn): Size =>
  quarter ? { width: height, height: width } : { width, height };

/** The turn back. */
const undone = (turn: Turn): Turn => (turn.quarter ? { flip: !turn.flop, flop: !turn.flip, quarter: true } : turn);

/** The region of the turned picture that a region of the unturned one, of `size`, becomes. */
export const regionAfter = (region: Region, turn: Turn, size: Size): Region =>
  regionBefore(region, undone(turn), turnedSize(size, turn));

/** The region of the unturned picture, of `size`, that becomes a region of the turned one. */
export function regionBefore({ left, top, width, height }: Region, turn: Turn, size: Size): Region {
  const before = turn.quarter
    ? { left: top, top: size.height - left - width, width: height, height: width }
    : { left, top, width, height };
  return {
    ...before,
    left: turn.flop ? size.width - before.left - before.width : before.left,
    top: turn.flip ? size.height - before.top - before.height : before.top,
  };
}
