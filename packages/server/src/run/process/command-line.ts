import { BUILD } from '../../observe/version.ts';

/** A program's command line. */
export interface Program {
  /** Its start command, on one line. */
  readonly usage: string;
  /** The text that --help prints below that. */
  readonly about: () => string;
  /** Flags in addition to --help and --version. */
  readonly flags?: readonly string[];
}

/** The exit code for wrong usage, as shells use it. */
export const WRONG_USAGE = 2;

/** The given flags. Ends the process for an unknown flag, --help and --version. */
export function flagsGiven({ usage, about, flags = [] }: Program): readonly string[] {
  const given = process.argv.slice(2);
  const known = [...flags, '--help', '--version'];
  const unknown = given.find((one) => !known.includes(one));
  if (unknown !== undefined) {
    console.error(`expected ${known.join(', ')}, or nothing; got ${JSON.stringify(unknown)}\nUsage: ${usage}`);
    process.exit(WRONG_USAGE);
  }
  describeIfAsked(given, { usage, about });
  return given;
}

/** A program with commands, as `npm run admin -- keys`. */
export interface CommandProgram extends Pick<Program, 'usage' | 'about'> {
  readonly commands: readonly string[];
}

/**
 * The given command and its arguments. Ends the process for an unknown command, and for --help and --version without
 * one.
 */
export function commandGiven({ usage, about, commands }: CommandProgram): {
  readonly name: string;
  readonly args: readonly string[];
} {
  const given = process.argv.slice(2);
  const [name, ...args] = given;
  if (name !== undefined && commands.includes(name)) return { name, args };
  describeIfAsked(given, { usage, about });
  const got = name === undefined ? 'nothing' : JSON.stringify(name);
  console.error(`expected ${[...commands, '--help'].join(', ')} or --version; got ${got}\nUsage: ${usage}`);
  process.exit(WRONG_USAGE);
}

/** Ends the process for --help and --version. */
export function describeIfAsked(given: readonly string[], { usage, about }: Pick<Program, 'usage' | 'about'>): void {
  if (given.includes('--help')) {
    console.log(`Usage: ${usage}\n\n${about()}`);
    process.exit(0);
  }
  if (given.includes('--version')) {
    console.log(`safelight ${BUILD}`);
    process.exit(0);
  }
}
