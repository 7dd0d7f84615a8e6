import { exportKey } from '../../domain/image/object-key.ts';
import type { ObjectStore } from '../../object-store/object-store.ts';
import { createZip } from '../../object-store/zip.ts';
import type { Services } from '../../services.ts';
import { isBeingDeleted } from './ask-export.ts';
import { type ExportFolder, type ExportServices, exportUser } from './export-user.ts';
import {
  currentExport,
  type ExportRequest,
  endOf,
  findExports,
  readJson,
  type UserExport,
  writeJson,
} from './exports.ts';
import { inTurns } from './in-turns.ts';

export interface CarryOutExportServices
  extends ExportServices,
    Pick<Services, 'erasures' | 'staging' | 'clock' | 'observe'> {
  readonly objects: Pick<ObjectStore, 'get' | 'list' | 'put' | 'putStream' | 'erase'>;
}

/** An attempt reads all records, and what made one fail is seldom over soon. */
const RETRY_MS = 3_600_000;

/**
 * Makes the files that were asked for, one after the other, and removes those that have ended. Callers take turns: once
 * each has had one, those that were asked for meanwhile are seen, and what has ended meanwhile goes. One that fails is
 * tried again an hour later, and keeps no other from it. Errors: those of a list.
 */
export async function carryOutExports(services: CarryOutExportServices, signal: AbortSignal): Promise<void> {
  const tried = new Set<string>();
  const nextTurn = async () => {
    const due = (await findDue(services)).filter(({ folder }) => !tried.has(folder));
    return inTurns(due).slice(0, new Set(due.map(({ askedBy }) => askedBy)).size);
  };
  for (let turn = await nextTurn(); turn.length > 0; turn = await nextTurn()) {
    for (const one of turn) {
      signal.throwIfAborted();
      tried.add(one.folder);
      try {
        await carryOut(services, one, signal);
      } catch (error) {
        if (signal.aborted) return;
        services.observe({ event: 'command-failed', error });
        const failed = exportKey(one.folder, 'failed.json');
        await writeJson(services, failed, { detail: String(error) }).catch(() => undefined); // else it is tried sooner
      }
    }
  }
}

/** Those that wait. Removes those that have ended. */
async function findDue(services: CarryOutExportServices): Promise<readonly UserExport[]> {
  const due: UserExport[] = [];
  for (const one of await findExports(services)) {
    const end = await endOf(one);
    const isOver = end ? end <= services.clock.now() : !one.files.has('request.json');
    if (isOver) await services.objects.erase(one.folder);
    else if (!end && (await isDue(services, one))) due.push(one);
  }
  return due;
}

async function isDue({ clock }: CarryOutExportServices, { files }: UserExport): Promise<boolean> {
  const failed = await files.get('failed.json')?.details();
  return !failed || failed.storedAt.getTime() + RETRY_MS <= clock.now().getTime();
}

/** The report comes last: without it nobody gets a URL of the file. */
async function carryOut(services: CarryOutExportServices, one: UserExport, signal: AbortSignal): Promise<void> {
  const { objects } = services;
  const request = await readJson<ExportRequest>(services, one, 'request.json');
  if (!request) return;
  const { user_id: userId } = request;
  const isOver = async () =>
    (await isBeingDeleted(services, userId)) || (await currentExport(services, userId))?.folder !== one.folder;
  if (await isOver()) return void (await objects.erase(one.folder));
  const { isEmpty, size, ...report } = await storeZip(services, { userId, folder: one.folder }, signal);
  const { images, originals, faults, damage } = report;
  const missing = faults.length + damage.length;
  if (!isEmpty) await writeJson(services, exportKey(one.folder, 'report.json'), { size, images, originals, missing });
  // A deletion that began meanwhile may have removed the folder before these were in it.
  if (isEmpty || (await isOver())) await objects.erase(one.folder);
}

async function storeZip(
  services: CarryOutExportServices,
  { userId, folder }: { readonly userId: string; readonly folder: string },
  signal: AbortSignal,
) {
  const { usage } = await services.usage.usageOf(userId);
  const [IMAGES, EVENTS] = ['images.jsonl', 'events.jsonl'] as const;
  const zip = createZip(services.staging, { ofLines: [IMAGES, EVENTS] });
  const files: ExportFolder = {
    putOriginal: (name, body, sha256) => zip.addFile(`originals/${name}`, body, sha256),
    addImage: (line) => zip.addLine(IMAGES, line),
    addEvent: (line) => zip.addLine(EVENTS, line),
    putPerson: (text) => zip.addText('person.json', text),
  };
  const stored = services.objects.putStream(exportKey(folder, 'export.zip'), zip.bytes, {
    contentType: 'application/zip',
    expectedBytes: usage.bytes + usage.trashedBytes || null, // 0 where usage isn't counted, too
  });
  stored.catch(zip.fail);
  try {
    const report = await exportUser(services, { userId, folder: files }, { signal });
    await zip.end();
    return { ...report, size: await stored };
  } catch (error) {
    zip.fail(error);
    await stored.catch(() => undefined);
    throw error;
  }
}
