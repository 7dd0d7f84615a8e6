import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const REPOSITORY = join(import.meta.dirname, '../../..');

/** Built packages, in a folder of their own: tests that build in `packages` at once would overwrite each other's `dist`. */
export interface Packs {
  /** Builds a package with its tsconfig.build.json, and resolves with the path of its pack. */
  pack(name: 'client' | 'cli'): Promise<string>;
}

/** The command line is built against the client that was packed before. */
export function packsIn(folder: string): Packs {
  return {
    async pack(name) {
      const source = join(REPOSITORY, 'packages', name);
      const place = join(folder, name);
      await mkdir(place, { recursive: true });
      for (const file of ['package.json', 'README.md']) await copyFile(join(source, file), join(place, file));
      const config = {
        extends: join(source, 'tsconfig.build.json'),
        compilerOptions: {
          rootDir: join(source, 'src'),
          outDir: join(place, 'dist'),
          typeRoots: [join(REPOSITORY, 'node_modules/@types')],
          ...(name === 'cli' && { paths: { '@safelight/client': [join(folder, 'client/dist/node.d.ts')] } }),
        },
        include: [join(source, 'src/**/*.ts'), join(source, 'src/**/*.tsx')],
        exclude: [join(source, 'src/**/*.test.ts')],
      };
      await writeFile(join(place, 'tsconfig.json'), JSON.stringify(config));
      await execute(join(REPOSITORY, 'node_modules/.bin/tsc'), ['-p', place]);
      const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
      const { stdout } = await execute('npm', packing, { cwd: place, maxBuffer: 16 * 1_048_576 });
      const [packed] = JSON.parse(stdout) as { readonly filename: string }[];
      return join(folder, packed?.filename ?? '');
    },
  };
}
