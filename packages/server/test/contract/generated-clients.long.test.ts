import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { build } from 'esbuild';
import { patientFetch } from '../../../../test/acceptance/patience.ts';
import type { Given, Journey } from '../../../../test/contract-tools/clients/journey.ts';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { CLIENTS, NO_CONTRACT_TOOLS, PACKAGES, REPOSITORY, runTool, runTsc } from './contract-tools.ts';

const CONTRACT = join(REPOSITORY, 'openapi.json');

interface Generation {
  /** An empty folder, which also is the working folder. */
  readonly folder: string;
  readonly origin: string;
}

/** Each generates a client into `generated/`. */
const GENERATORS: { readonly [name: string]: (generation: Generation) => Promise<void> } = {
  'openapi-typescript': ({ folder }) =>
    runTool('openapi-typescript', [CONTRACT, '--output', 'generated/api.d.ts'], folder),

  'hey-api': ({ folder }) =>
    runTool('hey-api', ['--input', CONTRACT, '--output', 'generated', '--client', '@hey-api/client-fetch'], folder),

  async orval({ folder, origin }) {
    const output = { target: 'generated/api.ts', client: 'fetch', baseUrl: origin };
    // Its code for an operation with several types of body doesn't compile.
    const filters = { mode: 'exclude', tags: ['compatibility'] };
    const config = { safelight: { input: { target: CONTRACT, filters }, output } };
    await writeFile(join(folder, 'orval.config.mjs'), `export default ${JSON.stringify(config)};\n`);
    await runTool('orval', ['--config', 'orval.config.mjs'], folder);
  },
};

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    module: 'preserve',
    moduleResolution: 'bundler',
    types: [],
    strict: true,
    noEmit: true,
  },
  files: ['program.ts'],
};

/** A folder in which a generated client and its program are compiled. */
async function workFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `safelight-${name}-`));
  await mkdir(join(folder, 'generated'));
  await copyFile(join(CLIENTS, `${name}.ts`), join(folder, 'program.ts'));
  await copyFile(join(CLIENTS, 'journey.ts'), join(folder, 'journey.ts'));
  await symlink(PACKAGES, join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}\n');
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  return folder;
}

for (const [name, generate] of Object.entries(GENERATORS)) {
  describe(`a client by ${name}`, { skip: NO_CONTRACT_TOOLS }, () => {
    let service: RunningService;
    let folder: string;
    before(async () => {
      service = await startService({ LOG_LEVEL: 'silent' });
      folder = await workFolder(name);
      await generate({ folder, origin: service.origin });
    });
    after(async () => {
      await service[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    it("compiles with this repository's TypeScript and with version 5", async () => {
      await runTsc(['-p', '.'], folder);
      await runTool('tsc5', ['-p', '.'], folder);
    });

    it('grants, uploads, lists, reads and deletes a photograph', async () => {
      const outfile = join(folder, 'program.mjs');
      await build({
        entryPoints: [join(folder, 'program.ts')],
        outfile,
        bundle: true,
        format: 'esm',
        platform: 'node',
      });
      const photograph = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
      const { journey } = (await import(outfile)) as {
        journey(given: Given): Promise<Journey>;
      };

      const { imageId, directId, bytes, ...met } = await journey({
        origin: service.origin,
        photograph,
        send: patientFetch,
      });
      assert.deepEqual(Buffer.from(bytes), Buffer.from(photograph));
      assert.deepEqual(met, {
        sent: 200,
        directTags: ['sunset', 'beach'],
        listed: [directId, imageId],
        filenames: ['direct.jpg', 'image.jpg'],
        metadata: { camera: 'x' },
        width: 64,
        deletion: 'deleted',
        afterwards: 'image-not-found',
      });
    });
  });
}
