/** The file of ids that the command reads. */
export const IDS_FILE = 'safelight-ids.txt';

interface Wanted {
  readonly origin: string;
  /** undefined: the credential says. */
  readonly user: string | undefined;
  /** undefined: originals. */
  readonly preset: string | undefined;
}

/** What downloads the pictures of a list of ids by the command line (docs/cli.md). */
export function cliCommand({ origin, user, preset }: Wanted): string {
  const options = [
    ['--url', origin],
    ['--user', user],
    ['--preset', preset],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${quoted(value)}`]));
  return ['safelight get - --output .', ...options, `< ${IDS_FILE}`].join(' ');
}

/** As one word of a shell, whatever it contains. */
const quoted = (text: string): string => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
