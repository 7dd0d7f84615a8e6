import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cliCommand } from './cli-command.ts';

it('names the service, the user and the preset, each as one word of a shell', () => {
  const origin = 'https://images.example.org';
  assert.equal(
    cliCommand({ origin, user: undefined, preset: undefined }),
    'safelight get - --output . --url https://images.example.org < safelight-ids.txt',
  );
  assert.equal(
    cliCommand({ origin, user: "o'neil; rm -rf ~", preset: 'small' }),
    "safelight get - --output . --url https://images.example.org --user 'o'\\''neil; rm -rf ~' --preset small < safelight-ids.txt",
  );
});
