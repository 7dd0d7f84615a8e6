import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { AppError } from '../../domain/errors.ts';
import { DATABASE_FILE, openDatabase } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import { type HoldingProcess, startHolder } from './holding-process.fixture.ts';
import { allRows } from './rows.ts';

/**
 * A connection with a table of notes, some of which only COMMIT refuses: a deferred foreign key checks their author.
 */
async function createNotes(options: { busyLimitMs?: number } = {}) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-commit-'));
  const database = openDatabase(folder.path, []);
  database.exec(`
    CREATE TABLE authors (name TEXT PRIMARY KEY);
    CREATE TABLE notes (text TEXT UNIQUE, author TEXT REFERENCES authors DEFERRABLE INITIALLY DEFERRED);
  `);
  const writes = createGroupCommit(database, options);
  const insert = database.prepare('INSERT INTO notes VALUES (?, ?) RETURNING text');
  const select = database.prepare('SELECT text FROM notes ORDER BY rowid');
  return {
    folder: folder.path,
    database,
    writes,
    add: (text: string, author: string | null = null) => writes.write(() => insert.get(text, author)),
    texts: () => allRows(select, []).map(([text]) => text),
    async [Symbol.asyncDispose]() {
      await writes[Symbol.asyncDispose]();
      database.close();
      await folder.remove();
    },
  };
}

describe('group commit', () => {
  it('commits the writes of one turn in one transaction', async () => {
    await using notes = await createNotes();
    const before = await countCommits(notes.folder);
    const texts = Array.from({ length: 100 }, (_, index) => `note ${index}`);
    await Promise.all(texts.map((text) => notes.add(text)));
    assert.equal((await countCommits(notes.folder)) - before, 1);
    assert.deepEqual(notes.texts(), texts);
  });

  it('resolves with the result of the work, once another connection can see it', async () => {
    await using notes = await createNotes();
    using other = new DatabaseSync(join(notes.folder, DATABASE_FILE), { returnArrays: true });
    assert.deepEqual(await notes.add('one'), ['one']);
    assert.deepEqual(allRows(other.prepare('SELECT text FROM notes'), []), [['one']]);
  });

  it('lets a failed write affect only itself', async () => {
    await using notes = await createNotes();
    const failing = notes.writes.write(() => {
      throw new RangeError('broken');
    });
    const outcomes = await Promise.allSettled([notes.add('one'), notes.add('one'), failing, notes.add('two')]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    );
    await assert.rejects(failing, RangeError);
    assert.deepEqual(notes.texts(), ['one', 'two']);
  });

  it('keeps nothing of a write whose work fails midway', async () => {
    await using notes = await createNotes();
    const half = notes.writes.write(() => {
      notes.database.exec("INSERT INTO notes VALUES ('half', NULL)");
      throw new RangeError('broken');
    });
    await assert.rejects(half, RangeError);
    await notes.add('whole');
    assert.deepEqual(notes.texts(), ['whole']);
  });

  it('lets a write that COMMIT refuses affect only itself', async () => {
    await using notes = await createNotes();
    const outcomes = await Promise.allSettled([notes.add('one'), notes.add('two', 'nobody'), notes.add('three')]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(notes.texts(), ['one', 'three']);
    await notes.add('four');
    assert.deepEqual(notes.texts(), ['one', 'three', 'four']);
  });

  it('waits for another process without blocking the event loop, and keeps the order', async () => {
    await using notes = await createNotes();
    await using writer = await holdWriteLock(notes.folder);
    const settled: string[] = [];
    const first = notes.add('first').then(() => settled.push('first'));
    for (let turns = 0; turns < 100; turns++) await nextTurn();
    const second = notes.add('second').then(() => settled.push('second'));
    assert.deepEqual(settled, []);
    assert.deepEqual(notes.texts(), []);

    await writer.kill();
    await Promise.all([first, second]);
    assert.deepEqual(notes.texts(), ['first', 'second']);
    assert.deepEqual(settled, ['first', 'second']);
  });

  it('gives up on a permanent lock: all waiting writes are unavailable, and later writes work again', async () => {
    await using notes = await createNotes({ busyLimitMs: 50 });
    await using writer = await holdWriteLock(notes.folder);
    const waiting = [notes.add('one'), notes.add('two')];
    for (const write of waiting) await assert.rejects(write, isRetryable);
    await writer.kill();
    await notes.add('three');
    assert.deepEqual(notes.texts(), ['three']);
  });

  it('commits waiting writes when closed, and refuses later ones', async () => {
    await using notes = await createNotes();
    const waiting = notes.add('waiting');
    const closed = notes.writes[Symbol.asyncDispose]();
    await assert.rejects(notes.add('late'), isRetryable);
    await closed;
    assert.deepEqual(notes.texts(), ['waiting']);
    await waiting;
  });

  it('waits for a lock also when closed', async () => {
    await using notes = await createNotes();
    await using writer = await holdWriteLock(notes.folder);
    const waiting = notes.add('waiting');
    const closed = notes.writes[Symbol.asyncDispose]();
    await nextTurn();
    await writer.kill();
    await closed;
    await waiting;
    assert.deepEqual(notes.texts(), ['waiting']);
  });
});

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const isRetryable = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'unavailable' && error.retryAfterSeconds === 1;

const holdWriteLock = (folder: string): Promise<HoldingProcess> =>
  startHolder(`
    import { DatabaseSync } from 'node:sqlite';
    globalThis.database = new DatabaseSync(${JSON.stringify(join(folder, 'safelight.db'))});
    database.exec('BEGIN IMMEDIATE');
  `);

/**
 * The number of commits in the write-ahead log: frames with the database size after them (sqlite.org/fileformat2.html
 * 4).
 */
async function countCommits(folder: string): Promise<number> {
  const wal = await readFile(join(folder, 'safelight.db-wal'));
  const frameBytes = 24 + wal.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frameBytes <= wal.length; at += frameBytes) if (wal.readUInt32BE(at + 4) !== 0) commits++;
  return commits;
}
