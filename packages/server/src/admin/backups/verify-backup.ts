import { createHash } from 'node:crypto';
import { parseErasure } from '../archive/backup/erasures.ts';
import { readLeftOut } from '../archive/backup/left-out.ts';
import { type Manifest, readManifest } from '../archive/backup/manifest.ts';
import { type BackupId, backupPath, fileAt, type NamedFile, OBJECTS_PREFIX } from '../archive/backup/names.ts';
import { noteIn } from '../archive/backup/notes.ts';
import { createObjectRefs, type ObjectRefs } from '../archive/backup/object-refs.ts';
import { readRecords } from '../archive/backup/records-file.ts';
import { MARK, readText, type Target, type TargetPath } from '../archive/place/target.ts';
import { unsealed } from '../archive/sealed.ts';
import { findBackups } from './find-backups.ts';
import type { Verified, VerifyFinding, VerifyOptions } from './verification.ts';
import { verifyObjects } from './verify-objects.ts';

/**
 * Reads a target wholly: every file is as it was written, and every record has its bytes. Writes nothing, takes no
 * lock; a backup may run beside it. Errors: those of the target.
 */
export async function verifyBackups(options: VerifyOptions): Promise<Verified> {
  const { target, signal } = options;
  const refs = createObjectRefs();
  const findings: VerifyFinding[] = [];
  const found = (one: VerifyFinding): void => void findings.push(one);

  const finished = (await findBackups(target)).filter(({ isFinished }) => isFinished).map(({ id }) => id);
  let images = 0;
  for (const id of finished) images += await verifyFinished(target, id, { refs, found, signal });
  for await (const { path } of target.list('')) {
    signal?.throwIfAborted();
    if (!path.startsWith(OBJECTS_PREFIX)) await verifySmall(target, path, finished, found);
  }
  const objects = await verifyObjects(options, refs, found);
  const left = await withoutPruned(target, finished, findings);
  return { backups: finished.length, ids: finished, images, ...objects, findings: left };
}

interface Finding {
  readonly found: (finding: VerifyFinding) => void;
}

/** The number of its images. */
async function verifyFinished(
  target: Target,
  id: BackupId,
  { refs, found, signal }: Finding & { readonly refs: ObjectRefs; readonly signal: AbortSignal | undefined },
): Promise<number> {
  const manifest = await ofFile(backupPath(id, 'manifest.json'), found, () => readManifest(target, id));
  if (!manifest) return 0;
  const leftOut = await ofFile(backupPath(id, 'left-out.jsonl'), found, async () =>
    readLeftOut(await hashed(target, manifest, 'left-out.jsonl')),
  );
  if (manifest.hasSecret)
    await ofFile(backupPath(id, 'secret.txt'), found, async () => {
      if ((await target.sizeOf(backupPath(id, 'secret.txt'))) === undefined) throw new Missing(ABSENT);
    });
  let images = 0;
  await ofFile(backupPath(id, 'records.jsonl'), found, async () => {
    for await (const { record } of readRecords(await hashed(target, manifest, 'records.jsonl'), { backup: id })) {
      signal?.throwIfAborted();
      if (record.kind !== 'image') continue;
      images += 1;
      if (!leftOut?.has(record.image.id)) refs.add(record.image.sha256, record.image.sizeBytes);
    }
    if (images !== manifest.counts.images)
      throw new TypeError(`expected ${manifest.counts.images} images, as the manifest says; got ${images}`);
  });
  return images;
}

/** The bytes of the file, which at their end are compared with the manifest. */
async function hashed(
  target: Target,
  { id, files }: Manifest,
  file: keyof Manifest['files'],
): Promise<AsyncIterable<Uint8Array>> {
  const source = await target.get(backupPath(id, file));
  if (!source) throw new Missing(ABSENT);
  return comparing(source, files[file].sha256);
}

async function* comparing(source: AsyncIterable<Uint8Array>, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256) throw new TypeError(`expected bytes with the SHA-256 ${sha256}; got others`);
}

/** The files that hold their own checksum, and those of backups that aren't finished. */
async function verifySmall(target: Target, path: TargetPath, finished: readonly BackupId[], found: Finding['found']) {
  const file = fileAt(path);
  await ofFile(path, found, async () => {
    const text = async (): Promise<string> => {
      const read = await readText(target, path);
      if (read === undefined) throw new Gone();
      return read;
    };
    switch (file.kind) {
      case 'mark':
        if ((await text()) !== MARK) throw damaged();
        return;
      case 'lock':
        if (unsealed(await text()) === undefined) throw damaged();
        return;
      case 'erasure':
        return void parseErasure(await text(), path);
      case 'backup':
        return verifyPart(target, file, { isFinished: finished.includes(file.id), text, found });
      case 'object':
        return;
      case 'unknown':
        return found({ kind: 'unknown', path, detail: 'expected files of backups only' });
    }
  });
}

async function verifyPart(
  target: Target,
  { id, file }: Extract<NamedFile, { kind: 'backup' }>,
  { isFinished, text, found }: Finding & { readonly isFinished: boolean; readonly text: () => Promise<string> },
): Promise<void> {
  switch (file) {
    case 'manifest.json':
      return; // read before, or written meanwhile
    case 'secret.txt':
      if (unsealed(await text()) === undefined) throw damaged();
      return;
    case 'damage.json':
      for (const detail of noteIn(await text(), { id, name: file }).faults)
        found({ kind: 'lacking', path: backupPath(id, file), detail });
      return;
    case 'reading.json':
    case 'verified.json':
      return void noteIn(await text(), { id, name: file });
    case 'left-out.jsonl': {
      const source = isFinished ? undefined : await target.get(backupPath(id, file));
      if (source) await readLeftOut(source);
      return;
    }
    case 'records.jsonl': {
      const source = isFinished ? undefined : await target.get(backupPath(id, file));
      if (source) for await (const _ of readRecords(source, { backup: id }));
      return;
    }
  }
}

/** What `work` finds wrong with a file becomes a finding. */
async function ofFile<T>(path: TargetPath, found: Finding['found'], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Gone) return undefined;
    if (error instanceof Missing) found({ kind: 'missing', path, detail: error.message });
    else if (error instanceof TypeError) found({ kind: 'damaged', path, detail: error.message });
    else throw error;
    return undefined;
  }
}

class Missing extends Error {}

/** Pruned since it was listed, or a lock that is replaced at this moment. */
class Gone extends Error {}

const ABSENT = 'expected the file, as the manifest says; got none';

const damaged = (): TypeError => new TypeError('expected the file as it was written; got other bytes');

/** What is missing since a prune that ran meanwhile is no fault. */
async function withoutPruned(
  target: Target,
  finished: readonly BackupId[],
  findings: readonly VerifyFinding[],
): Promise<readonly VerifyFinding[]> {
  if (!findings.some(({ kind }) => kind === 'missing')) return findings;
  const now = new Set((await findBackups(target)).filter(({ isFinished }) => isFinished).map(({ id }) => id));
  const isPruned = finished.some((id) => !now.has(id));
  return isPruned ? findings.filter(({ kind }) => kind !== 'missing') : findings;
}
