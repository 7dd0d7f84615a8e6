import { createReadStream } from 'node:fs';
import { AppError } from '../../domain/errors.ts';
import { unlessAborted } from '../../flow/abort.ts';
import type { Gate, GateRules } from '../gate.ts';
import type { ClamdAddress } from './address.ts';
import { CutOff, exchange } from './exchange.ts';
import { EICAR, zipWithEicar } from './proof.ts';
import { NoVerdict, scan } from './scan.ts';

export interface ClamdGateOptions {
  readonly address: ClamdAddress;
  readonly rules: GateRules;
  /** clamd must scan uploads of this size whole. */
  readonly maxUploadBytes: number;
}

/** A gate that asks ClamAV's daemon. It passes nothing before clamd has shown that it finds what it is to find. */
export interface ClamdGate extends Gate {
  /** Errors: `unavailable`; with the reason `unfit` if clamd answers, but overlooks what it must find. */
  prove(): Promise<void>;
}

/** The scan of the largest upload; a daemon that has just started loads its signatures first. */
const PROOF_MS = 120_000;

const REFUSED = 'expected an image without known malware; got one in which the scanner found some';

export function createClamdGate({ address, rules, maxUploadBytes }: ClamdGateOptions): ClamdGate {
  let isProven = false;
  let proving: Promise<void> | undefined;

  const proveNow = async (): Promise<void> => {
    const signal = AbortSignal.timeout(PROOF_MS);
    await requireFound('a bare EICAR test file', EVERY_DATABASE, scanned(address, [EICAR], signal));
    const whole = `an EICAR test file at the end of a zip archive of MAX_UPLOAD_BYTES (${maxUploadBytes}) bytes`;
    // clamd refuses the rest of a stream by ending the connection, and what it says of that may be lost.
    const scanning = scan(address, zipWithEicar(maxUploadBytes), signal).catch((error: unknown) => {
      throw error instanceof CutOff ? new NoVerdict(error.message, { cause: error }) : error;
    });
    await requireFound(whole, limitsFor(maxUploadBytes), scanning);
    isProven = true;
  };
  const prove = async (): Promise<void> => {
    if (isProven) return;
    proving ??= proveNow().finally(() => {
      proving = undefined;
    });
    await proving;
  };

  return {
    name: 'clamd',
    rules,
    seesPreview: false,
    prove,
    async ask({ path }, signal) {
      await unlessAborted(prove(), signal);
      const file = createReadStream(path).on('error', () => undefined); // it may fail before it is read, or never be read
      const { found } = await scan(address, file, signal).finally(() => file.destroy());
      return found === null ? { verdict: 'pass' } : { verdict: 'refuse', reason: REFUSED, privateReason: found };
    },
    async check(signal) {
      await unlessAborted(prove(), signal);
      const answer = await exchange(address, { command: 'PING', body: nothing() }, signal);
      if (answer !== 'PONG') throw new AppError('unavailable', 'expected PONG of clamd; got another answer');
    },
  };
}

const scanned = (address: ClamdAddress, chunks: readonly Uint8Array[], signal: AbortSignal) =>
  scan(address, all(chunks), signal);

async function* all(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* chunks;
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

const EVERY_DATABASE = 'load a signature database, of which each knows EICAR';

/** clamd counts a container and its members: scanning a file of this size takes twice as many bytes. */
const limitsFor = (bytes: number): string =>
  `set StreamMaxLength and MaxFileSize to at least ${bytes}, MaxScanSize to at least ${2 * bytes}, and AlertExceedsMax yes`;

async function requireFound(what: string, remedy: string, scanning: ReturnType<typeof scan>): Promise<void> {
  const overlooked = (got: string): AppError =>
    new AppError('unavailable', `GATE_CLAMD: expected clamd to find ${what}; got ${got}. In clamd.conf, ${remedy}`, {
      reason: 'unfit',
    });
  try {
    const { found } = await scanning;
    if (found === null) throw overlooked('OK');
  } catch (error) {
    throw error instanceof NoVerdict ? overlooked(error.message) : error;
  }
}
