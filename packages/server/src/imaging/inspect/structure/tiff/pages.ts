import type { Rejection } from '../../../../domain/image/image.ts';
import type { Limits } from '../../../limits.ts';
import { count, tooCostly, unsound } from '../rejection.ts';
import { type Directory, readDirectory, type Tiff } from './directory.ts';

/** All pages, of which the first is shown: libvips reads every directory to count them. */
export function readDirectories(tiff: Tiff, limits: Limits): readonly Directory[] | Rejection {
  const directories: Directory[] = [];
  const seen = new Set<number>();
  let valueBytes = 0;
  let fieldCount = 0;
  for (let at = tiff.first; at !== 0 || directories.length === 0; ) {
    if (seen.has(at)) return unsound('expected each directory of a TIFF once; got a loop of them');
    if (directories.length === limits.maxDirectories) {
      return tooCostly(`expected at most ${count(limits.maxDirectories)} pages in a TIFF; got more`);
    }
    seen.add(at);
    const directory = readDirectory(tiff, at);
    if ('detail' in directory) return directory;
    valueBytes += directory.valueBytes;
    if (valueBytes > limits.maxDirectoryBytes) {
      return tooCostly(
        `expected at most ${count(limits.maxDirectoryBytes)} bytes of metadata in a TIFF; got more: save it without layers`,
      );
    }
    fieldCount += directory.fieldCount;
    if (fieldCount > limits.maxFields) {
      return tooCostly(`expected at most ${count(limits.maxFields)} fields in all pages of a TIFF; got more`);
    }
    directories.push(directory);
    at = directory.next;
  }
  return directories;
}
