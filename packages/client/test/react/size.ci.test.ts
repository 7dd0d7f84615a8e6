import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const REACT = join(import.meta.dirname, '../../src/react');
const MAX_BYTES = 3 * 1_024;

it('the React entry has at most 3 KB, minified and compressed, beside React and the client', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(REACT, 'index.ts')],
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
  const bytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
  assert.ok(bytes > 1_000 && bytes <= MAX_BYTES, `${bytes} bytes`);
});
