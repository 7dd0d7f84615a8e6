import { crc32 } from 'node:zlib';

/** The test file of the anti-virus industry, in parts: as a whole it would make scanners delete this file. */
export const EICAR = Buffer.from(
  ['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!', '$H+H*'].join(''),
);

const FILLER_NAME = Buffer.from('filler');
const EICAR_NAME = Buffer.from('eicar.com');
const CHUNK = Buffer.alloc(65_536);

/** The bytes around two members: local headers, central directory, and its end. */
const OVERHEAD = 2 * (30 + 46) + 2 * (FILLER_NAME.length + EICAR_NAME.length) + 22;

/** The smallest that has both members. */
export const SMALLEST_ZIP = OVERHEAD + EICAR.length;

/**
 * A zip archive of `sizeBytes` bytes whose last member is EICAR, without compression: found only by a scanner that
 * looks at all of it. Scanners know EICAR as the hash of a whole file, so it has to be a member.
 */
export async function* zipWithEicar(sizeBytes: number): AsyncGenerator<Uint8Array, void, void> {
  const fillerBytes = Math.max(sizeBytes - SMALLEST_ZIP, 0);
  let crc = 0;
  for (const chunk of zeros(fillerBytes)) crc = crc32(chunk, crc);
  const filler = { name: FILLER_NAME, sizeBytes: fillerBytes, crc, offset: 0 };
  const eicar = {
    name: EICAR_NAME,
    sizeBytes: EICAR.length,
    crc: crc32(EICAR),
    offset: 30 + FILLER_NAME.length + fillerBytes,
  };
  yield localHeader(filler);
  yield* zeros(fillerBytes);
  yield localHeader(eicar);
  yield EICAR;
  const directory = Buffer.concat([directoryEntry(filler), directoryEntry(eicar)]);
  yield directory;
  yield endOf(directory.length, eicar.offset + 30 + EICAR_NAME.length + EICAR.length);
}

function* zeros(count: number): Generator<Uint8Array, void, void> {
  for (let left = count; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, Math.min(left, CHUNK.length));
}

interface Member {
  readonly name: Buffer;
  readonly sizeBytes: number;
  readonly crc: number;
  readonly offset: number;
}

/** APPNOTE.TXT 4.3.7: stored, on the first day of 1980. */
function localHeader({ name, sizeBytes, crc }: Member): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(0x21, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(sizeBytes, 18);
  header.writeUInt32LE(sizeBytes, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

/** APPNOTE.TXT 4.3.12. */
function directoryEntry({ name, sizeBytes, crc, offset }: Member): Buffer {
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(20, 4);
  entry.writeUInt16LE(20, 6);
  entry.writeUInt16LE(0x21, 14);
  entry.writeUInt32LE(crc, 16);
  entry.writeUInt32LE(sizeBytes, 20);
  entry.writeUInt32LE(sizeBytes, 24);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt32LE(offset, 42);
  return Buffer.concat([entry, name]);
}

/** APPNOTE.TXT 4.3.16. */
function endOf(directoryBytes: number, directoryOffset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(2, 8);
  end.writeUInt16LE(2, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(directoryOffset, 16);
  return end;
}
