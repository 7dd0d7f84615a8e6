import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shareOut } from './clients.ts';
import { answerTo } from './load.ts';
import { processTree } from './memory.ts';
import { photographs } from './photographs.ts';
import { startFloor, startService } from './program.ts';
import { createPictureClient, signedRenders, uploadPicture } from './render-client.ts';
import { temporaryFolder } from './temporary-folder.ts';

const cpu = async (id: number) => {
  const t = await readFile(`/proc/${id}/stat`, 'utf8');
  const f = t.slice(t.lastIndexOf(')') + 2).split(' ');
  return (Number(f[11]) + Number(f[12])) * 10;
};
const N = 120;
const { all } = await photographs();
const sources = Array.from({ length: N }, (_, i) => all[i % all.length]!);
await using sf = await temporaryFolder();
await using ff = await temporaryFolder();
const files = sources.map((_, i) => join(ff.path, `${i}.jpg`));
for (const [i, f] of files.entries()) await writeFile(f, sources[i]!);
await using service = await startService({
  folder: sf.path,
  environment: { LOG_LEVEL: 'silent', NODE_OPTIONS: process.env['PROF'] ?? '', MAX_EVENT_LOOP_DELAY_MS: '20000' },
});
await using floor = await startFloor('transform', ff.path, ['2', ...files]);
for (const format of ['jpeg', 'jpeg', 'jpeg']) {
  const ids: string[] = [];
  await shareOut(sources, 2, async (b) => {
    ids.push(await uploadPicture(service.origin, b, 'image/jpeg'));
  });
  const paths = await signedRenders(
    service.origin,
    ids.map((image_id) => ({ image_id, w: 512, h: 512, format })),
  );
  using client = createPictureClient(service.origin);
  const tree = await processTree(service.id);
  const before = await Promise.all(tree.map(cpu));
  const own = process.cpuUsage();
  await shareOut(paths, 2, async (p) => {
    const a = await client.get(p);
    if (a.status !== 200) throw new Error(String(a.bytes));
  });
  const after = await Promise.all(tree.map(cpu));
  const ownAfter = process.cpuUsage(own);
  const fb = await cpu(floor.id);
  await answerTo(floor.origin, { method: 'GET', path: `/?format=${format}` });
  const fl = (await cpu(floor.id)) - fb;
  const [api = 0, ...kids] = after.map((v, i) => v - before[i]!);
  const kid = kids.reduce((a, b) => a + b, 0);
  console.log(
    format,
    'ms CPU each: api',
    (api / N).toFixed(1),
    'children',
    (kid / N).toFixed(1),
    'client',
    ((ownAfter.user + ownAfter.system) / 1000 / N).toFixed(1),
    'floor',
    (fl / N).toFixed(1),
    'ratio',
    (fl / (api + kid)).toFixed(2),
  );
}
