import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { createCredential } from './credential.ts';

describe('a token', () => {
  const SECRET = 'safelight_secret';
  for (const [what, token] of [
    ['a line break', `${SECRET}\nx-evil: 1`],
    ['a letter beyond ASCII', `${SECRET}é`],
    ['a space', `Bearer ${SECRET}`],
    ['nothing', ' \n'],
    ['no text', undefined as unknown as string],
  ] as const)
    it(`with ${what} is refused, and isn't in the error`, async () => {
      for (const source of [token, async () => token]) {
        if (source === undefined) continue;
        await assert.rejects(
          createCredential(source)?.current() ?? assert.fail(),
          (error: Error & { code: string }) => {
            assert.equal(error.code, 'no-token');
            assert.ok(!('cause' in error));
            assert.ok(!inspect(error).includes(SECRET));
            return true;
          },
        );
      }
    });

  it('that is an object, or an error, says what the function gave', async () => {
    const object = (async () => ({ token: SECRET })) as unknown as () => Promise<string>;
    for (const [source, message] of [
      [object, 'expected a token of visible ASCII characters; got no string but: object'],
      [
        () => Promise.reject(new Error('status 401')),
        'expected a token; got an error of the function that makes tokens: Error: status 401',
      ],
    ] as const)
      await assert.rejects(createCredential(source)?.current() ?? assert.fail(), { code: 'no-token', message });
  });

  it('loses the line break at its end', async () => {
    assert.equal(await createCredential(() => `${SECRET}\n`)?.current(), SECRET);
  });

  it('that never comes is a timeout, and the next request calls the function again', async () => {
    const answers = [new Promise<string>(() => undefined), Promise.resolve(SECRET)];
    const credential = createCredential(() => answers.shift() ?? '', { waitMs: 20 });
    const keepingAlive = setTimeout(() => undefined, 60_000); // the timer of a deadline doesn't
    await assert.rejects(credential?.current() ?? assert.fail(), {
      code: 'timeout',
      message: /expected a token within/,
    });
    assert.equal(await credential?.current(), SECRET);
    clearTimeout(keepingAlive);
  });
});
