import { AppError } from '../../../domain/errors.ts';
import { checkCounted } from '../../../operations/checks/check-counted.ts';
import type { ImportAnswer } from '../../../operations/imports/answer-import.ts';
import { composeArchive, isServed } from '../../../run/compose/archive.ts';
import { type Composition, compose } from '../../../run/compose/compose.ts';
import { earlyConfinement } from '../../../run/compose/early-confinement.ts';
import { openHandedFolder } from '../../../run/compose/handed-folder.ts';
import { sharesRecords } from '../../../run/config/config.ts';
import { neverCounted, STOPPED_COUNTING } from '../../../run/config/never-counted.ts';
import { importerBeside } from '../../imports/import-beside.ts';
import { importerHere } from '../../imports/import-here.ts';
import type { Importer } from '../../imports/run-import.ts';
import { askService } from '../ask-service.ts';
import type { Start } from '../command.ts';

/** A service that restarts, or does what another import asks, goes on within this time. */
const TAKEN_MS = 300_000;

/** In this process, or by the service that runs on the data folder. Errors: those of `compose`. */
export async function composeImporter(start: Start, signal: AbortSignal): Promise<Importer> {
  const composed = await composeAlone(start);
  return composed ? await here(start, composed) : await beside(start, signal);
}

/** null: a service runs that alone may change its records. */
async function composeAlone({ config, secrets, observe }: Start): Promise<Composition | null> {
  try {
    return await compose(config, secrets, { observe, confinement: earlyConfinement() });
  } catch (error) {
    if (!isServed(error)) throw error;
    if (!sharesRecords(config)) return null;
    const detail = `expected objects in a bucket, or a service that is stopped; got one that runs, with records that it shares and objects in its folder ${config.dataDir}: stop it during the import`;
    throw new AppError('unavailable', detail, { cause: error });
  }
}

async function here({ observe }: Start, composed: Composition): Promise<Importer> {
  await using stack = new AsyncDisposableStack();
  const { services } = stack.use(composed);
  const counted = await checkCounted(services);
  if (counted === 'never-counted') throw neverCounted();
  if (counted === 'stopped') observe({ event: 'warning', sentence: STOPPED_COUNTING });
  const importer = stack.use(await importerHere(services));
  const held = stack.move();
  return { ...importer, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function beside({ config, secrets, observe }: Start, signal: AbortSignal): Promise<Importer> {
  await using stack = new AsyncDisposableStack();
  const { services } = stack.use(await composeArchive(config, secrets, { observe }));
  const { requests } = services;
  if (!requests) throw new Error('expected records in SQLite; got others');
  const folder = stack.use(await openHandedFolder(config));
  const importer = stack.use(
    await importerBeside(
      {
        services: { ...services, requests },
        ...{ folder, staging: folder.staging, maxBytes: config.maxUploadBytes },
        ask: async (id, body, lost) =>
          (await askService(
            services,
            { kind: 'import-images', body, id, ...(body.images.length > 0 && { takenMs: TAKEN_MS }) },
            lost,
          )) as ImportAnswer, // of this version, which has the database
      },
      signal,
    ),
  );
  const held = stack.move();
  return { ...importer, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
