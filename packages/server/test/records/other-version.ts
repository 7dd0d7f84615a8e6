import { cp, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../..');
/** Files that programs and fixtures read at run time. */
const COPIED = ['package.json', 'openapi.json', 'docs', 'packages', 'test'];

interface Change {
  /** Below `src/`. */
  readonly file: string;
  readonly search: string | RegExp;
  readonly replace: string;
}

/** The tag of images whose records only the later version can read. */
export const MOVED = 'moved';

/**
 * The next version of the records in DynamoDB: it writes an unknown attribute that changes with each revision, and
 * stores a field of some images under another name.
 */
const LATER: readonly Change[] = [
  {
    file: 'records/dynamodb/schema-version.ts',
    search: /const SCHEMA_VERSION = (\d+);/,
    replace: 'const SCHEMA_VERSION = $1 + 1;',
  },
  {
    file: 'records/dynamodb/schema-version.ts',
    search: /const COMMON_VERSION = \d+;/,
    replace: 'const COMMON_VERSION = SCHEMA_VERSION;',
  },
  {
    file: 'records/images/dynamodb/image-item.ts',
    search: /\n.*\.\.\.versionOf\(image\),/,
    replace: '$&\n  future: number(image.revision),',
  },
  {
    file: 'records/images/dynamodb/image-item.ts',
    search: /\n {2}'schemaVersion',/,
    replace: "$&\n  'future',",
  },
  {
    file: 'records/images/image-fields.ts',
    search: /placeholder: TEXT,/,
    replace: `placeholder: composed(
    { placeholder: TEXT.or(null), preview: TEXT.or(null) },
    {
      read: ({ placeholder, preview }) => preview ?? placeholder ?? unexpected('a placeholder', 'nothing'),
      write: (text, { tags }) =>
        tags.includes('${MOVED}') ? { placeholder: null, preview: text } : { placeholder: text, preview: null },
    },
  ),`,
  },
];

/**
 * The version before places in lists by capture, and months: it writes neither, and keeps attributes that it doesn't
 * know.
 */
const WITHOUT_PLACES: readonly Change[] = [
  { file: 'records/images/dynamodb/facets.ts', search: 'facet.place !== undefined', replace: 'false' },
  { file: 'records/images/dynamodb/image-item.ts', search: /\n.*g4p: \{ S: ownerPartition.*/, replace: '' },
  { file: 'records/images/dynamodb/image-item.ts', search: "\n  'g4p',\n  'g4s',", replace: '' },
  { file: 'records/images/dynamodb/image-item.ts', search: "\n  'placed',\n  'months',", replace: '' },
  { file: 'records/images/dynamodb/image-item.ts', search: "\n  'placed',\n  'months',", replace: '' },
  { file: 'records/images/dynamodb/image-item.ts', search: 'placed !== null', replace: 'false' },
  { file: 'records/images/dynamodb/image-item.ts', search: 'counted !== null', replace: 'false' },
  {
    file: 'records/usage/dynamodb/month-counts.ts',
    search: 'month === undefined && counted === null',
    replace: 'true',
  },
];

/** The version before uploads in parts: it takes each upload for one of a single request. */
const WITHOUT_PARTS: readonly Change[] = [
  {
    file: 'records/dynamodb/schema-version.ts',
    search: 'const SCHEMA_VERSION = 9;',
    replace: 'const SCHEMA_VERSION = 7;',
  },
  {
    file: 'records/images/image-fields.ts',
    search: 'const PARTS = textOf(storedParts,',
    replace: 'const PARTS = textOf((() => null) as unknown as typeof storedParts,',
  },
];

/** This service with other records: programs and fixtures, in their own folder. */
export interface OtherVersion extends AsyncDisposable {
  /** A module of its copy of this package. */
  load<Module>(path: string): Promise<Module>;
}

/** As it may be after its next change of records. */
export const createLaterVersion = (): Promise<OtherVersion> => createVersion(LATER);

export const createVersionWithoutPlaces = (): Promise<OtherVersion> => createVersion(WITHOUT_PLACES);

export const createVersionWithoutParts = (): Promise<OtherVersion> => createVersion(WITHOUT_PARTS);

async function createVersion(changes: readonly Change[]): Promise<OtherVersion> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-other-'));
  for (const name of COPIED) await cp(join(ROOT, name), join(folder.path, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
  const ours = join(folder.path, 'packages/server');
  for (const { file, search, replace } of changes) {
    const path = join(ours, 'src', file);
    const source = await readFile(path, 'utf8');
    const changed = source.replace(search, replace);
    if (changed === source) throw new Error(`expected ${search} in ${file}; found nothing`);
    await writeFile(path, changed);
  }
  return {
    load: (path) => import(join(ours, path)),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}
