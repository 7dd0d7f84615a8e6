import packageJson from '../../package.json' with { type: 'json' };

/** A program as whoever starts it knows it. */
export interface Program {
  /** How it is started, on one line. */
  readonly usage: string;
  /** What --help prints below that. */
  readonly about: () => string;
  /** Beside --help and --version. */
  readonly flags?: readonly string[];
}

/** As shells end a program that was called wrongly. */
const WRONG_USAGE = 2;

/** The flags that were given. Ends the process where there is an unknown one, or where only help or the version is wanted. */
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
