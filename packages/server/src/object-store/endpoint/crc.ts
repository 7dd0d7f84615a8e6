/**
 * The two CRCs of S3 that node:zlib lacks, reflected, as running values like `zlib.crc32(data, value)`. Source: the
 * catalogue of parametrised CRC algorithms, CRC-32/ISCSI (RFC 3720 B.4) and CRC-64/NVME (NVM Express 64b CRC).
 */
export function crc32c(data: Uint8Array, value = 0): number {
  let crc = ~value;
  for (const byte of data) crc = (crc >>> 8) ^ (CASTAGNOLI[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

/** In two halves: a BigInt per byte would be twenty times as slow. */
export function crc64nvme(data: Uint8Array, value = 0n): bigint {
  let high = ~Number(value >> 32n);
  let low = ~Number(value & 0xffff_ffffn);
  for (const byte of data) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (NVME_LOW[index] ?? 0);
    high = (high >>> 8) ^ (NVME_HIGH[index] ?? 0);
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}

/** The CRC of each byte value, by the reflected polynomial. */
const tableOf = (polynomial: bigint): bigint[] =>
  Array.from({ length: 256 }, (_, byte) => {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    return crc;
  });

const CASTAGNOLI = Uint32Array.from(tableOf(0x82f6_3b78n), Number);

const NVME = tableOf(0x9a6c_9329_ac4b_c9b5n);
const NVME_HIGH = Uint32Array.from(NVME, (crc) => Number(crc >> 32n));
const NVME_LOW = Uint32Array.from(NVME, (crc) => Number(crc & 0xffff_ffffn));
