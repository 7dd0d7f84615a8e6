import type { Rejection } from '../../../../domain/image/image.ts';
import { count, unsound } from '../rejection.ts';
import { type FaxBits, faxBits } from './fax-bits.ts';
import { type Changes, noChanges, readDifferences, readRuns } from './fax-rows.ts';
import type { CodedBlocks, TiffPicture } from './picture.ts';
import { COMPRESSION } from './tags.ts';

/** How the rows of a strip or a tile are coded. */
type FaxCoding = Pick<TiffPicture, 'compression' | 'isMixed' | 'blockWidth'>;

/** libtiff fills missing rows with white or with the row above, and warns; here each row is read. */
export function refuseFaxBlocks({ file, picture, blocks }: CodedBlocks): Rejection | undefined {
  for (const block of blocks) {
    const read = countRows(faxBits(file, block), block.rows, picture);
    if (read < block.rows) {
      return unsound(
        `expected ${count(block.rows)} rows in a CCITT strip or tile of a TIFF; got ${count(read)} and then corrupt data`,
      );
    }
  }
  return undefined;
}

/** The rows before the first damaged one. */
function countRows(bits: FaxBits, rows: number, coding: FaxCoding): number {
  const { compression, isMixed, blockWidth: width } = coding;
  let row = noChanges(width);
  let above = noChanges(width);
  const hasMarks = compression === COMPRESSION.faxGroup3 && skipMark(bits);
  for (let place = 0; place < rows; place++) {
    if (hasMarks && place > 0 && !skipMark(bits)) return place;
    const isWhole = readRow(bits, { row, above, width, isByDifference: isByDifference(bits, coding) });
    if (!isWhole || bits.isOver()) return place;
    if (compression === COMPRESSION.faxRows) bits.align();
    if (compression === COMPRESSION.faxGroup4 || isMixed) [row, above] = [above, row];
  }
  return rows;
}

function isByDifference(bits: FaxBits, { compression, isMixed }: FaxCoding): boolean {
  if (compression === COMPRESSION.faxGroup4) return true;
  if (compression !== COMPRESSION.faxGroup3 || !isMixed) return false;
  const isOneDimensional = bits.peek() >> 12 === 1;
  bits.skip(1);
  return !isOneDimensional;
}

interface Row {
  readonly row: Changes;
  readonly above: Changes;
  readonly width: number;
  readonly isByDifference: boolean;
}

const readRow = (bits: FaxBits, { row, above, width, isByDifference: isDifferent }: Row): boolean =>
  isDifferent ? readDifferences(bits, row, above, width) : readRuns(bits, row, width);

const MARK_ZEROS = 11;

/** Skips an end-of-line code: at least eleven zeros and a one. False if there is none. */
function skipMark(bits: FaxBits): boolean {
  if (bits.peek() >> (13 - MARK_ZEROS) !== 0) return false;
  while (bits.peek() >> 12 === 0) {
    if (bits.isOver()) return false;
    bits.skip(1);
  }
  bits.skip(1);
  return true;
}
