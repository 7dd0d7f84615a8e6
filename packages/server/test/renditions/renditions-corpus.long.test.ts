import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { type CorpusFile, corpusFiles, NO_CORPUS } from '../pictures/corpus.ts';
import { type Bitmap, meanDeltaE } from '../pictures/delta-e.ts';
import { bitmapOf, NO_REFERENCE, readTags, referencePicture } from '../pictures/reference-pictures.ts';
import { createTestService, json, ORIGIN, post, type TestService } from '../services/service.ts';

/**
 * By hand: CORPUS_FIGURES=1 CORPUS_DIR=... node --test packages/server/test/renditions/renditions-corpus.long.test.ts
 * prints the differences.
 */
const tell = (apart: number, what: string): void => {
  if (process.env['CORPUS_FIGURES']) console.log(`${apart.toFixed(2)} ${what}`);
};

const PRESETS = { thumb: 256, tile: 384, small: 512, medium: 1024, large: 2048 } as const;
const FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;
type Format = (typeof FORMATS)[number];
/** The Accept headers of a program without modern formats, an older browser, and a new one. */
const CLIENTS = ['*/*', 'image/webp,*/*', 'image/avif,image/webp,*/*'];
/**
 * Whom a preset of a file is for: the long tier has all; in CI each preset has one, which another file has for another
 * client.
 */
const clientsOf = (file: number, preset: number): readonly string[] =>
  isInRun('long') ? CLIENTS : [CLIENTS[(file + preset) % CLIENTS.length] ?? ''];
const CLIENTS_IN_RUN = clientsOf(0, 0).length;

/** The size of pictures that are compared pixel by pixel. */
const SIDE = 256;
/** Larger renditions are compared as thumbnails. */
const SMALL_SIDE = 64;

/**
 * The largest difference of two resizers, and of a lossy encoder to its input. A wrong profile differs by 5 and more.
 */
const MAX_FROM_REFERENCE = 3;
const MAX_FROM_PNG = 6;
/**
 * The upright files of the corpus have no profile, the others a generic one, and each was recompressed; a turned one
 * differs by 20.
 */
const MAX_FROM_UPRIGHT = 4;

/** The sources that `auto` turns into AVIF. */
const AVIF_MAX_PIXELS = 512 * 512;

/** exiftool's tags of the file and its pixel format. All other tags are metadata, which no rendition may have. */
const STRUCTURE = [
  /^(ExifTool|System|Composite):/,
  /^File:(FileType|FileTypeExtension|MIMEType|Image(Width|Height)|EncodingProcess|BitsPerSample|ColorComponents|YCbCrSubSampling)$/,
  /^JFIF:(JFIFVersion|ResolutionUnit|[XY]Resolution)$/,
  /^PNG:(Image(Width|Height)|BitDepth|ColorType|Compression|Filter|Interlace)$/,
  /^PNG-pHYs:/,
  /^RIFF:(WebP_Flags|VP8Version|Image(Width|Height)|(Horizontal|Vertical)Scale|Alpha(Compression|Filtering|Preprocessing))$/,
  /^RIFF:(BackgroundColor|AnimationLoopCount|Duration)$/,
  /^QuickTime:(MajorBrand|MinorVersion|CompatibleBrands|HandlerType|ImageSpatialExtent|ImagePixelDepth|AuxiliaryImageType)$/,
  /^QuickTime:(AV1ConfigurationVersion|Seq(Profile|LevelIdx0|Tier0)|HighBitDepth|TwelveBit|InitialDelaySamples)$/,
  /^QuickTime:(Chroma(Format|SamplePosition)|MediaData(Offset|Size)?)$/,
  /^Meta:PrimaryItemReference$/,
];

const isStructure = (name: string): boolean => STRUCTURE.some((pattern) => pattern.test(name));

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Rendition {
  readonly name: string;
  readonly bytes: Buffer;
  readonly format: Format;
}

const files = corpusFiles().filter(({ isAccepted }) => isAccepted);

/** The size of one frame, as displayed, at most `side` wide and high. */
function sizeWithin({ width, height, orientation }: CorpusFile, side: number): Size {
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

/** Its first frame, at this size; JPEG is on white, and so is the other. */
async function requireAlike(one: Rendition, png: Buffer, { width, height }: Size): Promise<void> {
  const seen = async (bytes: Buffer): Promise<Bitmap> => {
    const image = sharp(bytes).resize({ width, height, fit: 'fill' });
    return bitmapOf(await (one.format === 'jpeg' ? image.flatten({ background: 'white' }) : image).png().toBuffer());
  };
  const apart = meanDeltaE(await seen(one.bytes), await seen(png));
  tell(apart, `${one.name} as ${one.format} at ${width} x ${height}`);
  assert.ok(apart <= MAX_FROM_PNG, `expected ${one.format} within ${MAX_FROM_PNG} of the PNG; got ${apart.toFixed(2)}`);
}

/** The playback of an animation: the duration of each picture, for any number of frames with it. */
async function playing(bytes: Buffer) {
  const { pages = 1, delay, loop } = await sharp(bytes).metadata();
  if (pages === 1) return { seenMs: [], loop: undefined };
  const seenMs: number[] = [];
  let before: Uint8Array | undefined;
  for (let page = 0; page < pages; page++) {
    const { data } = await bitmapOf(bytes, page);
    const isSame = before !== undefined && Buffer.compare(before, data) === 0;
    const last = isSame ? (seenMs.pop() ?? 0) : 0;
    seenMs.push(last + (delay?.[page] ?? 0));
    before = data;
  }
  return { seenMs, loop };
}

async function requireShape({ bytes, format }: Rendition, file: CorpusFile, side: number): Promise<void> {
  const made = await sharp(bytes).metadata();
  assert.equal(made.mediaType, `image/${format}`);
  assert.deepEqual({ width: made.width, height: made.pageHeight ?? made.height }, sizeWithin(file, side));
  const plays = await playing(bytes);
  if (format === 'webp') assert.deepEqual(plays, await playing(await readFile(file.path)));
  else assert.deepEqual(plays.seenMs, [], 'expected a still');
}

/** Half a minute of work on an idle machine: five hundred renditions. */
const TIMEOUT_MS = 400_000;

describe('renditions of the corpus', { skip: NO_CORPUS || NO_REFERENCE, timeout: TIMEOUT_MS }, () => {
  let service: TestService;
  /** The folder of every rendition and its reference. */
  let folder: string;
  let compared: string;
  const pictures = new Map<string, Bitmap>();

  before(async () => {
    service = await createTestService();
    folder = await mkdtemp(join(tmpdir(), 'safelight-'));
    compared = await mkdtemp(join(tmpdir(), 'safelight-'));
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    for (const path of [folder, compared]) await rm(path, { recursive: true });
  });

  async function upload({ path, type }: CorpusFile): Promise<string> {
    const answer = await service.request(
      '/images/upload?user_id=ada',
      post(new Uint8Array(await readFile(path)), type),
    );
    assert.equal(answer.status, 200, await answer.clone().text());
    return ((await answer.json()) as { image_id: string }).image_id;
  }

  /** The answer, with a copy in the folder. */
  async function have(name: string, url: string, init?: RequestInit): Promise<Rendition> {
    const answer = await service.send(url, init);
    assert.equal(answer.status, 200, answer.ok ? '' : await answer.clone().text());
    const bytes = Buffer.from(await answer.arrayBuffer());
    const format = FORMATS.find((one) => answer.headers.get('content-type') === `image/${one}`);
    assert.ok(format);
    await writeFile(join(folder, `${name.replaceAll(/[^\w.-]/g, '-')}.${format}`), bytes, { flag: 'wx' });
    return { name, bytes, format };
  }

  async function signed(file: CorpusFile, id: string, format: Format): Promise<Rendition> {
    const asked = json({ w: SIDE, h: SIDE, format });
    const link = (await (await service.request(`/images/${id}/render-url`, asked)).json()) as { url: string };
    return have(`${file.file}-signed`, link.url);
  }

  describe('match the request, and look like their source', { concurrency: 2, timeout: TIMEOUT_MS }, () => {
    for (const [nth, file] of files.entries()) {
      it(`${file.file}`, async () => {
        const id = await upload(file);
        const png = await signed(file, id, 'png');
        await requireShape(png, file, SIDE);
        const picture = await bitmapOf(png.bytes);
        pictures.set(file.file, picture);

        const reference = await referencePicture(file, { ...sizeWithin(file, SIDE), folder: compared });
        const apart = meanDeltaE(picture, reference);
        tell(apart, file.file);
        assert.ok(apart <= MAX_FROM_REFERENCE, `expected ${MAX_FROM_REFERENCE} from the reference; got ${apart}`);

        for (const format of ['jpeg', 'webp', 'avif'] as const) {
          const made = await signed(file, id, format);
          assert.equal(made.format, format);
          await requireShape(made, file, SIDE);
          await requireAlike(made, png.bytes, sizeWithin(file, SIDE));
        }
        for (const [index, [preset, side]] of Object.entries(PRESETS).entries()) {
          for (const client of clientsOf(nth, index)) {
            const path = `${ORIGIN}/images/${id}/renditions/${preset}`;
            const made = await have(`${file.file}-${preset}-${client}`, path, { headers: { Accept: client } });
            assert.equal(made.format, autoFormat(file, side, client, isTransparent(reference)), `${preset} ${client}`);
            await requireShape(made, file, side);
            await requireAlike(made, png.bytes, sizeWithin(file, SMALL_SIDE));
          }
        }
      });
    }
  });

  for (const shape of ['Landscape', 'Portrait']) {
    it(`are upright and equal for every orientation of the source: ${shape}`, () => {
      const [first, ...others] = files.filter(({ file }) => file.startsWith(`orientation/${shape}_`));
      assert.equal(others.length, 7);
      const upright = pictures.get(first?.file ?? '');
      for (const { file } of others) {
        const picture = pictures.get(file);
        assert.ok(upright && picture);
        const apart = meanDeltaE(upright, picture);
        tell(apart, `${file} from the first`);
        assert.ok(apart <= MAX_FROM_UPRIGHT, `expected ${file} as ${first?.file}; got ${apart} apart`);
      }
    });
  }

  it('contain pixels only', async () => {
    const source = files.find(({ file }) => file === 'gps/DSCN0010.jpg');
    const [brought] = await readTags(source?.path ?? '');
    assert.ok(brought?.names.some((name) => name.startsWith('GPS:') && !isStructure(name)));

    const all = await readTags(folder);
    assert.ok(all.length >= files.length * (FORMATS.length + CLIENTS_IN_RUN * Object.keys(PRESETS).length));
    const carried = all.flatMap(({ path, names }) =>
      names.filter((name) => !isStructure(name)).map((name) => `${path} ${name}`),
    );
    assert.deepEqual(carried, []);
  });
});
