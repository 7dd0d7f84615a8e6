import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { skipWithout } from '../../../../../test/servers/installed.ts';
import { cameraName } from '../../domain/facts/camera-name.ts';
import { MEDIA_TYPES, type MediaType } from '../../domain/image/media-type.ts';
import { refuseSignature } from '../inspect/signature.ts';
import { refuseStructure } from '../inspect/structure/structure.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { readFacts } from './read-facts.ts';

const FOLDERS = [process.env['CORPUS_DIR'], process.env['PICTURES_DIR']].filter((folder) => folder !== undefined);
const SKIP =
  FOLDERS.length > 0 ? skipWithout('exiftool') : 'set CORPUS_DIR or PICTURES_DIR to folders of real pictures';

/** Tags by the group and the name that exiftool gives them. */
type Tags = Readonly<Record<string, unknown>>;

/** Those of each file in the folder, by its path. exiftool reports a fault of any file by its exit code. */
async function tagsIn(folder: string): Promise<ReadonlyMap<string, Tags>> {
  const args = ['-n', '-j', '-G1', '-struct', '-m', '-r', folder];
  const { stdout } = await promisify(execFile)('exiftool', args, { maxBuffer: 1e8 }).catch(
    (error: { readonly stdout: string }) => error,
  );
  const all = JSON.parse(stdout) as readonly Tags[];
  return new Map(all.map((tags) => [String(tags['SourceFile']), tags]));
}

const text = (value: unknown): string | null =>
  value === undefined ? null : String(value).replace(/\s+/g, ' ').trim() || null;

/** exiftool writes dates of XMP as those of EXIF. */
const clock = (value: unknown): string | null =>
  text(value)?.replace(/^(\d{4}):(\d\d):(\d\d) (\S{8}).*$/, '$1-$2-$3T$4') ?? null;

function requireClose(got: number | null, tag: unknown): void {
  const expected = typeof tag === 'number' && tag > 0 ? tag : null;
  if (got === null || expected === null) assert.equal(got, expected);
  else assert.ok(Math.abs(got - expected) <= 1e-4 * Math.max(1, expected), `expected ${expected}; got ${got}`);
}

function requireSame(path: string, type: MediaType, tags: Tags): boolean {
  const { facts, details } = readFacts({ path, type });
  const date = [
    tags['ExifIFD:DateTimeOriginal'],
    tags['XMP-exif:DateTimeOriginal'],
    tags['XMP-photoshop:DateCreated'],
    tags['XMP-xmp:CreateDate'],
    tags['ExifIFD:CreateDate'],
    tags['GPS:GPSDateStamp'] && `${tags['GPS:GPSDateStamp']} ${tags['GPS:GPSTimeStamp']}`,
  ].find((value) => value !== undefined && value !== '');
  assert.equal(facts.taken?.at.slice(0, 19) ?? null, clock(date));
  if (tags['ExifIFD:OffsetTimeOriginal'] !== undefined)
    assert.equal(facts.taken?.offset, tags['ExifIFD:OffsetTimeOriginal']);
  assert.equal(
    facts.camera,
    cameraName(text(tags['IFD0:Make'] ?? tags['XMP-tiff:Make']), text(tags['IFD0:Model'] ?? tags['XMP-tiff:Model'])),
  );
  const lens = [tags['ExifIFD:LensModel'], tags['XMP-exifEX:LensModel'], tags['XMP-aux:Lens']];
  assert.equal(facts.lens, text(lens.find((value) => text(value) !== null)));
  requireClose(facts.exposure.seconds, tags['ExifIFD:ExposureTime']);
  requireClose(facts.exposure.fNumber, tags['ExifIFD:FNumber']);
  requireClose(facts.exposure.iso, tags['ExifIFD:ISO']);
  requireClose(facts.exposure.focalLength, tags['ExifIFD:FocalLength']);
  assert.equal(details?.title ?? null, text(tags['XMP-dc:Title']));
  assert.equal(details?.description ?? null, text(tags['XMP-dc:Description'] ?? tags['IFD0:ImageDescription']));
  assert.deepEqual(details?.keywords ?? [], [tags['XMP-dc:Subject'] ?? []].flat().map(String));
  assert.equal(details?.creator ?? null, text([tags['XMP-dc:Creator'] ?? tags['IFD0:Artist'] ?? []].flat().join(', ')));
  assert.equal(details?.copyright ?? null, text(tags['XMP-dc:Rights'] ?? tags['IFD0:Copyright']));
  const [latitude, longitude] = [tags['Composite:GPSLatitude'], tags['Composite:GPSLongitude']];
  const hasPosition =
    typeof latitude === 'number' && typeof longitude === 'number' && (latitude !== 0 || longitude !== 0);
  assert.equal(details?.position !== null && details?.position !== undefined, hasPosition);
  if (details?.position && hasPosition) {
    assert.ok(Math.abs(details.position.latitude - latitude) <= 1e-4);
    assert.ok(Math.abs(details.position.longitude - longitude) <= 1e-4);
  }
  assert.equal(
    facts.hasC2pa,
    Object.keys(tags).some((name) => name.startsWith('JUMBF:')),
  );
  return facts.taken !== null || details !== null || facts.camera !== null;
}

async function typeOf(path: string): Promise<MediaType | undefined> {
  for (const type of MEDIA_TYPES) if ((await refuseSignature(path, type)) === undefined) return type;
  return undefined;
}

describe('the facts of real pictures', { skip: SKIP }, () => {
  it('are what exiftool says', async () => {
    let says = 0;
    for (const folder of FOLDERS)
      for (const [path, tags] of await tagsIn(folder)) {
        if ('ExifTool:Error' in tags) continue; // it doesn't know the file
        const type = await typeOf(path);
        if (!type || (await refuseStructure(path, type, DEFAULT_LIMITS))) continue;
        try {
          if (requireSame(path, type, tags)) says += 1;
        } catch (cause) {
          throw new Error(`of ${path}, where exiftool says ${JSON.stringify(tags)}`, { cause });
        }
      }
    assert.ok(says > 10, `expected pictures that say something; got ${says}`);
  });
});
