import type { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Invocation } from './invocation.ts';

/** What every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly profile?: string;
  readonly url?: string;
  readonly token?: string;
  readonly user?: string;
}

export interface StartOptions {
  /** The profile is about to be made. */
  readonly mayBeNewProfile?: boolean;
}

/** Runs a command with what its options stand for. */
export type Start = (
  command: Command,
  run: (invocation: Invocation) => Promise<ExitCode>,
  options?: StartOptions,
) => Promise<void>;
