import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { crc32c, crc64nvme } from './crc.ts';

const CHECK = Buffer.from('123456789');

describe('the published test vectors match', () => {
  it('for CRC-32C', () => {
    assert.equal(crc32c(CHECK), 0xe306_9283);
    // RFC 3720 B.4
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a91_36aa);
    assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8_ab43);
    assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, at) => at))), 0x46dd_794e);
  });

  it('for CRC-64/NVME', () => {
    assert.equal(crc64nvme(CHECK), 0xae8b_1486_0a79_9888n);
    // NVM Express NVM Command Set Specification, 64b CRC test cases
    assert.equal(crc64nvme(Buffer.alloc(4096)), 0x6482_d367_eb22_b64en);
    assert.equal(crc64nvme(Buffer.alloc(4096, 0xff)), 0xc0dd_ba73_02ec_a3acn);
  });

  it('for no bytes', () => assert.deepEqual([crc32c(Buffer.alloc(0)), crc64nvme(Buffer.alloc(0))], [0, 0n]));
});

it('a CRC computed in parts equals that of the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (one, other) => {
      const whole = Buffer.concat([one, other]);
      assert.equal(crc32c(other, crc32c(one)), crc32c(whole));
      assert.equal(crc64nvme(other, crc64nvme(one)), crc64nvme(whole));
    }),
  );
});
