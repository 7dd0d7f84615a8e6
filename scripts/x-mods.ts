import { build } from 'esbuild';
const dir = '/work/c63/packages/client/test';
const { metafile } = await build({ stdin: { contents: "export * from '@safelight/client';", resolveDir: dir }, bundle: true, minify: true, write: false, metafile: true, outfile: 'x.js', format: 'esm', target: 'es2022', conditions: ['safelight-source'] });
for (const [n, { bytesInOutput }] of Object.entries(Object.values(metafile.outputs)[0].inputs).sort((a, b) => b[1].bytesInOutput - a[1].bytesInOutput)) console.log(bytesInOutput, n);
