import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseImageId } from '../../domain/image/image-id.ts';
import { readableName } from './readable-name.ts';

const id = parseImageId('01a1f8d3-ea00-7297-95d7-53bfca0b48fa') ?? assert.fail();

describe('the readable name of an original', () => {
  for (const [filename, said] of [
    ['holiday.jpg', 'holiday_'],
    ['../../etc/passwd', '.._.._etc_passwd_'],
    ['..', ''],
    ['a:b*c?.jpg', 'a_b_c_'],
    ['Größe 日本.jpeg', 'Größe_日本_'],
    ['con.jpg\u0000', 'con.jpg_'],
    [`${'x'.repeat(300)}.jpg`, `${'x'.repeat(50)}_`],
  ] as const)
    it(`stays in its folder and is unique: ${JSON.stringify(filename.slice(0, 20))}`, () => {
      const name = readableName({ id, filename, contentType: 'image/jpeg' });
      assert.match(name, new RegExp(`^2026-11-20_.*${id}\\.jpe?g$`));
      assert.doesNotMatch(name, /[/\\:*?"<>|\p{Cc}]/u);
      assert.ok(Buffer.byteLength(name) < 255);
      assert.ok(name.startsWith(`2026-11-20_${said}`), name);
    });
});
