import assert from 'node:assert/strict';
import { mkdtempDisposable, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type IssuerKey, issuerKey, signed } from './signed-tokens.fixture.ts';
import { claimsOf, createTestVerifier, refusedAs, secondsFromNow } from './verifier.fixture.ts';

const [OLD, NEW] = [issuerKey('old'), issuerKey('new')];
const write = (path: string, ...keys: readonly IssuerKey[]) =>
  writeFile(path, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
const tokenOf = (key: IssuerKey) => signed(key, claimsOf('ada', { exp: secondsFromNow(7 * 86_400) }));

describe('a file of keys', () => {
  it('is read again a second after it was read, if it changed', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-keys-'));
    const path = join(folder.path, 'jwks.json');
    await write(path, OLD);
    using verifier = createTestVerifier({ keys: { at: 'file', path } });
    await verifier.authenticate(tokenOf(OLD));
    await write(path, NEW);
    verifier.clock.offsetMs = 1_100;
    await verifier.authenticate(tokenOf(NEW));
    await assert.rejects(verifier.authenticate(tokenOf(OLD)), refusedAs('unknown-signing-key'));
  });

  it('that is broken or gone serves as it was for 24 hours, and the log says so', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-keys-'));
    const path = join(folder.path, 'jwks.json');
    await write(path, OLD);
    using verifier = createTestVerifier({ keys: { at: 'file', path } });
    await verifier.authenticate(tokenOf(OLD));
    await writeFile(path, '{"keys": [');
    verifier.clock.offsetMs = 3_000;
    await verifier.authenticate(tokenOf(OLD));
    await rm(path);
    verifier.clock.offsetMs = 23 * 3_600_000;
    await verifier.authenticate(tokenOf(OLD));
    assert.equal(verifier.warnings.length, 1);
    verifier.clock.offsetMs = 25 * 3_600_000;
    await assert.rejects(verifier.authenticate(tokenOf(OLD)), { code: 'unavailable' });
    await write(`${path}.new`, OLD);
    await rename(`${path}.new`, path);
    verifier.clock.offsetMs += 1_100;
    await verifier.authenticate(tokenOf(OLD));
  });

  it('of more than 256 KB is not read', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-keys-'));
    const path = join(folder.path, 'jwks.json');
    await writeFile(path, JSON.stringify({ keys: [OLD.jwk] }) + ' '.repeat(262_144));
    using verifier = createTestVerifier({ keys: { at: 'file', path } });
    await assert.rejects(verifier.authenticate(tokenOf(OLD)), { code: 'unavailable' });
    assert.match(verifier.warnings.join(), /expected at most 262144 bytes/);
  });
});
