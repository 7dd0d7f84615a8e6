import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answerTo } from './load.ts';
import { photographs } from './photographs.ts';
import { startFloor } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const { all } = await photographs();
const N = 60;
await using ff = await temporaryFolder();
await using g1 = await temporaryFolder();
await using g2 = await temporaryFolder();
const files = await Promise.all(
  Array.from({ length: N }, async (_, i) => {
    const f = join(ff.path, `${i}.jpg`);
    await writeFile(f, all[i % all.length]!);
    return f;
  }),
);
await using one = await startFloor('transform', ff.path, ['2', ...files]);
await using a = await startFloor('transform', g1.path, ['1', ...files.slice(0, N / 2)]);
await using b = await startFloor('transform', g2.path, ['1', ...files.slice(N / 2)]);
for (const format of ['jpeg', 'webp'])
  for (let r = 0; r < 6; r++) {
    const t0 = performance.now();
    await answerTo(one.origin, { method: 'GET', path: `/?format=${format}` });
    const t1 = performance.now();
    await Promise.all([a, b].map((x) => answerTo(x.origin, { method: 'GET', path: `/?format=${format}` })));
    const t2 = performance.now();
    console.log(format, 'one process', ((N / (t1 - t0)) * 1000).toFixed(0), 'two', ((N / (t2 - t1)) * 1000).toFixed(0));
  }
