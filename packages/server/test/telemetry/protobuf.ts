/**
 * A message of Protocol Buffers by its field numbers, each with all of its values: numbers, or bytes that may be a
 * message in turn.
 */
export type Fields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

/** The fields of a message in the wire format, without schema: https://protobuf.dev/programming-guides/encoding */
export function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const valueIn = (wireType: number): bigint | Uint8Array => {
    if (wireType === 0) return varint();
    if (wireType === 1) return new DataView(take(8).slice().buffer).getBigUint64(0, true);
    if (wireType === 2) return take(Number(varint()));
    if (wireType === 5) return BigInt(new DataView(take(4).slice().buffer).getUint32(0, true));
    throw new Error(`expected a wire type of 0, 1, 2 or 5; got ${wireType}`);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const values = fields.get(tag >> 3) ?? [];
    values.push(valueIn(tag & 7));
    fields.set(tag >> 3, values);
  }
  return fields;
}

export const messagesIn = (fields: Fields, number: number): Fields[] => bytesIn(fields, number).map(fieldsOf);

export const bytesIn = (fields: Fields, number: number): Uint8Array[] =>
  (fields.get(number) ?? []).filter((value) => value instanceof Uint8Array);

export const textIn = (fields: Fields, number: number): string =>
  Buffer.from(bytesIn(fields, number)[0] ?? []).toString('utf8');

export const hexIn = (fields: Fields, number: number): string =>
  Buffer.from(bytesIn(fields, number)[0] ?? []).toString('hex');

export const numberIn = (fields: Fields, number: number): number => Number(fields.get(number)?.[0] ?? 0);
