import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPassword, passwordText } from './password-text.ts';

describe('the text of a password', () => {
  it('has a salt of its own, and knows its password in either spelling', async () => {
    const [one, other] = [await passwordText('caf\u00e9 am Meer'), await passwordText('caf\u00e9 am Meer')];
    assert.match(one, /^scrypt\$14\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    assert.notEqual(one, other);
    assert.equal(await isPassword('cafe\u0301 am Meer', one), true);
    assert.equal(await isPassword('cafe am Meer', one), false);
    assert.equal(await isPassword('', one), false);
  });

  it('knows none if its form is another, or would cost too much', async () => {
    const text = await passwordText('correct horse');
    for (const other of [
      text.replace('$14$', '$24$'),
      text.replace('$8$1$', '$80$1$'),
      text.replace('$1$', '$16$'),
      text.slice(0, -1),
      text.replace('scrypt', 'argon2'),
      '',
    ])
      assert.equal(await isPassword('correct horse', other), false, other);
    assert.equal(await isPassword('correct horse', text), true);
  });
});
