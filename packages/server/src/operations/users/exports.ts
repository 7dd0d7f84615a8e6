import type { ActorId } from '../../domain/access/actor-id.ts';
import { createdAt, type ImageId } from '../../domain/image/image-id.ts';
import {
  EXPORTS_PREFIX,
  type ExportFile,
  exportKey,
  exportsOfUser,
  type ObjectKey,
  storedExport,
} from '../../domain/image/object-key.ts';
import type { ListedObject, ObjectStore } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';

/** The export of a user that was asked for over HTTP. Its objects are all that is stored of it. */
export interface UserExport {
  readonly folder: string;
  readonly askedAt: Date;
  /** Tells apart who asked. */
  readonly askedBy: string;
  readonly files: ReadonlyMap<ExportFile, ListedObject>;
}

/** What `request.json` says. */
export interface ExportRequest {
  readonly user_id: string;
  readonly asked_by: ActorId;
}

/** What `report.json` says: the file is whole. */
export interface StoredReport {
  readonly size: number;
  readonly images: number;
  readonly originals: number;
  /** Originals that are absent or damaged, and records that can't be read. */
  readonly missing: number;
}

const DAY_MS = 86_400_000;

/** Exports below the prefix, the oldest first. */
export async function findExports(
  { objects }: { readonly objects: Pick<ObjectStore, 'list'> },
  prefix: typeof EXPORTS_PREFIX | ReturnType<typeof exportsOfUser> = EXPORTS_PREFIX,
): Promise<readonly UserExport[]> {
  const found = new Map<string, UserExport & { readonly id: ImageId; readonly files: Map<ExportFile, ListedObject> }>();
  for await (const object of objects.list(prefix)) {
    const part = storedExport(object.key);
    if (!part) continue;
    const { folder, id, caller: askedBy, file } = part;
    const one = found.get(folder) ?? { folder, id, askedBy, askedAt: createdAt(id), files: new Map() };
    one.files.set(file, object);
    found.set(folder, one);
  }
  return [...found.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

/** When its file is removed; undefined: it isn't whole yet. */
export async function endOf({ files }: UserExport): Promise<Date | undefined> {
  const report = await files.get('report.json')?.details();
  return report && new Date(report.storedAt.getTime() + DAY_MS);
}

/** The export that answers for the user: of two that were asked for at once the older one. */
export async function currentExport(
  services: { readonly objects: Pick<ObjectStore, 'list'> } & Pick<Services, 'clock'>,
  userId: string,
): Promise<UserExport | undefined> {
  for (const one of await findExports(services, exportsOfUser(userId))) {
    const end = await endOf(one);
    if (one.files.has('request.json') && (end === undefined || services.clock.now() < end)) return one;
  }
  return undefined;
}

/** undefined: it is gone. */
export async function readJson<Value>(
  { objects }: { readonly objects: Pick<ObjectStore, 'get'> },
  { folder }: UserExport,
  file: ExportFile,
): Promise<Value | undefined> {
  const object = await objects.get(exportKey(folder, file));
  return object && ((await new Response(object.body).json()) as Value);
}

export async function writeJson(
  { objects, staging }: { readonly objects: Pick<ObjectStore, 'put'> } & Pick<Services, 'staging'>,
  key: ObjectKey,
  value: ExportRequest | StoredReport | { readonly detail: string },
): Promise<void> {
  const [file] = await staging.stageFiles(1, async () => [new TextEncoder().encode(JSON.stringify(value))]);
  if (!file) throw new Error('no file was made');
  await using made = file;
  await objects.put(key, made, { contentType: 'application/json' });
}
