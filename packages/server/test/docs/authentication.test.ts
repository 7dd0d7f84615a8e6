import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadConfig } from '../../src/run/config/config.ts';

const GUIDE = await readFile(join(import.meta.dirname, '../../../../docs/authentication.md'), 'utf8');

/** The settings of a block that begins with `# .env`. */
const settingsIn = (block: string): Record<string, string> =>
  Object.fromEntries(
    [...block.matchAll(/^(?<name>[A-Z_]+)=(?<value>.*?)(?: +#.*)?$/gm)].map(({ groups = {} }) => [
      groups['name'] ?? '',
      groups['value'] ?? '',
    ]),
  );

const sections = GUIDE.split(/^### /m)
  .slice(1)
  .flatMap((section) => {
    const block = /^```sh\n# \.env\n(.*?)^```$/ms.exec(section)?.[1];
    return block === undefined ? [] : [{ title: section.split('\n', 1)[0] ?? '', settings: settingsIn(block) }];
  });

describe('docs/authentication.md', () => {
  it('has the settings of five issuers', () => {
    const issuers = ['Amazon Cognito', 'Auth0', 'Keycloak', 'Supabase', 'Firebase'];
    assert.deepEqual(
      sections.map(({ title }) => title).filter((title) => issuers.includes(title)),
      issuers,
    );
  });

  for (const { title, settings } of sections.filter(({ settings: { AUTH } }) => AUTH === 'jwt')) {
    it(`has settings that the service accepts: ${title}`, () => {
      const { config } = loadConfig(settings);
      assert.equal(config.jwt?.rules.issuer, settings['JWT_ISSUER']);
      assert.deepEqual(config.jwt?.rules.audience, [settings['JWT_AUDIENCE']]);
      assert.equal(config.jwt?.keys?.at, title === 'Supabase' ? 'url' : 'issuer');
    });
  }
});
