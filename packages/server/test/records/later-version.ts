import { cp, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../..');
/** Files that programs and fixtures read at run time. */
const COPIED = ['package.json', 'openapi.json', 'docs', 'packages'];

/** The tag of images whose records only the later version can read. */
export const MOVED = 'moved';

/**
 * The next version of the records in DynamoDB: it writes an unknown attribute that changes with each revision, and stores a field of
 * some images under another name.
 */
const CHANGES: readonly { readonly file: string; readonly search: string | RegExp; readonly replace: string }[] = [
  {
    file: 'schema-version.ts',
    search: /const SCHEMA_VERSION = (\d+);/,
    replace: 'const SCHEMA_VERSION = $1 + 1;',
  },
  {
    file: 'schema-version.ts',
    search: /const COMMON_VERSION = \d+;/,
    replace: 'const COMMON_VERSION = SCHEMA_VERSION;',
  },
  {
    file: 'image-item.ts',
    search: /\n {2}\.\.\.versionedFor\(image\),/,
    replace: '$&\n  future: number(image.revision),',
  },
  { file: 'image-item.ts', search: /\n {2}'placeholder',/, replace: "$&\n  'preview',\n  'future'," },
  {
    file: 'image-item.ts',
    search: /placeholder: (\{ S: image\.placeholder \}),/,
    replace: `[image.tags.includes('${MOVED}') ? 'preview' : 'placeholder']: $1,`,
  },
  {
    file: 'image-item.ts',
    search: /placeholder: (text\(item, 'placeholder'\)),/,
    replace: "placeholder: optionalText(item, 'preview') ?? $1,",
  },
];

/** This service as it may be after its next change of records: programs and fixtures, in their own folder. */
export interface LaterVersion extends AsyncDisposable {
  /** A module of its copy of this package. */
  load<Module>(path: string): Promise<Module>;
}

export async function createLaterVersion(): Promise<LaterVersion> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-later-'));
  for (const name of COPIED) await cp(join(ROOT, name), join(folder.path, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
  const ours = join(folder.path, 'packages/server');
  for (const { file, search, replace } of CHANGES) {
    const path = join(ours, 'src/image-repository/dynamodb', file);
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
