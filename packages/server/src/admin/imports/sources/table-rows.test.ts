import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { isRowFault, openTable, type RowFault, type TableRow } from './table-rows.ts';

async function rowsIn(name: string, content: string | Uint8Array): Promise<readonly (TableRow | RowFault)[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-table-'));
  const path = join(folder.path, name);
  await writeFile(path, content);
  return await Array.fromAsync((await openTable(path)).rows());
}

const csv = (...lines: readonly string[]) => rowsIn('table.csv', lines.map((line) => `${line}\n`).join(''));
const ndjson = (...rows: readonly unknown[]) =>
  rowsIn('table.ndjson', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

/** One cell of a row, or its fault. */
async function cellIn(column: string, cell: string, field: keyof TableRow): Promise<unknown> {
  const [row] = await csv(`path,${column}`, `a.jpg,"${cell.replaceAll('"', '""')}"`);
  assert.ok(row);
  return isRowFault(row) ? `${row.place}: ${row.fault}` : row[field];
}

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

describe('a table', () => {
  it('says of each file what its columns have', async () => {
    const [row] = await csv(
      'path,user_id,tags,description,filename,created_at,taken_at,content_type,external_id,visibility,former_id,metadata,metadata.room',
      'a/b.jpg,ada,"sea,at sunset",Low tide,tide.jpg,2024-05-01T12:00:00Z,2024-04-30 18:22:31,image/jpeg,order-1,public,9B2E6D1C-3A57-4C60-8F10-2B7A44E0C9D1,"{""floor"":2}",21',
    );
    assert.deepEqual(row, {
      line: 2,
      path: 'a/b.jpg',
      userId: 'ada',
      tags: ['sea', 'at sunset'],
      description: 'Low tide',
      filename: 'tide.jpg',
      createdAt: new Date('2024-05-01T12:00:00Z'),
      takenAt: '2024-04-30T18:22:31',
      contentType: 'image/jpeg',
      externalId: 'order-1',
      visibility: 'public',
      formerId: '9b2e6d1c-3a57-4c60-8f10-2b7a44e0c9d1',
      metadata: { floor: 2, room: '21' },
    } satisfies TableRow);
  });

  it('of NDJSON has numbers, booleans and structures as metadata, and numbers of a database as texts', async () => {
    const [row] = await ndjson({
      ...{
        path: 'a.jpg',
        user_id: 42,
        external_id: 7,
        tags: ['a,b', 'c'],
        description: null,
        created_at: 1_714_557_600,
      },
      ...{ 'metadata.n': 1.5, 'metadata.is': true, 'metadata.list': [1], metadata: { n: 0, other: 'x' } },
    });
    assert.ok(row && !isRowFault(row));
    assert.deepEqual([row.userId, row.externalId, row.tags, row.description], ['42', '7', ['a,b', 'c'], null]);
    assert.deepEqual(row.createdAt, new Date('2024-05-01T10:00:00Z'));
    assert.deepEqual(row.metadata, { n: 1.5, other: 'x', is: true, list: [1] });
  });

  it('may name metadata __proto__', async () => {
    const [row] = await rowsIn('a.jsonl', '{"path":"a","metadata.__proto__":"x"}');
    assert.ok(row && !isRowFault(row));
    assert.deepEqual(Object.entries(row.metadata ?? {}), [['__proto__', 'x']]);
  });

  it('has times with or without a zone, and seconds or milliseconds since 1970', async () => {
    const noon = '2024-05-01T12:00:00.000Z';
    for (const [cell, time] of [
      ['2024-05-01T12:00:00Z', noon],
      ['2024-05-01T12:00', noon],
      ['2024-05-01 12:00:00', noon],
      ['2024-05-01 12:00:00.000000', noon],
      ['2024-05-01 12:00:00+00', noon],
      ['2024-05-01 12:00:00 UTC', noon],
      ['2024-05-01T14:00:00+0200', noon],
      ['2024-05-01T17:30:00+05:30', noon],
      ['1714564800', noon],
      ['1714564800000', noon],
      ['1714564800.0', noon],
      ['2024-05-01T12:00:00.123456Z', '2024-05-01T12:00:00.123Z'],
      ['2024-05-01', '2024-05-01T00:00:00.000Z'],
      ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59.000Z'],
      ['-86400', '1969-12-31T00:00:00.000Z'],
      ['0', '1970-01-01T00:00:00.000Z'],
    ] as const)
      assert.deepEqual(await cellIn('created_at', cell, 'createdAt'), new Date(time), cell);
    for (const cell of [
      'yesterday',
      '2024-02-30',
      '2024-13-01',
      '2024-05-01T25:00',
      '01/05/2024',
      '2024',
      '1e9',
      '9e99',
    ])
      assert.match(
        String(await cellIn('created_at', cell, 'createdAt')),
        /^table\.csv line 2, column created_at: expected a time, as \S+, or seconds or milliseconds since 1970; got "/,
        cell,
      );
  });

  it("has what the pictures' clocks showed, without a zone", async () => {
    for (const [cell, clock] of [
      ['2019-05-04', '2019-05-04'],
      ['2019-05-04 10:00', '2019-05-04T10:00'],
      ['2019-05-04T10:00:31.123456+02', '2019-05-04T10:00:31.123'],
      ['2019-05-04T10:00:31Z', '2019-05-04T10:00:31'],
    ] as const)
      assert.equal(await cellIn('taken_at', cell, 'takenAt'), clock);
  });

  it('has tags as a JSON array, or between commas or semicolons', async () => {
    assert.deepEqual(await cellIn('tags', '["a,b","c"]', 'tags'), ['a,b', 'c']);
    assert.deepEqual(await cellIn('tags', ' a, b ,,c', 'tags'), ['a', 'b', 'c']);
    assert.deepEqual(await cellIn('tags', 'a;b', 'tags'), ['a', 'b']);
    assert.deepEqual(await cellIn('tags', '[]', 'tags'), []);
    assert.equal(await cellIn('tags', '', 'tags'), null);
    for (const cell of ['[1]', '["a"', '{a,b}', '[["a"]]'])
      assert.match(
        String(await cellIn('tags', cell, 'tags')),
        /^table\.csv line 2, column tags: expected tags as /,
        cell,
      );
  });

  it('tells the line and the column of a wrong cell, and goes on', async () => {
    const rows = await csv(
      'path,tags,created_at,former_id,visibility,metadata,taken_at',
      'a.jpg,,soon,,,,',
      '"b',
      'b.jpg",,,,,,',
      'c.jpg,,,not one,,,',
      'd.jpg,,,,hidden,,',
      'e.jpg,,,,,[1],',
      'f.jpg,,,,,,noon',
      ',,,,,,',
      'g.jpg,,',
      'h.jpg,,,,,,',
    );
    assert.deepEqual(
      rows.map((row) => (isRowFault(row) ? `${row.place}: ${row.fault}` : `${row.line} ${row.path}`)),
      [
        'table.csv line 2, column created_at: expected a time, as 2024-05-01T12:00:00Z, or seconds or milliseconds since 1970; got "soon"',
        '3 b\nb.jpg',
        'table.csv line 5, column former_id: expected a UUID of version 4; got "not one"',
        'table.csv line 6, column visibility: expected private or public; got "hidden"',
        'table.csv line 7, column metadata: expected a JSON object; got "[1]"',
        `table.csv line 8, column taken_at: expected what the picture's clock showed, as 2024-05-01T12:00:00; got "noon"`,
        'table.csv line 9, column path: expected the path of a file; got nothing',
        'table.csv line 10: expected 7 cells, as the first line has; got 3',
        '11 h.jpg',
      ],
    );
  });

  it('of NDJSON tells each line that is no row, and goes on', async () => {
    const rows = await rowsIn(
      'table.ndjson',
      [
        '{"path":"a"}',
        'nonsense',
        '[1]',
        '',
        '{"path":7.5}',
        '{"path":"b","size":1}',
        `{"path":"${'x'.repeat(1_048_576)}"}`,
        '{"path":"c","user_id":true}',
        '{"path":"d"}',
      ].join('\r\n'),
    );
    assert.deepEqual(
      rows.map((row) => (isRowFault(row) ? `${row.place}: ${row.fault}` : `${row.line} ${row.path}`)),
      [
        '1 a',
        'table.ndjson line 2: expected one JSON object on the line; got "nonsense\\r"',
        'table.ndjson line 3: expected one JSON object on the line; got "[1]\\r"',
        'table.ndjson line 5, column path: expected a text; got 7.5',
        'table.ndjson line 6: expected only columns of a table; got "size"',
        'table.ndjson line 7: expected rows of at most 1048576 bytes; got more',
        'table.ndjson line 8, column user_id: expected a text; got true',
        '9 d',
      ],
    );
  });

  it('tells text that is not UTF-8', async () => {
    const [row] = await rowsIn('table.csv', Buffer.from('path,description\na.jpg,Stra\xdfe\n', 'latin1'));
    assert.ok(row && isRowFault(row));
    assert.match(`${row.place}: ${row.fault}`, /^table\.csv line 2, column description: expected text in UTF-8; got /);
  });

  it('may begin with a byte order mark, and end lines in two ways', async () => {
    const rows = await rowsIn('table.csv', '\uFEFFpath,tags\r\na.jpg,x\n\n"b\r\n.jpg",y\r\nc.jpg,z');
    assert.deepEqual(
      rows.map((row) => !isRowFault(row) && [row.line, row.path, row.tags]),
      [
        [2, 'a.jpg', ['x']],
        [4, 'b\r\n.jpg', ['y']],
        [6, 'c.jpg', ['z']],
      ],
    );
    assert.equal((await rowsIn('table.ndjson', '\uFEFF{"path":"a"}\r\n')).length, 1);
  });

  it('is refused before its first row if its columns are wrong', async () => {
    for (const [name, content, message] of [
      ['a.csv', 'file,tags\n', /^a\.csv line 1: expected columns among path, user_id, .+; got "file"$/],
      ['a.csv', 'tags,user_id\nx,y\n', /^a\.csv line 1: expected a column path; got tags, user_id$/],
      ['a.csv', 'path,tags,path\n', /^a\.csv line 1: expected each column once; got "path" twice$/],
      ['a.csv', 'path;tags\n', /^a\.csv line 1: expected columns among .+; got "path;tags"$/],
      ['a.csv', 'path,metadata.\n', /^a\.csv line 1: expected columns among .+; got "metadata\."$/],
      ['a.csv', '', /^a\.csv: expected a table with a column path; got an empty file$/],
      ['a.ndjson', '\n', /^a\.ndjson: expected a table with a column path; got an empty file$/],
      ['a.ndjson', '{"id":1}\n', /^a\.ndjson line 1: expected columns among .+; got "id"$/],
      ['a.xlsx', 'PK', /^a\.xlsx: expected a table whose name ends in \.csv, \.ndjson or \.jsonl$/],
    ] as const)
      await assert.rejects(rowsIn(name, content), { name: 'TableError', message }, content);
  });

  it('ends at a quote that makes rows uncertain, with its line', async () => {
    for (const [lines, line] of [
      [['path,tags', 'a.jpg,x', 'b.jpg,"y', 'c.jpg,z'], 3],
      [['path,tags', 'a.jpg,x', 'b.jpg,"y"z', 'c.jpg,z'], 3],
      [['path,tags', 'a.jpg,x"y'], 2],
      [['path,tags', 'a.jpg,x', `b.jpg,"${'y\n'.repeat(600_000)}`], 3],
    ] as const)
      await assert.rejects(csv(...lines), {
        name: 'TableError',
        message: new RegExp(`^table\\.csv line ${line}: expected `),
      });
  });

  it('of any texts is read as it was written', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => !one.includes('\uFFFD'));
    const row = fc.record({ path: text, user_id: text, description: text, 'metadata.x': text, tags: fc.array(text) });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1 }), fc.constantFrom('\n', '\r\n'), async (rows, end) => {
        const names = ['path', 'user_id', 'description', 'metadata.x'] as const;
        const written = rows.map((one) => [...names.map((name) => one[name]), JSON.stringify(one.tags)]);
        const lines = [[...names, 'tags'], ...written].map((cells) => `${cells.map(quoted).join(',')}${end}`);
        const said = rows.map((one) => [
          ...[one.path, one.user_id, one.description, one['metadata.x']],
          one.tags.filter((tag) => tag !== ''),
        ]);
        const found = [
          await rowsIn('a.csv', lines.join('')),
          await rowsIn('a.ndjson', rows.map((one) => `${JSON.stringify(one)}${end}`).join('')),
        ];
        for (const read of found)
          assert.deepEqual(
            read.map(
              (one) => isRowFault(one) || [one.path, one.userId, one.description, one.metadata?.['x'], one.tags],
            ),
            said,
          );
      }),
      { numRuns: 50 },
    );
  });

  it('of 100,000 rows is read in bounded memory', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-table-'));
    const path = join(folder.path, 'table.csv');
    const description = 'x'.repeat(1_000);
    await pipeline(
      Readable.from(
        (function* () {
          yield 'path,description\n';
          for (let nth = 0; nth < 100_000; nth += 1) yield `folder/${nth}.jpg,${description}\n`;
        })(),
      ),
      createWriteStream(path),
    );
    let [rows, most] = [0, 0];
    const before = process.memoryUsage().rss;
    for await (const row of (await openTable(path)).rows()) {
      assert.ok(!isRowFault(row));
      rows += 1;
      if (rows % 1_000 === 0) most = Math.max(most, process.memoryUsage().rss - before);
    }
    assert.equal(rows, 100_000);
    assert.ok(most < 64 * 1_048_576, `${most} bytes more for a table of 100 MB`);
  });
});
