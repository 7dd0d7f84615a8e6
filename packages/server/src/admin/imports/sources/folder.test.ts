import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtempDisposable, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import type { ImportSource, SourceEntry, SourceFault } from '../import-source.ts';
import { isFault } from '../import-source.ts';
import { type FolderSourceOptions, openFolderSource } from './folder.ts';
import { openFolderFiles } from './folder-files.ts';
import { parseUserPattern } from './user-pattern.ts';

const NEVER = new AbortController().signal;
const ONE = new Date('2019-05-04T10:00:00Z');

interface Folder extends AsyncDisposable {
  /** The source's own folder; beside it are other files. */
  readonly dir: string;
  put(path: string, content: string | Uint8Array): Promise<void>;
  open(options?: Partial<FolderSourceOptions>): Promise<ImportSource>;
}

async function createFolder(): Promise<Folder> {
  const temporary = await mkdtempDisposable(join(tmpdir(), 'safelight-source-'));
  const dir = join(temporary.path, 'source');
  await mkdir(dir);
  return {
    dir,
    async put(path, content) {
      const file = join(dir, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      await utimes(file, ONE, ONE);
    },
    open: (options) => openFolderSource({ dir, userOf: () => 'ada', dateFrom: 'picture', ...options }),
    [Symbol.asyncDispose]: () => temporary.remove(),
  };
}

async function split(source: ImportSource) {
  const found: (SourceEntry | SourceFault)[] = await Array.fromAsync(source.entries());
  return {
    entries: found.filter((one): one is SourceEntry => !isFault(one)),
    faults: Object.fromEntries(found.filter(isFault).map(({ path, fault }) => [path, fault])),
  };
}

const xmp = (content: string): string => `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/">${content}</rdf:Description>
</rdf:RDF></x:xmpmeta>`;

const text = (property: string, value: string): string =>
  `<${property}><rdf:Alt><rdf:li xml:lang="x-default">${value}</rdf:li></rdf:Alt></${property}>`;
const keywords = (...all: readonly string[]): string =>
  `<dc:subject><rdf:Bag>${all.map((one) => `<rdf:li>${one}</rdf:li>`).join('')}</rdf:Bag></dc:subject>`;

describe('a folder as a source', () => {
  it('has its pictures depth first, by the code units of names, with size, time and name', async () => {
    await using folder = await createFolder();
    for (const path of ['b/z.jpg', 'b/a/1.png', 'a.jpg', 'B.JPEG', 'c.tif', 'ü 写真.webp', 'b.gif', 'b/é.heic'])
      await folder.put(path, 'bytes');
    await using source = await folder.open();
    const { entries, faults } = await split(source);
    assert.deepEqual(faults, {});
    assert.deepEqual(
      entries.map(({ path }) => path),
      ['B.JPEG', 'a.jpg', 'b/a/1.png', 'b/z.jpg', 'b/é.heic', 'b.gif', 'c.tif', 'ü 写真.webp'],
    );
    assert.deepEqual(entries[2], {
      ...{ path: 'b/a/1.png', userId: 'ada', at: ONE, sizeBytes: 5, contentType: null, takenAt: null },
      ...{ description: { filename: '1.png' }, focalPoint: null, formerId: null, id: null },
    } satisfies SourceEntry);
    assert.equal(source.name, `folder:${folder.dir}`);
  });

  it('gives the bytes of an entry, and none once its file is gone', async () => {
    await using folder = await createFolder();
    await folder.put('a.jpg', Buffer.alloc(200_000, 7));
    await using source = await folder.open();
    const [entry] = (await split(source)).entries;
    assert.ok(entry);
    const chunks = await source.open(entry, NEVER);
    assert.deepEqual(Buffer.concat(await Array.fromAsync(chunks ?? [])), Buffer.alloc(200_000, 7));
    await rm(join(folder.dir, 'a.jpg'));
    assert.equal(await source.open(entry, NEVER), undefined);
    await symlink('/etc/hostname', join(folder.dir, 'a.jpg'));
    assert.equal(await source.open(entry, NEVER), undefined, 'a link that took its place');
  });

  it('leaves out hidden files and those of desktops and network drives, and tells all others', async () => {
    await using folder = await createFolder();
    for (const path of [
      '.DS_Store',
      '._a.jpg',
      '.trash/a.jpg',
      'Thumbs.db',
      'desktop.ini',
      'import-7a2830b0.ndjson',
      '@eaDir/a.jpg/thumb.jpg',
    ])
      await folder.put(path, 'x');
    await folder.put('notes.txt', 'x');
    await folder.put('plain', 'x');
    await folder.put('a.jpg', 'x');
    await folder.put('elsewhere/b.jpg', 'x');
    await symlink('a.jpg', join(folder.dir, 'link.jpg'));
    await symlink('/etc', join(folder.dir, 'etc'));
    await symlink('nowhere', join(folder.dir, 'broken.jpg'));
    execFileSync('mkfifo', [join(folder.dir, 'pipe.jpg')]);
    const server = createServer().listen(join(folder.dir, 'socket.jpg'));
    await using source = await folder.open();
    const { entries, faults } = await split(source);
    server.close();
    assert.deepEqual(
      entries.map(({ path }) => path),
      ['a.jpg', 'elsewhere/b.jpg'],
    );
    const picture = 'expected a picture, JPEG, PNG, WebP, GIF, AVIF, HEIC or TIFF, by its suffix; got another file';
    assert.deepEqual(faults, {
      'broken.jpg': 'expected a file; got a symbolic link',
      etc: 'expected a file; got a symbolic link',
      'link.jpg': 'expected a file; got a symbolic link',
      'notes.txt': picture,
      'pipe.jpg': 'expected a file; got a pipe',
      plain: picture,
      'socket.jpg': 'expected a file; got a socket',
    });
  });

  it('tells names that are no UTF-8, and cleans those that an image may not have', async () => {
    await using folder = await createFolder();
    await writeFile(
      Buffer.concat([Buffer.from(`${folder.dir}/`), Buffer.from([0x61, 0xff]), Buffer.from('.jpg')]),
      'x',
    );
    await folder.put('two\nlines.jpg', 'x');
    await folder.put('a\u202egpj.jpg', 'x');
    await folder.put('a\\b.jpg', 'x');
    await using source = await folder.open();
    const { entries, faults } = await split(source);
    assert.deepEqual(faults, { 'a\uFFFD.jpg': 'expected a name in UTF-8; got other bytes' });
    assert.deepEqual(
      entries.map(({ path, description }) => [path, description.filename]),
      [
        ['a\\b.jpg', 'a\\b.jpg'],
        ['a\u202egpj.jpg', 'a_gpj.jpg'],
        ['two\nlines.jpg', 'two_lines.jpg'],
      ],
    );
  });

  it('finds the user by a pattern of the path', async () => {
    await using folder = await createFolder();
    for (const path of ['ada/2019/a.jpg', 'eve/b.jpg', 'c.jpg']) await folder.put(path, 'x');
    await using source = await folder.open({ userOf: parseUserPattern('{user}/{rest}') ?? assert.fail() });
    const { entries, faults } = await split(source);
    assert.deepEqual(
      entries.map(({ userId }) => userId),
      ['ada', 'eve'],
    );
    assert.deepEqual(faults, { 'c.jpg': 'expected a path with a user, by the pattern; got another one' });
  });

  it('tells a folder in it that may not be read', {
    skip: process.getuid?.() === 0 && 'root may read every folder',
  }, async () => {
    await using folder = await createFolder();
    await folder.put('closed/a.jpg', 'x');
    await chmod(join(folder.dir, 'closed'), 0);
    await using source = await folder.open();
    const { faults } = await split(source);
    await chmod(join(folder.dir, 'closed'), 0o700);
    assert.deepEqual(faults, { closed: 'expected a folder that may be read; got EACCES' });
  });

  it('tells of files that may not be read, also of a sidecar', {
    skip: process.getuid?.() === 0 && 'root may read every file',
  }, async () => {
    await using folder = await createFolder();
    for (const path of ['a.jpg', 'b.jpg', 'b.xmp', 'c.jpg']) await folder.put(path, 'bytes');
    for (const path of ['a.jpg', 'b.xmp']) await chmod(join(folder.dir, path), 0);
    await using source = await folder.open();
    const { entries, faults } = await split(source);
    const fault = 'expected a file that may be read; got EACCES';
    assert.deepEqual(faults, { 'a.jpg': fault, 'b.xmp': fault });
    assert.deepEqual(
      entries.map(({ path }) => path),
      ['b.jpg', 'c.jpg'],
    );
  });

  it('leaves the data folder of the service out', async () => {
    await using folder = await createFolder();
    for (const path of ['a.jpg', 'data/objects/b.jpg', 'data2/c.jpg']) await folder.put(path, 'bytes');
    const dataDir = join(folder.dir, 'data');
    await using source = await folder.open({ dataDir });
    const { entries, faults } = await split(source);
    assert.deepEqual(
      entries.map(({ path }) => path),
      ['a.jpg', 'data2/c.jpg'],
    );
    assert.deepEqual(faults, { data: 'expected pictures from elsewhere; got the data folder of this service' });
    await assert.rejects(folder.open({ dir: dataDir, dataDir }), { code: 'unavailable', detail: /data folder/ });
  });

  it('refuses a file that a disk fails to read, and no other', {
    skip: process.platform !== 'linux' && 'another system has no such file',
  }, async () => {
    await using files = await openFolderFiles({ dir: '/proc/self' });
    const chunks = await files.open('mem', NEVER); // whose first bytes nobody can read
    await assert.rejects(Array.fromAsync(chunks ?? []), { code: 'upload-missing', detail: /EIO/ });
  });

  it('is unavailable without the folder, at the start and later', async () => {
    await using folder = await createFolder();
    await assert.rejects(folder.open({ dir: join(folder.dir, 'none') }), { code: 'unavailable' });
    await folder.put('a.jpg', 'x');
    await folder.put('b.jpg', 'x');
    await using source = await folder.open();
    const entries = source.entries()[Symbol.asyncIterator]();
    const { value } = await entries.next();
    assert.ok(value && !isFault(value));
    await rename(folder.dir, `${folder.dir}-unmounted`);
    await mkdir(folder.dir);
    await assert.rejects(entries.next(), { code: 'unavailable', detail: /^The folder .+ is gone: / });
    await assert.rejects(source.open(value, NEVER), { code: 'unavailable' });
  });
});

describe('a sidecar', () => {
  it('gives description, tags and, if asked, the date', async () => {
    await using folder = await createFolder();
    const packet = xmp(
      `${text('dc:title', 'Tide')}${text('dc:description', 'Low &amp; calm')}${keywords('sea', ' sea ', 'at sunset')}<exif:DateTimeOriginal>2018-07-14T18:22:31+02:00</exif:DateTimeOriginal>`,
    );
    await folder.put('a.jpg', 'x');
    await folder.put('a.jpg.xmp', packet);
    await folder.put('b.png', 'x');
    await folder.put('b.xmp', xmp(text('dc:title', 'Only a title')));
    await folder.put('c.png', 'x');
    await folder.put('alone.xmp', packet);
    for (const [dateFrom, takenAt] of [
      ['picture', null],
      ['table', null],
      ['sidecar', '2018-07-14T18:22:31.000'],
    ] as const) {
      await using source = await folder.open({ dateFrom });
      const { entries, faults } = await split(source);
      assert.deepEqual(faults, {});
      assert.deepEqual(
        entries.map((entry) => [entry.description, entry.takenAt]),
        [
          [{ filename: 'a.jpg', description: 'Low & calm', tags: ['sea', 'at sunset'] }, takenAt],
          [{ filename: 'b.png', description: 'Only a title' }, null],
          [{ filename: 'c.png' }, null],
        ],
      );
    }
  });

  it('is told if it does not fit, and the picture is taken without', async () => {
    await using folder = await createFolder();
    const put = async (name: string, sidecar: string | Uint8Array) => {
      await folder.put(`${name}.jpg`, 'x');
      await folder.put(`${name}.jpg.xmp`, sidecar);
    };
    const bomb = `<!DOCTYPE x [<!ENTITY a "${'x'.repeat(1_000)}">${Array.from({ length: 9 }, (_, nth) => `<!ENTITY a${nth} "${`&a${nth ? nth - 1 : ''};`.repeat(10)}">`).join('')}]>`;
    await put('bomb', bomb + xmp(text('dc:title', '&a8;')));
    await put('external', `<!DOCTYPE x SYSTEM "file:///etc/passwd">${xmp('')}`);
    await put('large', xmp(text('dc:title', 'x'.repeat(1_048_576))));
    await put('latin', Buffer.from(xmp(text('dc:title', 'Stra\xdfe')), 'latin1'));
    await put('other', '{"not": "xmp"}');
    await put('keywords', xmp(keywords('x'.repeat(65), ...Array.from({ length: 21 }, (_, nth) => `k${nth}`))));
    await put('long', xmp(text('dc:description', 'x'.repeat(2_001))));
    await put('damaged', `${xmp(text('dc:title', 'Kept')).slice(0, -40)}<<<`);
    await using source = await folder.open();
    const { entries, faults } = await split(source);
    assert.deepEqual(
      entries.map(({ path, description }) => [path, description.description ?? description.tags?.length]),
      [
        ['bomb.jpg', undefined],
        ['damaged.jpg', 'Kept'],
        ['external.jpg', undefined],
        ['keywords.jpg', 20],
        ['large.jpg', undefined],
        ['latin.jpg', undefined],
        ['long.jpg', undefined],
        ['other.jpg', undefined],
      ],
    );
    assert.deepEqual(Object.keys(faults), [
      ...['bomb', 'external', 'keywords', 'large', 'latin', 'long', 'other'].map((name) => `${name}.jpg.xmp`),
    ]);
    assert.match(faults['bomb.jpg.xmp'] ?? '', /^expected XMP without a document type/);
    assert.match(faults['long.jpg.xmp'] ?? '', /^expected at most 2000 characters; got 2001/);
  });

  it('that is a link is not followed', async () => {
    await using folder = await createFolder();
    await folder.put('a.jpg', 'x');
    await symlink('/etc/hostname', join(folder.dir, 'a.xmp'));
    await using source = await folder.open();
    assert.deepEqual((await split(source)).faults, { 'a.xmp': 'expected a file; got a symbolic link' });
  });
});

describe('a table of a folder', () => {
  it('leads: its rows in their order, then the files that it does not name', async () => {
    await using folder = await createFolder();
    for (const path of ['a.jpg', 'b/b.jpg', 'plain', 'c.jpg', 'd.jpg']) await folder.put(path, 'x');
    await folder.put('c.jpg.xmp', xmp(text('dc:title', 'of the sidecar') + keywords('sidecar')));
    await folder.put(
      'table.csv',
      `path,user_id,tags,created_at,taken_at,description
plain,eve,,,,
c.jpg,,"table",2020-01-01,2019-12-31T10:00,
b/b.jpg,,,soon,,
gone.jpg,,,,,
plain,ada,,,,
a.jpg,,,,,Tide
`,
    );
    await using source = await folder.open({ table: join(folder.dir, 'table.csv'), dateFrom: 'table' });
    const { entries, faults } = await split(source);
    assert.deepEqual(
      entries.map(({ path, userId, at, takenAt, description }) => [path, userId, at, takenAt, description]),
      [
        ['plain', 'eve', ONE, null, { filename: 'plain' }],
        [
          ...['c.jpg', 'ada', new Date('2020-01-01T00:00:00Z'), '2019-12-31T10:00'],
          { filename: 'c.jpg', description: 'of the sidecar', tags: ['table'] },
        ],
        ['a.jpg', 'ada', ONE, null, { filename: 'a.jpg', description: 'Tide' }],
      ],
    );
    assert.deepEqual(faults, {
      'table.csv line 4, column created_at':
        'expected a time, as 2024-05-01T12:00:00Z, or seconds or milliseconds since 1970; got "soon"',
      'gone.jpg': 'expected a file, as table.csv line 5 says; got none',
      'table.csv line 6, column path': 'expected each path once; got one of a former row',
      'd.jpg': 'expected a row of table.csv; got a file that none names',
    });
  });

  it('names no file outside', async () => {
    await using folder = await createFolder();
    await writeFile(join(folder.dir, '../outside.jpg'), 'secret');
    await folder.put('in/a.jpg', 'x');
    await symlink('..', join(folder.dir, 'up'));
    await symlink('in', join(folder.dir, 'also in'));
    await symlink('/etc/hostname', join(folder.dir, 'link.jpg'));
    const paths = [
      ...['../outside.jpg', 'in/../../outside.jpg', '/etc/hostname', 'up/outside.jpg', 'link.jpg', 'in', './in/a.jpg'],
      ...['in//a.jpg', 'in/', '.', '..', 'also in/a.jpg', `${'x'.repeat(300)}.jpg`, 'in/a.jpg/b.jpg'],
    ];
    const table = join(folder.dir, '../table.ndjson');
    await writeFile(table, [...paths, 'a\0b'].map((path) => JSON.stringify({ path })).join('\n'));
    await using source = await folder.open({ table });
    const { entries, faults } = await split(source);
    assert.deepEqual(
      entries.map(({ path }) => path),
      ['also in/a.jpg'],
    );
    for (const path of [...paths, 'a\0b'].filter((one) => one !== 'also in/a.jpg'))
      assert.match(faults[path] ?? '', /^expected /, path);
    assert.equal(faults['in/a.jpg'], 'expected a row of table.ndjson; got a file that none names');
    assert.equal(faults['up/outside.jpg'], 'expected a file in the folder; got one behind a link to outside');
  });

  it('that has wrong columns, or is missing, opens nothing', async () => {
    await using folder = await createFolder();
    await folder.put('table.csv', 'path,size\na.jpg,1\n');
    await assert.rejects(folder.open({ table: join(folder.dir, 'table.csv') }), {
      code: 'invalid-request',
      detail: /^table\.csv line 1: expected columns among path, .+; got "size"$/,
    });
    await assert.rejects(folder.open({ table: join(folder.dir, 'none.csv') }), { code: 'unavailable' });
  });

  it('tells a row without a user, unless one is given', async () => {
    await using folder = await createFolder();
    await folder.put('a.jpg', 'x');
    await folder.put('table.csv', 'path,user_id\na.jpg,\n');
    await using source = await folder.open({ table: join(folder.dir, 'table.csv'), userOf: () => undefined });
    assert.deepEqual((await split(source)).faults, {
      'table.csv line 2, column user_id': 'expected a user; got nothing',
    });
  });
});
