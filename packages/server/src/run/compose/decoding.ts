import { join } from 'node:path';
import type { Imaging } from '../../imaging/imaging.ts';
import { createLocalStaging } from '../../object-store/staging/local-staging.ts';
import type { Staging } from '../../object-store/staging.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { NO_TRACING } from '../../observe/observer/tracing.ts';
import { lockFreeFolder } from '../../records/sqlite/service-lock.ts';
import type { Config } from '../config/config.ts';
import { earlyConfinement } from './early-confinement.ts';
import { decodablePixels, openDecoders, requiredConfinement } from './imaging.ts';

export interface Decoding extends AsyncDisposable {
  readonly imaging: Imaging;
  readonly staging: Staging;
}

/** Decoders and temporary files, without records and objects: no service notices it. Errors: those of decoders. */
export async function composeDecoding(config: Config, { observe }: { readonly observe: Observer }): Promise<Decoding> {
  const warn = (sentence: string): void => observe({ event: 'warning', sentence });
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(lockFreeFolder(join(config.dataDir, 'processes')));
  const files = { files: 'temporary', maxBytes: Number.POSITIVE_INFINITY } as const;
  const staging = stack.use(createLocalStaging(join(path, 'staged'), files));
  const folder = join(path, 'decoders');
  const imaging = stack.use(
    openDecoders(config, await requiredConfinement(config, folder), {
      ...{ maxPixels: decodablePixels(config, warn), folder, observe, tracing: NO_TRACING, warn },
      ...{ levels: undefined, confinement: earlyConfinement() },
    }),
  );
  const held = stack.move();
  return { imaging, staging, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
