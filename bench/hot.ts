import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testImage } from '../test/pictures/test-images.ts';
import { answerTo, load } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { SILENT, startFloor, startService } from './program.ts';
import { signedRenders, uploadPicture } from './render-client.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const SECONDS = 2;
const WARM_SECONDS = 4;
/**
 * By connections. With one, both servers wake their client for each answer; with more, the faster server rarely does.
 */
const GOALS = new Map([
  [1, 0.7],
  [8, 0.4],
  [32, 0.4],
]);

/** A rendition of about the original's size. */
const THUMB = 'w=640&h=640&format=jpeg&q=92';

/** Measures one original, and one rendition, requested repeatedly. */
export async function hot(): Promise<readonly Measurement[]> {
  await using folder = await temporaryFolder();
  const environment = { ...SILENT, PRESETS: `thumb:${THUMB}` };
  await using service = await startService({ folder: folder.path, environment });
  const { origin } = service;
  const small = await testImage({ type: 'image/jpeg', width: 640, height: 440 });
  const original = `/images/${await uploadPicture(origin, small, 'image/jpeg')}`;

  const large = await testImage({ type: 'image/jpeg', width: 1_280, height: 960 });
  const id = await uploadPicture(origin, large, 'image/jpeg');
  const preset = await presetPath(origin, id);
  const [signed = ''] = await signedRenders(origin, [
    { image_id: id, ...Object.fromEntries(new URLSearchParams(THUMB)) },
  ]);
  const thumb = await answerTo(origin, { method: 'GET', path: preset });
  return [
    ...(await againstBuffer(small, [{ what: 'an original', origin, path: original }])),
    ...(await againstBuffer(thumb, [
      { what: 'a preset', origin, path: preset },
      { what: 'a signed rendition', origin, path: signed },
    ])),
  ];
}

/** The URL in the image's JSON, with its version. */
async function presetPath(origin: string, id: string): Promise<string> {
  const answer = await answerTo(origin, { method: 'GET', path: `/images/${id}/metadata` });
  const { renditions } = JSON.parse(answer.toString()) as { renditions: { thumb: string } };
  return renditions.thumb.slice(origin.length);
}

interface Subject {
  readonly what: string;
  readonly origin: string;
  readonly path: string;
}

/** A server of these bytes against a floor that has them in a buffer. */
async function againstBuffer(bytes: Buffer, subjects: readonly Subject[]): Promise<Measurement[]> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'image.jpg');
  await writeFile(file, bytes);
  await using program = await startFloor('hot', folder.path, [file]);
  const floor: Subject = { what: 'floor', origin: program.origin, path: '/' };
  const once = ({ origin, path }: Subject, connections: number, seconds = SECONDS) =>
    load({ origin, requests: [{ method: 'GET', path }], connections, seconds });

  for (const subject of [...subjects, floor]) {
    const came = await answerTo(subject.origin, { method: 'GET', path: subject.path });
    if (!came.equals(bytes)) throw new Error(`expected the same bytes of ${subject.what}; got others`);
    await once(subject, 32, WARM_SECONDS);
  }
  const measured: Measurement[] = [];
  for (const [connections, atLeast] of GOALS) {
    const contenders = Object.fromEntries(
      [...subjects, floor].map((one) => [one.what, async () => (await once(one, connections)).perSecond]),
    );
    const rounds = await alternate(ROUNDS, contenders);
    for (const { what } of subjects) {
      const size = `${Math.round(bytes.length / 1024)} kB`;
      const how = `hot, ${what} of ${size}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
      const pair = { subject: rounds[what] ?? [], floor: rounds[floor.what] ?? [] };
      measured.push(compare(how, pair, { unit: perSecond, goal: { atLeast } }));
    }
  }
  return measured;
}
