import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { type CorpusFile, corpusFiles, NO_CORPUS } from './corpus.ts';
import { type Bitmap, meanDeltaE } from './delta-e.ts';
import { bitmapOf, NO_REFERENCE, readTags, referencePicture } from './reference-pictures.ts';
import { createTestService, json, ORIGIN, post, type TestService } from './service.ts';

const PRESETS = { thumb: 256, medium: 1024, large: 2048 } as const;
const FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;
type Format = (typeof FORMATS)[number];
/** Of a program that knows no modern format, an older browser, and a new one. */
const CLIENTS = ['*/*', 'image/webp,*/*', 'image/avif,image/webp,*/*'];

/** The side of what is compared pixel by pixel. */
const SIDE = 256;
/** Of larger renditions, a thumbnail is compared. */
const SMALL_SIDE = 64;

/** Two resizers differ this much at the very most, and a lossy encoder from what it was given. A wrong profile differs by 5 and more. */
const MAX_FROM_REFERENCE = 3;
const MAX_FROM_PNG = 6;

/** Rules of DESIGN 9: what `auto` makes AVIF of. */
const AVIF_MAX_PIXELS = 512 * 512;

/** What exiftool says of the file itself and of how its format frames the pixels: nothing a source could have brought along. */
const STRUCTURE = /^(ExifTool|System|File|Composite|JFIF|PNG|PNG-pHYs|RIFF|QuickTime|Meta):/;

interface Rendition {
  readonly bytes: Buffer;
  readonly format: Format;
}

const files = corpusFiles().filter(({ isAccepted }) => isAccepted);

/** Of one frame, as seen, at most `side` wide and high. */
function sizeWithin({ width, height, orientation }: CorpusFile, side: number) {
  const [across, down] = orientation >= 5 ? [height, width] : [width, height];
  const scale = Math.min(1, side / across, side / down);
  return { width: Math.max(1, Math.round(across * scale)), height: Math.max(1, Math.round(down * scale)) };
}

function autoFormat(file: CorpusFile, side: number, client: string, isTransparent: boolean): Format {
  const { width, height } = sizeWithin(file, side);
  const mayMove = file.type === 'image/gif' || file.type === 'image/webp';
  if (client.includes('avif') && !mayMove && width * height <= AVIF_MAX_PIXELS) return 'avif';
  if (client.includes('webp')) return 'webp';
  return isTransparent || file.type === 'image/png' || file.type === 'image/gif' ? 'png' : 'jpeg';
}

const isTransparent = ({ data }: Bitmap): boolean => data.some((value, at) => at % 4 === 3 && value < 255);

/** Its first frame; JPEG is on white, and so is the other. */
async function requireAlike(one: Rendition, png: Buffer, side: number, limit: number): Promise<void> {
  const seen = async (bytes: Buffer): Promise<Bitmap> => {
    const image = sharp(bytes).resize(side, side, { fit: 'inside', withoutEnlargement: true });
    return bitmapOf(await (one.format === 'jpeg' ? image.flatten({ background: 'white' }) : image).png().toBuffer());
  };
  const apart = meanDeltaE(await seen(one.bytes), await seen(png));
  assert.ok(apart <= limit, `expected ${one.format} within ${limit} of the PNG; came ${apart.toFixed(2)}`);
}

async function requireShape({ bytes, format }: Rendition, file: CorpusFile, side: number): Promise<void> {
  const source = await sharp(await readFile(file.path)).metadata();
  const made = await sharp(bytes).metadata();
  const isPlayed = format === 'webp' && (source.pages ?? 1) > 1;
  assert.deepEqual(
    {
      format: made.mediaType,
      ...{ width: made.width, height: made.pageHeight ?? made.height },
      ...{ frames: made.pages ?? 1, delay: made.delay, loop: made.loop },
    },
    {
      format: `image/${format}`,
      ...sizeWithin(file, side),
      ...{ frames: isPlayed ? source.pages : 1, delay: isPlayed ? source.delay : undefined },
      loop: isPlayed ? source.loop : undefined,
    },
  );
}

describe('renditions of the corpus', { skip: NO_CORPUS || NO_REFERENCE }, () => {
  let service: TestService;
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  const pictures = new Map<string, Bitmap>();

  before(async () => {
    service = await createTestService();
    folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await folder.remove();
  });

  async function upload({ path, type }: CorpusFile): Promise<string> {
    const answer = await service.request(
      '/images/upload?user_id=ada',
      post(new Uint8Array(await readFile(path)), type),
    );
    assert.equal(answer.status, 200, await answer.clone().text());
    return ((await answer.json()) as { image_id: string }).image_id;
  }

  /** What is answered; a copy in the folder, too. */
  async function have(name: string, url: string, init?: RequestInit): Promise<Rendition> {
    const answer = await service.send(url, init);
    assert.equal(answer.status, 200, answer.ok ? '' : await answer.clone().text());
    const bytes = Buffer.from(await answer.arrayBuffer());
    const format = FORMATS.find((one) => answer.headers.get('content-type') === `image/${one}`);
    assert.ok(format);
    await writeFile(join(folder.path, `${name.replaceAll(/[^\w.-]/g, '-')}.${format}`), bytes, { flag: 'wx' });
    return { bytes, format };
  }

  async function signed(file: CorpusFile, id: string, format: Format): Promise<Rendition> {
    const asked = json({ w: SIDE, h: SIDE, format });
    const link = (await (await service.request(`/images/${id}/render-url`, asked)).json()) as { url: string };
    return have(`${file.file}-signed`, link.url);
  }

  describe('are what was asked for, and look like their source', { concurrency: 2 }, () => {
    for (const file of files) {
      it(`${file.file}`, async () => {
        const id = await upload(file);
        const png = await signed(file, id, 'png');
        await requireShape(png, file, SIDE);
        const picture = await bitmapOf(png.bytes);
        pictures.set(file.file, picture);

        const reference = await referencePicture(file, { ...sizeWithin(file, SIDE), folder: folder.path });
        const apart = meanDeltaE(picture, reference);
        if (process.env['CORPUS_FIGURES']) console.log(`${apart.toFixed(2)} ${file.file}`);
        assert.ok(apart <= MAX_FROM_REFERENCE, `expected ${MAX_FROM_REFERENCE} from the reference; came ${apart}`);

        for (const format of ['jpeg', 'webp', 'avif'] as const) {
          const made = await signed(file, id, format);
          assert.equal(made.format, format);
          await requireShape(made, file, SIDE);
          await requireAlike(made, png.bytes, SIDE, MAX_FROM_PNG);
        }
        for (const [preset, side] of Object.entries(PRESETS)) {
          for (const client of CLIENTS) {
            const path = `${ORIGIN}/images/${id}/renditions/${preset}`;
            const made = await have(`${file.file}-${preset}-${client}`, path, { headers: { Accept: client } });
            assert.equal(made.format, autoFormat(file, side, client, isTransparent(reference)), `${preset} ${client}`);
            await requireShape(made, file, side);
            await requireAlike(made, png.bytes, SMALL_SIDE, MAX_FROM_PNG);
          }
        }
      });
    }
  });

  for (const shape of ['Landscape', 'Portrait']) {
    it(`are upright and alike, whichever way the source lies: ${shape}`, () => {
      const [first, ...others] = files.filter(({ file }) => file.startsWith(`orientation/${shape}_`));
      assert.equal(others.length, 7);
      const upright = pictures.get(first?.file ?? '');
      for (const { file } of others) {
        const picture = pictures.get(file);
        assert.ok(upright && picture);
        const apart = meanDeltaE(upright, picture);
        assert.ok(apart <= MAX_FROM_REFERENCE, `expected ${file} as ${first?.file}; came ${apart} apart`);
      }
    });
  }

  it('carry nothing but pixels', async () => {
    const source = files.find(({ file }) => file === 'gps/DSCN0010.jpg');
    const [brought] = await readTags(source?.path ?? '');
    assert.ok(brought?.names.some((name) => name.startsWith('GPS:') && !STRUCTURE.test(name)));

    const all = await readTags(join(folder.path));
    assert.ok(all.length >= files.length * (FORMATS.length + CLIENTS.length * Object.keys(PRESETS).length));
    const carried = all.flatMap(({ path, names }) =>
      names.filter((name) => !STRUCTURE.test(name)).map((name) => `${path} ${name}`),
    );
    assert.deepEqual(
      carried.filter((one) => !one.includes('-reference.png')),
      [],
    );
  });
});
