import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Data from before records and tables got the form of version 0.1.0. Its README.md says how it was made. */
const FOLDER = join(import.meta.dirname, '../made-by-65a34327');

/** The stores of the service that was backed up. */
export const SOURCES = ['sqlite-and-disk', 'dynamodb-and-s3'] as const;
export type Source = (typeof SOURCES)[number];

export type Fields = Readonly<Record<string, unknown>>;
export type Named<Value> = Readonly<Record<string, Value>>;

/** What that commit answered. The keys of each object say what is special about its values. */
export interface Expected {
  /** When it answered (ISO 8601). */
  readonly now: string;
  readonly images: Named<ExpectedImage>;
  /** Ids of images that no backup keeps. */
  readonly absent: Named<string>;
  /** A page of ada's images. */
  readonly list: { readonly path: string; readonly ids: readonly string[] };
  /** Ids by the path of a list. */
  readonly found: Named<readonly string[]>;
  readonly links: Named<ExpectedLink>;
  readonly webhooks: Named<ExpectedWebhook>;
  readonly keys: Named<ExpectedKey>;
  readonly tokens: Named<{ readonly token: string }>;
  readonly erasedUser: string;
  /** The lines of `quota list`. */
  readonly users: readonly Fields[];
}

export interface ExpectedImage {
  readonly shown: Fields & { readonly image_id: string; readonly status: string; readonly sha256: string };
  readonly decisions: readonly unknown[];
  readonly waitsFor?: string;
  readonly gates?: readonly string[];
  readonly links?: readonly unknown[];
}

export interface ExpectedLink {
  readonly path: string;
  readonly status: number;
  readonly type?: string;
  readonly code?: string;
  /** The SHA-256 of the original that it opens. */
  readonly sha256?: string;
}

interface ExpectedWebhook {
  readonly shown: Fields & { readonly webhook_id: string; readonly types: readonly string[] | null };
  /** All of them sign. */
  readonly secrets: readonly string[];
}

interface ExpectedKey {
  readonly key: string;
  /** The status of `GET /whoami`, and its answer or its code. */
  readonly status: number;
  readonly answer: unknown;
  /** Its line of `keys list`. */
  readonly listed: Fields;
}

/** A key that acted for the erased user and for another one; a restore leaves it the other one. */
export const SHARED_KEY = 'shared with mallory';
export const OTHER_USER = 'bob';
/** A key of the erased user, which a restore leaves out. */
export const ERASED_KEY = 'mallory';

export const targetOf = (source: Source): string => join(FOLDER, source, 'target');

export const expectedOf = async (source: Source): Promise<Expected> =>
  JSON.parse(await readFile(join(FOLDER, source, 'expected.json'), 'utf8')) as Expected;

export const pick = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(names.map((name) => [name, fields[name]]));

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
