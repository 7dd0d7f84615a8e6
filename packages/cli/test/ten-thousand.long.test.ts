import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture } from './pictures.ts';
import { openShell, type Shell, SOURCE } from './running-cli.ts';

const FILES = 10_000;
/** The size of each file, so that keeping their bytes would be seen. */
const BYTES = 8_192;
const FEW = 100;
/** Names, fingerprints and garbage that isn't collected yet. The bytes of all files are 80 MB. */
const MOST_MB = 48;

const [node = '', ...rest] = SOURCE;
/** Ends with the most memory that the program had, in KB (getrusage(2)). */
const MEASURED = [
  node,
  "--import=data:text/javascript,process.on('exit',()=>process._rawDebug('maxRSS',process.resourceUsage().maxRSS))",
  ...rest,
];

describe(`a folder of ${FILES} files`, () => {
  let service: RunningService;
  let shell: Shell;

  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_URL: service.origin, SAFELIGHT_USER: 'ada' });
    for (const [folder, count] of [
      ['many', FILES],
      ['few', FEW],
    ] as const) {
      await mkdir(join(shell.folder, folder));
      const bytes = Buffer.concat([picture(folder)], BYTES);
      for (let index = 0; index < count; index += 1) {
        bytes.writeUInt32BE(index, BYTES - 4);
        writeFileSync(join(shell.folder, folder, `${index}.png`), bytes);
      }
    }
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  for (const command of ['upload', 'sync']) {
    const run = async (folder: string, count: number): Promise<number> => {
      const { exitCode, stderr, json } = await shell.run([command, folder, '--dry-run', '--json'], {
        command: MEASURED,
      });
      assert.equal(exitCode, 0, stderr);
      const lines = json();
      assert.equal(new Set(lines.filter(({ event }) => event === 'planned').map(({ path }) => path)).size, count);
      assert.equal(lines.at(-1)?.['uploaded'], count);
      return Number(/maxRSS (\d+)/.exec(stderr)?.[1]) / 1024;
    };

    it(`${command} --dry-run plans every one, and needs little more memory than for ${FEW}`, async () => {
      const [few, many] = [await run('few', FEW), await run('many', FILES)];
      assert.ok(many - few < MOST_MB, `expected at most ${MOST_MB} MB more than ${few}; got ${many}`);
    });
  }
});
