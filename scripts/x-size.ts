import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
const dir = '/work/c63/packages/client/test';
for (const s of ["import { createClient } from '@safelight/client'; globalThis.client = createClient();","export * from '@safelight/client';"]) {
  const { outputFiles } = await build({ stdin: { contents: s, resolveDir: dir }, bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', conditions: ['safelight-source'] });
  console.log(gzipSync(outputFiles[0].contents, { level: 9 }).length, 14.5*1024, 17.5*1024);
}
