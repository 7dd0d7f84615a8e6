/** Lengths of the record of the end, and of the 64-bit one with its locator (APPNOTE 4.3.14 to 4.3.16). */
const [END_BYTES, LONG_END_BYTES] = [22, 76];
const [MAX_16, MAX_32] = [0xffff, 0xffffffff];

/**
 * The zip with the number of its files. client-zip writes an end of 64 bits only if sizes need it: of 65,535 files and
 * more that are small, programs would find a part, and call the zip damaged. `count` is asked at the end.
 */
export async function* withEndOf(count: () => number, zip: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  let passedBytes = 0;
  for await (const chunk of zip) {
    if (held) {
      passedBytes += held.length;
      yield held;
    }
    held = chunk;
  }
  if (held) yield* longEnd(count(), Buffer.from(held), passedBytes);
  if (held) yield held;
}

/** What precedes the `end` that is written at `at`, if that needs it and doesn't have it. */
function* longEnd(count: number, end: Buffer, at: number): Generator<Uint8Array> {
  if (end.length !== END_BYTES) throw new Error(`expected a zip's end of ${END_BYTES} bytes; got ${end.length}`);
  const [directoryBytes, directoryAt] = [end.readUInt32LE(12), end.readUInt32LE(16)];
  if (count < MAX_16 || directoryAt === MAX_32) return; // with 4 GB before the directory it is there
  const long = Buffer.alloc(LONG_END_BYTES);
  long.writeUInt32LE(0x06064b50, 0);
  long.writeBigUInt64LE(44n, 4); // the rest of the record
  long.writeUInt16LE(45, 12);
  long.writeUInt16LE(45, 14);
  for (const offset of [24, 32]) long.writeBigUInt64LE(BigInt(count), offset);
  long.writeBigUInt64LE(BigInt(directoryBytes), 40);
  long.writeBigUInt64LE(BigInt(directoryAt), 48);
  long.writeUInt32LE(0x07064b50, 56);
  long.writeBigUInt64LE(BigInt(at), 64);
  long.writeUInt32LE(1, 72);
  yield long;
}
