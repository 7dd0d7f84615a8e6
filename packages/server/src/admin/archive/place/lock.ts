import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import { isLiveLease, keepRenewing } from '../../../flow/lease.ts';
import { sealed, unsealed } from '../sealed.ts';
import { LOCK_PATH, readText, type Target } from './target.ts';

const LEASE_SECONDS = 600;
/** A renewal is due each minute, so three fit into this time. */
const RENEWAL_SECONDS = 180;

/** The right to write to a target. Dispose of it in the end. */
export interface TargetLock extends AsyncDisposable {
  /** Aborts, with an error for the operator, once another process has the lock. */
  readonly lost: AbortSignal;
  /** Before a write that another holder would be harmed by. Errors: `unavailable` once another process has the lock. */
  confirm(): Promise<void>;
}

export interface LockOptions {
  /** The id of a backup, whose resume takes the lock over from a process that was killed; or another work. */
  readonly work: string;
  readonly clock: { now(): Date };
}

const content = z.strictObject({
  work: z.string(),
  holder: z.string(),
  /** Where the process id counts. */
  place: z.string(),
  pid: z.int(),
  until: z.iso.datetime(),
});
type Content = z.infer<typeof content>;

/** Errors: `unavailable` while another process has the lock. */
export async function lockTarget(target: Target, { work, clock }: LockOptions): Promise<TargetLock> {
  const own = { work, holder: randomUUID(), place: place(), pid: process.pid };
  const text = (seconds: number): string => {
    const until = new Date(clock.now().getTime() + seconds * 1000).toISOString();
    return sealed(`${JSON.stringify({ ...own, until } satisfies Content)}\n`);
  };

  let held = text(LEASE_SECONDS);
  const current = await readText(target, LOCK_PATH);
  const found = current === undefined ? undefined : contentOf(current);
  if (found && isHeld(found, work, clock.now())) throw heldBy(target, found);
  const isOurs =
    current === undefined ? await target.create(LOCK_PATH, held) : await target.replace(LOCK_PATH, current, held);
  if (!isOurs) throw heldBy(target, contentOf((await readText(target, LOCK_PATH)) ?? ''));

  const losing = new AbortController();
  async function renew(): Promise<void> {
    if (losing.signal.aborted) return;
    const next = text(LEASE_SECONDS);
    if (next === held) return;
    if (await target.replace(LOCK_PATH, held, next)) {
      held = next;
      return;
    }
    const found = (await readText(target, LOCK_PATH)) ?? '';
    if (contentOf(found)?.holder === own.holder)
      held = found; // of a renewal whose answer was lost
    else
      losing.abort(new AppError('unavailable', `Another process has taken over the lock of the target ${target.name}`));
  }
  const inTurn = createQueue();
  const renewing = keepRenewing(RENEWAL_SECONDS, () => inTurn(renew));

  return {
    lost: losing.signal,
    async confirm() {
      await inTurn(renew);
      losing.signal.throwIfAborted();
    },
    /** The file stays: a lease that has ended needs no removal, which could hit the next holder's. */
    async [Symbol.asyncDispose]() {
      await renewing[Symbol.asyncDispose]();
      await target.replace(LOCK_PATH, held, text(0)).catch(() => undefined); // else the lease ends by itself
    },
  };
}

/** Undefined for a file that isn't whole: its writer was killed. */
function contentOf(text: string): Content | undefined {
  const json = unsealed(text);
  if (json === undefined) return undefined;
  try {
    return content.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function isHeld(found: Content, work: string, now: Date): boolean {
  if (!isLiveLease(new Date(found.until), now, LEASE_SECONDS)) return false;
  if (found.place === place()) return isAlive(found.pid);
  return found.work !== work;
}

/** Our own id counts too: one process may back up twice. */
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** Machines may have the same name, and all have the same first namespace of process ids. */
function place(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname(); // not Linux
  }
}

function heldBy({ name }: Target, found: Content | undefined): AppError {
  const who = found
    ? `${found.work} (process ${found.pid} on ${found.place.split(' ')[0]}), until ${found.until}`
    : 'another process';
  return new AppError(
    'unavailable',
    `The target ${name} is locked by ${who}: wait for its end. The lock of a process that was killed ends by then`,
  );
}

/** One after the other: a renewal replaces what the one before has written. */
function createQueue(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (work) => {
    last = last.catch(() => undefined).then(work);
    return last;
  };
}
