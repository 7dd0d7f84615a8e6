import packageJson from '../../package.json' with { type: 'json' };

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
const WRONG_USAGE = 2;

/** The given flags. Ends the process for an unknown flag, --help and --version. */
export function flagsGiven({ usage, about, flags = [] }: Program): readonly string[] {
  const given = process.argv.slice(2);
  const known = [...flags, '--help', '--version'];
  const unknown = given.find((one) => !known.includes(one));
  if (unknown !== undefined) {
    console.error(`expected ${known.join(', ')}, or nothing; got ${JSON.stringify(unknown)}\nUsage: ${usage}`);
    process.exit(WRONG_USAGE);
  }
  if (given.includes('--help')) {
    console.log(`Usage: ${usage}\n\n${about()}`);
    process.exit(0);
  }
  if (given.includes('--version')) {
    console.log(`safelight ${packageJson.version}`);
    process.exit(0);
  }
  return given;
}
