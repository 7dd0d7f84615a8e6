import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { filesBelow } from '../../services/files-below.ts';
import { type Expected, type Fields, OTHER_USER, SHARED_KEY } from './expected.ts';

/** A record as a line of `records.jsonl` has it. */
type Line = Fields & {
  readonly kind: string;
  readonly userId?: string;
  readonly tokenId?: string;
  readonly image?: ImageLine;
  readonly key?: Owned;
  readonly webhook?: Owned & { readonly paused: Fields | null };
  readonly erasure?: Owned;
};

type Owned = Fields & { readonly id: string; readonly owner?: unknown; readonly userId?: unknown };

type Serving = Fields & { readonly maintainAt: string | null };

type ImageLine = Serving & {
  readonly id: string;
  readonly uploadedAt: string;
  readonly screening?: Fields & { readonly askAt: string; readonly deadline: string };
  readonly former?: (Serving & { readonly heldAt: string }) | null | undefined;
};

/** Requires that a backup of the restored place has all records but the erased user's, field by field. */
export async function requireSameRecords(from: string, to: string, expected: Expected): Promise<void> {
  const [before, after] = [await recordsIn(from), await recordsIn(to)];
  assert.ok(before.size > 0);
  for (const [name, line] of before) {
    const left = withoutErased(line, expected);
    const got = after.get(name);
    const wanted = left && withoutTimes(restoredLine(left));
    assert.deepEqual(got && asKnown(withoutTimes(got), wanted), wanted, name);
  }
  assert.deepEqual([...new Set(after.keys()).difference(new Set(before.keys()))], []);
}

/** The value without fields that `known` lacks, which a newer version added. Names in metadata are the client's. */
function asKnown(got: unknown, known: unknown): unknown {
  if (Array.isArray(got) && Array.isArray(known)) return got.map((one, index) => asKnown(one, known[index]));
  if (!isFields(got) || !isFields(known)) return got;
  const names = Object.keys(known);
  return Object.fromEntries(
    names.map((name) => [name, name === 'metadata' ? got[name] : asKnown(got[name], known[name])]),
  );
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The bytes of all originals, in base64, by their paths. */
export async function originalsIn(target: string): Promise<ReadonlyMap<string, string>> {
  const paths = (await filesBelow(join(target, 'objects'))).toSorted();
  const originals = new Map<string, string>();
  for (const path of paths) originals.set(relative(target, path), (await readFile(path)).toString('base64'));
  return originals;
}

/** The records of a target's only backup, by kind and id. */
async function recordsIn(target: string): Promise<ReadonlyMap<string, Line>> {
  const [backup = ''] = await readdir(join(target, 'backups'));
  const lines = (await readFile(join(target, 'backups', backup, 'records.jsonl'), 'utf8')).trimEnd().split('\n');
  return new Map(
    lines.slice(1, -1).map((text) => {
      const line = JSON.parse(text) as Line;
      const { kind, image, key, webhook, erasure, userId, tokenId } = line;
      const id = (image ?? key ?? webhook ?? erasure)?.id ?? userId ?? tokenId ?? '';
      return [`${kind} ${id}`, line];
    }),
  );
}

/** The record without the erased user; undefined if nothing is left. */
function withoutErased(line: Line, { keys, erasedUser }: Expected): Line | undefined {
  const { key, webhook, userId } = line;
  if ([userId, webhook?.userId, key?.owner].includes(erasedUser)) return undefined;
  const isShared = key !== undefined && key.id === keys[SHARED_KEY]?.listed['key_id'];
  return isShared ? { ...line, key: { ...key, actsAs: [OTHER_USER] } } : line;
}

/**
 * The record as a restore writes it: webhooks are paused, working copies aren't kept, and the wait for a gate begins
 * anew with the whole time until its deadline.
 */
function restoredLine(line: Line): Line {
  const { image, webhook } = line;
  if (webhook) return { ...line, webhook: { ...webhook, paused: { why: 'restored', at: '' } } };
  if (!image) return line;
  const { screening, former, uploadedAt } = image;
  if (!screening) return { ...line, image: { ...image, workingCopy: null } };
  const waiting = { ...screening, askAt: former?.heldAt ?? uploadedAt };
  return { ...line, image: { ...image, screening: waiting, former: former && { ...former, workingCopy: null } } };
}

/** The record without the values that a restore chooses: times, and the tags of a store. */
function withoutTimes(line: Line): Fields {
  const { image, webhook } = line;
  if (webhook) return { ...line, webhook: { ...webhook, paused: { ...webhook.paused, at: '' } } };
  if (!image) return line;
  const { screening, former, ...others } = image;
  const anytime = (serving: Serving): Fields => ({ ...serving, maintainAt: serving.maintainAt !== null });
  if (!screening) return { ...line, image: { ...anytime(others), objectTag: '' } };
  const { askAt, deadline, ...rest } = screening;
  const waiting = { ...rest, waitMs: Date.parse(deadline) - Date.parse(askAt) };
  return { ...line, image: { ...others, objectTag: '', former: former && anytime(former), screening: waiting } };
}
