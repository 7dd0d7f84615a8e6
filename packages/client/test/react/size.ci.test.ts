import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const REACT = join(import.meta.dirname, '../../src/react');

/** Bytes of these parts, minified and compressed, beside React and the client. */
async function sizeOf(parts: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export ${parts} from './index.ts'`, resolveDir: REACT },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    external: ['react', 'react/jsx-runtime'],
    plugins: [
      {
        name: 'the client is external',
        setup(bundler) {
          bundler.onResolve({ filter: /^\./ }, ({ path, resolveDir }) =>
            join(resolveDir, dirname(path)).startsWith(REACT) ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

for (const [what, parts, mostKb] of [
  ['two hooks and a picture', '{ Picture, useImages, useUpload }', 3],
  ['everything', '*', 3.4],
] as const)
  it(`the React entry has at most ${mostKb} KB with ${what}, beside React and the client`, async () => {
    const bytes = await sizeOf(parts);
    assert.ok(bytes > 1_000 && bytes <= mostKb * 1_024, `${bytes} bytes`);
  });
