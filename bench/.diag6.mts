import { mkdtempSync, writeFileSync } from 'node:fs';
import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { planRendition } from '../packages/server/src/domain/plan-rendition.ts';
import { parseTransform } from '../packages/server/src/domain/transform-parameters.ts';
import { ENCODINGS } from '../packages/server/src/imaging/encodings.ts';
import { DEFAULT_LIMITS } from '../packages/server/src/imaging/limits.ts';
import { readHeader, restrictDecoder } from '../packages/server/src/imaging/pixels.ts';
import { render } from '../packages/server/src/imaging/render.ts';
import { photographs } from './photographs.ts';

restrictDecoder();
const { all } = await photographs();
const dir = mkdtempSync('/tmp/h/d6-');
const src = await Promise.all(
  all.map(async (b, i) => {
    const path = join(dir, `${i}.jpg`);
    writeFileSync(path, b);
    const m = (await sharp(path).metadata()).autoOrient;
    return { path, ...m, contentType: 'image/jpeg' as const };
  }),
);
const measure = async (what: string, n: number, f: (s: (typeof src)[0], i: number) => Promise<unknown>) => {
  for (let i = 0; i < 20; i++) await f(src[i % src.length]!, i);
  const b = process.cpuUsage();
  for (let i = 0; i < n; i++) await f(src[i % src.length]!, i + 100);
  const a = process.cpuUsage(b);
  console.log(what.padEnd(40), ((a.user + a.system) / 1000 / n).toFixed(2), 'ms CPU');
};
const format = process.argv[2] as 'jpeg';
for (let r = 0; r < 2; r++) {
  await measure('bare toFile', 100, (s) =>
    ENCODINGS[format]
      .encode(
        sharp(s.path, { failOn: 'truncated' })
          .autoOrient()
          .resize({ width: 512, height: 512, fit: 'inside', withoutEnlargement: true }),
        null,
      )
      .toFile(`${s.path}.out`),
  );
  await measure('bare fill, toBuffer', 100, (s) =>
    ENCODINGS[format]
      .encode(
        sharp(s.path, { failOn: 'truncated' })
          .autoOrient()
          .resize({ width: 512, height: 512, fit: 'inside', withoutEnlargement: true }),
        null,
      )
      .toBuffer(),
  );
  await measure('render()', 100, async (s, i) => {
    const recipe = planRendition(
      s,
      parseTransform(
        [
          ['w', '512'],
          ['h', '512'],
          ['format', format],
        ],
        (n) => n,
      ),
      { avif: false, webp: false },
    );
    const path = `${s.path}.${r}.${i}.x`;
    const [a] = await render({ source: s, outputs: [{ recipe, path }], limits: DEFAULT_LIMITS });
    if (a?.outcome !== 'made') throw new Error(JSON.stringify(a));
    await rm(path);
  });
  await measure('readHeader', 200, (s) => readHeader(s.path));
  await measure('access', 200, (s) => access(s.path));
  await measure('rm force absent', 200, (s) => rm(`${s.path}.none`, { force: true }));
  const buf = Buffer.alloc(40000);
  await measure('writeFile wx + rm', 200, async (s, i) => {
    await writeFile(`${s.path}.${i}.w`, buf, { flag: 'wx' });
    await rm(`${s.path}.${i}.w`);
  });
}
await rm(dir, { recursive: true });
