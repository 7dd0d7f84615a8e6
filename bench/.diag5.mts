import { testImage } from '../packages/server/test/test-images.ts';
import { shareOut } from './clients.ts';
import { startService } from './program.ts';
import { createPictureClient, signedRenders, uploadPicture } from './render-client.ts';
import { temporaryFolder } from './temporary-folder.ts';

await using sf = await temporaryFolder();
await using service = await startService({
  folder: sf.path,
  environment: { LOG_LEVEL: 'silent', MAX_EVENT_LOOP_DELAY_MS: '20000', NODE_OPTIONS: process.env['PROF'] ?? '' },
});
const bytes = await testImage({ type: 'image/jpeg', width: 300, height: 200 });
const ids: string[] = [];
await shareOut(Array(100).keys(), 2, async () => {
  ids.push(await uploadPicture(service.origin, bytes, 'image/jpeg'));
});
const paths = await signedRenders(
  service.origin,
  Array.from({ length: 2000 }, (_, i) => ({ image_id: ids[i % 100]!, w: 50 + Math.floor(i / 100), format: 'jpeg' })),
);
using client = createPictureClient(service.origin);

import { readFile } from 'node:fs/promises';
import { processTree } from './memory.ts';

const cpu = async (id: number) => {
  const t = await readFile(`/proc/${id}/stat`, 'utf8');
  const f = t.slice(t.lastIndexOf(')') + 2).split(' ');
  return (Number(f[11]) + Number(f[12])) * 10;
};
const tree = await processTree(service.id);
const t = performance.now();
for (let from = 0; from < 2000; from += 250) {
  const b = await Promise.all(tree.map(cpu));
  const t0 = performance.now();
  await shareOut(paths.slice(from, from + 250), 2, async (p) => {
    const a = await client.get(p);
    if (a.status !== 200) throw new Error(String(a.bytes));
  });
  const a = await Promise.all(tree.map(cpu));
  console.log(
    from,
    'ms CPU each',
    a.map((v, i) => ((v - b[i]!) / 250).toFixed(2)).join(' '),
    'wall',
    ((performance.now() - t0) / 250).toFixed(2),
  );
}
