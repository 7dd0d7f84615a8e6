import type { Region, Size } from '../../domain/rendition/transform.ts';
import type { Transformation } from '../inspect/structure/heic/heic-transformations.ts';
import { asSeen, NO_TURN, regionBefore, type Turn, turned } from '../render/turn.ts';

/** What is shown of a stored picture: a part of it, which is then turned. */
export interface Shown {
  readonly region: Region;
  /** EXIF's, 1 to 8. */
  readonly orientation: number;
}

/**
 * The transformations of a HEIF item in their order (ISO/IEC 23008-12, 6.5.10 and 6.5.12; ISO/IEC 14496-12, 12.1.4).
 */
export function asStored(transformations: readonly Transformation[], size: Size): Shown {
  let turn: Turn = NO_TURN;
  let region: Region = { left: 0, top: 0, ...size };
  for (const one of transformations) {
    if (one.type === 'clap') region = inside(region, turn, one);
    else turn = turned(turn, one.type === 'irot' ? ROTATIONS[one.angle] : MIRRORS[one.axis]);
  }
  return { region, orientation: orientationOf(turn) };
}

/** A part of what is shown so far, in the pixels of the stored picture. */
function inside(shown: Region, turn: Turn, part: Region): Region {
  const before = regionBefore(part, turn, shown);
  return { ...before, left: shown.left + before.left, top: shown.top + before.top };
}

/** Counterclockwise, in quarters; as orientations 1, 8, 3 and 6. */
const ROTATIONS = { 0: NO_TURN, 1: asSeen(8), 2: asSeen(3), 3: asSeen(6) } as const;
/** 0: top and bottom change places; 1: left and right. */
const MIRRORS = { 0: asSeen(4), 1: asSeen(2) } as const;

function orientationOf(turn: Turn): number {
  const isSame = (other: Turn): boolean =>
    turn.flip === other.flip && turn.flop === other.flop && turn.quarter === other.quarter;
  return [1, 2, 3, 4, 5, 6, 7, 8].find((orientation) => isSame(asSeen(orientation))) ?? 1;
}
